// Every command that README.md and docs/ show is run as it stands, and what it
// prints is held against the output shown.
//
// A command is a line indented by four spaces that begins with `powercut`, or
// with `$ powercut` if output follows. The commands of one document run one
// after the other in one folder, which has corpora/ and tests/golden/ in it. A
// line of `...` in an output stands for any lines. A command has to end with
// the status that the document promises (PromisedStatus()). Commands of kernel
// file systems run where the kernel has them, and record something else each
// time, so that their output is not compared.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/source_tree.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

struct ShownCommand {
  size_t line_index = 0;
  std::string text;
  // The lines shown below it up to an empty line, and all lines of the block,
  // since outputs have empty lines, too. Empty if none are shown.
  std::vector<std::string> output;
  std::vector<std::string> whole_output;
};

constexpr std::string_view kIndent = "    ";

bool BeginsCommand(std::string_view line) {
  if (!line.starts_with(kIndent)) return false;
  line.remove_prefix(kIndent.size());
  if (line.starts_with("$ ")) line.remove_prefix(2);
  // Not the first line of a workload, nor a message of the tool's.
  return (line.starts_with("powercut ") && !line.starts_with("powercut 1")) ||
         line.starts_with("parallel ");
}

// The exit status that a document promises of a command: that of a comment
// `# exit status N`; otherwise 1 if the output shows a violation, or if a
// replay has no output, since documents list replays of bugs; otherwise 0.
int PromisedStatus(const ShownCommand& command) {
  constexpr std::string_view kStatus = "# exit status ";
  const size_t at = command.text.rfind(kStatus);
  if (at != std::string::npos) {
    return std::stoi(command.text.substr(at + kStatus.size()));
  }
  if (command.output.empty()) {
    return command.text.starts_with("powercut replay ") ? 1 : 0;
  }
  // What a file expects is printed, too, and its summary line says `ok`.
  int status = 0;
  std::vector<std::string> lines = command.output;
  if (!command.whole_output.empty()) lines = command.whole_output;
  for (const std::string& line : lines) {
    if (line.find(": violation") != std::string::npos) status = 1;
    if (line.find(": ok: ") != std::string::npos) status = 0;
  }
  return status;
}

bool IsRunnable(const std::string& command) {
  // Job arrays have variables of their scheduler.
  return command.find("$SLURM") == std::string::npos &&
         command.find("$((") == std::string::npos;
}

bool NeedsKernel(const std::string& command) {
  for (const char* word : {"ext4", "xfs", "btrfs", "full.trace"}) {
    const bool profile = command.find("--profile") != std::string::npos;
    if (command.find(word) != std::string::npos && !profile) return true;
  }
  return false;
}

// Whether a program runs on simfs through FUSE.
bool NeedsPrograms(const std::string& command) {
  return command.find("powercut run ") != std::string::npos ||
         command.find("powercut-run.trace") != std::string::npos ||
         command.find("log.trace") != std::string::npos;
}

// The output below a command: the indented lines, with the empty ones among
// them if `whole`, or the fenced block that follows after an empty line.
std::vector<std::string> OutputBelow(const std::vector<std::string>& lines,
                                     size_t at, bool whole) {
  std::vector<std::string> output;
  for (; at < lines.size(); ++at) {
    const bool empty = whole && lines[at].empty();
    if (!empty && !lines[at].starts_with(kIndent)) break;
    if (BeginsCommand(lines[at])) break;
    output.push_back(empty ? "" : lines[at].substr(kIndent.size()));
  }
  if (whole) {
    while (!output.empty() && output.back().empty()) output.pop_back();
    return output;
  }
  if (!output.empty() || at + 1 >= lines.size() || !lines[at].empty() ||
      lines[at + 1] != "```") {
    return output;
  }
  for (at += 2; at < lines.size() && lines[at] != "```"; ++at) {
    output.push_back(lines[at]);
  }
  return output;
}

std::vector<ShownCommand> CommandsOf(const SourceFile& file) {
  std::vector<ShownCommand> commands;
  const auto lines = LinesOf(file.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!BeginsCommand(lines[i])) continue;
    ShownCommand command;
    command.line_index = i;
    std::string text = lines[i].substr(kIndent.size());
    const bool shows_output = text.starts_with("$ ");
    if (shows_output) text.erase(0, 2);
    while (text.ends_with('\\') && i + 1 < lines.size()) {
      text.pop_back();
      text += lines[++i].substr(kIndent.size());
    }
    command.text = text;
    if (shows_output) {
      command.output = OutputBelow(lines, i + 1, /*whole=*/false);
      command.whole_output = OutputBelow(lines, i + 1, /*whole=*/true);
    }
    commands.push_back(std::move(command));
  }
  return commands;
}

