// `powercut litmus`: runs litmus tests with every crash state, and prints the
// matrix of tests and backends.
//
// The work has four steps. All files are read. From each file follow tasks, one
// for each backend and profile that the flags or the file name. The tasks run
// one after another. At the end the rows are printed by test, with a summary,
// and written to --json. For instance, a file that names no backend, with
// conditions for two profiles, is two tasks and two rows under one head.
//
// An interrupt leaves whole rows only: a row that was not complete is left out.
// An error of one file or one backend is printed, counted, and makes the exit
// status worse; the others run.

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "backends/registry.h"
#include "harness/cli/input/explore_flags.h"
#include "harness/cli/input/files_below.h"
#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/report/html_report.h"
#include "harness/cli/report/litmus_rows.h"
#include "harness/cli/report/report_flags.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/terminal/verdict_color.h"
#include "harness/cli/verbs/verb.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

struct LitmusFlags {
  std::vector<std::string> files;  // or folders; empty for kDefaultFolder
  FormatOptions format;
  // Empty if each file decides.
  std::vector<std::string> backends;
  std::vector<std::string> profiles;
  std::optional<uint32_t> atomic_bytes;
  std::vector<std::string> faults;  // such as `error on write nth=3`
  std::string json;
  std::string html;
  uint32_t jobs = 0;  // 0 means as many as there are processors
  bool quiet = false;
};

constexpr const char* kDefaultFolder = "corpora/litmus";
// The backend of a test that names none.
constexpr const char* kDefaultBackend = "simfs";

// The tests that the arguments name, or those of kDefaultFolder.
Result<std::vector<std::string>> FilesOf(std::vector<std::string> places) {
  if (places.empty()) {
    std::error_code error;
    if (!std::filesystem::is_directory(kDefaultFolder, error)) {
      return Error{ErrorCode::kUsage,
                   fmt::format("no FILE or DIR is given, and there is no {} "
                               "here",
                               kDefaultFolder)};
    }
    places = {kDefaultFolder};
  }
  return FilesBelow(places, {".pcut"});
}

// One file with the backends it runs on.
struct Test {
  Workload workload;
  std::string text;  // that of the `.pcut`, with the faults of --fault
  std::vector<std::string> backends;
};

// The rows by verdict, for the summary.
struct Totals {
  size_t ok = 0;
  size_t violation = 0;
  size_t unseen = 0;
  size_t unsupported = 0;
  size_t errors = 0;

  void Add(LitmusRun::Verdict verdict) {
    switch (verdict) {
      case LitmusRun::kOk:
        ++ok;
        break;
      case LitmusRun::kViolation:
        ++violation;
        break;
      case LitmusRun::kUnseen:
        ++unseen;
        break;
      case LitmusRun::kUnsupported:
        ++unsupported;
        break;
    }
  }
};

class Matrix {
 public:
  explicit Matrix(const LitmusFlags& flags) : flags_(flags) {}

  Result<ExitStatus> Run() {
    POWERCUT_ASSIGN(const std::vector<std::string> files,
                    FilesOf(flags_.files));
    POWERCUT_TRY(CheckFlags());
    CatchInterrupts();
    for (const std::string& file : files) ReadTest(file);
    MakeTasks();
    LitmusRunner runner(WorkersOf(flags_.jobs));
    rows_.resize(tasks_.size());
    for (size_t i = 0; i < tasks_.size() && !Interrupted(); ++i) {
      LitmusRow row = runner.Run(tasks_[i]);
      // A row that was interrupted has counted some of its states only.
      if (!Interrupted()) rows_[i] = std::move(row);
    }
    for (size_t t = 0; t < tests_.size(); ++t) PrintTest(t);
    PrintSummary();
    if (Interrupted()) status_ = WorseStatus(status_, kExitInterrupted);
    if (!flags_.json.empty()) Write(flags_.json, JsonText());
    if (!flags_.html.empty()) Write(flags_.html, HtmlPage(JsonText()));
    return status_;
  }

 private:
  // Refuses flags that no test could run under, before any test runs.
  Status CheckFlags() {
    for (const std::string& profile : flags_.profiles) {
      if (FindProfile(profile) != nullptr) continue;
      return Error{ErrorCode::kUsage, "--profile: " + UnknownProfile(profile)};
    }
    for (const std::string& backend : flags_.backends) {
      if (backend == kModelBackend) continue;
      POWERCUT_TRY(MakeBackend(backend, flags_.format));
    }
    POWERCUT_ASSIGN(faults_, ParseFaults(flags_.faults));
    if (!flags_.json.empty()) POWERCUT_TRY(CheckWritable(flags_.json));
    if (!flags_.html.empty()) POWERCUT_TRY(CheckWritable(flags_.html));
    return Ok{};
  }

  void Write(const std::string& path, const std::string& text) {
    if (auto written = WriteFile(path, text); !written) {
      status_ = WorseStatus(status_, Fail(written.error()));
    }
  }

