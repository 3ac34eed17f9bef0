// LogModel held against sets that were worked out by hand. Every cell of the
// rows of logs, and every flag of order, is shown to make a difference.

#include "model/logs/log_model.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/pcut/pcut.h"

namespace powercut {
namespace {

PromiseTable Table() { return PromisesOf(*FindProfile("spec-strict")); }

// A log as text such as "base 1 restart 3: 1 2 3r".
std::string Text(const ObservedLog& log) {
  std::string text = "base " + std::to_string(log.base_lsn) + " restart " +
                     std::to_string(log.restart_lsn) + ":";
  for (const ObservedRecord& record : log.records) {
    text += " " + std::to_string(record.lsn) + (record.restart ? "r" : "");
  }
  return text;
}

using Texts = std::set<std::string>;

// The model after these ops, one on each line. `log_open L` and `log_area L M`
// come before them and are promised. A line that ends in `failed` is an op that
// returned an error; one that ends in `called` is an op that did not return.
LogModel After(const std::string& lines, const PromiseTable& table = Table()) {
  std::vector<std::string> ends;
  std::string run;
  size_t at = 0;
  while (at < lines.size()) {
    const size_t stop = lines.find('\n', at);
    std::string line = lines.substr(at, stop - at);
    at = stop == std::string::npos ? lines.size() : stop + 1;
    std::string end;
    for (const std::string word : {"failed", "called"}) {
      if (line.ends_with(word)) {
        end = word;
        line.resize(line.size() - word.size() - 1);
      }
    }
    ends.push_back(end);
    run += "  " + line + "\n";
  }
  const auto workload = ParseWorkload(
      "powercut 1\ninit\n  log_open L\n  log_area L M\nrun\n" + run, "t.pcut");
  EXPECT_TRUE(workload) << (workload ? "" : workload.error().message);
  LogModel model(table);
  uint64_t now = 0;
  for (const Op& op : workload->init) {
    model.Begin(op, ++now);
    model.End(op.number, true, ++now);
  }
  model.EndInit();
  size_t i = 0;
  for (const Op& op : workload->run) {
    const std::string& end = ends[i++];
    EXPECT_EQ(model.PlanError(op), "") << OpText(op);
    model.Begin(op, ++now);
    if (end != "called") model.End(op.number, end != "failed", ++now);
  }
  return model;
}

// The texts of everything that the model admits. Check() must admit each.
Texts Admitted(const LogModel& model, CrashKind kind = CrashKind::kPower) {
  Texts texts;
  for (const ObservedLog& log : model.Admissible(kind)) {
    EXPECT_TRUE(model.Check(log, kind).empty()) << Text(log);
    EXPECT_TRUE(texts.insert(Text(log)).second) << "listed twice";
  }
  return texts;
}

constexpr const char* kNothing = "base 0 restart 0:";
constexpr const char* kOne = "base 1 restart 0: 1";
constexpr const char* kTwo = "base 1 restart 0: 1 2";

TEST(LogModelTest, RecordsSurviveAsAPrefix) {  // L-49
  const LogModel model = After("log_append L 16\nlog_append L 16\n");
  for (const CrashKind kind : kCrashKinds) {
    EXPECT_EQ(Admitted(model, kind), (Texts{kNothing, kOne, kTwo}));
  }
}

TEST(LogModelTest, FlushCoversWhatReturnedBefore) {  // L-47, L-48, L-50, L-51
  EXPECT_EQ(Admitted(After("log_append L 16\nlog_append L 16\nlog_flush L\n")),
            Texts{kTwo});
  EXPECT_EQ(Admitted(After("log_append L 16\nlog_flush L\nlog_append L 16\n")),
            (Texts{kOne, kTwo}));
  EXPECT_EQ(
      Admitted(After("log_append L 16\nlog_append L 16\nlog_flush_to L 1\n")),
      (Texts{kOne, kTwo}));
  EXPECT_EQ(
      Admitted(After("log_append L 16\nlog_append L 16\nlog_flush_to L 0\n")),
      Texts{kTwo});
}

TEST(LogModelTest, FlushOfAnAreaCarriesSmallerLsns) {  // L-52
  EXPECT_EQ(Admitted(After("log_append L 16\nlog_append L 16 area=M\n"
                           "log_flush L\n")),
            (Texts{kOne, kTwo}));
  EXPECT_EQ(Admitted(After("log_append L 16\nlog_append L 16 area=M\n"
                           "log_flush L area=M\n")),
            Texts{kTwo});
}

TEST(LogModelTest, ForceFlags) {  // L-55 to L-57
  const LogModel queued = After(
      "log_append L 16\nlog_append L 16 "
      "force_append\n");
  EXPECT_EQ(Admitted(queued, CrashKind::kProcess), Texts{kTwo});
  EXPECT_EQ(Admitted(queued, CrashKind::kOs), (Texts{kNothing, kOne, kTwo}));
  const LogModel flushed = After(
      "log_append L 16\nlog_append L 16 "
      "force_flush\n");
  EXPECT_EQ(Admitted(flushed), Texts{kTwo});
}

TEST(LogModelTest, FlushInFlightAndFailedFlushPromiseNothing) {  // L-53, L-54
  EXPECT_EQ(Admitted(After("log_append L 16\nlog_flush L called\n")),
            (Texts{kNothing, kOne}));
  const std::string failed = "log_append L 16\nlog_flush L failed\n";
  EXPECT_EQ(Admitted(After(failed)), (Texts{kNothing, kOne}));
  // The record is tainted, and covered only because a later record implies it.
  EXPECT_EQ(Admitted(After(failed + "log_flush L\n")), (Texts{kNothing, kOne}));
  EXPECT_EQ(Admitted(After(failed + "log_append L 16\nlog_flush L\n")),
            Texts{kTwo});
}

// A failed append may have left its record or not. Where it did not, the
// records after it stand in its place, and are promised all the same.
TEST(LogModelTest, AFailedAppendLeavesNoGap) {
  const std::string between = "log_append L 16\nlog_append L 16 failed\n";
  EXPECT_EQ(Admitted(After(between + "log_append L 16\nlog_flush L\n")),
            (Texts{"base 1 restart 0: 1 3", "base 1 restart 0: 1 2 3"}));
  const std::string first = "log_append L 16 failed\n";
  EXPECT_EQ(Admitted(After(first + "log_append L 16\nlog_flush L\n")),
            (Texts{"base 2 restart 0: 2", "base 1 restart 0: 1 2"}));
  EXPECT_EQ(Admitted(After(first + first +
                           "log_append L 16\nlog_append L 16\n"
                           "log_flush L\n"))
                .count("base 3 restart 0: 3 4"),
            1u);
}

TEST(LogModelTest, RestartAreaIsWholeOrAbsent) {  // L-58, L-59
  EXPECT_EQ(Admitted(After("log_append L 16\nlog_restart L\n")),
            Texts{"base 1 restart 2: 1 2r"});
  EXPECT_EQ(Admitted(After("log_append L 16\nlog_restart L\n"
                           "log_restart L base=2 called\n")),
            (Texts{"base 1 restart 2: 1 2r", "base 2 restart 3: 2r 3r"}));
}

TEST(LogModelTest, BaseIsPromisedByARestartOnly) {  // L-60, L-61
  const std::string moved =
      "log_append L 16\nlog_append L 16\n"
      "log_advance_base L 2\n";
  EXPECT_EQ(Admitted(After(moved)),
            (Texts{kNothing, kOne, kTwo, "base 2 restart 0: 2"}));
  EXPECT_EQ(Admitted(After(moved + "log_flush L\n")),
            (Texts{kTwo, "base 2 restart 0: 2"}));
  EXPECT_EQ(Admitted(After(moved + "log_restart L\n")),
            Texts{"base 2 restart 3: 2 3r"});
}

TEST(LogModelTest, ArchiveTailKeepsRecordsReadable) {
  const LogModel model = After(
      "log_append L 16\nlog_append L 16 force_flush\n"
      "log_archive_tail L 1\nlog_advance_base L 2\n");
  EXPECT_EQ(Admitted(model),
            (Texts{kTwo, "base 2 restart 0: 1 2", "base 2 restart 0: 2"}));
}

TEST(LogModelTest, ResetIsOldOrNewAndNeverMixed) {  // L-64
  const std::string reset = "log_append L 16 force_flush\nlog_reset L\n";
  EXPECT_EQ(Admitted(After(reset)), (Texts{kOne, kNothing}));
  EXPECT_EQ(Admitted(After(reset + "log_append L 16\n")),
            (Texts{kOne, kNothing, "base 2 restart 0: 2"}));
  EXPECT_EQ(Admitted(After(reset + "log_flush L\n")), Texts{kNothing});
  EXPECT_EQ(Admitted(After(reset + "log_append L 16\nlog_flush L\n")),
            Texts{"base 2 restart 0: 2"});
}

// A flush that is called while a reset runs covers what had returned: the
// records before the reset, and not the reset.
TEST(LogModelTest, AFlushDoesNotCoverAResetThatHasNotReturned) {
  EXPECT_EQ(
      Admitted(After("log_append L 16\nlog_reset L called\nlog_flush L\n")),
      (Texts{kOne, kNothing}));
}

// Where records have no order, only the row says which ones a flush carries.
TEST(LogModelTest, AForcedAppendIsOfItsArea) {
  PromiseTable table = Table();
  table.order.log_prefix = false;
  const std::string other = "log_append L 16 area=M\n";
  const std::string forced = "log_append L 16 force_flush\n";
  const Texts second = {"base 2 restart 0: 2", kTwo};
  EXPECT_EQ(Admitted(After(other + forced, table)), second);
  EXPECT_EQ(Admitted(After("log_append L 16\n" + forced, table)), Texts{kTwo});
}

// A restart after a reset carries the reset and its own record. What it says of
// pointers is of the new log, in which none is set yet, whatever was set before
// and whether the reset has returned.
TEST(LogModelTest, PointersOfBeforeAResetAreNotOfTheNewLog) {
  const std::string appended = "log_append L 16\nlog_append L 16\n";
  for (const std::string pointer :
       {"log_advance_base L 2\n", "log_archive_tail L 2\n", "log_restart L\n",
        "log_restart L base=2\n",
        "log_archive_tail L 1\nlog_advance_base L 2\n"}) {
    const std::string record = pointer.starts_with("log_restart") ? "4" : "3";
    for (const std::string end : {"", " called", " failed"}) {
      SCOPED_TRACE(pointer + end);
      const LogModel model =
          After(appended + pointer + "log_reset L" + end + "\nlog_restart L\n");
      EXPECT_EQ(Admitted(model), (Texts{"base " + record + " restart " +
                                        record + ": " + record + "r"}));
    }
  }
}

// The op at fault is the newest one whose effect is not promised, of whatever
// kind the effect is. An op without an effect is none.
TEST(LogModelTest, TheOpAtFaultHasAnEffectThatIsNotPromised) {
  ObservedLog unreadable;
  unreadable.unreadable = "EIO";
  for (const std::string pending :
       {"log_append L 16", "log_reset L", "log_advance_base L 2",
        "log_archive_tail L 2"}) {
    const LogModel model =
        After("log_append L 16\nlog_append L 16\nlog_flush L\n" + pending +
              "\nlog_area L N\n");
    const auto violations = model.Check(unreadable, CrashKind::kPower);
    ASSERT_EQ(violations.size(), 1u);
    // Two ops of `init`, and three before it.
    EXPECT_EQ(violations[0].op, 6u) << pending;
  }
}

TEST(LogModelTest, LiveShowsEverything) {
  EXPECT_EQ(Text(After("log_append L 16\nlog_restart L base=1\n"
                       "log_advance_base L 2\n")
                     .Live()),
            "base 2 restart 2: 2r");
}

TEST(LogModelTest, PlansErrors) {
  const LogModel model = After(
      "log_append L 16\nlog_append L 16\n"
      "log_advance_base L 2\n");
  const auto planned = [&](OpKind kind, std::vector<uint64_t> numbers) {
    Op op;
    op.kind = kind;
    op.names = {"L"};
    op.numbers = std::move(numbers);
    return model.PlanError(op);
  };
  EXPECT_EQ(planned(OpKind::kLogAppend, {15}), "STATUS_INVALID_PARAMETER");
  EXPECT_EQ(planned(OpKind::kLogAppend, {16}), "");
  EXPECT_EQ(planned(OpKind::kLogFlushTo, {2}), "");
  EXPECT_EQ(planned(OpKind::kLogFlushTo, {3}), "STATUS_INVALID_PARAMETER");
  EXPECT_EQ(planned(OpKind::kLogAdvanceBase, {1}), "STATUS_INVALID_PARAMETER");
  EXPECT_EQ(planned(OpKind::kLogArchiveTail, {3}), "STATUS_INVALID_PARAMETER");
  Op op;
  op.kind = OpKind::kLogFlush;
  op.names = {"L"};
  EXPECT_EQ(LogModel(Table()).PlanError(op), "STATUS_INVALID_HANDLE");
}

TEST(LogModelTest, OpenPromisesTheLog) {
  LogModel model(Table());
  Op open;
  open.kind = OpKind::kLogOpen;
  open.names = {"L"};
  open.number = 1;
  EXPECT_TRUE(model.CheckMissing(CrashKind::kPower).empty());
  model.Begin(open, 1);
  EXPECT_TRUE(model.MayBeMissing());
  model.End(1, true, 2);
  ASSERT_EQ(model.CheckMissing(CrashKind::kPower).size(), 1u);
  EXPECT_EQ(model.CheckMissing(CrashKind::kPower)[0].kind,
            ViolationKind::kLost);
}

// --- violations -------------------------------------------------------------

constexpr const char* kSome =
    "log_append L 32\nlog_append L 32\nlog_restart L base=1\n"
    "log_append L 32\n";

ViolationKind KindOf(const LogModel& model, const ObservedLog& seen,
                     CrashKind kind = CrashKind::kPower) {
  const auto violations = model.Check(seen, kind);
  EXPECT_EQ(violations.size(), 1u) << Text(seen);
  if (violations.empty()) return ViolationKind::kCheck;
  EXPECT_NE(violations[0].found, "");
  EXPECT_NE(violations[0].admissible, "");
  return violations[0].kind;
}

TEST(LogModelTest, ViolationsHaveKinds) {
  const LogModel model = After(kSome);
  const ObservedLog live = model.Live();
  EXPECT_TRUE(model.Check(live, CrashKind::kPower).empty());

  ObservedLog seen = live;
  seen.unreadable = "STATUS_LOG_METADATA_CORRUPT";
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kUnreadable);
  seen = live;
  seen.records[3].content = std::string(32, 'x');
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kGhost);
  seen = live;
  seen.records[3].content.replace(16, 16, std::string(16, '\0'));
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kTorn);
  seen = live;
  seen.records.erase(seen.records.begin() + 1);
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kGap);
  seen = live;
  seen.records.resize(2);
  seen.restart_lsn = 0;
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kLost);
  seen = live;
  seen.base_lsn = 2;
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kBase);
  seen = live;
  seen.base_lsn = 77;
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kBase);
  seen = live;
  seen.restart_lsn = 0;
  EXPECT_EQ(KindOf(model, seen), ViolationKind::kRestart);
}

