#include "harness/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <string_view>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/base/sanitizer.h"
#include "harness/outcome_bytes.h"
#include "harness/result_ring.h"

namespace powercut {
namespace {

// One message: which request, the outcome's hash, and its bytes unless the
// parent has them already; then what the run read and wrote, if anyone asked.
struct MessageHeader {
  uint32_t index;
  uint32_t outcome_size;
  uint32_t access_size;
  Hash128 outcome_hash;
  Hash128 access_hash;

  uint64_t size() const { return uint64_t{outcome_size} + access_size; }
};

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

}  // namespace

const OutcomeId* OutcomeTable::Find(const Hash128& hash) const {
  const auto found = ids_.find(hash);
  return found == ids_.end() ? nullptr : &found->second;
}

OutcomeId OutcomeTable::Add(const Hash128& hash, RecoveryOutcome outcome) {
  const auto [entry, added] =
      ids_.emplace(hash, static_cast<OutcomeId>(outcomes_.size()));
  if (added) {
    outcomes_.push_back(std::move(outcome));
    hashes_.push_back(hash);
  }
  return entry->second;
}

// A batch and how far it is. Requests [next, batch.size()) are still to run.
struct WorkerPool::Task {
  Batch batch;
  std::vector<RunResult> results;
  size_t next = 0;
  // The state at `next` ended a worker: it runs alone now.
  bool suspect = false;
  bool running = false;

  size_t End() const { return suspect ? next + 1 : batch.size(); }
  bool Done() const { return next == batch.size(); }
};

struct WorkerPool::Worker {
  ResultRing ring;
  std::string received;
  Task* task = nullptr;  // null: idle
  pid_t pid = 0;
  int pidfd = -1;
  bool killed_as_stuck = false;
  uint32_t watched = ResultRing::kNoCurrent;
  uint64_t watched_since_ms = 0;
};

WorkerPool::WorkerPool(Backend& backend, const CrashSpace& space,
                       Options options)
    : backend_(backend),
      space_(space),
      options_(std::move(options)),
      touched_(space) {
  images_.resize(kCrashKinds.size());
  for (uint32_t i = 0; i < options_.jobs; ++i) {
    workers_.push_back(std::make_unique<Worker>());
  }
}

WorkerPool::~WorkerPool() { Cancel(); }

void WorkerPool::Cancel() {
  for (const auto& worker : workers_) {
    if (worker->task == nullptr) continue;
    kill(worker->pid, SIGKILL);
    waitpid(worker->pid, nullptr, 0);
    close(worker->pidfd);
    worker->task = nullptr;
  }
  tasks_.clear();
}

CrashImage& WorkerPool::ImageFor(CrashKind kind) {
  std::unique_ptr<CrashImage>& image = images_[static_cast<size_t>(kind)];
  if (image == nullptr) image = std::make_unique<CrashImage>(space_, kind);
  return *image;
}

void WorkerPool::Start(Worker& worker, Task& task) {
  // Moved here once, so that no worker repeats the way from the base.
  ImageFor(task.batch[task.next].kind).Become(task.batch[task.next]);
  worker.ring.Clear();
  worker.received.clear();
  worker.task = &task;
  worker.killed_as_stuck = false;
  worker.watched = ResultRing::kNoCurrent;
  worker.watched_since_ms = MonotonicMs();
  task.running = true;
  std::fflush(nullptr);
  worker.pid = fork();
  CHECK(worker.pid >= 0);
  if (worker.pid == 0) WorkInChild(worker, task);
  worker.pidfd = static_cast<int>(syscall(SYS_pidfd_open, worker.pid, 0));
  CHECK(worker.pidfd >= 0);
}

RecoveryOutcome WorkerPool::RunState(CrashImage& image, CrashDisk& disk,
                                     const CrashState& state,
                                     RunAccess& access) {
  image.Become(state);
  RecoveryOutcome outcome = Recover(backend_, disk, options_.recovery);
  if (options_.report_reads) {
    access.reads = disk.Reads(outcome.observation);
    if (!options_.all_reads) touched_.Keep(access.reads);
  }
  if (options_.report_writes) access.writes = disk.events();
  disk.Reset();
  return outcome;
}

RunResult WorkerPool::RunHere(CrashImage& image, CrashDisk& disk,
                              const CrashState& state) {
  RunAccess access;
  RecoveryOutcome outcome = RunState(image, disk, state, access);
  const std::string bytes = OutcomeBytes(outcome);
  const OutcomeId id =
      outcomes_.Add(HashBytes(AsBytes(bytes), 0), std::move(outcome));
  return {id, std::move(access.reads), std::move(access.writes)};
}

void WorkerPool::SubmitHere(const Batch& batch) {
  std::vector<RunResult> results;
  if (!batch.empty()) {
    CrashImage& image = ImageFor(batch[0].kind);
    CrashDisk disk(image.bytes(), space_.trace().geometry(),
                   space_.block_bytes(), options_.limits.requests);
    disk.set_keep_events(options_.report_writes);
    for (const CrashState& state : batch) {
      results.push_back(RunHere(image, disk, state));
    }
  }
  if (done_) done_(batch, results);
}

void WorkerPool::WorkInChild(Worker& worker, const Task& task) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);  // the parent decides what Ctrl-C means
  // The CPU bound ends the worker by SIGPROF itself: a handler would have to
  // wait where a sanitizer defers signals.
  signal(SIGPROF, SIG_DFL);
  BoundMemory(options_.limits.memory_bytes);
  CrashImage& image = ImageFor(task.batch[task.next].kind);
  CrashDisk disk(image.bytes(), space_.trace().geometry(), space_.block_bytes(),
                 options_.limits.requests);
  disk.set_keep_events(options_.report_writes);
  std::unordered_map<Hash128, bool, Hash128Hasher> sent;
  const bool tells = options_.report_reads || options_.report_writes;
  RunAccess access;
  std::string access_bytes;
  for (size_t i = task.next; i < task.End(); ++i) {
    worker.ring.SetCurrent(static_cast<uint32_t>(i));
    ArmCpuBound(options_.limits.cpu_ms);
    const RecoveryOutcome outcome =
        RunState(image, disk, task.batch[i], access);
    std::string bytes = OutcomeBytes(outcome);
    MessageHeader header{};
    header.index = static_cast<uint32_t>(i);
    header.outcome_hash = HashBytes(AsBytes(bytes), 0);
    const bool known = outcomes_.Find(header.outcome_hash) != nullptr ||
                       !sent.emplace(header.outcome_hash, true).second;
    if (known) bytes.clear();
    header.outcome_size = static_cast<uint32_t>(bytes.size());
    if (tells) RunBytes(access, access_bytes);
    header.access_size = static_cast<uint32_t>(access_bytes.size());
    header.access_hash = HashBytes(AsBytes(access_bytes), 0);
    worker.ring.Send({reinterpret_cast<const char*>(&header), sizeof(header)});
    worker.ring.Send(bytes);
    worker.ring.Send(access_bytes);
  }
  _exit(0);
}

