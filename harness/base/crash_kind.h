// The three ways to lose power, and the three layers a byte passes on its way
// to the media. Both are words of design.md section 3; they are shared by the
// model (promises) and the harness (traces), so they stand here.

#ifndef POWERCUT_HARNESS_BASE_CRASH_KIND_H_
#define POWERCUT_HARNESS_BASE_CRASH_KIND_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace powercut {

// How far a version is on its way `process -> host cache -> device cache ->
// media`. Later values survive more.
enum class Layer : uint8_t {
  kProcess,  // in the memory of the program, e.g. a log buffer
  kHost,     // in a dirty page of the operating system
  kDevice,   // sent to the device, perhaps in its volatile cache
  kMedia,    // survives the loss of power
};

enum class CrashKind : uint8_t {
  kProcess,  // the program dies: what reached the host survives
  kOs,       // the system dies: what reached the device survives
  kPower,    // the power goes: what reached the media survives
};

inline constexpr std::array<CrashKind, 3> kCrashKinds = {
    CrashKind::kProcess, CrashKind::kOs, CrashKind::kPower};

// The layer from which on a version surely survives a crash of this kind.
constexpr Layer SurvivingLayer(CrashKind kind) {
  return static_cast<Layer>(static_cast<uint8_t>(kind) + 1);
}

constexpr std::string_view CrashKindName(CrashKind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"process", "os", "power"};
  return kNames[static_cast<size_t>(kind)];
}

constexpr std::optional<CrashKind> CrashKindFromName(std::string_view name) {
  for (const CrashKind kind : kCrashKinds) {
    if (CrashKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

constexpr std::string_view LayerName(Layer layer) {
  constexpr std::array<std::string_view, 4> kNames = {"process", "host",
                                                      "device", "media"};
  return kNames[static_cast<size_t>(layer)];
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_CRASH_KIND_H_
