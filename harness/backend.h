// Backend: a kind of storage under test. Mount: one running instance of it on a
// disk.
//
// A backend says in its traits what it offers, and the harness asks nothing
// else of it (docs/crash_model.md 7). backends/README.md explains how to add
// one. Neither class is thread-safe, and a backend has one mount at a time.

#ifndef POWERCUT_HARNESS_BACKEND_H_
#define POWERCUT_HARNESS_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"
#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"
#include "harness/disk/volume_map.h"
#include "model/words/observation.h"
#include "model/words/op.h"

namespace powercut {

class Trace;  // harness/trace/trace.h

// The file that the probe makes in the root directory. No workload may name it.
inline constexpr const char* kProbePath = "/.powercut-probe";

// What a backend offers and claims.
struct BackendTraits {
  // The word after `--backend`.
  std::string name;
  // The storage in words, with the version that it reports, for `doctor`. Runs
  // that `--resume` keeps are reused only if this text is the same.
  std::string description;
  // The profile that it claims to keep (model/table/profile.h).
  std::string profile;
  // Why the claimed profile is not exactly what the options of mkfs and mount
  // make the storage promise, in one line. Empty if it is.
  std::string profile_note;
  // The profiles that it can be formatted to behave as. Empty if it has one
  // behaviour, whatever profile it is judged by.
  std::vector<std::string> profiles;
  uint64_t default_disk_bytes = 0;
  uint64_t minimum_disk_bytes = 0;
  // The size of a block that the device writes whole, if the workload and the
  // command line do not set it. `std::nullopt` means one sector.
  std::optional<uint32_t> default_atomic_bytes;
  // If neither the workload nor the command line names a space, `exhaustive` is
  // explored where all crash points and kinds together have at most 2 to the
  // power of this number of states, and `epoch:1` otherwise. The number should
  // be such that `exhaustive` takes some seconds.
  double default_exhaustive_log2_max = 14;
  std::vector<uint32_t> sector_sizes_bytes;
  // The kinds of crash that it can show; not empty. The first is the default.
  std::vector<CrashKind> crash_kinds;
  // The ops that Mount::Apply() takes. `syncfs` must be one of them: the
  // harness applies it at the end of `init`.
  std::vector<OpKind> ops;
  // Whether programs can run in a mount (Mount::RunCommand()).
  bool commands = false;
  // Whether ops can overlap (Mount::Start() and Mount::Wait()).
  bool overlap = false;
  // Whether the ops are calls of a kernel, which finishes a call if the process
  // that made it dies: a crash of the process leaves all of it or nothing
  // (harness/space/explored_points.h).
  bool finishes_calls = false;
  // Whether recording a workload twice gives the same trace.
  bool repeatable = true;
  // Whether a recovery that was cut short by a second crash must show, once it
  // is repeated, what it shows with no second crash. If it does not, that is a
  // violation of kind `unstable`.
  bool recovery_idempotent = false;
  // Whether every sync op carries all earlier writes of the whole disk to the
  // media (docs/crash_model.md 9, Flush obligations).
  bool sync_covers_disk = false;
  // Whether a recovery from a crash reads less if it is known after how many
  // events at most the crash came (Backend::ExpectCrashOf()).
  bool reads_less_if_bounded = false;
};

// How an op ended.
struct OpResult {
  // Empty if the op succeeded. Otherwise the name of the status, such as
  // `ENOENT` or `EIO`.
  std::string error;

  bool ok() const { return error.empty(); }
};

// The user's additions to what a backend itself passes to its format program
// and to its mount. Empty if there are none.
struct FormatOptions {
  // Arguments of the format program, separated by spaces.
  std::string mkfs;
  // Options in the form of `mount -o`.
  std::string mount;

  bool operator==(const FormatOptions&) const = default;
};

// How a disk is formatted.
struct FormatSpec {
  DiskGeometry geometry;
  // The profile to behave as. If the traits list profiles, one of these;
  // otherwise any name, which the backend ignores.
  std::string profile;

  auto operator<=>(const FormatSpec&) const = default;
};

// How a user's program, or the storage's own checker, ended.
struct CommandEnd {
  enum Kind : uint8_t {
    kEnded,       // By itself or by a signal.
    kNotStarted,  // There is no such program, or it may not be run.
    kTimedOut,    // It was killed when its time was over.
  };

  Kind kind = kEnded;
  // One line. For kEnded: empty if the exit status was 0; otherwise how the
  // program ended and, if it was quiet, the last line that it printed. For the
  // other kinds: the reason.
  std::string detail;
  // Whether the volume had no room left when the program had ended. Only
  // Mount::RunCommand() of a program that is not quiet tells.
  bool volume_full = false;
};

// When the kernel writes out what a program left dirty in its caches. Each
// schedule is one that a kernel may choose by itself.
enum class WritebackSchedule : uint8_t {
  kKernel,  // As the kernel does with its settings of today.
  kEager,   // Soon after each call of the program that changes a file.
  kLate,    // Not before the program asks for it, memory runs out, or it ends.
  kRandom,  // Between any two such calls, drawn anew for each.
};

// A mount is made by Backend::Open() and reaches its storage only through the
// disk that it was opened on.
class Mount {
 public:
  Mount() = default;
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  // Ends the instance, with no clean shutdown if the storage can do that. A
  // mount that was not shut down may write to the disk here. It must not crash,
  // whatever state the storage is in.
  virtual ~Mount() = default;

