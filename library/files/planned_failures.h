// PlannedFailures: which calls of a world fail, as its user asked for.

#ifndef POWERCUT_LIBRARY_FILES_PLANNED_FAILURES_H_
#define POWERCUT_LIBRARY_FILES_PLANNED_FAILURES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace powercut {

// How a call can be made to fail.
enum class CallFailure : uint8_t {
  kSync,        // EIO.
  kWrite,       // EIO.
  kWriteFull,   // ENOSPC.
  kWriteShort,  // Half of the bytes are written.
  // The call returns success. The disk keeps nothing of it until a later flush.
  kSyncLies,
};
inline constexpr size_t kCallFailures = 5;

// Which calls fail: `passed` of those that can fail so go well, and `count`
// calls after them fail.
struct PlannedFailure {
  CallFailure failure = CallFailure::kSync;
  uint64_t passed = 0;
  uint64_t count = 0;
};

// Not thread-safe.
class PlannedFailures {
 public:
  // Lets `passed` of the calls that can fail so go well, and the `count` calls
  // after them fail. A second plan for the same failure takes the place of the
  // first.
  void Plan(CallFailure failure, uint64_t passed, uint64_t count) {
    plans_[static_cast<size_t>(failure)] = {passed, count, false};
  }
  // Counts a call. Returns whether it fails so.
  bool Take(CallFailure failure) {
    Planned& plan = plans_[static_cast<size_t>(failure)];
    if (plan.count == 0) return false;
    const bool fails = plan.passed == 0;
    --(fails ? plan.count : plan.passed);
    plan.fired |= fails;
    return fails;
  }
  // How many plans have failed no call yet.
  size_t unfired() const {
    return static_cast<size_t>(std::ranges::count_if(
        plans_,
        [](const Planned& plan) { return plan.count > 0 && !plan.fired; }));
  }

 private:
  struct Planned {
    uint64_t passed = 0;
    uint64_t count = 0;
    bool fired = false;
  };

  std::array<Planned, kCallFailures> plans_{};
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_FILES_PLANNED_FAILURES_H_
