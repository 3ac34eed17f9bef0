// Sweeps over all prefixes of a recorded program on a kernel file system.
//
// Method. The naive sweep is what a script would do that knows crash images and
// nothing else: it writes each different image to a file in memory, mounts it
// through a loop device, runs `true` in it, and unmounts. It uses system calls
// where a script would use programs, so that it is a hard limit. The
// exploration of the same trace with `true` as its check is measured in turn
// with it. Both are processes of their own on one core at a time.

#include "tests/bench/sweep_bench.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_set>
#include <utility>

#include "backends/kernel/kernel_backend.h"
#include "harness/explore/explore.h"
#include "harness/judge/crash_points.h"
#include "harness/record/command_recording.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "tests/bench/figures.h"

namespace powercut {
namespace {

using kernel::KernelFileSystem;
using kernel::KernelFileSystemLacks;
using kernel::KernelFileSystems;
using kernel::MakeKernelBackend;

constexpr uint32_t kBlockBytes = 4096;

// Files that are written, flushed and renamed over each other.
constexpr const char* kScript =
    "for i in $(seq 40); do echo $i > new; sync new; mv new f$((i % 7)); "
    "sync .; done";

// Requires: this process may mount, and has a mount namespace of its own.
class NaiveMounter {
 public:
  NaiveMounter(const KernelFileSystem& file_system, uint64_t disk_bytes)
      : file_system_(file_system), disk_bytes_(disk_bytes) {
    Must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    Must(mount("naive", "/mnt", "tmpfs", 0, nullptr) == 0);
    Must(mkdir("/mnt/volume", 0700) == 0);
    control_ = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    Must(control_ >= 0);
  }

  // Mounts the image, runs `true` in it, and unmounts. A volume that does not
  // mount is none of this program's business.
  void Sweep(const SparseImage& image) {
    const int file = open("/mnt/disk", O_RDWR | O_CREAT | O_TRUNC, 0600);
    Must(file >= 0 && ftruncate(file, static_cast<off_t>(disk_bytes_)) == 0);
    image.ForEachPage([&](uint64_t at, ByteSpan bytes) {
      Must(pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at)) ==
           static_cast<ssize_t>(bytes.size()));
    });
    loop_config config{};
    config.fd = static_cast<uint32_t>(file);
    config.block_size = 512;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    std::string path;
    int loop = -1;
    // Another process may take the free device first.
    for (int i = 0; i < 64 && loop < 0; ++i) {
      path = fmt::format("/dev/loop{}", ioctl(control_, LOOP_CTL_GET_FREE));
      loop = open(path.c_str(), O_RDWR | O_CLOEXEC);
      if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config) == 0) continue;
      close(loop);
      loop = -1;
    }
    Must(loop >= 0);
    if (mount(path.c_str(), "/mnt/volume", file_system_.name.c_str(), 0,
              file_system_.name == "xfs" ? "nouuid" : nullptr) == 0) {
      RunTrue();
      Must(umount("/mnt/volume") == 0);
    }
    close(loop);
    close(file);
  }

 private:
  static void Must(bool holds) { POWERCUT_CHECK(holds); }

  static void RunTrue() {
    const pid_t child = vfork();
    if (child == 0) {
      if (chdir("/mnt/volume") != 0) _exit(1);
      execl("/bin/sh", "sh", "-c", "true", nullptr);
      _exit(1);
    }
    int status = 0;
    Must(waitpid(child, &status, 0) == child && status == 0);
  }

  const KernelFileSystem& file_system_;
  const uint64_t disk_bytes_;
  int control_ = -1;
};

