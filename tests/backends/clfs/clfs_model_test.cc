// clfs and LogModel are two witnesses of one specification. Random workloads
// are run on clfs; over all crash states that share a history, what recovery
// shows is exactly what the model admits.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "fuzz/draw/random_log_workload.h"
#include "fuzz/draw/workload_text.h"
#include "harness/base/sanitizer.h"
#include "tests/backends/clfs/log_run.h"

namespace powercut {
namespace {

constexpr uint64_t kWorkloads = kSanitized ? 60 : 600;
// Workloads with more states at one point are left out.
constexpr double kSpaceLog2Max = 10;

std::string Difference(const std::set<std::string>& seen,
                       const std::set<std::string>& admissible) {
  std::string text;
  for (const std::string& log : seen) {
    if (!admissible.contains(log)) text += "\n  only clfs:  " + log;
  }
  for (const std::string& log : admissible) {
    if (!seen.contains(log)) text += "\n  only model: " + log;
  }
  return text;
}

// Runs a workload and compares every crash state with the model. Each must be
// admissible; if `equal` is true, each admissible state must also be found.
// Returns how many different disks there were; 0 if there were too many and
// the states were not checked.
uint64_t ExpectAgreement(const Workload& workload, const std::string& text,
                         bool equal, bool probe) {
  const auto backend = MakeClfsBackend();
  const LogRun run = RunLog(*backend, workload);
  if (::testing::Test::HasFailure()) return 0;
  EXPECT_EQ(LogText(*run.moments.back().model.Numbered(*TheLog(run.live))),
            LogText(run.moments.back().model.Live()))
      << text;
  LogCrashes crashes(*backend, run, probe);
  if (crashes.Log2Max() > kSpaceLog2Max) return 0;
  for (const LogMoment& moment : run.moments) {
    for (const CrashKind kind : kCrashKinds) {
      std::set<std::string> seen;
      crashes.ForEach(moment, kind, [&](const Observation& found) {
        const std::string wrong = WrongWith(moment, kind, found);
        EXPECT_EQ(wrong, "")
            << CrashKindName(kind) << " after " << moment.after << "\n"
            << text;
        if (!wrong.empty()) return;
        seen.insert(LogText(*moment.model.Numbered(*TheLog(found))));
      });
      if (!equal) continue;
      EXPECT_EQ(Difference(seen, Texts(moment.model.Admissible(kind))), "")
          << CrashKindName(kind) << " after " << moment.after << "\n"
          << text;
      if (::testing::Test::HasFailure()) return 0;
    }
  }
  return crashes.states();
}

TEST(ClfsModelTest, ShowsExactlyWhatTheModelAdmits) {
  uint64_t states = 0;
  uint64_t agreed = 0;
  for (uint64_t seed = 1; seed <= kWorkloads; ++seed) {
    SeededChooser chooser(seed);
    const Workload workload = RandomLogWorkload(chooser, {});
    const uint64_t found =
        ExpectAgreement(workload, WorkloadText(workload), true, seed % 4 == 0);
    if (HasFailure()) return;
    states += found;
    agreed += found > 0 ? 1 : 0;
  }
  EXPECT_GT(agreed, kWorkloads * 3 / 4);
  RecordProperty("workloads", static_cast<int>(agreed));
  RecordProperty("states", static_cast<int>(states));
  EXPECT_GT(states, kWorkloads * 10);
}

// A remount loses what only memory holds: which area a record came from, and
// what had reached the media. After it clfs carries more than it must, so that
// some admissible states are not found.
TEST(ClfsModelTest, RemountsStayAdmissible) {
  for (uint64_t seed = 1; seed <= kWorkloads / 3; ++seed) {
    SeededChooser chooser(seed);
    const Workload workload = RandomLogWorkload(chooser, {.remount = true});
    ExpectAgreement(workload, WorkloadText(workload), false, seed % 4 == 0);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace powercut
