// Measures the library as its users have it: a small log, SQLite and LevelDB in
// a world.
//
// Method. The first figure is the cost of a call while storage writes. Then the
// states of all crashes of a workload are explored with its recovery as the
// body, in this process and by one forked worker, each with the ratio to the
// bare limit: opening the same storage again on one image in memory, with no
// crash and no exploration, in turn with the exploration (state_rates.h). The
// last figures are the time of a state after traces of 100, 1,000 and 10,000
// calls: appends to one file, overwrites of one sector, new files, and appends
// to two files in turn. All crashes of a trace are explored, and the body reads
// the size and the last sector of one file, so that a longer trace has more
// states and no larger ones. Times are processor time, of the workers, too: a
// busy machine makes them longer by little. Compare ratios of one run.
//
// An argument is the beginning of the names of the rows to print: `recording`,
// `small`, `sqlite`, `leveldb` or `length`.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <powercut/powercut.hpp>

#include "tests/bench/state_rates.h"
#include "tests/library/small_log.h"

#ifdef POWERCUT_HAVE_SQLITE
#include "tests/bench/sqlite_bench.h"
#endif
#ifdef POWERCUT_HAVE_LEVELDB
#include "tests/bench/leveldb_bench.h"
#endif

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;

// Appends records; every eighth is acknowledged.
void Fill(World& world, uint64_t records) {
  SmallLog log(world);
  for (uint64_t n = 1; n <= records; ++n) {
    world.attempt(n);
    log.Append(SmallLogText(n % 20));
    if (n % 8 == 0) world.ack(n);
  }
}

void Recording() {
  constexpr int kTimes = 20'000;
  World world;
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  const std::string data(512, 'x');
  const double begin = powercut::SecondsOfAll();
  for (int i = 0; i < kTimes; ++i) {
    world.write(file, data, uint64_t(i % 64) * 512);
    world.fdatasync(file);
  }
  std::printf("recording: a call                  %9.2f us (aim < 2)\n",
              (powercut::SecondsOfAll() - begin) / kTimes / 2 * 1e6);
}

void SmallLogRow(uint64_t records, pc_isolation isolation, double aim) {
  World world;
  Fill(world, records);
  World image = world.crash_now("all");
  powercut::StateRate rate{
      .name = "small log, " + std::to_string(records) + " records" +
              powercut::IsolationText(isolation),
      .world = world,
      .explore = {},
      .look = [](State& state) { state.found(SmallLog(state).Dump()); },
      .reopen =
          [&image] {
            if (SmallLog(image).Dump().empty()) std::abort();
          },
      .aim = aim};
  rate.explore.profiles = "linux-man";
  rate.explore.isolation = isolation;
  rate.explore.jobs = 1;
  rate.explore.budget_ms = 300'000;
  powercut::StateRateRow(rate);
}

enum class Grows { kAppends, kOverwrites, kFiles, kInTurn };

// Makes `calls` changes, of which every fourth is synced.
void Grow(World& world, Grows how, uint64_t calls) {
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  world.fsync(file);
  const int other = how == Grows::kInTurn
                        ? world.open("/g", PC_READ | PC_WRITE | PC_CREATE)
                        : file;
  for (uint64_t n = 1; n <= calls; ++n) {
    const std::string sector(512, static_cast<char>('a' + n % 20));
    if (how == Grows::kAppends || how == Grows::kInTurn) {
      world.append(n % 2 == 0 ? file : other, sector);
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
  const double begin = powercut::SecondsOfAll();
  double handed_out = 0;
  States states = world.explore(options);
  for (State& state : states) {
    if (handed_out == 0) handed_out = powercut::SecondsOfAll();
    char bytes[512];
    const int64_t size = state.size(path);
    const int handle = state.open(path, PC_READ);
    if (size >= 512) state.read(handle, bytes, 512, uint64_t(size) - 512);
  }
  const pc_counts counts = states.counts();
  const double each =
      (powercut::SecondsOfAll() - handed_out) / double(counts.states);
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

int main(int argc, char** argv) {
  const std::string_view asked = argc > 1 ? argv[1] : "";
  const auto is_asked = [asked](std::string_view rows) {
    return rows.starts_with(asked);
  };
  if (is_asked("recording")) Recording();
  if (is_asked("small")) {
    for (const uint64_t records : {8u, 48u}) {
      SmallLogRow(records, PC_IN_PROCESS, 100'000);
      SmallLogRow(records, PC_FORKED, 50'000);
    }
  }
#ifdef POWERCUT_HAVE_SQLITE
  if (is_asked("sqlite")) powercut::BenchSqlite();
#endif
#ifdef POWERCUT_HAVE_LEVELDB
  if (is_asked("leveldb")) powercut::BenchLevelDb();
#endif
  if (!is_asked("length")) return 0;
  struct {
    const char* name;
    Grows how;
  } const kinds[] = {{"appends", Grows::kAppends},
                     {"overwrites", Grows::kOverwrites},
                     {"files", Grows::kFiles},
                     {"in turn", Grows::kInTurn}};
  for (const auto& [name, how] : kinds) {
    double first = 0;
    for (const uint64_t calls : {100u, 1'000u, 10'000u}) {
      ByLength(name, how, calls, first);
    }
  }
  return 0;
}
