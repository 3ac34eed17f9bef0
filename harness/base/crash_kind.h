// The three kinds of crash, and the four layers that a byte passes on its way
// to the media. docs/crash_model.md 3 defines both. The model (promises) and
// the harness (traces) share them, so they are declared in this room, which
// both may include.

#ifndef POWERCUT_HARNESS_BASE_CRASH_KIND_H_
#define POWERCUT_HARNESS_BASE_CRASH_KIND_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace powercut {

// How far a version has come on its way `process -> host -> device -> media`.
// A version at a later layer survives more kinds of crash. The order of the
// values is used in comparisons.
enum class Layer : uint8_t {
  kProcess,  // In the memory of the program, such as a log buffer.
  kHost,     // In a dirty page of the operating system.
  kDevice,   // Sent to the device, perhaps in its volatile cache.
  kMedia,    // On the media; survives the loss of power.
};

// What dies. The order of the values is that of the layers (SurvivingLayer()).
enum class CrashKind : uint8_t {
  kProcess,  // The program dies; what reached the host survives.
  kOs,       // The system dies; what reached the device survives.
  kPower,    // The power fails; what reached the media survives.
};

// All kinds, in the order of their values.
inline constexpr std::array<CrashKind, 3> kCrashKinds = {
    CrashKind::kProcess, CrashKind::kOs, CrashKind::kPower};

// The first layer at which a version surely survives a crash of this kind. At
// an earlier layer it may survive or not.
constexpr Layer SurvivingLayer(CrashKind kind) {
  return static_cast<Layer>(static_cast<uint8_t>(kind) + 1);
}

// The word for a kind in workloads, on the command line and in reports.
constexpr std::string_view CrashKindName(CrashKind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"process", "os", "power"};
  return kNames[static_cast<size_t>(kind)];
}

// `std::nullopt` if no kind has this name.
constexpr std::optional<CrashKind> CrashKindFromName(std::string_view name) {
  for (const CrashKind kind : kCrashKinds) {
    if (CrashKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

// The word for a layer in trace files (docs/trace_file.md) and in reports.
constexpr std::string_view LayerName(Layer layer) {
  constexpr std::array<std::string_view, 4> kNames = {"process", "host",
                                                      "device", "media"};
  return kNames[static_cast<size_t>(layer)];
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_CRASH_KIND_H_
