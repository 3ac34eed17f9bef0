// Says what simfs offers, formats disks, and mounts them. The profile is
// written into the superblock when a disk is formatted, and a mount behaves as
// it says there. Mounting scans the records of the disk; that scan is all of
// the recovery, and it writes nothing. A crash of a trace that was studied is
// mounted without a scan: its records are read when somebody asks for them.

#include "backends/simfs/simfs_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "backends/ops.h"
#include "backends/simfs/layout.h"
#include "backends/simfs/profile_rules.h"
#include "backends/simfs/record_catalog.h"
#include "backends/simfs/record_scan.h"
#include "backends/simfs/simfs_mount.h"

namespace powercut {
namespace {

constexpr uint64_t kDefaultDiskBytes = 1u << 20;
constexpr uint64_t kMinimumDiskBytes = 128u << 10;

class SimfsBackend : public Backend {
 public:
  explicit SimfsBackend(SimfsBugs bugs) : bugs_(std::move(bugs)) {
    traits_.name = "simfs";
    traits_.description = "the weakest lawful file system, built in";
    traits_.profile = "spec-strict";
    for (const simfs::ProfileRules& rules : simfs::AllProfileRules()) {
      traits_.profiles.emplace_back(rules.profile);
    }
    traits_.default_disk_bytes = kDefaultDiskBytes;
    traits_.minimum_disk_bytes = kMinimumDiskBytes;
    traits_.sector_sizes_bytes = {simfs::kSimfsSectorBytes};
    traits_.crash_kinds = {CrashKind::kPower, CrashKind::kOs,
                           CrashKind::kProcess};
    traits_.ops = JoinOps(
        kFileOps, {OpKind::kFallocate, OpKind::kExchange, OpKind::kReplaceFile,
                   OpKind::kSetTimes, OpKind::kSetValidData, OpKind::kRemount,
                   OpKind::kDismount, OpKind::kDiskWrite, OpKind::kDiskFlush,
                   OpKind::kDiskDiscard, OpKind::kWait});
    traits_.overlap = true;
    traits_.finishes_calls = true;
    traits_.recovery_idempotent = true;
    traits_.reads_less_if_bounded = true;
  }

  const BackendTraits& traits() const override { return traits_; }

  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    if (spec.geometry.sector_bytes != simfs::kSimfsSectorBytes) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("simfs has sectors of {} bytes, not {}",
                      simfs::kSimfsSectorBytes, spec.geometry.sector_bytes)};
    }
    if (spec.geometry.size_bytes() < kMinimumDiskBytes) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("a disk of {} bytes is too small for simfs: it needs {}",
                      spec.geometry.size_bytes(), kMinimumDiskBytes)};
    }
    if (simfs::FindProfileRules(spec.profile) == nullptr) {
      std::string names;
      for (const std::string& name : traits_.profiles) names += " " + name;
      return Error{ErrorCode::kBadInput,
                   fmt::format("simfs does not behave as profile '{}'; it "
                               "offers:{}",
                               spec.profile, names)};
    }
    // The same spec gives the same bytes, so that one image serves all runs.
    std::shared_ptr<const SparseImage>& disk = formatted_[spec];
    if (disk == nullptr) disk = simfs::FormatSimfs(spec.geometry, spec.profile);
    return disk;
  }

  void StudyTrace(const Trace& trace) override {
    // With this bug a mount sees records that were never written.
    if (bugs_.contains(SimfsBug::kTornRecordAccepted)) return;
    Studied& studied = studied_[&trace];
    if (studied.times++ == 0) {
      const bool fresh = std::ranges::any_of(formatted_, [&](const auto& disk) {
        return disk.second.get() == &trace.base();
      });
      studied.catalog = simfs::RecordCatalog::Of(trace, fresh);
    }
  }
  void ForgetTrace(const Trace& trace) override {
    const auto studied = studied_.find(&trace);
    if (studied == studied_.end()) return;
    if (--studied->second.times == 0) studied_.erase(studied);
  }
  // A mount that scans reads everything for the whole observation.
  bool DeclaresParts(const Trace& trace) const override {
    return CatalogOf(&trace) != nullptr;
  }

  void ExpectCrashOf(const Trace& trace, EventNumber upto) override {
    expected_ = &trace;
    upto_ = upto;
  }

  MountResult Open(VirtualDisk& disk) override {
    const Trace* const expected = std::exchange(expected_, nullptr);
    Result<simfs::SimfsLayout> layout = simfs::ReadSimfsLayout(disk);
    if (!layout) return {nullptr, layout.error().message};
    const simfs::ProfileRules* rules = simfs::FindProfileRules(layout->profile);
    if (const auto* catalog = CatalogOf(expected); catalog != nullptr) {
      return {std::make_unique<simfs::SimfsMount>(
                  disk, std::move(*layout), *rules, bugs_, *catalog, upto_),
              ""};
    }
    Result<simfs::RecordScan> scan = simfs::ScanRecords(disk, *layout, bugs_);
    if (!scan) return {nullptr, "mount: EIO"};
    return {std::make_unique<simfs::SimfsMount>(
                disk, std::move(*layout), *rules, bugs_, std::move(*scan)),
            ""};
  }

 private:
  struct Studied {
    // How many calls of StudyTrace() were not undone yet.
    uint32_t times = 0;
    // `nullptr` if a mount has to scan.
    std::unique_ptr<const simfs::RecordCatalog> catalog;
  };

  // `nullptr` if a mount has to scan.
  const simfs::RecordCatalog* CatalogOf(const Trace* trace) const {
    const auto studied = studied_.find(trace);
    return studied == studied_.end() ? nullptr : studied->second.catalog.get();
  }

  const SimfsBugs bugs_;
  BackendTraits traits_;
  std::map<FormatSpec, std::shared_ptr<const SparseImage>> formatted_;
  // By the address of the trace.
  std::map<const Trace*, Studied> studied_;
  // The trace of the next Open(); `nullptr` if there is none.
  const Trace* expected_ = nullptr;
  // After how many events the crash came at most.
  EventNumber upto_ = 0;
};

}  // namespace

std::unique_ptr<Backend> MakeSimfsBackend() { return MakeSimfsBackend({}); }

std::unique_ptr<Backend> MakeSimfsBackend(SimfsBugs bugs) {
  return std::make_unique<SimfsBackend>(std::move(bugs));
}

}  // namespace powercut
