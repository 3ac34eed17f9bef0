// Recovery: reading the record area, and which of the records count.

#ifndef POWERCUT_BACKENDS_SIMFS_RECORD_SCAN_H_
#define POWERCUT_BACKENDS_SIMFS_RECORD_SCAN_H_

#include <vector>

#include "backends/simfs/layout.h"
#include "backends/simfs/record.h"
#include "backends/simfs/shown_volume.h"
#include "backends/simfs/simfs_bugs.h"
#include "harness/base/result.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::simfs {

struct RecordScan {
  ShownVolume shown;
  // Records that are there and do not count.
  std::vector<RecordNumber> dropped;
  // What the sectors of counting records' conditions must not hold again.
  ContentsOfSectors superseded_contents;
  // Beyond everything found, counting or not.
  RecordNumber next_record = 1;
  uint64_t next_record_sector = kFirstRecordSector;
  uint64_t segments_used = 1;
  InodeNumber next_inode = kRootInode + 1;
  GenerationId next_generation = 1;
  uint64_t next_zero_sector = 0;
  uint64_t next_old_sector = 0;
};

// Reads the segments in use, in order; writes nothing.
// Errors: kIo.
Result<RecordScan> ScanRecords(VirtualDisk& disk, const SimfsLayout& layout,
                               const SimfsBugs& bugs);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_RECORD_SCAN_H_
