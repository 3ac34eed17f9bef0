// The server is a loop in a forked child: receive a request, fork, answer.
//
// The processes that it forks are children of the calling process, not of the
// server: clone() with CLONE_PARENT makes a sibling. So the calling process
// waits for them and kills them as if it had forked them itself.
//
// A server may be killed at any instruction, even after it forked and before it
// answered. The new process must not be lost then, since nobody would reap it.
// So the kernel itself writes the new id into shared memory
// (CLONE_PARENT_SETTID), and the calling process reads the id from there.

#include "harness/system/fork_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <string>
#include <utility>

#include "harness/base/check.h"
#include "harness/base/shortage.h"
#include "harness/system/message_socket.h"
#include "harness/system/stopped_child.h"

namespace powercut {
namespace {

// After this many attempts with no new process, the calling process forks by
// itself: somebody seems to kill whatever is forked.
constexpr int kStartsMax = 8;

// Lets the kernel kill this process when `parent` ends. The signal is not sent
// for a parent that ended before it was asked for, hence the comparison.
void EndWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
}

// Does what fork() does, but the new process is a sibling of this process, and
// the kernel writes its id to `note` before it runs.
pid_t ForkSibling(pid_t* note) {
  return static_cast<pid_t>(
      syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, nullptr,
              note, nullptr, 0));
}

// Returns what fork() returned to this process, if it forked.
pid_t Forked(pid_t process) {
  if (process >= 0) return process;
  throw Shortage(fmt::format("no process can be started: {}{}",
                             strerrordesc_np(errno), RemedyForShortage(errno)));
}

}  // namespace

ForkServer::ForkServer(Serve serve, uint32_t forks_here)
    : serve_(std::move(serve)), forks_here_(forks_here) {
  void* shared = mmap(nullptr, sizeof(*process_), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::bad_alloc();
  process_ = static_cast<pid_t*>(shared);
}

ForkServer::~ForkServer() {
  Stop();
  munmap(process_, sizeof(*process_));
}

pid_t ForkServer::Fork(std::string_view request) {
  if (forks_here_ > 0) {
    --forks_here_;
    return ForkHere(request);
  }
  for (int starts = 0; starts < kStartsMax; ++starts) {
    if (pid_ == 0) Start();
    *process_ = 0;
    if (!Ask(request)) Stop();
    // Not the answer, but the id decides: a server that was killed before it
    // answered may have forked.
    if (*process_ != 0) return *process_;
  }
  return ForkHere(request);
}

pid_t ForkServer::ForkHere(std::string_view request) {
  const std::function<void()> run = serve_(request);
  // Otherwise the child would print again what is still buffered.
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t process = Forked(fork());
  if (process > 0) return process;
  EndWith(parent);
  RunInChild(run);
}

void ForkServer::RunInChild(const std::function<void()>& run) noexcept {
  // The terminal sends Ctrl-C to all processes; the parent decides what follows
  // from it.
  signal(SIGINT, SIG_IGN);
  // Storage code that runs from here on may write to any address, so the memory
  // that is shared with the parent must not be mapped.
  munmap(process_, sizeof(*process_));
  run();
  // Serve promises that this is never reached.
  _exit(1);
}

void ForkServer::Start() {
  const auto [ours, servers] = MessageSocketPair();
  const pid_t parent = getpid();
  std::fflush(nullptr);
  pid_ = fork();
  if (pid_ < 0) {
    pid_ = 0;
    close(ours);
    close(servers);
    Forked(-1);
  }
  if (pid_ == 0) {
    close(ours);
    ServeInChild(servers, parent);
  }
  // Each side keeps one end only, so that it sees the end of the other.
  close(servers);
  socket_ = ours;
}

void ForkServer::Leave() {
  if (pid_ == 0) return;
  close(socket_);
  pid_ = 0;
}

void ForkServer::Stop() {
  if (pid_ == 0) return;
  close(socket_);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool ForkServer::Ask(std::string_view request) {
  std::string answer;
  if (!SendMessage(socket_, request)) return false;
  // The answer of a server that was stopped would never come.
  constexpr int kPauseMs = 500;
  pollfd answered = {socket_, POLLIN, 0};
  while (poll(&answered, 1, kPauseMs) <= 0) ContinueIfStopped(pid_);
  return ReceiveMessage(socket_, answer);
}

void ForkServer::ServeInChild(int socket, pid_t parent) noexcept {
  EndWith(parent);
  signal(SIGINT, SIG_IGN);  // As in RunInChild().
  std::string request;
  while (ReceiveMessage(socket, request)) {
    const std::function<void()> run = serve_(request);
    const pid_t process = ForkSibling(process_);
    if (process < 0) _exit(1);
    if (process > 0) {
      if (!SendMessage(socket, {})) break;
      continue;
    }
    // The new process's parent is that of the server.
    EndWith(parent);
    close(socket);
    RunInChild(run);
  }
  _exit(0);
}

}  // namespace powercut
