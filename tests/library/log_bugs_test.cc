// Each planted bug of the log of backends/clfs is found at the door of a world:
// by what a user of a log says of it and reads from it. Without a bug, all of
// that holds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "library/files/world_logs.h"
#include "library/states/log_backend.h"
#include "library/states/state_loop.h"

namespace powercut {
namespace {

constexpr uint64_t kDiskBytes = 256 << 10;
using Lsn = WorldLogs::Lsn;

// A record, which begins with its name.
std::string Text(const std::string& name, size_t more) {
  return name + std::string(more, name.back());
}
// With that many bytes a record has several sectors, so that it can tear; with
// so few it has one, so that there are fewer states.
constexpr size_t kSeveralSectors = 1100;
constexpr size_t kOneSector = 20;

// A user of one log, who says what is attempted and acknowledged.
class User {
 public:
  User(WorldLogs& logs, CallLog* calls, size_t more)
      : logs_(logs), calls_(calls), more_(more) {
    log_ = static_cast<WorldLogs::Log>(logs_.Open("L"));
    for (auto& area : areas_) {
      area = static_cast<WorldLogs::Area>(logs_.MakeArea(log_));
    }
  }
  bool opened() const { return log_ > 0; }

  void Say(Call::Kind kind, uint64_t number) {
    Call call;
    call.kind = kind;
    call.number = number;
    calls_->Add(call);
  }
  void Attempt(uint64_t n) { Say(Call::kAttempt, n); }
  void Ack(uint64_t n) { Say(Call::kAck, n); }
  void Start() { Say(Call::kStart, 0); }

  Lsn Append(const std::string& name, size_t area = 0,
             WorldLogs::Force force = {}) {
    Lsn lsn = 0;
    EXPECT_EQ(
        logs_.Append(areas_[area], AsBytes(Text(name, more_)), force, lsn), 0);
    return lsn;
  }
  void Flush(size_t area = 0) { EXPECT_EQ(logs_.Flush(areas_[area]), 0); }
  void FlushTo(Lsn lsn) { EXPECT_EQ(logs_.FlushTo(areas_[0], lsn), 0); }
  void Restart(std::optional<Lsn> base) {
    Lsn lsn = 0;
    EXPECT_EQ(
        logs_.Restart(areas_[0], AsBytes(Text("restart", more_)), base, lsn),
        0);
  }
  void AdvanceBase(Lsn lsn) { EXPECT_EQ(logs_.AdvanceBase(log_, lsn), 0); }
  void Reset() { EXPECT_EQ(logs_.Reset(log_), 0); }

  clfs::LogFileInformation Facts() {
    clfs::LogFileInformation facts{};
    logs_.Facts(log_, facts);
    return facts;
  }
  // The names of the records, each with a blank after it; `?` for one that was
  // never written.
  std::string Records() {
    std::string names;
    clfs::LogRecord record;
    for (Lsn from = 0; logs_.Read(log_, from, record) == 0;
         from = record.lsn.Internal + 1) {
      const std::string name = record.data.substr(
          0, std::min(record.data.size(),
                      record.data.find_last_not_of(record.data.back()) + 2));
      names += (record.data == Text(name, more_) ? name : "?") + " ";
    }
    return names;
  }

