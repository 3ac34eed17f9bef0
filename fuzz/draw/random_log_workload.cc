// Draws workloads of logs in two steps. The first step writes ops as text, one
// choice after the other. It keeps count of the records and of the base, so
// that most ops name a record that is there:
//
//     log_append L 120           records 1, base 1
//     log_append L 300           records 2
//     log_restart L base=2       base 2, drawn from 1 to 2; a restart is a
//                                record, too, so that there are 3
//     log_advance_base L 3       base 3, drawn from 2 to 3
//     log_reset L                base 4, which is the next record
//
// The second step parses the text and plays the ops through the model, which
// says of each op whether it must fail and with which error. The first step may
// therefore be careless: an op that names a wrong record becomes one that is
// expected to fail.

#include "fuzz/draw/random_log_workload.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "fuzz/draw/workload_text.h"
#include "harness/base/check.h"
#include "model/logs/log_model.h"
#include "model/pcut/pcut.h"
#include "model/table/profile.h"

namespace powercut {
namespace {

// Writes ops that mostly succeed, one on each line.
class LogOps {
 public:
  explicit LogOps(Chooser& chooser) : chooser_(chooser) {}

  // The ops of `init`: the log is opened and may get records and a restart.
  std::string Init() {
    std::string text = "  log_open L\n";
    has_area_ = chooser_.OneIn(2);
    if (has_area_) text += "  log_area L M\n";
    const uint64_t appends = chooser_.Below(3);
    for (uint64_t i = 0; i < appends; ++i) text += Append();
    if (records_ > 1 && chooser_.OneIn(3)) {
      text += "  log_restart L base=1\n";
      ++records_;
    }
    return text;
  }

  // The ops of `run`. An op that is still under way is waited for at the end.
  std::string Run(size_t ops_max) {
    const size_t count = 3 + chooser_.Below(ops_max - 2);
    std::string text;
    for (size_t i = 0; i < count && !chooser_.done(); ++i) text += OneOp();
    text += std::exchange(waiting_, "");
    return text;
  }

 private:
  std::string Area() { return has_area_ && chooser_.OneIn(2) ? " area=M" : ""; }

  std::string Append() {
    ++records_;
    // Some records take more than one sector.
    const uint64_t size = 16 + chooser_.Below(chooser_.OneIn(4) ? 700 : 300);
    std::string flag;
    if (chooser_.OneIn(6)) flag = " force_append";
    if (flag.empty() && chooser_.OneIn(7)) flag = " force_flush";
    return fmt::format("  log_append L {}{}{}\n", size, flag, Area());
  }

  std::string Restart() {
    const bool base = records_ > base_ && chooser_.OneIn(2);
    if (base) base_ = NumberFromBase();
    ++records_;
    return base ? fmt::format("  log_restart L base={}\n", base_)
                : "  log_restart L\n";
  }

  std::string StartOrWait() {
    // Only one op is under way at a time, so the second call ends the first op.
    if (!waiting_.empty()) return std::exchange(waiting_, "");
    waiting_ = "  wait 1\n";
    if (chooser_.OneIn(2)) {
      return fmt::format("  start 1 log_flush L{}\n", Area());
    }
    // Append() indents its line by two blanks; one of them stays.
    return "  start 1" + Append().substr(1);
  }

  // One op, most often an append: all other ops need records to work on.
  std::string OneOp() {
    switch (chooser_.Below(16)) {
      case 0:
        return fmt::format("  log_flush L{}\n", Area());
      case 1:
        return fmt::format("  log_flush_to L {}\n",
                           chooser_.Below(records_ + 1));
      case 2:
        return Restart();
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
        // A flush that is under way during a second reset carries both resets,
        // which is more than it must.
        if (resets_ > 0 && !waiting_.empty()) return Append();
        ++resets_;
        base_ = records_ + 1;
        return "  log_reset L\n";
      case 8:
        return chooser_.OneIn(3) ? "  syncfs\n" : Append();
      case 9:
      case 10:
        return StartOrWait();
      default:
        return Append();
    }
  }

  // The number of a record from the base on. Requires: there is one.
  uint64_t NumberFromBase() {
    return base_ + chooser_.Below(records_ - base_ + 1);
  }

  Chooser& chooser_;
  bool has_area_ = false;
  // The number of the newest record, counted as if no op failed.
  uint64_t records_ = 0;
  uint64_t base_ = 1;
  uint64_t resets_ = 0;
  // The line that waits for the op under way. Empty if there is none.
  std::string waiting_;
};

// Writes into each op the error with which it must fail, if it must.
class ResultsOfPlan {
 public:
  void Expect(std::vector<Op>& ops) {
    for (Op& op : ops) Expect(op);
  }

 private:
  void Expect(Op& op) {
    if (op.kind == OpKind::kWait) {
      model_.End(started_.at(op.numbers.at(0)), true, ++now_);
      return;
    }
    const std::string error = model_.PlanError(op);
    if (!error.empty()) op.expected = {ExpectedResult::kNamed, error};
    model_.Begin(op, ++now_);
    if (op.start) {
      started_[*op.start] = op.number;
    } else {
      model_.End(op.number, error.empty(), ++now_);
    }
  }

  LogModel model_{PromisesOf(*FindProfile("spec-strict"))};
  uint64_t now_ = 0;
  // The number of the op that each `start` began.
  std::map<uint64_t, uint32_t> started_;
};

}  // namespace

Workload RandomLogWorkload(Chooser& chooser, const RandomLogKnobs& knobs) {
  LogOps ops(chooser);
  std::string text = "powercut 1\nbackend clfs\ninit\n";
  text += ops.Init();
  text += "run\n";
  text += ops.Run(knobs.run_ops_max);
  if (knobs.remount) text += "  remount\n" + ops.Run(knobs.run_ops_max);
  Result<Workload> workload = ParseWorkload(text, "random log workload");
  POWERCUT_CHECK(workload);
  ResultsOfPlan results;
  results.Expect(workload->init);
  results.Expect(workload->run);
  // Printing and parsing again gives the ops the lines of the canonical text.
  return PlacedWorkload(*workload);
}

}  // namespace powercut
