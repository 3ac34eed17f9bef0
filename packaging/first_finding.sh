#!/usr/bin/env bash
# Measures how long it takes from a new Debian 12 to the first finding, and how
# that time is spent.
#
#   packaging/first_finding.sh deb      installs the packages of packaging/build.sh
#   packaging/first_finding.sh source   clones this repository, and calls ./dev demo
#
# The figures are those of the clock, beside the processor time and the load of
# the machine, since they say little without.
set -euo pipefail
cd "$(dirname "$0")/.."

# timed WHAT COMMAND...: runs a command without its output, unless it fails, and
# prints how long it took.
timed() {
  local what=$1
  shift
  local TIMEFORMAT="%3R s (processor: %3U s user, %3S s system): $what"
  time "$@" >/tmp/said 2>&1 || { cat /tmp/said >&2; exit 1; }
}

# finds COMMAND...: runs a command that has to print a violation of storage that
# is known to have one, and to end in 0 or 1.
finds() {
  local status=0
  "$@" >/tmp/found || status=$?
  [ $status -le 1 ] && grep -q ': violation: ' /tmp/found
}

by_deb() {
  export DEBIAN_FRONTEND=noninteractive
  local start=$EPOCHREALTIME
  timed "apt-get update" apt-get update -qq
  timed "apt-get install of the packages and what they need" \
    apt-get install -y -qq --no-install-recommends \
    /tmp/powercut/build/release/packages/powercut{,-ntfs-3g}_*.deb
  cd /usr/share/powercut
  timed "powercut check" finds powercut check --quiet \
    corpora/regressions/rename_replace.pcut
  total "$start"
}

from_source() {
  export DEBIAN_FRONTEND=noninteractive
  local start=$EPOCHREALTIME
  timed "apt-get update" apt-get update -qq
  timed "apt-get install git" \
    apt-get install -y -qq --no-install-recommends git
  git config --global --add safe.directory '*'
  timed "git clone" git clone -q /tmp/powercut /root/powercut
  cd /root/powercut
  # `./dev demo` installs these itself; here they have a line of their own.
  local packages_build
  eval "$(sed -n '/^packages_build=(/,/)$/p' dev)"
  timed "apt-get install of what the build needs" \
    apt-get install -y -qq --no-install-recommends "${packages_build[@]}"
  timed "./dev demo" finds ./dev demo
  total "$start"
}

total() {  # START
  local end=$EPOCHREALTIME
  echo "$(((${end/./} - ${1/./}) / 1000000)) s in all, with a load of" \
    "$(cut -d ' ' -f 1 /proc/loadavg) at the end"
  sed -n '/: violation: /{p;q}' /tmp/found
}

case ${1:-} in
  deb | source)
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT
    tar -C "$root" -xpf "$(packaging/debian_root.sh)"
    packaging/enter_root.sh "$root" \
      /tmp/powercut/packaging/first_finding.sh "inside-$1"
    ;;
  inside-deb) by_deb ;;
  inside-source) from_source ;;
  *)
    echo "usage: packaging/first_finding.sh deb|source" >&2
    exit 129
    ;;
esac
