// Runs `import` and `export` as their users do: exit statuses, what is printed
// and what is written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string GoldenLog(const std::string& name) {
  return std::string(POWERCUT_SOURCE_DIR) + "/tests/golden/log/" + name;
}

Ended Import(const std::string& log, const std::string& trace,
             const std::string& origin, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"import", log,        "-o",
                                        trace,    "--origin", origin};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunTool(arguments);
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(ImportTest, TraceRemembersWhereItComesFrom) {
  const TemporaryFolder folder;
  const std::string log = GoldenLog("qemu_mixed_512.log");
  const std::string trace = folder.File("t");
  const Ended imported =
      Import(log, trace, "qemu", {"--race-window", "1", "--size", "1M"});
  EXPECT_EQ(imported.status, kHolds) << imported.err;
  EXPECT_THAT(imported.out, HasSubstr("origin qemu, 7 entries: 7 disk events"));
  EXPECT_THAT(imported.out, HasSubstr("a disk of 1048576 bytes"));
  for (const std::string& line : LinesOf(imported.err)) {
    EXPECT_THAT(line, StartsWith("powercut: " + log + ": note: entry "));
    EXPECT_THAT(line, HasSubstr(" at byte "));
  }
  EXPECT_EQ(LinesOf(imported.err).size(), 2u) << imported.err;

  const Ended shown = RunTool({"show", trace});
  EXPECT_EQ(shown.status, kHolds) << shown.err;
  EXPECT_THAT(shown.out,
              StartsWith("imported from a log of origin qemu race-window=1\n"));
  EXPECT_THAT(shown.out, HasSubstr("persist media   all up to event 2"));
  EXPECT_EQ(RunTool({"show", trace, "--save", folder.File("u")}).status,
            kHolds);
  EXPECT_EQ(folder.Read("u"), folder.Read("t"));
  ExpectError(RunTool({"check", trace}), kUsage, "does not say what it is of");
}

TEST(ImportTest, ManualShowsWhatIsSaid) {
  const TemporaryFolder folder;
  const std::string name = "tests/golden/log/kernel_metadata_flag.log";
  const std::string log = GoldenLog("kernel_metadata_flag.log");
  const Ended imported =
      Import(log, folder.File("t.trace"), "kernel", {"--size", "1M"});
  std::ifstream in(std::string(POWERCUT_SOURCE_DIR) + "/docs/manual.md");
  const std::string readme{std::istreambuf_iterator<char>(in), {}};
  std::string said = imported.err + imported.out;
  for (const auto& [from, to] :
       {std::pair(log, name),
        std::pair(folder.File("t.trace"), std::string("t.trace"))}) {
    for (size_t at = 0; (at = said.find(from)) != std::string::npos;) {
      said.replace(at, from.size(), to);
    }
  }
  EXPECT_THAT(readme, HasSubstr("```\n" + said + "```\n"));
}

TEST(ImportTest, WrongArgumentsAreSaid) {
  const TemporaryFolder folder;
  const std::string log = GoldenLog("qemu_mixed_512.log");
  const std::string trace = folder.File("t");
  ExpectError(RunTool({"import", log, "-o", trace}), kUsage, "--origin");
  ExpectError(RunTool({"import", log, "--origin", "qemu"}), kUsage, "--output");
  ExpectError(Import(log, trace, "xen"), kUsage, "--origin");
  ExpectError(Import(log, trace, "kernel", {"--race-window", "1"}), kUsage,
              "--origin qemu");
  ExpectError(Import(log, trace, "kernel", {"--assume-fua"}), kUsage,
              "--origin qemu");
  for (const char* size : {"1K", "0", "1T", "M", "-1", "69633", "9999999G"}) {
    ExpectError(Import(log, trace, "kernel", {"--size", size}), kUsage,
                "--size ");
  }
  ExpectError(Import(folder.File("none"), trace, "kernel"), kUsage,
              "none: No such file");
  ExpectError(Import(log, folder.File("no/t"), "kernel"), kUsage, "no/t");
  EXPECT_THAT(folder.Names(), IsEmpty());
}

TEST(ImportTest, BadLogsLeaveNoTrace) {
  const TemporaryFolder folder;
  const std::string trace = folder.File("t");
  ExpectError(Import(GoldenLog("hand_zero_entry.log"), trace, "kernel"), kUsage,
              "entry 0 at byte 512: neither flags nor sectors");
  ExpectError(Import(folder.Write("text", "powercut 1\n"), trace, "kernel"),
              kUsage, "text: superblock at byte 0: ");
  const std::string file = folder.Write("w.pcut", kReplace);
  ASSERT_EQ(RunTool({"show", file, "--save", folder.File("own")}).status, 0);
  ExpectError(Import(folder.File("own"), trace, "kernel"), kUsage,
              "needs no import");
  ExpectError(RunTool({"show", GoldenLog("hand_mark_ok.log")}), kUsage,
              "`powercut import`");
  const auto names = folder.Names();
  EXPECT_EQ(std::ranges::count(names, "t"), 0);
}

