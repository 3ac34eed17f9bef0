#!/bin/sh
# Puts powercut on the PATH of the steps that follow: the program $POWERCUT_TOOL,
# or one that is built from the action's own files. Building needs Debian 12, and
# root where packages are missing.
set -eu
tool=$POWERCUT_TOOL
if [ -z "$tool" ]; then
  "$GITHUB_ACTION_PATH/dev" build release powercut
  tool=$GITHUB_ACTION_PATH/build/release/powercut
fi
dirname "$(command -v "$tool")" >>"$GITHUB_PATH"
"$tool" doctor
echo "::add-matcher::$GITHUB_ACTION_PATH/integrations/github/problem_matcher.json"
