// SimfsMount: ops, their errors, handles and views, on top of effects and
// flushes.

#ifndef POWERCUT_BACKENDS_SIMFS_SIMFS_MOUNT_H_
#define POWERCUT_BACKENDS_SIMFS_SIMFS_MOUNT_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/simfs/effects.h"
#include "backends/simfs/flush_plan.h"
#include "backends/simfs/live_state.h"
#include "backends/simfs/record_scan.h"
#include "harness/backend.h"

namespace powercut::simfs {

class SimfsMount : public Mount {
 public:
  // `disk` must outlive this object; `scan` is what recovery found on it.
  SimfsMount(VirtualDisk& disk, SimfsLayout layout, const ProfileRules& rules,
             const SimfsBugs& bugs, RecordScan scan);

  // A store's content and a raw write's is passed as a write's is; where a
  // store goes follows from its view.
  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override;
  OpResult Start(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override;
  OpResult Wait(uint64_t start) override;
  Observation Observe() override;
  OpResult Shutdown() override { return {}; }

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
  // What an operand leads to.
  struct Operand {
    InodeNumber inode = kNoInode;
    const Handle* handle = nullptr;
  };
  // An op between its begin and its return.
  struct Running {
    Op op;
    bool overlapped = false;
    VersionSource source;
    OpEffects done;
    std::vector<FlushPlan> plans;
    SectorVersions raw;
  };
  struct Input {
    const Op& op;
    uint64_t offset_bytes;
    std::string_view content;
  };

  // Both return the name of an error, or nothing.
  std::string Begin(const Input& in, Running& running);
  std::string Finish(Running& running);
  std::string BeginByKind(const Input& in, Running& running);

  // simfs_names.cc
  std::string BeginName(const Input& in, Running& running);
  std::string MakeNew(const Op& op, Running& running);
  std::string BeginRename(const Op& op, Running& running);
  std::string BeginReplace(const Op& op, Running& running);
  std::string Open(const Op& op);
  InodeNumber Lookup(std::string_view path) const;
  std::optional<NameKey> KeyOfPath(std::string_view path) const;
  std::string NewNameError(std::string_view path) const;
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

  LiveState s_;
  std::vector<RecordNumber> dropped_;  // by recovery, not yet made void
  std::map<std::string, Handle> handles_;
  std::map<std::string, View> views_;
  uint32_t next_id_ = 1;  // of handles and views
  bool read_only_ = false;
  bool dismounted_ = false;
  std::map<uint64_t, Running> started_;
};

// An op of NT, whose errors are NTSTATUS names.
bool IsNtOp(OpKind kind);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_SIMFS_MOUNT_H_