// Whether the lines are those shown, where `...` is any number of lines.
bool Matches(const std::vector<std::string>& shown,
             const std::vector<std::string>& lines, size_t s = 0,
             size_t l = 0) {
  for (; s < shown.size(); ++s, ++l) {
    if (shown[s] == "...") {
      for (size_t skip = l; skip <= lines.size(); ++skip) {
        if (Matches(shown, lines, s + 1, skip)) return true;
      }
      return false;
    }
    if (l >= lines.size() || shown[s] != lines[l]) return false;
  }
  return l == lines.size();
}

// Files whose commands CI runs.
std::vector<SourceFile> Documents() {
  std::vector<SourceFile> documents;
  for (const SourceFile& file : WorkingTree()) {
    if (file.path == "README.md" || file.path.starts_with("docs/")) {
      documents.push_back(file);
    }
  }
  return documents;
}

// A folder in which the commands of a document run.
class Stage {
 public:
  Stage() {
    const std::filesystem::path root = POWERCUT_SOURCE_DIR;
    const std::filesystem::path here = folder_.File("");
    std::filesystem::copy(root / "corpora", here / "corpora",
                          std::filesystem::copy_options::recursive);
    std::filesystem::create_directories(here / "tests");
    std::filesystem::copy(root / "tests/golden", here / "tests/golden",
                          std::filesystem::copy_options::recursive);
  }

  Ended Run(const std::string& command) const {
    const auto tool = std::filesystem::path(POWERCUT_TOOL).parent_path();
    return Subprocess({"/bin/bash", "-c",
                       "cd " + folder_.File("") + " && PATH=" + tool.string() +
                           ":$PATH && export COLUMNS=80 && " + command + ""})
        .Wait();
  }

 private:
  TemporaryFolder folder_;
};

bool IsReady(const std::string& row) {
  const Ended doctor = RunTool({"doctor"});
  for (const std::string& line : LinesOf(doctor.out)) {
    if (line.starts_with(row + " ")) {
      return line.find("ready") != std::string::npos;
    }
  }
  return false;
}

TEST(DocumentsTest, CommandsDoWhatIsShown) {
  const bool kernel = IsReady("ext4");
  const bool programs = IsReady("programs");
  size_t run = 0;
  for (const SourceFile& file : Documents()) {
    const Stage stage;
    for (const ShownCommand& command : CommandsOf(file)) {
      if (!IsRunnable(command.text)) continue;
      const bool needs_kernel = NeedsKernel(command.text);
      if (needs_kernel && !kernel) continue;
      if (NeedsPrograms(command.text) && !programs) continue;
      const Ended ended = stage.Run(command.text);
      ++run;
      const std::string place = Place(file, command.line_index);
      // Another recording of a kernel may show another verdict.
      const bool either = needs_kernel && ended.status == 1;
      EXPECT_TRUE(either || ended.status == PromisedStatus(command))
          << place << command.text << "\nended in " << ended.status << "\n"
          << ended.err << ended.out;
      if (command.output.empty() || needs_kernel ||
          command.text.ends_with("doctor")) {
        continue;
      }
      // Notes go to standard error, before the results; some documents leave
      // the notes out.
      bool shown = false;
      for (const auto& lines : {command.output, command.whole_output}) {
        shown |= Matches(lines, LinesOf(ended.out)) ||
                 Matches(lines, LinesOf(ended.err + ended.out));
      }
      EXPECT_TRUE(shown) << place << command.text << "\nprints\n"
                         << ended.err << ended.out;
    }
  }
  EXPECT_GT(run, 40u);
}

TEST(DocumentsTest, WhatIsNotShownIsNoticed) {
  const std::vector<std::string> shown = {"a", "...", "z"};
  EXPECT_TRUE(Matches(shown, {"a", "z"}));
  EXPECT_TRUE(Matches(shown, {"a", "b", "c", "z"}));
  EXPECT_FALSE(Matches(shown, {"a", "b"}));
  EXPECT_FALSE(Matches({"a"}, {"a", "b"}));
  EXPECT_FALSE(Matches({"a", "b"}, {"a"}));
  const auto commands = CommandsOf(
      {"a.md",
       "x\n    $ powercut show a \\\n      b\n    out\n\n    powercut 1\n"
       "    powercut model  # exit status 1\n    $ powercut "
       "doctor\n\n```\nready\n```\n"});
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(commands[0].text, "powercut show a   b");
  EXPECT_EQ(PromisedStatus(commands[0]), 0);
  EXPECT_EQ(PromisedStatus(commands[1]), 1);
  EXPECT_EQ(PromisedStatus({0, "powercut replay a --at 1p", {}, {}}), 1);
  EXPECT_EQ(
      PromisedStatus({0, "powercut check a", {"x"}, {"a:1: violation: x"}}), 1);
  EXPECT_EQ(PromisedStatus({0,
                            "powercut check a",
                            {"x"},
                            {"a:1: violation: x", "a: ok: simfs"}}),
            0);
  EXPECT_THAT(commands[0].output, ::testing::ElementsAre("out"));
  EXPECT_THAT(commands[1].output, ::testing::IsEmpty());
  EXPECT_THAT(commands[2].output, ::testing::ElementsAre("ready"));
}

}  // namespace
}  // namespace powercut
