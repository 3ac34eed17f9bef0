// The topics of `powercut help` say what docs/ says.

#include "harness/cli/help/help_topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "harness/cli/exit_status.h"
#include "tests/source_tree.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

// A document without the marks of Markdown for code and for links, as one line.
std::string Plain(const std::string& markdown) {
  std::string plain;
  for (size_t i = 0; i < markdown.size(); ++i) {
    const char c = markdown[i];
    if (c == '`' || c == '[') continue;
    if (c == ']' && i + 1 < markdown.size() && markdown[i + 1] == '(') {
      i = markdown.find(')', i);
      continue;
    }
    plain += c == '\n' ? ' ' : c;
  }
  return plain;
}

std::string Documents() {
  std::string text;
  for (const SourceFile& file : WorkingTree()) {
    if (file.path == "docs/manual.md" || file.path == "docs/report_json.md" ||
        file.path == "docs/crash_model.md") {
      text += Plain(file.text) + "\n";
    }
  }
  return text;
}

TEST(HelpTopics, SayWhatTheDocumentsSay) {
  const std::string documents = Documents();
  for (const HelpTopic& topic : HelpTopics()) {
    for (const TopicBlock& block : topic.blocks) {
      const std::string text(block.text);
      if (block.label.empty()) {
        EXPECT_THAT(documents, HasSubstr(text)) << topic.name;
        continue;
      }
      // A row may have more in the document, such as the file of an example.
      EXPECT_THAT(documents,
                  HasSubstr("| " + std::string(block.label) + " | " + text))
          << topic.name;
    }
  }
}

TEST(HelpTopics, DriftIsNoticed) {
  EXPECT_EQ(Plain("the [manual](manual.md) says\n`--space`"),
            "the manual says --space");
  EXPECT_THAT(Documents(), testing::Not(HasSubstr("| 1 | a contradiction")));
}

TEST(HelpTopics, EveryExitStatusHasARow) {
  std::set<std::string> labels;
  for (const TopicBlock& block : FindTopic("exit-status")->blocks) {
    if (!block.label.empty()) labels.insert(std::string(block.label));
  }
  std::set<std::string> statuses;
  for (const ExitStatus status :
       {kExitHolds, kExitViolation, kExitUnknown, kExitProgramFailed,
        kExitCannotRun, kExitInternal, kExitUsage, kExitInterrupted}) {
    statuses.insert(std::to_string(status));
  }
  EXPECT_EQ(labels, statuses);
}

TEST(HelpTopics, AreFoundByName) {
  EXPECT_EQ(FindTopic("spaces")->name, "spaces");
  EXPECT_EQ(FindTopic("space"), nullptr);
}

}  // namespace
}  // namespace powercut
