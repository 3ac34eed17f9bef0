// Checks each range before anything is done, since below it a wrong one is a
// mistake of powercut itself.

#include "library/files/world_disk.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace powercut {

WorldDisk::WorldDisk(uint64_t size_bytes, CallLog& log)
    : live_(SparseImage(size_bytes)), log_(&log) {}

uint64_t WorldDisk::size_bytes() const {
  return live_ ? live_->size_bytes() : crashed_->geometry().size_bytes();
}

bool WorldDisk::IsValid(uint64_t first_sector, uint64_t bytes) const {
  const uint64_t sectors = size_bytes() / kSectorBytes;
  return bytes > 0 && bytes % kSectorBytes == 0 && first_sector < sectors &&
         bytes / kSectorBytes <= sectors - first_sector;
}

int WorldDisk::Read(uint64_t first_sector, MutableByteSpan out) {
  if (!IsValid(first_sector, out.size())) return -EINVAL;
  if (!live_) return crashed_->Read(first_sector, out) ? 0 : -EIO;
  live_->Read(first_sector * kSectorBytes, out);
  return 0;
}

Status WorldDisk::WriteOnce(uint64_t first_sector, ByteSpan data, bool fua,
                            Call::Damage damage, const std::string& text) {
  if (live_) {
    live_->Write(first_sector * kSectorBytes, data);
    Call& call = log_->Add(OpKind::kDiskWrite, {},
                           {first_sector, data.size() / kSectorBytes}, {});
    if (fua) call.op.flags = {"fua"};
    call.content = AsText(data);
    call.damage = damage;
    call.text = text;
    return Ok{};
  }
  POWERCUT_TRY(crashed_->Write(first_sector, data, Layer::kDevice));
  if (!fua) return Ok{};
  SectorSet written;
  written.Add({first_sector, data.size() / kSectorBytes});
  return crashed_->Persist(Layer::kMedia, &written);
}

int WorldDisk::Write(uint64_t first_sector, ByteSpan data, bool fua) {
  if (!IsValid(first_sector, data.size())) return -EINVAL;
  if (failures_.Take(CallFailure::kWrite)) return -EIO;
  if (failures_.Take(CallFailure::kWriteFull)) return -ENOSPC;
  std::vector<Beside> beside;
  for (const DamagedRange& range : DamagedBy(
           damage_, first_sector * kSectorBytes, data.size(), size_bytes())) {
    beside.push_back(
        {range.offset_bytes / kSectorBytes, Bytes(range.size_bytes)});
    if (Read(beside.back().first_sector, beside.back().content) != 0) {
      beside.pop_back();
    }
  }
  const CallPlace place = log_ == nullptr ? CallPlace() : log_->place();
  const auto text = [&](const Beside& one) {
    return fmt::format(
        "disk_write {} {}, damaging sectors {} to {}", first_sector,
        data.size() / kSectorBytes, one.first_sector,
        one.first_sector + one.content.size() / kSectorBytes - 1);
  };
  const auto write = [&](uint64_t first, ByteSpan bytes, bool forced,
                         Call::Damage damage, const std::string& said) {
    if (log_ != nullptr) log_->set_place(place);
    return WriteOnce(first, bytes, forced, damage, said).has_value();
  };
  bool written = true;
  for (const Beside& one : beside) {
    written = written && write(one.first_sector, Damaged(one.content), false,
                               Call::kDamages, text(one));
  }
  written = written && write(first_sector, data, fua, Call::kNoDamage, "");
  for (const Beside& one : beside) {
    written = written && write(one.first_sector, one.content, fua,
                               Call::kRestores, text(one));
  }
  return written ? 0 : -EIO;
}

int WorldDisk::Flush() {
  const bool fails = failures_.Take(CallFailure::kSync);
  const bool lies = failures_.Take(CallFailure::kSyncLies);
  if (!live_) return crashed_->Persist(Layer::kMedia) ? 0 : -EIO;
  Call& call = log_->Add(OpKind::kDiskFlush, {}, {}, {});
  call.fails = fails;
  call.lies = lies && !fails;
  return fails ? -EIO : 0;
}

int WorldDisk::Discard(uint64_t first_sector, uint64_t count) {
  if (count > size_bytes() || !IsValid(first_sector, count * kSectorBytes)) {
    return -EINVAL;
  }
  if (!live_) return crashed_->Discard({first_sector, count}) ? 0 : -EIO;
  const Bytes zeros(count * kSectorBytes);
  live_->Write(first_sector * kSectorBytes, zeros);
  log_->Add(OpKind::kDiskDiscard, {}, {first_sector, count}, {});
  return 0;
}

}  // namespace powercut
