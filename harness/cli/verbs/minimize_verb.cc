// `powercut minimize`: shrinks a failing workload to a regression file.
//
// Minimize() works on the statements of a `.pcut` file. So first the flags of
// the command line are written into the statements: the new file must show its
// cause without any flag. A flag that overrides a directive becomes that
// directive. A fault of --fault becomes a fault of the file; ops that fail
// under the fault get the failure as their expected result, because in a file,
// other than on the command line, every unexpected failure is an error. There
// is no directive for --probe and --seed; the replay line that is printed has
// --probe.
//
// A bound or an interrupt ends minimizing early with the smallest workload so
// far, which is written all the same.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/cli/input/explore_flags.h"
#include "harness/cli/input/losses_by_calls.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/terminal/progress_line.h"
#include "harness/cli/terminal/verdict_color.h"
#include "harness/cli/verbs/program_minimizer.h"
#include "harness/cli/verbs/verb.h"
#include "harness/judge/failure_block.h"
#include "harness/minimize/minimize.h"

namespace powercut {
namespace {

struct MinimizeFlags {
  std::string file;
  std::string output;
  std::string cause;  // empty if minimizing chooses it
  InputFlags input;
  OracleFlags oracle;
  ExploreFlags explore;
  bool quiet = false;
};

// The order in which directives usually stand in a file.
constexpr std::array kDirectives = {Statement::kVersion, Statement::kName,
                                    Statement::kBackend, Statement::kDisk,
                                    Statement::kProfile, Statement::kCrash,
                                    Statement::kSpace};

// Returns the statement of a kind. If there is none, adds it after the
// directives that usually stand before it.
// Requires: `kind` is one of kDirectives.
Statement& Directive(Pcut& pcut, Statement::Kind kind) {
  auto place = pcut.statements.begin();
  for (auto s = pcut.statements.begin(); s != pcut.statements.end(); ++s) {
    if (s->kind == kind) return *s;
    if (s->kind == Statement::kInit || s->kind == Statement::kRun) break;
    const auto end = std::find(kDirectives.begin(), kDirectives.end(), kind);
    if (std::find(kDirectives.begin(), end, s->kind) != end) place = s + 1;
  }
  // A directive may also stand after the ops.
  for (Statement& statement : pcut.statements) {
    if (statement.kind == kind) return statement;
  }
  Statement added;
  added.kind = kind;
  return *pcut.statements.insert(place, std::move(added));
}

// Writes the flags that override directives into the file.
Pcut WithFlags(Pcut pcut, const InputFlags& flags, const OpenedInput& input) {
  if (!flags.backend.empty()) {
    Directive(pcut, Statement::kBackend).text = flags.backend;
  }
  if (!flags.profile.empty()) {
    Directive(pcut, Statement::kProfile).text = flags.profile;
  }
  if (!flags.crash_kinds.empty()) {
    Directive(pcut, Statement::kCrash).crash_kinds = input.setting.crash_kinds;
  }
  if (!flags.space.empty()) {
    Directive(pcut, Statement::kSpace).text = ExplorationSpaceText(input.space);
  }
  if (flags.atomic_bytes) {
    DiskSpec& disk = Directive(pcut, Statement::kDisk).disk;
    disk.size_bytes = input.setting.geometry.size_bytes();
    disk.atomic_bytes = flags.atomic_bytes;
  }
  return pcut;
}

// Makes the failures in the history the expected results of their ops. Results
// that the file names already stay.
void ExpectFailures(const std::vector<HistoryEvent>& history, Pcut& pcut) {
  std::map<uint32_t, std::string> errors;
  for (const HistoryEvent& event : history) {
    if (event.kind == HistoryEvent::kEnd) errors[event.op] = event.error;
  }
  uint32_t number = 0;
  bool ops = false;
  for (Statement& s : pcut.statements) {
    ops |= s.kind == Statement::kInit || s.kind == Statement::kRun;
    if (!ops || s.kind != Statement::kOp) continue;
    const std::string& error = errors[++number];
    if (error.empty() || s.op.expected.kind != ExpectedResult::kOk) continue;
    s.op.expected = {ExpectedResult::kNamed, error};
  }
}

void PrintResult(const Minimized& minimized, const MinimizeFlags& flags,
                 const char* ended) {
  // A file has no directive for --probe.
  PrintVerdicts(FailureBlock(minimized.finding, flags.output,
                             flags.oracle.probe ? " --probe" : ""));
  std::printf("%s\n", fmt::format("{}: {} of {} ops left, {} workloads tried{}",
                                  flags.output, minimized.ops,
                                  minimized.ops_before, minimized.tried, ended)
                          .c_str());
}

class Minimizing {
 public:
  explicit Minimizing(const MinimizeFlags& flags)
      : flags_(flags), began_ms_(MonotonicMs()) {}

