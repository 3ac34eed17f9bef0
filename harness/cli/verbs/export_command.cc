// `powercut export`: a trace becomes a log that other tools read.

#include <cstdio>
#include <utility>

#include "harness/block_log/export.h"
#include "harness/cli/input/sources.h"
#include "harness/cli/verbs/commands.h"
#include "harness/system/atomic_file.h"

namespace powercut {
namespace {

// The trace in the file as it is, or the recording of a `.pcut` file, made now.
Result<LoadedTrace> TraceOf(const ExportFlags& flags) {
  POWERCUT_ASSIGN(InputFile input, ReadInput(flags.file));
  if (input.trace) return std::move(*input.trace);
  POWERCUT_ASSIGN(Source source, OpenSource(std::move(input), flags.common));
  POWERCUT_ASSIGN(Recording recording, RecordingOf(source));
  return LoadedTrace{
      .trace = std::move(recording.trace),
      .about = {.backend = source.backend->traits().name, .pcut = source.text},
      .lint = {}};
}

Result<ExitStatus> Export(const ExportFlags& flags) {
  POWERCUT_ASSIGN(const LoadedTrace loaded, TraceOf(flags));
  const ExportedLog exported = ExportBlockLog(loaded.trace, loaded.about);
  POWERCUT_TRY(WriteWholeFile(flags.output, WriteBlockLog(exported.log)));
  for (const std::string& line : exported.losses) {
    std::fprintf(stderr, "powercut: %s: note: %s\n", flags.output.c_str(),
                 line.c_str());
  }
  std::printf("%s: %zu entries in sectors of %u\n", flags.output.c_str(),
              exported.log.entries.size(), exported.log.sector_bytes);
  return kExitHolds;
}

}  // namespace

ExitStatus RunExport(const ExportFlags& flags) {
  auto status = Export(flags);
  return status ? *status : Fail(status.error());
}

}  // namespace powercut
