// `powercut show` lists a recording: disk events with their numbers, to which
// ids refer, epochs, and between the events the marks of ops, faults and acks.
//
// Method: a workload is recorded, or a trace is loaded; then one loop goes over
// the event numbers from 0 and prints each event, followed by the marks that
// were made after it. A write of one raw sector on simfs is listed like this:
//
//            > op 2    disk_write 0 1
//         4  write   process sector 8
//         5  persist device  1 sectors
//            < op 2    returned success

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "harness/block_log/trace_file.h"
#include "harness/cli/input/opened_input.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/input/recorded_calls.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/verbs/verb.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

// Returns the text of one disk event, which the caller puts after its number.
std::string EventText(const Trace& trace, EventNumber number) {
  const DiskEvent& event = trace.event(number);
  const auto sectors = [](const SectorRange& range) {
    return range.count == 1
               ? fmt::format("sector {}", range.first)
               : fmt::format("sectors {} to {}", range.first, range.end() - 1);
  };
  switch (event.kind) {
    case DiskEvent::kWrite:
      return fmt::format("write   {:<8}{}", LayerName(event.layer),
                         sectors(event.range));
    case DiskEvent::kDiscard:
      return fmt::format("discard {:<8}{}", "", sectors(event.range));
    case DiskEvent::kPersist:
      break;
  }
  std::string text = fmt::format(
      "persist {:<8}{}", LayerName(event.layer),
      event.scope ? fmt::format("{} sectors", trace.scope(event).size())
                  : "all");
  if (event.upto != number) text += fmt::format(" up to event {}", event.upto);
  return text;
}

// Returns the text of one mark: an op begins or returns, a fault fell, or the
// text of a mark of the user.
std::string HistoryText(const Workload& workload, const HistoryEvent& event,
                        const std::string& mark) {
  switch (event.kind) {
    case HistoryEvent::kBegin:
      return fmt::format("> op {:<4} {}", event.op,
                         OpText(workload.OpNumber(event.op)));
    case HistoryEvent::kEnd:
      return fmt::format("< op {:<4} returned {}", event.op,
                         event.error.empty() ? "success" : event.error);
    case HistoryEvent::kRun:
      return workload.init.empty() && workload.run.empty()
                 ? "= run: crashes are explored from here on"
                 : "= run: crashes are explored from here on; all so far is "
                   "promised";
    case HistoryEvent::kFault:
      return "* fault " + event.fault_text;
    case HistoryEvent::kUser:
      break;
  }
  const auto attempt = AttemptOf({event.after, mark});
  return "! " + (attempt ? std::string(kAttemptLine).append(*attempt) : mark);
}

// A part of a recording: marks by their place in the history, and the disk
// events among them.
struct Part {
  size_t marks_begin = 0;
  size_t marks_end = 0;
  EventNumber first_event = 0;
  EventNumber last_event = 0;
};

Part WholeOf(const Recording& recording) {
  return {0, recording.history.size(), 1, recording.trace.event_count()};
}

// What happened while op `op` ran: from its begin to its return, or to the end
// of the recording if it did not return. Errors: kUsage: no such op began.
Result<Part> PartOfOp(const Recording& recording, uint32_t op) {
  Part part = WholeOf(recording);
  bool began = false;
  for (size_t i = 0; i < recording.history.size(); ++i) {
    const HistoryEvent& event = recording.history[i];
    if (event.op != op || op == 0) continue;
    if (event.kind == HistoryEvent::kBegin) {
      part.marks_begin = i;
      part.first_event = event.after + 1;
      began = true;
    } else if (event.kind == HistoryEvent::kEnd) {
      part.marks_end = i + 1;
      part.last_event = event.after;
    }
  }
  if (began) return part;
  return Error{
      ErrorCode::kUsage,
      fmt::format("--op {}: the recording has no such op; leave it out "
                  "to list all",
                  op)};
}

