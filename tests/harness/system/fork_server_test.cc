// Tests the fork server: its children are children of this process, it starts
// again after it was killed, and kills at random leave no child that nobody
// knows.

#include "harness/system/fork_server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/harness/system/killer.h"

namespace powercut {
namespace {

int ExitStatusOf(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Ends with a status that tells how many requests the server has had, and the
// size of this one.
ForkServer::Serve CountRequests(int& requests) {
  return [&requests](std::string_view request) {
    ++requests;
    const int status = 10 * requests + static_cast<int>(request.size() % 10);
    return [status] { _exit(status); };
  };
}

TEST(ForkServerTest, ProcessesAreOursAndTheServerRemembers) {
  int requests = 0;
  {
    ForkServer server(CountRequests(requests), 0);
    EXPECT_EQ(ExitStatusOf(server.Fork("12")), 12);
    EXPECT_EQ(ExitStatusOf(server.Fork("")), 20);
    EXPECT_EQ(ExitStatusOf(server.Fork(std::string(1'000'003, 'x'))), 33);
  }
  EXPECT_EQ(requests, 0);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(ForkServerTest, TheFirstAreForkedHere) {
  int requests = 0;
  ForkServer server(CountRequests(requests), 2);
  EXPECT_EQ(ExitStatusOf(server.Fork("1")), 11);
  EXPECT_EQ(ExitStatusOf(server.Fork("")), 20);
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(ExitStatusOf(server.Fork("")), 30);
  EXPECT_EQ(requests, 2);
}

TEST(ForkServerTest, StartsAgainWhenKilled) {
  int requests = 0;
  ForkServer server(CountRequests(requests), 0);
  EXPECT_EQ(ExitStatusOf(server.Fork("1")), 11);
  for (const pid_t pid : ChildrenOf(getpid())) kill(pid, SIGKILL);
  EXPECT_EQ(ExitStatusOf(server.Fork("1")), 11);
  EXPECT_EQ(ExitStatusOf(server.Fork("1")), 21);
}

// Whether the server or a child is killed, each call gives one child, which is
// reaped here, and no child is left over.
TEST(ForkServerTest, KillsLeaveNoUnknownChildren) {
  {
    ForkServer server([](std::string_view) { return [] { _exit(0); }; }, 0);
    const Killer killer(1, 100);
    for (int i = 0; i < 2000; ++i) ExitStatusOf(server.Fork("request"));
    EXPECT_GT(killer.kills(), 10u);
  }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace powercut