  // Runs one op and waits for its return. A failure of the storage is a result,
  // never an error of the harness.
  // `content` holds the bytes that the op writes; it is empty for ops that
  // bring none. A write, an append, a store or a raw request goes to
  // `offset_bytes` of its file or of the raw device; for an append the caller
  // passes the size of the file.
  // Requires: op.kind is in the traits' ops; paths are absolute.
  virtual OpResult Apply(const Op& op, uint64_t offset_bytes,
                         std::string_view content) = 0;

  // Runs `start N OP`: begins an op that overlaps the ops up to its Wait().
  // The arguments are those of Apply(). If this returns an error, the op could
  // not begin and is over.
  // Requires: the traits' `overlap`.
  virtual OpResult Start(const Op& op, uint64_t offset_bytes,
                         std::string_view content) {
    (void)op;
    (void)offset_bytes;
    (void)content;
    return {"ENOSYS"};
  }
  // Ends the op that Start() began under the number `start`, and returns how it
  // ended.
  // Requires: such an op is under way.
  virtual OpResult Wait(uint64_t start) {
    (void)start;
    return {"ENOSYS"};
  }

  // Shows all that the storage holds: the whole tree with its contents, logs
  // and raw sectors. A name that cannot be opened or read is an entry whose
  // `unreadable` says why. If the tree cannot be walked, the observation's own
  // `unreadable` says why.
  virtual Observation Observe() = 0;

  // Adds to an observation each of `paths` that the tree does not list but that
  // can be opened by its name, as an entry whose `unreadable` is set. After a
  // crash, listing and opening can differ, and a file that opens is not
  // missing. A backend where they cannot differ needs no such function.
  virtual void AddUnlistedPaths(const std::vector<std::string>& paths,
                                Observation& observation) {
    (void)paths;
    (void)observation;
  }

  // A user's program, for RunCommand().
  struct Command {
    // The program and its arguments.
    std::vector<std::string> words;
    // The content of the file whose name the program finds in $POWERCUT_ACKED:
    // the acks in force, one a line. The text must outlive the command.
    std::string_view acked;
    // The content of the file $POWERCUT_ATTEMPTED: what had been attempted, one
    // a line. The text must outlive the command.
    std::string_view attempted;
    // Whether the program's output is kept for CommandEnd::detail. If not, it
    // goes where the output of this process goes.
    bool quiet = false;
    // The most wall clock time that it may take; 0 means no limit.
    uint32_t timeout_ms = 0;
    // When its data goes to the disk, and the seed of kRandom.
    WritebackSchedule writeback = WritebackSchedule::kKernel;
    uint64_t writeback_seed = 0;
    // Whether what the program prints to standard output are its acks, as if it
    // wrote them to $POWERCUT_ACKS.
    bool acks_from_stdout = false;
    // Called with the text that the program writes to the file whose name it
    // finds in $POWERCUT_ACKS, in pieces, before the program's write returns.
    // May be empty.
    std::function<void(std::string_view text)> acks;
  };
  // Runs a program in the mounted volume and waits for its end. Processes that
  // it leaves running are killed.
  // Errors: kUnsupported if no programs can run in this storage
  // (BackendTraits::commands); kIo if a helper process of the backend ended
  // meanwhile, so that the program's end is unknown.
  virtual Result<CommandEnd> RunCommand(const Command& command) {
    (void)command;
    return Error{ErrorCode::kUnsupported, "no program can run in this storage"};
  }

  // Lists at most `entries_max` names of the volume as programs see it now,
  // whatever of it has reached the disk, and changes nothing. May be called by
  // Command::acks while a program runs. `std::nullopt` if the storage cannot do
  // that, or if such a call is under way.
  virtual std::optional<VolumeLook> Look(size_t entries_max) {
    (void)entries_max;
    return std::nullopt;
  }

  // Maps the volume: which place of the disk belongs to what. `std::nullopt` if
  // powercut does not know that of this storage. O(names and extents).
  // Requires: no call since Backend::Open() changed the volume.
  // Errors: kIo if a helper process of the backend ended meanwhile.
  virtual Result<std::optional<VolumeMap>> Map() {
    return std::optional<VolumeMap>();
  }

