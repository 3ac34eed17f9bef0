// Takes any bytes for the calls of a recorded program. Reading them must not
// crash. Calls that are accepted must be written as the same bytes, and making
// them on simfs must end in a recording or in an error.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/simfs/simfs_backend.h"
#include "harness/base/check.h"
#include "library/calls/record_calls.h"
#include "programs/program_calls.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace powercut;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto calls = programs::DecodeCalls(bytes);
  if (!calls) return 0;
  POWERCUT_CHECK(programs::EncodeCalls(*calls) == bytes);
  constexpr DiskGeometry kGeometry{512, 1 << 11};
  const auto backend = MakeSimfsBackend();
  const auto recorded = RecordCalls(*backend, *calls, kGeometry, "linux-man");
  POWERCUT_CHECK(!recorded || recorded->events_after.size() == calls->size());
  return 0;
}
