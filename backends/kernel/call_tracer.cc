// Every thread of the program stops at the beginning and at the end of each
// call. The beginning tells which call it is, the end whether it succeeded; a
// call that changed a file is then reported, and the thread goes on. Files are
// named by the file system proc, where what a descriptor or a folder refers to
// is a link. Source: ptrace(2).

#include "backends/kernel/call_tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "backends/kernel/mounter_messages.h"
#include "harness/base/monotonic_clock.h"

namespace powercut::kernel {
namespace {

// The file system proc of this PID namespace. The one at /proc may belong to
// another namespace, in which threads have other numbers.
const std::string kProcFolder = std::string(kPlaceFolder) + "/proc";

// Where a call names the file that it changes.
enum class Names : uint8_t {
  kNothing,      // Names or attributes change, but no content.
  kDescriptor,   // The descriptor in argument `at`.
  kResult,       // The descriptor that the call returns.
  kPath,         // The path in argument `at`, from the current folder.
  kPathInFolder  // The path in argument `at`, from the folder in `at` - 1.
};

struct KnownCall {
  long number;
  Names names;
  int at = 0;
};

// The calls of old architectures that newer ones do not have are left out by
// #ifdef.
constexpr KnownCall kCalls[] = {
    {SYS_write, Names::kDescriptor, 0},
    {SYS_pwrite64, Names::kDescriptor, 0},
    {SYS_writev, Names::kDescriptor, 0},
    {SYS_pwritev, Names::kDescriptor, 0},
    {SYS_pwritev2, Names::kDescriptor, 0},
    {SYS_ftruncate, Names::kDescriptor, 0},
    {SYS_fallocate, Names::kDescriptor, 0},
    {SYS_sendfile, Names::kDescriptor, 0},
    {SYS_splice, Names::kDescriptor, 2},
    {SYS_copy_file_range, Names::kDescriptor, 2},
    {SYS_mmap, Names::kDescriptor, 4},
    {SYS_truncate, Names::kPath, 0},
    {SYS_openat, Names::kResult},
    {SYS_renameat2, Names::kPathInFolder, 3},
    {SYS_linkat, Names::kPathInFolder, 3},
    {SYS_io_submit, Names::kNothing},
    {SYS_mkdirat, Names::kNothing},
    {SYS_mknodat, Names::kNothing},
    {SYS_symlinkat, Names::kNothing},
    {SYS_unlinkat, Names::kNothing},
    {SYS_fchmod, Names::kNothing},
    {SYS_fchmodat, Names::kNothing},
    {SYS_fchownat, Names::kNothing},
    {SYS_utimensat, Names::kNothing},
    {SYS_setxattr, Names::kNothing},
    {SYS_fsetxattr, Names::kNothing},
#ifdef SYS_open
    {SYS_open, Names::kResult},
    {SYS_creat, Names::kResult},
    {SYS_rename, Names::kPath, 1},
    {SYS_link, Names::kPath, 1},
    {SYS_mkdir, Names::kNothing},
    {SYS_rmdir, Names::kNothing},
    {SYS_mknod, Names::kNothing},
    {SYS_symlink, Names::kNothing},
    {SYS_unlink, Names::kNothing},
    {SYS_chmod, Names::kNothing},
    {SYS_chown, Names::kNothing},
#endif
#ifdef SYS_renameat
    {SYS_renameat, Names::kPathInFolder, 3},
#endif
};

const KnownCall* FindCall(uint64_t number) {
  for (const KnownCall& call : kCalls) {
    if (static_cast<uint64_t>(call.number) == number) return &call;
  }
  return nullptr;
}

// Whether a call that opens a file may change one.
bool OpensToChange(uint64_t number, const uint64_t* arguments) {
  constexpr uint64_t kChanges = O_CREAT | O_TRUNC;
#ifdef SYS_open
  if (number == SYS_creat) return true;
  if (number == SYS_open) return (arguments[1] & kChanges) != 0;
#endif
  return (arguments[2] & kChanges) != 0;
}

bool MapsShared(const uint64_t* arguments) {
  return (arguments[2] & PROT_WRITE) != 0 && (arguments[3] & MAP_SHARED) != 0;
}

// The target of a link in the folder of a thread. Empty if there is none.
std::string LinkOf(pid_t thread, const std::string& name) {
  std::error_code error;
  const auto path = std::filesystem::read_symlink(
      fmt::format("{}/{}/{}", kProcFolder, thread, name), error);
  return error ? "" : path.string();
}

// The text at an address of the thread's memory, up to a zero byte. A text that
// ends a mapping is read up to there.
std::string TextAt(pid_t thread, uint64_t address) {
  std::string text;
  constexpr size_t kPageBytes = 4096;
  while (text.size() < kPageBytes) {
    char piece[kPageBytes];
    const size_t wanted = kPageBytes - address % kPageBytes;
    iovec ours = {piece, wanted};
    iovec theirs = {reinterpret_cast<void*>(address), wanted};
    const ssize_t got = process_vm_readv(thread, &ours, 1, &theirs, 1, 0);
    if (got <= 0) return text;
    const std::string_view read(piece, static_cast<size_t>(got));
    const size_t end = read.find('\0');
    text += read.substr(0, end);
    if (end != read.npos) return text;
    address += static_cast<uint64_t>(got);
  }
  return text;
}

// A path that a call was given, as an absolute one. `folder` is a descriptor.
std::string PathAt(pid_t thread, uint64_t address, int folder) {
  std::string path = TextAt(thread, address);
  if (path.starts_with('/')) return path;
  const std::string base = folder == AT_FDCWD
                               ? LinkOf(thread, "cwd")
                               : LinkOf(thread, fmt::format("fd/{}", folder));
  while (path.starts_with("./")) path.erase(0, 2);
  return base + "/" + path;
}

std::string PathOf(pid_t thread, const KnownCall& call,
                   const uint64_t* arguments, int64_t result) {
  const uint64_t argument = arguments[call.at];
  switch (call.names) {
    case Names::kNothing:
      return {};
    case Names::kDescriptor:
      return LinkOf(thread, fmt::format("fd/{}", static_cast<int>(argument)));
    case Names::kResult:
      return LinkOf(thread, fmt::format("fd/{}", result));
    case Names::kPath:
      return PathAt(thread, argument, AT_FDCWD);
    case Names::kPathInFolder:
      return PathAt(thread, argument, static_cast<int>(arguments[call.at - 1]));
  }
  return {};
}

void GoOn(pid_t thread, int request, int signal_number) {
  ptrace(static_cast<__ptrace_request>(request), thread, nullptr,
         reinterpret_cast<void*>(static_cast<intptr_t>(signal_number)));
}

// Waits until a child may have something to say, for at most `ms`.
void WaitForChild(uint64_t ms) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const timespec limit = {static_cast<time_t>(ms / 1000),
                          static_cast<long>(ms % 1000) * 1'000'000};
  sigtimedwait(&child, nullptr, &limit);
}

// Keeps SIGCHLD pending while this object lives, so that it can be waited for.
class ChildSignalBlocked {
 public:
  ChildSignalBlocked() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before_);
  }
  ChildSignalBlocked(const ChildSignalBlocked&) = delete;
  ChildSignalBlocked& operator=(const ChildSignalBlocked&) = delete;
  ~ChildSignalBlocked() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

