// What a report keeps to be drawn: the timeline of a recording, and what the
// state of each violation lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "backends/simfs/simfs_backend.h"
#include "harness/base/prng.h"
#include "harness/cli/report/html_report.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/report/shown_json.h"
#include "harness/cli/report/timeline.h"
#include "harness/explain/shown_states.h"
#include "harness/space/crash_state.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

// It is the workload of docs/architecture.md, which lists its events.
constexpr const char* kThreeWrites = R"(powercut 1
backend simfs
init
  create /f
  write  /f 0 1024
run
  write /f 0 512
  write /f 512 512
  fsync /f
  write /f 0 512
)";

class DrawnReportTest : public ::testing::Test {
 protected:
  explicit DrawnReportTest(const SimfsBugs& bugs = {})
      : backend_(MakeSimfsBackend(bugs)),
        recorded_(RecordWorkload(*backend_, MustParse(kThreeWrites)).value()) {}

  RecordedRun Run() const {
    return {*backend_, recorded_.workload, recorded_.setting,
            recorded_.recording};
  }

  // A report with what is drawn, of all states.
  Report DrawnReport() const {
    ExploreOptions options = Options("exhaustive", /*jobs=*/0);
    options.list_states = true;
    Exploration exploration = Explore(Run(), options).value();
    EXPECT_TRUE(ShowStates(Run(), options.run, exploration.findings));
    CheckedWorkload checked;
    checked.file = "t.pcut";
    checked.pcut_hash = std::string(32, '5');
    checked.backend = "simfs";
    checked.profile = "spec-strict";
    checked.space = options.space;
    checked.exploration = std::move(exploration);
    checked.timeline = TimelineOf(Run(), {});
    checked.replay_file = "saved-\xff.trace";
    Report report;
    report.verdict = VerdictOf(Conclude(checked, {}).status);
    report.workloads = {std::move(checked)};
    return report;
  }

  std::unique_ptr<Backend> backend_;
  Recorded recorded_;
};

class FaultyDrawnReportTest : public DrawnReportTest {
 protected:
  FaultyDrawnReportTest() : DrawnReportTest({SimfsBug::kFsyncSkipsDevice}) {}
};

TEST_F(DrawnReportTest, ATimelineHasEveryEventAndOp) {
  const Timeline timeline = TimelineOf(Run(), {});
  EXPECT_EQ(timeline.kinds, "wpwwppfwwpwwppfwwp");
  EXPECT_EQ(timeline.layers, "phpphdmpphpphdmpph");
  EXPECT_EQ(timeline.run, 7u);
  EXPECT_THAT(timeline.first,
              ElementsAre(72, 2, 1032, 73, 5, 6, 5, 1032, 75, 10, 1033, 76, 13,
                          14, 13, 1032, 77, 18));
  EXPECT_THAT(timeline.count, ElementsAre(1, 1, 2, 2, 4, 5, 0, 1, 1, 2, 1, 1, 2,
                                          4, 0, 1, 1, 2));
  ASSERT_EQ(timeline.ops.size(), 6u);
  EXPECT_EQ(timeline.ops[4],
            (TimelineOp{5, 9, "fsync /f", 13, EventNumber{15}, ""}));
  EXPECT_TRUE(timeline.acks.empty());
  EXPECT_EQ(timeline.left_out, 0u);
}

TEST_F(FaultyDrawnReportTest, TheStateOfAFindingSaysWhatItLost) {
  const Report report = DrawnReport();
  const CheckedWorkload& checked = report.workloads[0];
  ASSERT_FALSE(checked.exploration.findings.empty());
  const Finding& finding = checked.exploration.findings[0];
  ASSERT_TRUE(finding.shown);
  const ShownState& shown = *finding.shown;
  EXPECT_EQ(shown.open_blocks, shown.blocks.size());
  uint64_t lost = 0;
  for (const ShownBlock& block : shown.blocks) {
    lost += block.holds != block.newest || block.torn.count > 0 ? 1 : 0;
  }
  EXPECT_EQ(lost, finding.lost_blocks);
  EXPECT_GT(lost, 0u);
  ASSERT_FALSE(shown.losses.empty());
  EXPECT_FALSE(shown.losses[0].why.empty());
  // What was found is none of what the model admits.
  EXPECT_EQ(shown.wanted, ShownState::kAdmissible);
  ASSERT_EQ(shown.names.size(), 1u);
  const ShownName& name = shown.names[0];
  EXPECT_EQ(name.path, "/f");
  EXPECT_FALSE(name.wanted.empty());
  EXPECT_THAT(name.wanted, testing::Not(testing::Contains(name.found)));
  EXPECT_LE(name.found.content.size(), kShownContentBytesMax);
  ASSERT_TRUE(finding.promised_at);
  EXPECT_EQ(*finding.promised_at, 14u);
}

