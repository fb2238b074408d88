#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every room of lib/ includes only what lib/CMakeLists.txt says.

The lines `room(NAME USES a b LIBS ...)` are the rule; this reads the same
lines. Also: Beast only in http/, no Boost in headers that other rooms see (a
header whose \\file comment says "Private to this room" is seen by none, which
is checked too), no coroutines, no system headers in the headers of tcp/,
daemon/ included by nobody.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
ROOM = re.compile(r"^room\((\w+)([^)]*)\)", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
COROUTINE = re.compile(r"\bco_(await|return|yield)\b")
# The standard library's headers have no dot and no slash.
STANDARD = re.compile(r"^[a-z_0-9]+$")
# The rooms of pure logic: no clock, no descriptor, no thread. Memory is none.
PURE = {"tcp", "table", "leak"}
IMPURE = re.compile(r"<(unistd\.h|fcntl\.h|thread|mutex|sys/(?!mman\.h>).*|time\.h)>")


def rooms():
    allowed = {}
    for name, rest in ROOM.findall((ROOT / "lib/CMakeLists.txt").read_text()):
        uses = re.search(r"USES\s+([\w\s]*?)(?:LIBS|$)", rest, re.S)
        used = uses.group(1).split() if uses else []
        for room in used:
            if room not in allowed:
                yield_problem(f"room {name} uses {room}, not declared above it")
        allowed[name] = {name, *used}
    return allowed


PRIVATE = re.compile(r"Private to this\s+(///\s+)?room")
PROBLEMS = []


def is_private(path):
    return path.suffix == ".hpp" and bool(PRIVATE.search(path.read_text()))


def yield_problem(text):
    PROBLEMS.append(text)


def check_file(path, room, allowed):
    text = path.read_text()
    where = path.relative_to(ROOT)
    if COROUTINE.search(text):
        yield_problem(f"{where}: coroutines (g++ 12 miscompiles them)")
    for quote, target in INCLUDE.findall(text):
        if quote == '"':
            included = ROOT / "lib" / target
            if included.is_file() and is_private(included) \
                    and (target.split("/")[0] != room
                         or path.suffix == ".hpp" and not is_private(path)):
                yield_problem(f"{where}: {target} is private to its room")
            first = target.split("/")[0]
            if room != "daemon" and first == "daemon":
                yield_problem(f"{where}: includes daemon/")
            elif first in allowed and room in allowed \
                    and first not in allowed[room]:
                yield_problem(f"{where}: room {room} may not use {first}")
            continue
        if target.startswith("boost/beast") and room != "http":
            yield_problem(f"{where}: Beast outside http/")
        if path.suffix == ".hpp" and target.startswith("boost/") \
                and not target.startswith("boost/unordered") \
                and not is_private(path):
            yield_problem(f"{where}: Boost in a header ({target})")
        if path.suffix == ".hpp" and room == "tcp" \
                and not STANDARD.match(target):
            yield_problem(f"{where}: not a standard header ({target})")
        if room in PURE and IMPURE.match(f"<{target}>"):
            yield_problem(f"{where}: pure room uses <{target}>")


def main():
    allowed = rooms()
    folders = {p.name for p in (ROOT / "lib").iterdir() if p.is_dir()}
    for name in folders ^ set(allowed):
        yield_problem(f"lib/{name}: folder and room() line do not match")
    checked = 0
    for top in ("lib", "daemon"):
        for path in sorted((ROOT / top).rglob("*.[ch]pp")):
            room = path.relative_to(ROOT / top).parts[0] if top == "lib" \
                else "daemon"
            check_file(path, room, allowed)
            checked += 1
    for problem in PROBLEMS:
        print(problem)
    print(f"{checked} files, {len(allowed)} rooms, {len(PROBLEMS)} problems")
    return 1 if PROBLEMS or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
