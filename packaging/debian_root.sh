#!/usr/bin/env bash
# Prints the path of an archive that holds the root of a new Debian 12 with
# nothing but what every Debian has. It is made once, at build/debian.tar, from
# the mirror of this machine; that takes about a minute.
#
#   root=$(mktemp -d) && tar -C "$root" -xpf "$(packaging/debian_root.sh)"
set -euo pipefail
cd "$(dirname "$0")/.."
archive=$PWD/build/debian.tar
if [ ! -e "$archive" ]; then
  mkdir -p build
  # The parentheses are apt's.
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' |
    sort -u | head -n 1)
  mmdebstrap --quiet --format=tar --variant=minbase bookworm "$archive.new" \
    "$mirror" >&2
  mv "$archive.new" "$archive"
fi
echo "$archive"