TEST(LogModelTest, RecordsOfBeforeAResetAreRegress) {
  const LogModel before = After("log_append L 16\n");
  const LogModel after =
      After("log_append L 16\nlog_reset L\nlog_append L 16 force_flush\n");
  EXPECT_EQ(KindOf(after, before.Live()), ViolationKind::kRegress);
  ObservedLog mixed = before.Live();
  mixed.records.push_back(after.Live().records[0]);
  EXPECT_EQ(KindOf(after, mixed), ViolationKind::kRegress);
}

TEST(LogModelTest, LostNamesThePromise) {
  const LogModel model = After(kSome);
  const auto violations = model.Check({}, CrashKind::kPower);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].promise.effect_op, 3u);  // the first append
  EXPECT_EQ(violations[0].promise.flush_op, 5u);   // the restart
  EXPECT_EQ(violations[0].op, 6u);  // the append that is not promised
}

// --- every cell and flag counts ---------------------------------------------

const std::vector<std::string> kScenes = {
    "log_append L 16\n",
    "log_append L 16\nlog_append L 16 force_append\n",
    "log_append L 16\nlog_append L 16 force_flush\n",
    "log_append L 16\nlog_append L 16\nlog_flush L\n",
    "log_append L 16\nlog_append L 16\nlog_flush_to L 1\n",
    "log_append L 16\nlog_append L 16\nlog_flush_to L 0\n",
    "log_append L 16\nlog_restart L\n",
    "log_append L 16\nlog_restart L base=1 called\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\nlog_restart L\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\nlog_flush L\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\n"
    "log_flush_to L 0\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\n"
    "log_flush_to L 2\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\n"
    "log_append L 16 force_append\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\n"
    "log_append L 16 force_flush\n",
    "log_append L 16\nlog_append L 16\nlog_advance_base L 2\n"
    "log_append L 16\n",
    "log_append L 16\nlog_append L 16 force_flush\nlog_archive_tail L 1\n"
    "log_restart L base=2\n",
    "log_append L 16\nlog_append L 16 force_flush\nlog_archive_tail L 1\n"
    "log_advance_base L 2\n",
    "log_append L 16 force_flush\nlog_reset L\n",
    "log_append L 16 force_flush\nlog_reset L\nlog_append L 16\n",
};

