// The speed of Model::Check(), of AdmissibleObservations() and of the litmus
// suite.
//
// Method. The limit for judging is recovery, since every state that is judged
// was recovered first: judging must not be the slower of the two. The limit for
// listing observations is judging each listed one. The litmus suite has a fixed
// aim.

#include "tests/bench/model_bench.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "backends/registry.h"
#include "harness/explore/explore.h"
#include "harness/litmus/litmus.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_image.h"
#include "model/files/admissible.h"
#include "model/pcut/pcut.h"
#include "tests/bench/figures.h"

namespace powercut {
namespace {

constexpr uint32_t kFiles = 100;
constexpr uint32_t kAtomicBytes = 4096;

// A workload with a hundred files of four atoms in ten directories. One file in
// five has an atom that is overwritten and not flushed, and one in ten is
// lengthened as well.
std::string HundredFiles() {
  std::string text = "powercut 1\ninit\n";
  for (uint32_t d = 0; d < 10; ++d) text += fmt::format("  mkdir /d{}\n", d);
  std::string run = "run\n";
  for (uint32_t i = 0; i < kFiles; ++i) {
    const std::string path = fmt::format("/d{}/f{:02}", i % 10, i);
    text += fmt::format("  create {0}\n  write {0} 0 2048\n", path);
    if (i % 5 == 0) run += fmt::format("  write {} 512 512\n", path);
    if (i % 10 == 0) run += fmt::format("  append {} 1024\n", path);
  }
  return text + run;
}

RunSetting SettingOf(const Workload& workload, const Backend& backend) {
  SettingOverrides flags;
  flags.atomic_bytes = kAtomicBytes;
  auto setting = ResolveSetting(workload, backend, flags);
  POWERCUT_CHECK(setting.has_value());
  return *std::move(setting);
}

// Power fails after the last op, once with everything that was issued on the
// disk, and once with nothing that was not flushed. The two states are judged
// in turn; the second one is recovered again and again.
void BenchCheck(const std::string& name) {
  auto made = MakeBackend(name);
  if (!made) {
    std::printf("skipped: %s\n", made.error().message.c_str());
    return;
  }
  Backend& backend = **made;
  const auto workload = ParseWorkload(HundredFiles(), "bench.pcut");
  POWERCUT_CHECK(workload.has_value());
  const RunSetting setting = SettingOf(*workload, backend);
  const auto recording = Record(backend, *workload, setting);
  POWERCUT_CHECK(recording.has_value());
  ModelCursor cursor(*workload, *setting.profile, recording->history);
  cursor.MoveTo(recording->history.size());

  const CrashSpace space(recording->trace, setting.atomic_bytes);
  CrashImage image(space, CrashKind::kPower);
  CrashState state;
  state.point = recording->trace.event_count();
  RecoveryOptions options;
  options.paths = PathsNamedBy(*workload);
  CrashDisk disk(image.bytes(), setting.geometry, setting.atomic_bytes, 0);
  std::vector<Observation> seen;
  for (const auto origin : {CrashState::kFloor, CrashState::kNewest}) {
    state.origin = origin;
    disk.Reset();
    image.Become(state);
    const RecoveryOutcome outcome = Recover(backend, disk, options);
    POWERCUT_CHECK(outcome.kind == RecoveryOutcome::kObserved);
    POWERCUT_CHECK(outcome.observation.entries.size() == kFiles + 10);
    seen.push_back(outcome.observation);
  }
  // The two states must differ, or the model would judge only one.
  POWERCUT_CHECK(!(seen[0] == seen[1]));
  disk.Reset();

  const auto judge = [&] {
    constexpr uint64_t kCount = 2000;
    for (uint64_t i = 0; i < kCount; ++i) {
      POWERCUT_CHECK(
          cursor.model().Check(seen[i % 2], CrashKind::kPower).empty());
    }
    return kCount;
  };
  // The image stays the same, since building another one is no part of
  // recovery.
  const auto recover = [&] {
    constexpr uint64_t kCount = 500;
    for (uint64_t i = 0; i < kCount; ++i) {
      const RecoveryOutcome outcome = Recover(backend, disk, options);
      POWERCUT_CHECK(outcome.observation.entries.size() == kFiles + 10);
      disk.Reset();
    }
    return kCount;
  };
  const Pair rate =
      Compare([&] { return RateOf(judge); }, [&] { return RateOf(recover); });
  Row(fmt::format("model checks of {} files /s, {}", kFiles, name),
      Count(rate.ours), "aim > 1 x",
      fmt::format("{:.2f} x recover and observe on it ({}/s)",
                  rate.ours / rate.limit, Count(rate.limit)));
}

// A small file grows, a second one is made, and the first one is flushed.
constexpr const char* kSmall = R"(powercut 1
init
  create /f
  write  /f 0 1024 fill=7
run
  write    /f 0 512 fill=1
  append   /f 512 fill=2
  create   /g
  nt_flush /f file_data_only
  write    /g 0 512 fill=3
)";

void BenchAdmissible() {
  const auto workload = ParseWorkload(kSmall, "bench.pcut");
  POWERCUT_CHECK(workload.has_value());
  Model model(*workload, *FindProfile("spec-permissive"));
  const auto init_count = static_cast<uint32_t>(workload->init.size());
  const auto run_count = static_cast<uint32_t>(workload->run.size());
  for (uint32_t op = 1; op <= init_count + run_count; ++op) {
    if (op == init_count + 1) model.EndInit();
    model.Begin(op);
    model.End(op, true);
  }
  uint64_t listed_each = 0;
  const auto list = [&] {
    constexpr uint64_t kCount = 500;
    for (uint64_t i = 0; i < kCount; ++i) {
      const auto listed =
          AdmissibleObservations(model, CrashKind::kPower, 1 << 16);
      POWERCUT_CHECK(listed.has_value());
      listed_each = listed->size();
    }
    return kCount * listed_each;
  };
  const auto observations =
      AdmissibleObservations(model, CrashKind::kPower, 1 << 16);
  POWERCUT_CHECK(observations.has_value());
  // The limit is that the model looks at each observation once.
  const auto check = [&] {
    uint64_t count = 0;
    for (int i = 0; i < 500; ++i) {
      for (const Observation& seen : *observations) {
        POWERCUT_CHECK(model.Check(seen, CrashKind::kPower).empty());
        ++count;
      }
    }
    return count;
  };
  const Pair rate =
      Compare([&] { return RateOf(list); }, [&] { return RateOf(check); });
  Row(fmt::format("admissible observations /s, lists of {}", listed_each),
      Count(rate.ours), "",
      fmt::format("{:.2f} x checking each ({}/s)", rate.ours / rate.limit,
                  Count(rate.limit)));
}

std::vector<Workload> LitmusTests() {
  std::vector<std::string> files;
  const std::filesystem::path folder = POWERCUT_SOURCE_DIR "/corpora/litmus";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".pcut") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Workload> tests;
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto workload = ParseWorkload(text, file);
    POWERCUT_CHECK(workload.has_value());
    tests.push_back(*std::move(workload));
  }
  POWERCUT_CHECK(!tests.empty());
  return tests;
}

