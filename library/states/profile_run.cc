// Makes of calls what the harness explores: a recording, and a setting in which
// the user's loop is the check.

#include "library/states/profile_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <utility>

#include "backends/simfs/simfs_backend.h"
#include "harness/base/limits.h"
#include "library/states/log_backend.h"
#include "library/states/raw_disk_backend.h"

namespace powercut {
namespace {

constexpr uint32_t kSectorBytes = 512;
// The disk sizes that are tried. A larger one costs memory in each worker.
constexpr uint64_t kDiskBytesFirst = uint64_t{1} << 20;
constexpr uint64_t kDiskBytesLast = uint64_t{4} << 30;
constexpr uint64_t kDiskBytesFactor = 8;

Result<RecordedCalls> RecordOnADiskThatFits(Backend& backend,
                                            const Calls& calls,
                                            uint64_t disk_bytes,
                                            const std::string& profile,
                                            DiskGeometry& geometry) {
  const uint64_t last = disk_bytes == 0 ? kDiskBytesLast : disk_bytes;
  for (uint64_t bytes = disk_bytes == 0 ? kDiskBytesFirst : disk_bytes;;
       bytes *= kDiskBytesFactor) {
    geometry = {kSectorBytes, bytes / kSectorBytes};
    auto recorded = RecordCalls(backend, calls, geometry, profile);
    const bool full = !recorded && recorded.error().code == ErrorCode::kFull;
    if (!full || bytes * kDiskBytesFactor > last) return recorded;
  }
}

std::unique_ptr<Backend> StorageOf(const LoopOptions& options) {
  if (options.logs) return MakeLogBackend(*options.logs);
  return options.raw_disk ? MakeRawDiskBackend() : MakeSimfsBackend();
}

}  // namespace

ProfileRun::ProfileRun(const Calls& calls, const LoopOptions& options,
                       StateBackend::Look look)
    : calls_(calls),
      storage_(StorageOf(options)),
      backend_(*storage_, std::move(look)),
      recorded_{{Trace({kSectorBytes, 1},
                       std::make_shared<SparseImage>(uint64_t{kSectorBytes})),
                 {},
                 {},
                 {}},
                {},
                {}} {}

Result<std::unique_ptr<ProfileRun>> ProfileRun::Record(
    const Calls& calls, const LoopOptions& options, const std::string& profile,
    StateBackend::Look look) {
  std::unique_ptr<ProfileRun> made(
      new ProfileRun(calls, options, std::move(look)));
  RunSetting& setting = made->setting_;
  setting.profile = FindProfile(profile);
  if (setting.profile == nullptr) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("there is no profile '{}'; there are: {}", profile,
                    fmt::join(MakeSimfsBackend()->traits().profiles, ", "))};
  }
  setting.atomic_bytes =
      options.atomic_bytes == 0 ? kSectorBytes : options.atomic_bytes;
  if (!std::has_single_bit(setting.atomic_bytes) ||
      setting.atomic_bytes < kSectorBytes ||
      setting.atomic_bytes > kAtomicBytesMax) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("the device cannot write {} bytes whole: expected "
                    "a power of two from {} to {}",
                    setting.atomic_bytes, kSectorBytes, kAtomicBytesMax)};
  }
  setting.crash_kinds = options.crash_kinds;
  setting.finishes_calls = made->storage_->traits().finishes_calls;
  CheckOracle check;
  check.command = "the loop";
  // The bounds of a worker hold for the loop, too.
  check.timeout_ms = 0;
  setting.oracle = check;
  made->workload_.file = "the world";
  made->workload_.faults = FaultsOf(calls);
  POWERCUT_ASSIGN(
      made->recorded_,
      RecordOnADiskThatFits(*made->storage_, calls, options.disk_bytes, profile,
                            setting.geometry));
  made->studied_.emplace(made->backend_, made->trace());
  return made;
}

}  // namespace powercut