 private:
  WorldLogs& logs_;
  CallLog* calls_;
  size_t more_;
  WorldLogs::Log log_ = 0;
  std::array<WorldLogs::Area, 2> areas_{};
};

struct Scene {
  std::function<void(User&)> work;
  // Says what is wrong with a state; empty if nothing is.
  std::function<std::string(User&, const Promises&)> look;
  CrashKind kind = CrashKind::kPower;
  uint32_t nested = 0;
  size_t more = kSeveralSectors;
};

LoopReport Explored(const Scene& scene, ClfsBug bug) {
  CallLog calls;
  WorldLogs logs(LogDisk({}, kDiskBytes), calls, bug);
  User user(logs, &calls, scene.more);
  scene.work(user);
  LoopOptions options;
  options.profiles = {"spec-strict"};
  options.logs = LogSetting{nullptr, bug};
  options.disk_bytes = kDiskBytes;
  options.crash_kinds = {scene.kind};
  options.budget_ms = 0;
  options.jobs = 0;
  options.nested = scene.nested;
  StateLoop loop(calls.calls(), options);
  while (CrashedState* const state = loop.Next()) {
    User recovered(*state->logs(), nullptr, scene.more);
    const std::string wrong = recovered.opened()
                                  ? scene.look(recovered, state->promises())
                                  : "log-does-not-open";
    if (!wrong.empty()) state->Say({wrong, "", "", 0});
  }
  return loop.report();
}

// The records are a, b, c, ... in order, all that were acknowledged and no
// others than were attempted.
std::string InOrder(User& user, const Promises& promises) {
  const std::string records = user.Records();
  size_t count = 0;
  while (count * 2 < records.size()) {
    if (records[count * 2] != static_cast<char>('a' + count)) return "no-run";
    ++count;
  }
  for (uint64_t n = 1; n <= count; ++n) {
    if (!promises.Attempted(n)) return "never-attempted";
  }
  for (uint64_t n = count + 1; n <= promises.attempts(); ++n) {
    if (promises.Acked(n)) return "ack-lost";
  }
  return "";
}

const std::map<std::string, Scene>& Scenes() {
  static const std::map<std::string, Scene> scenes = {
      {"flush",
       {[](User& user) {
          user.Start();
          user.Attempt(1);
          user.Append("a");
          user.Flush();
          user.Ack(1);
          user.Attempt(2);
          user.Append("b");
          user.Attempt(3);
          user.Append("c");
        },
        InOrder}},
      {"flush to an LSN",
       {[](User& user) {
          user.Start();
          user.Attempt(1);
          user.FlushTo(user.Append("a"));
          user.Ack(1);
        },
        InOrder}},
      {"flush to no LSN",
       {[](User& user) {
          user.Start();
          user.Attempt(1);
          user.Append("a");
          user.FlushTo(0);
          user.Ack(1);
        },
        InOrder}},
      {"two areas",
       {[](User& user) {
          user.Start();
          user.Attempt(1);
          user.Append("a", 0);
          user.Attempt(2);
          user.Append("b", 1);
          user.Flush(1);
          user.Ack(1);
          user.Ack(2);
        },
        InOrder}},
      {"force append",
       {[](User& user) {
          user.Start();
          user.Attempt(1);
          user.Append("a", 0, {.append = true});
          user.Ack(1);
        },
        InOrder, CrashKind::kProcess}},
      {"force flush",
       {[](User& user) {
          user.Start();
          user.Attempt(1);
          user.Append("a", 0, {.flush = true});
          user.Ack(1);
        },
        InOrder}},
      // Ack 1 says that a is there, 2 that the base is b.
      {"restart",
       {[](User& user) {
          user.Append("a");
          user.Start();
          const Lsn b = user.Append("b");
          user.AdvanceBase(b);
          user.Restart(std::nullopt);
          user.Ack(1);
          user.Append("c");
          user.Append("d");
        },
        [](User& user, const Promises& promises) -> std::string {
          const std::string records = user.Records();
          if (!promises.Acked(1)) return "";
          return records.starts_with("b restart ") ? "" : "restart-lost";
        }}},
      {"restart with a base",
       {[](User& user) {
          user.Append("a");
          user.Start();
          const Lsn b = user.Append("b");
          user.Restart(b);
          user.Ack(1);
        },
        [](User& user, const Promises& promises) -> std::string {
          const std::string records = user.Records();
          // The base and the record come together.
          const bool restart = records.find("restart") != records.npos;
          if (restart && !records.starts_with("b ")) return "base-apart";
          return restart || !promises.Acked(1) ? "" : "restart-lost";
        }}},
      {"reset",
       {[](User& user) {
          user.Append("o");
          user.Start();
          user.Reset();
          user.Append("a");
          user.Flush();
          user.Ack(1);
        },
        [](User& user, const Promises& promises) -> std::string {
          const std::string records = user.Records();
          if (promises.Acked(1) && records != "a ") return "reset-lost";
          const bool one =
              records == "o " || records == "a " || records.empty();
          return one ? "" : "epochs-mixed";
        }}},
      {"base beyond the end",
       {[](User& user) {
          user.Append("a");
          user.Start();
          user.AdvanceBase(user.Append("b"));
        },
        [](User& user, const Promises&) -> std::string {
          return user.Records().empty() ? "nothing-from-the-base-on" : "";
        }}},
      // The recovery appends, and is crashed, too.
      {"append after a crash",
       {[](User& user) {
          user.Append("a");
          user.Start();
          user.Append("b");
          user.AdvanceBase(user.Append("c"));
        },
        [](User& user, const Promises&) -> std::string {
          const std::string before = user.Records();
          const size_t at = before.find("new");
          if (at != before.npos) {
            const bool last = at + 4 == before.size();
            if (!last) return "records-after-the-last";
            return at == 0 ? "base-is-back" : "";
          }
          user.Append("new");
          if (user.Records() != before + "new ") return "append-damages";
          user.Flush();
          return "";
        },
        CrashKind::kPower, 1, kOneSector}},
  };
  return scenes;
}

// Where each bug is seen.
const std::vector<std::pair<ClfsBug, std::string>>& Seen() {
  static const std::vector<std::pair<ClfsBug, std::string>> seen = {
      {ClfsBug::kFlushDoesNothing, "flush"},
      {ClfsBug::kFlushStopsAtDevice, "flush"},
      {ClfsBug::kNullLsnIsNone, "flush to no LSN"},
      {ClfsBug::kFlushToOneShort, "flush to an LSN"},
      {ClfsBug::kFlushOwnAreaOnly, "two areas"},
      {ClfsBug::kForceAppendIsNothing, "force append"},
      {ClfsBug::kForceFlushIsForceAppend, "force flush"},
      {ClfsBug::kRestartAlone, "restart"},
      {ClfsBug::kRestartBaseApart, "restart with a base"},
      {ClfsBug::kRestartSkipsPointers, "restart"},
      {ClfsBug::kFlushForgetsReset, "reset"},
      {ClfsBug::kSingleControlCopy, "reset"},
      {ClfsBug::kAcceptGap, "flush"},
      {ClfsBug::kAcceptTorn, "flush"},
      {ClfsBug::kBaseBeyondEnd, "base beyond the end"},
      {ClfsBug::kReuseLsn, "append after a crash"},
      {ClfsBug::kStaleResurface, "append after a crash"},
      {ClfsBug::kResetKeepsRecords, "reset"},
      {ClfsBug::kReusePointerLsn, "append after a crash"},
  };
  return seen;
}

TEST(LogBugsTest, WithoutABugEverySceneHolds) {
  for (const auto& [name, scene] : Scenes()) {
    const LoopReport report = Explored(scene, ClfsBug::kNone);
    EXPECT_EQ(report.verdict, LoopVerdict::kHolds) << name << "\n"
                                                   << ReportText(report);
    EXPECT_GT(report.states(), 1u) << name;
  }
}

TEST(LogBugsTest, EachBugIsFoundInItsScene) {
  for (const auto& [bug, scene] : Seen()) {
    const LoopReport report = Explored(Scenes().at(scene), bug);
    EXPECT_EQ(report.verdict, LoopVerdict::kViolation)
        << ClfsBugName(bug) << "\n"
        << ReportText(report);
  }
}

TEST(LogBugsTest, NoBugIsForgotten) {
  for (const ClfsBug bug : kClfsBugs) {
    EXPECT_EQ(std::ranges::count(Seen(), bug,
                                 [](const auto& seen) { return seen.first; }),
              1)
        << ClfsBugName(bug);
  }
}

}  // namespace
}  // namespace powercut
