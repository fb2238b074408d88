#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every C++ source is formatted as clang-format-19 would, and has its licence
line."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


def sources():
    for top in ("lib", "daemon", "tests"):
        for pattern in ("*.cpp", "*.hpp"):
            yield from sorted((ROOT / top).rglob(pattern))


def main():
    if shutil.which("clang-format-19") is None:
        print("SKIPPED: clang-format-19 is not installed")
        return 77
    files = list(sources())
    problems = [f for f in files if not f.read_text().startswith(LICENCE)]
    for file in problems:
        print(f"{file.relative_to(ROOT)}: the first line is not the licence")
    checked = subprocess.run(
        ["clang-format-19", "--dry-run", "--Werror", *map(str, files)],
        check=False)
    print(f"{len(files)} files, {len(problems)} without a licence line")
    return 1 if problems or checked.returncode or not files else 0


if __name__ == "__main__":
    sys.exit(main())
