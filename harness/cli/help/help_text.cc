// Lays out the texts of --help.
//
// A verb with thirty flags does not fit on a screen. So a flag can be declared
// as rare: if the text with all flags is too long, each group explains its
// usual flags and ends in a line that names the rare ones, and only the first
// paragraph about the verb is there. --help-all has all of it. No flag is ever
// left out of the text altogether.

#include "harness/cli/help/help_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/cli/help/help_topics.h"
#include "harness/cli/terminal/wrapped_text.h"

namespace powercut {
namespace {

// Where the explanations of flags and verbs begin.
constexpr size_t kTextAt = 24;
constexpr size_t kNarrowTextAt = 6;
constexpr size_t kColumnsBeside = 60;
constexpr const char* kIndent = "  ";

// A row of a list: a label, and its text beside it. A label that is too long
// has a line to itself.
std::string Row(const std::string& label, const std::string& text,
                size_t columns) {
  // Beside a label, a narrow terminal has no room for words.
  const bool beside = columns >= kColumnsBeside;
  if (beside && label.size() + 4 <= kTextAt) {
    return WrappedText(fmt::format("{}{:<{}}", kIndent, label, kTextAt - 2),
                       text, columns);
  }
  return kIndent + label + "\n" +
         WrappedText(std::string(beside ? kTextAt : kNarrowTextAt, ' '), text,
                     columns);
}

// The paragraphs of a text, each wrapped, with empty lines between them.
std::string Paragraphs(std::string_view text, size_t columns) {
  constexpr std::string_view kBreak = "\n\n";
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(kBreak), text.size());
    out += "\n" + WrappedText("", text.substr(0, end), columns);
    text.remove_prefix(std::min(end + kBreak.size(), text.size()));
  }
  return out;
}

// A command line that a reader copies: it is broken after a backslash, so that
// a shell takes it as it stands.
std::string CommandLines(const std::string& command, size_t columns) {
  std::string line = WrappedText("    ", command, columns - 2);
  line.pop_back();
  std::string out = "  ";
  for (const char c : line.substr(2)) {
    if (c == '\n') out += " \\";
    out += c;
  }
  return out + "\n";
}

std::string GroupText(const DeclaredVerb& verb, FlagGroup group, size_t columns,
                      bool all) {
  std::string text;
  std::vector<std::string> rare;
  for (const DeclaredFlag* flag : FlagsOfGroup(verb, group)) {
    if (flag->rare && !all) {
      rare.push_back(flag->names.back());
    } else {
      text += Row(FlagSyntax(*flag), FlagText(*flag), columns);
    }
  }
  if (!rare.empty()) {
    text += Row("also", fmt::format("{}", fmt::join(rare, ", ")), columns);
  }
  if (group == FlagGroup::kOutput) {
    text += Row("-h, --help",
                all ? "this text without the flags that are seldom needed"
                    : "this text; --help-all explains every flag",
                columns);
  }
  if (text.empty()) return text;
  return fmt::format("{}\n{}", FlagGroupTitle(group), text);
}

std::string VerbText(const DeclaredVerb& verb, size_t columns, bool all) {
  std::string text = WrappedText(fmt::format("powercut {}: ", verb.name),
                                 verb.summary, columns) +
                     "\n" + CommandLines(VerbSyntax(verb), columns);
  // The first paragraph says what the verb does, the others are details.
  const std::string_view about = verb.about;
  text +=
      Paragraphs(all ? about : about.substr(0, about.find("\n\n")), columns) +
      "\n";
  for (const FlagGroup group : kFlagGroups) {
    text += GroupText(verb, group, columns, all);
  }
  text += "\nExample\n" + CommandLines(verb.example, columns);
  return text;
}

}  // namespace

std::vector<const DeclaredFlag*> FlagsOfGroup(const DeclaredVerb& verb,
                                              FlagGroup group) {
  std::vector<const DeclaredFlag*> flags;
  for (const bool positional : {true, false}) {
    for (const DeclaredFlag& flag : verb.flags) {
      if (flag.group != group || flag.positional() != positional) continue;
      flags.push_back(&flag);
    }
  }
  return flags;
}

std::string FlagSyntax(const DeclaredFlag& flag) {
  if (flag.positional()) return flag.names[0] + (flag.list ? "..." : "");
  std::string text = fmt::format("{}", fmt::join(flag.names, ", "));
  if (!flag.value_word.empty()) text += " " + flag.value_word;
  // The flag may be repeated.
  return text + (flag.list && !flag.commas ? "..." : "");
}

std::string FlagText(const DeclaredFlag& flag) {
  std::string text = flag.help;
  if (!flag.choices.empty()) {
    text += fmt::format(": {}", fmt::join(flag.choices, ", "));
  }
  return text;
}

std::string VerbSyntax(const DeclaredVerb& verb) {
  std::string text = "powercut " + verb.name;
  std::string arguments;
  bool others = false;
  for (const DeclaredFlag& flag : verb.flags) {
    if (flag.positional()) {
      // What follows `--` is a command with flags of its own.
      const bool command = flag.value == FlagValue::kCommand;
      const std::string word = (command ? "-- " : "") + FlagSyntax(flag);
      arguments += flag.required ? " " + word : " [" + word + "]";
    } else if (flag.required) {
      text += fmt::format(" {} {}", flag.names[0], flag.value_word);
    } else {
      others = true;
    }
  }
  if (others) text += " [FLAG...]";
  return text + arguments;
}

std::string VerbHelp(const DeclaredVerb& verb, size_t columns, bool all) {
  const std::string text = VerbText(verb, columns, /*all=*/true);
  const auto lines = static_cast<size_t>(std::ranges::count(text, '\n'));
  return all || lines <= kScreenLines ? text
                                      : VerbText(verb, columns, /*all=*/false);
}

std::string ToolHelp(const std::deque<DeclaredVerb>& verbs, size_t columns) {
  std::string text = WrappedText(
      "",
      "powercut checks that storage keeps its promises when the power goes.",
      columns);
  text += "\n  powercut VERB [FLAG...] [ARGUMENT...]\n\nVerbs\n";
  const auto row = [&](const std::string& name, const std::string& summary) {
    text += WrappedText(fmt::format("  {:<10}", name), summary, columns);
  };
  for (const DeclaredVerb& verb : verbs) row(verb.name, verb.summary);
  text += "\nExample\n" + CommandLines(verbs.front().example, columns);
  text += "\nTopics of `powercut help TOPIC`\n";
  for (const HelpTopic& topic : HelpTopics()) {
    text += WrappedText(fmt::format("  {:<13}", topic.name), topic.summary,
                        columns);
  }
  text += "\n" + WrappedText("",
                             "`powercut VERB --help` explains a verb and its "
                             "flags.",
                             columns);
  return text;
}

}  // namespace powercut
