// Wraps the mount of the storage below, so that running a command in it calls
// the user's loop. All the rest of the harness sees a backend like any other.

#include "library/states/state_backend.h"

#include <utility>

namespace powercut {
namespace {

class StateMount : public Mount {
 public:
  StateMount(Backend& backend, std::unique_ptr<Mount> below, VirtualDisk& disk,
             const StateBackend::Look& look)
      : backend_(backend), below_(std::move(below)), disk_(disk), look_(look) {}

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    return below_->Apply(op, offset_bytes, content);
  }
  Observation Observe() override { return below_->Observe(); }
  OpResult Shutdown() override { return below_->Shutdown(); }

  Result<CommandEnd> RunCommand(const Command& command) override {
    CrashedVolume volume{*below_, disk_, command.acked, command.attempted,
                         [this] { return backend_.Open(disk_).mount; }};
    CommandEnd end;
    end.detail = look_(volume);
    return end;
  }

 private:
  Backend& backend_;
  std::unique_ptr<Mount> below_;
  VirtualDisk& disk_;
  const StateBackend::Look& look_;
};

}  // namespace

StateBackend::StateBackend(Backend& below, Look look)
    : below_(below), look_(std::move(look)), traits_(below.traits()) {
  traits_.commands = true;
}

MountResult StateBackend::Open(VirtualDisk& disk) {
  MountResult mounted = below_.Open(disk);
  if (mounted.mount == nullptr) return mounted;
  return {std::make_unique<StateMount>(below_, std::move(mounted.mount), disk,
                                       look_),
          ""};
}

}  // namespace powercut