Result<RunAccess> WorkerPool::AccessOf(std::string_view bytes) const {
  if (!options_.report_reads && !options_.report_writes) return RunAccess{};
  POWERCUT_ASSIGN(RunAccess access,
                  RunAccessOfBytes(bytes, {space_.trace().geometry(),
                                           space_.block_bytes()}));
  if (!options_.all_reads) {
    // A worker with a corrupted heap may name any block.
    const RunReads told = access.reads;
    touched_.Keep(access.reads);
    if (!(access.reads == told)) {
      return Error{ErrorCode::kInternal, "a worker told of other blocks"};
    }
  }
  return access;
}

void WorkerPool::TakeMessages(Worker& worker) {
  worker.ring.Receive(worker.received);
  Task& task = *worker.task;
  size_t at = 0;
  while (worker.received.size() - at >= sizeof(MessageHeader)) {
    MessageHeader header{};
    std::memcpy(&header, worker.received.data() + at, sizeof(header));
    if (worker.received.size() - at - sizeof(header) < header.size()) break;
    at += sizeof(header);
    const std::string_view bytes(worker.received.data() + at,
                                 header.outcome_size);
    const std::string_view access_bytes(
        worker.received.data() + at + header.outcome_size, header.access_size);
    at += header.size();
    // A worker with a corrupted heap may send anything: it then counts as dead
    // at the state it had begun.
    const OutcomeId* known = outcomes_.Find(header.outcome_hash);
    if (header.index != task.next || task.next >= task.End()) break;
    if (known == nullptr) {
      if (HashBytes(AsBytes(bytes), 0) != header.outcome_hash) break;
      Result<RecoveryOutcome> outcome = OutcomeOfBytes(bytes);
      if (!outcome) break;
      outcomes_.Add(header.outcome_hash, std::move(*outcome));
      known = outcomes_.Find(header.outcome_hash);
    }
    if (HashBytes(AsBytes(access_bytes), 0) != header.access_hash) break;
    Result<RunAccess> access = AccessOf(access_bytes);
    if (!access) break;
    task.results[task.next++] = {*known, std::move(access->reads),
                                 std::move(access->writes)};
    if (task.suspect) task.suspect = false;
  }
  worker.received.erase(0, at);
}

