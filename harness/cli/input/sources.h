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

// Errors: kIo with the path and the system's reason.
Result<std::string> ReadFile(const std::string& path);

// Writes the whole file or nothing (harness/system/atomic_file.h).
// Errors: kIo.
Status WriteFile(const std::string& path, std::string_view text);

// Errors: kIo if WriteFile() could not succeed now; writes nothing.
Status CheckWritable(const std::string& path);

// Reads a `.pcut` file, or a saved trace with its `.pcut` inside.
Result<Source> OpenSource(const std::string& file, const CommonFlags& flags);

// `64K`, `512M`, `2G` in bytes.
// Errors: kUsage, with the form; `flag` names where it stands.
Result<uint64_t> ParseSize(std::string_view flag, const std::string& text);

// A saved trace that was imported. Nothing if the file is anything else.
Result<std::optional<LoadedTrace>> OpenImported(const std::string& file);

// Any saved trace as it is, or the recording of a `.pcut` file, made now.
Result<LoadedTrace> OpenTrace(const std::string& file,
                              const CommonFlags& flags);

// `2/8`; empty: the whole.
// Errors: kUsage, with the form.
Result<Shard> ParseShard(const std::string& text);

// What `--fault` was given, in order. Errors: kBadInput: `--fault: column C:
// what is wrong; the remedy`.
Result<std::vector<Op>> ParseFaults(const std::vector<std::string>& texts);

// The same as `--fault` flags, with a leading space each.
std::string FaultFlagsText(const std::vector<std::string>& texts);

// The recording of a source: its own, or made now.
Result<Recording> RecordingOf(Source& source);

// `--mkfs` and `--mount` as flags, with a leading space each; empty: none.
std::string FormatText(const FormatOptions& options);
// The text of a `.pcut` with these faults behind its own. `file` names it in
// errors: those of ParsePcut().
Result<std::string> TextWithFaults(const std::string& text,
                                   const std::string& file,
                                   const std::vector<Op>& faults);

// The flags that `replay` needs to run under the same setting: with a leading
// space each.
std::string ReplayFlagsText(const CommonFlags& flags);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_SOURCES_H_
