// StateBackend: a backend whose recovery is the user's own code. It mounts the
// storage below, and where another backend would run a check program, it calls
// the user's loop with what the crash left.

#ifndef POWERCUT_LIBRARY_STATES_STATE_BACKEND_H_
#define POWERCUT_LIBRARY_STATES_STATE_BACKEND_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "harness/backend.h"

namespace powercut {

// What one crash left, while the user's code looks at it.
struct CrashedVolume {
  Mount& mount;
  VirtualDisk& disk;
  // The acks in force, and the attempts of which something may be there, one a
  // line.
  std::string_view acked;
  std::string_view attempted;
  // Mounts the disk once more, beside `mount`; `nullptr` if it does not mount.
  std::function<std::unique_ptr<Mount>()> mount_again;
};

class StateBackend : public Backend {
 public:
  // Returns how the user's code ended, in the words of CommandEnd::detail:
  // empty if it found nothing wrong.
  using Look = std::function<std::string(CrashedVolume&)>;

  // `below` must outlive this object.
  StateBackend(Backend& below, Look look);

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return below_.Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override;
  void StudyTrace(const Trace& trace) override { below_.StudyTrace(trace); }
  void ForgetTrace(const Trace& trace) override { below_.ForgetTrace(trace); }
  void ExpectCrashOf(const Trace& trace, EventNumber upto) override {
    below_.ExpectCrashOf(trace, upto);
  }

 private:
  Backend& below_;
  Look look_;
  BackendTraits traits_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_STATE_BACKEND_H_
