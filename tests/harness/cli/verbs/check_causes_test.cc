// Runs `explore` with a check that tells two kinds of failures apart, on ext4.
// The kinds must stay apart in the text, in the report, for a baseline, in
// `replay` and in `merge`.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/kernel_tool.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

constexpr const char* kLoss =
    "check/volume/start/ack/exit-1/lost:c,after-ack-N";
constexpr const char* kDamage =
    "check/volume/start/ack/exit-3/CORRUPT:a-is-empty";

class CheckCausesTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string lacks = MissingResource("ext4");
    if (!lacks.empty()) GTEST_SKIP() << lacks;
    ASSERT_EQ(Record({"sh", Program("ack_too_early.sh")}).status, kHolds);
  }

  Ended Record(std::vector<std::string> command) {
    std::vector<std::string> words = {"record", "--fs", "ext4",
                                      "-o",     trace_, "--"};
    words.insert(words.end(), command.begin(), command.end());
    return RunTool(words);
  }
  Ended Explore(std::vector<std::string> flags) {
    return Explore(check_, flags);
  }
  Ended Explore(const std::string& check, std::vector<std::string> flags) {
    flags.insert(flags.begin(),
                 {"explore", trace_, "--quiet", "--check", check});
    return RunTool(flags);
  }
  // The causes in a report, with the number of states of each.
  std::map<std::string, size_t> CausesOf(const std::string& report) {
    std::map<std::string, size_t> causes;
    const Json json = Json::parse(folder_.Read(report));
    for (const Json& violation : json["workloads"][0]["violations"]) {
      causes[violation["cause"]] = violation["states"].size();
    }
    return causes;
  }
  // The report without the elapsed time.
  std::string Timeless(const std::string& report) {
    Json json = Json::parse(folder_.Read(report));
    for (Json& workload : json["workloads"]) {
      workload["elapsed_s"] = 0;
      workload.erase("recoveries");
    }
    return json.dump();
  }

  TemporaryFolder folder_;
  const std::string trace_ = folder_.File("trace");
  const std::string check_ = "sh " + Program("ack_too_early_holds.sh");
};

TEST_F(CheckCausesTest, EachKindHasItsOwnStateAndIsReplayed) {
  const Ended explored = Explore({"--json", folder_.File("r.json")});
  EXPECT_EQ(explored.status, kViolation) << explored.err;
  EXPECT_THAT(explored.out, HasSubstr(kLoss));
  EXPECT_THAT(explored.out, HasSubstr(kDamage));
  EXPECT_THAT(explored.out, HasSubstr("; 2 causes"));
  EXPECT_THAT(IdsIn(explored.out), testing::SizeIs(2));
  const Json json = Json::parse(folder_.Read("r.json"));
  const Json& violations = json["workloads"][0]["violations"];
  ASSERT_EQ(violations.size(), 2u);
  for (const Json& violation : violations) {
    const std::string cause = violation["cause"];
    ASSERT_EQ(violation["states"].size(), violation["found_of_states"].size());
    EXPECT_EQ(violation["states"].size(), violation["count"]);
    // The first state, the last one and the one that is shown, each alone.
    for (const std::string& id :
         {violation["id"].get<std::string>(),
          violation["states"].front().get<std::string>(),
          violation["states"].back().get<std::string>()}) {
      const Ended replayed =
          RunTool({"replay", trace_, "--at", id, "--check", check_});
      EXPECT_EQ(replayed.status, kViolation) << replayed.err;
      EXPECT_THAT(replayed.out, HasSubstr(" " + cause + " ")) << id;
      size_t at = 0;
      while (violation["states"][at] != id) ++at;
      const std::string found =
          violation["found_texts"]
                   [violation["found_of_states"][at].get<size_t>()];
      EXPECT_THAT(replayed.out, HasSubstr("found      " + found + "\n"));
    }
  }
}

TEST_F(CheckCausesTest, BaselineOfTheOneDoesNotKnowTheOther) {
  const std::string loss =
      folder_.Write("loss", std::string(kLoss) + "  # so\n");
  const Ended damaged = Explore({"--baseline", loss});
  EXPECT_EQ(damaged.status, kViolation) << damaged.err;
  EXPECT_THAT(damaged.out, HasSubstr(kDamage));
  EXPECT_THAT(damaged.out, Not(HasSubstr(kLoss)));
  EXPECT_THAT(damaged.out, HasSubstr("; 2 causes, 1 in the baseline"));
  const std::string both =
      folder_.Write("both", std::string(kLoss) + "\n" + kDamage + "\n");
  EXPECT_EQ(Explore({"--baseline", both}).status, kHolds);
  // What earlier versions wrote says nothing of the kind of failure.
  const std::string old = folder_.Write("old", "check/volume/start/sync\n");
  ExpectError(Explore({"--baseline", old}), kUsage,
              "check/volume/start/sync is of an earlier version");
}