  void ReadTest(const std::string& file) {
    auto text = ReadFile(file);
    if (!text) return Note(text.error());
    auto workload = ParseWorkload(*text, file);
    if (!workload) return Note(workload.error());
    auto saved = TextWithFaults(*text, file, faults_);
    if (!saved) return Note(saved.error());
    workload->faults.insert(workload->faults.end(), faults_.begin(),
                            faults_.end());
    std::vector<std::string> backends = flags_.backends;
    if (backends.empty()) {
      backends = {workload->backend.empty() ? kDefaultBackend
                                            : workload->backend};
    }
    tests_.push_back(
        {std::move(*workload), std::move(*saved), std::move(backends)});
  }

  // Counts and prints an error of one test; the others run all the same.
  void Note(const Error& error) {
    ++totals_.errors;
    // The same error comes once for each profile of a test.
    if (!said_.insert(error.message).second) return;
    // Standard error is not buffered: without this, the error would overtake
    // the rows printed before it.
    std::fflush(stdout);
    status_ = WorseStatus(status_, Fail(error));
  }

  // One task for each profile that LitmusProfilesOf() chooses for a test on a
  // backend.
  void MakeTasks() {
    for (const Test& test : tests_) {
      first_task_.push_back(tasks_.size());
      for (const std::string& backend : test.backends) {
        std::vector<std::string> profiles;
        if (backend == kModelBackend) {
          std::vector<std::string> offered;
          for (const Profile& p : Profiles()) offered.push_back(p.name);
          profiles = LitmusProfiles(test.workload, offered, flags_.profiles);
        } else if (auto made = MakeBackend(backend, flags_.format); made) {
          profiles = LitmusProfilesOf(test.workload, (*made)->traits(),
                                      flags_.profiles);
        } else {
          Note(Error{made.error().code,
                     test.workload.file + ": " + made.error().message});
          continue;
        }
        for (std::string& profile : profiles) {
          tasks_.push_back({&test.workload, &test.text, backend,
                            std::move(profile), flags_.atomic_bytes,
                            flags_.format, FaultFlagsText(flags_.faults)});
        }
      }
    }
    first_task_.push_back(tasks_.size());
  }

  bool Shown(const LitmusRow& row) const {
    return !flags_.quiet || row.run.verdict == LitmusRun::kViolation ||
           row.run.verdict == LitmusRun::kUnseen;
  }

  // Prints the rows of one test, under a head if any row is shown, and counts
  // all of them.
  void PrintTest(size_t t) {
    const Workload& workload = tests_[t].workload;
    bool headed = false;
    for (size_t i = first_task_[t]; i < first_task_[t + 1]; ++i) {
      if (!rows_[i]) continue;
      if (rows_[i]->error) {
        Note(*rows_[i]->error);
        continue;
      }
      const LitmusRun& run = rows_[i]->run;
      totals_.Add(run.verdict);
      if (run.verdict == LitmusRun::kOk) {
        status_ = WorseStatus(status_, kExitHolds);
      } else if (run.verdict != LitmusRun::kUnsupported) {
        status_ = WorseStatus(status_, kExitViolation);
      }
      if (!Shown(*rows_[i])) continue;
      if (!headed) PrintHead(workload, run);
      headed = true;
      PrintRow(workload, *rows_[i]);
    }
  }

  // The conditions with the numbers that stand for them in the rows.
  static void PrintHead(const Workload& workload, const LitmusRun& run) {
    std::printf("%s: %s\n", workload.file.c_str(), workload.name.c_str());
    for (size_t i = 0; i < run.outcomes.size(); ++i) {
      const LitmusOutcome& outcome = run.outcomes[i];
      std::printf("  %2zu %-7s %s\n", i + 1, outcome.allow ? "allow" : "forbid",
                  outcome.text.c_str());
    }
    std::string line =
        fmt::format("  {:<8} {:<15} {:<11} {:>8} {:>7} ", "backend", "profile",
                    "verdict", "states", "at cut");
    for (size_t i = 0; i < run.outcomes.size(); ++i) {
      line += fmt::format(" {:>6}", i + 1);
    }
    std::printf("%s  other\n", line.c_str());
  }

  // The counts of one row, then its failures.
  static void PrintRow(const Workload& workload, const LitmusRow& row) {
    const LitmusRun& run = row.run;
    std::string line = fmt::format("  {:<8} {:<15} {:<11}", run.backend,
                                   run.profile, LitmusVerdictName(run.verdict));
    if (run.verdict == LitmusRun::kUnsupported) {
      std::printf("%s %s\n", line.c_str(), run.reason.c_str());
      return;
    }
    line += fmt::format(" {:>8} {:>7} ", run.states, run.at_cut);
    for (const LitmusOutcome& outcome : run.outcomes) {
      line += outcome.applies ? fmt::format(" {:>6}", outcome.observed)
                              : fmt::format(" {:>6}", "-");
    }
    PrintTable(fmt::format("{} {:>6}\n", line, run.other));
    PrintVerdicts(row.failures);
    PrintConditions(workload, run);
  }

