// The range check of ops on mapped views, and the status of each op that fails
// it: that of Linux for msync, those of NT for the others.

#include "backends/view_arguments.h"

namespace powercut {

std::string ViewArgumentError(const Op& op,
                              std::optional<uint64_t> view_size_bytes) {
  const uint64_t offset = op.numbers.at(0);
  const uint64_t length = op.numbers.at(1);
  // Written so that no sum of user numbers can overflow.
  const bool inside = view_size_bytes.has_value() &&
                      offset <= *view_size_bytes &&
                      length <= *view_size_bytes - offset;
  if (inside) return {};
  switch (op.kind) {
    case OpKind::kStore:
      return "STATUS_ACCESS_VIOLATION";
    case OpKind::kMsync:
      return "ENOMEM";
    default:
      return "STATUS_INVALID_PARAMETER";
  }
}

}  // namespace powercut