// Mounts each different image of the prefixes once. Returns how many.
uint64_t SweepNaively(const KernelFileSystem& file_system,
                      const Recording& recording) {
  NaiveMounter mounter(file_system, recording.trace.geometry().size_bytes());
  const CrashSpace space(recording.trace, kBlockBytes);
  PointCursor cursor(space, CrashKind::kPower);
  CrashImage image(space, CrashKind::kPower);
  ExplorationSpace prefixes;
  prefixes.mode = ExplorationSpace::kPrefix;
  std::unordered_set<Hash128, Hash128Hasher> seen;
  for (const CrashPoint& point : CrashPointsOf(recording, true)) {
    cursor.MoveTo(point.after);
    EnumerateStates(cursor, prefixes, 1,
                    [&](const CrashState& state, const Hash128& hash) {
                      if (!seen.insert(hash).second) return true;
                      image.Become(state);
                      mounter.Sweep(image.bytes());
                      return true;
                    });
  }
  return seen.size();
}

// Runs `work` in a process with a mount namespace of its own, and returns what
// it returns.
uint64_t InProcess(const std::function<uint64_t()>& work) {
  void* shared = mmap(nullptr, sizeof(uint64_t), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  POWERCUT_CHECK(shared != MAP_FAILED);
  std::fflush(nullptr);
  const pid_t child = fork();
  POWERCUT_CHECK(child >= 0);
  if (child == 0) {
    POWERCUT_CHECK(unshare(CLONE_NEWNS) == 0);
    *static_cast<uint64_t*>(shared) = work();
    _exit(0);
  }
  int status = 0;
  POWERCUT_CHECK(waitpid(child, &status, 0) == child && status == 0);
  const uint64_t result = *static_cast<uint64_t*>(shared);
  munmap(shared, sizeof(uint64_t));
  return result;
}

void BenchSweep(const KernelFileSystem& file_system) {
  const auto backend = MakeKernelBackend(file_system);
  CommandToRecord program;
  program.words = {"/bin/sh", "-c", kScript};
  const auto made = RecordCommand(
      *backend, {512, file_system.default_disk_bytes / 512}, program);
  POWERCUT_CHECK(made.has_value());
  backend->ReleaseHelpers();
  Workload workload;
  auto setting = ResolveSetting(workload, *backend, {});
  POWERCUT_CHECK(setting.has_value());
  setting->geometry = made->recording.trace.geometry();
  setting->atomic_bytes = kBlockBytes;
  setting->oracle = CheckOracle{.command = "true"};
  Exploration last;
  const auto explore = [&] {
    ExploreOptions options;
    options.space.mode = ExplorationSpace::kPrefix;
    const double begin = Seconds();
    auto explored =
        Explore({*backend, workload, *setting, made->recording}, options);
    const double seconds = Seconds() - begin;
    POWERCUT_CHECK(explored.has_value() && explored->exhausted);
    last = std::move(*explored);
    return seconds;
  };
  uint64_t images = 0;
  const auto naive = [&] {
    const double begin = Seconds();
    images =
        InProcess([&] { return SweepNaively(file_system, made->recording); });
    return Seconds() - begin;
  };
  const Pair seconds = Compare(explore, naive);
  const RecoveryCounts& counts = last.recoveries;
  Row(fmt::format("{} prefix sweep, {} crash points", file_system.name,
                  last.crash_points),
      fmt::format("{:.2f} s", seconds.ours), "aim < 0.9 x",
      fmt::format("{:.2f} x a naive sweep of {} images ({:.2f} s)",
                  seconds.ours / seconds.limit, images, seconds.limit));
  Row(fmt::format("  recoveries of {}", file_system.name),
      fmt::format("{}", counts.all()), "aim < 1.2 x",
      fmt::format("{:.2f} x the {} needed ({} repeated, {} canaries)",
                  static_cast<double>(counts.all()) /
                      static_cast<double>(counts.needed),
                  counts.needed, counts.repeated, counts.canaries));
}

}  // namespace

void BenchSweeps(const std::string& only) {
  for (const KernelFileSystem& file_system : KernelFileSystems()) {
    const std::string& name = file_system.name;
    if (name != "ext4" && name != "xfs" && name != "btrfs") continue;
    if (!only.empty() && name != only) continue;
    const std::string lacks = KernelFileSystemLacks(file_system);
    if (!lacks.empty()) {
      std::printf("%s skipped: %s\n", name.c_str(), lacks.c_str());
      continue;
    }
    BenchSweep(file_system);
  }
}

}  // namespace powercut
