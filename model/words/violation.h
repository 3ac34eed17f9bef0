// Violation: an observation that the model does not admit, or another defect of
// docs/crash_model.md 6, with its proof in words. A finding is a violation that
// was confirmed (harness/judge/finding.h).

#ifndef POWERCUT_MODEL_WORDS_VIOLATION_H_
#define POWERCUT_MODEL_WORDS_VIOLATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/words/op.h"

namespace powercut {

// What is wrong.
enum class ViolationKind : uint8_t {
  kLost,              // a promised effect is absent
  kGhost,             // something that was never written is there
  kStale,             // bytes of another file are there
  kTorn,              // an atom mixes versions
  kRegress,           // a state from before an earlier promise is back
  kName,              // a rename, or another change of names, is seen half done
  kSize,              // a file has a size that it never had
  kTime,              // a file has a time that was never set
  kGap,               // a log record is missing below a surviving one
  kRestart,           // the restart area is missing, partial or mixed
  kBase,              // the base of a log moved back or beyond its end
  kUnreadable,        // the volume, a file or a log cannot be opened or read
  kDied,              // recovery crashed
  kHang,              // recovery, a check or a checker passed a bound
  kError,             // an operation failed that must not fail
  kCheck,             // the user's check failed, or a `forbid` condition holds
  kFsck,              // the storage's own checker complained
  kUnflushed,         // a sync op returned and left no flush in the trace
  kUnstable,          // a second crash changed what recovery shows
  kNondeterministic,  // the same state, or the same reads, gave two results
};

// Returns `lost`, `ghost`, ...: the words of `expect violation KIND`.
std::string_view ViolationKindName(ViolationKind kind);
// Returns `std::nullopt` if no kind has that name.
std::optional<ViolationKind> ViolationKindFromName(std::string_view name);

// The promise that was in force.
struct Promise {
  // The number of the op whose effect is promised; 0 if the effect is from
  // before all ops.
  uint32_t effect_op = 0;
  // The number of the op whose return made the promise; 0 for the implicit sync
  // at the end of `init`; `std::nullopt` if no promise was in force.
  std::optional<uint32_t> flush_op;
};

// One violation.
struct Violation {
  ViolationKind kind = ViolationKind::kLost;
  // A stable name without numbers, for grouping, baselines and the fuzzer's
  // filter: KIND/ROLE/OP/GUARANTEE, see MakeCause(). A user's check adds parts
  // (harness/judge/check_cause.h).
  std::string cause;
  // The path, or the name of a log; empty if the whole volume is meant. For a
  // raw sector it is `sector N` or empty.
  std::string path;
  // The op at fault: the last one that touched the object without being
  // flushed, else the one in flight, else the last one; 0 if none had begun.
  uint32_t op = 0;
  bool op_returned = false;
  Promise promise;
  std::string admissible;  // what would have been right, in words
  std::string found;       // what was there, in words

  // Compares everything but the promise and `op_returned`.
  bool operator==(const Violation& other) const {
    return kind == other.kind && cause == other.cause && path == other.path &&
           op == other.op && found == other.found &&
           admissible == other.admissible;
  }
};

// The part that the path plays, for the cause.
enum class Role : uint8_t {
  kVolume,     // the whole volume
  kTarget,     // a name that an unflushed op makes or replaces
  kSource,     // a name that an unflushed op takes away
  kWritten,    // a file, or directory, whose inside an unflushed op changes
  kBystander,  // an object that no unflushed op touches
  kStranger,   // a name that no op ever made
  kProbe,      // what the probe used
};

// What a cause is made of.
struct CauseParts {
  ViolationKind kind = ViolationKind::kLost;
  Role role = Role::kVolume;
  bool is_directory = false;
  // The op at fault; `std::nullopt` if none had begun.
  std::optional<OpKind> op;
  // The op that made the promise in force, if the promise covers only some
  // objects; `std::nullopt` if no promise was in force.
  std::optional<OpKind> guarantee;
  // Whether the promise in force covers the whole volume; `guarantee` is then
  // not used.
  bool volume_guarantee = false;
};

// Returns the name of a cause. This is the one place where causes are named:
//   KIND "/" ROLE ["-directory"] "/" VERB|"start" "/" "sync"|VERB|"none"
// Examples: `name/target/rename/sync`, `lost/written/append/fdatasync`. The
// last part is the guarantee in force: `sync` for every promise that covers the
// volume, since all of these are the same promise (the sync at the end of
// `init`, syncfs, and any flush where the profile lets it cover the volume).
std::string MakeCause(const CauseParts& parts);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_VIOLATION_H_
