// SimfsMount: a mounted simfs. It checks what ops are asked to do, keeps
// handles and views, and has effects and flushes do the work.

#ifndef POWERCUT_BACKENDS_SIMFS_SIMFS_MOUNT_H_
#define POWERCUT_BACKENDS_SIMFS_SIMFS_MOUNT_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/simfs/demand_volume.h"
#include "backends/simfs/effects.h"
#include "backends/simfs/flush_plan.h"
#include "backends/simfs/live_state.h"
#include "backends/simfs/record_catalog.h"
#include "backends/simfs/record_scan.h"
#include "harness/backend.h"

namespace powercut::simfs {

class SimfsMount : public Mount {
 public:
  // `disk` must outlive this object; `scan` is what recovery found on it.
  SimfsMount(VirtualDisk& disk, SimfsLayout layout, const ProfileRules& rules,
             const SimfsBugs& bugs, RecordScan scan);
  // Mounts a disk that a crash of the catalog's trace after at most `upto`
  // events left, without reading it. `catalog` must outlive this object.
  // Requires: nobody wrote to the disk since the crash.
  SimfsMount(VirtualDisk& disk, SimfsLayout layout, const ProfileRules& rules,
             const SimfsBugs& bugs, const RecordCatalog& catalog,
             EventNumber upto);

  // The content of a store and of a raw write is passed like that of a write.
  // Where a store goes follows from its view, so that `offset_bytes` counts for
  // writes and appends only.
  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override;
  OpResult Start(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override;
  OpResult Wait(uint64_t start) override;
  Observation Observe() override;
  // Shows what is at these paths (ObservePaths()), and reads nothing else.
  Observation ObservePaths(const std::vector<std::string>& paths);
  OpResult Shutdown() override { return {}; }

  // What a crash left if nobody scanned the disk yet, else what was found.
  // Valid until the next op.
  ShownObjects& Objects();
  VirtualDisk& disk() { return s_.disk.disk(); }

 private:
  using NameKey = ShownVolume::NameKey;

  struct Handle {
    InodeNumber inode = kNoInode;
    uint32_t id = 0;
    bool read_only = false;
    bool append = false;
    WriteMode mode;
  };
  struct View {
    InodeNumber inode = kNoInode;
    uint32_t id = 0;
    uint64_t offset = 0;
    uint64_t size = 0;
  };
  // What the path or handle that an op names leads to.
  struct Operand {
    InodeNumber inode = kNoInode;
    const Handle* handle = nullptr;
  };
  // An op between its begin and its return.
  struct Running {
    Op op;
    // True if other ops may run before the return.
    bool overlapped = false;
    VersionSource source;
    OpEffects done;
    // The flushes to carry out on return.
    std::vector<FlushPlan> plans;
    // The raw sectors that the op wrote.
    SectorVersions raw;
    // Why a flush could not be planned; empty if none failed.
    std::string error;
  };
  struct Input {
    const Op& op;
    uint64_t offset_bytes;
    std::string_view content;
  };

  // Takes over what a scan found.
  void TakeScan(RecordScan scan);
  // Scans the disk if nobody did yet: ops need all that is there. Returns an
  // empty text or the name of an error.
  std::string ScanIfNeeded();

  // Begin() checks an op, writes its effects and plans its flushes; Finish()
  // carries what must be carried before the op returns. These two and all
  // functions below that return a text return an empty one for success, else
  // the name of an error.
  std::string Begin(const Input& in, Running& running);
  std::string Finish(Running& running);
  std::string BeginOp(const Input& in, Running& running);
  std::string BeginByKind(const Input& in, Running& running);

  // simfs_names.cc
  std::string BeginName(const Input& in, Running& running);
  std::string MakeNew(const Op& op, Running& running);
  std::string BeginRename(const Op& op, Running& running);
  std::string BeginExchange(const Op& op, Running& running);
  std::string BeginReplace(const Op& op, Running& running);
  std::string Open(const Op& op);
  InodeNumber Lookup(std::string_view path) const;
  std::optional<NameKey> KeyOfPath(std::string_view path) const;
  std::string DirectoryError(std::string_view path) const;
  std::string NewNameError(std::string_view path) const;
  std::string TwoPathsError(std::string_view a, std::string_view b) const;
  std::string RenameError(std::string_view from, std::string_view to) const;
  bool IsDirectory(InodeNumber inode) const;
  bool IsEmpty(InodeNumber directory) const;
  Operand Resolve(const std::string& name) const;

  // simfs_mount.cc
  std::string BeginWrite(const Input& in, Running& running);
  std::string BeginResize(const Input& in, Running& running);
  std::string BeginMap(const Input& in, Running& running);
  std::string BeginStore(const Input& in, Running& running);
  std::string BeginRaw(const Input& in, Running& running);
  std::string FileError(const Operand& operand) const;
  const Shape& ShapeOf(InodeNumber inode) const {
    return s_.shown.file(inode).shape;
  }
  std::string VoidDropped();

  // simfs_flushes.cc
  std::string BeginFlush(const Input& in, Running& running);
  std::string BeginNtFlush(const Op& op, Running& running);
  std::string BeginViewFlush(const Op& op, Running& running);
  void PlanOf(const FlushKind& kind, const FlushTarget& target,
              Running& running);
  // Plans a flush, and tells the log of syncs of it before.
  void Plan(const FlushRule& rule, const FlushTarget& target, Running& running);
  // Writes a record that frees what the log of a sync may hold from the order
  // of commits.
  std::string FreeLogged(Running& running);

  LiveState s_;
  // What a crash left, until the disk is scanned; `nullptr` after a scan.
  std::unique_ptr<DemandVolume> demand_;
  // The records that recovery dropped, until an op has made them void.
  std::vector<RecordNumber> dropped_;
  std::map<std::string, Handle> handles_;
  std::map<std::string, View> views_;
  // The next number of a handle or a view.
  uint32_t next_id_ = 1;
  bool read_only_ = false;
  bool dismounted_ = false;
  // Ops that were started and not waited for, by the number of their `start`.
  std::map<uint64_t, Running> started_;
};

// Returns whether the op fails with an NTSTATUS name where the volume was
// dismounted.
bool IsNtOp(OpKind kind);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_SIMFS_MOUNT_H_