// More blocks are open and more names are wrong than a report shows.
class LargeStateTest : public ::testing::Test {
 protected:
  static constexpr int kFiles = kShownNamesMax + 8;

  static std::string PathOf(int file) { return fmt::format("/f{:02}", file); }
  static std::string ManyFiles() {
    std::string text =
        "powercut 1\nbackend simfs\nfault lie on flush times=always\nrun\n";
    for (int file = 0; file < kFiles; ++file) {
      text += "  create " + PathOf(file) + "\n";
    }
    return text + "  write /f00 0 200000\n  syncfs\n";
  }

  RecordedRun Run() const {
    return {*backend_, recorded_.workload, recorded_.setting,
            recorded_.recording};
  }

  // What is shown of a finding about a path, in the state after all events that
  // lost these blocks; all open blocks if there are none.
  ShownState ShownOf(const std::string& path, const std::vector<Slot>& lost) {
    const EventNumber end = recorded_.recording.trace.event_count();
    cursor_.MoveTo(end);
    CrashState state{end, 0, CrashKind::kPower, CrashState::kNewest, {}};
    if (lost.empty()) state.origin = CrashState::kFloor;
    for (const Slot slot : lost) {
      state.choices.push_back({slot, cursor_.floor(slot), {}, 0});
    }
    CrashStep step = CanonicalStep(state, cursor_);
    // All marks are there, so that the last op has returned.
    for (const Mark& mark : recorded_.recording.trace.marks()) {
      step.marks += mark.after == end ? 1 : 0;
    }
    Finding finding;
    finding.violation.path = path;
    finding.id = StateIdText({{step}, recorded_.recording.trace.Digest()});
    EXPECT_TRUE(ShowStates(Run(), {}, std::span(&finding, 1)));
    EXPECT_TRUE(finding.shown);
    return finding.shown.value_or(ShownState{});
  }

  std::unique_ptr<Backend> backend_ = MakeSimfsBackend();
  Recorded recorded_ =
      RecordWorkload(*backend_, MustParse(ManyFiles())).value();
  CrashSpace space_{recorded_.recording.trace, recorded_.setting.atomic_bytes};
  PointCursor cursor_{space_, CrashKind::kPower};
};

TEST_F(LargeStateTest, BlocksThatLostSomethingAreNotLeftOut) {
  cursor_.MoveTo(recorded_.recording.trace.event_count());
  const std::vector<Slot> open(cursor_.open().begin(), cursor_.open().end());
  ASSERT_GT(open.size(), kShownBlocksMax + 2);
  for (const std::vector<Slot>& lost :
       {std::vector{open.front()}, std::vector{open.back()},
        std::vector{open[3], open[open.size() - 2]}}) {
    const ShownState shown = ShownOf("/f00", lost);
    EXPECT_EQ(shown.open_blocks, open.size());
    EXPECT_EQ(shown.blocks.size(), kShownBlocksMax);
    EXPECT_TRUE(std::ranges::is_sorted(shown.blocks, {}, &ShownBlock::sector));
    std::vector<uint64_t> sectors;
    for (const ShownBlock& block : shown.blocks) {
      if (block.holds != block.newest) sectors.push_back(block.sector);
    }
    std::vector<uint64_t> wanted;
    for (const Slot slot : lost) wanted.push_back(space_.block(slot));
    EXPECT_EQ(sectors, wanted);
  }
}

TEST_F(LargeStateTest, ThePathOfTheViolationIsNotLeftOut) {
  for (const int file : {0, kFiles / 2, kFiles - 1}) {
    const ShownState shown = ShownOf(PathOf(file), {});
    EXPECT_EQ(shown.wanted, ShownState::kAdmissible);
    EXPECT_EQ(shown.names.size(), kShownNamesMax);
    EXPECT_TRUE(std::ranges::is_sorted(shown.names, {}, &ShownName::path));
    EXPECT_THAT(shown.names, testing::Contains(testing::Field(&ShownName::path,
                                                              PathOf(file))));
    for (const ShownName& name : shown.names) {
      EXPECT_EQ(name.found.is, ShownVersion::kMissing) << name.path;
    }
  }
}

