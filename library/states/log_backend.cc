// Passes each op to the logs of the disk. A recovery goes on with the logs of
// its mount, so that it is made once.

#include "library/states/log_backend.h"

#include <cstring>
#include <utility>

namespace powercut {
namespace {

class LogBackend : public Backend {
 public:
  explicit LogBackend(LogSetting setting) : setting_(std::move(setting)) {
    traits_.name = "logs";
    traits_.description = "logs with the CLFS interface, built in";
    traits_.profile = "spec-strict";
    traits_.crash_kinds = {CrashKind::kPower, CrashKind::kOs,
                           CrashKind::kProcess};
  }

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    const uint64_t bytes = spec.geometry.size_bytes();
    if (formatted_ == nullptr || formatted_->size_bytes() != bytes) {
      formatted_ = LogDisk(setting_, bytes);
    }
    return formatted_;
  }
  MountResult Open(VirtualDisk& disk) override {
    auto mount = std::make_unique<LogMount>(disk, setting_.bug);
    if (mount->logs().status() < 0) return {nullptr, "open: no directory"};
    return {std::move(mount), ""};
  }

 private:
  const LogSetting setting_;
  BackendTraits traits_;
  std::shared_ptr<const SparseImage> formatted_;
};

}  // namespace

OpResult LogMount::Apply(const Op& op, uint64_t, std::string_view content) {
  const int64_t result = logs_.Run(op, content);
  if (result >= 0) return {};
  return {strerrorname_np(static_cast<int>(-result))};
}

std::shared_ptr<const SparseImage> LogDisk(const LogSetting& setting,
                                           uint64_t size_bytes) {
  if (setting.disk != nullptr) return setting.disk;
  return std::make_shared<const SparseImage>(clfs::LogVolume::Format(
      {clfs::kSectorBytes, size_bytes / clfs::kSectorBytes}));
}

std::unique_ptr<Backend> MakeLogBackend(const LogSetting& setting) {
  return std::make_unique<LogBackend>(setting);
}

}  // namespace powercut
