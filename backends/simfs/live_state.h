// LiveState: what a mounted simfs remembers beside what it shows: every
// version of every object since the mount, who made it, and which record or
// sector holds it. Flushes are planned on it.

#ifndef POWERCUT_BACKENDS_SIMFS_LIVE_STATE_H_
#define POWERCUT_BACKENDS_SIMFS_LIVE_STATE_H_

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backends/simfs/layered_disk.h"
#include "backends/simfs/layout.h"
#include "backends/simfs/profile_rules.h"
#include "backends/simfs/record.h"
#include "backends/simfs/shown_volume.h"
#include "backends/simfs/simfs_bugs.h"

namespace powercut::simfs {

// How an op went; index into LiveState::op_runs.
using OpRunId = uint32_t;
struct OpRun {
  bool returned = false;  // with success
};

// Who makes a version.
struct VersionSource {
  OpRunId op_run = 0;
  uint32_t op = 0;      // its number: mtimes
  uint32_t handle = 0;  // 0: by path
  uint32_t view = 0;    // 0: not a store
};

struct Version {
  VersionSource source;
  RecordNumber record = 0;  // 0: in place, or from before the mount
  EventNumber event = 0;    // in place: the write
  uint64_t content = 0;     // in place: what the sector holds
  bool carried = false;     // a store that a view flush made a write
  bool tainted = false;     // a flush that covered it failed
};

// Versions of one object; [0] is from before the mount, or from its creation.
struct Chain {
  std::vector<Version> versions = std::vector<Version>(1);

  uint32_t newest() const { return static_cast<uint32_t>(versions.size()) - 1; }
};

struct Generation {
  InodeNumber inode = kNoInode;
  uint64_t atom = 0;
  uint32_t sector = 0;
  bool in_records = false;
  uint32_t given_by = 0;       // the version of the shape that gave its space
  uint32_t found_version = 0;  // that recovery found in a record
  Chain chain;
};

struct LiveFile {
  Chain shape;
  Chain times;
  // Of each atom, in order.
  std::map<uint64_t, std::vector<GenerationId>> generations;
  // What programs read there; zeros where nothing was written.
  std::map<uint64_t, AtomBytes> memory;
};

struct LiveName {
  Chain chain;
  std::vector<InodeNumber> leads_to;  // by version
};

// One version, to be marked later.
struct VersionRef {
  Chain* chain = nullptr;
  uint32_t version = 0;
};

struct LiveRecord {
  SectorRange sectors;
  EventNumber event = 0;
  // What its conditions ask for.
  std::vector<RecordNumber> needs;
  SectorVersions needs_sectors;
  std::vector<VersionRef> versions;
};

// What new things are numbered from.
struct Counters {
  RecordNumber record = 1;
  uint64_t record_sector = kFirstRecordSector;
  InodeNumber inode = kRootInode + 1;
  GenerationId generation = 1;
  uint64_t zero_sector = 0;
  uint64_t old_sector = 0;
};

// An object that records speak of: kind (name, shape, times, atom), number and
// text.
using ObjectKey = std::tuple<char, uint32_t, std::string>;

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
  // Sectors beyond the counters may have been written before the mount.
  bool recovered = false;

  // Nodes stay where they are: VersionRef points into them.
  std::map<InodeNumber, LiveFile> files;
  std::map<ShownVolume::NameKey, LiveName> names;
  std::map<GenerationId, Generation> generations;
  std::map<RecordNumber, LiveRecord> records;
  std::vector<OpRun> op_runs{{.returned = true}};

  std::map<ObjectKey, RecordNumber> newest_records;
  // What a record's condition says is over: data that brought it back in place
  // would make the record no longer count.
  ContentsOfSectors superseded_contents;
  RecordNumber last_record = 0;
  RecordNumber last_journalled = 0;
  // What every later record needs; data in place stops there.
  RecordNumber barrier = 0;

  // The oldest version that a crash of the system leaves of a shape.
  uint32_t DurableShape(const LiveFile& file) const {
    uint32_t version = file.shape.newest();
    while (version > 0 &&
           ReachedBy(file.shape.versions[version].record) < Layer::kDevice) {
      --version;
    }
    return version;
  }
  Layer ReachedBy(RecordNumber number) const {
    const auto found = records.find(number);
    if (found == records.end()) return Layer::kMedia;
    return disk.Reached(found->second.sectors.first, found->second.event);
  }
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_LIVE_STATE_H_
