// The benchmark that `./dev bench` runs: the speed of the pipeline.
//
// Method. Each figure is printed with the limit that it is held against, which
// is the least work that could give the same result. Both are measured in turn
// in the same run, and the medians count: machines differ and are noisy, but
// ratios less so. Each part of the benchmark has a process of its own, which
// uses one core where it does not compare workers.

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "harness/base/prng.h"
#include "harness/explore/explore.h"
#include "harness/judge/crash_points.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "model/pcut/pcut.h"
#include "tests/bench/figures.h"
#ifdef POWERCUT_HAVE_KERNEL
#include "tests/bench/kernel_bench.h"
#include "tests/bench/sweep_bench.h"
#endif
#include "tests/bench/model_bench.h"
#include "tests/bench/programs_bench.h"
#include "tests/bench/simfs_bench.h"
#include "tests/bench/space_bench.h"

namespace powercut {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint32_t kBlockBytes = 4096;

// The most memory that this process has used so far, in bytes.
double PeakMemoryBytes() {
  std::FILE* status = std::fopen("/proc/self/status", "re");
  char line[256];
  double kib = 0;
  while (status != nullptr && std::fgets(line, sizeof(line), status)) {
    if (std::sscanf(line, "VmHWM: %lf kB", &kib) == 1) break;
  }
  if (status != nullptr) std::fclose(status);
  return kib * 1024;
}

// A trace with `closed` writes that are flushed and then `open` writes that are
// not, each of one block.
Trace MakeTrace(uint64_t disk_bytes, uint32_t closed, uint32_t open) {
  const DiskGeometry geometry{512, disk_bytes / 512};
  Trace trace(geometry, std::make_shared<SparseImage>(disk_bytes));
  Prng prng(1);
  Bytes data(kBlockBytes);
  trace.AddMark(kRunMark);
  const uint64_t blocks = disk_bytes / kBlockBytes;
  const auto write = [&](uint64_t block) {
    for (size_t i = 0; i < data.size(); i += 8) {
      StoreLittleEndian<uint64_t>(data, i, prng.Next());
    }
    trace.AddWrite(block * 8, data, Layer::kDevice);
  };
  for (uint32_t i = 0; i < closed; ++i) {
    write(prng.Below(blocks));
    if (i % 100 == 99) trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  }
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  for (uint32_t i = 0; i < open; ++i) write(blocks / open * i);
  return trace;
}

// Enumerates the states of the last crash point with up to two writes lost.
// States that follow each other differ by one write.
void BenchEnumerate(uint64_t disk_bytes, uint32_t closed, const char* aim) {
  constexpr uint32_t kOpen = 300;
  const Trace trace = MakeTrace(disk_bytes, closed, kOpen);
  const CrashSpace space(trace, kBlockBytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(trace.event_count());
  CrashImage image(space, CrashKind::kPower);
  ExplorationSpace spec;
  spec.mode = ExplorationSpace::kEpoch;
  spec.count = 2;
  const auto enumerate = [&](bool materialize) {
    uint64_t count = 0;
    uint64_t mix = 0;
    EnumerateStates(cursor, spec, 1,
                    [&](const CrashState& state, const Hash128& hash) {
                      mix ^= hash.low;
                      if (materialize) image.Become(state);
                      ++count;
                      return true;
                    });
    POWERCUT_CHECK(mix != 1);
    return count;
  };
  // The limit is to write one block of the image, and to write it back.
  const auto bare = [&] {
    const uint64_t count = 50'000;
    Bytes old(kBlockBytes);
    for (uint64_t i = 0; i < count; ++i) {
      const Slot slot = static_cast<Slot>(i % space.slot_count());
      const uint64_t at = space.block(slot) * kBlockBytes;
      const auto versions = space.versions(slot);
      image.bytes().Read(at, old);
      image.bytes().Write(at, {versions.back().content, kBlockBytes});
      image.bytes().Write(at, old);
    }
    return count;
  };
  const Pair hashed =
      Compare([&] { return RateOf([&] { return enumerate(false); }); },
              [&] { return RateOf(bare); });
  const Pair built =
      Compare([&] { return RateOf([&] { return enumerate(true); }); },
              [&] { return RateOf(bare); });
  const std::string name =
      fmt::format("{} MiB, {} events before", disk_bytes / kMiB, closed);
  Row("states enumerated and hashed /s, " + name, Count(hashed.ours), aim,
      fmt::format("{:.2f} x bare apply and undo ({}/s)",
                  hashed.ours / hashed.limit, Count(hashed.limit)));
  Row("  and their images built /s", Count(built.ours), "",
      fmt::format("{:.2f} x bare apply and undo", built.ours / built.limit));
}

// Storage that recovers at once and shows an empty tree, so that only the cost
// of the pipeline itself is measured.
class EmptyMount : public Mount {
 public:
  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  Observation Observe() override { return {}; }
  OpResult Shutdown() override { return {}; }
};

class EmptyBackend : public Backend {
 public:
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::shared_ptr<const SparseImage>(
        std::make_shared<SparseImage>(spec.geometry.size_bytes()));
  }
  MountResult Open(VirtualDisk&) override {
    return {std::make_unique<EmptyMount>(), ""};
  }

 private:
  BackendTraits traits_;
};

void BenchPrefixSweep() {
  constexpr uint32_t kWrites = 20'000;
  Trace trace = MakeTrace(1024 * kMiB, kWrites, 1);
  Recording recording{std::move(trace), {}, {}};
  auto history = HistoryOf(recording.trace, 0);
  POWERCUT_CHECK(history.has_value());
  recording.history = std::move(*history);
  const Workload workload;
  RunSetting setting;
  setting.profile = &Profiles()[0];
  setting.geometry = recording.trace.geometry();
  setting.atomic_bytes = kBlockBytes;
  setting.crash_kinds = {CrashKind::kPower};
  ExploreOptions options;
  options.jobs = 0;
  options.space.mode = ExplorationSpace::kPrefix;
  EmptyBackend backend;
  const auto sweep = [&] {
    const double begin = Seconds();
    const auto explored =
        Explore({backend, workload, setting, recording}, options);
    POWERCUT_CHECK(explored.has_value() && explored->exhausted);
    return Seconds() - begin;
  };
  // The limit is to apply each write once and to hash it once.
  const auto bare = [&] {
    const double begin = Seconds();
    const SparseImage image = ApplyAll(recording.trace);
    Hash128 all;
    for (EventNumber n = 1; n <= recording.trace.event_count(); ++n) {
      const DiskEvent& event = recording.trace.event(n);
      if (event.kind != DiskEvent::kWrite) continue;
      all ^= HashBytes(recording.trace.data(event), n);
    }
    POWERCUT_CHECK(all != Hash128{});
    return Seconds() - begin;
  };
  const Pair seconds = Compare(sweep, bare);
  Row(fmt::format("prefix sweep of {} writes, trivial check", kWrites),
      fmt::format("{:.3f} s", seconds.ours), "aim < 0.1 s",
      fmt::format("{:.1f} x bare apply and hash ({:.3f} s)",
                  seconds.ours / seconds.limit, seconds.limit));
  Row("peak memory so far (1 GiB disk, 20000 writes)",
      fmt::format("{:.0f} MB", PeakMemoryBytes() / 1e6), "aim < 200 MB", "");
}

// The workload only overwrites, so that every crash state mounts and is walked
// whole, as the disk of the limit is.
constexpr const char* kNtfsWorkload = R"(powercut 1
init
  mkdir  /d
  create /a
  write  /a 0 32768
  create /b
  write  /b 0 32768
  create /d/c
  write  /d/c 0 100
  create /d/e
  write  /d/e 0 9000
run
  write  /a 0 32768
  write  /b 0 16384
  fsync  /a
  write  /b 8192 24576
  fsync  /b
)";

