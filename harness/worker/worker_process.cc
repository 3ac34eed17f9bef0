#include "harness/worker/worker_process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_set>

#include "harness/base/sanitizer.h"
#include "harness/recover/outcome_codec.h"
#include "harness/worker/messages.h"

namespace powercut {
namespace {

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

void Send(ResultRing& ring, WorkerMessageHeader header,
          std::string_view outcome, std::string_view access) {
  header.outcome_size = static_cast<uint32_t>(outcome.size());
  header.access_size = static_cast<uint32_t>(access.size());
  header.access_hash = HashOfMessage(access);
  ring.Send({reinterpret_cast<const char*>(&header), sizeof(header)});
  ring.Send(outcome);
  ring.Send(access);
}

void SendRead(ResultRing& ring, uint64_t block) {
  std::string access;
  EncodeRunAccess({{{block}, {}}, {}}, access);
  WorkerMessageHeader header{};
  header.index = WorkerMessageHeader::kReadOfRun;
  Send(ring, header, {}, access);
}

// What ends a process that a recovery needs ends the recovery, and its state is
// run again if it came from outside: so this process ends as that one did.
[[noreturn]] void EndAs(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    signal(WTERMSIG(wait_status), SIG_DFL);
    raise(WTERMSIG(wait_status));
  }
  _exit(WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 1);
}

}  // namespace

void RunInWorker(RecoveryRunner& runner, const WorkOrder& order,
                 const std::function<bool(const Hash128&)>& known,
                 ResultRing& ring) noexcept {
  // The CPU bound ends the worker by SIGPROF itself: a handler would have to
  // wait where a sanitizer defers signals.
  signal(SIGPROF, SIG_DFL);
  const WorkerLimits& limits = runner.options().limits;
  BoundMemory(limits.memory_bytes);
  // If it dies, what it has read tells which other states do the same.
  if (order.alone && runner.options().report_reads) {
    runner.TellReads([&ring](uint64_t block) { SendRead(ring, block); });
  }
  std::unordered_set<Hash128, Hash128Hasher> sent;
  RunAccess access;
  std::string access_bytes;
  std::string bytes;
  for (size_t i = 0; i < order.states.size(); ++i) {
    ring.SetCurrent(static_cast<uint32_t>(i));
    ArmCpuBound(limits.cpu_ms);
    EncodeOutcome(runner.Run(order.states[i], access), bytes);
    if (const auto end = runner.HelperExitStatus()) EndAs(*end);
    WorkerMessageHeader header{};
    header.index = static_cast<uint32_t>(i);
    header.outcome_hash = HashOfMessage(bytes);
    const bool parent_has_it =
        known(header.outcome_hash) || !sent.insert(header.outcome_hash).second;
    if (runner.tells()) EncodeRunAccess(access, access_bytes);
    Send(ring, header, parent_has_it ? std::string_view() : bytes,
         access_bytes);
  }
  _exit(0);
}

}  // namespace powercut
