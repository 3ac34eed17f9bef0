// ForkServer: a small process from which others are forked.
//
// fork() copies the page tables of all that a process holds, and every page
// that the process writes afterwards costs it a fault. Who holds gigabytes and
// forks often lets a process fork that split off while it was small.

#ifndef POWERCUT_HARNESS_SYSTEM_FORK_SERVER_H_
#define POWERCUT_HARNESS_SYSTEM_FORK_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string_view>

namespace powercut {

class ForkServer {
 public:
  static constexpr uint32_t kForksHere = 8;

  // Called with each request, in this process at first and then in the server;
  // what it returns is called in the new process and must end it. What is
  // changed here stays for the requests that follow.
  using Serve = std::function<std::function<void()>(std::string_view request)>;

  // Starts nothing yet. The first `forks_here` processes are forked by this
  // one: for a few of them a server costs more than it spares.
  explicit ForkServer(Serve serve, uint32_t forks_here = kForksHere);
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  // Ends the server; its processes go on.
  ~ForkServer();

  // A new process that does what the request asks. It is a child of the calling
  // process, which waits for it, and it ends with it. The server splits off
  // when it is needed first, and again if it was killed. The calling process
  // must have no other threads.
  pid_t Fork(std::string_view request);

 private:
  void Start();
  void Stop();
  // False: it is gone.
  bool Ask(std::string_view request);
  pid_t ForkHere(std::string_view request);
  [[noreturn]] void RunInChild(const std::function<void()>& run) noexcept;
  [[noreturn]] void ServeInChild(int socket, pid_t parent) noexcept;

  Serve serve_;
  uint32_t forks_here_;
  pid_t pid_ = 0;  // 0: not started
  int socket_ = -1;
  pid_t* process_;  // shared: the newest process
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_FORK_SERVER_H_
