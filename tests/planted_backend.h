// PlantedBackend: another backend with one bug planted into its way to the
// disk, or into its recovery. Tests ask that every such bug is found.
//
// The bug has a victim: the first block of file data that is written in `run`.
// Everything works until the recording has met the victim. The bugs kAlternates
// and kThirdOfProcess have no victim.

#ifndef POWERCUT_TESTS_PLANTED_BACKEND_H_
#define POWERCUT_TESTS_PLANTED_BACKEND_H_

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "harness/backend.h"
#include "harness/trace/op_history.h"
#include "harness/trace/recording_disk.h"
#include "model/words/content.h"

namespace powercut {

enum class PlantedBug {
  kNone,
  // The storage breaks its promise while it is recorded.
  kNoSync,            // a sync does nothing
  kSyncToDevice,      // a sync ends at the volatile cache of the device
  kSyncForgetsBlock,  // a sync leaves the victim's block out
  kSyncForgetsSector,
  kSyncTooEarly,      // a sync covers only what was there before the victim
  kSyncNotThisFirst,  // the first sync after `init` does nothing
  // The recorder is wrong.
  kDroppedEvent,     // a write is on the disk, but not in the trace
  kMisdirectedLive,  // the trace is right, but the disk has more elsewhere
  // Recovery goes wrong if the victim's new content is on the disk. The bugs
  // kReads... give other content for its first sector, or the whole block.
  kReadsOld,       // the sector as before the write
  kReadsOldBlock,  // the whole block as before the write
  kReadsZeros,
  kReadsGarbage,
  kReadsHalfOld,     // half of the sector as before the write
  kReadsOtherPlace,  // another sector of file data
  kDies,
  kHangs,
  kDoesNotMount,
  kCannotBeUsed,  // mounts, but no op succeeds any more
  kLosesName,
  kAddsName,
  kShortens,
  // Every other recovery of a process shows a changed byte, whatever is on the
  // disk.
  kAlternates,
  // The third recovery of a process shows a changed byte, whatever is on the
  // disk. Alone, where a process runs one state twice, nothing shows, and the
  // canary of a batch of three states and more shows nothing either.
  kThirdOfProcess,
};

inline bool IsInRecovery(PlantedBug bug) {
  return bug >= PlantedBug::kReadsOld;
}

// The victim that the recording met. Workers inherit it by fork().
struct Victim {
  bool known = false;
  uint64_t first_sector = 0;  // The first sector of the block.
  Bytes old_block;            // The content before the write.
  Bytes new_block;            // The content after the write.
  // The event that wrote the block.
  EventNumber event = 0;
  // Whether a sync has reached the media since.
  bool synced = false;
};

inline constexpr uint32_t kVictimBlockBytes = 4096;

// The disk through which a backend with this bug reads and writes.
class PlantedDisk : public VirtualDisk {
 public:
  PlantedDisk(VirtualDisk& disk, PlantedBug bug, Victim& victim)
      : disk_(disk),
        recording_(dynamic_cast<RecordingDisk*>(&disk)),
        bug_(bug),
        victim_(victim) {}

