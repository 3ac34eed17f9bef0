// StateRateRow(): how fast the library hands out the states of one world, held
// against opening one image again.

#ifndef POWERCUT_TESTS_BENCH_STATE_RATES_H_
#define POWERCUT_TESTS_BENCH_STATE_RATES_H_

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include <powercut/powercut.hpp>

#include "tests/bench/figures.h"

namespace powercut {

// The processor time of this process so far, and of its children that have
// ended, in seconds.
inline double SecondsOfAll() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    for (const timeval& time : {used.ru_utime, used.ru_stime}) {
      seconds += double(time.tv_sec) + double(time.tv_usec) * 1e-6;
    }
  }
  return seconds;
}

// The time of one call of `work`, in seconds, of as many calls as take a while.
inline double SecondsOf(const std::function<void()>& work) {
  constexpr double kSecondsMin = 0.3;
  const double begin = SecondsOfAll();
  double used = 0;
  int times = 0;
  for (; used < kSecondsMin; used = SecondsOfAll() - begin) {
    work();
    ++times;
  }
  return used / times;
}

// What `measure` returns in a copy of this process. The copy keeps what the
// work leaves in memory: a world keeps each call that opens a file, and a
// process with more memory takes longer to fork.
inline double InCopy(const std::function<double()>& measure) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t copy = fork();
  if (copy < 0) std::abort();
  if (copy == 0) {
    const double result = measure();
    const bool sent = write(ends[1], &result, sizeof(result)) ==
                      static_cast<ssize_t>(sizeof(result));
    _exit(sent ? 0 : 1);
  }
  close(ends[1]);
  double result = 0;
  const bool received = read(ends[0], &result, sizeof(result)) ==
                        static_cast<ssize_t>(sizeof(result));
  close(ends[0]);
  waitpid(copy, nullptr, 0);
  if (!received) std::abort();
  return result;
}

// How states are isolated, as the end of the name of a row.
inline const char* IsolationText(pc_isolation isolation) {
  return isolation == PC_FORKED ? ", one forked worker" : ", in this process";
}

// What one row measures.
struct StateRate {
  std::string name;
  // Whose crashes are explored.
  World& world;
  Explore explore;
  // What is done with each state.
  std::function<void(State&)> look;
  // The same on one image in memory, with no crash and no exploration.
  std::function<void()> reopen;
  // States per second; 0 if there is no aim.
  double aim = 0;
};

// Prints the states per second of processor time, and what a state and a run
// cost beside one reopening. The two are measured in turn several times, and
// the medians are printed. Recording the calls is part of an exploration.
inline void StateRateRow(const StateRate& rate) {
  pc_counts counts = PC_COUNTS;
  pc_verdict verdict = PC_FAILED;
  const auto explore = [&] {
    States all = rate.world.explore(rate.explore);
    for (State& state : all) rate.look(state);
    counts = all.counts();
    verdict = all.verdict();
  };
  const Pair seconds =
      Compare([&] { return SecondsOf(explore); },
              [&] { return InCopy([&] { return SecondsOf(rate.reopen); }); });
  const double states = double(counts.states);
  const double runs = double(counts.runs);
  Row(rate.name, fmt::format("{:.0f} states/s", states / seconds.ours),
      rate.aim > 0 ? fmt::format("aim {:.0f}", rate.aim) : "",
      fmt::format("a state {:.2f} x, a run {:.2f} x bare ({:.1f} us); "
                  "{:.0f} states, {:.0f} runs, {}",
                  seconds.ours / states / seconds.limit,
                  seconds.ours / runs / seconds.limit, seconds.limit * 1e6,
                  states, runs,
                  verdict == PC_HOLDS      ? "holds"
                  : verdict == PC_VIOLATES ? "violation"
                                           : "not decided"));
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_STATE_RATES_H_
