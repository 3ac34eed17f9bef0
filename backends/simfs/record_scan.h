// The recovery of simfs: it reads the record area, decides which of the records
// count, and builds from these what the volume shows.

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
  // Records that are whole and do not count.
  std::vector<RecordNumber> dropped;
  // Contents that a condition of a record that counts asks a sector not to
  // hold.
  ContentsOfSectors superseded_contents;
  // The next free number of each kind, above everything that was found, whether
  // its record counts or not.
  RecordNumber next_record = 1;
  uint64_t next_record_sector = kFirstRecordSector;
  uint64_t segments_used = 1;
  InodeNumber next_inode = kRootInode + 1;
  GenerationId next_generation = 1;
  uint64_t next_zero_sector = 0;
  uint64_t next_old_sector = 0;
};

// Reads the segments in use, in order, and the sectors that conditions name.
// Writes nothing.
// Errors: kIo.
// Cost: O(sectors of the segments in use), and one read for each condition.
Result<RecordScan> ScanRecords(VirtualDisk& disk, const SimfsLayout& layout,
                               const SimfsBugs& bugs);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_RECORD_SCAN_H_
