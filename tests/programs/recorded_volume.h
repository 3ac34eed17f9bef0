// Recorded: a volume as RecordCommand() records it, without the kernel between.
// Crashed: what a crash left of it.

#ifndef POWERCUT_TESTS_PROGRAMS_RECORDED_VOLUME_H_
#define POWERCUT_TESTS_PROGRAMS_RECORDED_VOLUME_H_

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "backends/simfs/simfs_backend.h"
#include "harness/trace/op_history.h"
#include "harness/trace/recording_disk.h"
#include "programs/program_files.h"

namespace powercut::programs {

using Handle = ProgramFiles::Handle;

inline constexpr DiskGeometry kGeometry{512, 16 << 11};

inline simfs::SimfsMount& SimfsOf(Mount& mount) {
  return dynamic_cast<simfs::SimfsMount&>(mount);
}

// A volume that is recorded as RecordCommand() does it.
class Recorded {
 public:
  explicit Recorded(DiskGeometry geometry = kGeometry)
      : disk_(geometry, *backend_->Format({geometry, "linux-man"})),
        mount_(backend_->Open(disk_).mount),
        files_(SimfsOf(*mount_)) {
    Op sync;
    sync.kind = OpKind::kSyncfs;
    EXPECT_TRUE(mount_->Apply(sync, 0, {}).ok());
    disk_.Mark(kRunMark);
  }

  ProgramFiles& files() { return files_; }
  Mount& mount() { return *mount_; }
  const RecordingDisk& disk() const { return disk_; }

  uint64_t Make(const std::string& name, mode_t mode = S_IFREG | 0644) {
    uint64_t node = 0;
    EXPECT_EQ(files_.Make(kRootNode, name, mode, 0, "", node), 0) << name;
    return node;
  }
  Handle Open(uint64_t node) {
    Handle handle = 0;
    EXPECT_EQ(files_.Open(node, O_RDWR, handle), 0);
    return handle;
  }
  void Write(uint64_t node, Handle handle, uint64_t at,
             const std::string& text) {
    size_t written = 0;
    EXPECT_EQ(files_.Write(node, handle, at, AsBytes(text), written), 0);
    EXPECT_EQ(written, text.size());
  }

 private:
  std::unique_ptr<Backend> backend_ = MakeSimfsBackend();
  RecordingDisk disk_;
  std::unique_ptr<Mount> mount_;
  ProgramFiles files_;
};

// The image that a crash leaves after all calls: `all` of it, or only what is
// on the media.
inline SparseImage ImageAfterCrash(const Trace& trace, EventNumber point) {
  return ApplyUpTo(trace, point);
}

// Shows what a crash left.
class Crashed {
 public:
  Crashed(const Trace& trace, EventNumber point, const Calls& calls)
      : disk_(trace.geometry(), std::make_shared<const SparseImage>(
                                    ImageAfterCrash(trace, point))),
        mount_(backend_->Open(disk_).mount) {
    for (const Call& call : calls) {
      if (call.attributes.empty()) continue;
      PackedReader in(call.attributes);
      history_.Add(call.inode, call.op.number, ReadAttributes(in));
    }
    files_.emplace(SimfsOf(*mount_), history_, /*keeps_calls=*/false);
  }
  ProgramFiles& files() { return *files_; }

  // The permissions of a file; 0 if there is none.
  mode_t PermissionsOf(const std::string& name) {
    uint64_t node = 0;
    struct stat facts{};
    if (files_->Lookup(kRootNode, name, node) != 0) return 0;
    EXPECT_EQ(files_->Facts(node, facts), 0);
    return facts.st_mode & 07777;
  }

 private:
  std::unique_ptr<Backend> backend_ = MakeSimfsBackend();
  RecordingDisk disk_;
  std::unique_ptr<Mount> mount_;
  AttributeHistory history_;
  std::optional<ProgramFiles> files_;
};

}  // namespace powercut::programs

#endif  // POWERCUT_TESTS_PROGRAMS_RECORDED_VOLUME_H_
