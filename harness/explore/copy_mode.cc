// The words of the modes, in the order of their values.

#include "harness/explore/copy_mode.h"

#include <array>
#include <cstddef>

namespace powercut {

std::string_view CopyModeName(CopyMode copied) {
  constexpr std::array<std::string_view, 3> kNames = {"read", "filled",
                                                      "apart"};
  return kNames[static_cast<size_t>(copied)];
}

std::optional<CopyMode> CopyModeFromName(std::string_view name) {
  for (const CopyMode copied :
       {CopyMode::kAsRead, CopyMode::kFillIn, CopyMode::kVaryEach}) {
    if (CopyModeName(copied) == name) return copied;
  }
  return std::nullopt;
}

}  // namespace powercut
