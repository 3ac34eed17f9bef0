// CheckedBackend: simfs with a check of the user's that needs no process.

#ifndef POWERCUT_TESTS_HARNESS_EXPLORE_CHECKED_BACKEND_H_
#define POWERCUT_TESTS_HARNESS_EXPLORE_CHECKED_BACKEND_H_

#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "backends/registry.h"
#include "harness/backend.h"

namespace powercut {

// What a check says of a volume whose file `/a` has this content. `runs` counts
// the checks of this process, from 1.
using Says =
    std::function<std::string(const std::string& content, uint64_t runs)>;

class CheckedMount : public Mount {
 public:
  CheckedMount(std::unique_ptr<Mount> mount, const Says& says, uint64_t runs)
      : mount_(std::move(mount)), says_(says), runs_(runs) {}

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    return mount_->Apply(op, offset_bytes, content);
  }
  Observation Observe() override { return mount_->Observe(); }
  OpResult Shutdown() override { return mount_->Shutdown(); }
  Result<CommandEnd> RunCommand(const Command&) override {
    const Observation seen = mount_->Observe();
    return CommandEnd{CommandEnd::kEnded,
                      says_(seen.entries.at(0).content, runs_)};
  }

 private:
  std::unique_ptr<Mount> mount_;
  const Says& says_;
  uint64_t runs_;
};

// Requires: the workload makes the file `/a`.
class CheckedBackend : public Backend {
 public:
  explicit CheckedBackend(Says says)
      : backend_(MakeBackend("simfs").value()), says_(std::move(says)) {}

  const BackendTraits& traits() const override { return backend_->traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_->Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    if (getpid() != counted_pid_) runs_ = 0;
    counted_pid_ = getpid();
    MountResult result = backend_->Open(disk);
    if (result.mount == nullptr) return result;
    result.mount =
        std::make_unique<CheckedMount>(std::move(result.mount), says_, ++runs_);
    return result;
  }

 private:
  std::unique_ptr<Backend> backend_;
  Says says_;
  pid_t counted_pid_ = 0;
  uint64_t runs_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_EXPLORE_CHECKED_BACKEND_H_