using Sets = std::vector<Texts>;

Sets AllSets(const PromiseTable& table) {
  Sets sets;
  for (const std::string& scene : kScenes) {
    for (const CrashKind kind : kCrashKinds) {
      sets.push_back(Admitted(After(scene, table), kind));
    }
  }
  return sets;
}

TEST(LogModelTest, EveryFlagMakesADifference) {
  const Sets usual = AllSets(Table());
  for (bool OrderRules::* flag :
       {&OrderRules::log_prefix, &OrderRules::restart_atomic,
        &OrderRules::base_within_log, &OrderRules::reset_before_records}) {
    PromiseTable table = Table();
    table.order.*flag = false;
    EXPECT_NE(AllSets(table), usual);
  }
}

TEST(LogModelTest, EveryReachMakesADifference) {
  const Sets usual = AllSets(Table());
  for (size_t row = static_cast<size_t>(Primitive::kLogAppend);
       row <= static_cast<size_t>(Primitive::kLogReset); ++row) {
    for (Reach Coverage::* cell : {&Coverage::records, &Coverage::pointers}) {
      for (const Reach reach : {Reach::kNone, Reach::kHost, Reach::kDevice}) {
        PromiseTable table = Table();
        if (table.coverage[row].*cell == reach) continue;
        // These ops have no records of their own.
        const bool no_records =
            row >= static_cast<size_t>(Primitive::kLogAdvanceBase) &&
            cell == &Coverage::records;
        table.coverage[row].*cell = reach;
        EXPECT_EQ(AllSets(table) == usual, no_records)
            << PrimitiveRows()[row].name << " "
            << (cell == &Coverage::records ? "records" : "pointers") << " "
            << static_cast<int>(reach);
      }
    }
  }
}

