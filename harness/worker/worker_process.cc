// Runs states in a forked process and sends what came of them. The bounds on
// memory and processor time are those of the kernel, because storage code may
// be in any loop when it passes one; the parent watches the wall clock.
// Whatever was sent is in shared memory, so that the process may die at any
// moment.

#include "harness/worker/worker_process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "harness/base/sanitizer.h"
#include "harness/recover/outcome_codec.h"
#include "harness/system/process_setup.h"
#include "harness/worker/messages.h"

namespace powercut {
namespace {

// Restarts the processor time that the next recovery may take.
void ArmCpuBound(uint32_t cpu_ms) {
  itimerval timer{};
  timer.it_value.tv_sec = cpu_ms / 1000;
  timer.it_value.tv_usec = long{cpu_ms % 1000} * 1000;
  setitimer(ITIMER_PROF, &timer, nullptr);
}

// Lets the process take `bytes` more than it inherits. An allocation beyond
// that fails, which most storage code does not survive.
void BoundMemory(uint64_t bytes) {
  // Sanitizers reserve terabytes of address space, so that no bound makes
  // sense.
  if (kSanitized) return;
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = AddressSpaceBytes() + bytes;
  setrlimit(RLIMIT_AS, &limit);
}

bool in_worker = false;

// Fills in the sizes and the hash of the header, and sends the message.
void Send(ResultRing& ring, WorkerMessageHeader header,
          std::string_view outcome, std::string_view access) {
  header.outcome_size = static_cast<uint32_t>(outcome.size());
  header.access_size = static_cast<uint32_t>(access.size());
  header.access_hash = HashOfMessage(access);
  ring.Send({reinterpret_cast<const char*>(&header), sizeof(header)});
  ring.Send(outcome);
  ring.Send(access);
}

// Tells the parent of one block at the moment at which it is read.
void SendRead(ResultRing& ring, uint64_t block) {
  std::string access;
  EncodeRunAccess({{{block}, {}, {}}, {}}, access);
  WorkerMessageHeader header{};
  header.index = WorkerMessageHeader::kReadOfRun;
  Send(ring, header, {}, access);
}

// Ends this process as a helper process ended. Whatever ended a helper that the
// recovery needed has ended the recovery, too, and the parent runs the state
// again if the signal may have come from outside.
[[noreturn]] void EndAs(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    signal(WTERMSIG(wait_status), SIG_DFL);
    raise(WTERMSIG(wait_status));
  }
  _exit(WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 1);
}

}  // namespace

bool IsWorker() { return in_worker; }

void RunInWorker(RecoveryRunner& runner, const WorkOrder& order,
                 const std::function<bool(const Hash128&)>& known,
                 BatchFilter* filter, ResultRing& ring) noexcept {
  // At the bound on processor time, SIGPROF itself ends the worker. A handler
  // would have to wait where a sanitizer defers signals.
  signal(SIGPROF, SIG_DFL);
  in_worker = true;
  const WorkerLimits& limits = runner.options().limits;
  BoundMemory(limits.memory_bytes);
  // If the state kills the worker, the blocks that were read until then say
  // which other states do the same.
  if (order.alone && runner.options().report_reads) {
    runner.TellReads([&ring](uint64_t block) { SendRead(ring, block); });
  }
  // Most states of a batch have the same few outcomes: the bytes of each travel
  // once.
  std::unordered_set<Hash128, Hash128Hasher> sent;
  RunAccess access;
  std::string access_bytes;
  std::string bytes;
  if (order.filtered > 0) filter->Begin();
  for (size_t i = 0; i < order.states.size(); ++i) {
    // The parent takes a change of this number for progress.
    ring.SetCurrent(static_cast<uint32_t>(i));
    WorkerMessageHeader header{};
    header.index = static_cast<uint32_t>(i);
    const bool filtered = i < order.filtered;
    if (filtered && filter->Decides(order.states[i])) {
      header.skipped = 1;
      ring.Send({reinterpret_cast<const char*>(&header), sizeof(header)});
      continue;
    }
    ArmCpuBound(limits.cpu_ms);
    const RecoveryOutcome outcome = runner.Run(order.states[i], access, [&] {
      // Another number than that of any state, which restarts the wall clock.
      ring.SetCurrent(static_cast<uint32_t>(order.states.size() + i));
      ArmCpuBound(limits.cpu_ms);
    });
    if (const auto end = runner.HelperExitStatus()) EndAs(*end);
    if (filtered && outcome.kind == RecoveryOutcome::kObserved) {
      filter->Add(order.states[i], access.reads);
    }
    EncodeOutcome(outcome, bytes);
    header.outcome_hash = HashOfMessage(bytes);
    const bool parent_has_it =
        known(header.outcome_hash) || !sent.insert(header.outcome_hash).second;
    if (runner.tells()) EncodeRunAccess(access, access_bytes);
    Send(ring, header, parent_has_it ? std::string_view() : bytes,
         access_bytes);
  }
  // exit() would run the exit handlers of the parent.
  _exit(0);
}

}  // namespace powercut
