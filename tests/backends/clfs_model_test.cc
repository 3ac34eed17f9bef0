// clfs and LogModel are two witnesses of one specification: over all crash
// states that share a history, what recovery shows is exactly what the model
// admits.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "harness/base/prng.h"
#include "harness/base/sanitizer.h"
#include "tests/backends/log_run.h"

namespace powercut {
namespace {

constexpr uint64_t kWorkloads = kSanitized ? 60 : 600;
constexpr size_t kOpsMax = 7;
// Workloads with more states at one point are left out.
constexpr double kSpaceLog2Max = 10;

// Writes random ops that mostly succeed, and keeps count of what they need.
class RandomOps {
 public:
  explicit RandomOps(uint64_t seed) : chance_(seed) {}

  std::string Init() {
    std::string text = "  log_open L\n";
    if (chance_.OneIn(2)) text += "  log_area L M\n";
    has_area_ = text.size() > 15;
    const uint64_t appends = chance_.Below(3);
    for (uint64_t i = 0; i < appends; ++i) text += Append();
    if (records_ > 1 && chance_.OneIn(3)) text += "  log_restart L base=1\n";
    if (text.find("restart") != std::string::npos) ++records_;
    return text;
  }

  std::string Run() {
    const size_t count = 3 + chance_.Below(kOpsMax - 3 + 1);
    std::string text;
    for (size_t i = 0; i < count; ++i) text += OneOp();
    text += std::exchange(waiting_, "");
    return text;
  }

 private:
  std::string Area() { return has_area_ && chance_.OneIn(2) ? " area=M" : ""; }

  std::string Append() {
    ++records_;
    const uint64_t size = 16 + chance_.Below(chance_.OneIn(4) ? 700 : 300);
    std::string flag;
    if (chance_.OneIn(6)) flag = " force_append";
    if (flag.empty() && chance_.OneIn(7)) flag = " force_flush";
    return fmt::format("  log_append L {}{}{}\n", size, flag, Area());
  }

  std::string OneOp() {
    switch (chance_.Below(16)) {
      case 0:
        return fmt::format("  log_flush L{}\n", Area());
      case 1:
        return fmt::format("  log_flush_to L {}\n",
                           chance_.Below(records_ + 1));
      case 2: {
        const bool base = records_ > base_ && chance_.OneIn(2);
        const std::string key =
            base ? fmt::format(" base={}", base_ = NumberFromBase()) : "";
        ++records_;
        return fmt::format("  log_restart L{}\n", key);
      }
      case 3:
      case 4:
        if (records_ < base_) return Append();
        base_ = NumberFromBase();
        return fmt::format("  log_advance_base L {}\n", base_);
      case 5:
      case 6:
        if (records_ < base_) return Append();
        return fmt::format("  log_archive_tail L {}\n", NumberFromBase());
      case 7:
        // A flush that a second reset overtakes carries both: more than it
        // must.
        if (resets_ > 0 && !waiting_.empty()) return Append();
        ++resets_;
        base_ = records_ + 1;
        return "  log_reset L\n";
      case 8:
        return chance_.OneIn(3) ? "  syncfs\n" : Append();
      case 9:
      case 10:
        if (!waiting_.empty()) return std::exchange(waiting_, "");
        waiting_ = "  wait 1\n";
        if (chance_.OneIn(2)) {
          return fmt::format("  start 1 log_flush L{}\n", Area());
        }
        return "  start 1" + Append().substr(1);
      default:
        return Append();
    }
  }

  uint64_t NumberFromBase() {
    return base_ + chance_.Below(records_ - base_ + 1);
  }

  Prng chance_;
  bool has_area_ = false;
  uint64_t records_ = 0;
  uint64_t base_ = 1;
  uint64_t resets_ = 0;
  std::string waiting_;
};

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

// With `equal`, all that is admissible must be there; without, nothing else.
// Returns how many different disks there were; 0: too many, nothing was
// checked.
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
    RandomOps ops(seed);
    const std::string init = ops.Init();
    const std::string run = ops.Run();
    const uint64_t found = ExpectAgreement(
        LogWorkload(init, run),
        fmt::format("seed {}\ninit\n{}run\n{}", seed, init, run), true,
        seed % 4 == 0);
    if (HasFailure()) return;
    states += found;
    agreed += found > 0 ? 1 : 0;
  }
  EXPECT_GT(agreed, kWorkloads * 3 / 4);
  RecordProperty("workloads", static_cast<int>(agreed));
  RecordProperty("states", static_cast<int>(states));
  EXPECT_GT(states, kWorkloads * 10);
}

// A remount loses what is in memory only: which record came from which area,
// and what had reached the media. More is carried after it than must be.
TEST(ClfsModelTest, RemountsStayAdmissible) {
  for (uint64_t seed = 1; seed <= kWorkloads / 3; ++seed) {
    RandomOps ops(seed);
    const std::string init = ops.Init();
    const std::string first = ops.Run();
    const std::string run = first + "  remount\n" + ops.Run();
    ExpectAgreement(LogWorkload(init, run),
                    fmt::format("seed {}\ninit\n{}run\n{}", seed, init, run),
                    false, seed % 4 == 0);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace powercut
