// Tests tasks in copies of this process: their results come in order, no more
// of them work at once than may, and one that is killed has no result.

#include "harness/worker/forked_tasks.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/check.h"

namespace powercut {
namespace {

using Results = std::vector<std::pair<size_t, TaskResult>>;

Results RunAll(ForkedTasks& tasks, size_t count,
               const ForkedTasks::TaskOf& task) {
  Results results;
  tasks.Run(
      count, task,
      [&](size_t number, const TaskResult& result) {
        results.emplace_back(number, result);
      },
      [](uint64_t) { return false; });
  return results;
}

TEST(ForkedTasksTest, ResultsComeInOrder) {
  ForkedTasks tasks(3);
  const auto task = [](size_t number) {
    // The first ones end last.
    usleep(static_cast<useconds_t>(5000 * (7 - number)));
    return std::string(number * 300'000, static_cast<char>('a' + number));
  };
  const Results results = RunAll(tasks, 7, task);
  ASSERT_EQ(results.size(), 7u);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(results[i].first, i);
    EXPECT_TRUE(results[i].second == task(i)) << i;
  }
}

TEST(ForkedTasksTest, ATaskThatIsKilledOrThrowsHasNoResult) {
  ForkedTasks tasks(2);
  const Results results = RunAll(tasks, 3, [](size_t number) -> std::string {
    if (number == 0) raise(SIGKILL);
    if (number == 1) throw std::runtime_error("no");
    return "yes";
  });
  EXPECT_EQ(results, (Results{{0, {}}, {1, {}}, {2, "yes"}}));
}

// Tasks of tasks are counted, too; those that wait for others are not.
TEST(ForkedTasksTest, NoMoreTasksWorkAtOnceThanMay) {
  struct Shared {
    std::atomic<int> working;
    std::atomic<int> most;
  };
  auto* shared =
      static_cast<Shared*>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  POWERCUT_CHECK(shared != MAP_FAILED);
  for (const uint32_t jobs : {1u, 3u}) {
    shared->most = 0;
    ForkedTasks tasks(jobs);
    const auto leaf = [&](size_t number) {
      const int now = ++shared->working;
      for (int most = shared->most;
           now > most && !shared->most.compare_exchange_weak(most, now);) {
      }
      usleep(20'000);
      --shared->working;
      return std::to_string(number);
    };
    const Results results = RunAll(tasks, 4, [&](size_t) {
      std::string all;
      for (const auto& [number, result] : RunAll(tasks, 4, leaf)) {
        all += result.value_or("lost");
      }
      return all;
    });
    for (const auto& [number, result] : results) EXPECT_EQ(result, "0123");
    EXPECT_LE(shared->most, static_cast<int>(jobs));
    // A busy machine may start the third one late, but not the second.
    EXPECT_GE(shared->most, std::min(2, static_cast<int>(jobs)));
  }
  munmap(shared, sizeof(Shared));
}

TEST(ForkedTasksTest, ATaskIsAskedToStopAndTellsHowFarItIs) {
  ForkedTasks tasks(2);
  std::vector<std::string> ends;
  tasks.Run(
      2,
      [&](size_t) {
        tasks.Tell(21);
        while (!tasks.StopAsked()) usleep(1000);
        return std::string("asked");
      },
      [&](size_t, const TaskResult& result) {
        ends.push_back(result.value_or(""));
      },
      [](uint64_t current) { return current == 42; });
  EXPECT_EQ(ends, (std::vector<std::string>{"asked", "asked"}));
}

}  // namespace
}  // namespace powercut
