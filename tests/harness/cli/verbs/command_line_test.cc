// Runs the tool as its users do: exit statuses, what it prints, and what it
// writes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::ordered_json;

// A workload that holds.
constexpr const char* kOverwrite = R"(powercut 1
disk    2M atomic=4096
init
  create /a
  write  /a 0 8192
run
  write /a 0 4096
  fsync /a
)";

std::string Workload(const std::string& run, const std::string& head = "") {
  return "powercut 1\n" + head + "init\n  create /a\nrun\n  " + run + "\n";
}

std::vector<std::string> CausesIn(const Json& report) {
  std::vector<std::string> causes;
  for (const Json& workload : report["workloads"]) {
    for (const Json& violation : workload["violations"]) {
      causes.push_back(violation["cause"]);
    }
  }
  return causes;
}

// --- show --op ---------------------------------------------------------------

TEST(CommandLineTest, ShowListsWhatHappenedInAnOp) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kOverwrite);
  const std::string all = RunTool({"show", file}).out;
  const Ended fsync = RunTool({"show", file, "--op", "4"});
  ASSERT_EQ(fsync.status, 0) << fsync.err;
  const size_t begin = fsync.out.find('\n') + 1;
  // The first line is that of the whole; what follows is a piece of it.
  EXPECT_TRUE(all.starts_with(fsync.out.substr(0, begin)));
  EXPECT_NE(all.find(fsync.out.substr(begin)), std::string::npos) << fsync.out;
  EXPECT_NE(fsync.out.find("> op 4"), std::string::npos);
  EXPECT_NE(fsync.out.find("< op 4"), std::string::npos);
  EXPECT_EQ(fsync.out.find("op 3"), std::string::npos);
  ExpectError(RunTool({"show", file, "--op", "9"}), kUsage,
              "--op 9: the recording has no such op");
}

// --- what cannot run ---------------------------------------------------------

TEST(CommandLineTest, FilesThatCannotBeRead) {
  const TemporaryFolder folder;
  for (const char* verb : {"check", "show"}) {
    ExpectError(RunTool({verb, folder.File("none.pcut")}), kUsage,
                "none.pcut: No such file");
    ExpectError(RunTool({verb, folder.File("")}), kUsage, "is a directory");
    ExpectError(RunTool({verb, "/dev/zero"}), kUsage, "is a device");
    ExpectError(RunTool({verb, folder.Write("empty.pcut", "")}), kUsage,
                "empty.pcut:1");
  }
}

TEST(CommandLineTest, WorkloadsThatSayWhatCannotBeDone) {
  const TemporaryFolder folder;
  const auto check = [&](const std::string& text) {
    return RunTool({"check", folder.Write("w.pcut", text)});
  };
  ExpectError(check(Workload("frobnicate /a")), kUsage,
              "w.pcut:5:3: unknown op `frobnicate`");
  ExpectError(check(Workload("write /a 0 99999999999999999999999")), kUsage,
              "w.pcut:5:14:");
  ExpectError(check(Workload("write /a 0 99999999999")), kUsage,
              "w.pcut:5: 99999999999 is out of range");
  ExpectError(check(Workload("create /b", "disk 64K\n")), kUsage,
              "too small for ntfs-3g");
  ExpectError(check(Workload("create /b", "disk 8M sector=123\n")), kUsage,
              "w.pcut:2:");
  ExpectError(check(Workload("create /a")), kUsage, "EEXIST");
  ExpectError(
      check(Workload("symlink /a /b")), kCannotRun,
      "does not offer `symlink`, and no backend does; `powercut record` "
      "takes a program that does it");
  ExpectError(check(Workload("start 1 fsync /a\n  wait 1")), kCannotRun,
              "does not offer `start fsync`; write it without `start N`");
  ExpectError(check(Workload("mknod /b", "backend ext4\n")), kUsage,
              "unknown op `mknod`; a workload cannot say it; `powercut record` "
              "takes a program that does it, and `powercut ops` lists the ops");
  ExpectError(check("powercut 1\nbackend clfs\ninit\n  log_open l\n"
                    "run\n  log_truncate l 2\n"),
              kUsage,
              "unknown op `log_truncate`: powercut does not offer SetEndOfLog "
              "and TruncateLog; `powercut ops` lists the ops");
  ExpectError(check(Workload("create /b", "backend none\n")), kUsage,
              "no backend is named none");
  ExpectError(check(Workload("create /b", "profile none\n")), kUsage,
              "no profile `none`");
}

