// Batch: everything that one op writes, collected before any of it is written,
// so that a full disk is noticed before the op has any effect.

#ifndef POWERCUT_BACKENDS_SIMFS_BATCH_H_
#define POWERCUT_BACKENDS_SIMFS_BATCH_H_

#include <map>
#include <string>
#include <vector>

#include "backends/simfs/live_state.h"

namespace powercut::simfs {

// What a record needs beside the records that its objects, the journal and the
// barrier ask for.
struct RecordNeeds {
  std::vector<RecordNumber> records;
  // Data sectors that must no longer hold given contents, and the versions of
  // these sectors that make it so.
  std::vector<SectorCondition> conditions;
  SectorVersions sectors;
  // A planted bug: the order that data_journal gives does not hold.
  bool skips_data_journal = false;
};

class Batch {
 public:
  // `state` must outlive this object.
  explicit Batch(LiveState& state) : s_(state), next_(state.next) {}

  InodeNumber NewInode() { return next_.inode++; }
  GenerationId NewGeneration() { return next_.generation++; }
  // Takes a data sector that was never written, from the part with zeros or
  // from the part with old contents. If that part is full, returns 0 and lets
  // Commit() fail.
  uint32_t NewSector(bool old_contents);

  // Gives an atom that has no space a generation in a data sector, as
  // NewSector() does. A file of many pieces gets space for its next atoms, too,
  // which is kept for them.
  struct Space {
    GenerationId generation = 0;
    uint32_t sector = 0;
  };
  Space NewSpace(InodeNumber inode, uint64_t atom, bool old_contents);

  // Adds a record of these changes. A `journalled` record takes part in the
  // order of the metadata journal, if the profile has one.
  RecordNumber AddRecord(std::vector<Change> changes, bool journalled,
                         RecordNeeds needs = {});
  // Adds a record that frees others from the order of commits.
  RecordNumber AddFree(std::vector<RecordNumber> freed);
  // Adds one sector of data in place.
  void AddData(uint32_t sector, const AtomBytes& bytes);

  // Writes everything at Layer::kProcess, the data first and then the records,
  // and applies the records to the state. The caller adds the versions.
  // Returns an empty text or the name of an error. After an error the state
  // shows none of the batch. If simfs itself has no room (ENOSPC), nothing was
  // written; after an error of the disk some of the data may lie in place.
  std::string Commit();

  // Return the event that wrote a sector, and all sectors that were written.
  // Requires: Commit() succeeded; the batch wrote `sector`.
  EventNumber EventOf(uint32_t sector) const { return written_.at(sector); }
  const SectorVersions& written() const { return written_; }

 private:
  struct Planned {
    Record record;
    LiveRecord live;
    Bytes bytes;
  };

  // The part of the disk that the next sector comes from: its next free sector
  // and its end.
  struct Part {
    uint64_t& next;
    uint64_t end = 0;
  };
  Part PartFor(bool old_contents);
  // Takes space for the atoms from `atom` on, if the file has many pieces.
  SpaceAhead Ahead(InodeNumber inode, uint64_t atom, bool old_contents);
  RecordNumber NewestOf(const ObjectKey& key) const;
  bool Moves(const NameChange& name, const std::vector<Change>& changes) const;
  std::vector<NameTie>& TiesOf(const ObjectKey& key);
  RecordNumber HideTies(const NameChange& name);
  void AddTies(const std::vector<Change>& changes, RecordNumber number);
  // `nullptr` if the record was not written by this mount.
  const LiveRecord* Find(RecordNumber number) const;
  void NeedOlder(RecordNumber older, std::vector<RecordNumber>& asked) const;
  bool IsOnMedia(const LiveRecord& record) const;
  bool IsDurable(RecordNumber number);
  bool IsOrderDurable(RecordNumber number);
  bool OrderHolds(const LiveRecord& record);
  void Place(Planned planned);
  std::string MakeRoom();
  std::string WriteData();
  std::string WriteRecords();

  LiveState& s_;
  Counters next_;
  bool full_ = false;
  std::map<ObjectKey, RecordNumber> newest_;
  // The names of LiveState::name_ties that this batch changes.
  std::map<ObjectKey, std::vector<NameTie>> ties_;
  RecordNumber last_record_ = 0;
  RecordNumber last_journalled_ = 0;
  RecordNumber last_in_order_ = 0;
  std::vector<Planned> records_;
  std::map<uint32_t, AtomBytes> data_;
  // The space ahead of the files that this batch gives space.
  std::map<InodeNumber, SpaceAhead> ahead_;
  SectorVersions written_;
};

// Names the object that a change is about.
ObjectKey KeyOf(const Change& change);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_BATCH_H_