TEST_F(FaultyDrawnReportTest, WhatIsDrawnComesBack) {
  const std::string text = JsonReport(DrawnReport());
  EXPECT_THAT(text, HasSubstr("\"standing\":\"new\""));
  EXPECT_THAT(text, HasSubstr("\"replay_file\":\"saved-\\\\xff.trace\""));
  const auto again = ReadReport(text, "r.json");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(JsonReport(*again), text);
}

// The replay line of a merged report names the trace that was saved.
TEST_F(FaultyDrawnReportTest, TheReplayLineNamesTheSavedTrace) {
  auto again = ReadReport(JsonReport(DrawnReport()), "r.json");
  ASSERT_TRUE(again);
  EXPECT_THAT(Conclude(again->workloads[0], {}).text,
              HasSubstr("powercut replay 'saved-\xff.trace' --at "));
}

TEST_F(FaultyDrawnReportTest, WhatCannotBeIsRefused) {
  const Json whole = Json::parse(JsonReport(DrawnReport()));
  const auto error_of = [&](const std::string& place, const Json& value) {
    Json broken = whole;
    broken["workloads"][0][Json::json_pointer(place)] = value;
    const auto report = ReadReport(broken.dump(), "r.json");
    EXPECT_FALSE(report) << place;
    return report ? "" : report.error().message;
  };
  EXPECT_THAT(error_of("/timeline/kinds", "w"), HasSubstr("1 letters for 17"));
  EXPECT_THAT(error_of("/timeline/layers", std::string(17, 'x')),
              HasSubstr("letters other than phdm"));
  EXPECT_THAT(error_of("/timeline/first", {1}), HasSubstr("17 are due"));
  EXPECT_THAT(error_of("/timeline/ops/0/begin", 19), HasSubstr("begin"));
  EXPECT_THAT(error_of("/timeline/step", 0), HasSubstr("step"));
  const std::string shown = "/violations/0/shown";
  EXPECT_THAT(error_of(shown + "/kind", "fire"), HasSubstr("process, os"));
  EXPECT_THAT(error_of(shown + "/blocks/holds", Json::array()),
              HasSubstr("different lengths"));
  EXPECT_THAT(error_of(shown + "/blocks/owner/0", 1), HasSubstr("owner"));
  const Json torn = {{"block", 99}, {"first", 0}, {"count", 1}, {"under", 0}};
  EXPECT_THAT(error_of(shown + "/torn", Json::array({torn})),
              HasSubstr("torn[0].block: there is no such block"));
  EXPECT_THAT(error_of(shown + "/wanted", "all"), HasSubstr("no word"));
  EXPECT_THAT(error_of(shown + "/names/0/found/hex", "abc"),
              HasSubstr("hex digits"));
  EXPECT_THAT(error_of("/violations/0/promised_at", 19),
              HasSubstr("promised_at"));
  EXPECT_THAT(error_of("/violations/0/standing", "old"),
              HasSubstr("new, expected or known"));
}

TEST(ShownJsonTest, EveryFieldComesBack) {
  ShownState shown;
  shown.wanted = ShownState::kEnd;
  shown.point = 9;
  shown.marks = 2;
  shown.kind = CrashKind::kOs;
  shown.open_blocks = 300;
  shown.torn_blocks = 1;
  shown.owners = {"/a bytes 0 to 4095", "names in /\xff"};
  shown.blocks = {{8, 7, 7, {}, 0, 1}, {16, 9, 9, {2, 3}, 4, 2}};
  shown.losses = {{{4, 9}, 3, "no persist event follows"}};
  ShownName name;
  name.path = "/\xff";
  name.found = {ShownVersion::kFile, "", 700, 64, std::string("\0\xff<", 3)};
  name.wanted = {{ShownVersion::kMissing, "", 0, 0, ""},
                 {ShownVersion::kDirectory, "", 0, 0, ""},
                 {ShownVersion::kUnreadable, "cannot open: EIO", 0, 0, ""}};
  shown.names = {name};
  const nlohmann::json json = nlohmann::json::parse(JsonOfShown(shown).dump());
  std::optional<Error> error;
  JsonFields fields(json, "shown", error);
  EXPECT_EQ(ReadShown(fields, /*events=*/9), shown);
  EXPECT_FALSE(error) << error->message;
}