CallTracer::CallTracer(std::function<void(const ChangingCall&)> changed)
    : changed_(std::move(changed)) {
  mkdir(kProcFolder.c_str(), 0555);
  mounted_ = mount("proc", kProcFolder.c_str(), "proc",
                   MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

CallTracer::~CallTracer() {
  // The namespace would live on with the mount.
  if (mounted_) umount2(kProcFolder.c_str(), MNT_DETACH);
}

int CallTracer::Attach(pid_t process) {
  if (!mounted_) return EPERM;
  constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                            PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  // The process runs on until it becomes its program, and stops there.
  const long failed =
      ptrace(PTRACE_SEIZE, process, nullptr, reinterpret_cast<void*>(kOptions));
  return failed == 0 ? 0 : errno;
}

std::optional<int> CallTracer::WaitFor(pid_t process, uint32_t timeout_ms) {
  const ChildSignalBlocked blocked;
  const uint64_t began_ms = MonotonicMs();
  while (true) {
    int status = 0;
    const int flags = timeout_ms == 0 ? __WALL : __WALL | WNOHANG;
    const pid_t thread = waitpid(-1, &status, flags);
    if (thread > 0 && WIFSTOPPED(status)) {
      HandleStop(thread, status);
    } else if (thread > 0) {
      calls_.erase(thread);
      if (thread == process) return status;
    } else if (thread < 0 && errno != EINTR) {
      return 0;
    }
    if (timeout_ms == 0) continue;
    const uint64_t passed_ms = MonotonicMs() - began_ms;
    if (passed_ms >= timeout_ms) return std::nullopt;
    if (thread == 0) WaitForChild(timeout_ms - passed_ms);
  }
}

void CallTracer::HandleStop(pid_t thread, int status) {
  const int number = WSTOPSIG(status);
  const int event = status >> 16;
  if (number == (SIGTRAP | 0x80)) {
    HandleCall(thread);
    GoOn(thread, PTRACE_SYSCALL, 0);
  } else if (event == PTRACE_EVENT_STOP && number != SIGTRAP) {
    // The program was stopped by a signal, and stays so until it gets SIGCONT.
    GoOn(thread, PTRACE_LISTEN, 0);
  } else {
    // An event of its own needs no signal; any other signal is the program's.
    GoOn(thread, PTRACE_SYSCALL, event != 0 ? 0 : number);
  }
}

void CallTracer::HandleCall(pid_t thread) {
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread,
             reinterpret_cast<void*>(sizeof(info)), &info) <= 0) {
    return;
  }
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    Call& call = calls_[thread];
    call.number = info.entry.nr;
    for (int i = 0; i < 6; ++i) call.arguments[i] = info.entry.args[i];
    return;
  }
  const auto begun = calls_.find(thread);
  if (info.op != PTRACE_SYSCALL_INFO_EXIT || begun == calls_.end()) return;
  const Call call = begun->second;
  calls_.erase(begun);
  if (info.exit.is_error != 0) return;
  const KnownCall* known = FindCall(call.number);
  if (known == nullptr) return;
  if (known->names == Names::kResult &&
      !OpensToChange(call.number, call.arguments)) {
    return;
  }
  ChangingCall change;
  change.maps = call.number == SYS_mmap;
  if (change.maps && !MapsShared(call.arguments)) return;
  change.path = PathOf(thread, *known, call.arguments, info.exit.rval);
  changed_(change);
}

}  // namespace powercut::kernel
