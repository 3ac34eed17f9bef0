// LentDisk: a disk whose content a backend may copy, to work on the copy
// instead. The backend then says afterwards what was read and written there.

#ifndef POWERCUT_HARNESS_DISK_LENT_DISK_H_
#define POWERCUT_HARNESS_DISK_LENT_DISK_H_

#include "harness/disk/sector_set.h"
#include "harness/disk/sparse_image.h"

namespace powercut {

// What was done to the copy must be told in the order in which it happened, and
// before the storage is observed to have ended. Requests of the disk itself and
// of its copy must not be mixed. Not thread-safe.
class LentDisk {
 public:
  LentDisk() = default;
  LentDisk(const LentDisk&) = delete;
  LentDisk& operator=(const LentDisk&) = delete;
  virtual ~LentDisk() = default;

  // The bytes before the first request. What is written to the copy does not
  // change them. When these writes are to be taken back, the disk notes them in
  // SparseImage::changes(), as if the image had changed there; after TellLost()
  // it notes everything.
  virtual SparseImage& LentImage() = 0;
  // The copy was read there.
  // Requires of this and the next two: the range is not empty and lies within
  // the disk.
  virtual void TellRead(SectorRange range) = 0;
  // A write or a discard of the range began. From then on the copy can have any
  // bytes there, so that a read tells nothing about the image only after
  // TellWritten().
  virtual void TellWriteBegan(SectorRange range) = 0;
  // The range has the new content.
  virtual void TellWritten(SectorRange range) = 0;
  // Some of what was done is not known, or a request failed for want of memory.
  // What the storage shows is then worth nothing, and it must run again on the
  // disk itself.
  virtual void TellLost() = 0;
  // Whether more requests were told than the storage may make. The copy should
  // then fail, as the disk itself would, and what follows is lost.
  virtual bool IsExhausted() const = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_LENT_DISK_H_
