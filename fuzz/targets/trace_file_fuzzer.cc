// Any bytes as a trace file: reading never crashes; what is accepted is
// written and read back as the same log and, where it is one, the same trace.

#include <cstddef>
#include <cstdint>

#include "harness/base/check.h"
#include "harness/block_log/trace_log.h"

namespace powercut {
namespace {

void CheckSameEvent(const Trace& left, const Trace& right, EventNumber number) {
  const DiskEvent& event = left.event(number);
  CHECK(event == right.event(number));
  if (event.kind == DiskEvent::kWrite) {
    const ByteSpan data = left.data(event);
    const ByteSpan other = right.data(right.event(number));
    CHECK(AsText(data) == AsText(other));
  }
  if (event.scope) {
    CHECK(left.scope(event) == right.scope(right.event(number)));
  }
}

void CheckSame(const LoadedTrace& left, const LoadedTrace& right) {
  CHECK(left.about == right.about);
  CHECK(left.trace.geometry() == right.trace.geometry());
  CHECK(left.trace.base().SameBytes(right.trace.base()));
  CHECK(left.trace.marks() == right.trace.marks());
  CHECK(left.trace.event_count() == right.trace.event_count());
  for (EventNumber i = 1; i <= left.trace.event_count(); ++i) {
    CheckSameEvent(left.trace, right.trace, i);
  }
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace powercut;
  const Result<Log> log = ReadLog(std::as_bytes(std::span(data, size)));
  if (!log) return 0;
  const Result<Log> log_again = ReadLog(WriteLog(*log));
  CHECK(log_again.has_value());
  CHECK(log->entries == log_again->entries && log_again->lint.empty());

  const Result<LoadedTrace> loaded = TraceOfLog(*log);
  if (!loaded) return 0;
  const Result<LoadedTrace> loaded_again =
      TraceOfLog(LogOfTrace(loaded->trace, loaded->about));
  CHECK(loaded_again.has_value());
  CheckSame(*loaded, *loaded_again);
  return 0;
}
