// The completion of fish: one `complete` for each verb and each flag.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/help/completions.h"
#include "harness/cli/help/help_text.h"
#include "harness/cli/help/known_values.h"

namespace powercut {
namespace {

// The text as one word of fish, in single quotes.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// What follows `-a`: words that fish splits at blanks and at commands. Values
// with blanks are quoted for that a second time.
std::string Candidates(const DeclaredFlag& flag,
                       const std::vector<std::string>& values) {
  std::vector<std::string> words;
  for (const std::string& value : values) {
    const bool plain = value.find(' ') == std::string::npos;
    words.push_back(plain ? value : Quoted(value));
  }
  const std::string all = fmt::format("{}", fmt::join(words, " "));
  if (!flag.commas) return Quoted(all);
  return Quoted("(__fish_append , " + all + ")");
}

// The part of a `complete` that says what a flag takes.
std::string ValueOf(const DeclaredFlag& flag) {
  switch (flag.value) {
    case FlagValue::kNone:
      return "";
    case FlagValue::kFile:
      return " -r -F";
    case FlagValue::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    default:
      break;
  }
  const std::vector<std::string> values = KnownValues(flag);
  return values.empty() ? " -x" : " -x -a " + Candidates(flag, values);
}

std::string FlagLine(const DeclaredVerb& verb, const DeclaredFlag& flag) {
  std::string line =
      fmt::format("complete -c powercut -n '__powercut_verb_is {}'", verb.name);
  if (flag.positional()) {
    if (flag.value == FlagValue::kCommand) {
      return line + " -a '(__fish_complete_subcommand)'\n";
    }
    return flag.value == FlagValue::kFile ? line + " -F\n" : "";
  }
  for (const std::string& name : flag.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2)
                                   : " -s " + name.substr(1);
  }
  return line + ValueOf(flag) + " -d " + Quoted(FlagText(flag)) + "\n";
}

}  // namespace

std::string FishCompletion(const std::deque<DeclaredVerb>& verbs) {
  std::string text =
      "# Completion of powercut in fish, made from the table of flags.\n\n"
      "function __powercut_verb_is\n"
      "    set -l words (commandline -opc)\n"
      "    test (count $words) -ge 2; and test $words[2] = $argv[1]\n"
      "end\n\n"
      "function __powercut_needs_verb\n"
      "    test (count (commandline -opc)) -eq 1\n"
      "end\n\n"
      "complete -c powercut -f\n";
  for (const DeclaredVerb& verb : verbs) {
    text += fmt::format(
        "complete -c powercut -n __powercut_needs_verb -a {} -d {}\n",
        verb.name, Quoted(verb.summary));
  }
  for (const DeclaredVerb& verb : verbs) {
    text += fmt::format(
        "complete -c powercut -n '__powercut_verb_is {}' -s h -l help -d "
        "'explain the verb'\n"
        "complete -c powercut -n '__powercut_verb_is {}' -l help-all -d "
        "'explain every flag'\n",
        verb.name, verb.name);
    for (const DeclaredFlag& flag : verb.flags) text += FlagLine(verb, flag);
  }
  return text;
}

}  // namespace powercut
