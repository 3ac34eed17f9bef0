// Text that is broken into lines for a terminal.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_WRAPPED_TEXT_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_WRAPPED_TEXT_H_

#include <string>
#include <string_view>

namespace powercut {

inline constexpr size_t kTextColumns = 100;

// Returns `label` followed by `text`, broken at spaces so that lines have at
// most `columns` bytes; a longer word has a line to itself. Lines after the
// first are indented by the length of the label. Ends in a line break.
std::string WrappedText(std::string_view label, std::string_view text,
                        size_t columns = kTextColumns);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_WRAPPED_TEXT_H_
