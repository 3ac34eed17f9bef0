#include "harness/fork_server.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

// Starts of the server without an answer until we believe that it cannot be:
// whoever kills at random hits so short a time once, not so often in a row.
constexpr int kStartsMax = 64;

bool SendAll(int socket, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool ReceiveAll(int socket, char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t received = recv(socket, bytes, size, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    bytes += received;
    size -= static_cast<size_t>(received);
  }
  return true;
}

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

ForkServer::ForkServer(Serve serve) : serve_(std::move(serve)) {
  void* shared = mmap(nullptr, sizeof(*process_), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  process_ = static_cast<pid_t*>(shared);
}

ForkServer::~ForkServer() {
  Stop();
  munmap(process_, sizeof(*process_));
}

pid_t ForkServer::Fork(std::string_view request) {
  for (int starts = 0; starts < kStartsMax; ++starts) {
    if (pid_ == 0) Start();
    *process_ = 0;
    if (!Ask(request)) Stop();
    // Even if the server was killed just then, the note is there.
    if (*process_ != 0) return *process_;
  }
  CHECK(false);
  return 0;
}

void ForkServer::Start() {
  int sockets[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
  const pid_t parent = getpid();
  std::fflush(nullptr);
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    close(sockets[0]);
    ServeInChild(sockets[1], parent);
  }
  close(sockets[1]);
  socket_ = sockets[0];
}

void ForkServer::Stop() {
  if (pid_ == 0) return;
  close(socket_);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

bool ForkServer::Ask(std::string_view request) {
  const uint64_t size = request.size();
  char answer = 0;
  return SendAll(socket_, reinterpret_cast<const char*>(&size), sizeof(size)) &&
         SendAll(socket_, request.data(), request.size()) &&
         ReceiveAll(socket_, &answer, 1);
}

void ForkServer::ServeInChild(int socket, pid_t parent) noexcept {
  EndWith(parent);
  signal(SIGINT, SIG_IGN);  // the parent decides what Ctrl-C means
  std::string request;
  while (true) {
    uint64_t size = 0;
    if (!ReceiveAll(socket, reinterpret_cast<char*>(&size), sizeof(size))) {
      _exit(0);
    }
    request.resize(size);
    if (!ReceiveAll(socket, request.data(), size)) _exit(0);
    const std::function<void()> run = serve_(request);
    const pid_t process = ForkSibling(process_);
    if (process < 0) _exit(1);
    if (process > 0) {
      if (!SendAll(socket, "", 1)) _exit(0);
      continue;
    }
    EndWith(parent);
    close(socket);
    run();
    _exit(1);
  }
}

}  // namespace powercut
