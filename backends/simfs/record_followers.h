// RecordFollowers: which records of a trace do not count any more if others are
// lost. Under a journal, what is lost takes all that came later with it.

#ifndef POWERCUT_BACKENDS_SIMFS_RECORD_FOLLOWERS_H_
#define POWERCUT_BACKENDS_SIMFS_RECORD_FOLLOWERS_H_

#include <map>
#include <span>
#include <vector>

#include "backends/simfs/record.h"
#include "harness/space/crash_state.h"
#include "harness/trace/trace.h"

namespace powercut::simfs {

class RecordFollowers {
 public:
  // The trace is one of simfs; from what another one holds, nothing follows.
  // Cost: O(sectors written).
  explicit RecordFollowers(const Trace& trace);

  // The sectors of the records of events up to `point` that are on the disk but
  // do not count: the records need one that is lost, come after it in the order
  // of commits, or ask for data that is lost. Ascending, without the records
  // that are lost themselves. Cost: O((lost + followers) * log(records)).
  std::vector<WrittenSector> Of(std::span<const WrittenSector> lost,
                                EventNumber point) const;

  // The sector where the record begins that has this sector; the sector itself
  // if it is of no record.
  WrittenSector WholeOf(const WrittenSector& lost) const;

 private:
  // What is known of the trace while it is read.
  struct Reading;

  void Add(const Record& record, const WrittenSector& at, Reading& reading);
  void AddConditions(const Reading& reading);

  // The records by their first sectors, each with the sector after its last.
  std::map<WrittenSector, uint64_t> ends_;
  // What needs a record or a sector of data.
  std::map<WrittenSector, std::vector<WrittenSector>> needed_by_;
  // The records that come right after a record in the order of commits. It is
  // more than one after a size, which no later record comes after.
  std::map<WrittenSector, std::vector<WrittenSector>> next_in_order_;
  // The records that say of another one that it may be found without a commit.
  std::map<WrittenSector, std::vector<WrittenSector>> freed_by_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_RECORD_FOLLOWERS_H_