struct SuiteCounts {
  uint64_t runs = 0;
  uint64_t states = 0;
  uint64_t unsupported = 0;
};

SuiteCounts RunSuite(Backend& backend, const std::vector<Workload>& tests) {
  SuiteCounts counts;
  LitmusOptions options;
  options.jobs = 0;
  for (const Workload& test : tests) {
    for (const std::string& profile :
         LitmusProfilesOf(test, backend.traits(), {})) {
      const auto run = RunLitmus(backend, test, profile, options);
      POWERCUT_CHECK(run.has_value());
      POWERCUT_CHECK(run->verdict == LitmusRun::kOk ||
                     run->verdict == LitmusRun::kUnsupported);
      ++counts.runs;
      counts.states += run->states;
      counts.unsupported += run->verdict == LitmusRun::kUnsupported;
    }
  }
  return counts;
}

void BenchSuite(const std::string& name, const std::vector<Workload>& tests) {
  auto made = MakeBackend(name);
  POWERCUT_CHECK(made.has_value());
  SuiteCounts counts;
  const std::vector<double> seconds = MediansOf({[&] {
    const double begin = Seconds();
    counts = RunSuite(**made, tests);
    return Seconds() - begin;
  }});
  POWERCUT_CHECK(counts.unsupported < counts.runs);
  Row(fmt::format("litmus suite on {}, one thread", name),
      fmt::format("{:.2f} s", seconds[0]), "aim < 10 s",
      fmt::format("{} tests, {} runs offered, {} states", tests.size(),
                  counts.runs - counts.unsupported, counts.states));
}

}  // namespace

void BenchModel() {
  BenchCheck("simfs");
  BenchCheck("ntfs-3g");
  BenchAdmissible();
  const std::vector<Workload> tests = LitmusTests();
  BenchSuite("simfs", tests);
  BenchSuite("clfs", tests);
}

}  // namespace powercut
