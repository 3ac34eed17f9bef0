#!/usr/bin/env bash
# Does without Docker what ClusterFuzzLite does: builds the fuzz targets with
# build.sh, and runs each from the folder that build.sh fills, with its options,
# its dictionary and its seeds.
#
#   .clusterfuzzlite/run_locally.sh [SECONDS [TARGET...]]
#
# SECONDS is 60, and the targets are all, unless told otherwise. An input that
# fails stays in build/fuzz/crashing/TARGET/, and the exit status is not 0.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true

./dev build fuzz powercut_fuzzers
out=$PWD/build/fuzz/out
rm -rf "$out"
OUT=$out WORK=$PWD/build POWERCUT_FUZZ_BUILD=$PWD/build/fuzz \
  .clusterfuzzlite/build.sh

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for program in "$out"/*_fuzzer; do targets+=("$(basename "$program")"); done
fi
for target in "${targets[@]}"; do
  echo "== $target for $seconds s"
  corpus=$PWD/build/fuzz/corpus/$target
  crashing=$PWD/build/fuzz/crashing/$target
  mkdir -p "$corpus" "$crashing" "$out/seeds/$target"
  python3 -m zipfile -e "$out/${target}_seed_corpus.zip" "$out/seeds/$target"
  flags=()
  while IFS== read -r key value; do
    if [ -n "$value" ]; then flags+=("-$key=$value"); fi
  done <"$out/$target.options"
  if [ -e "$out/$target.dict" ]; then flags+=("-dict=$out/$target.dict"); fi
  ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8 LD_LIBRARY_PATH=$out/lib \
    "$out/$target" -max_total_time="$seconds" "${flags[@]}" \
    -artifact_prefix="$crashing/" "$corpus" "$out/seeds/$target"
done
