#!/bin/sh
# Runs $POWERCUT_COMMAND: check, explore or run with its arguments, as
# words of a shell, within $POWERCUT_SPACE and $POWERCUT_BUDGET. Reports go to the
# folder $POWERCUT_REPORTS. Status 2 says that a bound came before any violation,
# which is how an exploration with a budget usually ends.
set -eu
mkdir -p "$POWERCUT_REPORTS"
eval "set -- $POWERCUT_COMMAND"
verb=$1
shift
[ -z "$POWERCUT_SPACE" ] || set -- --space "$POWERCUT_SPACE" "$@"
[ -z "$POWERCUT_BUDGET" ] || set -- --budget "$POWERCUT_BUDGET" "$@"
[ -z "$POWERCUT_BASELINE" ] || set -- --baseline "$POWERCUT_BASELINE" "$@"
report=$POWERCUT_REPORTS/explore
status=0
powercut "$verb" --quiet --json "$report.json" --html "$report.html" \
  --junit "$report.xml" --sarif "$report.sarif" --markdown "$report.md" "$@" || status=$?
[ "$status" -eq 2 ] || exit "$status"
