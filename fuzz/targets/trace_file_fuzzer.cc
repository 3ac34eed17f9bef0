// Takes any bytes for a trace file. Reading must not crash. A log that is
// accepted must be written and read back as the same entries, and a trace that
// is accepted must be stored and loaded as the same trace.

#include <cstddef>
#include <cstdint>

#include "harness/base/check.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {
namespace {

void CheckSameEvent(const Trace& left, const Trace& right, EventNumber number) {
  const DiskEvent& event = left.event(number);
  // Traces give scopes their numbers in the order of adding, so that equal
  // traces have equal ones here.
  POWERCUT_CHECK(event == right.event(number));
  if (event.kind == DiskEvent::kWrite) {
    const ByteSpan data = left.data(event);
    const ByteSpan other = right.data(right.event(number));
    POWERCUT_CHECK(AsText(data) == AsText(other));
  }
  if (event.scope) {
    POWERCUT_CHECK(left.scope(event) == right.scope(right.event(number)));
  }
}

void CheckSame(const LoadedTrace& left, const LoadedTrace& right) {
  POWERCUT_CHECK(left.about == right.about);
  POWERCUT_CHECK(left.trace.geometry() == right.trace.geometry());
  POWERCUT_CHECK(left.trace.base().SameBytes(right.trace.base()));
  POWERCUT_CHECK(left.trace.marks() == right.trace.marks());
  POWERCUT_CHECK(left.trace.event_count() == right.trace.event_count());
  for (EventNumber i = 1; i <= left.trace.event_count(); ++i) {
    CheckSameEvent(left.trace, right.trace, i);
  }
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace powercut;
  const Result<BlockLog> log =
      ReadBlockLog(std::as_bytes(std::span(data, size)));
  if (!log) return 0;
  const Result<BlockLog> log_again = ReadBlockLog(WriteBlockLog(*log));
  POWERCUT_CHECK(log_again.has_value());
  POWERCUT_CHECK(log->entries == log_again->entries && log_again->lint.empty());

  const Result<LoadedTrace> loaded = DecodeTrace(*log);
  if (!loaded) return 0;
  const Result<LoadedTrace> loaded_again =
      DecodeTrace(EncodeTrace(loaded->trace, loaded->about));
  POWERCUT_CHECK(loaded_again.has_value());
  CheckSame(*loaded, *loaded_again);
  return 0;
}
