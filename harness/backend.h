// Backend: a kind of storage under test, and Mount: one running instance of it
// on a disk.
//
// A backend says what it offers in its traits; the harness asks nothing else
// of it. See backends/README.md for how to add one.

#ifndef POWERCUT_HARNESS_BACKEND_H_
#define POWERCUT_HARNESS_BACKEND_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"
#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"
#include "model/words/observation.h"
#include "model/words/op.h"

namespace powercut {

// The name of the file that the probe makes in the root directory. No workload
// may use it.
inline constexpr const char* kProbePath = "/.powercut-probe";

struct BackendTraits {
  std::string name;
  // The real thing, with its version as it reports it, for `doctor`.
  std::string description;
  // The profile it claims (model/table/profile.h).
  std::string profile;
  // The profiles it can be formatted to behave as; empty: it has one behaviour,
  // whatever it is judged by.
  std::vector<std::string> profiles;
  uint64_t default_disk_bytes = 0;
  uint64_t minimum_disk_bytes = 0;
  // Nothing: the sector.
  std::optional<uint32_t> default_atomic_bytes;
  // The default space is `exhaustive` where all points and kinds together have
  // at most 2^this states, else `epoch:1`: some seconds of recoveries.
  double default_exhaustive_log2_max = 14;
  std::vector<uint32_t> sector_sizes_bytes;
  // The crash kinds it can show. The first is the default.
  std::vector<CrashKind> crash_kinds;
  std::vector<OpKind> ops;
  // Programs can run in it (Mount::RunCommand()).
  bool commands = false;
  // Ops can be started and waited for.
  bool overlap = false;
  // Recording twice gives the same trace.
  bool repeatable = true;
  // Recovering after a crash during recovery must show what recovering without
  // it shows; else it is a violation of kind `unstable`.
  bool recovery_idempotent = false;
  // Every sync op carries all earlier writes of the whole disk to the media.
  bool sync_covers_disk = false;
};

// How an op ended.
struct OpResult {
  // Empty: success. Else the name of the status: `ENOENT`, `EIO`, ...
  std::string error;

  bool ok() const { return error.empty(); }
};

// What formatting and mounting are told beside what the backend itself says.
// Empty: nothing.
struct FormatOptions {
  std::string mkfs;   // words, separated by spaces
  std::string mount;  // as of mount -o

  bool operator==(const FormatOptions&) const = default;
};

// What a disk is formatted as.
struct FormatSpec {
  DiskGeometry geometry;
  // The profile to behave as; of the traits' profiles, or any if it has none.
  std::string profile;

  auto operator<=>(const FormatSpec&) const = default;
};

// How a program of the user's ended.
struct CommandEnd {
  enum Kind : uint8_t {
    kEnded,
    kNotStarted,  // there is no such program, or it may not be run
    kTimedOut,    // it was killed when its time was over
  };

  Kind kind = kEnded;
  // One line. kEnded: empty: with status 0; else how and, if it is quiet, the
  // last line that it printed. Else: why.
  std::string detail;
};

class Mount {
 public:
  Mount() = default;
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  // Ends the instance without a clean shutdown where that is possible; a mount
  // that was not shut down may write to the disk here, but must not crash.
  virtual ~Mount() = default;

  // Runs one op.
  // Requires: op.kind is in the traits' ops; paths are absolute; `content` is
  //           what a write or append writes, empty for other ops.
  // Writes and appends go at `offset_bytes` (for an append, the caller passes
  // the size of the file).
  virtual OpResult Apply(const Op& op, uint64_t offset_bytes,
                         std::string_view content) = 0;

  // `start N OP`: begins an op that overlaps those up to its Wait(); what it
  // is called with is as for Apply().
  // Returns an error if it could not be begun; it is over then.
  // Requires: the traits' `overlap`.
  virtual OpResult Start(const Op& op, uint64_t offset_bytes,
                         std::string_view content) {
    (void)op;
    (void)offset_bytes;
    (void)content;
    return {"ENOSYS"};
  }
  // Ends what Start() of an op with this `start` began, and says how it ended.
  virtual OpResult Wait(uint64_t start) {
    (void)start;
    return {"ENOSYS"};
  }

