// Pages are written out by sync_file_range(), which sends no flush. A journal
// commits when a file that the running transaction holds is flushed; a file of
// our own, without a name and without data, carries no data of the program. The
// kernel commits in the same way by its timer: every 5 s on ext4, 30 s on btrfs
// and xfs. (On btrfs, flushing a file writes a log for that file alone, so that
// the commit is asked for by an ioctl.)
// Source: sync_file_range(2); fs/ext4/fsync.c, fs/jbd2/journal.c,
// fs/btrfs/ioctl.c and fs/xfs/xfs_log.c of Linux 6.18; ext4(5), `commit=`.
//
// Example of kRandom: a program writes `new` and renames it over `old`. After
// the write nothing is drawn; after the rename a commit is drawn. The journal
// now has the rename, and the data of `new` is still in the page cache, as
// after a timer that ran between the two.
//
// Periodic writeback is held off by settings of the whole machine. Whoever
// changes them forks a guard first, which restores them when the recording
// tells it that it has ended, or when the process that records is gone.

#include "backends/kernel/writeback.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/btrfs.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

namespace powercut::kernel {
namespace {

// How many files are remembered. More than that are left to the kernel.
constexpr size_t kFilesMax = 1024;

// One in so many steps of kRandom commits; one in so many writes out files,
// each dirty file with an even chance.
constexpr uint64_t kStepsPerCommit = 8;
constexpr uint64_t kStepsPerWriteOut = 2;

// What holds periodic writeback off: 0 turns the periodic thread off, and an
// hour is longer than recordings take.
struct Setting {
  const char* file;
  const char* late;
};
constexpr Setting kSettings[] = {
    {"/proc/sys/vm/dirty_writeback_centisecs", "0"},
    {"/proc/sys/vm/dirty_expire_centisecs", "360000"},
};

// Whoever holds a lock on this file has changed the settings.
constexpr const char* kLockFile = "/run/powercut-late-writeback.lock";

std::string ReadSetting(const char* file) {
  std::ifstream in(file);
  std::string value;
  in >> value;
  return value;
}

bool WriteSetting(const char* file, const std::string& value) {
  std::ofstream out(file);
  out << value;
  out.close();
  return !out.fail();
}

// Waits until a byte comes or the other end of the socket is closed, and
// restores the settings.
[[noreturn]] void GuardSettings(int socket, int lock,
                                const std::vector<std::string>& values) {
  setsid();
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    signal(number, SIG_IGN);
  }
  // No other descriptor may stay open here: the disk's own, for instance, would
  // keep the device alive after its server has died.
  constexpr int kAboveStandard = 10;
  const int kept_socket = fcntl(socket, F_DUPFD, kAboveStandard);
  const int kept_lock = fcntl(lock, F_DUPFD, kAboveStandard);
  dup2(kept_socket, 0);
  dup2(kept_lock, 1);
  close_range(2, ~0U, 0);
  char end = 0;
  while (read(0, &end, 1) < 0 && errno == EINTR) {
  }
  size_t i = 0;
  for (const Setting& setting : kSettings) {
    WriteSetting(setting.file, values[i++]);
  }
  _exit(0);
}

}  // namespace

WritebackDriver::WritebackDriver(WritebackSchedule schedule, uint64_t seed,
                                 std::string volume)
    : schedule_(schedule), prng_(seed), volume_(std::move(volume)) {}

WritebackDriver::~WritebackDriver() {
  if (commit_file_ >= 0) close(commit_file_);
}

void WritebackDriver::AfterCall(const ChangingCall& call) {
  if (!call.path.empty()) {
    if (!call.path.starts_with(volume_ + "/")) return;
    std::set<std::string>& files = call.maps ? mapped_ : dirty_;
    if (files.size() < kFilesMax) files.insert(call.path);
  }
  dirty_.insert(mapped_.begin(), mapped_.end());
  if (schedule_ == WritebackSchedule::kEager) {
    for (const std::string& path : std::exchange(dirty_, {})) WriteOut(path);
  } else if (schedule_ == WritebackSchedule::kRandom) {
    if (prng_.OneIn(kStepsPerWriteOut)) WriteOutSome();
    if (prng_.OneIn(kStepsPerCommit)) Commit();
  }
}

void WritebackDriver::WriteOutSome() {
  std::set<std::string> kept;
  for (const std::string& path : std::exchange(dirty_, {})) {
    if (prng_.OneIn(2)) {
      WriteOut(path);
    } else {
      kept.insert(path);
    }
  }
  dirty_ = std::move(kept);
}

void WritebackDriver::WriteOut(const std::string& path) {
  const int fd =
      open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  // The file may have been removed or renamed since.
  if (fd < 0) return;
  struct stat status{};
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    sync_file_range(fd, 0, 0,
                    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                        SYNC_FILE_RANGE_WAIT_AFTER);
  }
  close(fd);
}

void WritebackDriver::Commit() {
  if (commit_file_ < 0) {
    commit_file_ = open(volume_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    // A file system without such files keeps its own commits.
    if (commit_file_ < 0) return;
  }
  // On btrfs this begins the commit that its timer would begin; elsewhere it is
  // refused.
  uint64_t transaction = 0;
  if (ioctl(commit_file_, BTRFS_IOC_START_SYNC, &transaction) == 0) {
    ioctl(commit_file_, BTRFS_IOC_WAIT_SYNC, &transaction);
    return;
  }
  // A change of its mode puts the file into the running transaction.
  toggle_ = !toggle_;
  if (fchmod(commit_file_, toggle_ ? 0400 : 0600) == 0) fsync(commit_file_);
}

Result<std::unique_ptr<LateWriteback>> LateWriteback::Begin() {
  const auto missing = [](std::string_view what) {
    return Error{ErrorCode::kMissing,
                 fmt::format("--writeback late: {}; record without it", what)};
  };
  const int lock = open(kLockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    return missing(fmt::format("{}: {}", kLockFile, strerrordesc_np(errno)));
  }
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return missing("another recording holds the writeback of this machine off");
  }
  std::vector<std::string> values;
  for (const Setting& setting : kSettings) {
    values.push_back(ReadSetting(setting.file));
  }
  int ends[2] = {-1, -1};
  std::unique_ptr<LateWriteback> late(new LateWriteback());
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    close(lock);
    return missing(fmt::format("a socket: {}", strerrordesc_np(errno)));
  }
  const pid_t guard = fork();
  if (guard == 0) {
    close(ends[1]);
    GuardSettings(ends[0], lock, values);
  }
  close(ends[0]);
  // The guard keeps the lock for as long as the settings are changed.
  close(lock);
  late->to_guard_ = ends[1];
  late->guard_ = guard;
  if (guard < 0) {
    return missing(fmt::format("a process: {}", strerrordesc_np(errno)));
  }
  for (const Setting& setting : kSettings) {
    if (!WriteSetting(setting.file, setting.late)) {
      return missing(fmt::format("{} cannot be set", setting.file));
    }
  }
  return late;
}

LateWriteback::~LateWriteback() {
  // A byte, and not only the end of the socket: a child that was forked
  // meanwhile, such as the one that looks at names, may have a copy of this
  // end.
  if (to_guard_ >= 0) {
    send(to_guard_, "", 1, MSG_NOSIGNAL);
    close(to_guard_);
  }
  if (guard_ > 0) waitpid(guard_, nullptr, 0);
}

}  // namespace powercut::kernel
