// `powercut export`: writes a trace as a log that other tools read. What the
// log cannot say is printed as notes: the log is still useful.

#include <cstdio>
#include <memory>
#include <utility>

#include "harness/block_log/export.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

struct ExportFlags {
  std::string file;
  std::string output;
  InputFlags input;  // only --backend is offered
};

// The trace in the file as it is, or the recording of a `.pcut` file, made now.
// A trace is not opened as an input, so that the trace of storage that is
// missing here can be exported.
Result<LoadedTrace> TraceOf(const ExportFlags& flags) {
  POWERCUT_ASSIGN(InputFile file, ReadInput(flags.file));
  if (file.trace) return std::move(*file.trace);
  POWERCUT_ASSIGN(const OpenedInput input,
                  OpenInput(std::move(file), flags.input, OracleFlags{}));
  POWERCUT_ASSIGN(Recording recording, RecordingOf(input));
  return LoadedTrace{
      .trace = std::move(recording.trace),
      .about = {.backend = input.backend->traits().name, .pcut = input.text},
      .lint = {}};
}

Result<ExitStatus> Export(const ExportFlags& flags) {
  POWERCUT_ASSIGN(const LoadedTrace loaded, TraceOf(flags));
  const ExportedLog exported = ExportBlockLog(loaded.trace, loaded.about);
  POWERCUT_TRY(WriteFile(flags.output, AsText(WriteBlockLog(exported.log))));
  for (const std::string& line : exported.losses) {
    std::fprintf(stderr, "powercut: %s: note: %s\n", flags.output.c_str(),
                 line.c_str());
  }
  std::printf("%s: %zu entries in sectors of %u\n", flags.output.c_str(),
              exported.log.entries.size(), exported.log.sector_bytes);
  return kExitHolds;
}

class ExportVerb : public Verb {
 public:
  ExportVerb()
      : Verb("export",
             "write a trace as a log for other tools\n\nThe log is a plain "
             "dm-log-writes log, version 1, as xfstests' replay-log and QEMU's "
             "blklogwrites read it. What it does not say, or says otherwise "
             "than the trace, goes to standard error. A .pcut file is recorded "
             "first.\n\nExit status: 0 written, 125 cannot record here, 129 "
             "usage",
             "powercut export corpora/workloads/three_writes.pcut -o - > "
             "t.log") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "FILE", flags_.file,
             "a .pcut file or saved trace")
        .Required()
        .ReadsFile();
    flags.Add(FlagGroup::kOutput, "-o,--output", flags_.output, "the new log")
        .Required()
        .WritesFile();
    flags
        .Add(FlagGroup::kStorage, "--backend", flags_.input.backend,
             "storage that a .pcut file is recorded on")
        .Takes(FlagValue::kBackend);
  }

  Result<ExitStatus> Run() const override { return Export(flags_); }

 private:
  ExportFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeExportVerb() {
  return std::make_unique<ExportVerb>();
}

}  // namespace powercut