TEST_F(CheckCausesTest, MergedShardsAreOneRun) {
  const Ended one = Explore({"--json", folder_.File("one.json")});
  EXPECT_EQ(one.status, kViolation) << one.err;
  EXPECT_THAT(CausesOf("one.json"), testing::SizeIs(2));
  for (const int count : {2, 5}) {
    std::vector<std::string> merge = {"merge", "--json",
                                      folder_.File("merged.json")};
    for (int index = count; index >= 1; --index) {
      merge.push_back(folder_.File(std::to_string(index)));
      Explore({"--shard", fmt::format("{}/{}", index, count), "--json",
               merge.back()});
    }
    const Ended merged = RunTool(merge);
    EXPECT_EQ(merged.status, kViolation) << merged.err;
    EXPECT_EQ(merged.out, one.out);
    EXPECT_EQ(Timeless("merged.json"), Timeless("one.json"));
    merge.insert(merge.end(), {"--baseline", folder_.Write("loss", kLoss)});
    const Ended known = RunTool(merge);
    EXPECT_EQ(known.status, kViolation);
    EXPECT_THAT(known.out, HasSubstr("; 2 causes, 1 in the baseline"));
    merge.back() = folder_.Write("old", "check/volume/start/sync\n");
    ExpectError(RunTool(merge), kUsage, "is of an earlier version");
  }
}

// How a check may fail: with hostile output, by a signal, or without a word.
// Each check holds on what the program left.
TEST_F(CheckCausesTest, AnyEndOfACheckIsACause) {
  const std::pair<std::string, std::string> kChecks[] = {
      {"exit 7", "/exit-7"},
      {"kill -BUS $$", "/SIGBUS"},
      {"echo first; echo 'last: 12 of /mnt/x'; echo", "/exit-7/last:N-of-PATH"},
      {"printf 'to %s' stderr >&2", "/exit-7/to-stderr"},
      {"printf '\\033[31mred\\000\\377\\rover'", "/exit-7/over"},
      {"printf '\\033[31mred \\377'", "/exit-7/?-Nmred-?"},
      {"head -c 3000000 /dev/zero | tr '\\0' x; echo; head -c 2000000 "
       "/dev/zero | tr '\\0' y",
       "/exit-7/" + std::string(80, 'y')},
      {"echo pid $$ at $(date +%s%N) in $PWD, $(mktemp)",
       "/exit-7/pid-N-at-N-in-PATH"},
  };
  for (const auto& [words, end] : kChecks) {
    const std::string check =
        "grep -q 3 $POWERCUT_ACKED || exit 0; [ -s c ] || { " + words +
        "; exit 7; }";
    const Ended explored =
        Explore(check, {"--space", "prefix", "--check-timeout", "60s", "--json",
                        folder_.File("r.json")});
    EXPECT_EQ(explored.status, kViolation) << explored.err;
    for (const auto& [cause, states] : CausesOf("r.json")) {
      EXPECT_THAT(cause, testing::EndsWith(end)) << words;
      EXPECT_GT(states, 0u);
    }
    EXPECT_EQ(explored.out.find('\033'), std::string::npos) << words;
  }
}

// What a check printed before its time was over is no part of its cause.
TEST_F(CheckCausesTest, TimeoutIsACauseOfItsOwn) {
  const std::string check =
      "grep -q 3 $POWERCUT_ACKED || exit 0; [ -s c ] || { echo $$; sleep 600; "
      "}";
  const Ended explored =
      Explore(check, {"--space", "prefix", "--check-timeout", "2s", "--json",
                      folder_.File("r.json")});
  EXPECT_EQ(explored.status, kViolation) << explored.err;
  const auto causes = CausesOf("r.json");
  ASSERT_THAT(causes, testing::Not(testing::IsEmpty()));
  EXPECT_TRUE(causes.contains("hang/volume/start/ack/check-timeout"))
      << explored.out;
}

}  // namespace
}  // namespace powercut
