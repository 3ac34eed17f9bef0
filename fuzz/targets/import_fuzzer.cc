// Any bytes as a log of another tool: reading, salvage and import never crash;
// what is imported is stored and loaded as the same trace, and its export is a
// log without oddities that leaves the same disk.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "harness/base/check.h"
#include "harness/base/limits.h"
#include "harness/block_log/export_log.h"
#include "harness/block_log/import_log.h"
#include "harness/block_log/salvage_log.h"

namespace powercut {
namespace {

void CheckStored(const LoadedTrace& imported) {
  POWERCUT_CHECK(StorageFault(imported.trace).empty());
  const Result<LoadedTrace> loaded =
      TraceOfLog(LogOfTrace(imported.trace, imported.about));
  POWERCUT_CHECK(loaded.has_value());
  POWERCUT_CHECK(loaded->about == imported.about);
  POWERCUT_CHECK(loaded->trace.geometry() == imported.trace.geometry());
  POWERCUT_CHECK(loaded->trace.marks() == imported.trace.marks());
  POWERCUT_CHECK(loaded->trace.Digest() == imported.trace.Digest());
}

void CheckExported(const LoadedTrace& imported) {
  const ExportedLog exported = ExportLog(imported.trace, imported.about);
  const Result<Log> log = ReadLog(WriteLog(exported.log));
  POWERCUT_CHECK(log.has_value() && log->lint.empty());
  POWERCUT_CHECK(log->entries == exported.log.entries);
  ImportOptions options;
  options.disk_bytes = imported.trace.geometry().size_bytes();
  const Result<LoadedTrace> again = ImportLog(*log, options);
  POWERCUT_CHECK(again.has_value());
  POWERCUT_CHECK(ApplyAll(again->trace).SameBytes(ApplyAll(imported.trace)));
}

void CheckImports(const Log& log) {
  ImportOptions kernel;
  ImportOptions qemu;
  qemu.origin = LogOrigin::kQemu;
  ImportOptions weak_qemu = qemu;
  weak_qemu.race_window = 2;
  weak_qemu.assume_fua = true;
  for (const ImportOptions& options : {kernel, qemu, weak_qemu}) {
    const Result<LoadedTrace> imported = ImportLog(log, options);
    if (!imported) continue;
    CheckStored(*imported);
    CheckExported(*imported);
  }
}

// Both read from the first entry on; only where they stop may differ.
void CheckPrefix(const Log& left, const Log& right) {
  const size_t count = std::min(left.entries.size(), right.entries.size());
  POWERCUT_CHECK(left.sector_bytes == right.sector_bytes);
  POWERCUT_CHECK(std::equal(left.entries.begin(), left.entries.begin() + count,
                            right.entries.begin()));
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace powercut;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const Result<Log> log = ReadLog(bytes);
  const Result<Log> salvaged = SalvageLog(bytes, kDiskBytesMax);
  if (log) CheckImports(*log);
  if (!salvaged) return 0;
  if (log) CheckPrefix(*log, *salvaged);
  if (!log || salvaged->entries.size() != log->entries.size()) {
    CheckImports(*salvaged);
  }
  return 0;
}
