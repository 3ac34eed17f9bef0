#!/bin/sh
# Shows the reports on the page of the job, also those of steps that failed.
set -eu
for report in regress explore; do
  [ ! -e "$POWERCUT_REPORTS/$report.md" ] ||
    cat "$POWERCUT_REPORTS/$report.md" >>"$GITHUB_STEP_SUMMARY"
done
