// ShownPart: one part of what storage shows after recovery. Storage names the
// part that its reads are for, and the model says which parts no rule ties to
// each other (docs/crash_model.md 5, independent parts).

#ifndef POWERCUT_HARNESS_BASE_SHOWN_PART_H_
#define POWERCUT_HARNESS_BASE_SHOWN_PART_H_

#include <cstdint>
#include <string_view>

namespace powercut {

struct ShownPart {
  enum Kind : uint8_t {
    // The whole observation, such as names, or no part in particular.
    kWhole,
    // The size, valid length and content of the file at `path`.
    kData,
    // The times of the file or directory at `path`.
    kTimes,
    // The raw part of the device; `path` is empty.
    kDevice,
  };

  Kind kind = kWhole;
  std::string_view path;

  auto operator<=>(const ShownPart&) const = default;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_SHOWN_PART_H_
