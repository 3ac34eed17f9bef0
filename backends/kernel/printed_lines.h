// What programs printed, as one line for a report.

#ifndef POWERCUT_BACKENDS_KERNEL_PRINTED_LINES_H_
#define POWERCUT_BACKENDS_KERNEL_PRINTED_LINES_H_

#include <string>
#include <string_view>

#include "backends/kernel/kernel_backend.h"

namespace powercut::kernel {

// The last line that is not empty, cut where it is long; empty: there is none.
std::string LastLineOf(std::string_view printed);

// The first few lines in which a checker says what is wrong, without those that
// it prints in any case; cut where they are long.
std::string ComplaintsOf(const VolumeChecker& checker,
                         std::string_view printed);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_PRINTED_LINES_H_
