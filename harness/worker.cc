#include "harness/worker.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/base/sanitizer.h"
#include "harness/outcome_bytes.h"

namespace powercut {
namespace {

// One message: which run of the part, the outcome's hash, and its bytes unless
// the parent has them already; then what the run read and wrote, if anyone
// asked.
struct MessageHeader {
  uint32_t index;
  uint32_t outcome_size;
  uint32_t access_size;
  Hash128 outcome_hash;
  Hash128 access_hash;

  uint64_t size() const { return uint64_t{outcome_size} + access_size; }
};

// In place of an index: a block that the run under way has read.
constexpr uint32_t kReadOfRun = ~uint32_t{0};

Hash128 HashOf(std::string_view bytes) { return HashBytes(AsBytes(bytes), 0); }

void ArmCpuBound(uint32_t cpu_ms) {
  itimerval timer{};
  timer.it_value.tv_sec = cpu_ms / 1000;
  timer.it_value.tv_usec = long{cpu_ms % 1000} * 1000;
  setitimer(ITIMER_PROF, &timer, nullptr);
}

// Bytes of address space in use now.
uint64_t AddressSpaceBytes() {
  unsigned long long pages = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "re");
  if (statm == nullptr) return 0;
  if (std::fscanf(statm, "%llu", &pages) != 1) pages = 0;
  std::fclose(statm);
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void BoundMemory(uint64_t bytes) {
  // Sanitizers reserve terabytes of address space.
  if (kSanitized) return;
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = AddressSpaceBytes() + bytes;
  setrlimit(RLIMIT_AS, &limit);
}

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

Worker::Worker(StateRunner& runner, OutcomeTable& outcomes)
    : runner_(runner), outcomes_(outcomes) {}

Worker::~Worker() { Kill(); }

void Worker::Kill() {
  if (!busy()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(pidfd_);
  pid_ = 0;
}

void Worker::Start(const Batch& batch, const BatchPart& part) {
  CHECK(!busy() && part.size() > 0);
  // Moved here once, so that no worker repeats the way from the base.
  runner_.Approach(batch[part[0]]);
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
  std::fflush(nullptr);
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) WorkInChild(batch);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  CHECK(pidfd_ >= 0);
}

void Worker::WorkInChild(const Batch& batch) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);  // the parent decides what Ctrl-C means
  // The CPU bound ends the worker by SIGPROF itself: a handler would have to
  // wait where a sanitizer defers signals.
  signal(SIGPROF, SIG_DFL);
  const WorkerLimits& limits = runner_.options().limits;
  BoundMemory(limits.memory_bytes);
  std::unordered_set<Hash128, Hash128Hasher> sent;
  RunAccess access;
  std::string access_bytes;
  // If it dies, what it has read tells which other states do the same.
  if (part_.to - part_.from == 1 && runner_.options().report_reads) {
    runner_.TellReads([this](uint64_t block) { SendRead(block); });
  }
  std::string bytes;
  for (size_t i = 0; i < part_.size(); ++i) {
    ring_.SetCurrent(static_cast<uint32_t>(i));
    ArmCpuBound(limits.cpu_ms);
    OutcomeBytes(runner_.Run(batch[part_[i]], access), bytes);
    MessageHeader header{};
    header.index = static_cast<uint32_t>(i);
    header.outcome_hash = HashOf(bytes);
    const bool known = outcomes_.Find(header.outcome_hash) != nullptr ||
                       !sent.insert(header.outcome_hash).second;
    if (known) bytes.clear();
    header.outcome_size = static_cast<uint32_t>(bytes.size());
    if (runner_.tells()) RunBytes(access, access_bytes);
    header.access_size = static_cast<uint32_t>(access_bytes.size());
    header.access_hash = HashOf(access_bytes);
    ring_.Send({reinterpret_cast<const char*>(&header), sizeof(header)});
    ring_.Send(bytes);
    ring_.Send(access_bytes);
  }
  _exit(0);
}

void Worker::SendRead(uint64_t block) {
  std::string access;
  RunBytes({{{block}, {}}, {}}, access);
  MessageHeader header{};
  header.index = kReadOfRun;
  header.access_size = static_cast<uint32_t>(access.size());
  header.access_hash = HashOf(access);
  ring_.Send({reinterpret_cast<const char*>(&header), sizeof(header)});
  ring_.Send(access);
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
    if (HashOf(outcome_bytes) != outcome_hash) {
      return Error{ErrorCode::kInternal, "a worker sent a wrong hash"};
    }
    POWERCUT_ASSIGN(RecoveryOutcome outcome, OutcomeOfBytes(outcome_bytes));
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
  while (!wild_ && received_.size() - at >= sizeof(MessageHeader)) {
    MessageHeader header{};
    std::memcpy(&header, received_.data() + at, sizeof(header));
    if (received_.size() - at - sizeof(header) < header.size()) break;
    at += sizeof(header);
    const std::string_view message(received_.data() + at, header.size());
    at += header.size();
    const std::string_view access = message.substr(header.outcome_size);
    if (header.index == kReadOfRun && header.outcome_size == 0 &&
        HashOf(access) == header.access_hash && TakeRead(access)) {
      continue;
    }
    // A worker with a corrupted heap may send anything: it then counts as dead
    // at the run it had begun.
    wild_ = header.index != results_.size() || header.index >= part_.size() ||
            HashOf(access) != header.access_hash;
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
