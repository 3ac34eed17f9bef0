// Measures the library as its users have it: a small log in a world.
//
// Method. The first figures are the cost of a call while the log is written,
// and the bare limit: opening the same log again on one image, in this process,
// with no crash and no exploration. Then the states of all crashes are explored
// with the log's recovery as the body, in this process and by one forked
// worker, each with the ratio to the bare limit. The last figures are the time
// of a state after traces of 100, 1,000 and 10,000 calls: appends to one file,
// overwrites of one sector, and new files. All crashes of a trace are explored,
// and the body reads the size and the last sector of one file, so that a longer
// trace has more states and no larger ones. Times are processor time, of the
// workers, too: a busy machine makes them longer by little. Compare ratios of
// one run.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include <powercut/powercut.hpp>

#include "tests/library/small_log.h"

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;

// The processor time of this process and of its children that have ended.
double Seconds() {
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
  pc_counts counts = PC_COUNTS;
  {
    States states = world.explore(options);
    for (State& state : states) state.found(SmallLog(state).Dump());
    counts = states.counts();
  }
  const double all = Seconds() - begin;
  std::printf(
      "small log: %-22s %10.0f states/s (aim %.0f), %.0f runs/s, a run is "
      "%.1f x bare; %llu states, %llu runs\n",
      name, static_cast<double>(counts.states) / all, aim,
      static_cast<double>(counts.runs) / all,
      all / static_cast<double>(counts.runs) / bare,
      static_cast<unsigned long long>(counts.states),
      static_cast<unsigned long long>(counts.runs));
}

enum class Grows { kAppends, kOverwrites, kFiles };

// Makes `calls` changes, of which every fourth is synced.
void Grow(World& world, Grows how, uint64_t calls) {
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  world.fsync(file);
  for (uint64_t n = 1; n <= calls; ++n) {
    const std::string sector(512, static_cast<char>('a' + n % 20));
    if (how == Grows::kAppends) {
      world.append(file, sector);
    } else if (how == Grows::kOverwrites) {
      world.write(file, sector, 0);
    } else {
      const std::string name = "/f" + std::to_string(n);
      const int made = world.open(name, PC_READ | PC_WRITE | PC_CREATE);
      world.write(made, sector, 0);
      if (n % 4 == 0) world.fsync(made);
      world.close(made);
    }
    if (n % 4 != 0) continue;
    how == Grows::kFiles ? world.sync_directory("/") : world.fsync(file);
  }
}

void ByLength(const char* name, Grows how, uint64_t calls, double& first) {
  World world;
  Grow(world, how, calls);
  const std::string path =
      how == Grows::kFiles ? "/f" + std::to_string(calls / 2) : "/f";
  Explore options;
  options.isolation = PC_IN_PROCESS;
  options.budget_ms = 600'000;
  const double begin = Seconds();
  double handed_out = 0;
  States states = world.explore(options);
  for (State& state : states) {
    if (handed_out == 0) handed_out = Seconds();
    char bytes[512];
    const int64_t size = state.size(path);
    const int handle = state.open(path, PC_READ);
    if (size >= 512) state.read(handle, bytes, 512, uint64_t(size) - 512);
  }
  const pc_counts counts = states.counts();
  const double each = (Seconds() - handed_out) / double(counts.states);
  if (first == 0) first = each;
  std::printf(
      "%-10s %6llu calls: a state %6.1f us, %.2f x first; %7llu states, %6llu "
      "runs; %.2f s before the first\n",
      name, static_cast<unsigned long long>(calls), each * 1e6, each / first,
      static_cast<unsigned long long>(counts.states),
      static_cast<unsigned long long>(counts.runs), handed_out - begin);
  std::fflush(stdout);
}

}  // namespace

int main() {
  Recording();
  const double bare = BareReopening();
  States_("in this process", PC_IN_PROCESS, bare, 100'000);
  States_("one forked worker", PC_FORKED, bare, 50'000);
  struct {
    const char* name;
    Grows how;
  } const kinds[] = {{"appends", Grows::kAppends},
                     {"overwrites", Grows::kOverwrites},
                     {"files", Grows::kFiles}};
  for (const auto& [name, how] : kinds) {
    double first = 0;
    for (const uint64_t calls : {100u, 1'000u, 10'000u}) {
      ByLength(name, how, calls, first);
    }
  }
  return 0;
}
