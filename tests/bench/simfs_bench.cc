// Measures crash states of simfs with observers that look at a part of the
// volume.
//
// Method. The first figure is one mount with one lookup, in states that differ
// in the newest records, after traces of 100 to 1,000,000 effects: one effect
// is one record, the times of one of ten files. All but the last hundred
// effects are durable. No model and no cache takes part, so that the figure is
// that of the mount. The second figure is a whole exploration on one core, with
// an observer that reads three files of ten and asks that they are whole. All
// times are processor time.
#include "tests/bench/simfs_bench.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "backends/simfs/simfs_mount.h"
#include "harness/explore/explore.h"
#include "harness/recover/recovery_runner.h"
#include "harness/trace/recording_disk.h"
#include "model/pcut/pcut.h"
#include "tests/bench/figures.h"

namespace powercut {
namespace {

constexpr size_t kFiles = 10;
// How many effects at the end of a trace are not flushed.
constexpr uint64_t kOpenEffects = 100;

// A mount of simfs of which only some paths are observed. `judge` is given the
// observation and returns what is shown in its place.
class PathsMount : public Mount {
 public:
  using Judge = std::function<Observation(Observation)>;
  PathsMount(std::unique_ptr<Mount> mount,
             const std::vector<std::string>& paths, const Judge& judge)
      : mount_(std::move(mount)), paths_(paths), judge_(judge) {}

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    return mount_->Apply(op, offset_bytes, content);
  }
  Observation Observe() override {
    auto& simfs = static_cast<simfs::SimfsMount&>(*mount_);
    return judge_(simfs.ObservePaths(paths_));
  }
  OpResult Shutdown() override { return mount_->Shutdown(); }

 private:
  std::unique_ptr<Mount> mount_;
  const std::vector<std::string>& paths_;
  const Judge& judge_;
};

class PathsBackend : public Backend {
 public:
  PathsBackend(std::vector<std::string> paths, PathsMount::Judge judge)
      : paths_(std::move(paths)), judge_(std::move(judge)) {}

  const BackendTraits& traits() const override { return simfs_->traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return simfs_->Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    MountResult opened = simfs_->Open(disk);
    POWERCUT_CHECK(opened.mount != nullptr);
    return {
        std::make_unique<PathsMount>(std::move(opened.mount), paths_, judge_),
        ""};
  }
  void StudyTrace(const Trace& trace) override { simfs_->StudyTrace(trace); }
  void ForgetTrace(const Trace& trace) override { simfs_->ForgetTrace(trace); }
  void ExpectCrashOf(const Trace& trace, EventNumber upto) override {
    simfs_->ExpectCrashOf(trace, upto);
  }

 private:
  std::unique_ptr<Backend> simfs_ = MakeSimfsBackend();
  const std::vector<std::string> paths_;
  const PathsMount::Judge judge_;
};

std::string Creates() {
  std::string text;
  for (size_t i = 0; i < kFiles; ++i) {
    text += fmt::format("  create /f{0}\n  write /f{0} 0 512\n", i);
  }
  return text;
}

// Applies ops to a new disk without keeping a history of them.
Trace TraceOfEffects(Backend& backend, uint64_t effects) {
  std::string text = "powercut 1\ninit\n" + Creates() + "run\n";
  for (size_t i = 0; i < kFiles; ++i) {
    text += fmt::format("  set_times /f{} 7\n", i);
  }
  const auto workload = ParseWorkload(text + "  syncfs\n", "bench.pcut");
  POWERCUT_CHECK(workload.has_value());
  // Half of the disk is for records, each of one sector.
  const DiskGeometry geometry{512, effects * 4 + 8192};
  const auto base = backend.Format({geometry, "spec-strict"});
  POWERCUT_CHECK(base.has_value());
  RecordingDisk disk(geometry, *base);
  MountResult mounted = backend.Open(disk);
  POWERCUT_CHECK(mounted.mount != nullptr);
  const auto apply = [&](const Op& op) {
    const std::string content(op.kind == OpKind::kWrite ? 512 : 0, 'x');
    POWERCUT_CHECK(mounted.mount->Apply(op, 0, content).ok());
  };
  for (const Op& op : workload->init) apply(op);
  apply(workload->run.back());
  for (uint64_t i = 0; i < effects; ++i) {
    apply(workload->run[i % kFiles]);
    const uint64_t left = effects - i - 1;
    if (left >= kOpenEffects && left % kOpenEffects == 0) {
      apply(workload->run.back());
    }
  }
  mounted.mount.reset();
  return disk.TakeTrace();
}

// The most memory that this process has used so far.
double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

// Prints the time of one state and returns it.
double BenchLookup(uint64_t effects, double first) {
  PathsBackend backend({"/f3"}, [](Observation seen) {
    POWERCUT_CHECK(seen.entries.size() == 1);
    return seen;
  });
  const double begin = CpuSeconds();
  const Trace trace = TraceOfEffects(backend, effects);
  const double recorded = CpuSeconds();
  const double recorded_megabytes = PeakMegabytes();
  const CrashSpace space(trace, 512);
  WorkerOptions options;
  options.report_reads = true;
  RecoveryRunner runner(backend, space, options);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(trace.event_count());
  std::vector<CrashState> states;
  for (const Slot slot : cursor.open()) {
    CrashState state;
    state.point = trace.event_count();
    state.choices = {{slot, cursor.floor(slot), {}, 0}};
    states.push_back(state);
  }
  RunAccess access;
  runner.Run(states[0], access);
  const double prepared = CpuSeconds();
  std::vector<double> seconds;
  constexpr size_t kRuns = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    const double start = CpuSeconds();
    for (size_t i = 0; i < kRuns; ++i) {
      runner.Run(states[i % states.size()], access);
    }
    seconds.push_back((CpuSeconds() - start) / kRuns);
  }
  const double state = Median(seconds);
  Row(fmt::format("simfs, {} effects: mount and one lookup", effects),
      fmt::format("{:.2f} us", state * 1e6),
      first > 0 ? "aim < 1.5 x first" : "",
      fmt::format("{:.2f} x first; {:.2f} s to record, {:.2f} s to prepare; "
                  "peak memory {:.0f} MB, {:.0f} of it when recorded{}",
                  first > 0 ? state / first : 1.0, recorded - begin,
                  prepared - recorded, PeakMegabytes(), recorded_megabytes,
                  effects == 1'000'000 ? " (aim < 1000)" : ""));
  return state;
}

