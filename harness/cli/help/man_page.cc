// Writes man pages in the macros of man(7).
//
// Each function makes one section from the table of flags or from a topic, and
// all text goes through Escaped(), so that nothing in it is a request of roff.
// Pages have no date: they are made from the flags of one version, which stands
// in their footer.

#include "harness/cli/help/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "harness/cli/help/help_text.h"
#include "harness/cli/help/help_topics.h"
#include "harness/cli/help/known_values.h"

namespace powercut {
namespace {

// A text as roff takes it. A hyphen that is escaped stays the character of the
// keyboard, so that flags can be searched and copied.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '\n':
        out += ' ';
        break;
      default:
        out += c;
    }
  }
  // A line that begins with a dot is a request.
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return text;
}

std::string Head(const std::string& name, const std::string& summary) {
  return fmt::format(
      ".\\\" Made from the table of flags by powercut_pages.\n"
      ".TH \"{}\" 1 \"\" \"powercut {}\" \"powercut\"\n"
      ".SH NAME\n{} \\- {}\n",
      Escaped(Upper(name)), POWERCUT_VERSION, Escaped(name), Escaped(summary));
}

// Paragraphs with empty lines between them. The first one follows a heading,
// which begins a paragraph itself.
std::string Paragraphs(std::string_view text) {
  constexpr std::string_view kBreak = "\n\n";
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(kBreak), text.size());
    if (!out.empty()) out += ".PP\n";
    out += Escaped(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + kBreak.size(), text.size()));
  }
  return out;
}

std::string Flag(const DeclaredFlag& flag) {
  std::string text = ".TP\n";
  for (size_t i = 0; i < flag.names.size(); ++i) {
    text += (i > 0 ? ", \\fB" : "\\fB") + Escaped(flag.names[i]) + "\\fR";
  }
  if (flag.positional()) {
    text += flag.list ? "..." : "";
  } else if (!flag.value_word.empty()) {
    text += " \\fI" + Escaped(flag.value_word) + "\\fR";
  }
  text += "\n" + Escaped(FlagText(flag)) + "\n";
  const bool names =
      flag.value == FlagValue::kBackend || flag.value == FlagValue::kProfile;
  if (!names) return text;
  std::string list;
  for (const std::string& name : KnownValues(flag)) {
    list += (list.empty() ? "" : ", ") + name;
  }
  return text + ".br\nKnown names: " + Escaped(list) + "\n";
}

std::string Topic(const HelpTopic& topic, const std::string& heading) {
  std::string text = ".SH " + heading + "\n";
  bool first = true;
  for (const TopicBlock& block : topic.blocks) {
    if (!block.label.empty()) {
      text += ".TP\n\\fB" + Escaped(block.label) + "\\fR\n";
    } else if (!first) {
      text += ".PP\n";
    }
    text += Escaped(block.text) + "\n";
    first = false;
  }
  return text;
}

std::string Example(const std::string& command) {
  return ".SH EXAMPLES\n.nf\n" + Escaped(command) + "\n.fi\n";
}

}  // namespace

std::string ToolManPage(const std::deque<DeclaredVerb>& verbs) {
  std::string text =
      Head("powercut",
           "checks that storage keeps its promises when the power "
           "goes");
  text +=
      ".SH SYNOPSIS\n\\fBpowercut\\fR \\fIVERB\\fR [\\fIFLAG\\fR...] "
      "[\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n";
  text += "Each verb has a page of its own.\n";
  for (const DeclaredVerb& verb : verbs) {
    const std::string page = "powercut\\-" + Escaped(verb.name);
    text += ".TP\n\\fB" + page + "\\fR(1)\n" + Escaped(verb.summary) + "\n";
  }
  text += Example(verbs.front().example);
  for (const HelpTopic& topic : HelpTopics()) {
    std::string heading = Upper(topic.name);
    std::ranges::replace(heading, '-', ' ');
    text += Topic(topic, heading);
  }
  return text +
         ".SH ENVIRONMENT\n"
         ".TP\n.B NO_COLOR\nIf it is set and not empty, \\-\\-color=auto "
         "prints no colors.\n"
         ".TP\n.B COLUMNS\nThe width of help texts, 40 to 100.\n";
}

std::string VerbManPage(const DeclaredVerb& verb) {
  std::string text = Head("powercut-" + verb.name, verb.summary);
  text += ".SH SYNOPSIS\n" + Escaped(VerbSyntax(verb)) + "\n";
  text += ".SH DESCRIPTION\n" +
          Paragraphs(verb.about.empty()
                         ? "powercut " + verb.name + ": " + verb.summary + "."
                         : verb.about);
  text += ".SH OPTIONS\n";
  for (const FlagGroup group : kFlagGroups) {
    const auto flags = FlagsOfGroup(verb, group);
    if (flags.empty()) continue;
    text += fmt::format(".SS {}\n", FlagGroupTitle(group));
    for (const DeclaredFlag* flag : flags) text += Flag(*flag);
  }
  text +=
      ".SS Help\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR, "
      "\\fB\\-\\-help\\-all\\fR\nexplain the flags\n";
  text += Example(verb.example);
  return text +
         ".SH EXIT STATUS\nThe page\n.BR powercut (1)\nlists the exit "
         "statuses.\n.SH SEE ALSO\n.BR powercut (1)\n";
}

}  // namespace powercut
