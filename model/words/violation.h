// Violation: an observation that the model does not admit, with its proof in
// words. A finding is a violation that was confirmed (harness/judge/finding.h).

#ifndef POWERCUT_MODEL_WORDS_VIOLATION_H_
#define POWERCUT_MODEL_WORDS_VIOLATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/words/op.h"

namespace powercut {

enum class ViolationKind : uint8_t {
  kLost,              // a promised effect is absent
  kGhost,             // what was never written is there
  kStale,             // another file's bytes are there
  kTorn,              // an atom mixes versions
  kRegress,           // a state from before an earlier promise is back
  kName,              // a rename, or another change of names, is seen half done
  kSize,              // a size that the file never had
  kTime,              // a time that was never set
  kGap,               // a record is missing below a surviving one
  kRestart,           // the restart area is missing, partial or mixed
  kBase,              // the base of a log moved back or beyond its end
  kUnreadable,        // does not mount, open or read
  kDied,              // recovery crashed
  kHang,              // recovery passed a bound
  kError,             // an operation failed that must not
  kCheck,             // the user's check, or a `forbid`, failed
  kFsck,              // the storage's own checker found something
  kUnflushed,         // a sync op returned and left no flush in the trace
  kUnstable,          // recovering twice gives different results
  kNondeterministic,  // the same state gave two results
};

// `lost`, `ghost`, ...: the words of `expect violation KIND`.
std::string_view ViolationKindName(ViolationKind kind);
std::optional<ViolationKind> ViolationKindFromName(std::string_view name);

// What was in force: the op that made the promise.
struct Promise {
  // Number of the op whose effect is promised; 0: from before `init`.
  uint32_t effect_op = 0;
  // Number of the flush that promised it; 0: the implicit sync behind `init`.
  // Nothing: no promise was in force.
  std::optional<uint32_t> flush_op;
};

struct Violation {
  ViolationKind kind = ViolationKind::kLost;
  // A stable name for grouping, baselines and the fuzzer's filter, without
  // numbers: KIND/ROLE/OP/GUARANTEE, see MakeCause().
  std::string cause;
  std::string path;  // empty: the volume
  // The op at fault: the last one that touched the object without being
  // flushed, else the one in flight, else the last one. 0: none had begun.
  uint32_t op = 0;
  bool op_returned = false;
  Promise promise;
  std::string admissible;  // what would have been right, in words
  std::string found;       // what was there, in words

  bool operator==(const Violation& other) const {
    return kind == other.kind && cause == other.cause && path == other.path &&
           op == other.op && found == other.found &&
           admissible == other.admissible;
  }
};

// The part that the path plays, for the cause.
enum class Role : uint8_t {
  kVolume,     // the whole of it
  kTarget,     // a name that an unflushed op makes or replaces
  kSource,     // a name that an unflushed op takes away
  kWritten,    // a file, or directory, whose inside an unflushed op changes
  kBystander,  // nothing unflushed touches it
  kStranger,   // no op ever named it
  kProbe,      // the file that the probe made
};

struct CauseParts {
  ViolationKind kind = ViolationKind::kLost;
  Role role = Role::kVolume;
  bool is_directory = false;
  std::optional<OpKind> op;  // at fault; nothing: none had begun
  // The flush in force, if it covered some objects only.
  std::optional<OpKind> guarantee;
  // The promise in force covered the whole volume.
  bool volume_guarantee = false;
};

// The one place where causes are named:
//   KIND "/" ROLE ["-directory"] "/" VERB|"start" "/" "sync"|VERB|"none"
// e.g. `name/target/rename/sync`, `lost/written/append/fdatasync`. The last
// part is the guarantee in force: `sync` for all that cover the volume, which
// are the same promise (the sync behind `init`, syncfs, and any flush where
// the profile lets it cover the volume).
std::string MakeCause(const CauseParts& parts);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_VIOLATION_H_
