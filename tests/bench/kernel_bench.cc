// Mounts of kernel file systems, and recorded runs on them. Each is measured in
// turn with its limit: bare mounts, walks and unmounts of the same crash images
// on a plain loop device (plain_volume.h), and the same script on a loop device
// over a file in memory.

#include "tests/bench/kernel_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/kernel/kernel_backend.h"
#include "harness/record/command_recording.h"
#include "harness/recover/recovery_runner.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "harness/trace/acks.h"
#include "model/pcut/pcut.h"
#include "tests/bench/figures.h"
#include "tests/bench/plain_volume.h"

namespace powercut {
namespace {

using kernel::KernelFileSystem;
using kernel::KernelFileSystemLacks;
using kernel::KernelFileSystems;
using kernel::MakeKernelBackend;

// A file is replaced again and again, so that there are about a hundred crash
// images, with journals of all lengths.
std::string BenchWorkload() {
  std::string text = "powercut 1\ninit\n  create /a\n  write /a 0 32768\nrun\n";
  for (int i = 0; i < 12; ++i) {
    text +=
        "  write /a 0 16384\n  fsync /a\n  create /b\n  append /b 20000\n"
        "  fsync /b\n  rename /b /a\n  syncfs\n";
  }
  return text;
}

// Writes small files and flushes each. Writes to $1 how long that took, in
// microseconds.
constexpr const char* kScript =
    "s=$(date +%s%N); for i in $(seq 300); do echo $i > f; sync f; done; "
    "e=$(date +%s%N); echo $(((e - s) / 1000)) > \"$1\"";

// The events before the mark from which on crashes are explored.
EventNumber RunBegins(const Trace& trace) {
  for (const Mark& mark : trace.marks()) {
    if (mark.text == kRunMark) return mark.after;
  }
  return 0;
}

void BenchMounts(const KernelFileSystem& file_system) {
  const auto backend = MakeKernelBackend(file_system);
  const auto workload = ParseWorkload(BenchWorkload(), "bench.pcut");
  POWERCUT_CHECK(workload.has_value());
  const auto setting = ResolveSetting(*workload, *backend, {});
  POWERCUT_CHECK(setting.has_value());
  const auto recording = Record(*backend, *workload, *setting);
  POWERCUT_CHECK(recording.has_value());
  // One state for each different disk.
  const CrashSpace space(recording->trace, setting->atomic_bytes);
  std::vector<CrashState> states;
  std::set<std::pair<uint64_t, uint64_t>> seen;
  ExplorationSpace prefix;
  prefix.mode = ExplorationSpace::kPrefix;
  PointCursor cursor(space, CrashKind::kPower);
  for (EventNumber n = RunBegins(recording->trace);
       n <= recording->trace.event_count(); ++n) {
    cursor.MoveTo(n);
    EnumerateStates(cursor, prefix, 1,
                    [&](const CrashState& state, const Hash128& hash) {
                      if (seen.insert({hash.high, hash.low}).second) {
                        states.push_back(state);
                      }
                      return true;
                    });
  }
  const ImageSource source = [&](const auto& show) {
    CrashImage image(space, CrashKind::kPower);
    for (const CrashState& state : states) {
      image.Become(state);
      show(image.bytes());
    }
  };
  const auto bare = [&](bool read_ahead) {
    const double seconds = SecondsOfPlainVolumes(
        file_system.name, file_system.mount_options,
        setting->geometry.size_bytes(), setting->geometry.sector_bytes,
        read_ahead, source);
    return static_cast<double>(states.size()) / seconds;
  };
  // What an exploration does for one state, with what it read.
  const auto check = [&] {
    WorkerOptions options = WorkerOptionsOf(
        {*backend, *workload, *setting, *recording}, RunOptions());
    options.report_reads = true;
    RecoveryRunner runner(*backend, space, options);
    for (const CrashState& state : states) {
      RunAccess access;
      const RecoveryOutcome outcome = runner.Run(state, access);
      POWERCUT_CHECK(outcome.kind == RecoveryOutcome::kObserved);
      POWERCUT_CHECK(outcome.observation.unreadable.empty());
    }
    return states.size();
  };
  // Which of the two plain devices is faster depends on the file system.
  const std::vector<double> rates =
      MediansOf({[&] { return RateOf(check); }, [&] { return bare(true); },
                 [&] { return bare(false); }});
  const Pair rate{rates[0], std::max(rates[1], rates[2])};
  Row(fmt::format("{} states recovered /s ({} images)", file_system.name,
                  states.size()),
      Count(rate.ours), "aim > 0.85 x",
      fmt::format("{:.2f} x bare mount, walk, unmount of them ({}/s)",
                  rate.ours / rate.limit, Count(rate.limit)));
  backend->ReleaseHelpers();
}

double RecordedUs(const KernelFileSystem& file_system) {
  const auto backend = MakeKernelBackend(file_system);
  CommandToRecord program;
  program.words = {"/bin/sh", "-c",
                   fmt::format("set -- $POWERCUT_ACKS; {}", kScript)};
  const auto made = RecordCommand(
      *backend, {512, file_system.default_disk_bytes / 512}, program);
  POWERCUT_CHECK(made.has_value());
  for (const Mark& mark : made->recording.trace.marks()) {
    if (const auto ack = AckOf(mark)) return std::stod(std::string(*ack));
  }
  return 0;
}

// The time of the same script on a loop device over a file in memory, in a
// mount namespace of its own.
double PlainUs(const KernelFileSystem& file_system) {
  const std::string script = fmt::format(
      "set -e; d=$(mktemp -d); mount -t tmpfs none $d; truncate -s {} $d/disk; "
      "{} -q {} $d/disk >/dev/null 2>&1; mkdir $d/m; mount -o loop,noatime "
      "$d/disk $d/m; "
      "cd $d/m; set -- /tmp/powercut-bench-us; {}; cd /; umount $d/m; "
      "umount $d; rmdir $d",
      file_system.default_disk_bytes, file_system.mkfs,
      file_system.name == "ext4" ? "-F" : "-f", kScript);
  const std::string command = fmt::format("unshare -m /bin/sh -c '{}'", script);
  POWERCUT_CHECK(std::system(command.c_str()) == 0);
  double us = 0;
  std::ifstream("/tmp/powercut-bench-us") >> us;
  std::remove("/tmp/powercut-bench-us");
  return us;
}

void BenchRecording(const KernelFileSystem& file_system) {
  const Pair us = Compare([&] { return RecordedUs(file_system); },
                          [&] { return PlainUs(file_system); });
  Row(fmt::format("{} recorded run of 300 flushed files", file_system.name),
      fmt::format("{:.0f} ms", us.ours / 1000), "aim < 1.3 x",
      fmt::format("{:.2f} x a loop device over tmpfs ({:.0f} ms)",
                  us.ours / us.limit, us.limit / 1000));
}

}  // namespace

void BenchKernels(const std::string& only) {
  for (const KernelFileSystem& file_system : KernelFileSystems()) {
    if (!only.empty() && file_system.name != only) continue;
    // ext4 stands for the three that share its driver.
    if (file_system.name == "ext2" || file_system.name == "ext3") continue;
    const std::string lacks = KernelFileSystemLacks(file_system);
    if (!lacks.empty()) {
      std::printf("%s skipped: %s\n", file_system.name.c_str(), lacks.c_str());
      continue;
    }
    BenchMounts(file_system);
    BenchRecording(file_system);
  }
}

}  // namespace powercut
