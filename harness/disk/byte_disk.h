// ByteDisk: byte ranges on a VirtualDisk. Storage that treats its device as a
// file (libntfs-3g writes 1, 3072 or 4095 bytes at odd offsets) becomes sector
// writes here, by reading the partly covered sectors first. Such a read counts
// as a read of the storage.

#ifndef POWERCUT_HARNESS_DISK_BYTE_DISK_H_
#define POWERCUT_HARNESS_DISK_BYTE_DISK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/disk/virtual_disk.h"

namespace powercut {

class ByteDisk {
 public:
  // `disk` must outlive this object.
  explicit ByteDisk(VirtualDisk& disk) : disk_(disk) {}

  uint64_t size_bytes() const { return disk_.geometry().size_bytes(); }

  // Requires: offset_bytes + out.size() <= size_bytes().
  Status Read(uint64_t offset_bytes, MutableByteSpan out);

  // One write event that covers every sector touched.
  // Requires: as Read; data is not empty.
  Status Write(uint64_t offset_bytes, ByteSpan data, Layer layer);

  // As of VirtualDisk, for the destinations of reads here; of a read that needs
  // whole sectors read elsewhere first, too.
  void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                         uint64_t offset_bytes);
  void EndCopyTarget() { DeclareCopyTarget({}, {}, 0); }

  VirtualDisk& disk() { return disk_; }

 private:
  // Whether `out` lies in what DeclareCopyTarget() said.
  bool IsCopying(MutableByteSpan out) const;
  Status ReadSectors(uint64_t first_sector, uint64_t lead_bytes,
                     MutableByteSpan out);

  VirtualDisk& disk_;
  Bytes sectors_;  // scratch
  // What DeclareCopyTarget() said last.
  std::string copy_path_;
  MutableByteSpan copy_buffer_;
  uint64_t copy_offset_bytes_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_BYTE_DISK_H_
