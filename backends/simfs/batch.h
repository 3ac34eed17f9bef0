// Batch: what one op writes, put together before any of it is written, so that
// a full disk is found out in time.

#ifndef POWERCUT_BACKENDS_SIMFS_BATCH_H_
#define POWERCUT_BACKENDS_SIMFS_BATCH_H_

#include <map>
#include <string>
#include <vector>

#include "backends/simfs/live_state.h"

namespace powercut::simfs {

// What a record needs beside what its objects and the journal ask for.
struct RecordNeeds {
  std::vector<RecordNumber> records;
  std::vector<SectorCondition> conditions;
  SectorVersions sectors;
};

class Batch {
 public:
  explicit Batch(LiveState& state) : s_(state), next_(state.next) {}

  InodeNumber NewInode() { return next_.inode++; }
  GenerationId NewGeneration() { return next_.generation++; }
  // A data sector that nothing wrote: of zeros, or of old contents. 0: full.
  uint32_t NewSector(bool old_contents);

  // A record of these changes. `journalled`: in the order of the journal.
  RecordNumber AddRecord(std::vector<Change> changes, bool journalled,
                         RecordNeeds needs = {});
  // One sector of data in place.
  void AddData(uint32_t sector, const AtomBytes& bytes);

  // Writes everything, at Layer::kProcess: data, then records. Returns the
  // name of an error, or nothing; with an error nothing was changed.
  // The records are applied to the state; versions are the caller's to add.
  std::string Commit();

  // The event that wrote the data, and the sectors written with their events.
  // Requires: Commit() succeeded.
  EventNumber EventOf(uint32_t sector) const { return written_.at(sector); }
  const SectorVersions& written() const { return written_; }

 private:
  struct Planned {
    Record record;
    RecordNeeds needs;
    Bytes bytes;
    uint64_t first_sector = 0;
  };

  RecordNumber NewestOf(const ObjectKey& key) const;
  std::string MakeRoom();
  std::string WriteData();
  std::string WriteRecords();

  LiveState& s_;
  Counters next_;
  bool full_ = false;
  std::map<ObjectKey, RecordNumber> newest_;
  RecordNumber last_record_ = 0;
  RecordNumber last_journalled_ = 0;
  std::vector<Planned> records_;
  std::map<uint32_t, AtomBytes> data_;
  SectorVersions written_;
};

// The object a change speaks of.
ObjectKey KeyOf(const Change& change);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_BATCH_H_
