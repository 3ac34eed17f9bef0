// Tests that violating states which several processes found are grouped as if
// one process had found them all: the same counts, lists and shown states,
// however the states were dealt and in whatever order the parts come back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/explore/cause_groups.h"
#include "tests/exploring.h"
#include "tests/harness/explore/overwrites_scene.h"

namespace powercut {
namespace {

// A state and the cause of its violation. `found` names the state.
struct Violating {
  std::string cause;
  std::string found;
  ViolatingState at;
};

// What a group says, as a value that can be compared.
using GroupFacts = std::tuple<uint64_t, std::vector<ListedState>, std::string,
                              uint64_t, EventNumber>;
using Groups = std::map<std::string, GroupFacts>;

Groups FactsOf(const CauseGroups& groups) {
  Groups facts;
  for (CauseSummary& summary : groups.Summaries()) {
    std::ranges::sort(summary.states);
    facts[summary.violation.cause] = {
        summary.count, summary.states, summary.violation.found,
        summary.lost_blocks, summary.shown.state.point};
  }
  return facts;
}

class CauseSummariesTest : public ::testing::Test {
 protected:
  CauseSummariesTest()
      : backend_(MakeBackend("simfs").value()),
        recorded_(RecordWorkload(*backend_, MustParse(kOverwrites)).value()),
        run_{*backend_, recorded_.workload, recorded_.setting,
             recorded_.recording},
        space_(run_.trace(), run_.setting.atomic_bytes) {
    ExploreOptions options = Options("epoch:2", /*jobs=*/0);
    options.hooks.visited = [&](const VisitedState& visited) {
      ViolatingState at;
      at.state = visited.state;
      all_.push_back({"", std::to_string(all_.size()), std::move(at)});
    };
    EXPECT_TRUE(Explore(run_, options));
    // Neighbours tie in most of what orders states.
    std::map<std::string, std::tuple<uint64_t, EventNumber, std::string>> rank;
    for (const Violating& one : all_) {
      PointCursor cursor(space_, one.at.state.kind);
      cursor.MoveTo(one.at.state.point);
      rank[one.found] = {LostBlocks(one.at.state, cursor), one.at.state.point,
                         CrashStepText(CanonicalStep(one.at.state, cursor))};
    }
    std::ranges::sort(all_, {},
                      [&](const Violating& one) { return rank.at(one.found); });
  }

  // Up to seven states that lie close together, in a random order, with three
  // causes.
  std::vector<Violating> Some(Prng& prng) const {
    const size_t count = 2 + prng.Below(6);
    const size_t first = prng.Below(all_.size() - count);
    std::vector<Violating> some;
    for (size_t i = 0; i < count; ++i) {
      some.push_back(all_[first + i]);
      some.back().cause =
          std::string(1, static_cast<char>('a' + prng.Below(3)));
      std::swap(some.back(), some[prng.Below(some.size())]);
    }
    return some;
  }

  CauseGroups Empty() const {
    return CauseGroups({run_, space_, /*list_states=*/true});
  }

  static void Add(const Violating& one, CauseGroups& groups) {
    Violation violation;
    violation.kind = ViolationKind::kLost;
    violation.cause = one.cause;
    violation.found = one.found;
    groups.Add(violation, one.at, /*counted=*/false);
  }

  std::unique_ptr<Backend> backend_;
  Recorded recorded_;
  RecordedRun run_;
  CrashSpace space_;
  // In the order in which states are preferred.
  std::vector<Violating> all_;
};

TEST_F(CauseSummariesTest, PartsMakeTheSameGroupsAsTheWhole) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Prng prng(seed);
    const std::vector<Violating> some = Some(prng);
    CauseGroups whole = Empty();
    std::vector<CauseGroups> parts;
    for (int i = 0; i < 4; ++i) parts.push_back(Empty());
    for (const Violating& one : some) {
      Add(one, whole);
      Add(one, parts[prng.Below(parts.size())]);
    }
    CauseGroups joined = Empty();
    std::set<std::string> known;
    for (const CauseGroups& part : parts) {
      for (CauseSummary& summary : part.Summaries()) {
        const bool is_new = known.insert(summary.violation.cause).second;
        EXPECT_EQ(joined.AddSummary(std::move(summary)), is_new);
      }
    }
    ASSERT_EQ(FactsOf(joined), FactsOf(whole)) << "seed " << seed;
  }
}

// A process adds states of its own before and after it hears of others.
TEST_F(CauseSummariesTest, StatesAndPartsMayComeInTurn) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Prng prng(seed);
    const std::vector<Violating> some = Some(prng);
    CauseGroups whole = Empty();
    CauseGroups mixed = Empty();
    for (const Violating& one : some) {
      Add(one, whole);
      if (prng.OneIn(2)) {
        Add(one, mixed);
        continue;
      }
      CauseGroups part = Empty();
      Add(one, part);
      mixed.AddSummary(part.Summaries().at(0));
    }
    ASSERT_EQ(FactsOf(mixed), FactsOf(whole)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace powercut