  Result<ExitStatus> Run() {
    CatchInterrupts();
    POWERCUT_ASSIGN(OpenedInput input,
                    OpenInput(flags_.file, flags_.input, flags_.oracle));
    MinimizeOptions options;
    POWERCUT_ASSIGN(options.explore, ExploreOptionsOf(flags_.explore, input));
    if (input.recording) return RunProgram(input, options.explore);
    POWERCUT_ASSIGN(const Pcut given, ParsePcut(input.text, flags_.file));
    // A file that cannot be written must not cost hours of work.
    POWERCUT_TRY(CheckWritable(flags_.output));
    Pcut pcut = WithFlags(given, flags_.input, input);
    if (!input.added_faults.empty()) {
      POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
      AddFaults(input.added_faults, pcut);
      ExpectFailures(recording.history, pcut);
    }
    budget_ms_ = options.explore.bounds.budget_ms;
    ProgressLine progress(flags_.file, flags_.quiet);
    options.explore.hooks.progress = [&](const Progress& p) {
      progress.Update(p);
    };
    options.cause = flags_.cause;
    options.progress = [&](const MinimizeProgress& p) { progress.Update(p); };
    options.interrupted = [&] { return Interrupted() || OverBudget(); };
    auto minimized =
        Minimize(*input.backend, pcut, flags_.file, input.setting, options);
    if (!minimized) {
      // Ctrl-C before the cause was seen is not an error of the file.
      if (Interrupted()) {
        Fail(minimized.error());
        return kExitInterrupted;
      }
      return minimized.error();
    }
    POWERCUT_TRY(WriteFile(flags_.output, PrintPcut(minimized->pcut)));
    if (!minimized->interrupted) {
      PrintResult(*minimized, flags_, "");
      return kExitHolds;
    }
    PrintResult(*minimized, flags_,
                Interrupted() ? "; interrupted, the smallest so far"
                              : "; --budget is used up, the smallest so far");
    return Interrupted() ? kExitInterrupted : kExitUnknown;
  }

 private:
  // Shrinks the recording of a program. The flags that judge it stay flags.
  Result<ExitStatus> RunProgram(OpenedInput& input, ExploreOptions options) {
    if (input.about.calls.empty()) {
      return Error{ErrorCode::kUsage,
                   flags_.file +
                       ": is a trace; give the .pcut file, or a "
                       "program that was recorded on simfs"};
    }
    POWERCUT_TRY(CheckWritable(flags_.output));
    budget_ms_ = std::exchange(options.bounds.budget_ms, std::nullopt);
    ProgressLine progress(flags_.file, flags_.quiet);
    options.hooks.progress = [&](const Progress& p) { progress.Update(p); };
    POWERCUT_ASSIGN(MinimizedProgram minimized,
                    MinimizeProgram(input, flags_.cause, options, [&] {
                      return Interrupted() || OverBudget();
                    }));
    progress.Clear();
    const TraceAbout& about = minimized.trace.about;
    POWERCUT_TRY(WriteTrace(minimized.trace.trace, about, flags_.output));
    POWERCUT_ASSIGN(const auto history,
                    HistoryOf(minimized.trace.trace, 0, kAnyFaults));
    const Recording recording{minimized.trace.trace, history, {}, {}};
    POWERCUT_ASSIGN(const auto calls,
                    ReturnedCallsOf(recording.trace, about, *input.backend));
    POWERCUT_TRY(
        NameLosses(RunOf(input, recording), calls, {&minimized.finding, 1}));
    // The new trace has the profile, and the calls are as weak as they are.
    InputFlags replay = flags_.input;
    replay.profile.clear();
    replay.weaken.clear();
    PrintVerdicts(FailureBlock(minimized.finding, flags_.output,
                               ReplayFlagsText(replay, flags_.oracle)));
    std::printf("%s\n",
                fmt::format("{}: {} of {} calls left, {} recordings tried{}",
                            flags_.output, minimized.calls,
                            minimized.calls_before, minimized.tried,
                            !minimized.interrupted ? ""
                            : Interrupted()
                                ? "; interrupted, the smallest so far"
                                : "; --budget is used up, the smallest so far")
                    .c_str());
    if (!minimized.interrupted) return kExitHolds;
    return Interrupted() ? kExitInterrupted : kExitUnknown;
  }

  // --budget is for the whole. Minimize() has no budget of its own, but asks
  // whether to go on.
  bool OverBudget() const {
    return budget_ms_ && MonotonicMs() - began_ms_ > *budget_ms_;
  }

  const MinimizeFlags& flags_;
  uint64_t began_ms_;
  std::optional<uint64_t> budget_ms_;
};

class MinimizeVerb : public Verb {
 public:
  MinimizeVerb()
      : Verb("minimize",
             "shrink a failing workload to a regression file\n\nThe new file "
             "shows one cause: the one that --cause names; otherwise the cause "
             "of the file's own `at` state; otherwise the first cause that an "
             "`expect violation` line names; otherwise the first one by name. "
             "minimize removes ops, then makes numbers smaller, then looks for "
             "a state that loses fewer blocks. Of a program's trace it leaves "
             "out calls, with --check or --compare as the judge. Flags that "
             "change what runs or "
             "what judges it are written into the new file, except for "
             "--probe, --nested and --seed. --budget bounds the whole, and "
             "--max-runs bounds each workload that is tried.\n\nExit status: 0 "
             "if the file is written; 2 after a bound and 130 after an "
             "interrupt, with the smallest workload so far written if the "
             "cause was seen by then; 129 for wrong usage, or if there is "
             "nothing to minimize; 125 and 128 as for every verb",
             "powercut minimize --quiet "
             "corpora/regressions/name_source_unlink.pcut -o small.pcut") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "FILE", flags_.file,
             "a .pcut file, or the trace of a program that was recorded on "
             "simfs")
        .Required()
        .ReadsFile();
    flags.Add(FlagGroup::kOutput, "-o,--output", flags_.output, "the new file")
        .Required()
        .WritesFile();
    flags.Add(FlagGroup::kJudging, "--cause", flags_.cause, "the cause to keep")
        .Takes(FlagValue::kText, "CAUSE");
    DeclareOracle(flags, flags_.oracle);
    DeclareSetting(flags, flags_.input, flags_.oracle.probe, flags_.quiet);
    DeclareColor(flags);
    DeclareCrashSpace(flags, flags_.input);
    DeclareExplore(flags, flags_.explore);
  }

  Result<ExitStatus> Run() const override { return Minimizing(flags_).Run(); }

 private:
  MinimizeFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeMinimizeVerb() {
  return std::make_unique<MinimizeVerb>();
}

}  // namespace powercut
