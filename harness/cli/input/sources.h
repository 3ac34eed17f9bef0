// From flags and files to what the pipeline takes: the part that the verbs
// share.

#ifndef POWERCUT_HARNESS_CLI_INPUT_SOURCES_H_
#define POWERCUT_HARNESS_CLI_INPUT_SOURCES_H_

#include <memory>
#include <optional>
#include <string>

#include "harness/block_log/trace_codec.h"
#include "harness/cli/verbs/commands.h"
#include "harness/explore/explore.h"
#include "harness/record/recording.h"

namespace powercut {

// A workload with the backend it runs on and the setting it runs under.
struct Source {
  Workload workload;
  std::string text;  // of the `.pcut`
  // Those of the command line, which `workload` has behind its own.
  std::vector<Op> added_faults;
  std::unique_ptr<Backend> backend;
  RunSetting setting;
  ExploreOptions options;
  // Set if the file is a trace: it holds a recording.
  std::optional<Recording> recording;
};

// A file of the command line, read once.
struct InputFile {
  std::string path;
  std::string text;                  // Empty if the file is a trace.
  std::optional<LoadedTrace> trace;  // `std::nullopt` if it is not one.
};

// Errors: those of ReadFile() and ParseTraceFile().
Result<InputFile> ReadInput(const std::string& file);

// Opens a `.pcut` file, or a saved trace with its `.pcut` inside.
Result<Source> OpenSource(InputFile input, const CommonFlags& flags);

// ReadInput() and OpenSource() in one.
Result<Source> OpenInput(const std::string& file, const CommonFlags& flags);

// The recording of a source: its own, or made now.
Result<Recording> RecordingOf(Source& source);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_SOURCES_H_
