// Tests explanations of crash states. One reason for lost writes at a time is
// planted around the real ntfs-3g, and the explanation must name it.

#include "harness/explain/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/exploring.h"
#include "tests/planted_backend.h"

namespace powercut {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kOverwrite = R"(powercut 1
backend ntfs-3g
disk    2M atomic=4096
init
  create /a
  write  /a 0 8192
run
  write /a 0 4096
  fsync /a
)";

class Scene {
 public:
  explicit Scene(PlantedBug bug = PlantedBug::kNone,
                 const std::string& profile = "")
      : backend_(MakeBackend("ntfs-3g").value(), bug),
        recorded_(
            RecordWorkload(backend_, MustParse(kOverwrite), {profile, {}, {}})
                .value()) {}

  // The id of the first finding of a path.
  std::string IdOf(const std::string& kind_and_path) {
    const Exploration e = Explore({backend_, recorded_.workload,
                                   recorded_.setting, recorded_.recording},
                                  Options("epoch:1"))
                              .value();
    for (const Finding& finding : e.findings) {
      if (KindsOf({finding}).contains(kind_and_path)) return finding.id;
    }
    ADD_FAILURE() << kind_and_path << " was not found\n" << DumpOf(e);
    return "";
  }

  StateExplanation Explained(const std::string& id) {
    Result<StateExplanation> why = Explain(
        {backend_, recorded_.workload, recorded_.setting, recorded_.recording},
        ParseStateId(id).value(), {});
    EXPECT_TRUE(why) << (why ? "" : why.error().message);
    return why ? std::move(*why) : StateExplanation{};
  }

  // The end of the recording: the last op has returned.
  std::string End() const {
    const Trace& trace = recorded_.recording.trace;
    CrashStep step;
    step.point = trace.event_count();
    step.marks = 1;
    return StateIdText({{step}, trace.Digest()});
  }

 private:
  PlantedBackend backend_;
  Recorded recorded_;
};

// The reasons why the writes of op 3 are lost.
std::vector<std::string> Reasons(PlantedBug bug) {
  Scene scene(bug);
  const StateExplanation why = scene.Explained(scene.IdOf("lost /a"));
  EXPECT_FALSE(why.replayed.findings.empty());
  EXPECT_THAT(why.returned, Contains(4u));
  std::vector<std::string> reasons;
  for (const LostWrites& lost : why.lost) {
    if (lost.op != 3) continue;
    EXPECT_EQ(lost.line, 8);
    EXPECT_EQ(lost.layer, Layer::kHost);
    EXPECT_EQ(lost.events.size(), 1u);
    reasons.push_back(lost.why);
  }
  return reasons;
}

TEST(ExplainTest, NothingFollowed) {
  EXPECT_THAT(Reasons(PlantedBug::kNoSync),
              ElementsAre("no persist event follows; it is at the host"));
}

TEST(ExplainTest, TheFlushStoppedAtTheDevice) {
  EXPECT_THAT(Reasons(PlantedBug::kSyncToDevice),
              ElementsAre(HasSubstr(" stops at the device")));
}

TEST(ExplainTest, TheFlushNamedOtherSectors) {
  EXPECT_THAT(Reasons(PlantedBug::kSyncForgetsBlock),
              ElementsAre(HasSubstr("names other sectors")));
}

TEST(ExplainTest, TheFlushWasOfAnEarlierMoment) {
  EXPECT_THAT(Reasons(PlantedBug::kSyncTooEarly),
              ElementsAre(HasSubstr("carries only what was written up to")));
}

TEST(ExplainTest, SaysWhatWasInForceAndWhatRan) {
  Scene scene(PlantedBug::kNoSync);
  const StateExplanation why = scene.Explained(scene.IdOf("lost /a"));
  ASSERT_EQ(why.flushes.size(), 2u);
  EXPECT_EQ(why.flushes[0].op, 0u);
  EXPECT_EQ(why.flushes[1].op, 4u);
  EXPECT_EQ(why.flushes[1].text, "fsync /a");
  EXPECT_THAT(why.flushes[1].promises, Contains("data"));
  EXPECT_THAT(why.flushes[1].persists, IsEmpty());
  EXPECT_THAT(why.in_flight, IsEmpty());
  EXPECT_THAT(why.returned, ElementsAre(3, 4));
  EXPECT_EQ(why.kind, CrashKind::kPower);
  EXPECT_EQ(why.lost_blocks, 1u);
}

// Where nothing is lost, no switch turns the verdict.
TEST(ExplainTest, StatesThatAreRightSayWhatHeldThem) {
  Scene scene;
  const StateExplanation why = scene.Explained(scene.End());
  EXPECT_THAT(why.replayed.findings, IsEmpty());
  EXPECT_THAT(why.lost, IsEmpty());
  EXPECT_THAT(why.switches, IsEmpty());
  EXPECT_THAT(why.flushes.back().persists, Not(IsEmpty()));
}

// An fsync that stops at the device promises nothing for a power loss.
TEST(ExplainTest, FindsTheSwitchThatWouldExcuseIt) {
  Scene scene(PlantedBug::kNoSync, "linux-man");
  const StateExplanation why = scene.Explained(scene.IdOf("lost /a"));
  std::vector<std::string> names;
  for (const TurningSwitch& one : why.switches) {
    names.push_back(one.name);
    EXPECT_EQ(one.on, one.name.starts_with("fsync_")) << one.name;
  }
  EXPECT_THAT(names, ElementsAre("fsync_is_void", "fsync_stops_at_device"));
  EXPECT_THAT(why.profiles, ElementsAre("macos"));
}

// The other way round, `macos` admits the state, and the switch that makes
// fsync reach the media would make it a violation.
TEST(ExplainTest, FindsTheSwitchThatWouldMakeItAViolation) {
  Scene wrong(PlantedBug::kNoSync, "linux-man");
  const std::string id = wrong.IdOf("lost /a");
  Scene scene(PlantedBug::kNoSync, "macos");
  const StateExplanation why = scene.Explained(id);
  EXPECT_THAT(why.replayed.findings, IsEmpty());
  ASSERT_EQ(why.switches.size(), 1u);
  EXPECT_EQ(why.switches[0].name, "fsync_stops_at_device");
  EXPECT_FALSE(why.switches[0].on);
  EXPECT_EQ(why.switches[0].found, "lost /a");
  EXPECT_THAT(why.profiles, Contains("linux-man"));
}

}  // namespace
}  // namespace powercut
