// Measures the library as its users have it: a small log in a world.
//
// Method. The first figures are the cost of a call while the log is written,
// and the bare limit: opening the same log again on one image, in this process,
// with no crash and no exploration. Then the states of all crashes are explored
// with the log's recovery as the body, in this process and by one forked
// worker, each with the ratio to the bare limit. The last figures are the time
// of a state after traces of more and more records of which the body reads the
// newest only. All times are wall clock; compare ratios of one run.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include <powercut/powercut.hpp>

#include "tests/library/small_log.h"

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;

double Seconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Appends records; every eighth is acknowledged.
constexpr uint64_t kRecords = 48;
void Fill(World& world) {
  SmallLog log(world);
  for (uint64_t n = 1; n <= kRecords; ++n) {
    world.attempt(n);
    log.Append(SmallLogText(n % 20));
    if (n % 8 == 0) world.ack(n);
  }
}

double BareReopening() {
  World world;
  Fill(world);
  constexpr int kTimes = 2'000;
  size_t bytes = 0;
  const double begin = Seconds();
  for (int i = 0; i < kTimes; ++i) bytes += SmallLog(world).Dump().size();
  const double each = (Seconds() - begin) / kTimes;
  std::printf("small log: bare reopening          %9.1f us (%zu bytes)\n",
              each * 1e6, bytes / kTimes);
  return each;
}

void Recording() {
  constexpr int kTimes = 20'000;
  World world;
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  const std::string data(512, 'x');
  const double begin = Seconds();
  for (int i = 0; i < kTimes; ++i) {
    world.write(file, data, uint64_t(i % 64) * 512);
    world.fdatasync(file);
  }
  std::printf("recording: a call                  %9.2f us (aim < 2)\n",
              (Seconds() - begin) / kTimes / 2 * 1e6);
}

void States_(const char* name, pc_isolation isolation, double bare,
             double aim) {
  World world;
  Fill(world);
  Explore options;
  options.profiles = "linux-man";
  options.isolation = isolation;
  options.jobs = 1;
  options.budget_ms = 300'000;
  const double begin = Seconds();
  States states = world.explore(options);
  for (State& state : states) state.found(SmallLog(state).Dump());
  const double all = Seconds() - begin;
  const pc_counts counts = states.counts();
  std::printf(
      "small log: %-22s %10.0f states/s (aim %.0f), %.0f runs/s, a run is "
      "%.1f x bare; %llu states, %llu runs\n",
      name, static_cast<double>(counts.states) / all, aim,
      static_cast<double>(counts.runs) / all,
      all / static_cast<double>(counts.runs) / bare,
      static_cast<unsigned long long>(counts.states),
      static_cast<unsigned long long>(counts.runs));
}

// The body reads the size of the log and its last sector.
void ByLength(uint64_t records, double& first) {
  World world;
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  world.fsync(file);
  for (uint64_t n = 1; n <= records; ++n) {
    world.append(file, std::string(512, static_cast<char>('a' + n % 20)));
    if (n + 4 == records) world.start();
    if (n % 4 == 0 || n + 4 >= records) world.fsync(file);
  }
  Explore options;
  options.isolation = PC_IN_PROCESS;
  options.budget_ms = 300'000;
  const double begin = Seconds();
  double handed_out = begin;
  States states = world.explore(options);
  bool started = false;
  for (State& state : states) {
    if (!started) handed_out = Seconds();
    started = true;
    char bytes[512];
    const int64_t size = state.size("/f");
    const int handle = state.open("/f", PC_READ);
    if (size >= 512) state.read(handle, bytes, 512, uint64_t(size) - 512);
  }
  const pc_counts counts = states.counts();
  const double each = (Seconds() - handed_out) / double(counts.runs);
  if (first == 0) first = each;
  std::printf(
      "a trace of %6llu appends: a run      %9.1f us, %.2f x first; %.2f s "
      "before the first state\n",
      static_cast<unsigned long long>(records), each * 1e6, each / first,
      handed_out - begin);
}

}  // namespace

int main() {
  Recording();
  const double bare = BareReopening();
  States_("in this process", PC_IN_PROCESS, bare, 100'000);
  States_("one forked worker", PC_FORKED, bare, 50'000);
  double first = 0;
  for (const uint64_t records : {100u, 300u, 1'000u}) {
    ByLength(records, first);
  }
  return 0;
}
