// Makes one line for a report out of what a program printed.

#ifndef POWERCUT_BACKENDS_KERNEL_PRINTED_LINES_H_
#define POWERCUT_BACKENDS_KERNEL_PRINTED_LINES_H_

#include <iosfwd>
#include <string>
#include <string_view>

#include "backends/kernel/kernel_backend.h"

namespace powercut::kernel {

// Returns the last line that has more than spaces, cut to 1000 bytes at a whole
// character, with control characters replaced by `?`. A line ends at a line
// feed or at a carriage return. Empty if there is none. Memory does not grow
// with what was printed. O(printed).
std::string LastLineOf(std::istream& printed);

// Returns up to three lines in which a checker says what is wrong, each cut to
// 200 bytes, with `; ` between them. Lines that match `checker.chatter` are
// left out. The lines are the first that were printed, or the first in sorted
// order if the checker prints from several threads. Empty if there are none.
std::string ComplaintsOf(const VolumeChecker& checker,
                         std::string_view printed);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_PRINTED_LINES_H_