  const DiskGeometry& geometry() const override { return disk_.geometry(); }

  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    POWERCUT_TRY(disk_.Read(first_sector, out));
    if (recording_ != nullptr || !victim_.known) return Ok{};
    const uint32_t size = geometry().sector_bytes;
    for (uint64_t at = 0; at < out.size(); at += size) {
      Damage(first_sector + at / size, out.subspan(at, size));
    }
    return Ok{};
  }

  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    if (recording_ == nullptr || victim_.known || !IsVictim(data)) {
      return disk_.Write(first_sector, data, layer);
    }
    return WriteVictim(first_sector, data, layer);
  }

  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    if (recording_ == nullptr || !victim_.known) {
      return disk_.Persist(to, scope, upto);
    }
    const bool first = !std::exchange(victim_.synced, to == Layer::kMedia);
    switch (bug_) {
      case PlantedBug::kNoSync:
        return Ok{};
      case PlantedBug::kSyncNotThisFirst:
        if (first) return Ok{};
        break;
      case PlantedBug::kSyncToDevice:
        if (to == Layer::kMedia) return Ok{};
        break;
      case PlantedBug::kSyncForgetsBlock:
        return PersistWithout(kVictimBlockBytes / geometry().sector_bytes, to,
                              upto);
      case PlantedBug::kSyncForgetsSector:
        return PersistWithout(1, to, upto);
      case PlantedBug::kSyncTooEarly:
        return disk_.Persist(to, scope, victim_.event - 1);
      default:
        break;
    }
    return disk_.Persist(to, scope, upto);
  }

  Status Discard(SectorRange range) override { return disk_.Discard(range); }
  void Mark(std::string_view text) override { disk_.Mark(text); }
  // A bug in recovery changes what was read, or what is shown of it, so that
  // nothing may count as copied.
  void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                         uint64_t offset_bytes) override {
    if (!IsInRecovery(bug_))
      disk_.DeclareCopyTarget(path, buffer, offset_bytes);
  }

 private:
  // Whether the data is file data of a write in `run`.
  bool IsVictim(ByteSpan data) const {
    const auto& marks = recording_->trace().marks();
    const bool running =
        std::any_of(marks.begin(), marks.end(),
                    [](const auto& mark) { return mark.text == kRunMark; });
    return running && ReadGranule(AsText(data.first(kGranuleBytes)));
  }

  Status PersistWithout(uint64_t sectors, Layer to,
                        std::optional<EventNumber> upto) {
    SectorSet rest;
    rest.Add({0, geometry().sector_count});
    rest.Remove({victim_.first_sector, sectors});
    return disk_.Persist(to, &rest, upto);
  }

  Status WriteVictim(uint64_t first_sector, ByteSpan data, Layer layer) {
    const uint64_t per_block = kVictimBlockBytes / geometry().sector_bytes;
    victim_.first_sector = first_sector / per_block * per_block;
    victim_.old_block.resize(kVictimBlockBytes);
    victim_.new_block.resize(kVictimBlockBytes);
    POWERCUT_TRY(disk_.Read(victim_.first_sector, victim_.old_block));
    POWERCUT_TRY(WriteAs(first_sector, data, layer));
    POWERCUT_TRY(disk_.Read(victim_.first_sector, victim_.new_block));
    victim_.event = recording_->trace().event_count();
    victim_.known = true;
    return Ok{};
  }

  Status WriteAs(uint64_t first_sector, ByteSpan data, Layer layer) {
    const uint64_t offset = first_sector * geometry().sector_bytes;
    // The recording disk is not constant; only this view of it is.
    auto& live = const_cast<SparseImage&>(recording_->live());
    if (bug_ == PlantedBug::kDroppedEvent) {
      live.Write(offset, data);
      return Ok{};
    }
    POWERCUT_TRY(disk_.Write(first_sector, data, layer));
    if (bug_ == PlantedBug::kMisdirectedLive) {
      // No file lies there, so that the tree looks right.
      live.Write(geometry().size_bytes() - 2 * kVictimBlockBytes,
                 data.first(geometry().sector_bytes));
    }
    return Ok{};
  }

  // Replaces what was read of one sector of the crash image, if the bug
  // concerns that sector and the victim's new content is there.
  void Damage(uint64_t sector, MutableByteSpan out) const {
    const uint64_t place = sector - victim_.first_sector;
    const uint64_t at = place * geometry().sector_bytes;
    if (sector < victim_.first_sector || at >= kVictimBlockBytes) return;
    if (!std::ranges::equal(
            out, ByteSpan(victim_.new_block).subspan(at, out.size())) ||
        (place > 0 && bug_ != PlantedBug::kReadsOldBlock)) {
      return;
    }
    const ByteSpan old = ByteSpan(victim_.old_block).subspan(at, out.size());
    switch (bug_) {
      case PlantedBug::kReadsOld:
      case PlantedBug::kReadsOldBlock:
        return Copy(old, out);
      case PlantedBug::kReadsZeros:
        return Copy(Bytes(out.size()), out);
      case PlantedBug::kReadsGarbage:
        return Copy(Bytes(out.size(), std::byte{0x5a}), out);
      case PlantedBug::kReadsHalfOld:
        return Copy(old.first(out.size() / 2), out);
      case PlantedBug::kReadsOtherPlace:
        return Copy(
            ByteSpan(victim_.new_block).subspan(2 * out.size(), out.size()),
            out);
      default:
        return;
    }
  }

  static void Copy(ByteSpan from, MutableByteSpan to) {
    std::copy(from.begin(), from.end(), to.begin());
  }

  VirtualDisk& disk_;
  RecordingDisk* recording_;  // `nullptr` in recovery.
  PlantedBug bug_;
  Victim& victim_;
};

