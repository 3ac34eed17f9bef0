// `powercut audit`: which syncs of a workload are needed.
//
// Method. Each sync of `run` is left out in turn: the storage says that it did
// it and does nothing (harness/record/weakened_backend.h). The model still
// expects what the sync promises, and the `forbid` lines still forbid, so that
// the oracle is the same. If the file has `forbid` lines, they alone judge:
// they say what the workload's author wants, and most of what single syncs
// promise is a means to that. If it has none, what the syncs promise judges.
// AuditSyncs() says what follows.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include "harness/cli/input/edited_calls.h"
#include "harness/cli/input/explore_flags.h"
#include "harness/cli/input/losses_by_calls.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/terminal/progress_line.h"
#include "harness/cli/terminal/verdict_color.h"
#include "harness/cli/verbs/audited_workload.h"
#include "harness/cli/verbs/verb.h"
#include "harness/explain/named_loss.h"
#include "harness/explain/replay.h"
#include "harness/explore/sync_audit.h"
#include "harness/judge/failure_block.h"
#include "harness/record/weakened_backend.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

struct AuditFlags {
  std::vector<std::string> files;
  InputFlags input;
  OracleFlags oracle;
  ExploreFlags explore;
  std::string json;
  bool quiet = false;
};

// Whether a `forbid` line is asked under this profile.
bool HasForbid(const Workload& workload, const std::string& profile) {
  return std::ranges::any_of(workload.outcomes, [&](const Outcome& outcome) {
    const auto& profiles = outcome.profiles;
    return !outcome.allow &&
           (profiles.empty() ||
            std::ranges::find(profiles, profile) != profiles.end());
  });
}

class FileAudit {
 public:
  FileAudit(const std::string& file, const AuditFlags& flags)
      : file_(file), flags_(flags), progress_(file, flags.quiet) {}

  // Returns `std::nullopt` if the workload is refused as it is, which was
  // printed.
  Result<std::optional<AuditedWorkload>> Run() {
    POWERCUT_ASSIGN(const OpenedInput input,
                    OpenInput(file_, flags_.input, flags_.oracle));
    POWERCUT_TRY(CheckCanBeAudited(input));
    const std::string& profile = input.setting.profile->name;
    audited_.file = file_;
    audited_.backend = input.backend->traits().name;
    audited_.profile = profile;
    audited_.by_conditions = HasForbid(input.workload, profile);
    audited_.by_check = input.recording.has_value();
    audited_.at_end_of_run = audited_.by_conditions &&
                             input.workload.cut == input.workload.run.size();
    POWERCUT_ASSIGN(const bool refused, IsRefused(input));
    if (refused || Interrupted()) return std::optional<AuditedWorkload>();
    POWERCUT_TRY(FindSyncs(input));
    std::vector<AuditedNeed> needs = AuditSyncs(Trials(input));
    progress_.Clear();
    for (size_t i = 0; i < needs.size(); ++i) {
      AuditedLine& line = audited_.lines.emplace_back();
      line.line = syncs_[i].line;
      line.op = syncs_[i].text;
      line.audited = std::move(needs[i]);
      if (line.audited.weaker_is_enough) line.enough = syncs_[i].weaker;
      line.replay_flags = ReplayFlagsText(Weakened({i}), flags_.oracle);
    }
    if (IsBlind(input)) {
      AuditedLine& line = audited_.lines.emplace_back();
      line.op = "all that makes acks durable";
      line.of_all = true;
      line.audited.need = SyncNeed::kUnseen;
    }
    return std::optional(std::move(audited_));
  }

 private:
  // A sync of a workload, or one that a program made, once or often.
  struct AuditedSync {
    // What --weaken takes.
    std::string name;
    // In words.
    std::string text;
    // The next weaker form; empty if only nothing is weaker.
    std::string weaker;
    // The line and the number of an op; 0 for a program.
    int line = 0;
    uint32_t op = 0;
  };

  Status FindSyncs(const OpenedInput& input) {
    if (input.recording) {
      POWERCUT_ASSIGN(const auto syncs, SyncsOf(input.about));
      for (const ProgramSync& sync : syncs) {
        const std::string often =
            sync.calls == 1 ? "" : fmt::format(", {} calls", sync.calls);
        syncs_.push_back({sync.text, sync.text + often, sync.weaker, 0, 0});
      }
      return Ok{};
    }
    for (const Op& op : input.workload.run) {
      if (op.expected.kind != ExpectedResult::kOk) continue;
      const std::vector<WeakerSync> forms = WeakerFormsOf(input.workload, op);
      if (forms.empty()) continue;
      syncs_.push_back({std::to_string(op.line), OpText(op),
                        forms.size() < 2 ? "" : forms.front().name, op.line,
                        op.number});
    }
    return Ok{};
  }