RecoveryOutcome WorkerPool::OutcomeOfDeath(const Worker& worker,
                                           int wait_status) const {
  RecoveryOutcome outcome;
  outcome.kind = RecoveryOutcome::kDied;
  if (worker.killed_as_stuck) {
    return {RecoveryOutcome::kHung, "no progress by the wall clock", {}};
  }
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGPROF) {
    return {
        RecoveryOutcome::kHung, "more CPU time than a recovery may take", {}};
  }
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    const char* name = sigabbrev_np(number);
    outcome.detail =
        fmt::format("killed by SIG{}", name == nullptr ? "?" : name);
  } else {
    outcome.detail =
        fmt::format("ended with exit status {}", WEXITSTATUS(wait_status));
  }
  return outcome;
}

void WorkerPool::Finish(Worker& worker, int wait_status) {
  close(worker.pidfd);
  worker.pidfd = -1;
  Task& task = *worker.task;
  worker.task = nullptr;
  task.running = false;
  if (task.Done()) return;
  const bool ended_well =
      WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  // A suspect that passed alone leaves the rest of its batch.
  if (ended_well && worker.ring.current() + 1 == task.next) return;
  if (!task.suspect) {
    task.suspect = true;
    return;
  }
  task.suspect = false;
  const RecoveryOutcome outcome = OutcomeOfDeath(worker, wait_status);
  const std::string bytes = OutcomeBytes(outcome);
  task.results[task.next++].outcome =
      outcomes_.Add(HashBytes(AsBytes(bytes), 0), outcome);
}

void WorkerPool::KillIfStuck(Worker& worker) {
  const uint32_t current = worker.ring.current();
  const uint64_t now = MonotonicMs();
  if (current != worker.watched) {
    worker.watched = current;
    worker.watched_since_ms = now;
    return;
  }
  if (now - worker.watched_since_ms < options_.limits.wall_ms) return;
  worker.killed_as_stuck = true;
  kill(worker.pid, SIGKILL);
}

void WorkerPool::Collect(Worker& worker) {
  if (worker.task == nullptr) return;
  int wait_status = 0;
  const bool ended = waitpid(worker.pid, &wait_status, WNOHANG) == worker.pid;
  // After the end, so that nothing published before it is missed.
  TakeMessages(worker);
  if (ended) {
    Finish(worker, wait_status);
  } else {
    KillIfStuck(worker);
  }
}

void WorkerPool::Wait() {
  std::vector<pollfd> ends;
  for (const auto& worker : workers_) {
    if (worker->task != nullptr) ends.push_back({worker->pidfd, POLLIN, 0});
  }
  // The rings wake nobody: they are looked at every millisecond.
  poll(ends.data(), ends.size(), 1);
  for (const auto& worker : workers_) Collect(*worker);
}

OutcomeId WorkerPool::AddOutcome(RecoveryOutcome outcome) {
  const std::string bytes = OutcomeBytes(outcome);
  return outcomes_.Add(HashBytes(AsBytes(bytes), 0), std::move(outcome));
}

void WorkerPool::Submit(Batch batch) {
  if (options_.jobs == 0) return SubmitHere(batch);
  auto task = std::make_unique<Task>();
  task->results.resize(batch.size());
  task->batch = std::move(batch);
  tasks_.push_back(std::move(task));
  StartIdle();
  while (tasks_.size() > options_.jobs) Step();
}

void WorkerPool::Drain() {
  while (!tasks_.empty()) Step();
}

void WorkerPool::Step() {
  StartIdle();
  if (std::any_of(workers_.begin(), workers_.end(),
                  [](const auto& w) { return w->task != nullptr; })) {
    Wait();
  }
  Deliver();
}

void WorkerPool::Deliver() {
  while (!tasks_.empty() && tasks_.front()->Done() &&
         !tasks_.front()->running) {
    const std::unique_ptr<Task> task = std::move(tasks_.front());
    tasks_.pop_front();
    if (done_) done_(task->batch, task->results);
  }
}

void WorkerPool::StartIdle() {
  for (const auto& worker : workers_) {
    if (worker->task != nullptr) continue;
    const auto waiting = std::find_if(
        tasks_.begin(), tasks_.end(),
        [](const auto& task) { return !task->running && !task->Done(); });
    if (waiting == tasks_.end()) return;
    Start(*worker, **waiting);
  }
}

RunResult WorkerPool::RunAlone(const CrashState& state) {
  if (options_.jobs == 0) {
    CrashImage& image = ImageFor(state.kind);
    CrashDisk disk(image.bytes(), space_.trace().geometry(),
                   space_.block_bytes(), options_.limits.requests);
    disk.set_keep_events(options_.report_writes);
    return RunHere(image, disk, state);
  }
  Task task;
  task.batch = {state};
  task.results.resize(1);
  task.suspect = true;  // whatever happens is the outcome
  Worker& worker = *workers_[0];
  CHECK(worker.task == nullptr);
  Start(worker, task);
  while (worker.task != nullptr) Wait();
  // Killed from outside just when it was to be confirmed: `suspect` made that
  // its outcome, which the caller compares with the first.
  return std::move(task.results[0]);
}

}  // namespace powercut
