// Starts the process that runs programs, and serves their volume meanwhile.
//
// In a user namespace of its own, a process may mount tmpfs and FUSE, and may
// make a PID namespace, with no privileges outside. The user keeps its number
// there, so that programs see the user that they were started by; a program has
// no capabilities, unless the user is root.
//
// The fork comes before a FUSE device is opened: a descriptor of it that
// crossed the fork would keep the device alive after its server has died.

#include "programs/program_host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <span>
#include <thread>
#include <utility>

#include "backends/kernel/inner_process.h"
#include "backends/kernel/mounter_messages.h"
#include "backends/kernel/volume_program.h"
#include "harness/base/shortage.h"
#include "harness/system/message_socket.h"
#include "harness/system/stopped_child.h"
#include "programs/fuse_volume.h"
#include "programs/page_writer.h"

namespace powercut::programs {
namespace {

constexpr const char* kRemedy =
    "; or record on a file system of the kernel as root (--fs ext4)";

bool WriteText(const char* path, const std::string& text) {
  std::ofstream out(path);
  out << text << std::flush;
  return out.good();
}

// Makes this process the only user of a namespace of its own, if it is not root
// already.
Status EnterUserNamespace() {
  // Processes that are forked later are in the namespace, too, and these
  // namespaces can be nested 32 times only.
  static bool inside = false;
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (user == 0 || inside) return Ok{};
  if (unshare(CLONE_NEWUSER) != 0) {
    return kernel::MissingHere(
        "no user namespace (allow them: sysctl kernel.unprivileged_userns_clone"
        "=1, kernel.apparmor_restrict_unprivileged_userns=0)",
        kRemedy);
  }
  const bool mapped =
      WriteText("/proc/self/setgroups", "deny") &&
      WriteText("/proc/self/uid_map", fmt::format("{0} {0} 1", user)) &&
      WriteText("/proc/self/gid_map", fmt::format("{0} {0} 1", group));
  if (!mapped) {
    return kernel::MissingHere("a user namespace without a map of its users",
                               kRemedy);
  }
  inside = true;
  return Ok{};
}

// The first byte of a message to the owner: the program ended, it syncs the
// volume, or it maps a file of the volume.
constexpr char kEnded = 'e';
constexpr char kSyncs = 's';
constexpr char kMaps = 'm';

// Tells the owner of a call of the program, and returns the errno value of the
// answer.
int Tell(int socket, char call) {
  std::string answer;
  const bool answered = SendMessage(socket, std::string(1, call)) &&
                        ReceiveMessage(socket, answer) && answer.size() == 1;
  return answered ? answer[0] : EIO;
}

// How often the owner looks for a request of the program before it sleeps. A
// program that is recorded makes the next call soon after the last one, and to
// wake a processor up takes longer than to answer: recording takes 0.6 to 0.7
// of the time then. A check makes too few calls to gain by it, and other checks
// run beside it.
int LooksFor(const Mount::Command& command) {
  constexpr int kLooks = 50;
  const bool recorded = !command.quiet;
  return recorded && std::thread::hardware_concurrency() > 1 ? kLooks : 0;
}

// As poll(2).
int WaitForAny(std::span<pollfd> ends, int looks, int timeout_ms) {
  for (int look = 0; look < looks; ++look) {
    if (const int ready = poll(ends.data(), ends.size(), 0)) return ready;
  }
  return poll(ends.data(), ends.size(), timeout_ms);
}

// The loop of the process that starts programs.
[[noreturn]] void RunPrograms(int socket) {
  // Ctrl-C reaches this process, too, and the owner decides what it means.
  signal(SIGINT, SIG_IGN);
  std::string bytes;
  while (ReceiveMessage(socket, bytes)) {
    const kernel::MounterRequest request = kernel::DecodeMounterRequest(bytes);
    kernel::CallCatcher::Listener listener;
    listener.sync = [socket] { return Tell(socket, kSyncs); };
    const bool recorded = request.number == 0;
    if (recorded) listener.map = [socket] { Tell(socket, kMaps); };
    kernel::CallCatcher catcher(kernel::kVolumeFolder, std::move(listener));
    const CommandEnd end = kernel::RunInVolume(request, &catcher);
    if (!SendMessage(socket, kEnded + kernel::EncodeCommandEnd(end))) break;
  }
  _exit(0);
}

}  // namespace

Result<std::unique_ptr<ProgramHost>> ProgramHost::Start() {
  std::unique_ptr<ProgramHost> host(new ProgramHost());
  POWERCUT_TRY(host->Begin());
  return host;
}

Status ProgramHost::Begin() {
  POWERCUT_TRY(EnterUserNamespace());
  POWERCUT_TRY(kernel::EnterMountNamespace(/*shim_mode=*/0755, kRemedy));
  folders_ = true;
  POWERCUT_ASSIGN(const kernel::InnerProcess process,
                  kernel::StartInnerProcess(RunPrograms, kRemedy));
  pid_ = process.pid;
  socket_ = process.socket;
  auto acks = kernel::FuseFile::Mount(kernel::kShimFolder, 0);
  if (!acks) {
    const std::string lack = ProgramsLack();
    return Error{ErrorCode::kMissing,
                 "simfs: " + (lack.empty() ? acks.error().message : lack)};
  }
  acks_ = std::move(*acks);
  return Ok{};
}

ProgramHost::~ProgramHost() {
  End();
  if (folders_) umount2(kernel::kPlaceFolder, MNT_DETACH);
}

void ProgramHost::End() {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  acks_.reset();
  if (pid_ == 0) return;
  int status = 0;
  kill(pid_, SIGKILL);
  waitpid(std::exchange(pid_, 0), &status, 0);
  end_ = status;
}

Error ProgramHost::Gone() {
  End();
  return kernel::GoneError("the process that runs programs", end_);
}

Result<CommandEnd> ProgramHost::Run(const Mount::Command& command,
                                    ProgramFiles& files, uint64_t size_bytes) {
  if (end_) return Gone();
  POWERCUT_ASSIGN(auto volume,
                  FuseVolume::Mount(kernel::kVolumeFolder, files, size_bytes));
  auto pages = std::make_unique<PageWriter>(*volume, kernel::kVolumeFolder);
  // The process ends when all programs have, and they when nobody owes them an
  // answer any more.
  const auto gone = [&] {
    pages.reset();
    volume.reset();
    return Gone();
  };
  Status written = Ok{};
  const auto write_out = [&] {
    if (written) written = pages->WriteOut();
  };
  // To write out takes some 0.1 ms, for which programs without maps need not
  // wait at each ack.
  bool maps = false;
  acks_->set_text_sink([&](std::string_view text) {
    if (!command.acks) return;
    if (maps) write_out();
    command.acks(text);
  });
  kernel::MounterRequest request;
  request.kind = kernel::MounterRequest::kRun;
  request.words = command.words;
  request.text = command.acked;
  request.attempted = command.attempted;
  request.number = command.quiet ? 1 : 0;
  request.timeout_ms = command.timeout_ms;
  request.acks_from_stdout = command.acks_from_stdout;
  if (!SendMessage(socket_, kernel::EncodeMounterRequest(request))) {
    return gone();
  }
  // Now and then a look is taken at the process: if somebody stopped it, it
  // would never answer.
  constexpr int kPauseMs = 500;
  pollfd ends[] = {{volume->fd(), POLLIN, 0},
                   {acks_->fd(), POLLIN, 0},
                   {socket_, POLLIN, 0}};
  const int looks = LooksFor(command);
  std::string answer;
  while (true) {
    const int ready = WaitForAny(ends, looks, kPauseMs);
    if (ready == 0) ContinueIfStopped(pid_);
    if (ready <= 0) continue;
    // The requests come first, since the answer may depend on them.
    if (ends[0].revents != 0) {
      // A program may unmount the volume; its calls fail from then on.
      if (!volume->Serve()) ends[0].fd = -1;
      continue;
    }
    if (ends[1].revents != 0) {
      if (!acks_->Serve()) ends[1].fd = -1;
      continue;
    }
    if (!ReceiveMessage(socket_, answer)) return gone();
    if (answer[0] == kEnded) break;
    int error = 0;
    if (answer[0] == kMaps) {
      maps = true;
    } else {
      write_out();
      error = files.SyncVolume();
    }
    if (!SendMessage(socket_, std::string(1, static_cast<char>(error)))) {
      return gone();
    }
  }
  acks_->set_text_sink(nullptr);
  if (command.acks) write_out();
  POWERCUT_TRY(written);
  return kernel::DecodeCommandEnd(std::string_view(answer).substr(1));
}

std::string ProgramsLack() {
  const int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device >= 0) {
    close(device);
    return "";
  }
  return fmt::format(
      "/dev/fuse: {}; programs on simfs need it (modprobe fuse, chmod 666 "
      "/dev/fuse, or docker run --device /dev/fuse){}",
      strerrordesc_np(errno), kRemedy);
}

}  // namespace powercut::programs
