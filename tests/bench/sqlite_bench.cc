// Measures the states of the bank of tests/engines/sqlite_bank.h: six commits
// on a database of six rows with pages of 1,024 bytes. In each state SQLite
// opens it, runs `PRAGMA integrity_check` and reads the rows. The bare limit
// does the same through the same VFS on one image, the one after all commits.

#include "tests/bench/sqlite_bench.h"

#include <cstdlib>
#include <string>

#include "tests/bench/state_rates.h"
#include "tests/engines/sqlite_bank.h"

namespace powercut {
namespace {

constexpr uint64_t kCommits = 6;

void RowOf(const SqliteSetting& setting, pc_isolation isolation, double aim) {
  World world;
  FillSqliteBank(world, setting, kCommits);
  // What SQLite finds there is what it leaves when it is closed: it has no
  // journal to play back, so that one image can be opened any number of times.
  World image = world.crash_now("all");
  StateRate rate{.name = "SQLite, " + setting.journal_mode + ", " +
                         setting.synchronous + IsolationText(isolation),
                 .world = world,
                 .explore = {},
                 .look = [](State& state) { LookAtSqliteBank(state); },
                 .reopen =
                     [&image] {
                       SqliteBank bank(image, 2);
                       bank.NoCheckpoint();
                       if (bank.Integrity() != "ok") std::abort();
                       if (bank.Accounts() != SqliteBank::Expected(kCommits)) {
                         std::abort();
                       }
                     },
                 .aim = aim};
  rate.explore.profiles = "linux-man";
  rate.explore.isolation = isolation;
  rate.explore.jobs = 1;
  rate.explore.budget_ms = 300'000;
  StateRateRow(rate);
}

}  // namespace

void BenchSqlite() {
  for (const char* const mode : {"DELETE", "WAL"}) {
    RowOf({mode, "EXTRA"}, PC_IN_PROCESS, 15'000);
    RowOf({mode, "EXTRA"}, PC_FORKED, 0);
  }
}

}  // namespace powercut
