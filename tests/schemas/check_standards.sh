#!/bin/bash
# Holds what powercut writes for other tools, and what it ships for CI servers,
# against schemas and programs of npm packages, and of Debian for JUnit. Each of
# them must refuse a damaged copy, too, or it would have looked at nothing.
#
# usage: check_standards.sh FOLDER   (with powercut on the PATH)
#
# The packages are installed in FOLDER, and stay there for the next run.
set -euo pipefail
source=$(realpath "$(dirname "$0")/../..")
mkdir -p "$1"
packages=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refuses() {  # COMMAND...
  if "$@" >"$work/refused" 2>&1; then
    echo "check_standards: a damaged file passed: $*" >&2
    exit 1
  fi
}

npm install --prefix "$packages" --save-exact --ignore-scripts --no-audit \
  --no-fund --silent @action-validator/cli@0.6.0 @action-validator/core@0.6.0 \
  @microsoft/jest-sarif@1.0.0-beta.0 gitlab-ci-local@4.61.1 \
  @microsoft/sarif-multitool-linux@5.7.0 kubernetes-models@4.5.1
cd "$work"

echo "SARIF: the schema of OASIS, as @microsoft/jest-sarif ships it"
sarif_schema=$packages/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json
validate=(/usr/bin/python3 "$source/tests/schemas/validate.py" "$sarif_schema")
echo nonsense >bad.pcut
sed '/^expect/d' "$source/corpora/faults/lie_on_flush.pcut" >new.pcut
printf 'expect  violation stale /nowhere\n' | cat new.pcut - >unmet.pcut
powercut check --quiet --sarif all.sarif new.pcut unmet.pcut bad.pcut \
  "$source/corpora/faults/lie_on_flush.pcut" >/dev/null 2>&1 || true
powercut check --quiet --sarif bounded.sarif --max-runs 1 \
  "$source/corpora/workloads/three_writes.pcut" >/dev/null || true
powercut regress --sarif regress.sarif new.pcut bad.pcut >/dev/null || true
"${validate[@]}" all.sarif bounded.sarif regress.sarif
sed 's/"level":"error"/"level":"fatal"/' all.sarif >damaged.sarif
refuses "${validate[@]}" damaged.sarif

echo "SARIF: the rules of Microsoft's validator"
multitool=$packages/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
chmod +x "$multitool"
# It ends with status 0 also if it finds errors.
multitool_accepts() {  # FILE
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$multitool" validate "$1" \
    --level Error >multitool.log 2>&1 || { cat multitool.log; return 1; }
  grep -q '1 files scanned' multitool.log
  if grep ': error ' multitool.log; then return 1; fi
}
for file in all bounded regress; do multitool_accepts "$file.sarif"; done
sed 's/"ruleIndex":0/"ruleIndex":77/' all.sarif >damaged.sarif
refuses multitool_accepts damaged.sarif

echo "JUnit: read by Debian's junitparser"
read_junit() {  # FILE
  /usr/bin/python3 - "$1" <<'SCRIPT'
import sys
import junitparser
suites = list(junitparser.JUnitXml.fromfile(sys.argv[1]))
for suite in suites:
    counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
    suite.update_statistics()
    if counted != (suite.tests, suite.failures, suite.errors, suite.skipped):
        sys.exit(f"{suite.name}: the counts are not those of the cases")
if not any(suite.failures for suite in suites):
    sys.exit("no failure was read")
SCRIPT
}
powercut check --quiet --junit all.xml new.pcut unmet.pcut bad.pcut \
  "$source/corpora/faults/lie_on_flush.pcut" >/dev/null 2>&1 || true
read_junit all.xml
sed 's/ failures="1"/ failures="2"/' all.xml >damaged.xml
refuses read_junit damaged.xml
sed 's/<\/testsuite>//' all.xml >damaged.xml
refuses read_junit damaged.xml

echo "Kubernetes: batch/v1 Job, as kubernetes-models has it"
cat >job.cjs <<'SCRIPT'
const fs = require("fs");
const {Job} = require(process.argv[2] + "/node_modules/kubernetes-models/batch/v1");
new Job(JSON.parse(fs.readFileSync(0))).validate();
SCRIPT
is_job() {  # FILE
  /usr/bin/python3 -c \
    'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))' \
    <"$1" | node job.cjs "$packages"
}
powercut shard --kubernetes 8 --image registry.example/powercut:1 -o job.yaml \
  -- check --space epoch:3 workloads/replace_by_rename.pcut
is_job job.yaml
sed 's/completions: 8/completions: eight/' job.yaml >damaged.yaml
refuses is_job damaged.yaml
sed 's/claimName:/claim:/' job.yaml >damaged.yaml
refuses is_job damaged.yaml

echo "GitHub: action.yml, with action-validator"
action=("$packages/node_modules/.bin/action-validator")
"${action[@]}" "$source/action.yml"
mkdir damaged
sed 's/using: composite/using: shell/' "$source/action.yml" >damaged/action.yml
refuses "${action[@]}" damaged/action.yml
sed '/^      shell:/d' "$source/action.yml" >damaged/action.yml
refuses "${action[@]}" damaged/action.yml

echo "GitLab: the jobs run, with gitlab-ci-local and its schema"
gitlab=("$packages/node_modules/.bin/gitlab-ci-local" --force-shell-executor
  --no-shell-isolation)
mkdir project
cd project
cp "$source/integrations/gitlab/powercut.yml" .
cp "$source/corpora/regressions/rename_replace.pcut" \
  "$source/corpora/workloads/three_writes.pcut" .
cat >.gitlab-ci.yml <<'YAML'
include:
  - local: powercut.yml
variables:
  POWERCUT_REGRESSIONS: rename_replace.pcut
  POWERCUT_COMMAND: check three_writes.pcut
YAML
git init -q .
git remote add origin git@gitlab.example:group/project.git
git add .
"${gitlab[@]}" >"$work/gitlab.log" 2>&1 || { cat "$work/gitlab.log" >&2; exit 1; }
grep -q 'PASS.*powercut-regressions' "$work/gitlab.log"
grep -q 'PASS.*powercut-exploration' "$work/gitlab.log"
grep -q 'three_writes.pcut: ok: ' "$work/gitlab.log"
sed -i '/^run/,$d' rename_replace.pcut
refuses "${gitlab[@]}"
sed -i 's/stage: test/stagee: test/' powercut.yml
refuses "${gitlab[@]}" --list
