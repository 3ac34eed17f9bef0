#!/usr/bin/env bash
# Installs the library into a folder of its own and uses it as a user would: with
# CMake in C and in C++, with pkg-config, and from Python.
#
#   installed_package_test.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" --component library >/dev/null
lib=$(dirname "$(find "$work/prefix" -name libpowercut.so)")
export LD_LIBRARY_PATH=$lib PKG_CONFIG_PATH=$lib/pkgconfig

echo "== CMake"
cmake -G Ninja -S "$source/tests/library/consumer" -B "$work/consumer" \
  -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/consumer" >/dev/null
"$work/consumer/consumer_c"
"$work/consumer/consumer_cxx"
"$work/consumer/consumer_static"
if ldd "$work/consumer/consumer_static" | grep -q libpowercut; then
  echo "the static library was not used" >&2
  exit 1
fi

echo "== pkg-config"
# shellcheck disable=SC2046
cc "$source/tests/library/consumer/consumer.c" -o "$work/consumer_pc" \
  $(pkg-config --cflags --libs powercut)
"$work/consumer_pc"

echo "== Python"
python3 "$source/tests/library/consumer/consumer.py" "$lib/libpowercut.so"

echo "== the public headers, and no other symbol"
headers=$(cd "$work/prefix/include" && find . -type f | sort | tr '\n' ' ')
[ "$headers" = \
  "./powercut/fuzzer.hpp ./powercut/gtest.hpp ./powercut/powercut.h ./powercut/powercut.hpp " ]
others=$(nm -D --defined-only "$lib/libpowercut.so" |
  awk '$3 !~ /^pc_/ && $2 != "A" {print $3}')
if [ -n "$others" ]; then
  echo "the shared library shows: $others" >&2
  exit 1
fi
