// The texts of --help, made from the table of flags.

#ifndef POWERCUT_HARNESS_CLI_HELP_HELP_TEXT_H_
#define POWERCUT_HARNESS_CLI_HELP_HELP_TEXT_H_

#include <deque>
#include <string>
#include <vector>

#include "harness/cli/input/flag_table.h"

namespace powercut {

// The most lines of a help text that counts as one screen.
inline constexpr size_t kScreenLines = 50;

// Returns the text of `powercut --help`: the verbs, the topics, an example and
// the exit statuses. Lines have at most `columns` bytes, longer words aside.
std::string ToolHelp(const std::deque<DeclaredVerb>& verbs, size_t columns);

// Returns the text of `powercut VERB --help`: what the verb is for, its flags
// by groups, and an example. If that takes more than kScreenLines lines, rare
// flags are only named, at the end of their group, and the first paragraph of
// DeclaredVerb::about stands for all of them, unless `all`.
std::string VerbHelp(const DeclaredVerb& verb, size_t columns, bool all);

// How a flag is written with its value, such as `--backend, --fs NAME` or
// `FILE...`.
std::string FlagSyntax(const DeclaredFlag& flag);

// How a verb is called, such as `powercut check [FLAG...] FILE...`.
std::string VerbSyntax(const DeclaredVerb& verb);

// The flags of a group in the order in which help texts list them: positional
// arguments, then the others as they were declared.
std::vector<const DeclaredFlag*> FlagsOfGroup(const DeclaredVerb& verb,
                                              FlagGroup group);

// What a help text says of a flag: its help, and what must be known of its
// values.
std::string FlagText(const DeclaredFlag& flag);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_HELP_HELP_TEXT_H_
