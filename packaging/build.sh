#!/usr/bin/env bash
# Makes the packages from the release build: the Debian packages, and the tarball
# of the static tool if `static` is asked for. They go to build/release/packages/.
# The same commit makes the same bytes.
#
#   packaging/build.sh [static]
set -euo pipefail
cd "$(dirname "$0")/.."
packages=build/release/packages

# A tree that differs from its commit has no commit to name.
commit=$(git rev-parse HEAD)
[ -z "$(git status --porcelain)" ] || commit=
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# `./dev build` takes these values back, since the preset has others. CMake's
# package files find the headers through the link /lib only if they were made for
# the prefix under which they are installed.
multiarch=$(dpkg-architecture -q DEB_HOST_MULTIARCH)
cmake --preset release -DPOWERCUT_COMMIT="$commit" -DCMAKE_INSTALL_PREFIX=/usr \
  -DCMAKE_INSTALL_LIBDIR="lib/$multiarch" >/dev/null
targets=(powercut powercut_share powercut_shared powercut_static
  powercut_ntfs_3g_module)
for engine in sqlite leveldb; do
  if grep -q "^build powercut_$engine:" build/release/build.ninja; then
    targets+=("powercut_$engine")
  fi
done
cmake --build build/release --target "${targets[@]}" -- --quiet
rm -rf "$packages"
(cd build/release && cpack -G DEB >"/tmp/powercut-cpack.$$" 2>&1) || {
  cat "/tmp/powercut-cpack.$$" >&2
  rm -f "/tmp/powercut-cpack.$$"
  exit 1
}
rm -f "/tmp/powercut-cpack.$$"
rm -rf "$packages/_CPack_Packages"
[ "${1:-}" != static ] || packaging/static/build.sh
ls -l "$packages"