// One state for each different image of a space, at the crash points of a
// recording.
std::vector<CrashState> DifferentStates(const Recording& recording,
                                        const CrashSpace& space,
                                        const ExplorationSpace& spec) {
  std::vector<CrashState> states;
  std::unordered_set<Hash128, Hash128Hasher> seen;
  PointCursor cursor(space, CrashKind::kPower);
  for (const CrashPoint& point : CrashPointsOf(recording)) {
    cursor.MoveTo(point.after);
    EnumerateStates(cursor, spec, 1,
                    [&](const CrashState& state, const Hash128& hash) {
                      if (seen.insert(hash).second) states.push_back(state);
                      return true;
                    });
  }
  return states;
}

void BenchNtfs3g() {
  auto made = MakeBackend("ntfs-3g");
  if (!made) {
    std::printf("skipped: %s\n", made.error().message.c_str());
    return;
  }
  Backend& backend = **made;
  const auto workload = ParseWorkload(kNtfsWorkload, "bench.pcut");
  POWERCUT_CHECK(workload.has_value());
  SettingOverrides flags;
  flags.atomic_bytes = kBlockBytes;
  const auto setting = ResolveSetting(*workload, backend, flags);
  POWERCUT_CHECK(setting.has_value());
  const auto recording = Record(backend, *workload, *setting);
  POWERCUT_CHECK(recording.has_value());
  // The limit is to mount, walk and unmount the same images. Placing them is
  // counted on both sides.
  ExplorationSpace epoch;
  epoch.mode = ExplorationSpace::kEpoch;
  epoch.count = 2;
  const CrashSpace space(recording->trace, setting->atomic_bytes);
  const std::vector<CrashState> states =
      DifferentStates(*recording, space, epoch);
  CrashImage image(space, CrashKind::kPower);
  CrashDisk disk(image.bytes(), setting->geometry, setting->atomic_bytes, 0);
  const auto bare = [&] {
    for (const CrashState& state : states) {
      image.Become(state);
      MountResult mounted = backend.Open(disk);
      POWERCUT_CHECK(mounted.mount != nullptr);
      POWERCUT_CHECK(!mounted.mount->Observe().entries.empty());
      mounted.mount.reset();
      disk.Reset();
    }
    return states.size();
  };
  // With every cached answer run as well, each state costs a recovery, and the
  // figure can be held against the limit. Otherwise the cache answers most
  // states.
  for (const double doublecheck : {1.0, 0.0}) {
    ExploreOptions options;
    options.jobs = 0;
    options.space = epoch;
    options.doublecheck = doublecheck;
    Exploration last;
    const auto check = [&] {
      auto explored =
          Explore({backend, *workload, *setting, *recording}, options);
      POWERCUT_CHECK(explored.has_value() && explored->exhausted);
      last = std::move(*explored);
      return doublecheck > 0 ? last.runs + last.doublechecked : last.states;
    };
    // All is done in this process.
    const Pair rate = Compare([&] { return CpuRateOf(check); },
                              [&] { return CpuRateOf(bare); });
    const std::string what =
        doublecheck > 0
            ? fmt::format("ntfs-3g recoveries checked /s ({} for {} states)",
                          last.runs + last.doublechecked, last.states)
            : fmt::format("ntfs-3g states checked /s ({} runs for {})",
                          last.runs, last.states);
    Row(what, Count(rate.ours), doublecheck > 0 ? "aim > 0.85 x" : "",
        fmt::format("{:.2f} x bare mount, walk, unmount ({}/s)",
                    rate.ours / rate.limit, Count(rate.limit)));
  }
}

