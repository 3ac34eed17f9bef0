// Looks for new bugs in libntfs-3g. What the crashes of a workload leave must
// be what the profile ntfs-3g admits, except for causes that are known already.
//
// The known causes are those that the workloads in corpora/regressions/ show.
// They are found by running these workloads, so that a regression that is
// committed is all that is needed to silence its cause. A new cause prints its
// failure block and stops the fuzzer.
//
// Mutation and crossover work on ops, so that the corpus stays `.pcut` text.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "backends/registry.h"
#include "fuzz/draw/known_causes.h"
#include "fuzz/draw/workload_mutator.h"
#include "harness/explore/explore.h"
#include "harness/judge/failure_block.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

const std::set<std::string>& KnownCauses() {
  static const std::set<std::string> causes = CausesOfRegressions(
      std::string(POWERCUT_SOURCE_DIR) + "/corpora/regressions");
  return causes;
}

void StopAt(const Finding& finding, std::string_view text) {
  std::fprintf(stderr, "new cause:\n%s%.*s\n",
               FailureBlock(finding, "input.pcut", "").c_str(),
               static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Many workloads, each with its nearest states, show more than few workloads
  // with all of their states.
  constexpr uint64_t kMaxRuns = 300;
  for (const auto& finding : powercut::ExploreText(text, kMaxRuns)) {
    if (!powercut::KnownCauses().contains(finding.violation.cause)) {
      powercut::StopAt(finding, text);
    }
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned seed) {
  powercut::Prng prng(seed);
  const std::string text = powercut::MutateWorkload(
      {reinterpret_cast<const char*>(data), size}, prng);
  // libFuzzer then takes the input as it was.
  if (text.size() > max_size) return size;
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size,
                                            const uint8_t* b, size_t b_size,
                                            uint8_t* out, size_t max_size,
                                            unsigned seed) {
  powercut::Prng prng(seed);
  const std::string text = powercut::CrossWorkloads(
      {reinterpret_cast<const char*>(a), a_size},
      {reinterpret_cast<const char*>(b), b_size}, prng);
  if (text.size() > max_size) return 0;
  std::copy(text.begin(), text.end(), out);
  return text.size();
}
