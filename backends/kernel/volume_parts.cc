// Maps a volume in three steps: list the names, ask the kernel for the extents
// of each file and directory, and add what the file system keeps beside them
// (volume_layouts.h).
//
// FIEMAP answers for files of every file system, and for directories of ext2 to
// ext4. XFS answers for its directories by GETBMAPX. btrfs keeps names in its
// trees, so that its directories have no place of their own.
//
// Example: on ext4, /f has one extent, and the map gets the part `/f bytes 0 to
// 4095`; the part `inodes of /f, /lost+found`, which is the block of the table
// that holds both; and the parts of the journal, the bitmaps and the groups.

#include "backends/kernel/volume_parts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <utility>
#include <vector>

#include "backends/kernel/volume_layouts.h"
#include "backends/kernel/volume_walk.h"

namespace powercut::kernel {
namespace {

// The most parts of one map. A volume of 1 GiB whose files have one extent for
// each block has 262,144.
constexpr size_t kPartsMax = 1 << 18;

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(open(path.c_str(), flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Adds the extents that FIEMAP reports. Returns 0 or an errno value.
int AddFiemap(int fd, const VolumePart& whole, std::vector<VolumePart>& parts) {
  constexpr uint32_t kExtents = 128;
  std::vector<std::byte> memory(sizeof(fiemap) +
                                kExtents * sizeof(fiemap_extent));
  for (uint64_t start = 0; parts.size() < kPartsMax;) {
    std::ranges::fill(memory, std::byte{0});
    auto* request = reinterpret_cast<fiemap*>(memory.data());
    request->fm_start = start;
    request->fm_length = FIEMAP_MAX_OFFSET - start;
    request->fm_extent_count = kExtents;
    if (ioctl(fd, FS_IOC_FIEMAP, request) != 0) return errno;
    for (uint32_t i = 0; i < request->fm_mapped_extents; ++i) {
      const fiemap_extent& extent = request->fm_extents[i];
      start = extent.fe_logical + extent.fe_length;
      // These have no place of their own on the device.
      constexpr uint32_t kNowhere = FIEMAP_EXTENT_UNKNOWN |
                                    FIEMAP_EXTENT_DELALLOC |
                                    FIEMAP_EXTENT_DATA_INLINE;
      if ((extent.fe_flags & kNowhere) == 0 && extent.fe_length > 0) {
        VolumePart part = whole;
        part.first_byte = extent.fe_physical;
        part.bytes = extent.fe_length;
        part.offset_bytes = extent.fe_logical;
        parts.push_back(std::move(part));
      }
      if ((extent.fe_flags & FIEMAP_EXTENT_LAST) != 0) return 0;
    }
    if (request->fm_mapped_extents == 0) return 0;
  }
  return 0;
}

// XFS's request for the extents of any inode. All numbers but the counts are in
// units of 512 bytes. Source: ioctl_xfs_getbmapx(2).
struct XfsExtent {
  int64_t offset;
  int64_t block;
  int64_t length;
  int32_t count;
  int32_t entries;
  int32_t flags[4];
};
// The number names a shorter structure, which the request is an extension of.
constexpr unsigned long kGetBmapx =
    _IOC(_IOC_READ | _IOC_WRITE, 'X', 56, /*size=*/32);

int AddXfsDirectory(int fd, const VolumePart& whole,
                    std::vector<VolumePart>& parts) {
  constexpr int32_t kExtents = 128;
  std::vector<XfsExtent> extents(kExtents + 1);
  extents[0].length = -1;
  extents[0].count = kExtents + 1;
  if (ioctl(fd, kGetBmapx, extents.data()) != 0) return errno;
  const auto found = static_cast<size_t>(std::max(extents[0].entries, 0));
  for (size_t i = 1; i <= std::min(found, size_t{kExtents}); ++i) {
    if (extents[i].block < 0) continue;  // a hole
    VolumePart part = whole;
    part.first_byte = static_cast<uint64_t>(extents[i].block) * 512;
    part.bytes = static_cast<uint64_t>(extents[i].length) * 512;
    part.offset_bytes = static_cast<uint64_t>(extents[i].offset) * 512;
    parts.push_back(std::move(part));
  }
  return 0;
}

// Adds the places of one file or directory. Returns 0 or an errno value.
int AddExtents(const std::string& root, const VolumeEntry& entry,
               const std::string& type, std::vector<VolumePart>& parts) {
  // A pipe without a writer would block the open.
  const Descriptor file(root + entry.path, O_NONBLOCK);
  if (file.fd() < 0) return errno;
  VolumePart whole;
  whole.kind = entry.is_directory ? VolumePart::kDirectory : VolumePart::kFile;
  whole.owner = entry.path;
  if (!entry.is_directory) return AddFiemap(file.fd(), whole, parts);
  if (type == "xfs") return AddXfsDirectory(file.fd(), whole, parts);
  if (type == "btrfs") return 0;
  return AddFiemap(file.fd(), whole, parts);
}

}  // namespace

std::string InodesOf(const std::vector<std::string>& paths) {
  constexpr size_t kShown = 3;
  const std::vector<std::string> shown(
      paths.begin(),
      paths.begin() + static_cast<ptrdiff_t>(std::min(paths.size(), kShown)));
  std::string text =
      fmt::format("{} of {}", paths.size() == 1 ? "the inode" : "inodes",
                  fmt::join(shown, ", "));
  if (paths.size() > kShown) {
    text += fmt::format(" and {} more", paths.size() - kShown);
  }
  return text;
}

bool ReadAt(int fd, uint64_t offset_bytes, MutableByteSpan out) {
  return pread(fd, out.data(), out.size(), static_cast<off_t>(offset_bytes)) ==
         static_cast<ssize_t>(out.size());
}

VolumeMap MapVolume(const std::string& root, const std::string& device,
                    const std::string& type) {
  VolumeMap map;
  WalkedVolume walked = WalkVolume(root, kMappedEntriesMax);
  if (walked.look.cut) {
    map.notes.push_back(fmt::format(
        "the volume has more than {} names; only so many were mapped",
        kMappedEntriesMax));
  }
  PathsByInode paths;
  int failure = 0;
  // The root directory is no entry, but names in it have a place.
  VolumeEntry top;
  top.path = "/";
  top.is_directory = true;
  AddExtents(root, top, type, map.parts);
  for (size_t i = 0; i < walked.inodes.size(); ++i) {
    const VolumeEntry& entry = walked.look.entries[i];
    std::vector<std::string>& names = paths[walked.inodes[i]];
    names.push_back(entry.path);
    // A second name of a file has the same places.
    if (names.size() > 1) continue;
    const int error = AddExtents(root, entry, type, map.parts);
    if (failure == 0 && error != ELOOP && error != ENXIO) failure = error;
  }
  if (failure != 0) {
    map.notes.push_back(
        fmt::format("the places of some files are not known ({})",
                    strerrordesc_np(failure)));
  }
  if (map.parts.size() >= kPartsMax) {
    map.notes.push_back(fmt::format(
        "the files have more than {} extents; only so many were mapped",
        kPartsMax));
  }
  const Descriptor top_folder(root, O_DIRECTORY);
  const Descriptor disk(device, 0);
  if (type.starts_with("ext")) {
    AddExtParts(top_folder.fd(), disk.fd(), paths, map);
  } else if (type == "xfs") {
    AddXfsParts(disk.fd(), paths, map);
  } else if (type == "btrfs") {
    AddBtrfsParts(top_folder.fd(), map);
  } else {
    map.notes.push_back("powercut does not know where " + type +
                        " keeps what is no content of a file");
  }
  // Parts that begin at one byte keep their order. std::stable_sort() of this
  // library is refused by newer compilers.
  std::list<VolumePart> ordered(map.parts.begin(), map.parts.end());
  ordered.sort([](const VolumePart& a, const VolumePart& b) {
    return a.first_byte < b.first_byte;
  });
  map.parts.assign(ordered.begin(), ordered.end());
  map.look = std::move(walked.look);
  return map;
}

}  // namespace powercut::kernel