  // Shuts down cleanly, as an unmount does.
  // Requires: no other call of this mount follows.
  virtual OpResult Shutdown() = 0;
};

// A mount, or the reason why the storage could not be opened. That is no error
// of the harness, so that it can become a finding.
struct MountResult {
  // `nullptr` if the storage could not be opened.
  std::unique_ptr<Mount> mount;
  // One line that begins with what failed, such as `mount: EIO`. Empty if there
  // is a mount.
  std::string failure;
};

// What about a disk keeps storage from being opened on it.
struct DiskProblem {
  enum Kind : uint8_t {
    kNone,       // Nothing is seen that would.
    kNoVolume,   // The disk holds no storage that is known.
    kWrongDisk,  // It holds other storage, or is smaller than what it holds.
  };

  Kind kind = kNone;
  // What is wrong, as a clause, with the remedy if there is one. Empty for
  // kNone.
  std::string text;
};

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  // The same values during the life of the backend.
  virtual const BackendTraits& traits() const = 0;

  // A freshly formatted disk. Equal specs give equal bytes. The backend keeps
  // the disks that it made, so that asking again is cheap.
  // Errors: kMissing if the format program is not installed; kBadInput if the
  // disk is too small, or if the sector size or the profile is not offered;
  // kIo.
  virtual Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) = 0;

  // Opens the storage on a disk, with whatever recovery that entails. Earlier
  // calls must not influence what it does. The caller checks MissingResource()
  // and HelperExitStatus() before it believes the result. `disk` must outlive
  // the mount.
  // Requires: there is no other mount of this backend.
  virtual MountResult Open(VirtualDisk& disk) = 0;

  // Studies a trace, so that recoveries from its crashes are faster. What they
  // show stays the same. Each call is undone by one of ForgetTrace(), and until
  // the last of these the trace must not change. O(trace) at most.
  virtual void StudyTrace(const Trace& trace) { (void)trace; }
  virtual void ForgetTrace(const Trace& trace) { (void)trace; }
  // Whether recoveries from crashes of this trace, which was studied, say for
  // which part of the observation they read (VirtualDisk::DeclarePart()).
  virtual bool DeclaresParts(const Trace& trace) const {
    (void)trace;
    return false;
  }
  // Says that a crash of this trace, after at most `upto` of its events, left
  // the disk of the next Open(), and that nobody wrote to the disk since. What
  // the recovery reads may decide it for all crashes up to there, and not for
  // later ones.
  virtual void ExpectCrashOf(const Trace& trace, EventNumber upto) {
    (void)trace;
    (void)upto;
  }

  // Has what storage, or a program in it, changes once it is open on a crash
  // disk reach that disk, so that crashes of recoveries can be explored. Does
  // nothing where it does so anyway. Otherwise such changes may stay in memory,
  // which is faster.
  // Holds for what is opened from now on.
  virtual void LetRecoveriesPersist() {}

  // Says what about a disk that this storage could not open is wrong. O(1).
  virtual DiskProblem ProblemOf(const SparseImage& disk) const {
    (void)disk;
    return {};
  }

  // Succeeds if the storage's own checker (fsck) can run.
  // Errors: kUnsupported if powercut knows no checker; kMissing, with what to
  // install.
  virtual Status HasChecker() const {
    return Error{ErrorCode::kUnsupported,
                 "powercut knows no checker of " + traits().name};
  }
  // Runs the storage's own checker on a disk, in a mode in which it changes
  // nothing. The detail of kEnded is empty if the checker found nothing wrong;
  // otherwise it says how the checker ended and what it complained of first.
  // `timeout_ms` is the most wall clock time that it may take; 0 means no
  // limit.
  // Requires: HasChecker() succeeds; `disk` has no mount.
  // Errors: kIo if a helper process of the backend ended meanwhile; the error
  // of MissingResource() if there is one.
  virtual Result<CommandEnd> RunChecker(VirtualDisk& disk,
                                        uint32_t timeout_ms) {
    (void)disk;
    (void)timeout_ms;
    return HasChecker().error();
  }

  // The exit status (from waitpid()) of a helper process that the last mount
  // depended on; `std::nullopt` while all helpers are alive. If it is set,
  // discard that mount's result: the helper failed, not the storage under test.
  virtual std::optional<int> HelperExitStatus() const { return std::nullopt; }

  // The device or the program that the last Open() or RunChecker() needed and
  // could not get; `std::nullopt` if it had all that it needed. If it is set,
  // discard the call's result: the environment failed, not the storage.
  virtual std::optional<Error> MissingResource() const { return std::nullopt; }

  // Ends the processes and the devices that the backend keeps from one mount to
  // the next. Called before this process forks others that use the backend.
  // Requires: there is no mount of this backend.
  virtual void ReleaseHelpers() {}
};

// A trace that is studied while this object lives.
class StudiedTrace {
 public:
  // Both must outlive this object.
  StudiedTrace(Backend& backend, const Trace& trace)
      : backend_(backend), trace_(trace) {
    backend_.StudyTrace(trace_);
  }
  StudiedTrace(const StudiedTrace&) = delete;
  StudiedTrace& operator=(const StudiedTrace&) = delete;
  ~StudiedTrace() { backend_.ForgetTrace(trace_); }

 private:
  Backend& backend_;
  const Trace& trace_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BACKEND_H_
