// powercut with libFuzzer: the bytes of the fuzzer choose what your code does
// in a world, and your recovery runs on every disk that a crash could leave.
//
//     void Work(powercut::World& world, powercut::FuzzInput& input) {
//       Log log(world);
//       for (uint64_t n = 1; !input.empty(); ++n) {
//         world.attempt(n);
//         log.append(input.text(40));
//         world.ack(n);
//       }
//     }
//     void Look(powercut::State& state) { state.found(Log(state).dump()); }
//
//     extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
//       return powercut::FuzzOne(data, size, Work, Look);
//     }
//
// The first state that is wrong ends the fuzzer with the report, so that
// libFuzzer keeps the input. Causes that are known already do not: name them,
// with commas between them, in the environment variable POWERCUT_KNOWN_CAUSES.
// Run it with -len_control=0: short inputs make few writes, and few writes make
// few crashes.

#ifndef POWERCUT_FUZZER_HPP_
#define POWERCUT_FUZZER_HPP_

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include <powercut/powercut.hpp>

namespace powercut::inline v0 {

// The bytes of the fuzzer, taken from the front. When they are used up, numbers
// are 0 and texts are empty.
class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  bool empty() const { return left_ == 0; }
  uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // A number from 0 to bound - 1. Requires: bound > 0.
  uint64_t below(uint64_t bound) {
    uint64_t number = 0;
    for (uint64_t most = bound - 1; most > 0; most >>= 8) {
      number = number << 8 | byte();
    }
    return number % bound;
  }
  // At most this many bytes.
  std::string text(size_t bytes_max) {
    std::string text;
    for (uint64_t n = below(bytes_max + 1); n > 0 && !empty(); --n) {
      text += static_cast<char>(byte());
    }
    return text;
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

// The causes of a report that POWERCUT_KNOWN_CAUSES does not name.
inline std::vector<Finding> NewFindings(const States& states) {
  const char* const known = std::getenv("POWERCUT_KNOWN_CAUSES");
  const std::string list =
      "," + std::string(known == nullptr ? "" : known) + ",";
  std::vector<Finding> findings = states.findings();
  std::erase_if(findings, [&](const Finding& finding) {
    return list.find("," + finding.cause + ",") != std::string::npos;
  });
  return findings;
}

// Runs one input. Returns 0, or does not return: a new cause aborts.
inline int FuzzOne(const uint8_t* data, size_t size,
                   const std::function<void(World&, FuzzInput&)>& work,
                   const std::function<void(State&)>& look,
                   Explore options = {.isolation = PC_IN_PROCESS,
                                      .budget_ms = 5'000,
                                      .runs_max = 2'000}) {
  FuzzInput input(data, size);
  World world;
  work(world, input);
  States states = world.explore(options);
  for (State& state : states) look(state);
  if (states.verdict() == PC_FAILED) {
    std::fprintf(stderr, "%s", states.report().c_str());
    std::abort();
  }
  const std::vector<Finding> findings = NewFindings(states);
  if (findings.empty()) return 0;
  for (const Finding& finding : findings) {
    std::fprintf(stderr, "%s", finding.text.c_str());
  }
  std::abort();
}

}  // namespace powercut::inline v0

#endif  // POWERCUT_FUZZER_HPP_
