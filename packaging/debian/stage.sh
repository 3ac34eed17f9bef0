#!/usr/bin/env bash
# Brings an installed tree into the form that Debian asks for: changelogs and man
# pages are compressed. Every file gets the time of $SOURCE_DATE_EPOCH and the
# permissions of a file or of a program, so that the packages of two builds of
# the same sources are the same bytes.
#
#   stage.sh FOLDER
set -euo pipefail
find "$1" -type f \( -name changelog -o -name changelog.Debian -o \
  -path '*/man/man1/*.1' \) -exec gzip -9n {} +
# Debian's zsh does not look in site-functions.
find "$1" -depth -type d -path '*/share/zsh/site-functions' -execdir \
  mv {} vendor-completions \;
find "$1" -type f -perm /111 -exec chmod 755 {} +
find "$1" -type f ! -perm /111 -exec chmod 644 {} +
find "$1" -type d -exec chmod 755 {} +
# A library is no program, whoever may run it.
find "$1" -type f -name '*.so*' -exec chmod 644 {} +
# Folders of files that this build did not make.
find "$1" -type d -empty -delete
# Folders come last: a file that is made or compressed changes the time of its
# folder.
find "$1" -depth -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
