// Programs on simfs. A recorded sqlite3 is measured in turn with the same
// sqlite3 on tmpfs, and a check of one process with the same process on a tmpfs
// that is mounted for it.

#include "tests/bench/programs_bench.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "harness/record/command_recording.h"
#include "harness/recover/recovery_runner.h"
#include "harness/space/crash_space.h"
#include "programs/program_backend.h"
#include "programs/program_host.h"
#include "tests/bench/figures.h"

namespace powercut {
namespace {

constexpr int kTransactions = 300;
constexpr DiskGeometry kGeometry{512, programs::kProgramDiskBytes / 512};

// One process makes the transactions of a rollback journal, one by one.
std::string Transactions() {
  return fmt::format(
      "(echo 'CREATE TABLE t(x);'; for i in $(seq {}); do echo 'INSERT INTO t "
      "VALUES(hex(randomblob(100)));'; done) | sqlite3 t.db",
      kTransactions);
}

double RecordedSeconds() {
  programs::ProgramBackend backend;
  CommandToRecord program;
  program.words = {"/bin/sh", "-c", Transactions()};
  const double begin = Seconds();
  const auto made = RecordCommand(backend, kGeometry, program);
  const double seconds = Seconds() - begin;
  POWERCUT_CHECK(made.has_value() && made->end.detail.empty());
  return seconds;
}

double PlainSeconds() {
  const std::string command = fmt::format(
      "d=$(mktemp -d -p /dev/shm); cd $d; {}; cd /; rm -r $d", Transactions());
  const double begin = Seconds();
  POWERCUT_CHECK(std::system(command.c_str()) == 0);
  return Seconds() - begin;
}

// A trace of so many appends, each of 100 bytes.
CommandRecording Appends(Backend& backend, int appends) {
  CommandToRecord program;
  program.words = {
      "/bin/sh", "-c",
      fmt::format("for i in $(seq {}); do echo $i; done >f", appends)};
  auto made = RecordCommand(backend, kGeometry, program);
  POWERCUT_CHECK(made.has_value());
  return std::move(*made);
}

// How many crashes of the recording, all near its end, are looked at in a
// second by a check that starts one process more than the shell.
double ChecksPerSecond(Backend& backend, const CommandRecording& made) {
  constexpr int kStates = 100;
  const Trace& trace = made.recording.trace;
  const CrashSpace space(trace, 512);
  const StudiedTrace studied(backend, trace);
  WorkerOptions options;
  options.recovery.check = CheckOracle{};
  options.recovery.check->command = "cat f >/dev/null || :";
  RecoveryRunner runner(backend, space, options);
  return RateOf([&] {
    for (int i = 0; i < kStates; ++i) {
      CrashState state;
      state.point = trace.event_count() - static_cast<EventNumber>(i % 20);
      RunAccess access;
      const RecoveryOutcome outcome = runner.Run(state, access);
      POWERCUT_CHECK(outcome.kind == RecoveryOutcome::kObserved);
    }
    return kStates;
  });
}

// The same process, on a tmpfs that is mounted for it and unmounted again.
double BareChecksPerSecond() {
  constexpr int kStates = 100;
  return RateOf([] {
    for (int i = 0; i < kStates; ++i) {
      POWERCUT_CHECK(mount("bench", "/mnt", "tmpfs", 0, "size=1m") == 0);
      const pid_t child = vfork();
      if (child == 0) {
        execl("/bin/sh", "sh", "-c",
              "cat /mnt/f >/dev/null 2>&1 || :", static_cast<char*>(nullptr));
        _exit(127);
      }
      int status = 0;
      waitpid(child, &status, 0);
      umount2("/mnt", MNT_DETACH);
    }
    return kStates;
  });
}

}  // namespace

void BenchPrograms() {
  if (const std::string lack = programs::ProgramsLack(); !lack.empty()) {
    std::printf("programs skipped: %s\n", lack.c_str());
    return;
  }
  const Pair seconds = Compare(RecordedSeconds, PlainSeconds);
  Row(fmt::format("a transaction of sqlite3, recorded ({})", kTransactions),
      fmt::format("{:.2f} ms", seconds.ours / kTransactions * 1000),
      "aim < 1 ms",
      fmt::format("{:.1f} x tmpfs ({:.2f} ms)", seconds.ours / seconds.limit,
                  seconds.limit / kTransactions * 1000));
  programs::ProgramBackend backend;
  const CommandRecording small = Appends(backend, 100);
  const Pair rate = Compare([&] { return ChecksPerSecond(backend, small); },
                            BareChecksPerSecond);
  Row("states checked by one process /s", Count(rate.ours), "aim > 200",
      fmt::format("{:.2f} x a bare mount, start, unmount ({}/s)",
                  rate.ours / rate.limit, Count(rate.limit)));
  const CommandRecording large = Appends(backend, 10'000);
  const Pair growth = Compare([&] { return ChecksPerSecond(backend, large); },
                              [&] { return ChecksPerSecond(backend, small); });
  Row("states of 10,000 calls checked /s", Count(growth.ours), "aim > 0.9 x",
      fmt::format("{:.2f} x those of 100 calls ({}/s)",
                  growth.ours / growth.limit, Count(growth.limit)));
  backend.ReleaseHelpers();
}

}  // namespace powercut
