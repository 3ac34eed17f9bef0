// Takes any bytes for a log of another tool. Reading, salvage and import must
// not crash. What is imported must be stored and loaded as the same trace, and
// its export must read back with no lint, import again, and leave the same
// disk. Salvage and reading must agree on the entries that both take.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "harness/base/check.h"
#include "harness/base/limits.h"
#include "harness/block_log/export.h"
#include "harness/block_log/import.h"
#include "harness/block_log/salvage.h"

namespace powercut {
namespace {

// The digest covers the base and all disk events.
void CheckStored(const LoadedTrace& imported) {
  POWERCUT_CHECK(StorageProblem(imported.trace).empty());
  const Result<LoadedTrace> loaded =
      DecodeTrace(EncodeTrace(imported.trace, imported.about));
  POWERCUT_CHECK(loaded.has_value());
  POWERCUT_CHECK(loaded->about == imported.about);
  POWERCUT_CHECK(loaded->trace.geometry() == imported.trace.geometry());
  POWERCUT_CHECK(loaded->trace.marks() == imported.trace.marks());
  POWERCUT_CHECK(loaded->trace.Digest() == imported.trace.Digest());
}

void CheckExported(const LoadedTrace& imported) {
  const ExportedLog exported = ExportBlockLog(imported.trace, imported.about);
  const Result<BlockLog> log = ReadBlockLog(WriteBlockLog(exported.log));
  POWERCUT_CHECK(log.has_value() && log->lint.empty());
  POWERCUT_CHECK(log->entries == exported.log.entries);
  // An export does not say how big the disk is.
  ImportOptions options;
  options.disk_bytes = imported.trace.geometry().size_bytes();
  const Result<LoadedTrace> again = ImportBlockLog(*log, options);
  POWERCUT_CHECK(again.has_value());
  POWERCUT_CHECK(ApplyAll(again->trace).SameBytes(ApplyAll(imported.trace)));
}

// Imports the log under each origin, and with the options of QEMU, too. A log
// may be refused, such as one that begins as a trace of powercut's own.
void CheckImports(const BlockLog& log) {
  ImportOptions kernel;
  ImportOptions qemu;
  qemu.origin = BlockLogOrigin::kQemu;
  ImportOptions weak_qemu = qemu;
  weak_qemu.race_window = 2;
  weak_qemu.assume_fua = true;
  for (const ImportOptions& options : {kernel, qemu, weak_qemu}) {
    const Result<LoadedTrace> imported = ImportBlockLog(log, options);
    if (!imported) continue;
    CheckStored(*imported);
    CheckExported(*imported);
  }
}

// Both logs were read from the first entry on; only their ends may differ.
void CheckPrefix(const BlockLog& left, const BlockLog& right) {
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
  const Result<BlockLog> log = ReadBlockLog(bytes);
  const Result<BlockLog> salvaged = SalvageBlockLog(bytes, kDiskBytesMax);
  if (log) CheckImports(*log);
  if (!salvaged) return 0;
  // Logs with equal entries would only repeat the same checks below.
  if (log) CheckPrefix(*log, *salvaged);
  if (!log || salvaged->entries.size() != log->entries.size()) {
    CheckImports(*salvaged);
  }
  return 0;
}