  Status CheckCanBeAudited(const OpenedInput& input) const {
    if (input.recording) {
      if (!input.about.calls.empty()) return Ok{};
      return Error{ErrorCode::kUsage,
                   file_ +
                       ": is a trace; give the .pcut file, or a program "
                       "that was recorded on simfs"};
    }
    const BackendTraits& traits = input.backend->traits();
    if (traits.repeatable) return Ok{};
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: {} does not record twice in the same way, so "
                             "that recordings cannot be compared; audit on "
                             "simfs under the profile {}",
                             file_, traits.name, traits.profile)};
  }

  // Whether the finding counts for the oracle of this audit. An unmet flush
  // obligation has no state that shows it.
  bool Counts(const std::string& cause) const {
    return audited_.by_conditions ? cause.starts_with("check/")
                                  : !cause.starts_with("unflushed/");
  }

  Result<Exploration> Explored(const OpenedInput& input,
                               const Recording& recording, bool* seen) {
    POWERCUT_ASSIGN(ExploreOptions options,
                    ExploreOptionsOf(flags_.explore, input));
    options.hooks.progress = [&](const Progress& p) { progress_.Update(p); };
    if (seen != nullptr) {
      options.hooks.cause_seen = [this, seen](const std::string& cause) {
        *seen = *seen || Counts(cause);
      };
    }
    options.hooks.interrupted = [seen] {
      return Interrupted() || (seen != nullptr && *seen);
    };
    const RunWithLosses with_losses(RunOf(input, recording), input.calls);
    return Explore(with_losses.run(), options);
  }

  // Prints what is found with all syncs.
  Result<bool> IsRefused(const OpenedInput& input) {
    POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
    POWERCUT_ASSIGN(Exploration explored, Explored(input, recording, nullptr));
    progress_.Clear();
    if (input.calls) {
      NameByCalls(RunOf(input, recording), *input.calls, explored.findings);
    }
    for (const Finding& finding : explored.findings) {
      PrintVerdicts(FailureBlock(finding, file_,
                                 ReplayFlagsText(flags_.input, flags_.oracle)));
    }
    if (explored.findings.empty()) return false;
    std::printf("%s: audit: none, since states are refused with all syncs\n",
                file_.c_str());
    return true;
  }

  // The flags that leave out these syncs.
  InputFlags Weakened(const std::vector<size_t>& left_out) const {
    InputFlags flags = flags_.input;
    for (const size_t sync : left_out) {
      flags.weaken.push_back(syncs_[sync].name);
    }
    return flags;
  }

  // The refused state of a program with the cause that it has alone, since the
  // exploration ended when it was seen, and without what it lost beside that.
  static Result<Finding> Simplest(const OpenedInput& input,
                                  const Recording& recording, Finding refused) {
    if (!input.calls) return refused;
    const RunOptions options{.probe = input.probe, .limits = {}};
    const RunWithLosses with_losses(RunOf(input, recording), input.calls);
    const RecordedRun& run = with_losses.run();
    std::string at = refused.id;
    // The first round says what the state need not lose.
    for (int round = 0; round < 2; ++round) {
      POWERCUT_ASSIGN(const StateId id, ParseStateId(at));
      POWERCUT_ASSIGN(ReplayedState replayed, Replay(run, id, options));
      POWERCUT_TRY(NameLossInCauses(run, id, options, replayed));
      const auto named = std::ranges::find_if(
          replayed.findings,
          [](const Finding& one) { return one.loss.has_value(); });
      if (named == replayed.findings.end()) break;
      refused = *named;
      if (id.steps.size() > 1) break;
      at = StateIdText(IdLosingOnly(*named->loss, run, replayed));
      if (at == refused.id) break;
    }
    NameByCalls(run, *input.calls, std::span(&refused, 1));
    return refused;
  }

  SyncTrial Try(const InputFlags& flags) {
    auto input = OpenInput(file_, flags, flags_.oracle);
    if (!input) return {};
    const auto recording = RecordingOf(*input);
    if (!recording) return {};
    bool seen = false;
    auto explored = Explored(*input, *recording, &seen);
    if (!explored || Interrupted()) return {};
    for (Finding& finding : explored->findings) {
      if (!Counts(finding.violation.cause)) continue;
      auto simplest = Simplest(*input, *recording, std::move(finding));
      if (!simplest) return {};
      return {true, std::move(*simplest)};
    }
    return {explored->exhausted, std::nullopt};
  }

  // How much is open when the ops return at which the oracle looks.
  static std::vector<size_t> OpenFrom(const OpenedInput& input,
                                      uint32_t first_op) {
    const auto recording = RecordingOf(input);
    if (!recording) return {};
    std::vector<EventNumber> ends;
    for (const HistoryEvent& event : recording->history) {
      const bool op = event.kind == HistoryEvent::kEnd && event.op >= first_op;
      if (op) ends.push_back(event.after);
    }
    for (const Mark& mark : recording->trace.marks()) {
      if (AckOf(mark)) ends.push_back(mark.after);
    }
    // A program without acks promises what it leaves.
    if (ends.empty()) ends.push_back(recording->trace.event_count());
    return OpenBlocksAfter(RunOf(input, *recording), ends);
  }

  // Whether the check of a program notices nothing, not even that all syncs are
  // left out, although the program acknowledged something. Asked where no sync
  // was found to be needed; a program that opens files with O_SYNC may be safe
  // without a sync.
  bool IsBlind(const OpenedInput& input) {
    if (!input.recording || !input.calls || Interrupted()) return false;
    const auto needs_more = [](const AuditedLine& line) {
      return line.audited.need != SyncNeed::kRedundant;
    };
    const auto opens_synced = [](const Call& call) {
      return call.op.HasFlag("sync") || call.op.HasFlag("dsync");
    };
    const Trace& trace = input.recording->trace;
    if (std::ranges::any_of(audited_.lines, needs_more) ||
        std::ranges::any_of(input.calls->calls, opens_synced) ||
        AcksUpTo(trace, trace.event_count()).empty()) {
      return false;
    }
    std::vector<size_t> all(syncs_.size());
    std::iota(all.begin(), all.end(), 0);
    return Try(Weakened(all)).Holds();
  }

  SyncTrials Trials(const OpenedInput& input) {
    SyncTrials trials;
    trials.syncs = syncs_.size();
    trials.without = [this](const std::vector<size_t>& left_out) {
      return Try(Weakened(left_out));
    };
    trials.as_durable_without = [this, &input](size_t sync) {
      const Workload& workload = input.workload;
      const uint32_t first =
          audited_.by_conditions
              ? static_cast<uint32_t>(workload.init.size() + workload.cut)
              : syncs_[sync].op;
      const auto without = OpenInput(file_, Weakened({sync}), flags_.oracle);
      return without && OpenFrom(*without, first) == OpenFrom(input, first);
    };
    trials.with_weaker = [this](size_t sync) -> std::optional<SyncTrial> {
      if (syncs_[sync].weaker.empty()) return std::nullopt;
      InputFlags flags = flags_.input;
      flags.weaken.push_back(syncs_[sync].name + "=" + syncs_[sync].weaker);
      return Try(flags);
    };
    trials.stopping = Interrupted;
    return trials;
  }

  const std::string& file_;
  const AuditFlags& flags_;
  ProgressLine progress_;
  AuditedWorkload audited_;
  std::vector<AuditedSync> syncs_;
};