// The rows of one part of the benchmark. `only` chooses among the rows of those
// parts that look at it.
struct Part {
  std::string_view name;
  void (*run)(const std::string& only);
};

// In the order in which they run. Each gets a new process: the peak of the
// memory is then that of the part, and workers are forked from a process that
// is as small as the ones that people run.
constexpr Part kParts[] = {
    {"sweep", [](const std::string&) { BenchPrefixSweep(); }},
    {"enumerate",
     [](const std::string&) {
       BenchEnumerate(64 * kMiB, 200, "aim 1000000");
       BenchEnumerate(64 * kMiB, 10'000, "");
       BenchEnumerate(1024 * kMiB, 200, "aim 500000");
       BenchEnumerate(1024 * kMiB, 20'000, "");
     }},
    {"ntfs-3g", [](const std::string&) { BenchNtfs3g(); }},
    {"model", [](const std::string&) { BenchModel(); }},
    {"spaces", BenchSpaces},
    {"workers", BenchWorkers},
    {"simfs", [](const std::string&) { BenchSimfs(); }},
#ifdef POWERCUT_HAVE_PROGRAMS
    {"programs", [](const std::string&) { BenchPrograms(); }},
#endif
#ifdef POWERCUT_HAVE_KERNEL
    {"kernels", BenchKernels},
    {"sweeps", BenchSweeps},
#endif
};

// Runs all parts, or the one that is named. Returns the exit status.
int Bench(const std::string& self, const std::string& name,
          const std::string& only) {
  if (name.empty()) {
    std::printf("%-52s %16s   %-18s %s\n", "", "", "", "beside its limit");
    std::fflush(stdout);
    for (const Part& part : kParts) {
      const std::string command = fmt::format("'{}' {}", self, part.name);
      POWERCUT_CHECK(std::system(command.c_str()) == 0);
    }
    return 0;
  }
  std::string names;
  for (const Part& part : kParts) {
    if (part.name == name) {
      part.run(only);
      return 0;
    }
    names += fmt::format(" {}", part.name);
  }
  std::fprintf(stderr, "%s: no such part of the benchmark; there are%s\n",
               name.c_str(), names.c_str());
  return 129;
}

}  // namespace
}  // namespace powercut

int main(int argc, char** argv) {
  return powercut::Bench(argv[0], argc > 1 ? argv[1] : "",
                         argc > 2 ? argv[2] : "");
}
