#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says which tests of a JUnit file of ctest ran not and why.

With TCPSTATED_NO_SKIP=1 (CI) it fails if a skip has another reason than a
feature that this kernel lacks: a skip must not hide a whole area.
"""
import collections
import os
import re
import sys
import xml.etree.ElementTree as tree

REASON = re.compile(r"SKIPPED: (.*)")
GTEST = re.compile(r"Skipped\n(.*)")


def reason_of(case):
    output = case.findtext("system-out") or ""
    for pattern in (REASON, GTEST):
        if found := pattern.search(output):
            return found.group(1).strip()
    return "no reason given"


def main(path):
    reasons = collections.defaultdict(list)
    total = 0
    for case in tree.parse(path).getroot().iter("testcase"):
        total += 1
        if case.find("skipped") is not None or case.get("status") == "notrun":
            reasons[reason_of(case)].append(case.get("name"))
    skipped = sum(map(len, reasons.values()))
    print(f"{total - skipped} tests ran, {skipped} were skipped")
    forbidden = 0
    for reason, names in sorted(reasons.items()):
        print(f"SKIPPED: {reason}")
        for name in names:
            print(f"  {name}")
        if not reason.startswith("kernel without"):
            forbidden += len(names)
    if forbidden and os.environ.get("TCPSTATED_NO_SKIP") == "1":
        print(f"{forbidden} tests must not be skipped here")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
