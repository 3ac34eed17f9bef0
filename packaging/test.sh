#!/usr/bin/env bash
# Installs the packages of packaging/build.sh and runs tests/package/smoke as a
# user who is not root.
#
#   packaging/test.sh here    on top of this machine's own files, in an overlay
#                             that is thrown away: some seconds
#   packaging/test.sh clean   in a new Debian 12 that has nothing else: a minute
#                             or two, and the network
#   packaging/test.sh static  the static tool, where there is nothing but busybox
set -euo pipefail
cd "$(dirname "$0")/.."
packages=build/release/packages

# Runs in the root that was entered; /tmp/powercut is the repository.
inside() {  # here|clean
  cd /tmp/powercut
  if [ "$1" = clean ]; then
    apt-get update -qq
    local depends
    depends=$(sed -n 's/^Depends: //p; s/^ //p' tests/package/control |
      tr -d '\n' | tr ',' ' ')
    # The packages of ours are those that were built here.
    depends=$(tr ' ' '\n' <<<"$depends" | grep -v powercut | xargs)
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
      --no-install-recommends ./$packages/*.deb $depends >/dev/null
  else
    dpkg -i $packages/*.deb >/dev/null
  fi
  useradd --create-home powercut-smoke
  install -d -o powercut-smoke /tmp/smoke
  setpriv --reuid powercut-smoke --regid powercut-smoke --clear-groups \
    --reset-env env AUTOPKGTEST_TMP=/tmp/smoke tests/package/smoke
  dpkg --purge powercut-ntfs-3g powercut libpowercut-dev libpowercut0 >/dev/null
  local left
  left=$(find /usr -xdev -name '*powercut*')
  [ -z "$left" ] || { echo "package-test: left behind: $left" >&2; exit 1; }
}

# Fills a root with the tarball and busybox, and runs the tool there as someone
# who is not root: no library, no FUSE program and no shell of Debian is there.
static() {
  root=$(mktemp -d)
  trap 'rm -rf --one-file-system "$root"' EXIT
  chmod 755 "$root"
  # A volume is mounted at /mnt.
  mkdir -p "$root"/{bin,etc,mnt,tmp}
  cp "$(command -v busybox)" "$root/bin/busybox"
  chroot "$root" /bin/busybox --install -s /bin
  echo 'nobody:x:65534:65534::/tmp:/bin/sh' >"$root/etc/passwd"
  tar -C "$root" -xJf $packages/powercut-*.tar.xz
  mv "$root"/powercut-* "$root/powercut"
  packaging/enter_root.sh "$root" \
    /bin/sh /tmp/powercut/tests/package/static_smoke
}

case ${1:-here} in
  here) packaging/enter_root.sh / /tmp/powercut/packaging/test.sh inside here ;;
  clean)
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT
    tar -C "$root" -xpf "$(packaging/debian_root.sh)"
    packaging/enter_root.sh "$root" /tmp/powercut/packaging/test.sh inside clean
    ;;
  static) static ;;
  inside) inside "$2" ;;
  *)
    echo "usage: packaging/test.sh [here|clean|static]" >&2
    exit 129
    ;;
esac