// Prints a part of the recording, with one line for each event and each mark.
// The calls of a program stand where they returned, in their order with the
// acks.
// Requires: the history has one event for each mark of the trace.
void Print(const Workload& workload, const Recording& recording,
           const std::vector<ProgramCall>& calls, const Part& part) {
  const Trace& trace = recording.trace;
  std::printf(
      "recording %08x: %u disk events, %zu marks, disk of %llu bytes in "
      "sectors of %u\n",
      trace.Digest(), trace.event_count(), trace.marks().size(),
      static_cast<unsigned long long>(trace.geometry().size_bytes()),
      trace.geometry().sector_bytes);
  uint32_t epoch = 1;
  // Marks have no numbers of their own; each stands after the event that it
  // followed. Number 0 stands for the marks before the first event.
  size_t mark = 0;
  size_t call = 0;
  for (EventNumber number = 0; number <= trace.event_count(); ++number) {
    if (number > 0) {
      const bool shown =
          number >= part.first_event && number <= part.last_event;
      if (shown) {
        std::printf("%6u  %s\n", number, EventText(trace, number).c_str());
      }
      const DiskEvent& event = trace.event(number);
      // Only a flush of the whole disk to the media ends an epoch. Epochs are
      // counted in what is not shown, too.
      if (event.kind == DiskEvent::kPersist && event.layer == Layer::kMedia &&
          !event.scope) {
        if (shown) std::printf("        ---- epoch %u ends\n", epoch);
        ++epoch;
      }
    }
    const auto print_mark = [&] {
      if (mark >= recording.history.size() ||
          recording.history[mark].after != number) {
        return false;
      }
      const size_t at = mark++;
      if (at < part.marks_begin || at >= part.marks_end) return true;
      std::printf("        %s\n", HistoryText(workload, recording.history[at],
                                              trace.marks()[at].text)
                                      .c_str());
      return true;
    };
    if (mark < recording.history.size() &&
        recording.history[mark].kind == HistoryEvent::kRun) {
      print_mark();
    }
    for (; call < calls.size() && calls[call].after == number; ++call) {
      if (calls[call].text.empty()) {
        print_mark();
      } else {
        std::printf("        < %s\n", calls[call].text.c_str());
      }
    }
    while (print_mark()) {
    }
  }
}

Status ShowImported(const LoadedTrace& imported, const std::string& save) {
  if (!save.empty()) {
    POWERCUT_TRY(WriteTrace(imported.trace, imported.about, save));
  }
  std::printf("imported from a log of origin %s\n",
              imported.about.origin.c_str());
  // powercut ran no ops there. A log may hold any acks, and `import --from`
  // adds the mark `run`.
  POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                  HistoryOf(imported.trace, 0, kAnyFaults));
  const Recording recording{imported.trace, std::move(history), {}};
  Print(Workload{}, recording, {}, WholeOf(recording));
  return Ok{};
}

struct ShowFlags {
  std::string file;
  std::string save;  // Empty if the trace is not wanted.
  std::optional<uint32_t> op;
  InputFlags input;
  // These are not read, since a recording does not depend on them. They come
  // with the flags that all verbs share which record a workload.
  bool probe = false;
  bool quiet = false;
};

Result<ExitStatus> Show(const ShowFlags& flags) {
  POWERCUT_ASSIGN(InputFile file, ReadInput(flags.file));
  if (file.trace && !file.trace->about.origin.empty() && !flags.op) {
    POWERCUT_TRY(ShowImported(*file.trace, flags.save));
    return kExitHolds;
  }
  POWERCUT_ASSIGN(const OpenedInput input,
                  OpenInput(std::move(file), flags.input, OracleFlags{}));
  POWERCUT_ASSIGN(const Recording recording, RecordingOf(input));
  Part part = WholeOf(recording);
  if (flags.op) {
    POWERCUT_ASSIGN(part, PartOfOp(recording, *flags.op));
  }
  if (!flags.save.empty()) {
    POWERCUT_TRY(SaveRecording(input, recording, flags.save));
  }
  const std::vector<ProgramCall> calls =
      input.calls ? ProgramCallsOf(*input.calls) : std::vector<ProgramCall>();
  Print(input.workload, recording, calls, part);
  return kExitHolds;
}

class ShowVerb : public Verb {
 public:
  ShowVerb()
      : Verb("show", "list a recording",
             "powercut show corpora/faults/lie_on_flush.pcut --op 2") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "FILE", flags_.file,
             "a .pcut file or saved trace")
        .Required()
        .ReadsFile();
    flags.Add(FlagGroup::kOutput, "--op", flags_.op,
              "only what happened while this op ran");
    flags.Add(FlagGroup::kOutput, "--save", flags_.save, "save the trace")
        .WritesFile();
    DeclareSetting(flags, flags_.input, flags_.probe, flags_.quiet);
  }

  Result<ExitStatus> Run() const override { return Show(flags_); }

 private:
  ShowFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeShowVerb() { return std::make_unique<ShowVerb>(); }

}  // namespace powercut