  // The whole tree with its contents. A name that cannot be opened or read is
  // an entry with `unreadable` set; a tree that cannot be walked is an
  // observation with `unreadable` set.
  virtual Observation Observe() = 0;

  // Adds to an observation each of `paths` that the tree does not list but that
  // can be opened by name, as an entry with `unreadable` set: after a crash the
  // two can differ, and a file that opens is not missing. Storage where they
  // cannot differ does nothing.
  virtual void AddUnlistedPaths(const std::vector<std::string>& paths,
                                Observation& observation) {
    (void)paths;
    (void)observation;
  }

  // Runs a program of the user's in the mounted volume, to its end; what it
  // leaves running is killed. Storage where no program can run has none
  // (`BackendTraits::commands`).
  struct Command {
    // The program and its arguments.
    std::vector<std::string> words;
    // The lines that the file has whose name is in $POWERCUT_ACKED.
    std::string acked;
    // What it prints is kept, not shown.
    bool quiet = false;
    // Wall clock; 0: as long as it takes.
    uint32_t timeout_ms = 0;
    // Called with what it writes to the file whose name is in $POWERCUT_ACKS,
    // while it writes; may be empty.
    std::function<void(std::string_view text)> acks;
  };
  // Errors: kUnsupported: none can run here; kIo: what ran it is gone, and what
  // became of it is unknown.
  virtual Result<CommandEnd> RunCommand(const Command& command) {
    (void)command;
    return Error{ErrorCode::kUnsupported, "no program can run in this storage"};
  }

  // Shuts down cleanly, as an unmount does. No op may follow.
  virtual OpResult Shutdown() = 0;
};

// A mount, or why there is none: not a harness error but what the storage
// said, so that it can become a finding.
struct MountResult {
  std::unique_ptr<Mount> mount;
  std::string failure;  // one line; empty if there is a mount
};

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual const BackendTraits& traits() const = 0;

  // A freshly formatted disk: the same bytes for the same spec, always.
  // Cached by the backend.
  // Errors: kMissing (the formatting program), kBadInput (the disk is too
  // small, or the sector size is not offered), kIo.
  virtual Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) = 0;

  // Mounts, with whatever recovery that entails. `disk` must outlive the mount.
  virtual MountResult Open(VirtualDisk& disk) = 0;

  // Whether the storage's own checker (fsck) is there.
  // Errors: kUnsupported: there is none; kMissing: what to install.
  virtual Status HasChecker() const {
    return Error{ErrorCode::kUnsupported,
                 "powercut knows no checker of " + traits().name};
  }
  // Runs it on a disk that was shut down; it changes nothing. kEnded without a
  // detail: it found nothing; else how it ended, and the first lines of what it
  // found. `timeout_ms`: as of a command.
  // Requires: HasChecker(); no mount of `disk` is left.
  // Errors: kIo: what ran it is gone.
  virtual Result<CommandEnd> RunChecker(VirtualDisk& disk,
                                        uint32_t timeout_ms) {
    (void)disk;
    (void)timeout_ms;
    return HasChecker().error();
  }

  // How a process of the backend's own ended, as of waitpid(), that the last
  // mount needed; nothing: none ended. What that mount said says nothing of
  // the storage then.
  virtual std::optional<int> HelperExitStatus() const { return std::nullopt; }

  // What the last Open() or RunChecker() could not have beside the disk: a
  // device, a program; nothing: it had all. What they said says nothing of the
  // storage then.
  virtual std::optional<Error> MissingResource() const { return std::nullopt; }

  // Ends what it keeps from one mount to the next: processes, devices. Called
  // before this process forks others that open it.
  // Requires: no mount of it is left.
  virtual void ReleaseHelpers() {}
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BACKEND_H_
