// The seeds of random tests, which are the same in every run.
// --gtest_random_seed=N asks for others.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_SEEDS_H_
#define POWERCUT_TESTS_EXHAUSTIVE_SEEDS_H_

#include <gtest/gtest.h>

#include <cstdint>

#include "harness/base/sanitizer.h"

namespace powercut {

inline uint64_t Seed(uint64_t number) {
  constexpr uint64_t kRun = 1'000'000'000;
  return number + kRun * static_cast<uint64_t>(GTEST_FLAG_GET(random_seed));
}

// How much of the usual work to do: a twentieth under sanitizers, which are
// slow.
constexpr uint64_t WorkOf(uint64_t usual) {
  return kSanitized ? usual / 20 : usual;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_SEEDS_H_
