// Asks the terminal and the environment.

#include "harness/cli/terminal/terminal_traits.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "harness/cli/terminal/wrapped_text.h"

namespace powercut {

size_t TerminalColumns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool TakesEscapes(int descriptor) {
  const char* const term = std::getenv("TERM");
  return isatty(descriptor) == 1 && term != nullptr && *term != '\0' &&
         std::string_view(term) != "dumb";
}

bool RefusesColors() {
  const char* const refused = std::getenv("NO_COLOR");
  return refused != nullptr && *refused != '\0';
}

size_t TextColumns() {
  constexpr size_t kColumnsMin = 40;
  constexpr size_t kColumnsElse = 80;
  size_t columns = 0;
  if (const char* asked = std::getenv("COLUMNS")) {
    const std::string_view text = asked;
    const auto [stop, error] =
        std::from_chars(text.data(), text.data() + text.size(), columns);
    // What is no number asks for nothing.
    if (error != std::errc() || stop != text.data() + text.size()) columns = 0;
  }
  if (columns == 0) columns = TerminalColumns(STDOUT_FILENO);
  if (columns == 0) columns = kColumnsElse;
  return std::clamp(columns, kColumnsMin, kTextColumns);
}

}  // namespace powercut