TEST(CommandLineTest, ArgumentsThatAreWrong) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("ok.pcut", kOverwrite);
  ExpectError(RunTool({}), kUsage, "required");
  ExpectError(RunTool({"frobnicate"}), kUsage, "frobnicate");
  ExpectError(RunTool({"check"}), kUsage, "FILE");
  ExpectError(RunTool({"replay", file}), kUsage, "--at");
  const std::pair<std::string, std::string> kFlags[] = {
      {"--jobs", "0"},        {"--jobs", "x"},
      {"--seed", "-1"},       {"--max-runs", "-1"},
      {"--atomic", "3"},      {"--atomic", "256"},
      {"--space", "all"},     {"--space", "epoch:-1"},
      {"--crash", "flood"},   {"--crash", "os,power,os"},
      {"--profile", "x"},     {"--backend", "x"},
      {"--budget", "3"},      {"--nested", "9"},
      {"--doublecheck", "2"}, {"--copied", "some"},
      {"--parts", "some"},    {"--cache-size", "3"}};
  for (const auto& [flag, value] : kFlags) {
    ExpectError(RunTool({"check", file, flag, value}), kUsage, value);
  }
  ExpectError(RunTool({"check", file, "--frobnicate", "x"}), kUsage,
              "--frobnicate");
  EXPECT_EQ(RunTool({"--help"}).status, 0);
  EXPECT_EQ(RunTool({"check", "--help"}).status, 0);
  // The list of verbs has one line of each, and the verb's own help has all.
  constexpr const char* kMinimizeMore = "The new file shows one cause";
  EXPECT_THAT(RunTool({"--help"}).out, Not(HasSubstr(kMinimizeMore)));
  EXPECT_THAT(RunTool({"minimize", "--help"}).out, HasSubstr(kMinimizeMore));
  EXPECT_EQ(RunTool({"doctor"}).status, 0);
}

// A space that adds nothing is said to add nothing.
TEST(CommandLineTest, BlocksOfOneSectorDoNotTear) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kOverwrite);
  const auto note = [&](const std::string& atomic) {
    const Ended ended = RunTool({"check", file, "--space", "prefix+torn:1",
                                 "--atomic", atomic, "--quiet"});
    // What ntfs-3g loses with small blocks does not matter here.
    EXPECT_LE(ended.status, kViolation) << ended.err;
    return ended.err.find("+torn adds no state") != std::string::npos;
  };
  EXPECT_TRUE(note("512"));
  EXPECT_FALSE(note("4096"));
}

TEST(CommandLineTest, IdsThatNameNothing) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("ok.pcut", kOverwrite);
  const std::string digest = DigestOf(file);
  const auto replay = [&](const std::string& id) {
    return RunTool({"replay", file, "--at", id});
  };
  for (const char* id :
       {"", "p", "1p", "1p@", "1p@12345", "1p@zzzzzzzz", "1x@00000000",
        "1p-@00000000", "1p-w@00000000", "-1p@00000000", "1p@00000000 "}) {
    ExpectError(replay(id), kUsage, "");
  }
  ExpectError(replay("1p@00000000"), kUnknown, "belongs to recording 00000000");
  ExpectError(replay("1p@" + digest), kUsage, "lies in `init`");
  ExpectError(replay("99999p@" + digest), kUsage, "disk events");
  ExpectError(replay("1p/1p@" + digest), kUsage, "lies in `init`");
}

// --- saved traces ------------------------------------------------------------

TEST(CommandLineTest, SavedTraceIsAsGoodAsTheFile) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kReplace);
  const std::string trace = folder.File("w.trace");
  const Ended shown = RunTool({"show", file, "--save", trace});
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(RunTool({"show", trace}).out, shown.out);
  const Ended of_file = RunTool({"check", "--quiet", file});
  const Ended of_trace = RunTool({"check", "--quiet", trace});
  EXPECT_EQ(of_trace.status, kViolation);
  const auto without_name = [&](std::string text, const std::string& name) {
    for (size_t at = 0; (at = text.find(name)) != std::string::npos;) {
      text.replace(at, name.size(), "FILE");
    }
    return text;
  };
  EXPECT_EQ(without_name(of_trace.out, trace), without_name(of_file.out, file));
  for (const std::string& id : IdsIn(of_trace.out)) {
    EXPECT_EQ(RunTool({"replay", trace, "--at", id}).status, kViolation) << id;
  }
  ExpectError(RunTool({"show", file, "--save", folder.File("no/w.trace")}),
              kUsage, "no/w.trace");
}

