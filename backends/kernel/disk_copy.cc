// The copy is a file in memory, in a tmpfs that is mounted nowhere. The file
// belongs to this process alone, and no process serves the device, so that this
// process may wait for it.
//
// Example: a recovery reads block 3 and writes block 9. Tell() says so to the
// disk. Its Reset() notes block 9 as changed, and the next state has another
// block 5: Follow() then writes the pages of the blocks 5 and 9.

#include "backends/kernel/disk_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "harness/base/check.h"

namespace powercut::kernel {
namespace {

// How much memory a copy may take, with what a recovery writes. A write beyond
// that fails, which Tell() notices. A worker that serves the disk may take
// about as much for the same writes, with the old bytes that it keeps.
constexpr const char* kCopyBytesMax = "1g";

// Returns a file without a name in memory; -1 if there can be none.
int MakeFile(uint64_t size_bytes) {
  const int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
  if (context < 0) return -1;
  int folder = -1;
  if (fsconfig(context, FSCONFIG_SET_STRING, "size", kCopyBytesMax, 0) == 0 &&
      fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    folder = fsmount(context, FSMOUNT_CLOEXEC, 0);
  }
  close(context);
  if (folder < 0) return -1;
  int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  close(folder);
  if (fd >= 0 && ftruncate(fd, static_cast<off_t>(size_bytes)) != 0) {
    close(fd);
    fd = -1;
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<DiskCopy>> DiskCopy::Make(const DiskGeometry& geometry) {
  std::unique_ptr<DiskCopy> copy(new DiskCopy(geometry));
  copy->fd_ = MakeFile(geometry.size_bytes());
  if (copy->fd_ < 0) {
    return Error{ErrorCode::kMissing, "no file in memory for a copy of disks"};
  }
  const std::string failure =
      copy->loop_.Attach(fmt::format("/proc/self/fd/{}", copy->fd_),
                         geometry.sector_bytes, LoopDevice::kCached);
  if (!failure.empty()) return Error{ErrorCode::kMissing, failure};
  if (!copy->loop_.CountsPages()) {
    return Error{ErrorCode::kMissing, "this kernel has no cachestat(2)"};
  }
  copy->trace_ = RequestTrace::Start(copy->path());
  if (copy->trace_ == nullptr) {
    return Error{ErrorCode::kMissing,
                 "the requests of block devices cannot be traced"};
  }
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
  uint64_t bytes_to_copy = 0;
  image.ForEachPage(
      [&](uint64_t, ByteSpan bytes) { bytes_to_copy += bytes.size(); });
  bool done = bytes_to_copy <= kImageBytesMax &&
              fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                        static_cast<off_t>(image.size_bytes())) == 0;
  image.ForEachPage([&](uint64_t offset, ByteSpan bytes) {
    done = done && pwrite(fd_, bytes.data(), bytes.size(),
                          static_cast<off_t>(offset)) ==
                       static_cast<ssize_t>(bytes.size());
  });
  return done;
}

bool DiskCopy::Follow(LentDisk& disk) {
  // If somebody wrote since the last Tell(), the copy is no known image.
  if (!trace_->Restart() || !loop_.IsFree()) return false;
  SparseImage& image = disk.LentImage();
  if (changes_ == nullptr || image.changes() != changes_) {
    changes_ = std::make_shared<ImageChanges>();
    image.set_changes(changes_);
  }
  auto pages = changes_->Take();
  if (!(pages ? CopyPages(image, std::move(*pages)) : CopyAll(image)) ||
      !loop_.Invalidate().empty()) {
    changes_->NoteEverything();
    return false;
  }
  // Somebody may read the device from the first moment, such as udev, so that
  // the pages of the device are in the cache when it is mounted. That is why
  // what was read during the copying counts. A write can come from nobody.
  bool only_reads = true;
  const bool all = trace_->Take(false, [&](const DeviceRequest& did) {
    only_reads = only_reads && did.kind == DeviceRequest::kRead;
    if (did.kind == DeviceRequest::kRead) TellOne(disk, did);
  });
  return all && only_reads;
}

void DiskCopy::Tell(LentDisk& disk, bool idle) {
  const bool all =
      trace_->Take(idle, [&](const DeviceRequest& did) { TellOne(disk, did); });
  if (!all) disk.TellLost();
}

void DiskCopy::TellOne(LentDisk& disk, const DeviceRequest& did) const {
  const uint64_t per_sector = geometry_.sector_bytes / 512;
  const SectorRange range{did.first / per_sector, did.count / per_sector};
  POWERCUT_CHECK(range.count > 0 && range.end() <= geometry_.sector_count);
  switch (did.kind) {
    case DeviceRequest::kRead:
      return disk.TellRead(range);
    case DeviceRequest::kWriteBegan:
      return disk.TellWriteBegan(range);
    case DeviceRequest::kWritten:
      return disk.TellWritten(range);
  }
}

void DiskCopy::Break(LentDisk& disk) {
  disk.TellLost();
  loop_.Shrink();
}

}  // namespace powercut::kernel