TEST(LogModelTest, DeviceFlushMakesADifferenceWhereSomethingIsCovered) {
  const Sets usual = AllSets(Table());
  for (size_t row = static_cast<size_t>(Primitive::kLogAppend);
       row <= static_cast<size_t>(Primitive::kLogReset); ++row) {
    PromiseTable table = Table();
    Coverage& coverage = table.coverage[row];
    // A flush of the device's cache carries only records that reach the device.
    const bool covers = coverage.records == Reach::kDevice;
    coverage.device = coverage.device == DeviceFlush::kNone
                          ? DeviceFlush::kOwn
                          : DeviceFlush::kNone;
    EXPECT_EQ(AllSets(table) != usual, covers) << PrimitiveRows()[row].name;
  }
}

TEST(LogModelTest, DeviceFlushOfAllCarriesWhatWasAtTheDevice) {
  PromiseTable table = Table();
  Coverage& queued =
      table.coverage[static_cast<size_t>(Primitive::kLogForceAppend)];
  queued.records = Reach::kDevice;
  Coverage& tail =
      table.coverage[static_cast<size_t>(Primitive::kLogArchiveTail)];
  const std::string scene =
      "log_append L 16 force_append\n"
      "log_archive_tail L 1\n";
  EXPECT_EQ(Admitted(After(scene, table)), (Texts{kNothing, kOne}));
  tail.device = DeviceFlush::kOwn;
  EXPECT_EQ(Admitted(After(scene, table)), (Texts{kNothing, kOne}));
  tail.device = DeviceFlush::kAll;
  EXPECT_EQ(Admitted(After(scene, table)), Texts{kOne});
}

