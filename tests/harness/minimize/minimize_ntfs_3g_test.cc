// Tests minimizing on ntfs-3g: committed regressions are padded with unrelated
// ops, and must come back as small as they were.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "fuzz/draw/fewer_ops.h"
#include "harness/explain/replay.h"
#include "harness/minimize/minimize.h"
#include "harness/minimize/shrink.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

std::string Regression(const std::string& name) {
  return ReadWholeFile(std::string(POWERCUT_SOURCE_DIR) +
                       "/corpora/regressions/" + name + ".pcut");
}

// Adds ops around those of each section that have nothing to do with them.
std::string Padded(std::string text) {
  const std::pair<std::string, std::string> kPadding[] = {
      {"init\n",
       "create /pad\nwrite /pad 0 3000\nmkdir /pads\ncreate /pads/one\n"
       "rename /pads/one /pads/two\n"},
      {"run\n",
       "append /pad 700\nfsync /pad\ncreate /pads/three\nmkdir /pads/four\n"
       "write /pads/two 512 100\nunlink /pads/three\nrmdir /pads/four\n"
       "truncate /pad 100\n"},
      {"at  ",
       "append /pads/two 4096\nsyncfs\ncreate /pads/five\nunlink /pad\n"}};
  for (const auto& [line, ops] : kPadding) {
    const size_t at = text.find("\n" + line) + 1;
    EXPECT_NE(at, 0u) << line;
    text.insert(line == "at  " ? at : at + line.size(), ops);
  }
  return text;
}

std::string CauseIn(const std::string& text) {
  const Workload workload = MustParse(text);
  const auto backend = MakeBackend("ntfs-3g");
  const auto recorded = RecordWorkload(**backend, workload);
  EXPECT_TRUE(recorded);
  const auto explored = Explore(
      {**backend, recorded->workload, recorded->setting, recorded->recording},
      Options(workload.space.empty() ? "epoch:1" : workload.space));
  EXPECT_TRUE(explored);
  for (const Finding& finding : explored->findings) {
    if (finding.id == workload.at) return finding.violation.cause;
  }
  ADD_FAILURE() << "no cause is shown at " << workload.at;
  return "";
}

void ExpectSmallAgain(const std::string& name) {
  SCOPED_TRACE(name);
  const std::string committed = Regression(name);
  const Pcut given = ParsePcut(Padded(committed), name).value();
  const Workload workload = MustParse(Padded(committed), name);
  const auto backend = MakeBackend("ntfs-3g");
  ASSERT_TRUE(backend);
  const auto setting = ResolveSetting(workload, **backend, {});
  ASSERT_TRUE(setting);
  const ExplorationSpace space =
      ParseExplorationSpace(workload.space.empty() ? "epoch:1" : workload.space)
          .value();
  MinimizeOptions options;
  options.explore.space = space;
  options.explore.jobs = 2;
  options.cause = CauseIn(committed);
  const auto minimized = Minimize(**backend, given, name, *setting, options);
  ASSERT_TRUE(minimized) << minimized.error().message;
  const size_t small = CountOps(ParsePcut(committed, name).value());
  EXPECT_GE(minimized->ops_before, small + 17);
  EXPECT_LE(minimized->ops, small) << PrintPcut(minimized->pcut);
  EXPECT_EQ(minimized->finding.violation.cause, options.cause);
  EXPECT_FALSE(OneOpLess(**backend, minimized->pcut, options.cause, space));
}

TEST(MinimizeNtfs3gTest, PaddedRegressionsBecomeSmallAgain) {
  for (const char* name :
       {"rename_replace", "lost_written_append", "unreadable_target_create",
        "unreadable_written_directory_rmdir", "name_target_rename"}) {
    ExpectSmallAgain(name);
  }
}

// epoch:1 shows this cause in a state that keeps one write of many, though
// fewer blocks need be lost.
TEST(MinimizeNtfs3gTest, TheStateLosesFewerBlocksThanExploringShows) {
  const std::string text = Regression("name_source_unlink");
  const Workload given = MustParse(text);
  const auto backend = MakeBackend("ntfs-3g");
  ASSERT_TRUE(backend);
  const auto setting = ResolveSetting(given, **backend, {});
  ASSERT_TRUE(setting);
  MinimizeOptions options;
  options.explore = Options("epoch:1");
  const auto minimized =
      Minimize(**backend, ParsePcut(text, "given.pcut").value(), "given.pcut",
               *setting, options);
  ASSERT_TRUE(minimized) << minimized.error().message;
  const Violation& kept = minimized->finding.violation;
  EXPECT_EQ(kept.cause, CauseIn(text));
  const auto recorded =
      RecordWorkload(**backend, MustParse(PrintPcut(minimized->pcut)));
  ASSERT_TRUE(recorded);
  const auto explored = Explore(
      {**backend, recorded->workload, recorded->setting, recorded->recording},
      Options("epoch:1"));
  ASSERT_TRUE(explored);
  uint64_t shown_lost = 0;
  for (const Finding& finding : explored->findings) {
    if (finding.violation.cause == kept.cause) shown_lost = finding.lost_blocks;
  }
  EXPECT_GT(minimized->finding.lost_blocks, 0u);
  EXPECT_LT(minimized->finding.lost_blocks, shown_lost);
  const auto replayed = Replay(
      {**backend, recorded->workload, recorded->setting, recorded->recording},
      ParseStateId(minimized->finding.id).value(), {});
  ASSERT_TRUE(replayed);
  EXPECT_EQ(KindsOf(replayed->findings).count("name /c"), 1u);
}

}  // namespace
}  // namespace powercut
