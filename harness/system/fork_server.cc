#include "harness/system/fork_server.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>

#include "harness/base/check.h"
#include "harness/system/message_socket.h"

namespace powercut {
namespace {

// Starts of the server without an answer, until this process forks by itself:
// someone kills whatever is forked.
constexpr int kStartsMax = 8;

// Ends this process with its parent, even if that ended just now.
void EndWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
}

// As fork(), but the new process is a sibling of this one, and the kernel notes
// its id before it runs.
pid_t ForkSibling(pid_t* note) {
  return static_cast<pid_t>(
      syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, nullptr,
              note, nullptr, 0));
}

}  // namespace

ForkServer::ForkServer(Serve serve, uint32_t forks_here)
    : serve_(std::move(serve)), forks_here_(forks_here) {
  void* shared = mmap(nullptr, sizeof(*process_), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  POWERCUT_CHECK(shared != MAP_FAILED);
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
    // Even if the server was killed just then, the note is there.
    if (*process_ != 0) return *process_;
  }
  return ForkHere(request);
}

pid_t ForkServer::ForkHere(std::string_view request) {
  const std::function<void()> run = serve_(request);
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t process = fork();
  POWERCUT_CHECK(process >= 0);
  if (process > 0) return process;
  EndWith(parent);
  RunInChild(run);
}

void ForkServer::RunInChild(const std::function<void()>& run) noexcept {
  signal(SIGINT, SIG_IGN);  // the parent decides what Ctrl-C means
  // What runs now may write wild.
  munmap(process_, sizeof(*process_));
  run();
  _exit(1);
}

void ForkServer::Start() {
  const auto [ours, servers] = MessageSocketPair();
  const pid_t parent = getpid();
  std::fflush(nullptr);
  pid_ = fork();
  POWERCUT_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    close(ours);
    ServeInChild(servers, parent);
  }
  close(servers);
  socket_ = ours;
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
  return SendMessage(socket_, request) && ReceiveMessage(socket_, answer);
}

void ForkServer::ServeInChild(int socket, pid_t parent) noexcept {
  EndWith(parent);
  signal(SIGINT, SIG_IGN);  // the parent decides what Ctrl-C means
  std::string request;
  while (ReceiveMessage(socket, request)) {
    const std::function<void()> run = serve_(request);
    const pid_t process = ForkSibling(process_);
    if (process < 0) _exit(1);
    if (process > 0) {
      if (!SendMessage(socket, {})) break;
      continue;
    }
    EndWith(parent);
    close(socket);
    RunInChild(run);
  }
  _exit(0);
}

}  // namespace powercut
