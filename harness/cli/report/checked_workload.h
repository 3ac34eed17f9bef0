// CheckedWorkload: the result of checking one workload, and the text that
// `check` and `merge` print of it.

#ifndef POWERCUT_HARNESS_CLI_REPORT_CHECKED_WORKLOAD_H_
#define POWERCUT_HARNESS_CLI_REPORT_CHECKED_WORKLOAD_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/exit_status.h"
#include "harness/cli/report/timeline.h"
#include "harness/explore/explore.h"
#include "model/words/workload.h"

namespace powercut {

// What a finding means for the verdict.
enum class Standing {
  kNew,       // it makes the verdict a violation
  kExpected,  // an `expect` line of the file names it
  kKnown,     // the baseline has its cause, and the file does not expect it
};

// Returns `new`, `expected` or `known`.
std::string_view StandingName(Standing standing);
// Returns `std::nullopt` if no standing has that name.
std::optional<Standing> StandingFromName(std::string_view name);

// Something that a file says is found, and that was not found.
struct UnmetExpectation {
  // The line that says so, from 1; 0 if it is the line of a state, `at`.
  int line = 0;
  // What was to be found, as `expected violation lost /a was not found`.
  std::string what;
};

struct CheckedWorkload {
  std::string file;  // as the user named it
  // The hash of the text of the `.pcut`, 32 hex digits. For a trace without a
  // `.pcut`, that of the empty text.
  std::string pcut_hash;
  std::string backend;
  std::string profile;
  // Why the profile is not exactly that of the options; empty if it is.
  std::string profile_note;
  std::string verdict;  // `ok`, `violation` or `unknown`; Conclude() sets it
  ExplorationSpace space;
  uint32_t atomic_bytes = 0;
  uint32_t nested = 0;                 // the depth of crashes during recovery
  std::vector<CrashKind> crash_kinds;  // in the order they are explored
  bool probe = false;
  // Where --from makes crashes begin: the mark, and the event after which it
  // stands. Empty if the flag was not given.
  std::string from;
  // Whether it is a program that was recorded.
  bool program = false;
  // For a program on a file system of the kernel: which schedule of writeback
  // it was recorded under (`kernel`, or that of `record --writeback`), and
  // whether nothing reached the disk between the beginning of crashes and the
  // end of the program. Empty and false for everything else.
  std::string writeback;
  bool unmount_only = false;
  // Names the schedule of such a program: a hash of the kinds, the layers
  // and the places of its disk events, 8 hex digits. Their contents hold times
  // and differ from one recording to the next.
  std::string schedule;
  // The flags that `replay` needs to run under the same setting, each preceded
  // by a space.
  std::string replay_flags;
  // The trace that replays the findings. Empty if `file` does.
  std::string replay_file;
  // Causes whose failure blocks were printed for an earlier recording of a
  // program; they are not printed again.
  std::set<std::string> shown_before;
  std::vector<Expectation> expectations;
  Shard shard;
  Exploration exploration;
  // The recording, to be drawn. `std::nullopt` if no report asked for it.
  std::optional<Timeline> timeline = {};
  double elapsed_s = 0;
  // Conclude() sets these two: one standing for each of the findings, in their
  // order; and the expectations that no finding matches, by line.
  std::vector<Standing> standings;
  std::vector<UnmetExpectation> unmet;
};

// One line of text without its end, which begins with the place.
std::string UnmetText(const CheckedWorkload& checked,
                      const UnmetExpectation& unmet);

struct Conclusion {
  ExitStatus status = kExitHolds;
  // The text for standard output, whole lines in this order: the failure blocks
  // of the findings that are not in the baseline, by cause; the expectations
  // that no finding matches, by line; how many causes were not confirmed; how
  // often each fault fired; the note on the profile; the summary.
  std::string text;
};

// A cause that was not confirmed (Exploration::unshown) and is not in the
// baseline makes the verdict unknown if nothing makes it worse.
//
// Compares the findings with the expectations of the file and with the causes
// of the baseline, and sets the verdict, `standings` and `unmet`. Interrupted
// beats violation, violation beats unknown, unknown beats ok.
//
// An expected finding that is missing is a violation, except in one shard of
// several: the finding may be in another shard, so that only the merged report
// is compared.
Conclusion Conclude(CheckedWorkload& checked,
                    const std::set<std::string>& baseline);

// The kind of a violation, its path if there is one, and what was found, in one
// line: `name /a: /a missing`.
std::string ViolationTitle(const Violation& violation);

// Why the verdict of a workload is `unknown`, for people.
// Requires: it is.
std::string UnknownReason(const CheckedWorkload& checked);

// The causes of all recordings of programs, whose failure blocks are printed
// once for all of them.
std::set<std::string> CausesShown(
    const std::vector<CheckedWorkload>& workloads);

// What several recordings of programs say together, for standard output: of how
// many schedules of writeback the verdict speaks, and in how many recordings
// each cause was found that is not in the baseline. Recordings with an equal
// `schedule` are one schedule. Empty if there are fewer than two recordings.
// Requires: Conclude() was called for each.
std::string RecordingsText(const std::vector<CheckedWorkload>& workloads,
                           const std::set<std::string>& baseline);

// Rounds the size of a space to two decimals, as it is reported: more digits
// may differ from one machine to another.
double ShownLog2(double log2);

// Returns `ok` for kExitHolds, `violation` for kExitViolation, and `unknown`
// for every other status.
const char* VerdictOf(ExitStatus status);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_CHECKED_WORKLOAD_H_
