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

for component in library development; do
  cmake --install "$build" --prefix "$work/prefix" --component "$component" \
    >/dev/null
done
lib=$(dirname "$(find "$work/prefix" -name libpowercut.so)")
export LD_LIBRARY_PATH=$lib PKG_CONFIG_PATH=$lib/pkgconfig

echo "== CMake"
cmake -G Ninja -S "$source/tests/library/consumer" -B "$work/consumer" \
  -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/consumer" >/dev/null
"$work/consumer/consumer_c"
"$work/consumer/consumer_cxx"
"$work/consumer/consumer_static"
engines=()
for engine in sqlite leveldb; do
  [ -e "$build/engines/libpowercut_$engine.a" ] || continue
  "$work/consumer/consumer_$engine"
  engines+=("$engine")
done
if ldd "$work/consumer/consumer_static" | grep -q libpowercut; then
  echo "the static library was not used" >&2
  exit 1
fi

echo "== pkg-config"
# shellcheck disable=SC2046
cc -g "$source/tests/library/consumer/consumer.c" -o "$work/consumer_pc" \
  $(pkg-config --cflags --libs powercut)
"$work/consumer_pc" | tee "$work/said"

echo "== calls without a source location"
grep -q 'write /new 0 11 (main+0x' "$work/said"
sed -n 's/^  source *//p' "$work/said" | sh | tee "$work/lines"
grep -q 'main at .*/consumer.c:12$' "$work/lines"
strip "$work/consumer_pc"
"$work/consumer_pc" | grep -q 'write /new 0 11 (consumer_pc+0x'
for engine in "${engines[@]}"; do
  file=("$source/tests/library/consumer/$engine".c*)
  standard=()
  [ "$engine" = leveldb ] && standard=(-std=c++20)
  # shellcheck disable=SC2046
  cc "${standard[@]}" "${file[0]}" -o "$work/consumer_pc_$engine" \
    $(pkg-config --cflags --libs "powercut-$engine")
  "$work/consumer_pc_$engine"
done

echo "== a component that there is not"
sed 's/COMPONENTS shared static .*/COMPONENTS rocksdb)/' \
  "$source/tests/library/consumer/CMakeLists.txt" |
  sed '/^add_executable/,$d' >"$work/CMakeLists.txt"
if cmake -S "$work" -B "$work/none" -DCMAKE_PREFIX_PATH="$work/prefix" \
  >"$work/said" 2>&1; then
  echo "a component that there is not was found" >&2
  exit 1
fi
grep -q "without a component 'rocksdb': there are" <(tr -s '\n ' ' ' <"$work/said")

echo "== an engine that is not installed"
cmake -G Ninja -S "$source/tests/library/consumer" -B "$work/without" \
  -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON \
  >/dev/null
if cmake --build "$work/without" --target help | grep -q consumer_sqlite; then
  echo "an engine that is not installed was found" >&2
  exit 1
fi
if [[ " ${engines[*]} " = *" sqlite "* ]]; then
  sed -i 's/COMPONENTS rocksdb/COMPONENTS sqlite/' "$work/CMakeLists.txt"
  if cmake -S "$work" -B "$work/none" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON >"$work/said" 2>&1; then
    echo "an engine that is not installed was found" >&2
    exit 1
  fi
  grep -q "'sqlite' of powercut is linked with SQLite3, which is not installed" \
    <(tr -s '\n ' ' ' <"$work/said")
fi

echo "== Python"
python3 "$source/tests/library/consumer/consumer.py" "$lib/libpowercut.so"

echo "== the public headers, and no other symbol"
headers=$(cd "$work/prefix/include/powercut" && printf '%s ' *)
expected="fuzzer.hpp gtest.hpp "
[[ " ${engines[*]} " = *" leveldb "* ]] && expected+="leveldb.hpp "
expected+="powercut.h powercut.hpp "
[[ " ${engines[*]} " = *" sqlite "* ]] && expected+="sqlite.h "
if [ "$headers" != "$expected" ]; then
  echo "the headers are $headers and not $expected" >&2
  exit 1
fi
others=$(nm -D --defined-only "$lib/libpowercut.so" |
  awk '$3 !~ /^pc_/ && $2 != "A" {print $3}')
if [ -n "$others" ]; then
  echo "the shared library shows: $others" >&2
  exit 1
fi
