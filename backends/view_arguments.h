// The checks that ops on mapped views pass before they reach the storage. They
// are the same for every backend that keeps the size of each view.

#ifndef POWERCUT_BACKENDS_VIEW_ARGUMENTS_H_
#define POWERCUT_BACKENDS_VIEW_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "model/words/op.h"

namespace powercut {

// Returns the status with which the op fails because its range does not lie in
// the view, or because there is no such view (`view_size_bytes` is
// `std::nullopt`). Empty if the op may go on.
// Requires: `op` is a store, an msync or a flush_view.
std::string ViewArgumentError(const Op& op,
                              std::optional<uint64_t> view_size_bytes);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_VIEW_ARGUMENTS_H_
