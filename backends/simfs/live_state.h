// LiveState: what a mounted simfs remembers beside what it shows: every version
// of every object since the mount, the op that made the version, and the record
// or sector that holds it. Flushes are planned with this knowledge.

#ifndef POWERCUT_BACKENDS_SIMFS_LIVE_STATE_H_
#define POWERCUT_BACKENDS_SIMFS_LIVE_STATE_H_

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "backends/simfs/layered_disk.h"
#include "backends/simfs/layout.h"
#include "backends/simfs/profile_rules.h"
#include "backends/simfs/record.h"
#include "backends/simfs/shown_volume.h"
#include "backends/simfs/simfs_bugs.h"
#include "backends/simfs/sync_log.h"
#include "harness/base/check.h"

namespace powercut::simfs {

// An op that was begun, as an index into LiveState::op_runs.
using OpRunId = uint32_t;
struct OpRun {
  // True if the op has returned with success.
  bool returned = false;
};

// The op that makes a version, and the way that it goes.
struct VersionSource {
  // 0 stands for everything from before the mount.
  OpRunId op_run = 0;
  // The number of the op, which is also the time that its changes set.
  uint32_t op = 0;
  // The handle that the op goes through; 0 if it names a path.
  uint32_t handle = 0;
  // The view that a store goes through; 0 if the op is no store.
  uint32_t view = 0;
};

struct Version {
  VersionSource source;
  // The record that holds the version; 0 if the version lies in place or is
  // from before the mount.
  RecordNumber record = 0;
  // For a version in place: the event that wrote it, and the hash of what its
  // sector holds then, as ContentOf() gives it.
  EventNumber event = 0;
  uint64_t content = 0;
  // True for a store that a view flush has carried, so that it counts as a
  // write.
  bool carried = false;
  // True if a flush that should have covered the version failed.
  bool tainted = false;
};

// The versions of one object. Version 0 is from before the mount, or from the
// creation of the object.
struct Chain {
  std::vector<Version> versions = std::vector<Version>(1);

  uint32_t newest() const { return static_cast<uint32_t>(versions.size()) - 1; }
};

// The bytes of one atom of a file in one space.
struct Generation {
  InodeNumber inode = kNoInode;
  uint64_t atom = 0;
  uint32_t sector = 0;
  // True if a version is in a record. All later ones must be, too, since what a
  // record holds outranks the sector.
  bool in_records = false;
  // The version of the file's shape that gave the space.
  uint32_t given_by = 0;
  // The version that recovery found in a record; 0 if it found none.
  uint32_t found_version = 0;
  Chain chain;
};

// Space that is kept for the next atoms of a file. Files that grow in turn
// would else cut each other into as many pieces as there are writes, and each
// shape stores all pieces of its file.
struct SpaceAhead {
  // The first of the atoms, and how many there are.
  uint64_t atom = 0;
  uint32_t count = 0;
  // What the first atom gets; the next ones get the numbers after these.
  GenerationId generation = 0;
  uint32_t sector = 0;
};

struct LiveFile {
  Chain shape;
  Chain times;
  // The generations of each atom, the oldest first.
  std::map<uint64_t, std::vector<GenerationId>> generations;
  // The atoms of which a version may not be on the media.
  std::set<uint64_t> open_atoms;
  // The bytes that programs read in an atom. An atom without an entry was not
  // written since the mount, or was cut off.
  std::map<uint64_t, AtomBytes> memory;
  SpaceAhead ahead;
  // For planted bugs: the version of the shape that fallocate made last, and
  // the op that was begun last when an msync of the file returned.
  uint32_t fallocated_shape = 0;
  OpRunId synced_by_msync = 0;
};

struct LiveName {
  Chain chain;
  // The file that each version leads to, or kNoInode.
  std::vector<InodeNumber> leads_to;
};

// Points to one version, so that it can be marked later.
struct VersionRef {
  Chain* chain = nullptr;
  uint32_t version = 0;
};

// A record that this mount wrote. There can be a million of them, so that they
// are small and few of them take memory elsewhere.
struct LiveRecord {
  SectorRange sectors;
  // The event that wrote the record.
  EventNumber event = 0;
  // The records that are carried with the record: first those that the stored
  // record asks for, and how many these are, then the older versions of its
  // objects.
  uint32_t asked_count = 0;
  boost::container::small_vector<RecordNumber, 2> needs;
  // The versions of sectors that are carried with the record.
  std::vector<std::pair<uint64_t, EventNumber>> needs_sectors;
  // The versions that the record holds.
  boost::container::small_vector<VersionRef, 1> versions;
  // Whether the record changes one object and no more, and whether it has
  // conditions.
  bool single = false;
  bool conditional = false;
  // Whether every crash from now on leaves the record, so that it counts. Set
  // once that was found out (Batch::IsDurable()).
  bool durable = false;
  // The same of the record and all that come before it in the order of commits
  // (Batch::IsOrderDurable()).
  bool order_durable = false;
  // The record that comes before this one in the order of commits, and the
  // record that frees this one from that order; 0 if there is none.
  RecordNumber after = 0;
  RecordNumber freed_by = 0;

