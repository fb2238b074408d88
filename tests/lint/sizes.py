#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files stay small: headers at most 150 lines, sources at most 400."""
import pathlib
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
LIMITS = {".hpp": 150, ".h": 150, ".cpp": 400, ".c": 400, ".py": 400}


def main():
    checked, problems = 0, 0
    for top in ("lib", "daemon", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            limit = LIMITS.get(path.suffix)
            if limit is None or not path.is_file():
                continue
            checked += 1
            lines = path.read_text().count("\n")
            if lines > limit:
                problems += 1
                print(f"{path.relative_to(ROOT)}: {lines} lines, over {limit}")
    print(f"{checked} files, {problems} problems")
    return 1 if problems or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
