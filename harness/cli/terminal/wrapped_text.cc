// Breaks text greedily: each line takes as many words as fit.

#include "harness/cli/terminal/wrapped_text.h"

#include <algorithm>

namespace powercut {

std::string WrappedText(std::string_view label, std::string_view text,
                        size_t columns) {
  std::string out(label);
  // A label takes half of the line at most, so that there always is room.
  const size_t room = columns - std::min(label.size(), columns / 2);
  while (text.size() > room) {
    size_t cut = text.rfind(' ', room);
    // A word that is longer than a line is not broken: it may be a name that a
    // reader wants to copy.
    if (cut == std::string_view::npos || cut == 0) cut = text.find(' ', 1);
    if (cut == std::string_view::npos) break;
    out += text.substr(0, cut);
    out += '\n';
    out.append(label.size(), ' ');
    text.remove_prefix(cut + 1);
  }
  out += text;
  out += '\n';
  return out;
}

}  // namespace powercut