// A report whose bytes were changed at random is read or refused.
TEST_F(FaultyDrawnReportTest, RandomDamageIsNoCrash) {
  const std::string whole = JsonReport(DrawnReport());
  const size_t drawn = whole.find("\"timeline\"");
  Prng prng(1);
  size_t read = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = whole;
    const size_t at = drawn + prng.Below(text.size() - drawn);
    text[at] = "0189,:\"[]{}wm"[prng.Below(13)];
    const auto report = ReadReport(text, "r.json");
    if (report) {
      ++read;
      EXPECT_TRUE(ReadReport(JsonReport(*report), "r.json"));
    }
  }
  EXPECT_GT(read, 0u);
  EXPECT_LT(read, 3000u);
}

// More events than are kept one by one are summed up.
TEST(HtmlPageTest, TheReportIsDataWhateverItHolds) {
  const std::string json =
      R"({"a":"</script><script>alert(1)</script><!-- \u003c"})";
  const std::string page = HtmlPage(json);
  const std::string begin = "<script type=\"application/json\" id=\"report\">";
  const size_t at = page.find(begin) + begin.size();
  const std::string data = page.substr(at, page.find("</script>", at) - at);
  EXPECT_EQ(Json::parse(data), Json::parse(json));
  EXPECT_EQ(data.find('<'), data.npos);
  // The page is whole in itself.
  for (const char* outside : {"src=", "href=\"http", "url(", "@import"}) {
    EXPECT_EQ(page.find(outside), page.npos) << outside;
  }
  EXPECT_EQ(page.find("@STYLE@"), page.npos);
  EXPECT_EQ(page.find("@SCRIPT@"), page.npos);
}

TEST(HtmlPageTest, ALitmusReportThatCannotBeDrawnIsRefused) {
  const std::string good =
      R"({"powercut":1,"tests":[{"file":"f","name":"n","backend":"simfs",)"
      R"("profile":"xfs","verdict":"ok","outcomes":[)"
      R"({"state":"s","class":"allow","observed":2}]}]})";
  EXPECT_TRUE(CheckIsReport(good, "r.json"));
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    const Status status = CheckIsReport(bad, "r.json");
    return status ? "" : status.error().message;
  };
  EXPECT_THAT(refused("\"xfs\"", "3"),
              HasSubstr("r.json: tests[0].profile: expected"));
  EXPECT_THAT(refused("\"ok\"", "\"fine\""),
              HasSubstr("tests[0].verdict: is no verdict"));
  EXPECT_THAT(refused("\"ok\"", "\"unsupported\""),
              HasSubstr("tests[0].reason"));
  EXPECT_THAT(refused(":2", ":-2"), HasSubstr("outcomes[0].observed"));
  EXPECT_THAT(
      CheckIsReport(R"({"tests":[3],"powercut":1})", "r.json").error().message,
      HasSubstr("r.json: tests[0]"));
}

TEST(HtmlPageTest, StatesBeyondTheBoundAreLeftOut) {
  Json violation = {{"count", 300}, {"found_texts", {"a", "b", "c"}}};
  for (int i = 0; i < 300; ++i) {
    violation["states"].push_back(std::to_string(i));
    violation["found_of_states"].push_back(i / 150);
  }
  const Json report = {{"workloads", {{{"violations", {violation}}}}}};
  const std::string page = HtmlPage(report.dump());
  const size_t at = page.find("{\"workloads\"");
  const Json drawn =
      Json::parse(page.substr(at, page.find("</script>", at) - at));
  const Json& cut = drawn["workloads"][0]["violations"][0];
  EXPECT_EQ(cut["states"].size(), size_t{kPageStatesMax});
  EXPECT_EQ(cut["states"].back(), "199");
  EXPECT_EQ(cut["found_of_states"].size(), size_t{kPageStatesMax});
  // A text that no state left shows is left out, too.
  EXPECT_EQ(cut["found_texts"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(cut["count"], 300);
}

}  // namespace
}  // namespace powercut
