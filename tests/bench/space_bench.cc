// Explores whole crash spaces and prints their sizes, the states visited, the
// runs made and the time.
//
// Method. Each kind of workload comes in growing sizes, so that the table shows
// how the number of runs grows with the number of open blocks: not at all where
// data is only copied, by one for each op where newer records hide older ones,
// and by powers of two where every record decides. The
// second part compares two workers with one.

#include "tests/bench/space_bench.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "harness/explore/explore.h"
#include "model/pcut/pcut.h"
#include "tests/bench/figures.h"
#include "tests/three_block_backend.h"

namespace powercut {
namespace {

struct SpaceCase {
  std::string name;
  std::string backend;
  uint32_t block_bytes = 512;
  std::string text;
  std::string space = "exhaustive";
  // Whether ThreeBlockBackend's bug is planted.
  bool bug = false;
  std::optional<uint64_t> max_runs = 10'000;
};

struct Recorded {
  Workload workload;
  RunSetting setting;
  Recording recording;
};

Recorded MustRecord(Backend& backend, const SpaceCase& at) {
  auto workload = ParseWorkload(at.text, "bench.pcut");
  POWERCUT_CHECK(workload.has_value());
  SettingOverrides flags;
  flags.atomic_bytes = at.block_bytes;
  auto setting = ResolveSetting(*workload, backend, flags);
  POWERCUT_CHECK(setting.has_value());
  auto recording = Record(backend, *workload, *setting);
  POWERCUT_CHECK(recording.has_value());
  return {*std::move(workload), *std::move(setting), *std::move(recording)};
}

void SpaceHead() {
  std::printf("\n%-32s %-8s %5s %6s %9s %8s %7s %8s %8s  %s\n", "space",
              "backend", "block", "events", "log2", "states", "runs", "cached",
              "seconds", "");
}

void BenchSpace(const SpaceCase& at, const std::string& only) {
  if (at.name.find(only) == std::string::npos) return;
  auto made = MakeBackend(at.backend);
  if (!made) {
    std::printf("skipped: %s\n", made.error().message.c_str());
    return;
  }
  const std::unique_ptr<Backend> bare = at.bug ? nullptr : std::move(*made);
  std::optional<ThreeBlockBackend> planted;
  if (at.bug) planted.emplace(std::move(*made));
  Backend& backend = at.bug ? static_cast<Backend&>(*planted) : *bare;
  const Recorded recorded = MustRecord(backend, at);
  if (at.bug) planted->Plant(recorded.recording);
  ExploreOptions options;
  options.jobs = 0;
  options.space = ParseExplorationSpace(at.space).value();
  options.bounds.max_runs = at.max_runs;
  const double begin = Seconds();
  const auto explored = Explore(
      {backend, recorded.workload, recorded.setting, recorded.recording},
      options);
  const double seconds = Seconds() - begin;
  POWERCUT_CHECK(explored.has_value());
  const Exploration& e = *explored;
  const auto share = 100 * static_cast<double>(e.states - e.runs) /
                     static_cast<double>(e.states);
  std::string end = e.exhausted ? "exhausted" : e.bound;
  if (!e.findings.empty()) {
    end += fmt::format(", {} causes", e.findings.size());
  }
  fmt::print("{:32} {:8} {:5} {:6} {:9.1f} {:8} {:7} {:7.2f}% {:8.3f}  {}\n",
             at.name + (at.space == "exhaustive" ? "" : ", " + at.space),
             at.backend, at.block_bytes, e.events, e.space_log2, e.states,
             e.runs, share, seconds, end);
  std::fflush(stdout);
}

// One file of `count` atoms, overwritten by one op.
std::string OverwriteAtOnce(uint32_t count) {
  return fmt::format(
      "powercut 1\ndisk 4M\ninit\n  create /f\n  write /f 0 {0}\n"
      "run\n  write /f 0 {0}\n",
      count * 512);
}

// One file of `count` atoms, each overwritten by an op of its own.
std::string OverwriteEach(uint32_t count) {
  std::string text = fmt::format(
      "powercut 1\ndisk 4M\ninit\n  create /f\n  write /f 0 {}\nrun\n",
      count * 512);
  for (uint32_t i = 0; i < count; ++i) {
    text += fmt::format("  write /f {} 512\n", i * 512);
  }
  return text;
}

// One atom that is overwritten `count` times. Each op also sets the times.
std::string OverwriteAgain(uint32_t count) {
  std::string text =
      "powercut 1\ndisk 4M\ninit\n  create /f\n  write /f 0 512\nrun\n";
  for (uint32_t i = 0; i < count; ++i) text += "  write /f 0 512\n";
  return text;
}

// Files of one atom, each overwritten `times` times, in turn.
std::string OverwriteFiles(uint32_t files, uint32_t times) {
  std::string text = "powercut 1\ndisk 32M\ninit\n";
  for (uint32_t f = 0; f < files; ++f) {
    text += fmt::format("  create /f{0}\n  write /f{0} 0 512\n", f);
  }
  text += "run\n";
  for (uint32_t i = 0; i < files * times; ++i) {
    text += fmt::format("  write /f{} 0 512\n", i % files);
  }
  return text;
}

// Each rename replaces a file of its own.
std::string Renames(uint32_t count) {
  std::string text = "powercut 1\ndisk 4M\ninit\n";
  for (uint32_t i = 0; i < count; ++i) {
    text += fmt::format(
        "  create /a{0}\n  write /a{0} 0 512\n"
        "  create /b{0}\n  write /b{0} 0 512\n",
        i);
  }
  text += "run\n";
  for (uint32_t i = 0; i < count; ++i) {
    text += fmt::format("  rename /a{0} /b{0}\n", i);
  }
  return text;
}

std::string Appends(uint32_t count) {
  std::string text = "powercut 1\ndisk 4M\ninit\n  create /f\nrun\n";
  for (uint32_t i = 0; i < count; ++i) text += "  append /f 512\n";
  return text;
}

// Stores through a view of eight atoms, one of which is flushed, with a second
// file as a log beside it.
std::string Stores(uint32_t count) {
  std::string text =
      "powercut 1\ndisk 4M\ninit\n  create /f\n  write /f 0 4096\n"
      "  create /log\nrun\n  map V /f 0 4096\n";
  for (uint32_t i = 0; i < count; ++i) {
    text += fmt::format("  store V {} 512\n  append /log 512\n", i % 8 * 512);
  }
  return text + "  flush_view V 0 512\n";
}

// `count` writes to raw sectors, each by an op of its own. Sectors are written
// again if `count` is above 64.
std::string RawWrites(uint32_t count) {
  std::string text = "powercut 1\ninit\nrun\n";
  for (uint32_t i = 0; i < count; ++i) {
    text += fmt::format("  disk_write {} 1\n", i % 64);
  }
  return text;
}

std::string LogAppends(uint32_t count) {
  std::string text = "powercut 1\ninit\n  log_open L\nrun\n";
  for (uint32_t i = 0; i < count; ++i) text += "  log_append L 100\n";
  return text;
}

// Transactions with a rollback journal: the old pages go to the journal, then
// the new pages are written in place, and then the journal is cut.
std::string RollbackJournal(uint32_t transactions) {
  std::string text =
      "powercut 1\ndisk 32M\ninit\n  create /db\n  create /j\n"
      "  write /db 0 65536\nrun\n";
  for (uint32_t i = 0; i < transactions; ++i) {
    text += "  append /j 512\n";
    const uint32_t pages = 2 + i % 2;
    for (uint32_t p = 0; p < pages; ++p) text += "  append /j 1032\n";
    text += "  fsync /j\n";
    for (uint32_t p = 0; p < pages; ++p) {
      text += fmt::format("  write /db {} 1024\n", (i * 7 + p * 5) % 64 * 1024);
    }
    text += "  fsync /db\n  truncate /j 0\n  fsync /j\n";
  }
  return text;
}

// Creates files. Every recovery reads most of the metadata that this changes.
std::string Creates(uint32_t count) {
  std::string text = "powercut 1\ndisk 4M\ninit\nrun\n";
  for (uint32_t i = 0; i < count; ++i) {
    text += fmt::format("  create /f{}\n", i);
  }
  return text;
}

std::string NtfsOverwrites(uint32_t blocks) {
  std::string text = fmt::format(
      "powercut 1\ninit\n  create /a\n  write /a 0 {0}\nrun\n"
      "  write /a 0 {0}\n  fsync /a\n",
      blocks * 4096);
  return text;
}

double CpuSeconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) +
           static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Measures one worker and two, in turn. On a busy machine the processor time of
// the parent and of the workers says more than the clock: on two processors,
// two workers are at most 2 x workers / (workers + parent) times as fast as
// one.
void BenchWorkers(const SpaceCase& at, const std::string& only) {
  const std::string name = "workers: " + at.name;
  if (name.find(only) == std::string::npos) return;
  auto made = MakeBackend(at.backend);
  if (!made) return;
  const Recorded recorded = MustRecord(**made, at);
  double parent = 0;
  double workers = 0;
  uint64_t runs = 0;
  const auto explore = [&](uint32_t jobs) {
    ExploreOptions options;
    options.jobs = jobs;
    options.space = ParseExplorationSpace(at.space).value();
    const double begin = Seconds();
    const double self = CpuSeconds(RUSAGE_SELF);
    const double children = CpuSeconds(RUSAGE_CHILDREN);
    const auto explored = Explore(
        {**made, recorded.workload, recorded.setting, recorded.recording},
        options);
    POWERCUT_CHECK(explored.has_value() && explored->exhausted);
    runs = explored->runs;
    parent = CpuSeconds(RUSAGE_SELF) - self;
    workers = CpuSeconds(RUSAGE_CHILDREN) - children;
    return Seconds() - begin;
  };
  const Pair seconds =
      Compare([&] { return explore(2); }, [&] { return explore(1); });
  Row(fmt::format("{}, {} runs, two workers", name, runs),
      fmt::format("{:.2f} x one", seconds.limit / seconds.ours), "aim 1.8 x",
      fmt::format("at most {:.2f} x on two processors: {:.3f} s of processor "
                  "time of the parent, {:.3f} s of workers",
                  2 * workers / (workers + parent), parent, workers));
  // Work that only the parent does bounds the speed of any number of workers.
  const double share = parent / (workers + parent);
  Row("  the parent's share of it", fmt::format("{:.1f} %", 100 * share),
      "aim < 5 %",
      fmt::format("at most {:.1f} x one worker, {:.1f} processors busy",
                  workers / parent, 1 / share));
  // With four workers the parent gives judging away.
  explore(4);
  Row("  the parent's share with four workers",
      fmt::format("{:.1f} %", 100 * parent / (workers + parent)), "aim < 5 %",
      fmt::format("{:.1f} processors busy at most: {:.3f} s of the parent, "
                  "{:.3f} s of all others",
                  (workers + parent) / parent, parent, workers));
}

}  // namespace