class PlantedMount : public Mount {
 public:
  // `bug` is kNone if no bug is to show in this mount.
  PlantedMount(std::unique_ptr<PlantedDisk> disk, std::unique_ptr<Mount> mount,
               PlantedBug bug)
      : disk_(std::move(disk)), mount_(std::move(mount)), bug_(bug) {}

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    if (bug_ == PlantedBug::kCannotBeUsed) return {"EIO"};
    return mount_->Apply(op, offset_bytes, content);
  }

  Observation Observe() override {
    Observation seen = mount_->Observe();
    if (seen.entries.empty()) return seen;
    ObservedEntry& first = seen.entries[0];
    if (bug_ == PlantedBug::kLosesName) {
      seen.entries.erase(seen.entries.begin());
    } else if (bug_ == PlantedBug::kAlternates ||
               bug_ == PlantedBug::kThirdOfProcess) {
      first.content[0] = '?';
    } else if (bug_ == PlantedBug::kAddsName) {
      ObservedEntry added = first;
      added.path = "/zz";
      added.file_id = ~uint64_t{0};
      seen.entries.push_back(added);
    } else if (bug_ == PlantedBug::kShortens) {
      first.content.resize(first.content.size() / 2 + 7);
      first.size_bytes = first.content.size();
    }
    return seen;
  }

  OpResult Shutdown() override { return mount_->Shutdown(); }

 private:
  // The mount uses the disk until it is destroyed, so that the disk is declared
  // first.
  std::unique_ptr<PlantedDisk> disk_;
  std::unique_ptr<Mount> mount_;
  PlantedBug bug_;
};

class PlantedBackend : public Backend {
 public:
  PlantedBackend(std::unique_ptr<Backend> backend, PlantedBug bug)
      : backend_(std::move(backend)), bug_(bug) {}

  const BackendTraits& traits() const override { return backend_->traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_->Format(spec);
  }

  MountResult Open(VirtualDisk& disk) override {
    const bool recording = dynamic_cast<RecordingDisk*>(&disk) != nullptr;
    if (recording) victim_ = {};
    const bool strikes = !recording && Strikes(disk);
    if (strikes && bug_ == PlantedBug::kDies) abort();
    while (strikes && bug_ == PlantedBug::kHangs) {
      Bytes sector(disk.geometry().sector_bytes);
      if (!disk.Read(0, sector)) break;
    }
    if (strikes && bug_ == PlantedBug::kDoesNotMount) {
      return {nullptr, "mount: EIO (planted)"};
    }
    auto planted = std::make_unique<PlantedDisk>(disk, bug_, victim_);
    MountResult result = backend_->Open(*planted);
    if (result.mount == nullptr) return result;
    result.mount = std::make_unique<PlantedMount>(
        std::move(planted), std::move(result.mount),
        strikes ? bug_ : PlantedBug::kNone);
    return result;
  }

 private:
  bool Strikes(VirtualDisk& disk) {
    if (bug_ == PlantedBug::kAlternates ||
        bug_ == PlantedBug::kThirdOfProcess) {
      if (getpid() != counted_pid_) mounts_ = 0;
      counted_pid_ = getpid();
      ++mounts_;
      return bug_ == PlantedBug::kAlternates ? mounts_ % 2 == 0 : mounts_ == 3;
    }
    if (!victim_.known) return false;
    Bytes block(kVictimBlockBytes);
    return disk.Read(victim_.first_sector, block) && block == victim_.new_block;
  }

  std::unique_ptr<Backend> backend_;
  PlantedBug bug_;
  Victim victim_;
  pid_t counted_pid_ = 0;
  uint64_t mounts_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_PLANTED_BACKEND_H_
