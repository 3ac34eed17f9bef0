#include "harness/worker/worker.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/recover/outcome_codec.h"
#include "harness/worker/messages.h"

namespace powercut {
namespace {

// What whoever cleans up sends: the kernel when memory runs out, a batch
// system, a terminal that goes away. Storage code has no reason to.
bool AnyoneMaySend(int signal_number) {
  return signal_number == SIGKILL || signal_number == SIGTERM ||
         signal_number == SIGHUP;
}

RecoveryOutcome DeathOf(int wait_status) {
  if (!WIFSIGNALED(wait_status)) {
    return {RecoveryOutcome::kDied,
            fmt::format("ended with exit status {}", WEXITSTATUS(wait_status)),
            {}};
  }
  if (WTERMSIG(wait_status) == SIGPROF) {
    return {
        RecoveryOutcome::kHung, "more CPU time than a recovery may take", {}};
  }
  const char* name = sigabbrev_np(WTERMSIG(wait_status));
  return {RecoveryOutcome::kDied,
          fmt::format("killed by SIG{}", name == nullptr ? "?" : name),
          {}};
}

}  // namespace

Worker::Worker(const RecoveryRunner& runner, OutcomeTable& outcomes)
    : runner_(runner), outcomes_(outcomes) {}

Worker::~Worker() { Kill(); }

void Worker::Kill() {
  if (!busy()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(pidfd_);
  pid_ = 0;
}

void Worker::Start(const Batch& batch, const BatchPart& part,
                   const ForkWorker& fork) {
  POWERCUT_CHECK(!busy() && part.size() > 0);
  ring_.Clear();
  received_.clear();
  wild_ = false;
  results_.clear();
  reads_ = {};
  results_.reserve(part.size());
  part_ = part;
  killed_as_stuck_ = false;
  watched_ = ResultRing::kNoCurrent;
  watched_since_ms_ = MonotonicMs();
  pid_ = fork(batch, part);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  POWERCUT_CHECK(pidfd_ >= 0);
}

bool Worker::TakeRead(std::string_view access) {
  Result<RunAccess> read = runner_.AccessOf(access);
  wild_ = !read;
  if (!read) return false;
  std::vector<uint64_t>& blocks = reads_.blocks;
  blocks.insert(blocks.end(), read->reads.blocks.begin(),
                read->reads.blocks.end());
  return true;
}

Result<RunResult> Worker::ResultOf(const Hash128& outcome_hash,
                                   std::string_view outcome_bytes,
                                   std::string_view access_bytes) {
  POWERCUT_ASSIGN(RunAccess access, runner_.AccessOf(access_bytes));
  if (outcomes_.Find(outcome_hash) == nullptr) {
    if (HashOfMessage(outcome_bytes) != outcome_hash) {
      return Error{ErrorCode::kInternal, "a worker sent a wrong hash"};
    }
    POWERCUT_ASSIGN(RecoveryOutcome outcome, DecodeOutcome(outcome_bytes));
    outcomes_.Add(outcome_hash, std::move(outcome));
  }
  RunResult result;
  result.outcome = *outcomes_.Find(outcome_hash);
  result.reads = std::move(access.reads);
  result.writes = std::move(access.writes);
  return result;
}

void Worker::TakeMessages() {
  ring_.Receive(received_);
  size_t at = 0;
  while (!wild_ && received_.size() - at >= sizeof(WorkerMessageHeader)) {
    WorkerMessageHeader header{};
    std::memcpy(&header, received_.data() + at, sizeof(header));
    if (received_.size() - at - sizeof(header) < header.size()) break;
    at += sizeof(header);
    const std::string_view message(received_.data() + at, header.size());
    at += header.size();
    const std::string_view access = message.substr(header.outcome_size);
    if (header.index == WorkerMessageHeader::kReadOfRun &&
        header.outcome_size == 0 &&
        HashOfMessage(access) == header.access_hash && TakeRead(access)) {
      continue;
    }
    // A worker with a corrupted heap may send anything: it then counts as dead
    // at the run it had begun.
    wild_ = header.index != results_.size() || header.index >= part_.size() ||
            HashOfMessage(access) != header.access_hash;
    if (wild_) break;
    Result<RunResult> result = ResultOf(
        header.outcome_hash, message.substr(0, header.outcome_size), access);
    wild_ = !result;
    reads_ = {};
    if (result) results_.push_back(std::move(*result));
  }
  received_.erase(0, wild_ ? received_.size() : at);
}

void Worker::KillIfStuck() {
  const uint32_t current = ring_.current();
  const uint64_t now = MonotonicMs();
  if (current != watched_) {
    watched_ = current;
    watched_since_ms_ = now;
    return;
  }
  if (now - watched_since_ms_ < runner_.options().limits.wall_ms) return;
  killed_as_stuck_ = true;
  kill(pid_, SIGKILL);
}

std::optional<WorkerEnd> Worker::Poll() {
  int wait_status = 0;
  const bool ended = waitpid(pid_, &wait_status, WNOHANG) == pid_;
  // After the end, so that nothing published before it is missed.
  TakeMessages();
  if (ended) return EndOf(wait_status);
  KillIfStuck();
  return std::nullopt;
}

WorkerEnd Worker::EndOf(int wait_status) {
  close(pidfd_);
  pid_ = 0;
  WorkerEnd end;
  end.results = std::move(results_);
  end.reads_of_death = std::exchange(reads_, {});
  if (end.results.size() == part_.size()) return end;
  if (killed_as_stuck_) {
    end.death = {RecoveryOutcome::kHung, "no progress by the wall clock", {}};
    return end;
  }
  end.death = DeathOf(wait_status);
  end.from_outside =
      WIFSIGNALED(wait_status) && AnyoneMaySend(WTERMSIG(wait_status));
  return end;
}

}  // namespace powercut