TEST(ImportTest, UncountedLogIsSalvaged) {
  const TemporaryFolder folder;
  const std::string whole = [] {
    std::ifstream in(GoldenLog("qemu_mixed_512.log"), std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  }();
  ASSERT_EQ(whole.size(), 11776u);
  ASSERT_EQ(
      Import(folder.Write("whole", whole), folder.File("t"), "qemu").status,
      kHolds);
  std::string uncounted = whole;
  std::fill_n(uncounted.begin(), 512, '\0');
  const Ended salvaged =
      Import(folder.Write("uncounted", uncounted), folder.File("u"), "qemu");
  EXPECT_EQ(salvaged.status, kHolds);
  EXPECT_THAT(salvaged.err, HasSubstr("entry 7 at byte 11776: salvage ends "
                                      "here, since the file ends"));
  EXPECT_EQ(folder.Read("u"), folder.Read("t"));

  // A log that was cut is salvaged only if a flag says so.
  const std::string cut = folder.Write("cut", whole.substr(0, 10'752));
  ExpectError(Import(cut, folder.File("v"), "qemu"), kUsage,
              "entry 5 at byte 10752: truncated: 0 bytes left for a header of "
              "512; --salvage takes 5 sound entries");
  const Ended told = Import(cut, folder.File("v"), "qemu", {"--salvage"});
  EXPECT_EQ(told.status, kHolds);
  EXPECT_THAT(told.out, HasSubstr(" 5 entries"));

  // So is a log with entries after its count.
  std::string stale = whole;
  stale[16] = 4;
  const std::string file = folder.Write("stale", stale);
  const Ended counted = Import(file, folder.File("v"), "qemu");
  EXPECT_THAT(counted.out, HasSubstr(" 4 entries"));
  EXPECT_THAT(counted.err, HasSubstr("--salvage takes 7 sound entries"));
  EXPECT_THAT(Import(file, folder.File("v"), "qemu", {"--salvage"}).out,
              HasSubstr(" 7 entries"));
}

TEST(ExportTest, LogComesBackAsItWas) {
  const TemporaryFolder folder;
  const std::string log = GoldenLog("qemu_mixed_512.log");
  ASSERT_EQ(Import(log, folder.File("t"), "kernel").status, kHolds);
  const Ended exported =
      RunTool({"export", folder.File("t"), "-o", folder.File("l")});
  EXPECT_EQ(exported.status, kHolds);
  EXPECT_THAT(exported.out, HasSubstr("8 entries"));
  EXPECT_EQ(LinesOf(exported.err).size(), 2u) << exported.err;
  // All is as it was, except for the count and one entry at the end, the mark.
  std::ifstream in(log, std::ios::binary);
  std::string whole{std::istreambuf_iterator<char>(in), {}};
  whole[16] = 8;
  EXPECT_EQ(folder.Read("l").substr(0, whole.size()), whole);
  EXPECT_EQ(folder.Read("l").size(), whole.size() + 512);
}

TEST(ExportTest, WorkloadsAreRecordedFirst) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kReplace);
  const std::vector<std::string> to_log = {
      "export", file, "-o", folder.File("l"), "--backend", "simfs"};
  const Ended exported = RunTool(to_log);
  EXPECT_EQ(exported.status, kHolds) << exported.err;
  for (const std::string& line : LinesOf(exported.err)) {
    EXPECT_THAT(line, StartsWith("powercut: " + folder.File("l") + ": note: "));
  }
  EXPECT_THAT(exported.err, HasSubstr(" at the host or in the process"));
  const Ended imported = Import(folder.File("l"), folder.File("t"), "kernel");
  EXPECT_EQ(imported.status, kHolds) << imported.err;
  EXPECT_THAT(imported.err, HasSubstr("a mark of powercut's own"));

  ASSERT_EQ(
      RunTool({"show", file, "--backend", "simfs", "--save", folder.File("s")})
          .status,
      kHolds);
  const std::string of_file = folder.Read("l");
  EXPECT_EQ(
      RunTool({"export", folder.File("s"), "-o", folder.File("l")}).status,
      kHolds);
  EXPECT_EQ(folder.Read("l"), of_file);
}

TEST(ExportTest, WrongArgumentsAreSaid) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kReplace);
  ExpectError(RunTool({"export", file}), kUsage, "--output");
  ExpectError(RunTool({"export", file, "-o", folder.File("no/l")}), kUsage,
              "no/l");
  ExpectError(RunTool({"export", folder.File("none"), "-o", folder.File("l")}),
              kUsage, "none: No such file");
  ExpectError(RunTool({"export", GoldenLog("hand_mark_ok.log"), "-o",
                       folder.File("l")}),
              kUsage, "`powercut import`");
  EXPECT_EQ(folder.Names(), std::vector<std::string>{"w.pcut"});
}

}  // namespace
}  // namespace powercut
