// Checks each range before anything is done, since below it a wrong one is a
// mistake of powercut itself.

#include "library/files/world_disk.h"

#include <cerrno>
#include <utility>

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

int WorldDisk::Write(uint64_t first_sector, ByteSpan data, bool fua) {
  if (!IsValid(first_sector, data.size())) return -EINVAL;
  if (!live_) return WriteCrashed(first_sector, data, fua) ? 0 : -EIO;
  live_->Write(first_sector * kSectorBytes, data);
  Call& call = log_->Add(OpKind::kDiskWrite, {},
                         {first_sector, data.size() / kSectorBytes}, {});
  if (fua) call.op.flags = {"fua"};
  call.content = AsText(data);
  return 0;
}

Status WorldDisk::WriteCrashed(uint64_t first_sector, ByteSpan data, bool fua) {
  POWERCUT_TRY(crashed_->Write(first_sector, data, Layer::kDevice));
  if (!fua) return Ok{};
  SectorSet written;
  written.Add({first_sector, data.size() / kSectorBytes});
  return crashed_->Persist(Layer::kMedia, &written);
}

int WorldDisk::Flush() {
  if (!live_) return crashed_->Persist(Layer::kMedia) ? 0 : -EIO;
  log_->Add(OpKind::kDiskFlush, {}, {}, {});
  return 0;
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
