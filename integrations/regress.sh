#!/bin/sh
# Replays the committed regressions in $POWERCUT_REGRESSIONS: files and folders,
# as words of a shell. Reports go to the folder $POWERCUT_REPORTS.
set -eu
mkdir -p "$POWERCUT_REPORTS"
eval "set -- $POWERCUT_REGRESSIONS"
[ -z "$POWERCUT_BASELINE" ] || set -- --baseline "$POWERCUT_BASELINE" "$@"
report=$POWERCUT_REPORTS/regress
powercut regress --json "$report.json" --html "$report.html" \
  --junit "$report.xml" --sarif "$report.sarif" --markdown "$report.md" "$@"
