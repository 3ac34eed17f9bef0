// Oracle: what judges the result of a recovery. It is the model, or, for
// recordings of programs, which have no ops to hold a model against, a check.

#ifndef POWERCUT_HARNESS_RECORD_ORACLE_H_
#define POWERCUT_HARNESS_RECORD_ORACLE_H_

#include <cstdint>
#include <string>
#include <variant>

namespace powercut {

// The model of the setting's profile judges what recovery shows.
struct ModelOracle {};

// The recovered volume judges itself: it must mount, and `command` must end
// with exit status 0 in it; without a command it must read whole and take
// writes.
struct CheckOracle {
  // A program of the user's, run by /bin/sh in the mounted volume. Empty if
  // there is none.
  std::string command{};
  // Wall clock that the command, and the storage's own checker, may take each.
  uint32_t timeout_ms = 60'000;
  // Whether the storage's own checker (fsck) runs, too, after an unmount.
  // Requires: Backend::HasChecker().
  bool fsck = false;

  // How many programs run in each recovery.
  uint32_t programs() const {
    return (command.empty() ? 0 : 1) + (fsck ? 1 : 0);
  }
};

using Oracle = std::variant<ModelOracle, CheckOracle>;

// The check; `nullptr` if the model judges.
inline const CheckOracle* CheckOf(const Oracle& oracle) {
  return std::get_if<CheckOracle>(&oracle);
}

// Whether a command of the user's judges. What it says may depend on the acks
// that it is told, so that runs of one crash point say nothing of another with
// other acks.
inline bool HasCommand(const Oracle& oracle) {
  const CheckOracle* check = CheckOf(oracle);
  return check != nullptr && !check->command.empty();
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_ORACLE_H_