  // The records that the stored record asks for.
  std::span<const RecordNumber> asked() const {
    return {needs.data(), asked_count};
  }
};

// The records of a mount. Their numbers follow each other.
class LiveRecords {
 public:
  // Requires: `number` is that after the last one, if there is any.
  void Add(RecordNumber number, LiveRecord record) {
    if (records_.empty()) first_ = number;
    POWERCUT_CHECK(number - first_ == records_.size());
    records_.push_back(std::move(record));
  }
  // `nullptr` if this mount did not write the record. Valid until Add().
  LiveRecord* Find(RecordNumber number) {
    return number - first_ < records_.size() ? &records_[number - first_]
                                             : nullptr;
  }
  const LiveRecord* Find(RecordNumber number) const {
    return number - first_ < records_.size() ? &records_[number - first_]
                                             : nullptr;
  }
  // The number of the last record; 0 if there is none.
  RecordNumber last() const {
    return records_.empty()
               ? 0
               : first_ + static_cast<RecordNumber>(records_.size()) - 1;
  }

 private:
  RecordNumber first_ = 1;
  std::vector<LiveRecord> records_;
};

// The next free number of each kind.
struct Counters {
  RecordNumber record = 1;
  uint64_t record_sector = kFirstRecordSector;
  InodeNumber inode = kRootInode + 1;
  GenerationId generation = 1;
  uint64_t zero_sector = 0;
  uint64_t old_sector = 0;
};

// An object that records change: its kind (`n` name, `s` shape, `t` times, `a`
// atom, `v` void and barrier records), its number and, for a name, its text.
using ObjectKey = std::tuple<char, uint32_t, std::string>;

// A record of a name that holds another name, too, and is not hidden yet
// (O-HIDDEN).
struct NameTie {
  RecordNumber record = 0;
  // The record of the change before it; 0 if this mount made none.
  RecordNumber before = 0;
  // What the name led to before the record, and since.
  InodeNumber left = kNoInode;
  InodeNumber leads_to = kNoInode;
  // Whether the record gives the other name to `left`.
  bool moved = false;
};

struct LiveState {
  LiveState(VirtualDisk& virtual_disk, SimfsLayout simfs_layout,
            const ProfileRules& profile_rules, SimfsBugs simfs_bugs)
      : disk(virtual_disk),
        layout(std::move(simfs_layout)),
        rules(profile_rules),
        bugs(std::move(simfs_bugs)) {}
  LiveState(const LiveState&) = delete;
  LiveState& operator=(const LiveState&) = delete;

  bool Has(SimfsBug bug) const { return bugs.contains(bug); }

  LayeredDisk disk;
  const SimfsLayout layout;
  const ProfileRules& rules;
  const SimfsBugs bugs;

  ShownVolume shown;
  Counters next;
  uint64_t segments_used = 1;
  // True if the disk was used before this mount. Sectors beyond the counters
  // may then have been written by ops whose records are lost.
  bool recovered = false;

  // Elements must not move, since VersionRef points into them: hence maps.
  std::map<InodeNumber, LiveFile> files;
  std::map<ShownVolume::NameKey, LiveName> names;
  // By file or directory: the names that led to it in some version. Those that
  // only the mount found are apart.
  std::map<InodeNumber, std::set<ShownVolume::NameKey>> names_of;
  std::map<InodeNumber, std::set<ShownVolume::NameKey>> found_names_of;
  // The names of which a version may not be on the media.
  std::set<ShownVolume::NameKey> open_names;
  // For each file and directory that was made since the mount, the name that it
  // was made with, and the version of that name.
  std::map<InodeNumber, std::pair<ShownVolume::NameKey, uint32_t>> made_as;
  std::map<GenerationId, Generation> generations;
  LiveRecords records;
  // Entry 0 stands for everything from before the mount.
  std::vector<OpRun> op_runs{{.returned = true}};

  // The newest record of this mount that changes an object.
  std::map<ObjectKey, RecordNumber> newest_records;
  // With metadata_commits: the ties of each name, from the oldest.
  std::map<ObjectKey, std::vector<NameTie>> name_ties;
  // Contents that a condition of some record asks a sector not to hold. If data
  // in place brought such contents back, that record would no longer count.
  ContentsOfSectors superseded_contents;
  RecordNumber last_record = 0;
  RecordNumber last_journalled = 0;
  // With metadata_commits: what the log of a sync may hold, and the last record
  // that later ones come after.
  SyncLog sync_log;
  RecordNumber last_in_order = 0;
  // Up to here the records in the order of commits are at the host.
  RecordNumber order_at_host = 0;
  // For a planted bug: the op that was begun last when a flush of a directory
  // returned.
  OpRunId synced_by_directory = 0;
  // The record that every later record needs; 0 if there is none. After a
  // barrier all data goes into records, since data in place can need nothing.
  RecordNumber barrier = 0;

  // Returns the oldest version of the shape that a crash of the system can
  // leave.
  uint32_t DurableShape(const LiveFile& file) const {
    uint32_t version = file.shape.newest();
    while (version > 0 &&
           ReachedBy(file.shape.versions[version].record) < Layer::kDevice) {
      --version;
    }
    return version;
  }
  // Returns whether no crash leaves an older version than the newest one.
  bool IsSettled(const Chain& chain, uint32_t sector) const {
    const Version& newest = chain.versions.back();
    const Layer reached = newest.record != 0
                              ? ReachedBy(newest.record)
                              : disk.Reached(sector, newest.event);
    return reached == Layer::kMedia;
  }
  // Returns the layer that a record has reached. Records from before the mount
  // are on the media.
  Layer ReachedBy(RecordNumber number) const {
    const LiveRecord* const record = records.Find(number);
    if (record == nullptr) return Layer::kMedia;
    return disk.Reached(record->sectors.first, record->event);
  }
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_LIVE_STATE_H_