// Explores ten files of which three are read, in one process. `doublecheck` is
// the share of cached answers that are run all the same.
void BenchThreeOfTen(uint32_t overwrites, double doublecheck) {
  std::string text =
      "powercut 1\ndisk 4M\nbackend simfs\ninit\n" + Creates() + "run\n";
  for (uint32_t i = 0; i < overwrites; ++i) {
    for (size_t f = 0; f < kFiles; ++f) {
      text += fmt::format("  write /f{} 0 512\n", f);
    }
  }
  const std::vector<std::string> paths = {"/f1", "/f4", "/f8"};
  // The model knows ten files, so that the observer judges by itself: it shows
  // an empty volume, or says what is wrong.
  PathsBackend observer(paths, [](Observation seen) {
    Observation verdict;
    bool whole = seen.entries.size() == 3;
    for (const ObservedEntry& entry : seen.entries) {
      whole = whole && entry.size_bytes == 512;
    }
    if (!whole) verdict.unreadable = "a file is missing or short";
    return verdict;
  });
  const auto workload = ParseWorkload(text, "bench.pcut");
  POWERCUT_CHECK(workload.has_value());
  const auto simfs = MakeSimfsBackend();
  SettingOverrides flags;
  flags.atomic_bytes = 512;
  const auto setting = ResolveSetting(*workload, *simfs, flags);
  POWERCUT_CHECK(setting.has_value());
  auto recorded = Record(*simfs, *workload, *setting);
  POWERCUT_CHECK(recorded.has_value());
  // The ops are left out, so that the recording is that of a program.
  const Workload program;
  std::erase_if(recorded->history, [](const HistoryEvent& event) {
    return event.kind != HistoryEvent::kRun;
  });
  Recording recording{std::move(recorded->trace), {}, {}};
  recording.history = std::move(recorded->history);
  double share = 0;
  uint64_t states = 0;
  uint64_t runs = 0;
  const auto seconds_of_check = [&] {
    const double begin = CpuSeconds();
    ExploreOptions options;
    options.jobs = 0;
    options.space.mode = ExplorationSpace::kExhaustive;
    options.doublecheck = doublecheck;
    const auto explored =
        Explore({observer, program, *setting, recording}, options);
    POWERCUT_CHECK(explored.has_value() && explored->exhausted);
    POWERCUT_CHECK(explored->findings.empty());
    states = explored->states;
    runs = explored->runs + explored->doublechecked;
    share = static_cast<double>(runs) / static_cast<double>(states);
    return CpuSeconds() - begin;
  };
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    const double seconds = seconds_of_check();
    rates.push_back(static_cast<double>(states) / seconds);
  }
  Row(fmt::format("simfs, 3 files of 10 read, {} overwrites each", overwrites),
      Count(Median(rates)) + "/s", "aim > 50000/s",
      fmt::format("{} states, {} runs ({:.0f} %), one core", states, runs,
                  100 * share));
}

}  // namespace

void BenchSimfs() {
  double first = 0;
  for (const uint64_t effects : {100u, 10'000u, 1'000'000u}) {
    int result[2];
    POWERCUT_CHECK(pipe(result) == 0);
    std::fflush(stdout);
    const pid_t process = fork();
    POWERCUT_CHECK(process >= 0);
    if (process == 0) {
      const double state = BenchLookup(effects, first);
      POWERCUT_CHECK(write(result[1], &state, sizeof(state)) == sizeof(state));
      std::fflush(stdout);
      _exit(0);
    }
    close(result[1]);
    double state = 0;
    POWERCUT_CHECK(read(result[0], &state, sizeof(state)) == sizeof(state));
    waitpid(process, nullptr, 0);
    close(result[0]);
    if (first == 0) first = state;
  }
  for (const double doublecheck : {0.0, 1.0}) {
    for (const uint32_t overwrites : {1u, 2u}) {
      BenchThreeOfTen(overwrites, doublecheck);
    }
  }
}

}  // namespace powercut
