// By which rules a profile let a crash take what it took of a program: for each
// kind of call alone, and for each pair of kinds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "harness/cli/input/losses_by_calls.h"
#include "harness/record/recording.h"
#include "harness/space/state_id.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr const char* kData = "data, sizes";
constexpr const char* kNames = "names";
constexpr const char* kAttributes = "permissions, owners, times";

struct Row {
  OpKind kind;
  const char* what;
};
constexpr Row kRows[] = {
    {OpKind::kWrite, kData},     {OpKind::kTruncate, kData},
    {OpKind::kFallocate, kData}, {OpKind::kSetTimes, kAttributes},
    {OpKind::kCreate, kNames},   {OpKind::kMkdir, kNames},
    {OpKind::kRename, kNames},   {OpKind::kExchange, kNames},
    {OpKind::kLink, kNames},     {OpKind::kUnlink, kNames},
    {OpKind::kRmdir, kNames},
};

// The rules for a state without what these calls wrote, one sector each.
std::vector<LossRule> RulesFor(const std::vector<OpKind>& kinds,
                               const std::string& profile) {
  Recording recording{EmptyTrace(8), {}, {}};
  ReturnedCalls returned;
  for (uint32_t i = 0; i < kinds.size(); ++i) {
    Call call;
    call.op.kind = kinds[i];
    call.op.names = {"/f", "/g"};
    returned.calls.push_back(std::move(call));
    returned.events_after.push_back(
        Write(recording.trace, i, {i + 1}, Layer::kDevice));
  }
  const auto backend = MakeBackend("simfs");
  const Workload workload;
  RunSetting setting;
  setting.profile = FindProfile(profile);
  setting.atomic_bytes = kSectorBytes;
  CrashStep all_lost;
  all_lost.point = recording.trace.event_count();
  all_lost.sign = '-';
  for (EventNumber event = 1; event <= all_lost.point; ++event) {
    all_lost.items.push_back({false, event, std::nullopt});
  }
  auto rules = RulesOfLoss({**backend, workload, setting, recording}, returned,
                           {{all_lost}, recording.trace.Digest()});
  EXPECT_TRUE(rules);
  return std::move(*rules);
}

std::vector<std::string> WhatIn(const std::vector<LossRule>& rules) {
  std::vector<std::string> what;
  for (const LossRule& rule : rules) what.push_back(rule.what);
  return what;
}

TEST(RulesOfLossTest, EachKindOfCallLosesItsOwnThings) {
  for (const Row& row : kRows) {
    EXPECT_THAT(WhatIn(RulesFor({row.kind}, "linux-man")),
                testing::ElementsAre(row.what))
        << VerbOf(row.kind);
    for (const Row& other : kRows) {
      std::vector<std::string> both;
      for (const char* const what : {kData, kNames, kAttributes}) {
        if (row.what == what || other.what == what) both.emplace_back(what);
      }
      EXPECT_EQ(WhatIn(RulesFor({row.kind, other.kind}, "linux-man")), both)
          << VerbOf(row.kind) << " and " << VerbOf(other.kind);
    }
  }
}

// Where an fsync of a file keeps its names, the rule of names says so.
TEST(RulesOfLossTest, TheRuleOfNamesFollowsTheProfile) {
  for (const auto& [profile, by_file] :
       {std::pair{"linux-man", false}, std::pair{"posix-minimal", false},
        std::pair{"xfs", true}, std::pair{"ext4-ordered", true},
        std::pair{"btrfs", true}}) {
    const auto rules = RulesFor({OpKind::kRename}, profile);
    ASSERT_EQ(rules.size(), 1u);
    EXPECT_EQ(rules[0].rule.find("an fsync of the file or of the directory") !=
                  std::string::npos,
              by_file)
        << profile << ": " << rules[0].rule;
  }
}

}  // namespace
}  // namespace powercut
