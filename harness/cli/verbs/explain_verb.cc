// `powercut explain`: says why a crash state is as it is, and what would excuse
// it.
//
// The explanation comes as data from Explain(), and each function here prints
// one section of it: the moment of the crash, the flushes in force, the blocks
// that were lost with what did not carry them, the verdict, and the switches
// and profiles under which the verdict would turn. Lists of numbers are printed
// as ranges, since a lost file can be hundreds of writes. explain_program.h
// explains states of recorded programs.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>

#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/replay_flags.h"
#include "harness/cli/terminal/verdict_color.h"
#include "harness/cli/terminal/wrapped_text.h"
#include "harness/cli/verbs/explain_program.h"
#include "harness/cli/verbs/verb.h"
#include "harness/explain/explain.h"
#include "harness/explain/file_losses.h"
#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

void Line(const std::string& label, const std::string& text) {
  std::fputs(WrappedText(label, text).c_str(), stdout);
}

// Where the crash was, and which ops had returned or were running.
void PrintMoment(const OpenedInput& input, const Recording& recording,
                 const StateExplanation& why) {
  std::printf("state %s\n", why.id.c_str());
  Line("  crash      ",
       fmt::format("{}, after {} of {} disk events", CrashKindName(why.kind),
                   why.point, recording.trace.event_count()));
  for (const CrashStep& step : why.inner) {
    Line(
        "  then       ",
        fmt::format("{}: a {} crash, after {} disk events of the recovery",
                    CrashStepText(step), CrashKindName(step.kind), step.point));
  }
  if (!why.inner.empty()) {
    Line("  below      ",
         "the losses are those of the first crash, the verdict is that of all");
  }
  Line("  returned   ",
       "ops " + RangesText(why.returned) +
           (why.failed.empty() ? ""
                               : "; with an error: " + RangesText(why.failed)));
  if (why.in_flight.empty()) Line("  in flight  ", "nothing");
  for (const uint32_t op : why.in_flight) {
    Line("  in flight  ",
         fmt::format("op {}, {}", op, OpText(input.workload.OpNumber(op))));
  }
}

// What had been promised by then, for crashes of this kind.
void PrintFlushes(const StateExplanation& why) {
  std::printf("\nin force for a %s crash\n",
              std::string(CrashKindName(why.kind)).c_str());
  for (const ExplainedFlush& flush : why.flushes) {
    // Op 0 stands for what no op did.
    std::string text = flush.op == 0
                           ? flush.text
                           : fmt::format("op {}, {}", flush.op, flush.text);
    text += fmt::format(", returned after event {}: ", flush.returned);
    text += flush.promises.empty()
                ? "promises nothing"
                : fmt::format("{}", fmt::join(flush.promises, ", "));
    if (flush.op > 0) {
      text += flush.persists.empty()
                  ? "; left no persist event"
                  : "; persist event " + RangesText(flush.persists);
    }
    Line("  ", text);
  }
}

// The writes that the state lost, by op, each with what did not carry it.
void PrintLosses(const StateExplanation& why) {
  PrintLostCount(why.lost_blocks, why.open_blocks, why.torn_blocks);
  for (const LostWrites& lost : why.lost) {
    std::string text =
        lost.op == 0
            ? "no op"
            : fmt::format("op {} (line {}), {}", lost.op, lost.line, lost.text);
    text += fmt::format(
        ": {} {} at the {}, {} {}: {}", lost.discard ? "discard" : "write",
        RangesText(lost.events), LayerName(lost.layer), lost.sectors,
        lost.sectors == 1 ? "sector" : "sectors", lost.why);
    Line("  ", text);
  }
}

// The findings of the state, or that it is admissible.
void PrintVerdict(const OpenedInput& input, const StateExplanation& why) {
  const std::string& profile = input.setting.profile->name;
  const bool wrong = !why.replayed.findings.empty();
  PrintVerdicts(fmt::format("\nverdict under {}: {}\n", profile,
                            wrong ? "violation" : "admissible"));
  for (const Finding& finding : why.replayed.findings) {
    const Violation& violation = finding.violation;
    Line("  ",
         fmt::format("{}{}{} (line {}, cause {}). {}",
                     ViolationKindName(violation.kind),
                     violation.path.empty() ? "" : " ", violation.path,
                     finding.line, violation.cause, Explanation(finding)));
  }
}

// The switches of the profile that turn the verdict, each flipped alone, and
// the profiles that judge otherwise.
void PrintTurns(const StateExplanation& why) {
  const bool wrong = !why.replayed.findings.empty();
  std::printf("\n%s\n", wrong ? "what would excuse it"
                              : "what would make it a violation");
  if (why.switches.empty()) Line("  switches   ", "none alone");
  for (const TurningSwitch& flip : why.switches) {
    Line("  switch     ",
         fmt::format("{} {}{}{}", flip.name, flip.on ? "on" : "off",
                     flip.found.empty() ? "" : ": ", flip.found));
  }
  Line("  profiles   ", why.profiles.empty()
                            ? "none"
                            : fmt::format("{}", fmt::join(why.profiles, ", ")));
}

struct ExplainFlags {
  std::string file;
  std::string at;
  InputFlags input;
  OracleFlags oracle;
  // Not read, since nothing but the explanation is printed.
  bool quiet = false;
};

// The exit status tells whether the state is a violation, as that of `replay`
// does.
Result<ExitStatus> ExplainOne(const ExplainFlags& flags) {
  POWERCUT_ASSIGN(const StateId id, ParseStateId(flags.at));
  POWERCUT_ASSIGN(const OpenedInput input,
                  OpenInput(flags.file, flags.input, flags.oracle));
  POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
  // A recorded program has no ops that promise anything, but its files and its
  // acks can be named.
  if (CheckOf(input.setting.oracle) != nullptr) {
    return ExplainProgram(input, recording, id,
                          ReplayFlagsText(flags.input, flags.oracle));
  }
  POWERCUT_ASSIGN(const StateExplanation why,
                  Explain(RunOf(input, recording), id,
                          {.probe = input.probe, .limits = {}}));
  PrintMoment(input, recording, why);
  PrintFlushes(why);
  PrintLosses(why);
  PrintVerdict(input, why);
  PrintTurns(why);
  return why.replayed.findings.empty() ? kExitHolds : kExitViolation;
}

class ExplainVerb : public Verb {
 public:
  ExplainVerb()
      : Verb("explain",
             "why a crash state is as it is, and what would excuse it",
             "powercut explain corpora/regressions/lost_written_append.pcut "
             "--at 57p-w56:0@2a46e7f2") {}

  void DeclareFlags(FlagSet& flags) override {
    DeclareState(flags, flags_.file, flags_.at);
    DeclareOracle(flags, flags_.oracle);
    DeclareSetting(flags, flags_.input, flags_.oracle.probe, flags_.quiet);
    DeclareColor(flags);
    DeclareWeaken(flags, flags_.input);
  }

  Result<ExitStatus> Run() const override { return ExplainOne(flags_); }

 private:
  ExplainFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeExplainVerb() {
  return std::make_unique<ExplainVerb>();
}

}  // namespace powercut
