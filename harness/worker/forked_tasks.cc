// The process that runs tasks waits for them, so that its own permit to work
// goes to its first task. It takes further permits as they become free, and
// gives each back when no task is left to start. A deep task thus goes on with
// the permit of the tasks above it, and few processes wait at any time,
// whatever the number of tasks.

#include "harness/worker/forked_tasks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "harness/base/check.h"
#include "harness/base/shortage.h"
#include "harness/system/fork_server.h"

namespace powercut {
namespace {

// How long a process waits before it looks at the rings of its tasks, unless a
// task ends earlier. Results are short, so that they rarely fill a ring.
constexpr int kPauseMs = 20;

void MakePipe(int (&ends)[2]) {
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) return;
  throw Shortage(fmt::format("no pipe can be made: {}{}",
                             strerrordesc_np(errno), RemedyForShortage(errno)));
}

// Runs the task in a copy. An exception is told to nobody: the process that
// waits does without the result.
std::string ResultOf(const ForkedTasks::TaskOf& task, size_t number) {
  try {
    return task(number);
  } catch (const std::exception&) {
    _exit(1);
  }
}

}  // namespace

struct ForkedTasks::Copy {
  size_t number = 0;
  TaskProcess process;
};

ForkedTasks::ForkedTasks(uint32_t jobs) {
  POWERCUT_CHECK(jobs > 0);
  MakePipe(permits_);
  MakePipe(stop_);
  for (uint32_t i = 1; i < jobs; ++i) GivePermit();
}

ForkedTasks::~ForkedTasks() {
  for (const int end : {permits_[0], permits_[1], stop_[0], stop_[1]}) {
    close(end);
  }
}

bool ForkedTasks::TakePermit() {
  char permit = 0;
  return read(permits_[0], &permit, 1) == 1;
}

// A pipe has room for more permits than there are processes.
void ForkedTasks::GivePermit() {
  [[maybe_unused]] auto n = write(permits_[1], "p", 1);
}

void ForkedTasks::AskToStop() {
  [[maybe_unused]] auto n = write(stop_[1], "s", 1);
}

bool ForkedTasks::StopAsked() const {
  pollfd end = {stop_[0], POLLIN, 0};
  return poll(&end, 1, 0) > 0;
}

void ForkedTasks::Tell(uint64_t current) {
  if (ring_ != nullptr) ring_->SetCurrent(static_cast<uint32_t>(current));
}

void ForkedTasks::Run(size_t count, const TaskOf& task, const Done& done,
                      const Stop& stop) {
  // Every process forks by itself: a copy must know what this process knows.
  ForkServer forks(
      [&](std::string_view order) -> std::function<void()> {
        auto* copy = *reinterpret_cast<Copy* const*>(order.data());
        return [&, copy] {
          ring_ = &copy->process.ring();
          RunTask(
              [&](std::string_view) { return ResultOf(task, copy->number); },
              {}, copy->process.ring());
        };
      },
      ~uint32_t{0});
  std::vector<std::unique_ptr<Copy>> copies;
  std::vector<std::optional<TaskResult>> results(count);
  size_t started = 0;
  size_t delivered = 0;
  // The first one is that of this process.
  size_t permits = 1;
  bool stopped = StopAsked();
  while (delivered < count) {
    while (started < count &&
           (copies.size() < permits || (TakePermit() && ++permits > 0))) {
      auto copy = std::make_unique<Copy>();
      copy->number = started++;
      Copy* const address = copy.get();
      copies.push_back(std::move(copy));
      address->process.Start([&] {
        return forks.Fork(
            {reinterpret_cast<const char*>(&address), sizeof(address)});
      });
    }
    for (; permits > 1 && permits > copies.size(); --permits) GivePermit();
    std::vector<pollfd> ends;
    for (const auto& copy : copies) {
      ends.push_back({copy->process.end_fd(), POLLIN, 0});
    }
    if (started < count) ends.push_back({permits_[0], POLLIN, 0});
    poll(ends.data(), ends.size(), kPauseMs);
    uint64_t current = 0;
    for (auto& copy : copies) {
      const uint32_t told = copy->process.ring().current();
      if (told != ResultRing::kNoCurrent) current += told;
      std::optional<TaskResult> result = copy->process.Poll();
      if (!result) continue;
      results[copy->number] = std::move(*result);
      copy.reset();
    }
    std::erase(copies, nullptr);
    for (; delivered < count && results[delivered]; ++delivered) {
      done(delivered, *std::exchange(results[delivered], TaskResult()));
    }
    if (!stopped && stop(current)) {
      stopped = true;
      AskToStop();
    }
  }
}

}  // namespace powercut
