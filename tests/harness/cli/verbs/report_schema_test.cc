// The published schema (docs/schema/) holds for the JSON of every verb, lists
// every key that is written, and refuses reports that were damaged.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

const std::string kSource = POWERCUT_SOURCE_DIR;
constexpr const char* kPython = "/usr/bin/python3";

bool CanValidate() {
  return std::filesystem::exists(kPython) &&
         Subprocess({kPython, "-c", "import jsonschema"}).Wait().status == 0;
}

class ReportSchemaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!CanValidate()) {
      GTEST_SKIP() << "no validator is installed (package python3-jsonschema)";
    }
  }

  Ended Validate(const std::vector<std::string>& files,
                 const std::string& flag = "") const {
    std::vector<std::string> command = {kPython,
                                        kSource + "/tests/schemas/validate.py"};
    if (!flag.empty()) command.push_back(flag);
    command.push_back(kSource + "/docs/schema/report-1.schema.json");
    command.insert(command.end(), files.begin(), files.end());
    return Subprocess(command).Wait();
  }

  // The file of a report that the tool wrote to --json.
  std::string Report(std::vector<std::string> command) {
    const std::string file = folder_.File(std::to_string(++reports_) + ".json");
    command.insert(command.begin() + 1, {"--json", file});
    RunTool(command);
    return file;
  }
  std::string Printed(const std::vector<std::string>& command) {
    const Ended ended = RunTool(command);
    EXPECT_EQ(ended.status, kHolds);
    return folder_.Write(std::to_string(++reports_) + ".json", ended.out);
  }

  TemporaryFolder folder_;
  const std::string corpora_ = kSource + "/corpora/";

 private:
  int reports_ = 0;
};

TEST_F(ReportSchemaTest, ReportsOfAllVerbs) {
  const std::string faults = corpora_ + "faults/lie_on_flush.pcut";
  const std::string commits = corpora_ + "engines/sqlite_commits.pcut";
  const std::string three = corpora_ + "workloads/three_writes.pcut";
  const std::string bad = folder_.Write("bad.pcut", "nonsense\n");
  const std::string shard =
      Report({"check", "--quiet", faults, "--shard", "1/1"});
  std::vector<std::string> files = {
      Report({"check", "--quiet", faults, commits, bad}),
      Report({"check", "--quiet", faults, "--shard", "1/2"}),
      shard,
      Report({"merge", shard}),
      Report({"regress", faults, bad}),
      Report({"litmus", "--quiet", "--profile", "spec-strict,ext4-journal",
              corpora_ + "litmus/l05_data_only_power.pcut",
              corpora_ + "litmus/l17_data_sync_only_unsupported.pcut"}),
      Report({"audit", three, commits}),
      Printed({"ops", "--json"}),
      Printed({"model", "--json"}),
      Printed({"model", "--json", "--profile", "ext4-ordered"})};
  const std::string trace = folder_.File("t.trace");
  const std::vector<std::string> program = {
      "run",       "--quiet",
      "-o",        trace,
      "--profile", "ext4-ordered,ext4-journal",
      "--check",   "test -s f",
      "--",        "sh",
      "-c",        "echo 1 >f; sync f; echo 1 >>$POWERCUT_ACKS; echo 2 >f"};
  const std::string run = Report(program);
  if (std::filesystem::exists(trace)) {
    files.push_back(run);
    files.push_back(Report({"explore", "--quiet", trace}));
  }
  const Ended ended = Validate(files, "--no-other-keys");
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
}

TEST_F(ReportSchemaTest, DamagedReportsAreRefused) {
  const Json good = Json::parse(folder_.Read(
      std::filesystem::path(
          Report({"check", "--quiet", corpora_ + "faults/lie_on_flush.pcut"}))
          .filename()));
  const auto damaged = [&](const std::function<void(Json&)>& damage) {
    Json report = good;
    damage(report);
    return folder_.Write("damaged.json", report.dump());
  };
  const auto expect_error = [&](const std::string& file,
                                const std::string& part) {
    const Ended ended = Validate({file});
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.out, HasSubstr(part)) << ended.err;
  };
  EXPECT_EQ(Validate({damaged([](Json&) {})}).status, 0);
  expect_error(damaged([](Json& r) { r.erase("seed"); }), "/: 'seed' is a");
  expect_error(damaged([](Json& r) { r["powercut"] = 2; }), "/powercut: ");
  expect_error(damaged([](Json& r) { r["verdict"] = "fine"; }), "/verdict: ");
  expect_error(damaged([](Json& r) { r["workloads"][0]["states"] = "9"; }),
               "/workloads/0/states: '9' is not of type 'integer'");
  expect_error(damaged([](Json& r) { r["workloads"][0]["digest"] = "x"; }),
               "/workloads/0/digest: ");
  expect_error(damaged([](Json& r) {
                 r["workloads"][0]["violations"][0]["cause"] = "lost";
               }),
               "/workloads/0/violations/0/cause: ");
  expect_error(damaged([](Json& r) { r = {{"powercut", 1}}; }), "/: ");
  // Keys may be added, and are to be listed where powercut adds them.
  const auto more = damaged([](Json& r) { r["workloads"][0]["more"] = 1; });
  EXPECT_EQ(Validate({more}).status, 0);
  EXPECT_THAT(Validate({more}, "--no-other-keys").out, HasSubstr("'more'"));
}

}  // namespace
}  // namespace powercut
