#!/usr/bin/env bash
# Runs a command as root in a folder that holds the root of a system, as if the
# machine had booted from it: with /proc, /dev and /sys, and without sight of the
# machine's own files. All mounts are gone when the command ends.
#
#   enter_root.sh ROOT COMMAND [ARGUMENT...]
#
# The folder becomes the root by pivot_root and not by chroot, since the kernel
# makes no user namespace for a process that was moved by chroot, and
# `powercut run` needs one. With ROOT=/ the command sees the machine's own files
# through an overlay: what it changes is gone when it ends. In both cases
# /tmp/powercut is this repository, and cannot be written to.
set -euo pipefail
root=$1
shift
if [ -z "${POWERCUT_MOUNT_POINTS:-}" ]; then
  POWERCUT_MOUNT_POINTS=$(mktemp -d)
  export POWERCUT_MOUNT_POINTS
  trap 'rm -r --one-file-system "$POWERCUT_MOUNT_POINTS"' EXIT
  unshare --mount --propagation private --pid --fork --kill-child \
    "$0" "$root" "$@"
  exit
fi
new=$POWERCUT_MOUNT_POINTS/root
changes=$POWERCUT_MOUNT_POINTS/changes
mkdir "$new" "$changes"
if [ "$root" = / ]; then
  mount -t tmpfs -o mode=755 powercut "$changes"
  mkdir "$changes/upper" "$changes/work"
  mount -t overlay powercut \
    -o "lowerdir=/,upperdir=$changes/upper,workdir=$changes/work" "$new"
else
  mount --bind "$root" "$new"
fi
mkdir -p "$new/proc" "$new/dev" "$new/sys" "$new/tmp"
mount -t proc proc "$new/proc"
mount --rbind /dev "$new/dev"
mount --rbind /sys "$new/sys"
mount -t tmpfs -o mode=1777 powercut "$new/tmp"
# This repository, to be read only.
mkdir "$new/tmp/powercut"
mount --bind "$(dirname "$0")/.." "$new/tmp/powercut"
mount -o remount,bind,ro "$new/tmp/powercut"
if [ "$root" != / ]; then
  cp /etc/resolv.conf /etc/hosts "$new/etc/"
fi
mkdir -p "$new/tmp/old-root"
cd "$new"
pivot_root . tmp/old-root
cd /
# A root of busybox has other places for its programs, and the shell remembers.
hash -r
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
umount -l /tmp/old-root
rmdir /tmp/old-root
unset POWERCUT_MOUNT_POINTS
exec "$@"