class AuditVerb : public Verb {
 public:
  AuditVerb()
      : Verb("audit",
             "tell which syncs of a workload or a program are needed\n\nEach "
             "sync of `run`, or each that the program made, is left out in "
             "turn, or done as a weaker one, and the crashes are explored "
             "again. --check or --compare judges a program. If a .pcut file "
             "has `forbid` lines, they judge; otherwise what the syncs promise "
             "does.\n\nExit status: 0 if "
             "every sync is needed, one of a group or redundant; 1 if the "
             "oracle does not see one, or if states are refused with all "
             "syncs; 2 after a bound; 125 to 130 as for every verb",
             "powercut audit --quiet "
             "corpora/workloads/replace_synced_twice.pcut") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "FILE", flags_.files,
             ".pcut files, or traces of programs that were recorded on simfs")
        .Required()
        .ReadsFile();
    DeclareOracle(flags, flags_.oracle);
    flags
        .Add(FlagGroup::kReport, "--json", flags_.json,
             "write a report as JSON")
        .WritesFile();
    DeclareSetting(flags, flags_.input, flags_.oracle.probe, flags_.quiet);
    DeclareColor(flags);
    DeclareCrashSpace(flags, flags_.input);
    DeclareExplore(flags, flags_.explore);
  }

  Result<ExitStatus> Run() const override {
    if (!flags_.explore.resume.empty()) {
      return Error{ErrorCode::kUsage,
                   "--resume keeps the runs of one exploration, and an audit "
                   "makes many; leave it out"};
    }
    if (!flags_.json.empty()) POWERCUT_TRY(CheckWritable(flags_.json));
    CatchInterrupts();
    ExitStatus status = kExitCannotRun;
    std::vector<AuditedWorkload> workloads;
    for (const std::string& file : flags_.files) {
      if (Interrupted()) break;
      status = WorseStatus(status, AuditFile(file, workloads));
    }
    if (Interrupted()) status = WorseStatus(status, kExitInterrupted);
    if (!flags_.json.empty()) {
      POWERCUT_TRY(WriteFile(flags_.json, AuditJson(workloads, status)));
    }
    return status;
  }

 private:
  ExitStatus AuditFile(const std::string& file,
                       std::vector<AuditedWorkload>& workloads) const {
    auto audited = FileAudit(file, flags_).Run();
    if (!audited) return Fail(audited.error());
    if (!*audited) return kExitViolation;
    PrintVerdicts(AuditText(**audited));
    std::fflush(stdout);
    workloads.push_back(std::move(**audited));
    return StatusOf(workloads.back());
  }

  AuditFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeAuditVerb() { return std::make_unique<AuditVerb>(); }

}  // namespace powercut
