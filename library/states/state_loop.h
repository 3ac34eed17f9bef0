// StateLoop: the disks that a crash could leave, handed out one by one to the
// user's loop, and what came of it.
//
// An exploration drives the recoveries: it decides which state is next, runs
// many of them in forked workers, and judges what came back. A user's loop asks
// for the next state. Next() joins the two: it runs the exploration on a fiber,
// which yields wherever a recovery is to be made. In a forked worker it is the
// worker's copy of the user's loop that goes on, from the same call of Next().

#ifndef POWERCUT_LIBRARY_STATES_STATE_LOOP_H_
#define POWERCUT_LIBRARY_STATES_STATE_LOOP_H_

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"
#include "library/calls/call.h"
#include "library/states/crashed_state.h"
#include "library/states/fiber.h"
#include "library/states/loop_report.h"

namespace powercut {

// A world of logs.
struct LogSetting {
  // What the disk holds before the first call; `nullptr` if it has no logs.
  std::shared_ptr<const SparseImage> disk;
  // For tests: a bug of the log.
  ClfsBug bug = ClfsBug::kNone;
};

struct LoopOptions {
  // The profiles to explore under, one after the other; not empty.
  std::vector<std::string> profiles;
  // As `--space` takes it; empty for `exhaustive`.
  std::string space;
  std::vector<CrashKind> crash_kinds{CrashKind::kPower};
  // Whether the world is a raw disk, and not files.
  bool raw_disk = false;
  // Whether it has logs; `std::nullopt` if it has files or is a raw disk. All
  // profiles are one for logs.
  std::optional<LogSetting> logs;
  // The size of the disk; 0 means one that is large enough for the files.
  uint64_t disk_bytes = 0;
  // What the device writes whole; 0 means a sector of 512 bytes.
  uint32_t atomic_bytes = 0;
  // What writes may damage. The calls have it already; recoveries that are
  // crashed get it, too.
  DamageRule damage;
  // Wall clock for each exploration; 0 means no limit.
  uint64_t budget_ms = 10'000;
  std::optional<uint64_t> runs_max;
  uint64_t seed = 1;
  // Worker processes; 0 runs all states in this process.
  uint32_t jobs = 1;
  // Wall clock for one recovery, in a worker.
  uint32_t state_timeout_ms = 10'000;
  // How many crashes deep recoveries are crashed again.
  uint32_t nested = 0;
  // Whether each sync is dropped in turn after an exploration that holds.
  bool audit = false;
  // The id of the one state to run, in this process; empty for all.
  std::string at;
};

// The result of a state that the user's code has not looked at, because it had
// left the loop.
inline constexpr std::string_view kLoopWasLeft = "the loop was left";

// Not thread-safe. A loop stays on the thread that made it.
class StateLoop {
 public:
  // Explores the crashes among `calls`.
  StateLoop(Calls calls, LoopOptions options);
  StateLoop(const StateLoop&) = delete;
  StateLoop& operator=(const StateLoop&) = delete;
  // Ends the loop as Stop() does.
  ~StateLoop();

  // Ends the state before, if there is one, and returns the next one. It is
  // valid until the next call. `nullptr` at the end, in the process that called
  // first.
  CrashedState* Next();

  // The loop is left before its end. In a worker, this ends the state with what
  // was said of it, and the process: it does not return. In the process that
  // called Next() first, no more states are run, and report() has what was said
  // until then.
  void Stop();

  // The state that Next() returned; `nullptr` if there is none.
  CrashedState* state() { return state_.get(); }
  // Whether this process is a worker of the loop.
  bool in_worker() const;
  // Complete when Next() has returned `nullptr`, or after Stop().
  const LoopReport& report() const { return report_; }

 private:
  friend class LoopRunner;

  // What a state that the user's code has looked at is worth, in the words of
  // CommandEnd::detail.
  std::string Look(CrashedVolume& volume);
  std::string ResultOf(const CrashedState& state) const;

  const Calls calls_;
  const PromiseTimeline timeline_;
  const LoopOptions options_;
  const pid_t pid_;
  // What a result tells.
  enum Tell : uint8_t {
    kCause,  // The first cause.
    kText,   // The words of all violations.
    kDump,   // The same, and the hash of the dump if nothing is wrong.
  } tell_ = kCause;
  // `nullptr` while they are made.
  const PrefixDumps* dumps_ = nullptr;
  std::unique_ptr<CrashedState> state_;
  // In this process no state can run again once the loop was left, so that its
  // words are kept: those of the first state of each result.
  std::map<std::string, std::vector<SaidViolation>> said_;
  bool stopping_ = false;
  // How many runs ended at once because the loop was left.
  uint64_t runs_after_stop_ = 0;
  LoopReport report_;
  // Made by the first Next().
  std::unique_ptr<Fiber> fiber_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_STATE_LOOP_H_
