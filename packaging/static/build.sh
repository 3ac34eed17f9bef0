#!/usr/bin/env bash
# Makes the tarball of the static tool, which needs no library of the machine. It
# is called by packaging/build.sh, whose build it links again.
#
# Debian has no archives of fmt and roaring, and none of xxhash that chooses by the
# processor. They are compiled here, from the sources of Debian's own packages.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/build/static
mkdir -p "$folder/sources" "$folder/lib"

# Fetches the sources of Debian's packages, with the mirror and the keys of this
# machine.
fetch_sources() {
  local lists=$folder/lists mirror
  mkdir -p "$lists"
  # The parentheses are apt's.
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' |
    sort -u | head -n 1)
  echo "deb-src $mirror bookworm main" >"$folder/sources.list"
  local options=(-qq -o "Dir::Etc::SourceList=$folder/sources.list"
    -o Dir::Etc::SourceParts=- -o "Dir::State::lists=$lists"
    -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$folder/sources" &&
    apt-get "${options[@]}" source --tar-only --download-only \
      libroaring-dev libfmt-dev libxxhash-dev)
  for archive in "$folder"/sources/*.orig.tar.*; do
    tar -C "$folder/sources" -xf "$archive"
  done
}

compile() {  # ARCHIVE COMPILER [OPTION...] SOURCE...
  local archive=$1 compiler=("$2" -O2) objects
  shift 2
  objects=$(mktemp -d)
  while [[ $1 == -* ]]; do
    compiler+=("$1")
    shift
  done
  local source
  for source in "$@"; do
    "${compiler[@]}" -c "$source" -o "$objects/$(basename "$source").o"
  done
  rm -f "$archive"
  ar rcsD "$archive" "$objects"/*.o
  rm -r "$objects"
}

if [ ! -e "$folder/lib/libxxhash.a" ]; then
  fetch_sources
  roaring=$(echo "$folder"/sources/CRoaring-*)
  compile "$folder/lib/libroaring.a" cc "-I$roaring/include" \
    "$roaring"/src/*.c "$roaring"/src/containers/*.c
  fmt=$(echo "$folder"/sources/fmtlib-*)
  compile "$folder/lib/libfmt.a" c++ -std=c++20 "-I$fmt/include" \
    "$fmt"/src/format.cc "$fmt"/src/os.cc
  xxhash=$(echo "$folder"/sources/xxHash-*)
  compile "$folder/lib/libxxhash.a" cc "$xxhash/xxhash.c" \
    "$xxhash/xxh_x86dispatch.c"
fi

cmake build/release "-DPOWERCUT_STATIC_ARCHIVES=$folder/lib" >/dev/null
cmake --build build/release --target powercut_static_tool -- --quiet

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' build/release/CMakeCache.txt)
name=powercut-$version-linux-$(uname -m)
rm -rf "${folder:?}/$name"
cmake --install build/release --component tool --prefix "$folder/$name" >/dev/null
install -s build/release/static/powercut "$folder/$name/bin/powercut"
licences=$folder/$name/share/doc/powercut/licences
mkdir "$licences"
cp LICENSE "$licences/powercut"
for package in libc6 libstdc++6 libfmt9 libroaring0 libxxhash0 libfuse3-3 \
  libsqlite3-0 libleveldb1d libsnappy1v5; do
  cp "/usr/share/doc/$package/copyright" "$licences/$package"
done
packaging/debian/stage.sh "$folder/$name"
tar -C "$folder" --sort=name --owner=0 --group=0 --numeric-owner -cJf \
  "build/release/packages/$name.tar.xz" "$name"
