// VolumeMap: which file, or which part of a file system, each place of a disk
// belongs to, and which names a volume shows.

#ifndef POWERCUT_HARNESS_DISK_VOLUME_MAP_H_
#define POWERCUT_HARNESS_DISK_VOLUME_MAP_H_

#include <cstdint>
#include <string>
#include <vector>

namespace powercut {

// A name that a volume shows.
struct VolumeEntry {
  // Absolute, from the root of the volume.
  std::string path;
  bool is_directory = false;
  // The size that the volume shows; 0 for directories and for what is no
  // regular file.
  uint64_t size_bytes = 0;
  // The time of the last change of the content, in ns since 1970.
  int64_t changed_ns = 0;

  bool operator==(const VolumeEntry&) const = default;
};

// What one look at the names of a volume saw.
struct VolumeLook {
  // In the order of their paths.
  std::vector<VolumeEntry> entries;
  // Whether the volume has more names than were looked at.
  bool cut = false;

  bool operator==(const VolumeLook&) const = default;
};

// A run of bytes of the disk that has one owner.
struct VolumePart {
  enum Kind : uint8_t {
    kFile,       // The content of a file.
    kDirectory,  // The names in a directory.
    kOther,      // Anything else, such as a journal or a table of inodes.
  };

  Kind kind = kOther;
  uint64_t first_byte = 0;
  uint64_t bytes = 0;
  // For kFile and kDirectory, the path. For kOther, words such as
  // `the journal`, or `inodes of /f, /g`.
  std::string owner;
  // Where `first_byte` is in the file or the directory, in bytes. 0 for kOther.
  uint64_t offset_bytes = 0;

  bool operator==(const VolumePart&) const = default;
};

struct VolumeMap {
  VolumeLook look;
  // Ascending by `first_byte`. Parts overlap where files share blocks.
  std::vector<VolumePart> parts;
  // What could not be mapped, and why, one line each.
  std::vector<std::string> notes;

  bool operator==(const VolumeMap&) const = default;
};

// Returns the parts that overlap the bytes, each cut to them. Where one area
// lies inside another, such as the inode of a file in a table of inodes, only
// the inner one is returned. Empty if nobody is known to own the bytes.
// O(parts).
std::vector<VolumePart> PartsAt(const VolumeMap& map, uint64_t first_byte,
                                uint64_t bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_VOLUME_MAP_H_
