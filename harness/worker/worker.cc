// The parent's side of a worker.
//
// A worker may die at any instruction, may hang, and may have overwritten its
// own memory. The parent therefore believes as little as possible: messages
// must come in the order of the part and have the right hashes, else the worker
// is "wild" and is not listened to any more. However the worker ends, it counts
// as having died at the first run of its part that no sound message reported:
//
//     part: states 4 5 6, then 4 again     the worker is killed in state 6
//     messages: results of 4 and 5         Poll() returns these two results
//                                          and a death at state 6
//
// BatchProgress decides what follows from such an end.

#include "harness/worker/worker.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "harness/base/check_failure.h"
#include "harness/base/monotonic_clock.h"
#include "harness/base/shortage.h"
#include "harness/recover/fill_copies.h"
#include "harness/recover/outcome_codec.h"
#include "harness/system/stopped_child.h"
#include "harness/worker/left_status.h"
#include "harness/worker/messages.h"

namespace powercut {
namespace {

// These signals come from the kernel when memory runs out, from a batch system
// or from a terminal that goes away. Storage code has no reason to send them to
// itself, so that they say nothing about the state.
bool AnyoneMaySend(int signal_number) {
  return signal_number == SIGKILL || signal_number == SIGTERM ||
         signal_number == SIGHUP;
}

// The outcome of a recovery that ended its process. SIGPROF is the bound on
// processor time (worker_process.cc).
RecoveryOutcome DeathOf(int wait_status) {
  if (WIFEXITED(wait_status) &&
      WEXITSTATUS(wait_status) == kCheckFailedStatus) {
    return RecoveryOutcome::OwnBug();
  }
  if (!WIFSIGNALED(wait_status)) {
    return RecoveryOutcome::Died(
        fmt::format("ended with exit status {}", WEXITSTATUS(wait_status)));
  }
  if (WTERMSIG(wait_status) == SIGPROF) {
    return RecoveryOutcome::Hung("more CPU time than a recovery may take");
  }
  const char* name = sigabbrev_np(WTERMSIG(wait_status));
  return RecoveryOutcome::Died(
      fmt::format("killed by SIG{}", name == nullptr ? "?" : name));
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
  // The child cannot be reaped before Poll(), so that its number still means
  // the same process even if it has ended already.
  pid_ = fork(batch, part);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) {
    throw Shortage(fmt::format("a process cannot be watched: {}{}",
                               strerrordesc_np(errno),
                               RemedyForShortage(errno)));
  }
}

bool Worker::TakeRead(std::string_view access) {
  Result<RunAccess> read = runner_.AccessOf(access);
  wild_ = !read;
  if (!read) return false;
  // Blocks are told one by one in the order of reading.
  std::vector<uint64_t>& blocks = reads_.blocks;
  blocks.insert(blocks.end(), read->reads.blocks.begin(),
                read->reads.blocks.end());
  return true;
}

bool Worker::TakeSkipped(const WorkerMessageHeader& header) {
  const bool may_skip = part_.runs == BatchRuns::kUndecided &&
                        header.index > 0 &&
                        header.index < part_.to - part_.from;
  if (!may_skip || header.size() != 0) return false;
  results_.emplace_back().skipped = true;
  return true;
}

Result<RunResult> Worker::ResultOf(const Hash128& outcome_hash,
                                   std::string_view outcome_bytes,
                                   std::string_view access_bytes) {
  POWERCUT_ASSIGN(RunAccess access, runner_.AccessOf(access_bytes));
  // The bytes are needed, and verified, only if the table does not have them.
  if (outcomes_.Find(outcome_hash) == nullptr) {
    if (HashOfMessage(outcome_bytes) != outcome_hash) {
      return Error{ErrorCode::kInternal, "a worker sent a wrong hash"};
    }
    POWERCUT_ASSIGN(RecoveryOutcome outcome, DecodeOutcome(outcome_bytes));
    outcomes_.Add(outcome_hash, std::move(outcome));
  }
  RunResult result;
  result.outcome = *outcomes_.Find(outcome_hash);
  if (!CopiesFit(access.reads.copies, outcomes_[result.outcome],
                 runner_.disk_bytes())) {
    return Error{ErrorCode::kInternal, "a worker copied beyond what it saw"};
  }
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
    // What is missing has not been sent yet, or never will be if the worker
    // died in the middle.
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
    // A worker with a corrupted heap may send anything. It then counts as dead
    // at the run that it had begun.
    wild_ = header.index != results_.size() || header.index >= part_.size();
    if (wild_) break;
    if (header.skipped != 0) {
      wild_ = !TakeSkipped(header);
      continue;
    }
    wild_ = HashOfMessage(access) != header.access_hash;
    if (wild_) break;
    Result<RunResult> result = ResultOf(
        header.outcome_hash, message.substr(0, header.outcome_size), access);
    wild_ = !result;
    // The run is over; its result holds its reads.
    reads_ = {};
    if (result) results_.push_back(std::move(*result));
  }
  received_.erase(0, wild_ ? received_.size() : at);
}

void Worker::KillIfStuck() {
  // The clock starts anew with each run, since the limit is that of one
  // recovery, and after a stop, which is not the recovery's doing.
  const uint32_t current = ring_.current();
  const uint64_t now = MonotonicMs();
  if (ContinueIfStopped(pid_) || current != watched_) {
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
  // Messages are taken after waitpid(), so that none that was sent before the
  // end is missed.
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
  // A process that reported its whole part has no run left to die at.
  if (end.results.size() == part_.size()) return end;
  if (killed_as_stuck_) {
    end.death = RecoveryOutcome::Hung("no progress by the wall clock");
    return end;
  }
  end.left = !end.results.empty() && WIFEXITED(wait_status) &&
             WEXITSTATUS(wait_status) == kLeftStatus;
  if (end.left) return end;
  end.death = DeathOf(wait_status);
  end.from_outside =
      WIFSIGNALED(wait_status) && AnyoneMaySend(WTERMSIG(wait_status));
  return end;
}

}  // namespace powercut
