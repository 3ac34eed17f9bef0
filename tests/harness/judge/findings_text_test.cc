// What users are told of planted bugs, as fixed text: for the scene of each bug
// of simfs, and for a few workloads with faults and conditions, the findings of
// all three kinds of crash with every row of their failure blocks.
// tests/golden/findings.txt holds the text. If it differs, the new text is
// written to the temporary folder of the tests; look at the difference, and
// copy it to that place if it is right.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/simfs_bug_scenes.h"
#include "harness/trace/acks.h"
#include "tests/exploring.h"
#include "tests/harness/space/random_state.h"

namespace powercut {
namespace {

// The event of a promise is the one that its words name; none if they name
// none.
void ExpectPromisedAt(const Finding& finding) {
  const std::string since = "durable since event ";
  const size_t at = finding.promise.find(since);
  EXPECT_EQ(finding.promised_at.has_value(), at != std::string::npos);
  if (!finding.promised_at || at == std::string::npos) return;
  EXPECT_EQ(*finding.promised_at,
            std::stoul(finding.promise.substr(at + since.size())));
}

// The findings without the digest and the ids that hold it, since these would
// change with every byte that simfs writes elsewhere.
std::string FindingsIn(Backend& backend, const std::string& text,
                       const std::string& space, uint32_t nested) {
  const Result<Recorded> recorded =
      RecordWorkload(backend, MustParse("powercut 1\n" + text));
  if (!recorded) return recorded.error().message + "\n";
  ExploreOptions options = Options(space, 1);
  options.nested = nested;
  options.list_states = true;
  const RecordedRun run{backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const Result<Exploration> e = Explore(run, options);
  if (!e) return e.error().message + "\n";
  std::string words;
  for (const Finding& finding : e->findings) {
    Finding shown = finding;
    shown.id = shown.id.substr(0, shown.id.find('@'));
    ExpectPromisedAt(shown);
    words += fmt::format(
        "lost {}, {} states, last {}: {}\n{}", shown.lost_blocks, shown.count,
        shown.states.back().substr(0, shown.states.back().find('@')),
        shown.found_at.back(), FailureBlock(shown, "FILE", ""));
  }
  return words.empty() ? "nothing\n" : words;
}

// The trace with lines of a program in place of every other mark.
Trace OfProgram(const Trace& trace) {
  Trace acked(trace.geometry(), trace.shared_base());
  size_t marks = 0;
  const auto add_marks = [&] {
    for (const Mark& mark : trace.marks()) {
      if (mark.after != acked.event_count()) continue;
      if (++marks % 2 == 1 && marks > 4) {
        acked.AddMark(LineMark(fmt::format("line {}", marks)));
      }
    }
  };
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    add_marks();
    const DiskEvent& event = trace.event(number);
    if (event.kind == DiskEvent::kWrite) {
      acked.AddWrite(event.range.first, trace.data(event), event.layer);
    } else if (event.kind == DiskEvent::kDiscard) {
      acked.AddDiscard(event.range);
    } else {
      acked.AddPersist(event.layer, event.scope ? &trace.scope(event) : nullptr,
                       event.upto);
    }
  }
  add_marks();
  return acked;
}

// What is said of random states of a recording, of which some lose nothing,
// some nearly everything, and some tear blocks. `program` says whether the
// trace is shown as that of a recorded program, whose lines are its acks.
std::string StatesIn(Backend& backend, const std::string& text, bool program) {
  Recorded recorded =
      RecordWorkload(backend, MustParse("powercut 1\n" + text)).value();
  Violation violation;
  violation.kind = ViolationKind::kCheck;
  violation.op = program ? 0 : 3;
  if (program) {
    recorded.recording.trace = OfProgram(recorded.recording.trace);
    recorded.recording.history.clear();
    recorded.workload.init.clear();
    recorded.workload.run.clear();
  }
  const RecordedRun run{backend, recorded.workload, recorded.setting,
                        recorded.recording};
  const CrashSpace space(run.trace(), 4096);
  std::string words;
  Prng prng(11);
  for (const CrashKind kind : kCrashKinds) {
    PointCursor cursor(space, kind);
    for (EventNumber point = 0; point <= run.trace().event_count(); ++point) {
      cursor.MoveTo(point);
      CrashState state = RandomState(cursor, prng);
      state.marks = static_cast<uint32_t>(prng.Below(4));
      Finding finding = DescribeFinding(run, violation, state, cursor);
      std::vector<CrashStep> inner;
      if (prng.OneIn(4)) inner.push_back(CanonicalStep(state, cursor));
      AddInnerCrashes(inner, prng.Below(3), finding);
      if (program) {
        std::optional<EventNumber> acked;
        for (const Mark& mark : run.trace().marks()) {
          if (mark.after <= point && AckOf(mark)) acked = mark.after;
        }
        EXPECT_EQ(finding.promised_at, acked) << finding.id;
      }
      words += fmt::format("{} lost {}\n  {}\n  {}\n  {}\n",
                           finding.id.substr(0, finding.id.find('@')),
                           finding.lost_blocks, finding.op_text,
                           finding.promise, finding.crash);
      for (const std::string& fault : finding.faults) {
        words += "  " + fault + "\n";
      }
    }
  }
  return words;
}

std::string SceneText(const SimfsBugScene& scene) {
  return fmt::format("profile {}\ncrash process,os,power\ninit\n{}run\n{}\n",
                     scene.profile, scene.init, scene.run);
}

TEST(FindingsText, IsWhatItWas) {
  std::string text;
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    const auto backend = MakeSimfsBackend({scene.bug});
    text +=
        fmt::format("== {}\n{}", scene.run,
                    FindingsIn(*backend, SceneText(scene), "exhaustive", 0));
  }
  const auto simfs = MakeSimfsBackend();
  const std::string files =
      "profile ext4-ordered\ncrash process,os,power\n{}"
      "init\n create /f\n write /f 0 1024\nrun\n write /f 0 1024\n fsync /f\n"
      " append /f 512\n{}";
  const auto add = [&](const std::string& head, const std::string& tail,
                       const std::string& space, uint32_t nested) {
    text += fmt::format(
        "== {}{}{} nested {}\n{}", head, tail, space, nested,
        FindingsIn(*simfs, fmt::format(fmt::runtime(files), head, tail), space,
                   nested));
  };
  add("fault lie on flush times=always in=run\n", "", "exhaustive", 0);
  add("fault lie on flush nth=1 in=run\n", "", "epoch:1", 0);
  add("fault delay on write nth=1 in=run\n", "", "exhaustive", 0);
  add("fault tear on write nth=2 in=run\n", "", "exhaustive", 0);
  add("fault misdirect on write nth=1 in=run\n", "", "exhaustive", 0);
  add("fault flip on read nth=4 in=recovery\n", "", "prefix", 0);
  add("fault error on read nth=4 in=recovery\n", "", "prefix", 0);
  add("", "forbid size /f = 1536\n", "exhaustive", 0);
  add("", "forbid size /f = 1536\n", "epoch:2", 0);
  add("", "forbid size /f = 1024\n", "sample:40", 0);
  add("", "forbid size /f = 1024\n", "prefix", 1);
  const std::string many =
      "profile spec-strict\nfault lie on flush times=always in=run\n"
      "disk 1M atomic=4096\ninit\n create /f\nrun\n write /f 0 20000\n"
      " fsync /f\n write /f 4096 9000\n disk_discard 3 2\n fsync /f\n"
      " append /f 5000\n";
  for (const bool program : {false, true}) {
    text += fmt::format("== states, program {}\n{}", program,
                        StatesIn(*simfs, many, program));
  }
  // Two ops with one cause.
  text += fmt::format(
      "== two ops with one cause\n{}",
      FindingsIn(*MakeSimfsBackend({SimfsBug::kFsyncSkipsDevice}),
                 "profile spec-strict\ncrash power\ninit\n create /f\nrun\n"
                 " write /f 0 512\n fsync /f\n write /f 0 512\n fsync /f\n",
                 "prefix", 0));
  const std::string path = "tests/golden/findings.txt";
  const std::string known =
      ReadWholeFile(std::string(POWERCUT_SOURCE_DIR) + "/" + path);
  if (known == text) return;
  const std::string fresh = ::testing::TempDir() + "findings.txt";
  std::ofstream(fresh, std::ios::binary) << text;
  FAIL() << path << " is out of date: see " << fresh;
}

}  // namespace
}  // namespace powercut
