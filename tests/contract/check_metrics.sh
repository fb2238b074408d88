#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: check_metrics.sh FILE. Fails on whatever promtool remarks.
if ! command -v promtool >/dev/null; then
  echo "SKIPPED: promtool is not installed (package prometheus)"
  exit 77
fi
remarks=$(promtool check metrics <"$1" 2>&1)
code=$?
[ -z "$remarks" ] || echo "$remarks"
[ "$code" -eq 0 ] && [ -z "$remarks" ]