  // Prints the conditions that do not hold. A `forbid` that was seen on a
  // backend has a failure block already; on the model there is no state to
  // show in one.
  static void PrintConditions(const Workload& workload, const LitmusRun& run) {
    for (const LitmusOutcome& outcome : run.outcomes) {
      if (!outcome.applies) continue;
      if (outcome.allow && run.verdict == LitmusRun::kUnseen &&
          outcome.observed == 0) {
        PrintVerdicts(fmt::format(
            "{}:{}: unseen: allow {}: no state on {} under {}\n", workload.file,
            outcome.line, outcome.text, run.backend, run.profile));
      }
      if (!outcome.allow && outcome.observed > 0 &&
          run.backend == kModelBackend) {
        PrintVerdicts(fmt::format(
            "{}:{}: violation: forbid {}: the model admits it under {}\n",
            workload.file, outcome.line, outcome.text, run.profile));
      }
    }
  }

  void PrintSummary() const {
    std::string line = fmt::format(
        "litmus: {} {}, {} runs: {} ok, {} violation, {} unseen, {} "
        "unsupported",
        tests_.size(), tests_.size() == 1 ? "test" : "tests", tasks_.size(),
        totals_.ok, totals_.violation, totals_.unseen, totals_.unsupported);
    if (totals_.errors > 0) {
      line += fmt::format(", {} not run for errors", totals_.errors);
    }
    if (Interrupted()) line += "; interrupted";
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  // docs/report_json.md, section 3. Condition texts may have bytes that are no
  // UTF-8, which become U+FFFD.
  std::string JsonText() const {
    Json tests = Json::array();
    for (size_t i = 0; i < tasks_.size(); ++i) {
      if (!rows_[i] || rows_[i]->error) continue;
      const LitmusRun& run = rows_[i]->run;
      Json outcomes = Json::array();
      for (const LitmusOutcome& outcome : run.outcomes) {
        if (!outcome.applies) continue;
        outcomes.push_back({{"state", outcome.text},
                            {"class", outcome.allow ? "allow" : "forbid"},
                            {"observed", outcome.observed}});
      }
      outcomes.push_back(
          {{"state", ""}, {"class", "other"}, {"observed", run.other}});
      Json test = {{"file", tasks_[i].workload->file},
                   {"name", tasks_[i].workload->name},
                   {"backend", run.backend},
                   {"profile", run.profile},
                   {"verdict", LitmusVerdictName(run.verdict)},
                   {"outcomes", outcomes}};
      if (!run.reason.empty()) test["reason"] = run.reason;
      tests.push_back(std::move(test));
    }
    const Json report = {{"powercut", 1}, {"tests", tests}};
    return report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  const LitmusFlags& flags_;
  std::vector<Op> faults_;
  std::vector<Test> tests_;
  std::vector<LitmusTask> tasks_;
  // The index of the first task of each test, and the number of tasks.
  std::vector<size_t> first_task_;
  std::vector<std::optional<LitmusRow>> rows_;
  Totals totals_;
  std::set<std::string> said_;  // errors that were printed
  ExitStatus status_ = kExitCannotRun;
};

class LitmusVerb : public Verb {
 public:
  LitmusVerb()
      : Verb("litmus", "run litmus tests with every crash state",
             "powercut litmus --profile spec-strict,ext4-journal "
             "corpora/litmus/l05_data_only_power.pcut") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "FILE|DIR", flags_.files,
             "tests, or folders of them; default: corpora/litmus")
        .ReadsFile();
    flags
        .Add(FlagGroup::kStorage, "--backend", flags_.backends,
             "storage to run on, or `model` for the model alone")
        .Takes(FlagValue::kBackend, "NAMES")
        .AlsoTakes({"model"})
        .SplitAtCommas()
        .OneValueEach();
    DeclareFormat(flags, flags_.format);
    flags
        .Add(FlagGroup::kStorage, "--profile", flags_.profiles,
             "only under these profiles")
        .Takes(FlagValue::kProfile, "NAMES")
        .SplitAtCommas()
        .OneValueEach();
    flags
        .Add(FlagGroup::kStorage, "--atomic", flags_.atomic_bytes,
             "bytes that the device writes whole")
        .Takes(FlagValue::kNumber, "BYTES");
    DeclareFaults(flags, flags_.faults);
    DeclarePages(flags, flags_.json, flags_.html);
    flags
        .Add(FlagGroup::kBudget, "--jobs", flags_.jobs,
             "number of workers; default: one for each processor")
        .Between(1, 1024);
    flags.Add(FlagGroup::kOutput, "--quiet", flags_.quiet,
              "only what does not hold");
    DeclareColor(flags);
  }

  Result<ExitStatus> Run() const override { return Matrix(flags_).Run(); }

 private:
  LitmusFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeLitmusVerb() {
  return std::make_unique<LitmusVerb>();
}

}  // namespace powercut
