// DeclaredVerb: what the verbs declared of their flags, as a table. The texts
// of --help, the man pages and the completions of shells are made from it, so
// that none of them can lack a flag.

#ifndef POWERCUT_HARNESS_CLI_INPUT_FLAG_TABLE_H_
#define POWERCUT_HARNESS_CLI_INPUT_FLAG_TABLE_H_

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace powercut {

// What a flag is for. --help lists the groups in this order.
enum class FlagGroup {
  kInput,      // what is read, and which state of it
  kRecording,  // how a program is recorded
  kStorage,    // what runs, and what it promises
  kFaults,     // what goes wrong beside the crash
  kJudging,    // what judges a state
  kSpace,      // which crash states are visited
  kBudget,     // how far, how fast, with what memory
  kReport,     // files for programs, and what is known already
  kOutput,     // what is written and printed
};

// Every group, in order.
inline constexpr FlagGroup kFlagGroups[] = {
    FlagGroup::kInput,  FlagGroup::kRecording, FlagGroup::kStorage,
    FlagGroup::kFaults, FlagGroup::kJudging,   FlagGroup::kSpace,
    FlagGroup::kBudget, FlagGroup::kReport,    FlagGroup::kOutput,
};

// The heading of a group, such as `Crash space`.
std::string_view FlagGroupTitle(FlagGroup group);

// What kind of value a flag takes, for completions and for the word that stands
// for the value in --help.
enum class FlagValue {
  kNone,  // a switch
  kText,
  kNumber,
  kChoice,  // one of DeclaredFlag::choices
  kFile,
  kFolder,
  kBackend,
  kProfile,
  kSpace,
  kCrashKind,
  kFault,
  kSize,
  kTime,
  kStateId,
  kCommand,
};

// The word that stands for a value of this kind, such as `SPACE`; empty for
// kNone and kChoice.
std::string_view FlagValueWord(FlagValue value);

struct DeclaredFlag {
  // With their dashes, such as `-o` and `--output`. A positional argument has
  // one name and no dash.
  std::vector<std::string> names;
  FlagGroup group = FlagGroup::kInput;
  std::string help;
  FlagValue value = FlagValue::kText;
  // The word that stands for the value; empty for a switch.
  std::string value_word;
  // All values that there are; empty unless the kind is kChoice.
  std::vector<std::string> choices;
  // Values beside those of the kind, such as `all` beside the profiles.
  std::vector<std::string> more_values;
  bool required = false;
  // The flag may be given several times, or the argument is a list.
  bool list = false;
  // Several values stand in one text, with commas between them.
  bool commas = false;
  // The flag is left out of a help text that would not fit on a screen.
  bool rare = false;

  bool positional() const { return !names.front().starts_with('-'); }
};

struct DeclaredVerb {
  std::string name;
  std::string summary;  // one line
  // Paragraphs with an empty line between them; empty if there are none.
  std::string about;
  // A command line that works in the top folder of the repository once the
  // examples before it in docs/manual.md were run.
  std::string example;
  // In the order of declaration.
  std::deque<DeclaredFlag> flags;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_FLAG_TABLE_H_
