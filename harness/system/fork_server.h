// ForkServer: a small process from which others are forked.
//
// fork() copies the page tables of all memory of the calling process, and every
// page that this process writes afterwards costs it a page fault. A process
// that holds gigabytes and forks often therefore splits off a server while it
// is still small, and asks the server to fork.

#ifndef POWERCUT_HARNESS_SYSTEM_FORK_SERVER_H_
#define POWERCUT_HARNESS_SYSTEM_FORK_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string_view>

namespace powercut {

class ForkServer {
 public:
  // The default of `forks_here`.
  static constexpr uint32_t kForksHere = 8;

  // Called with each request, in the process that is about to fork: the calling
  // process for the first forks, and the server for the later ones. The
  // function that it returns is called in the new process and must not return.
  // Changes that Serve makes to memory stay in the process that called it, for
  // the requests that follow there.
  using Serve = std::function<std::function<void()>(std::string_view request)>;

  // Starts no process yet. The calling process itself forks the first
  // `forks_here` processes: a server costs more than it saves if only a few
  // forks follow.
  explicit ForkServer(Serve serve, uint32_t forks_here = kForksHere);
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  // Ends the server. Processes that it forked go on.
  ~ForkServer();

  // Leaves the server to the process that started it, which goes on to use it.
  // Requires: the calling process was forked from that process.
  void Leave();

  // Forks a process that does what the request asks, and returns its id. The
  // new process is a child of the calling process, which must reap it with
  // waitpid(), and is killed when the calling process ends. The server is
  // started when it is first needed, and again if it was killed.
  // Requires: the calling process has no other threads.
  // Throws Shortage if no process can be started.
  pid_t Fork(std::string_view request);

 private:
  void Start();
  void Stop();
  // Sends a request to the server and waits until it has forked. False if the
  // server is gone.
  bool Ask(std::string_view request);
  pid_t ForkHere(std::string_view request);
  [[noreturn]] void RunInChild(const std::function<void()>& run) noexcept;
  [[noreturn]] void ServeInChild(int socket, pid_t parent) noexcept;

  Serve serve_;
  uint32_t forks_here_;
  // The server's process id; 0 if it is not running.
  pid_t pid_ = 0;
  int socket_ = -1;
  // In memory that the server shares: the id of the process that it forked
  // last.
  pid_t* process_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_FORK_SERVER_H_
