// History: which op began or returned when, as marks of a trace.
//
//   powercut:begin N          op N was called
//   powercut:end N ok         it returned with success
//   powercut:end N NAME       it returned this error
//   powercut:run              `init` and the sync behind it are done
//   powercut:fault N TEXT     fault N of the workload fell on a request
//
// Other marks are the user's own (harness/trace/acks.h) and mean nothing here.

#ifndef POWERCUT_HARNESS_TRACE_OP_HISTORY_H_
#define POWERCUT_HARNESS_TRACE_OP_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/trace/trace.h"
#include "model/files/model.h"

namespace powercut {

std::string BeginMark(uint32_t op);
std::string EndMark(uint32_t op, const std::string& error);
std::string FaultMark(uint32_t fault, const std::string& text);
inline constexpr const char* kRunMark = "powercut:run";

struct HistoryEvent {
  enum Kind : uint8_t { kBegin, kEnd, kRun, kFault, kUser };

  Kind kind = kUser;
  EventNumber after = 0;  // disk events before it
  uint32_t op = 0;        // kBegin, kEnd
  std::string error;      // kEnd; empty: success
  // kFault: its number among the workload's faults, from 1, the fault, and
  // what it did.
  uint32_t fault = 0;
  std::string fault_text = {};

  bool operator==(const HistoryEvent&) const = default;
};

// Of a trace whose workload is not there.
inline constexpr uint32_t kAnyFaults = ~uint32_t{0};

// The marks of a trace, one event each, in order.
// Errors: kBadInput: a mark of ours that makes no sense, with its number; a
// begin or end out of order; an op above `op_count`, a fault above
// `fault_count`.
Result<std::vector<HistoryEvent>> HistoryOf(const Trace& trace,
                                            uint32_t op_count,
                                            uint32_t fault_count = 0);

// The op that was running when a disk event happened: of several the last that
// began. 0: none of the ops.
uint32_t OpRunningAt(const std::vector<HistoryEvent>& history,
                     EventNumber event);

// A model that follows a history: after MoveTo(n) it knows the first n events.
// Forward costs what is new, backward starts again.
class ModelCursor {
 public:
  // All must outlive this object.
  ModelCursor(const Workload& workload, const Profile& profile,
              const std::vector<HistoryEvent>& history);

  void MoveTo(size_t history_count);
  // Goes on from `model`, which a cursor had after so many events.
  void GoOnFrom(size_t history_count, const Model& model);
  const Model& model() const { return model_; }
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
