// OpenedInput: a file of the command line, ready to be recorded, explored,
// replayed or explained. The verbs share what is done up to here.

#ifndef POWERCUT_HARNESS_CLI_INPUT_OPENED_INPUT_H_
#define POWERCUT_HARNESS_CLI_INPUT_OPENED_INPUT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"
#include "harness/block_log/trace_codec.h"
#include "harness/cli/input/input_flags.h"
#include "harness/cli/input/oracle_flags.h"
#include "harness/cli/input/recorded_calls.h"
#include "harness/record/recorded_run.h"
#include "harness/record/recording.h"
#include "harness/space/exploration_space.h"
#include "model/words/workload.h"

namespace powercut {

// A file that was read: a saved trace, or else the text of a `.pcut`.
struct InputFile {
  std::string path;
  std::string text;  // Empty if the file is a trace.
  // `std::nullopt` if the file does not begin as a trace does.
  std::optional<LoadedTrace> trace;
};

// A workload with the backend it runs on and the setting it runs under: a flag
// beats the file, and the file beats the backend.
struct OpenedInput {
  // The faults of --fault follow those of the file.
  Workload workload;
  // The text of the `.pcut`. Empty for a trace without one.
  std::string text;
  // The faults of --fault alone.
  std::vector<Op> added_faults;
  std::unique_ptr<Backend> backend;
  RunSetting setting;
  // The mode is kDefault if neither a flag nor the file names a space.
  ExplorationSpace space;
  // Whether each run uses the volume after recovery: --probe was given, or a
  // recorded program has no check that would use the volume.
  bool probe = false;
  // The recording if the file is a trace, else `std::nullopt`.
  std::optional<Recording> recording;
  // What a trace says of itself. Empty for a `.pcut` file.
  TraceAbout about;
  // The calls of a recorded program, which made the recording. `std::nullopt`
  // if they are not known.
  std::optional<ReturnedCalls> calls;
  // The mark of --from in words: its text, and the event after which it stands.
  // Empty if the flag was not given.
  std::string from;
};

// Reads a file once, and parses it if it is a trace.
// Errors: those of ReadFile() and of ParseTraceFile().
Result<InputFile> ReadInput(const std::string& path);

// Opens a `.pcut` file, a trace with its `.pcut` inside, or the trace of a
// program, which has none. The model judges the first two. The third is judged
// by what recovery shows and by the oracle; so is the second if a flag of the
// oracle says so.
// Errors: kBadInput, kUsage, kUnsupported or kMissing, with the file or the
// flag and the reason.
Result<OpenedInput> OpenInput(InputFile file, const InputFlags& flags,
                              const OracleFlags& oracle);

// ReadInput() and OpenInput() in one.
Result<OpenedInput> OpenInput(const std::string& path, const InputFlags& flags,
                              const OracleFlags& oracle);

// The input as a run with this recording of it. A view: both must outlive it.
RecordedRun RunOf(const OpenedInput& input, const Recording& recording);

// Returns the recording of an input: the one in its file, or one made now.
// Errors: those of Record().
Result<Recording> RecordingOf(const OpenedInput& input);

// Saves a recording of `input` as a trace, with the text of its `.pcut`, the
// faults of --fault included.
// Errors: kIo, kBadInput.
Status SaveRecording(const OpenedInput& input, const Recording& recording,
                     const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_OPENED_INPUT_H_