// A flush that failed leaves its records in doubt, also at the end of `init`.
TEST(LogModel, TheEndOfInitPromisesNothingInDoubt) {
  LogModel model =
      After("log_append L 100\nlog_flush L failed\nlog_append L 100");
  EXPECT_GT(model.Admissible(CrashKind::kPower).size(), 1u);
  model.EndInit();
  // Record 2 was appended after the flush, so that it is promised; by O-LSN it
  // is there only with record 1, which is in doubt by itself.
  for (const ObservedLog& log : model.Admissible(CrashKind::kPower)) {
    EXPECT_EQ(log.records.size(), 2u) << Text(log);
  }
  LogModel doubtful = After("log_append L 100\nlog_flush L failed");
  doubtful.EndInit();
  Texts seen;
  for (const ObservedLog& log : doubtful.Admissible(CrashKind::kPower)) {
    seen.insert(Text(log));
  }
  EXPECT_EQ(seen, (Texts{"base 0 restart 0:", "base 1 restart 0: 1"}));
}

// A log of many records is judged on the stack of a small thread.
TEST(LogModel, TheStackDoesNotGrowWithTheRecords) {
  std::string lines = "log_append L 16 called";
  for (int i = 1; i < 5000; ++i) lines += "\nlog_append L 16 called";
  const LogModel model = After(lines);
  pthread_attr_t small;
  ASSERT_EQ(pthread_attr_init(&small), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&small, 128 << 10), 0);
  const auto judge = [](void* of) -> void* {
    const auto& log = *static_cast<const LogModel*>(of);
    return log.Check({}, CrashKind::kPower).empty() ? of : nullptr;
  };
  pthread_t thread{};
  ASSERT_EQ(
      pthread_create(&thread, &small, judge, const_cast<LogModel*>(&model)), 0);
  void* judged = nullptr;
  ASSERT_EQ(pthread_join(thread, &judged), 0);
  EXPECT_EQ(judged, &model);
  pthread_attr_destroy(&small);
}

}  // namespace
}  // namespace powercut