TEST(CommandLineTest, CutTraceIsAnError) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kOverwrite);
  ASSERT_EQ(RunTool({"show", file, "--save", folder.File("t")}).status, 0);
  const std::string whole = folder.Read("t");
  std::vector<size_t> sizes = {0, 1, 7, 8, 9, 511, 512, 513, 1023, 1024};
  constexpr size_t kCuts = 60;
  for (size_t i = 1; i < kCuts; ++i) {
    sizes.push_back(whole.size() / kCuts * i + i % 3 * 255);
  }
  for (const size_t before_end : {1, 511, 512, 513, 1024}) {
    sizes.push_back(whole.size() - before_end);
  }
  for (const size_t size : sizes) {
    SCOPED_TRACE(size);
    ExpectError(RunTool({"check", folder.Write("cut", whole.substr(0, size))}),
                kUsage, "cut");
  }
}

// A flipped byte is an error, or makes no difference: the format leaves four
// bytes of its header unused.
TEST(CommandLineTest, FlippedTraceIsNeverTakenForAnother) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kOverwrite);
  const Ended shown = RunTool({"show", file, "--save", folder.File("t")});
  ASSERT_EQ(shown.status, 0);
  const std::string whole = folder.Read("t");
  std::vector<size_t> places = {0, 8, 16, 20, 24, 28, 31, 32, 511, 512};
  constexpr size_t kFlips = 60;
  for (size_t i = 1; i < kFlips; ++i) {
    places.push_back(whole.size() / kFlips * i + i * 7);
  }
  for (size_t i = 1; i < 40; ++i) places.push_back(whole.size() - i * 93);
  for (const size_t place : places) {
    SCOPED_TRACE(place);
    std::string flipped = whole;
    flipped[place] = static_cast<char>(flipped[place] ^ 0x10);
    const Ended ended = RunTool({"show", folder.Write("flipped", flipped)});
    if (ended.status == 0) {
      EXPECT_EQ(ended.out, shown.out);
      EXPECT_GE(place, 28u);
      EXPECT_LT(place, 32u);
    } else {
      ExpectError(ended, kUsage, "flipped");
    }
  }
}

// --- reports -----------------------------------------------------------------

TEST(CommandLineTest, JsonHasTheDocumentedKeysInOrder) {
  const TemporaryFolder folder;
  const std::string holds = folder.Write("ok.pcut", kOverwrite);
  const std::string fails = folder.Write("bad.pcut", kReplace);
  const std::string path = folder.File("report.json");
  const Ended ended =
      RunTool({"check", "--quiet", holds, fails, "--json", path});
  EXPECT_EQ(ended.status, kViolation) << ended.err;
  EXPECT_EQ(ended.err, "");
  const Json report = Json::parse(folder.Read("report.json"));
  EXPECT_EQ(KeysOf(report), (std::vector<std::string>{
                                "powercut", "verdict", "seed", "workloads",
                                "errors", "interrupted", "version"}));
  EXPECT_EQ(report["powercut"], 1);
  EXPECT_EQ(report["verdict"], "violation");
  ASSERT_EQ(report["workloads"].size(), 2u);
  const Json& ok = report["workloads"][0];
  const Json& bad = report["workloads"][1];
  EXPECT_EQ(
      KeysOf(ok),
      (std::vector<std::string>{
          "file",          "backend",        "profile",       "verdict",
          "digest",        "events",         "writes",        "flushes",
          "crash_points",  "space",          "bound",         "states",
          "runs",          "cached",         "nested_states", "nested_runs",
          "doublechecked", "reordered_runs", "evicted",       "recoveries",
          "elapsed_s",     "pcut_hash",      "crash_kinds",   "probe",
          "replay_flags",  "faults",         "expect",        "interrupted",
          "timeline",      "violations",     "unshown"}));
  EXPECT_EQ(KeysOf(ok["recoveries"]),
            (std::vector<std::string>{"all", "needed", "repeated", "canaries",
                                      "doublechecks", "confirmations"}));
  EXPECT_EQ(
      KeysOf(ok["space"]),
      (std::vector<std::string>{"log2", "open_points", "mode", "atomic",
                                "exhausted", "nested", "copied", "parts"}));
  EXPECT_EQ(ok["file"], holds);
  EXPECT_EQ(ok["verdict"], "ok");
  EXPECT_EQ(ok["digest"], DigestOf(holds));
  EXPECT_EQ(ok["events"], ok["writes"].get<int>() + ok["flushes"].get<int>());
  EXPECT_TRUE(ok["violations"].empty());
  EXPECT_EQ(bad["verdict"], "violation");
  ASSERT_FALSE(bad["violations"].empty());
  EXPECT_EQ(KeysOf(bad["violations"][0]),
            (std::vector<std::string>{"kind",
                                      "cause",
                                      "path",
                                      "op",
                                      "line",
                                      "id",
                                      "count",
                                      "admissible",
                                      "found",
                                      "excuses",
                                      "explanation",
                                      "op_text",
                                      "promise",
                                      "crash",
                                      "faults",
                                      "lost_files",
                                      "unissued",
                                      "lost_blocks",
                                      "recovery_file",
                                      "recovery_id",
                                      "states",
                                      "found_texts",
                                      "found_of_states",
                                      "shown",
                                      "standing"}));
  for (const Json& violation : bad["violations"]) {
    EXPECT_EQ(violation["states"].size(), violation["count"].get<size_t>());
    EXPECT_THAT(violation["states"], testing::Contains(violation["id"]));
  }
  // The report and the text have the same ids.
  std::vector<std::string> ids;
  for (const Json& violation : bad["violations"]) {
    ids.push_back(violation["id"]);
  }
  EXPECT_EQ(IdsIn(ended.out), ids);
}

