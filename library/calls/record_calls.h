// Runs calls on storage and records what they did to its disk.

#ifndef POWERCUT_LIBRARY_CALLS_RECORD_CALLS_H_
#define POWERCUT_LIBRARY_CALLS_RECORD_CALLS_H_

#include <vector>

#include "harness/backend.h"
#include "harness/record/recording.h"
#include "library/calls/call.h"

namespace powercut {

struct RecordedCalls {
  Recording recording;
  // By call: the number of disk events when it had returned.
  std::vector<EventNumber> events_after;
  // What the storage showed when all calls had returned.
  Observation live;
};

// The ack that comes with the first attempt, so that a failure before the first
// ack of the user's has the cause of one after it.
inline constexpr std::string_view kAttemptsBegin = "attempts begin";

// Calls, and by call the number of disk events when it had returned. A view:
// what it refers to must outlive it.
struct IssuedCalls {
  const Calls& calls;
  const std::vector<EventNumber>& events_after;
};

// The call that issued the event; the number of calls if none did. O(log n).
size_t CallOf(const IssuedCalls& run, EventNumber event);

// The faults of the disk while these calls run: an error of each flush, if a
// call fails.
std::vector<Op> FaultsOf(const Calls& calls);

// Formats a disk and runs the calls on it. Crashes begin at the first call of
// kind kStart, and before all calls if there is none; what was done before that
// is made durable. Attempts and acks are acks of the trace
// (harness/trace/acks.h), with the texts `attempt N` and `ack N`.
//
// Errors: kFull if the disk is too small for the calls; kInternal if a call
// that succeeded when it was made fails here, or if a self-check fails; those
// of Backend::Format().
Result<RecordedCalls> RecordCalls(Backend& backend, const Calls& calls,
                                  const DiskGeometry& geometry,
                                  const std::string& profile);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_CALLS_RECORD_CALLS_H_
