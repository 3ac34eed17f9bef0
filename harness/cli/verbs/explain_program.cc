// The explanation comes as data from ExplainTrace(), and each function here
// prints one section of it: the moment of the crash with the acks in force, the
// lost blocks by file and by what did not keep them, the names and bytes that
// were not yet issued at the last ack, the verdict, the smallest loss that
// shows it, and the flushes that follow.

#include "harness/cli/verbs/explain_program.h"

#include <fmt/format.h>

#include <cstdio>

#include "harness/cli/input/losses_by_calls.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/terminal/wrapped_text.h"
#include "harness/explain/named_loss.h"
#include "harness/explain/trace_explanation.h"
#include "harness/judge/check_cause.h"
#include "harness/judge/failure_block.h"
#include "harness/minimize/state_shrinker.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

void Line(const std::string& label, const std::string& text) {
  std::fputs(WrappedText(label, text).c_str(), stdout);
}

std::string EventsText(const std::vector<EventNumber>& events) {
  return fmt::format("event{} {}", events.size() == 1 ? "" : "s",
                     RangesText(events));
}

std::string Count(uint64_t number, const char* noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

void PrintMoment(const Recording& recording, const TraceExplanation& why) {
  const CrashState& state = why.replayed.state;
  std::printf("state %s\n", why.id.c_str());
  Line(
      "  crash      ",
      fmt::format("{}, after {} of {} disk events{}", CrashKindName(state.kind),
                  state.point, recording.trace.event_count(),
                  state.marks == 0
                      ? ""
                      : fmt::format(" and {} that follow{} the last of them",
                                    Count(state.marks, "mark"),
                                    state.marks == 1 ? "s" : "")));
  Line("  acks       ",
       why.losses.acks == 0
           ? "none in force: $POWERCUT_ACKED is empty"
           : fmt::format("{} in force, the last after event {}: {}",
                         why.losses.acks, why.losses.ack_event,
                         why.losses.last_ack));
  const auto attempts = AttemptsUpTo(recording.trace, state.point);
  if (!attempts.empty()) {
    Line("  attempts   ",
         fmt::format("{}, the last: {}", attempts.size(), attempts.back()));
  }
  Line("  flush      ",
       why.last_flush ? fmt::format("the last one before the crash is event {}",
                                    *why.last_flush)
                      : "none before the crash");
}

void PrintUnkept(const TraceExplanation& why) {
  if (why.unkept.empty()) return;
  std::printf("\nwhy no flush kept it\n");
  for (const UnkeptWrites& group : why.unkept) {
    Line("  ", fmt::format("{} ({}): {}; {}", EventsText(group.events),
                           Count(group.sectors, "sector"), group.why,
                           group.kept_by
                               ? fmt::format("event {} would have kept it",
                                             *group.kept_by)
                               : "no later flush of the recording keeps it"));
  }
}

void PrintRules(const std::string& profile,
                const std::vector<LossRule>& rules) {
  if (rules.empty()) return;
  std::printf("\nwhy %s allows it\n", profile.c_str());
  for (const LossRule& rule : rules) {
    Line("  ", fmt::format("{}: {}", rule.what, rule.rule));
  }
}

// What the state lost, by the places of the disk.
void PrintPlaces(const TraceExplanation& why) {
  for (const LostPlace& place : why.losses.lost) {
    Line("  ", fmt::format("{}: {}, written by {}", place.owner,
                           Count(place.lost_bytes, "byte"),
                           EventsText(place.events)));
  }
}

// What the state lost, by the calls of the program, which say more than the
// places of the disk.
Status PrintCalls(const RecordedRun& run, const ReturnedCalls& calls,
                  const StateId& id, const TraceExplanation& why) {
  Finding by_calls;
  by_calls.id = why.id;
  if (!why.replayed.findings.empty()) {
    by_calls.loss = why.replayed.findings[0].loss;
  }
  NameByCalls(run, calls, {&by_calls, 1});
  std::printf("  %s\n", by_calls.op_text.c_str());
  PrintLostCount(why.lost_blocks, why.open_blocks, why.torn_blocks);
  for (const std::string& call : by_calls.lost_files) Line("  ", call);
  if (!by_calls.missing.empty()) std::printf("\nwhich sync is missing\n");
  for (const std::string& sync : by_calls.missing) Line("  ", sync);
  if (by_calls.lost_files.empty()) PrintPlaces(why);
  PrintUnkept(why);
  POWERCUT_ASSIGN(const auto rules, RulesOfLoss(run, calls, id));
  PrintRules(run.profile().name, rules);
  return Ok{};
}

void PrintUnissued(const TraceExplanation& why) {
  if (why.losses.acks == 0) return;
  std::printf("\nnot yet issued to the disk at the last ack\n");
  if (!why.losses.unissued) {
    Line("  ", "not known");
  } else if (why.losses.unissued->empty()) {
    Line("  ", "nothing that names, sizes and times show");
  } else {
    for (const std::string& text : *why.losses.unissued) Line("  ", text);
  }
}

void PrintVerdict(const TraceExplanation& why) {
  const bool wrong = !why.replayed.findings.empty();
  std::printf("\nverdict: %s\n", wrong ? "violation" : "admissible");
  for (const Finding& finding : why.replayed.findings) {
    Line("  ", fmt::format("{} (cause {}). {}",
                           ViolationKindName(finding.violation.kind),
                           finding.violation.cause, Explanation(finding)));
  }
}

// Looks for a state that loses fewer blocks and fails in the same way.
Status PrintSmallest(const RecordedRun& run,
                     const std::optional<ReturnedCalls>& calls,
                     const StateId& id, const RunOptions& options,
                     const TraceExplanation& why) {
  if (why.replayed.findings.empty() || why.lost_blocks == 0) return Ok{};
  std::printf("\nthe smallest loss that fails in the same way\n");
  if (id.steps.size() > 1) {
    Line("  ", "not looked for after crashes during recovery");
    return Ok{};
  }
  Finding finding = why.replayed.findings[0];
  if (finding.loss) {
    // It is looked for in what the cause names, so that the two agree.
    finding.id = StateIdText(IdLosingOnly(*finding.loss, run, why.replayed));
    finding.violation.cause = CauseWithoutLoss(finding.violation.cause);
  }
  POWERCUT_ASSIGN(const Finding least,
                  ShrinkState(run, options, std::move(finding)));
  if (least.lost_blocks == 0) {
    Line("  ", "none: it fails with everything persisted that was issued, " +
                   least.id);
    return Ok{};
  }
  Line("  ", fmt::format("{}, {}: no single block of it can be kept",
                         Count(least.lost_blocks, "block"), least.id));
  if (calls) {
    Finding by_calls;
    by_calls.id = least.id;
    NameByCalls(run, *calls, {&by_calls, 1});
    for (const std::string& call : by_calls.lost_files) Line("    ", call);
    return Ok{};
  }
  LossNamer namer(run);
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  POWERCUT_ASSIGN(const StateId named, ParseStateId(least.id));
  PointCursor cursor(space, named.steps[0].kind);
  POWERCUT_ASSIGN(const CrashState state, ResolveStep(named.steps[0], cursor));
  POWERCUT_ASSIGN(const FileLosses losses, namer.Name(state, cursor));
  for (const LostPlace& place : losses.lost) {
    Line("    ", fmt::format("{} ({})", place.owner, EventsText(place.events)));
  }
  return Ok{};
}

// What each later flush keeps of the loss, and whether the check holds then.
void PrintLaterFlushes(const std::string& file, const TraceExplanation& why,
                       const std::string& replay_flags) {
  std::printf("\nlater flushes\n");
  if (why.later_flushes.empty()) Line("  ", "none in the recording");
  // The state after a flush is one that lost nothing. It says something of this
  // loss if the flush would have kept all of it.
  const LaterFlush* keeps_all = nullptr;
  for (const LaterFlush& flush : why.later_flushes) {
    uint64_t kept = 0;
    uint64_t lost = 0;
    for (const UnkeptWrites& group : why.unkept) {
      lost += group.sectors;
      if (group.kept_by && *group.kept_by <= flush.event) kept += group.sectors;
    }
    std::string text = fmt::format("event {}", flush.event);
    if (lost > 0) {
      text += fmt::format(" would have kept {} of {}", kept,
                          Count(lost, "lost sector"));
    }
    if (kept == lost) {
      keeps_all = &flush;
      text +=
          fmt::format("; the state after it, with {} in force, {}",
                      Count(flush.acks, "ack"),
                      flush.holds ? "is admissible" : "is a violation, too");
    }
    Line("  ", text);
  }
  if (keeps_all == nullptr) return;
  std::printf("  powercut replay %s --at %s%s\n", FileWord(file).c_str(),
              ShellWord(keeps_all->id).c_str(), replay_flags.c_str());
}

}  // namespace