TEST(CommandLineTest, JsonThatCannotBeWrittenLeavesEverythingAsItWas) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("ok.pcut", kOverwrite);
  ExpectError(RunTool({"check", file, "--json", folder.File("no/r.json")}),
              kUsage, "no/r.json");
  ExpectError(RunTool({"check", file, "--json", folder.File(".")}), kUsage,
              "directory");
  folder.Write("r.json", "what was there");
  std::filesystem::create_directory(folder.File("r.json.incomplete"));
  ExpectError(RunTool({"check", file, "--json", folder.File("r.json")}), kUsage,
              "r.json");
  EXPECT_EQ(folder.Read("r.json"), "what was there");
  EXPECT_THAT(folder.Names(), testing::UnorderedElementsAre(
                                  "ok.pcut", "r.json", "r.json.incomplete"));
  // A device is written to, not replaced.
  const Ended ended =
      RunTool({"check", "--quiet", file, "--json", "/dev/stdout"});
  EXPECT_EQ(ended.status, kHolds) << ended.err;
  // Standard output goes to a file here, so that /dev/stdout is a link to one.
  // The report comes after the text, and the link is still a link.
  EXPECT_TRUE(std::filesystem::is_symlink("/dev/stdout"));
  EXPECT_THAT(ended.out, HasSubstr(": ok: "));
  EXPECT_THAT(ended.out, HasSubstr("\"powercut\""));
}

TEST(CommandLineTest, NumberOfWorkersChangesNothing) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kReplace);
  std::vector<std::string> outs;
  std::vector<Json> reports;
  for (const char* jobs : {"1", "2", "3"}) {
    const Ended ended = RunTool({"check", "--quiet", "--jobs", jobs, file,
                                 "--json", folder.File(jobs)});
    EXPECT_EQ(ended.status, kViolation);
    outs.push_back(ended.out);
    Json report = Json::parse(folder.Read(jobs));
    for (Json& workload : report["workloads"]) workload.erase("elapsed_s");
    reports.push_back(report);
  }
  EXPECT_THAT(outs, testing::Each(outs[0]));
  EXPECT_EQ(reports[1].dump(), reports[0].dump());
  EXPECT_EQ(reports[2].dump(), reports[0].dump());
}

