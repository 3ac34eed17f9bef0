#!/usr/bin/env bash
# Builds the fuzz targets for ClusterFuzzLite, and puts each into $OUT with its
# options, its dictionary and its seeds. Run in the folder of the sources, with
# the variables of OSS-Fuzz: CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, OUT
# and WORK. With POWERCUT_FUZZ_BUILD it takes the targets of that build folder.
set -euo pipefail
build=${POWERCUT_FUZZ_BUILD:-$WORK/powercut}

# The libraries of the system are built for libstdc++.
if [ ! -e "$build/CMakeCache.txt" ]; then
  flags=${CXXFLAGS//-stdlib=libc++/}
  cmake -G Ninja -S . -B "$build" \
    -DCMAKE_BUILD_TYPE=None -DPOWERCUT_PCH=OFF -DPOWERCUT_LIBFUZZER=ON \
    -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" \
    -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$flags" \
    -DPOWERCUT_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" \
    -DCMAKE_BUILD_RPATH="\$ORIGIN/lib"
fi
cmake --build "$build" --target powercut_fuzzers

mkdir -p "$OUT/lib"
for source in fuzz/targets/*_fuzzer.cc; do
  name=$(basename "$source" .cc)
  program=$build/$name
  # An engine that is not installed has no target, and ntfs_3g_fuzzer looks for
  # news about ntfs-3g, with a module that lies beside the tool.
  if [ ! -e "$program" ] || [ "$name" = ntfs_3g_fuzzer ]; then continue; fi
  cp "$program" "$OUT/"
  cp fuzz/fuzzer.options "$OUT/$name.options"
  dictionary=fuzz/dictionaries/$name.dict
  if [ -e "$dictionary" ]; then cp "$dictionary" "$OUT/"; fi
  seeds=("corpora/seeds/$name"/*)
  if [ "$name" = pcut_fuzzer ]; then seeds+=(corpora/workloads/*.pcut); fi
  python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" "${seeds[@]}"
  # The image in which the targets run has the C library alone.
  ldd "$program" | awk '$3 ~ /^\// {print $3}' |
    grep -vE '/(libc|libm|libdl|librt|libpthread)\.so' |
    xargs -r cp -L -t "$OUT/lib"
done
