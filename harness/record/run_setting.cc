// Works out a setting field by field, and refuses what the backend does not
// offer before anything runs, so that a mistake is told with its line.
//
// For each field the flag counts if it was given, else the workload's line,
// else the backend's trait. Example: with `--atomic 4096`, a workload that says
// `disk 8M atomic=512` gets blocks of 4096 bytes on a disk of 8 MiB.

#include "harness/record/run_setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

#include "harness/base/limits.h"
#include "harness/fault/fault.h"
#include "harness/record/workload_error.h"
#include "model/pcut/op_words.h"

namespace powercut {
namespace {

// Whether every op and fault is one that the backend offers.
Status CheckOps(const Workload& workload, const Backend& backend) {
  const BackendTraits& traits = backend.traits();
  for (const Op& fault : workload.faults) {
    if (const Status offered = CheckFaultIsOffered(fault); !offered) {
      return FaultError(workload, fault, offered.error().code,
                        offered.error().message);
    }
  }
  for (const auto* section : {&workload.init, &workload.run}) {
    for (const Op& op : *section) {
      // `wait` is no op of the backend's; it needs overlapping ops.
      const bool overlaps = op.start || op.kind == OpKind::kWait;
      const bool offered = (op.kind == OpKind::kWait ||
                            std::find(traits.ops.begin(), traits.ops.end(),
                                      op.kind) != traits.ops.end()) &&
                           (!overlaps || traits.overlap);
      if (!offered) {
        return WorkloadError(
            workload, op.line, ErrorCode::kUnsupported,
            fmt::format("{} does not offer `{}{}`{}", traits.name,
                        op.start ? "start " : "", VerbOf(op.kind),
                        overlaps && !traits.overlap
                            ? NoOverlapRemedy()
                            : NotOfferedRemedy(op.kind)));
      }
      for (const std::string& name : op.names) {
        if (name == kProbePath) {
          return WorkloadError(
              workload, op.line, ErrorCode::kBadInput,
              fmt::format("{} is the probe's own file; use another name",
                          name));
        }
      }
      // An offset or a size beyond this bound makes the file too large. Sums
      // are checked when the op is recorded.
      const bool sized = op.kind == OpKind::kWrite ||
                         op.kind == OpKind::kAppend ||
                         op.kind == OpKind::kTruncate;
      for (const uint64_t number : op.numbers) {
        if (sized && number > kFileBytesMax) {
          return WorkloadError(
              workload, op.line, ErrorCode::kBadInput,
              fmt::format("{} is out of range: files may have up to {} "
                          "bytes",
                          number, kFileBytesMax));
        }
      }
    }
  }
  return Ok{};
}

Status CheckGeometry(const Workload& workload, const BackendTraits& traits,
                     const DiskGeometry& geometry, uint32_t atomic) {
  if (std::find(traits.sector_sizes_bytes.begin(),
                traits.sector_sizes_bytes.end(),
                geometry.sector_bytes) == traits.sector_sizes_bytes.end()) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: {} offers sectors of {} bytes, not {}", workload.file,
                    traits.name, fmt::join(traits.sector_sizes_bytes, ", "),
                    geometry.sector_bytes)};
  }
  if (geometry.size_bytes() < traits.minimum_disk_bytes) {
    return Error{ErrorCode::kBadInput,
                 fmt::format("{}: a disk of {} bytes is too small for {}: it "
                             "needs {}",
                             workload.file, geometry.size_bytes(), traits.name,
                             traits.minimum_disk_bytes)};
  }
  if (geometry.size_bytes() > kDiskBytesMax) {
    return Error{
        ErrorCode::kBadInput,
        fmt::format("{}: a disk of {} bytes is too large: the most is "
                    "{}",
                    workload.file, geometry.size_bytes(), kDiskBytesMax)};
  }
  // Powers of two from the sector on, so that a block holds whole sectors.
  if (!std::has_single_bit(atomic) || atomic < geometry.sector_bytes ||
      atomic > kAtomicBytesMax) {
    return Error{ErrorCode::kUsage,
                 fmt::format("atomic {}: expected a power of two from the "
                             "sector ({}) to {}",
                             atomic, geometry.sector_bytes, kAtomicBytesMax)};
  }
  return Ok{};
}

}  // namespace

Result<RunSetting> ResolveSetting(const Workload& workload,
                                  const Backend& backend,
                                  const SettingOverrides& flags) {
  const BackendTraits& traits = backend.traits();
  POWERCUT_TRY(CheckOps(workload, backend));
  RunSetting setting;
  const std::string& profile = !flags.profile.empty()      ? flags.profile
                               : !workload.profile.empty() ? workload.profile
                                                           : traits.profile;
  setting.profile = FindProfile(profile);
  const bool claimed = flags.profile.empty() && workload.profile.empty();
  if (claimed) setting.profile_note = traits.profile_note;
  if (setting.profile == nullptr) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: {}", workload.file, UnknownProfile(profile))};
  }
  const DiskSpec disk = workload.disk.value_or(
      DiskSpec{traits.default_disk_bytes, std::nullopt, std::nullopt, false});
  if (disk.weak_discard) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: discard=weak is not offered yet", workload.file)};
  }
  setting.geometry.sector_bytes = disk.sector_bytes.value_or(512);
  setting.geometry.sector_count =
      disk.size_bytes / setting.geometry.sector_bytes;
  setting.atomic_bytes =
      flags.atomic_bytes ? *flags.atomic_bytes
      : disk.atomic_bytes
          ? *disk.atomic_bytes
          : traits.default_atomic_bytes.value_or(setting.geometry.sector_bytes);
  POWERCUT_TRY(
      CheckGeometry(workload, traits, setting.geometry, setting.atomic_bytes));
  setting.finishes_calls = traits.finishes_calls;
  setting.crash_kinds = !flags.crash_kinds.empty() ? flags.crash_kinds
                        : !workload.crash_kinds.empty()
                            ? workload.crash_kinds
                            : std::vector{traits.crash_kinds[0]};
  for (const CrashKind kind : setting.crash_kinds) {
    if (std::find(traits.crash_kinds.begin(), traits.crash_kinds.end(), kind) ==
        traits.crash_kinds.end()) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("{}: {} cannot show a {} crash", workload.file,
                               traits.name, CrashKindName(kind))};
    }
  }
  return setting;
}

}  // namespace powercut