void BenchSpaces(const std::string& only) {
  SpaceHead();
  for (const uint32_t count : {4u, 10u, 40u, 200u, 800u}) {
    BenchSpace({fmt::format("{} atoms at once", count), "simfs", 512,
                OverwriteAtOnce(count)},
               only);
  }
  BenchSpace({"40 atoms at once, bug of three", "simfs", 512,
              OverwriteAtOnce(40), "exhaustive", true},
             only);
  for (const uint32_t count : {4u, 8u, 16u, 40u}) {
    BenchSpace({fmt::format("{} atoms one by one", count), "simfs", 512,
                OverwriteEach(count)},
               only);
  }
  for (const uint32_t count : {8u, 14u, 50u, 100u, 200u}) {
    BenchSpace({fmt::format("{} overwrites of one atom", count), "simfs", 512,
                OverwriteAgain(count)},
               only);
  }
  for (const auto& [files, times] : {std::pair{5u, 10u}, std::pair{20u, 10u}}) {
    BenchSpace(
        {fmt::format("{} files, {} times each", files, times), "simfs", 512,
         OverwriteFiles(files, times), "exhaustive", false, std::nullopt},
        only);
  }
  for (const uint32_t count : {4u, 8u}) {
    BenchSpace({fmt::format("{} renames over files", count), "simfs", 512,
                Renames(count)},
               only);
  }
  for (const uint32_t count : {5u, 10u}) {
    BenchSpace({fmt::format("{} appends", count), "simfs", 512, Appends(count)},
               only);
    BenchSpace({fmt::format("{} stores and a log", count), "simfs", 512,
                Stores(count)},
               only);
  }
  for (const uint32_t count : {16u, 64u, 256u}) {
    BenchSpace({fmt::format("{} raw sectors one by one", count), "simfs", 512,
                RawWrites(count)},
               only);
  }
  for (const uint32_t count : {4u, 8u, 12u}) {
    BenchSpace(
        {fmt::format("{} log records", count), "clfs", 512, LogAppends(count)},
        only);
  }
  for (const uint32_t count : {4u, 8u, 16u, 24u}) {
    BenchSpace({fmt::format("{} blocks at once", count), "ntfs-3g", 4096,
                NtfsOverwrites(count)},
               only);
  }
  for (const uint32_t count : {2u, 77u}) {
    BenchSpace({fmt::format("{} rollback journals", count), "simfs", 512,
                RollbackJournal(count), "epoch:1", false, 50'000},
               only);
  }
  for (const uint32_t count : {2u, 8u}) {
    BenchSpace({fmt::format("{} rollback journals", count), "simfs", 512,
                RollbackJournal(count), "exhaustive", false, 50'000},
               only);
  }
}

void BenchWorkers(const std::string& only) {
  BenchWorkers({"16 log records", "clfs", 512, LogAppends(16)}, only);
  BenchWorkers({"16 files", "simfs", 512, Creates(16)}, only);
  BenchWorkers({"26 files", "ntfs-3g", 512, Creates(26), "epoch:1"}, only);
  // In this space the cache answers most states, and the workers have little to
  // do.
  BenchWorkers({"12 atoms, one by one", "simfs", 512, OverwriteEach(12)}, only);
  BenchWorkers({"24 blocks", "ntfs-3g", 512, NtfsOverwrites(24), "epoch:1"},
               only);
}

}  // namespace powercut
