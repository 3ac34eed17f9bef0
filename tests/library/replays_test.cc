// Replays of states by their ids: they say what the report said, and fail the
// test as the exploration did.

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>

#include <powercut/gtest.hpp>

namespace {

using powercut::Explore;
using powercut::Finding;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::HasSubstr;

// A file whose recovery empties it before it writes it anew.
void FillSynced(World& world) {
  world.attempt(1);
  const int file = world.open("/f", PC_WRITE | PC_CREATE);
  world.write(file, "x", 0);
  world.fsync(file);
  world.sync_directory("/");
  world.ack(1);
}

void WriteAnew(State& state) {
  const int file = state.open("/f", PC_WRITE);
  if (file < 0) return;
  state.truncate(file, 0);
  state.fsync(file);
  state.write(file, "x", 0);
  state.fsync(file);
}

bool IsLost(State& state) {
  return state.must_have(1) && state.content("/f") != "x";
}

void SayAndWriteAnew(State& state) {
  if (IsLost(state)) state.violation("lost", "x is lost");
  WriteAnew(state);
}
void DieAndWriteAnew(State& state) {
  if (IsLost(state)) std::abort();
  WriteAnew(state);
}

States Explored(World& world, const std::function<void(State&)>& body,
                const Explore& options) {
  States states = world.explore(options);
  for (State& state : states) body(state);
  return states;
}

// The row of a finding's text that begins with this label.
std::string RowOf(const std::string& text, const std::string& label) {
  const size_t begin = text.find("  " + label);
  if (begin == text.npos) return "";
  return text.substr(begin, text.find('\n', begin) - begin);
}

void ExpectTheSameWords(const std::function<void(State&)>& body) {
  World world;
  FillSynced(world);
  Explore options{.budget_ms = 60'000, .nested = 1};
  const States all = Explored(world, body, options);
  ASSERT_EQ(all.findings().size(), 1u) << all.report();
  const Finding found = all.findings()[0];
  ASSERT_THAT(found.id, HasSubstr("/"));
  options.at = found.id;
  const States one = Explored(world, body, options);
  EXPECT_EQ(one.verdict(), PC_VIOLATES);
  ASSERT_EQ(one.findings().size(), 1u) << one.report();
  const Finding again = one.findings()[0];
  EXPECT_EQ(again.cause, found.cause);
  EXPECT_EQ(again.id, found.id);
  EXPECT_EQ(again.file, found.file);
  EXPECT_EQ(again.line, found.line);
  for (const std::string label : {"said", "crash", "replay"}) {
    EXPECT_EQ(RowOf(again.text, label), RowOf(found.text, label));
  }
}

TEST(ReplaysTest, ACrashDuringRecoveryHasTheWordsOfTheReport) {
  ExpectTheSameWords(SayAndWriteAnew);
  ExpectTheSameWords(DieAndWriteAnew);
}

// A replay explores no crash points, so that its report counts none.
TEST(ReplaysTest, TheReportIsOfOneState) {
  World world;
  world.attempt(1);
  world.open("/f", PC_WRITE | PC_CREATE);
  world.ack(1);
  const auto body = [](State& state) {
    if (state.must_have(1) && !state.exists("/f")) state.violation("lost");
  };
  const States all = Explored(world, body, {});
  ASSERT_EQ(all.findings().size(), 1u) << all.report();
  const States one = Explored(world, body, {.at = all.findings()[0].id});
  EXPECT_THAT(
      one.report(),
      HasSubstr("spec-strict: violation: one state, which the id names\n"
                "verdict: violation: one state, which the id names\n"));
  const std::string fine =
      Explored(world, [](State&) {}, {.at = all.findings()[0].id}).report();
  EXPECT_EQ(fine,
            "spec-strict: holds: one state, which the id names\n"
            "verdict: holds: one state, which the id names\n");
}

// An id of the audit is one of a recording that lacks a sync. It can be pasted,
// too, and the report says which sync that is.
TEST(ReplaysTest, AnIdOfTheAuditRunsWithoutItsSync) {
  World world;
  FillSynced(world);
  const auto body = [](State& state) {
    if (IsLost(state)) state.violation("lost", "x is lost");
  };
  Explore options{.profiles = "linux-man", .budget_ms = 60'000, .audit = true};
  const States all = Explored(world, body, options);
  ASSERT_EQ(all.verdict(), PC_HOLDS) << all.report();
  ASSERT_EQ(all.audit().size(), 2u) << all.report();
  EXPECT_EQ(all.audit()[0].cause, "lost");
  const std::string before = "without it, lost at ";
  size_t needed = 0;
  for (size_t at = 0; (at = all.report().find(before, at)) != std::string::npos;
       ++needed) {
    at += before.size();
    const std::string report = all.report();
    options.at = report.substr(at, report.find('\n', at) - at);
    const States one = Explored(world, body, options);
    EXPECT_EQ(one.verdict(), PC_VIOLATES) << one.report();
    EXPECT_THAT(one.report(), HasSubstr("violation: lost   in 1 state"));
    EXPECT_THAT(one.report(),
                HasSubstr("linux-man: violation: one state, which the id "
                          "names, without `fsync /"));
  }
  EXPECT_EQ(needed, 2u) << all.report();
  options.audit = false;
  EXPECT_THAT(Explored(world, body, options).report(),
              HasSubstr("or it is one of an audit, which is not asked for"));
}

// --- GoogleTest --------------------------------------------------------------

std::string replayed_id;

void ExpectNothingIsLost() {
  World world;
  FillSynced(world);
  for (State& state : powercut::ExpectAll(
           world, {.budget_ms = 60'000, .nested = 1, .at = replayed_id})) {
    EXPECT_FALSE(IsLost(state)) << "an explanation";
    WriteAnew(state);
  }
}

TEST(ReplaysTest, ACrashDuringRecoveryFailsTheTestAgain) {
  World world;
  FillSynced(world);
  const States all =
      Explored(world, SayAndWriteAnew, {.budget_ms = 60'000, .nested = 1});
  ASSERT_EQ(all.findings().size(), 1u) << all.report();
  replayed_id = all.findings()[0].id;
  EXPECT_NONFATAL_FAILURE(ExpectNothingIsLost(), "an explanation");
  EXPECT_NONFATAL_FAILURE(ExpectNothingIsLost(), replayed_id);
}

}  // namespace
