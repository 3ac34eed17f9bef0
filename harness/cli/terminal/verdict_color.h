// Colors of verdicts and causes on standard output.
//
// The texts of results are made without colors, so that reports, tests and
// files have the same bytes everywhere. What is printed may be colored on its
// way to a terminal.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_VERDICT_COLOR_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_VERDICT_COLOR_H_

#include <string>

namespace powercut {

// The values of --color.
inline constexpr const char* kColorAuto = "auto";
inline constexpr const char* kColorAlways = "always";
inline constexpr const char* kColorNever = "never";

// The value of --color, which all verbs share; kColorAuto at first. It is set
// while flags are parsed and read by UsesColor().
std::string& ColorWord();

// Whether standard output gets colors now: as ColorWord() says; for kColorAuto,
// if it is a terminal that takes escape sequences and $NO_COLOR is not set or
// is empty.
bool UsesColor();

// Returns a text of findings and summary lines in which the words of verdicts
// and the names of causes are colored, whatever UsesColor() says. Without the
// escape sequences it is the same text.
std::string ColoredVerdicts(const std::string& text);
// The same for a table whose rows have one or two names before the verdict.
std::string ColoredTable(const std::string& text);

// Prints a text to standard output, colored if UsesColor().
void PrintVerdicts(const std::string& text);
void PrintTable(const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_VERDICT_COLOR_H_
