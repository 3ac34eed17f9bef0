// The history of a recording: when ops began and returned and when faults fell,
// as marks of a trace.
//
//   powercut:begin N          op N was called
//   powercut:end N ok         op N returned with success
//   powercut:end N NAME       op N returned the error NAME
//   powercut:run              `init` and the sync after it are done
//   powercut:fault N TEXT     fault N of the workload fell on a request
//
// Acks (harness/trace/acks.h) are events of a history, too, but mean nothing to
// the model. docs/trace_file.md 4 lists all marks.

#ifndef POWERCUT_HARNESS_TRACE_OP_HISTORY_H_
#define POWERCUT_HARNESS_TRACE_OP_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/trace/trace.h"
#include "model/files/model.h"

namespace powercut {

// The texts of the marks. An empty `error` stands for success.
std::string BeginMark(uint32_t op);
std::string EndMark(uint32_t op, const std::string& error);
std::string FaultMark(uint32_t fault, const std::string& text);
inline constexpr const char* kRunMark = "powercut:run";

// The meaning of one mark.
struct HistoryEvent {
  // kUser stands for acks.
  enum Kind : uint8_t { kBegin, kEnd, kRun, kFault, kUser };

  Kind kind = kUser;
  // The number of disk events before the mark.
  EventNumber after = 0;
  // The number of the op, from 1. For kBegin and kEnd.
  uint32_t op = 0;
  // The error that the op returned; empty if it succeeded. For kEnd.
  std::string error;
  // The fault's number among the workload's faults, from 1, and its text
  // followed by what it did to the request. For kFault.
  uint32_t fault = 0;
  std::string fault_text = {};

  bool operator==(const HistoryEvent&) const = default;
};

// The `fault_count` of a trace whose workload is not known.
inline constexpr uint32_t kAnyFaults = ~uint32_t{0};

// The marks of a trace in order, as one event each.
// Errors: kBadInput, with the number of the mark, if a mark begins with
// `powercut:` and is none of the above and no ack; if an op begins out of order
// or twice, or returns before it began or twice; if there are two `run` marks;
// if an op is above `op_count`, or a fault above `fault_count`.
Result<std::vector<HistoryEvent>> HistoryOf(const Trace& trace,
                                            uint32_t op_count,
                                            uint32_t fault_count = 0);

// The op during which a disk event happened: of the ops that were running then,
// the one that began last; 0 if none was running. Where ops overlap, the event
// may be the work of another one of them. O(history).
uint32_t OpRunningAt(const std::vector<HistoryEvent>& history,
                     EventNumber event);

// A model that follows a history: after MoveTo(n) it has seen the first n
// events. Moving forward costs the new events, moving backward starts again
// from the beginning.
class ModelCursor {
 public:
  // The arguments must outlive this object.
  ModelCursor(const Workload& workload, const Profile& profile,
              const std::vector<HistoryEvent>& history);

  // Requires: history_count is at most the length of the history.
  void MoveTo(size_t history_count);
  // Takes over a copy of `model`, which another cursor of the same workload,
  // profile and history had after MoveTo(history_count).
  void GoOnFrom(size_t history_count, const Model& model);
  const Model& model() const { return model_; }
  // How many events the model has seen.
  size_t at() const { return at_; }

 private:
  const Workload& workload_;
  const Profile& profile_;
  const std::vector<HistoryEvent>& history_;
  size_t at_ = 0;
  Model model_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_OP_HISTORY_H_
