// The texts of --help: every flag is there, everything fits on a screen, and
// the examples are those that the manual shows and documents_test runs.

#include "harness/cli/help/help_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "harness/cli/help/help_topics.h"
#include "tests/harness/cli/help/declared_verbs.h"
#include "tests/source_tree.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Manual() {
  for (const SourceFile& file : WorkingTree()) {
    if (file.path == "docs/manual.md") return file.text;
  }
  ADD_FAILURE() << "docs/manual.md is not there";
  return "";
}

// Each run of blanks as one space, and no line breaks: also none that are
// escaped, as in a command line over several lines.
std::string Flat(const std::string& text) {
  std::string flat;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\n';
    const bool blank = text[i] == ' ' || text[i] == '\n' || escaped;
    if (!blank) {
      flat += text[i];
    } else if (!flat.empty() && flat.back() != ' ') {
      flat += ' ';
    }
  }
  return flat;
}

// The lines that are longer than `columns` though they could be broken.
std::vector<std::string> LongLines(const std::string& text, size_t columns) {
  std::vector<std::string> lines;
  for (std::string line : LinesOf(text)) {
    // A command line goes on after a backslash.
    if (line.ends_with(" \\")) line.resize(line.size() - 2);
    const size_t word = line.find_first_not_of(' ');
    if (line.size() > columns && line.find(' ', word) != line.npos) {
      lines.push_back(line);
    }
  }
  return lines;
}

size_t LineCount(const std::string& text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

TEST(HelpText, EveryFlagIsThere) {
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    const std::string usual = VerbHelp(verb, 80, /*all=*/false);
    const std::string whole = VerbHelp(verb, 80, /*all=*/true);
    for (const DeclaredFlag& flag : verb.flags) {
      SCOPED_TRACE(verb.name + " " + flag.names[0]);
      EXPECT_THAT(usual, HasSubstr(flag.names.back()));
      EXPECT_THAT(whole, HasSubstr("  " + FlagSyntax(flag)));
      EXPECT_FALSE(flag.help.empty());
      EXPECT_FALSE(flag.help.ends_with('.')) << flag.help;
    }
  }
}

TEST(HelpText, EveryTextFitsOnAScreen) {
  const auto fits = [](const std::string& name, const std::string& text) {
    EXPECT_LE(LineCount(text), kScreenLines) << name << "\n" << text;
    EXPECT_THAT(LongLines(text, 80), testing::IsEmpty()) << name;
  };
  fits("powercut", ToolHelp(DeclaredVerbs(), 80));
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    fits(verb.name, VerbHelp(verb, 80, /*all=*/false));
  }
  for (const HelpTopic& topic : HelpTopics()) {
    fits(topic.name, TopicText(topic, 80));
  }
}

TEST(HelpText, LinesAreAsWideAsTheTerminal) {
  for (const size_t columns : {40, 60, 100}) {
    for (const DeclaredVerb& verb : DeclaredVerbs()) {
      EXPECT_THAT(LongLines(VerbHelp(verb, columns, /*all=*/true), columns),
                  testing::IsEmpty())
          << verb.name;
    }
    EXPECT_THAT(LongLines(ToolHelp(DeclaredVerbs(), columns), columns),
                testing::IsEmpty());
  }
}

TEST(HelpText, ExamplesAreThoseOfTheManual) {
  const std::string manual = Flat(Manual());
  std::set<std::string> examples;
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    EXPECT_THAT(manual, HasSubstr(Flat(verb.example))) << verb.name;
    EXPECT_TRUE(verb.example.starts_with("powercut " + verb.name))
        << verb.example;
    EXPECT_TRUE(examples.insert(verb.example).second) << verb.example;
    // A reader copies it from the text, over several lines.
    EXPECT_THAT(Flat(VerbHelp(verb, 60, /*all=*/false)),
                HasSubstr(Flat(verb.example)));
  }
}

TEST(HelpText, TheManualKnowsEveryVerbAndFlag) {
  const std::string manual = Manual();
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    EXPECT_THAT(manual, HasSubstr("\n## " + verb.name + "\n"));
    for (const DeclaredFlag& flag : verb.flags) {
      for (const std::string& name : flag.names) {
        if (flag.positional()) continue;
        EXPECT_THAT(manual, HasSubstr("`" + name)) << verb.name;
      }
    }
  }
}

TEST(HelpText, RareFlagsAreNamedOnlyWhereTheTextIsLong) {
  DeclaredVerb verb;
  verb.name = "try";
  verb.summary = "try it";
  verb.about = "It is tried.\n\nThe rest is this.";
  verb.example = "powercut try";
  const auto add = [&](const std::string& name, bool rare) {
    DeclaredFlag& flag = verb.flags.emplace_back();
    flag.names = {name};
    flag.group = FlagGroup::kSpace;
    flag.help = "does " + name;
    flag.value = FlagValue::kNone;
    flag.rare = rare;
  };
  add("--a", false);
  add("--b", true);
  EXPECT_THAT(VerbHelp(verb, 80, /*all=*/false), HasSubstr("does --b"));
  for (char c = 'c'; c <= 'z'; ++c) {
    add(std::string("--") + c, c % 2 == 0);
    add(std::string("--") + c + "2", false);
  }
  const std::string usual = VerbHelp(verb, 80, /*all=*/false);
  EXPECT_THAT(usual, HasSubstr("does --a"));
  EXPECT_THAT(usual, Not(HasSubstr("does --b")));
  EXPECT_THAT(usual, HasSubstr("also                  --b, --d, --f"));
  EXPECT_THAT(usual, HasSubstr("It is tried."));
  EXPECT_THAT(usual, Not(HasSubstr("The rest is this.")));
  const std::string whole = VerbHelp(verb, 80, /*all=*/true);
  EXPECT_THAT(whole, HasSubstr("does --b"));
  EXPECT_THAT(whole, HasSubstr("The rest is this."));
}

TEST(HelpText, SyntaxSaysWhatIsRequired) {
  const auto syntax = [](const std::string& name) {
    const auto& verbs = DeclaredVerbs();
    const auto verb = std::ranges::find(verbs, name, &DeclaredVerb::name);
    return verb == verbs.end() ? "" : VerbSyntax(*verb);
  };
  EXPECT_EQ(syntax("check"), "powercut check [FLAG...] FILE...");
  EXPECT_EQ(syntax("replay"), "powercut replay --at ID [FLAG...] FILE");
  EXPECT_EQ(syntax("record"),
            "powercut record -o FILE [FLAG...] -- COMMAND...");
  EXPECT_EQ(syntax("litmus"), "powercut litmus [FLAG...] [FILE|DIR...]");
  EXPECT_EQ(syntax("doctor"), "powercut doctor");
}

}  // namespace
}  // namespace powercut
