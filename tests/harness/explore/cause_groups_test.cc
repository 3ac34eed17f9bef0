// Tests which findings are believed, and under which cause. Storage that is
// steady alone and shows something else in a batch must be disbelieved, and so
// must a check that fails in one way in a batch and in another way alone.

#include "harness/explore/cause_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/recover/recovery_runner.h"
#include "tests/exploring.h"
#include "tests/harness/explore/checked_backend.h"
#include "tests/harness/explore/overwrites_scene.h"
#include "tests/planted_backend.h"

namespace powercut {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// --- storage that differs in a batch -----------------------------------------

std::set<ViolationKind> KindsSeen(const Exploration& e) {
  std::set<ViolationKind> kinds;
  for (const Finding& f : e.findings) kinds.insert(f.violation.kind);
  return kinds;
}

std::vector<std::string> FoundIn(const Exploration& e) {
  std::vector<std::string> found;
  for (const Finding& f : e.findings) found.push_back(f.violation.found);
  return found;
}

TEST(CauseGroupsTest, WhatABatchAloneShowsIsDisbelieved) {
  for (const bool planted : {false, true}) {
    PlantedBackend backend(
        MakeBackend("simfs").value(),
        planted ? PlantedBug::kThirdOfProcess : PlantedBug::kNone);
    const auto recorded = RecordWorkload(backend, MustParse(kOverwrites));
    ASSERT_TRUE(recorded);
    const auto explored = Explore(
        {backend, recorded->workload, recorded->setting, recorded->recording},
        Options("epoch:2", /*jobs=*/1));
    ASSERT_TRUE(explored);
    if (!planted) {
      EXPECT_THAT(explored->findings, IsEmpty());
      continue;
    }
    EXPECT_EQ(KindsSeen(*explored),
              std::set<ViolationKind>{ViolationKind::kNondeterministic});
    EXPECT_THAT(FoundIn(*explored),
                Contains("/a: content from byte 0 on: one way in a batch, "
                         "another way alone in a fresh process"));
  }
}

// Two states of one crash point that lost one block each, by their texts.
std::vector<std::pair<std::string, CrashState>> StatesThatLostOne(
    const RecordedRun& run, const CrashSpace& space) {
  std::vector<std::pair<std::string, CrashState>> states;
  PointCursor cursor(space, CrashKind::kPower);
  ExploreOptions options = Options("epoch:1", /*jobs=*/0);
  options.hooks.visited = [&](const VisitedState& visited) {
    if (states.size() == 2 || visited.state.kind != CrashKind::kPower) return;
    cursor.MoveTo(visited.state.point);
    if (LostBlocks(visited.state, cursor) != 1) return;
    if (!states.empty() && states[0].second.point != visited.state.point) {
      states.clear();
    }
    states.emplace_back(CrashStepText(CanonicalStep(visited.state, cursor)),
                        visited.state);
  };
  EXPECT_TRUE(Explore(run, options));
  if (states.size() == 2 && states[1].first < states[0].first) {
    std::swap(states[0], states[1]);
  }
  return states;
}

// Causes that become one when they are disbelieved show the simplest state of
// all, down to the text of its id, as shards do that are merged.
TEST(CauseGroupsTest, SimplestOfAllThatAreDisbelievedIsShown) {
  const auto backend = MakeBackend("simfs").value();
  const auto recorded = RecordWorkload(*backend, MustParse(kOverwrites));
  ASSERT_TRUE(recorded);
  const RecordedRun run{*backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  const auto states = StatesThatLostOne(run, space);
  ASSERT_THAT(states, SizeIs(2));
  for (const bool swapped : {false, true}) {
    CauseGroups groups({run, space, /*list_states=*/true});
    WorkerPool pool(*backend, space, WorkerOptionsOf(run, {}));
    Judge judge(run, pool.outcomes());
    const OutcomeId died = pool.AddOutcome(RecoveryOutcome::Died("planted"));
    for (const size_t i : {0, 1}) {
      Violation violation;
      violation.kind = ViolationKind::kDied;
      violation.cause = (i == 0) == swapped ? "died/b" : "died/a";
      violation.found = "died";
      const size_t history = run.recording.history.size();
      EXPECT_TRUE(groups.Add(violation,
                             {states[i].second, history, died, {}, 0}, false));
    }
    const ConfirmedCauses confirmed =
        groups.Confirmed(pool, judge, /*all_visited=*/true, {});
    ASSERT_THAT(confirmed.findings, SizeIs(1));
    const Finding& finding = confirmed.findings[0];
    EXPECT_EQ(finding.violation.kind, ViolationKind::kNondeterministic);
    EXPECT_EQ(finding.count, 2u);
    EXPECT_THAT(finding.id, StartsWith(states[0].first + "@")) << swapped;
    EXPECT_THAT(finding.found_at, Each("died"));
    EXPECT_THAT(finding.states, SizeIs(2));
  }
}

// The id of the state that is shown after these were added in this order.
std::string ShownAfter(const RecordedRun& run, const CrashSpace& space,
                       const std::vector<ViolatingState>& states,
                       WorkerPool& pool) {
  CauseGroups groups({run, space, /*list_states=*/false});
  Violation violation;
  violation.kind = ViolationKind::kDied;
  violation.cause = "died";
  bool added = true;
  for (ViolatingState state : states) {
    state.history = run.recording.history.size();
    state.outcome = pool.AddOutcome(RecoveryOutcome::Died("planted"));
    EXPECT_EQ(groups.Add(violation, state, false), added);
    added = false;
  }
  Judge judge(run, pool.outcomes());
  const ConfirmedCauses confirmed =
      groups.Confirmed(pool, judge, /*all_visited=*/true, {});
  EXPECT_THAT(confirmed.findings, SizeIs(1));
  EXPECT_EQ(confirmed.findings[0].count, states.size());
  return confirmed.findings[0].id;
}

// Fewer crashes come before fewer lost blocks. Crashes during recovery are
// explored many at a time, so that a nested state may come before a simpler one
// that is not nested.
TEST(CauseGroupsTest, TheSimplestStateIsShownInWhateverOrderTheyCome) {
  const auto backend = MakeBackend("simfs").value();
  const auto recorded = RecordWorkload(*backend, MustParse(kOverwrites));
  ASSERT_TRUE(recorded);
  const RecordedRun run{*backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  const auto lost_one = StatesThatLostOne(run, space);
  ASSERT_THAT(lost_one, SizeIs(2));
  ViolatingState first;
  first.state = lost_one[0].second;
  ViolatingState second;
  second.state = lost_one[1].second;
  ViolatingState prefix = first;
  prefix.state.choices.clear();
  CrashStep again;
  again.point = 1;
  ViolatingState nested = prefix;
  nested.inner = {again};
  ViolatingState nested_lost = first;
  nested_lost.inner = {again};
  nested_lost.inner_lost = 1;
  WorkerPool pool(*backend, space, WorkerOptionsOf(run, {}));
  std::vector<ViolatingState> states = {first, nested, second, nested_lost};
  std::vector<size_t> order = {0, 1, 2, 3};
  do {
    std::vector<ViolatingState> ordered;
    for (const size_t i : order) ordered.push_back(states[i]);
    EXPECT_THAT(ShownAfter(run, space, ordered, pool),
                StartsWith(lost_one[0].first + "@"))
        << testing::PrintToString(order);
  } while (std::next_permutation(order.begin(), order.end()));
  // A state that lost nothing is the simplest of those that crash once.
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(prefix.state.point);
  const std::string text =
      CrashStepText(CanonicalStep(prefix.state, cursor)) + "@";
  for (const auto& ordered : {std::vector{nested, prefix},
                              {prefix, nested},
                              {first, nested, prefix},
                              {prefix, nested, first},
                              {nested_lost, prefix, second}}) {
    EXPECT_THAT(ShownAfter(run, space, ordered, pool), StartsWith(text));
  }
}

// Random states of any point, of which many tie in all but their texts: the
// least one is shown, as an order of them all says.
TEST(CauseGroupsTest, TheLeastOfManyIsShown) {
  const auto backend = MakeBackend("simfs").value();
  const auto recorded = RecordWorkload(*backend, MustParse(kOverwrites));
  ASSERT_TRUE(recorded);
  const RecordedRun run{*backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  WorkerPool pool(*backend, space, WorkerOptionsOf(run, {}));
  struct Known {
    ViolatingState at;
    // What orders states.
    std::tuple<uint64_t, EventNumber, uint32_t, std::string> rank;
  };
  std::vector<Known> all;
  PointCursor cursor(space, CrashKind::kPower);
  ExploreOptions options = Options("epoch:2", /*jobs=*/0);
  options.hooks.visited = [&](const VisitedState& visited) {
    if (visited.state.kind != CrashKind::kPower) return;
    cursor.MoveTo(visited.state.point);
    const uint64_t lost = LostBlocks(visited.state, cursor);
    if (lost == 0) return;
    ViolatingState at;
    at.state = visited.state;
    all.push_back({at,
                   {lost, visited.state.point, visited.state.marks,
                    CrashStepText(CanonicalStep(visited.state, cursor))}});
  };
  ASSERT_TRUE(Explore(run, options));
  Prng prng(5);
  std::sort(all.begin(), all.end(),
            [](const Known& a, const Known& b) { return a.rank < b.rank; });
  for (int i = 0; i < 60; ++i) {
    // Neighbours in the order, which tie in most of it.
    const size_t first = prng.Below(all.size() - 5);
    std::vector<ViolatingState> some;
    for (size_t n = 0; n < 5; ++n) {
      some.push_back(all[first + n].at);
      std::swap(some.back(), some[prng.Below(some.size())]);
    }
    ASSERT_THAT(ShownAfter(run, space, some, pool),
                StartsWith(std::get<3>(all[first].rank) + "@"));
  }
}

// --- checks ------------------------------------------------------------------

Exploration ExploreChecked(const std::string& text, Says says,
                           const std::string& space = "epoch:2",
                           double doublecheck = 0) {
  CheckedBackend backend(std::move(says));
  auto recorded = RecordWorkload(backend, MustParse(text));
  EXPECT_TRUE(recorded);
  recorded->setting.oracle = CheckOracle{.command = "check"};
  ExploreOptions options = Options(space, /*jobs=*/1);
  options.list_states = true;
  options.doublecheck = doublecheck;
  auto explored = Explore(
      {backend, recorded->workload, recorded->setting, recorded->recording},
      options);
  EXPECT_TRUE(explored);
  return std::move(*explored);
}

std::vector<std::string> CausesOf(const Exploration& e) {
  std::vector<std::string> causes;
  for (const Finding& f : e.findings) causes.push_back(f.violation.cause);
  return causes;
}

// The part of a cause after the first four.
std::string AfterFour(const std::string& cause) {
  size_t at = 0;
  for (int i = 0; i < 4; ++i) at = cause.find('/', at) + 1;
  return cause.substr(at - 1);
}

TEST(CauseGroupsTest, FailuresOfAKindAreOneCause) {
  // The words depend on the content, a number on the process.
  const Exploration e = ExploreChecked(
      kOverwrites, [](const std::string& content, uint64_t runs) {
        const bool even = HashBytes(AsBytes(content), 0).low % 2 == 0;
        return fmt::format("exit status {}: {} in run {}", even ? 3 : 1,
                           even ? "corrupt" : "lost", runs);
      });
  std::set<std::string> ends;
  for (const Finding& f : e.findings) {
    EXPECT_EQ(f.violation.kind, ViolationKind::kCheck) << f.violation.cause;
    ends.insert(AfterFour(f.violation.cause));
    ASSERT_EQ(f.found_at.size(), f.states.size());
    const std::string word =
        f.violation.cause.ends_with("corrupt-in-run-N") ? "corrupt" : "lost";
    EXPECT_THAT(f.found_at, Each(HasSubstr(word)));
  }
  EXPECT_EQ(ends, (std::set<std::string>{"/exit-1/lost-in-run-N",
                                         "/exit-3/corrupt-in-run-N"}));
  EXPECT_TRUE(e.exhausted) << e.bound;
}

// A word that varies from run to run leaves the exit status to go by.
TEST(CauseGroupsTest, LineThatVariesIsLeftOut) {
  const Exploration e =
      ExploreChecked(kOverwrites, [](const std::string&, uint64_t runs) {
        return fmt::format("exit status 1: token {}",
                           std::string(1 + runs % 7, 'x'));
      });
  bool varies = false;
  for (const Finding& f : e.findings) {
    EXPECT_EQ(f.violation.kind, ViolationKind::kCheck) << f.violation.found;
    varies |= f.violation.cause.ends_with("/exit-1/(varies)");
    if (!f.violation.cause.ends_with("/(varies)")) continue;
    EXPECT_THAT(f.violation.found,
                HasSubstr("; alone in a fresh process: exit status 1: token "));
  }
  EXPECT_TRUE(varies) << testing::PrintToString(CausesOf(e));
  EXPECT_TRUE(e.exhausted) << e.bound;
}

// Cached answers that are run for real say other words each time. That is no
// contradiction as long as the check ends in the same way.
TEST(CauseGroupsTest, WordsThatVaryContradictNoCachedAnswer) {
  for (const bool status_varies : {false, true}) {
    const Exploration e = ExploreChecked(
        kOverwrites,
        [&](const std::string&, uint64_t runs) {
          return fmt::format("exit status {}: token {}",
                             status_varies ? 1 + runs % 2 : 1,
                             std::string(1 + runs % 7, 'x'));
        },
        "exhaustive", /*doublecheck=*/1);
    EXPECT_GT(e.doublechecked, 0u);
    EXPECT_EQ(e.exhausted, !status_varies) << e.bound;
  }
}

TEST(CauseGroupsTest, OtherExitStatusAloneIsNondeterministic) {
  const Exploration e =
      ExploreChecked(kOverwrites, [](const std::string&, uint64_t runs) {
        return runs == 3 ? "exit status 1: lost" : "";
      });
  ASSERT_THAT(e.findings, Not(IsEmpty()));
  EXPECT_EQ(KindsSeen(e),
            std::set<ViolationKind>{ViolationKind::kNondeterministic});
  EXPECT_THAT(FoundIn(e),
              Contains("in a batch: the check failed: exit status 1: lost; "
                       "alone in a fresh process: the volume opens and no "
                       "check failed"));
}

// A check with a message of its own for each content has no more findings than
// kCausesShownMax, and says how many more causes there are.
TEST(CauseGroupsTest, CausesAreBounded) {
  std::string text =
      "powercut 1\nbackend simfs\nprofile spec-strict\ninit\n  create /a\n"
      "  write  /a 0 512\nrun\n";
  for (int i = 0; i < 130; ++i) text += "  write  /a 0 512\n  fsync  /a\n";
  const Exploration e = ExploreChecked(
      text,
      [](const std::string& content, uint64_t) {
        std::string word;
        uint64_t hash = HashBytes(AsBytes(content), 0).low;
        for (int i = 0; i < 8; ++i, hash /= 16) {
          word += static_cast<char>('g' + hash % 16);
        }
        return "exit status 1: " + word;
      },
      "prefix");
  ASSERT_THAT(e.findings, SizeIs(kCausesShownMax));
  EXPECT_GE(e.unshown.size(), 30u);
  uint64_t states = 0;
  for (const UnshownCause& one : e.unshown) {
    EXPECT_GT(one.cause, e.findings.back().violation.cause);
    states += one.count;
  }
  for (const Finding& f : e.findings) states += f.count;
  EXPECT_EQ(states, e.states);
}

}  // namespace
}  // namespace powercut
