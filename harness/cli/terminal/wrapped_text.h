// Text broken into lines of a terminal.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_WRAPPED_TEXT_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_WRAPPED_TEXT_H_

#include <string>
#include <string_view>

namespace powercut {

inline constexpr size_t kTextColumns = 100;

// `label` and `text`, broken at spaces so that no line is longer than
// kTextColumns where that can be; later lines are indented to where the text
// begins. Ends in a line break.
std::string WrappedText(std::string_view label, std::string_view text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_WRAPPED_TEXT_H_