void PrintLostCount(uint64_t lost, uint64_t open, uint64_t torn) {
  std::printf("\nlost: %llu of %llu open blocks",
              static_cast<unsigned long long>(lost),
              static_cast<unsigned long long>(open));
  if (torn > 0) {
    std::printf(", %llu of them torn", static_cast<unsigned long long>(torn));
  }
  std::printf("\n");
}

Result<ExitStatus> ExplainProgram(const OpenedInput& input,
                                  const Recording& recording, const StateId& id,
                                  const std::string& replay_flags) {
  const RunWithLosses with_losses(RunOf(input, recording), input.calls);
  const RecordedRun& run = with_losses.run();
  const RunOptions options{.probe = input.probe, .limits = {}};
  POWERCUT_ASSIGN(TraceExplanation why, ExplainTrace(run, id, options));
  POWERCUT_TRY(NameLossInCauses(run, id, options, why.replayed));
  PrintMoment(recording, why);
  if (input.calls) {
    POWERCUT_TRY(PrintCalls(run, *input.calls, id, why));
  } else {
    PrintLostCount(why.lost_blocks, why.open_blocks, why.torn_blocks);
    PrintPlaces(why);
    PrintUnkept(why);
    PrintUnissued(why);
  }
  PrintVerdict(why);
  POWERCUT_TRY(PrintSmallest(run, input.calls, id, options, why));
  PrintLaterFlushes(input.workload.file, why, replay_flags);
  for (const std::string& note : why.losses.notes) {
    if (input.calls) break;
    std::fprintf(stderr, "powercut: %s: note: %s\n",
                 input.workload.file.c_str(), note.c_str());
  }
  return why.replayed.findings.empty() ? kExitHolds : kExitViolation;
}

}  // namespace powercut