TEST(CommandLineTest, BaselinesKnowTheirCauses) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kReplace);
  const std::string report = folder.File("r.json");
  const auto check = [&](const std::string& baseline) {
    return RunTool({"check", "--quiet", file, "--baseline", baseline});
  };
  ASSERT_EQ(RunTool({"check", "--quiet", file, "--json", report}).status,
            kViolation);
  const std::vector<std::string> causes =
      CausesIn(Json::parse(folder.Read("r.json")));
  ASSERT_GE(causes.size(), 2u);
  std::string all = "# what is known\n\n";
  for (const std::string& cause : causes) all += "  " + cause + "  # so\n";
  const std::string known = folder.Write("known", all);
  EXPECT_EQ(check(known).status, kHolds);
  EXPECT_EQ(check(report).status, kHolds);
  // A new cause is not known, and it alone is reported.
  all.erase(all.find(causes[0]), causes[0].size());
  const Ended ended = check(folder.Write("less", all));
  EXPECT_EQ(ended.status, kViolation);
  EXPECT_EQ(IdsIn(ended.out).size(), 1u);
  EXPECT_THAT(ended.out, HasSubstr(causes[0]));
  for (const std::string& text :
       {std::string("not a cause\n"), std::string("a/b/c\n"),
        std::string("{\"workloads\": 3}"), std::string("{"),
        folder.Read("r.json").substr(0, 200),
        std::string("{\"workloads\":[{\"violations\":[{\"cause\":3}]}]}")}) {
    ExpectError(check(folder.Write("malformed", text)), kUsage, "malformed");
  }
  ExpectError(check(folder.File("none")), kUsage, "none");
  EXPECT_EQ(check(folder.Write("empty", "")).status, kViolation);
}

TEST(CommandLineTest, BoundedRunsLeaveItUnknown) {
  const TemporaryFolder folder;
  const std::string holds = folder.Write("ok.pcut", kOverwrite);
  const Ended ended = RunTool({"check", "--quiet", holds, "--max-runs", "3",
                               "--json", folder.File("r.json")});
  EXPECT_EQ(ended.status, kUnknown);
  EXPECT_THAT(ended.out, HasSubstr("--max-runs 3"));
  const Json report = Json::parse(folder.Read("r.json"));
  EXPECT_EQ(report["verdict"], "unknown");
  EXPECT_EQ(report["workloads"][0]["runs"], 3);
  EXPECT_EQ(report["workloads"][0]["space"]["exhausted"], false);
  EXPECT_EQ(RunTool({"check", "--quiet", holds}).status, kHolds);
}

TEST(CommandLineTest, ReportedIdsReplay) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kReplace);
  const Ended checked = RunTool({"check", "--quiet", file});
  const std::vector<std::string> ids = IdsIn(checked.out);
  ASSERT_GE(ids.size(), 2u);
  for (const std::string& id : ids) {
    const Ended replayed = RunTool({"replay", "--quiet", file, "--at", id});
    EXPECT_EQ(replayed.status, kViolation) << id;
    EXPECT_THAT(IdsIn(replayed.out), testing::Contains(id));
  }
  // The end of the recording is admissible.
  const std::string listing = RunTool({"show", file}).out;
  const std::string events = listing.substr(
      listing.find(": ") + 2, listing.find(" disk") - listing.find(": ") - 2);
  const Ended end =
      RunTool({"replay", file, "--at", events + "p@" + DigestOf(file)});
  EXPECT_EQ(end.status, kHolds);
  EXPECT_THAT(end.out, HasSubstr("admissible"));
}

// The image is looked at by the tools of ntfs-3g, which are independent of this
// project and run in processes of their own.
TEST(CommandLineTest, ImageIsTheDiskOfTheState) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kOverwrite);
  const std::string image = folder.File("image");
  const std::string listing = RunTool({"show", file}).out;
  const std::string events = listing.substr(
      listing.find(": ") + 2, listing.find(" disk") - listing.find(": ") - 2);
  const Ended ended =
      RunTool({"replay", file, "--at", events + "p@" + DigestOf(file),
               "--image", image, "--save", folder.File("t")});
  ASSERT_EQ(ended.status, kHolds) << ended.err;
  EXPECT_EQ(std::filesystem::file_size(image), 2u << 20);
  EXPECT_EQ(RunTool({"show", folder.File("t")}).out, listing);
  const Ended names = Subprocess({"/usr/bin/ntfsls", "-f", image}).Wait();
  EXPECT_EQ(names.status, 0) << names.err;
  EXPECT_THAT(names.out, HasSubstr("a\n"));
  const Ended content =
      Subprocess({"/usr/bin/ntfscat", "-f", image, "/a"}).Wait();
  EXPECT_EQ(content.status, 0) << content.err;
  EXPECT_EQ(content.out.size(), 8192u);
  ExpectError(RunTool({"replay", file, "--at", events + "p@" + DigestOf(file),
                       "--image", folder.File("no/image")}),
              kUsage, "no/image");
}

}  // namespace
}  // namespace powercut
