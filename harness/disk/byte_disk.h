// ByteDisk: reads and writes of byte ranges on a VirtualDisk, for storage that
// treats its device as a file (libntfs-3g writes 1, 3072 or 4095 bytes at odd
// offsets).
//
// A write that covers a sector only in part reads this sector first. The
// virtual disk sees that read as one of the storage's own, which is right: what
// the storage leaves on the disk depends on it.

#ifndef POWERCUT_HARNESS_DISK_BYTE_DISK_H_
#define POWERCUT_HARNESS_DISK_BYTE_DISK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/disk/virtual_disk.h"

namespace powercut {

// Not thread-safe.
class ByteDisk {
 public:
  // `disk` must outlive this object.
  explicit ByteDisk(VirtualDisk& disk) : disk_(disk) {}

  uint64_t size_bytes() const { return disk_.geometry().size_bytes(); }

  // Reads the newest bytes of a range.
  // Requires: offset_bytes + out.size() <= size_bytes().
  // Errors: as VirtualDisk::Read().
  Status Read(uint64_t offset_bytes, MutableByteSpan out);

  // Writes a range, as one write event that covers every sector touched.
  // Requires: as Read(); `data` is not empty.
  // Errors: as VirtualDisk::Read() and VirtualDisk::Write().
  Status Write(uint64_t offset_bytes, ByteSpan data, Layer layer);

  // Does what VirtualDisk::DeclareCopyTarget() does, for the destinations of
  // Read(). If a read of this class goes through a buffer of whole sectors, the
  // part of that buffer that is copied to `buffer` is declared instead.
  void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                         uint64_t offset_bytes);
  void EndCopyTarget() { DeclareCopyTarget({}, {}, 0); }

  VirtualDisk& disk() { return disk_; }

 private:
  // Whether all of `out` lies in the buffer declared last.
  bool IsCopying(MutableByteSpan out) const;
  // Fills `sectors_`, of which only the bytes from `lead_bytes` on are copied
  // to `out`.
  Status ReadSectors(uint64_t first_sector, uint64_t lead_bytes,
                     MutableByteSpan out);

  VirtualDisk& disk_;
  // Scratch memory for whole sectors, kept to save allocations.
  Bytes sectors_;
  // The arguments of the last DeclareCopyTarget().
  std::string copy_path_;
  MutableByteSpan copy_buffer_;
  uint64_t copy_offset_bytes_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_BYTE_DISK_H_
