// The copy is a file in memory (memfd). It belongs to this process alone, and
// no process serves the device, so that this process may wait for it.
//
// Example: a recovery reads block 3 and writes block 9. Tell() says so to the
// disk. Its Reset() notes block 9 as changed, and the next state has another
// block 5: Follow() then writes the pages of the blocks 5 and 9.

#include "backends/kernel/disk_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace powercut::kernel {

std::unique_ptr<DiskCopy> DiskCopy::Make(const DiskGeometry& geometry) {
  std::unique_ptr<DiskCopy> copy(new DiskCopy(geometry));
  copy->fd_ = memfd_create("powercut", MFD_CLOEXEC);
  if (copy->fd_ < 0 ||
      ftruncate(copy->fd_, static_cast<off_t>(geometry.size_bytes())) != 0 ||
      !copy->loop_
           .Attach(fmt::format("/proc/self/fd/{}", copy->fd_),
                   geometry.sector_bytes, LoopDevice::kCached)
           .empty()) {
    return nullptr;
  }
  struct stat device{};
  if (stat(copy->path().c_str(), &device) != 0) return nullptr;
  copy->trace_ = RequestTrace::Start(device.st_rdev);
  if (copy->trace_ == nullptr) return nullptr;
  return copy;
}

DiskCopy::~DiskCopy() {
  if (fd_ >= 0) close(fd_);
}

bool DiskCopy::CopyRange(const SparseImage& image, uint64_t offset_bytes,
                         uint64_t end_bytes) {
  scratch_.resize(std::min(end_bytes, image.size_bytes()) - offset_bytes);
  image.Read(offset_bytes, scratch_);
  return pwrite(fd_, scratch_.data(), scratch_.size(),
                static_cast<off_t>(offset_bytes)) ==
         static_cast<ssize_t>(scratch_.size());
}

// Pages that follow each other take one call.
bool DiskCopy::CopyPages(const SparseImage& image,
                         std::vector<uint64_t> pages) {
  constexpr size_t kPagesOfCall = 64;
  std::ranges::sort(pages);
  const auto repeated = std::ranges::unique(pages);
  pages.erase(repeated.begin(), repeated.end());
  for (size_t i = 0, end = 0; i < pages.size(); i = end) {
    for (end = i + 1; end < pages.size() && end - i < kPagesOfCall; ++end) {
      if (pages[end] != pages[end - 1] + 1) break;
    }
    if (!CopyRange(image, pages[i] * ImageChanges::kPageBytes,
                   (pages[end - 1] + 1) * ImageChanges::kPageBytes)) {
      return false;
    }
  }
  return true;
}

bool DiskCopy::CopyAll(const SparseImage& image) {
  bool done = fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                        static_cast<off_t>(image.size_bytes())) == 0;
  image.ForEachPage([&](uint64_t offset, ByteSpan bytes) {
    done = done && pwrite(fd_, bytes.data(), bytes.size(),
                          static_cast<off_t>(offset)) ==
                       static_cast<ssize_t>(bytes.size());
  });
  return done;
}

std::string DiskCopy::Follow(LentDisk& disk) {
  SparseImage& image = disk.LentImage();
  if (changes_ == nullptr || image.changes() != changes_) {
    changes_ = std::make_shared<ImageChanges>();
    image.set_changes(changes_);
  }
  auto pages = changes_->Take();
  const bool done =
      pages ? CopyPages(image, std::move(*pages)) : CopyAll(image);
  if (!done) {
    changes_->NoteEverything();
    return "no memory for a copy of the disk";
  }
  const std::string failure = loop_.Invalidate();
  // What the invalidation did is no part of a recovery.
  trace_->Take(0, [](const DeviceRequest&) {});
  return failure;
}

void DiskCopy::Tell(LentDisk& disk, uint64_t hold_back_ns) {
  const uint64_t per_sector = geometry_.sector_bytes / 512;
  const bool all = trace_->Take(hold_back_ns, [&](const DeviceRequest& did) {
    const SectorRange range{did.first / per_sector, did.count / per_sector};
    if (range.count == 0 || range.end() > geometry_.sector_count) return;
    switch (did.kind) {
      case DeviceRequest::kRead:
        return disk.TellRead(range);
      case DeviceRequest::kWriteBegan:
        return disk.TellWriteBegan(range);
      case DeviceRequest::kWritten:
        return disk.TellWritten(range);
    }
  });
  if (!all) disk.TellEverything();
}

}  // namespace powercut::kernel
