// The text is `MODE` or `MODE+torn:T`: it is cut at the first `+`, and the two
// parts are read on their own.

#include "harness/space/exploration_space.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace powercut {
namespace {

// The number that follows `prefix`, if `text` is the two of them and the number
// is in range.
std::optional<uint32_t> NumberBehind(std::string_view text,
                                     std::string_view prefix) {
  // The bound is part of the format (docs/crash_model.md 5, Spaces).
  constexpr uint32_t kMax = 1'000'000;
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  uint32_t value = 0;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) {
    return std::nullopt;
  }
  if (value == 0 || value > kMax) return std::nullopt;
  return value;
}

}  // namespace

Result<ExplorationSpace> ParseExplorationSpace(std::string_view text) {
  const Error error{
      ErrorCode::kUsage,
      fmt::format("space '{}': expected prefix, epoch:K, sample:N or "
                  "exhaustive, with +torn:T if blocks should tear (numbers "
                  "from 1 to 1000000)",
                  text)};
  ExplorationSpace spec;
  std::string_view mode = text;
  // The `+` stays with the second part, so that `prefix+` is an error.
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    const auto torn = NumberBehind(text.substr(plus), "+torn:");
    if (!torn) return error;
    spec.torn = *torn;
    mode = text.substr(0, plus);
  }
  // A mode with no number has the count 0, so that equal spaces are equal
  // values.
  if (mode == "prefix") {
    spec.mode = ExplorationSpace::kPrefix;
    spec.count = 0;
  } else if (mode == "exhaustive") {
    spec.mode = ExplorationSpace::kExhaustive;
    spec.count = 0;
  } else if (const auto items = NumberBehind(mode, "epoch:")) {
    spec.mode = ExplorationSpace::kEpoch;
    spec.count = *items;
  } else if (const auto samples = NumberBehind(mode, "sample:")) {
    spec.mode = ExplorationSpace::kSample;
    spec.count = *samples;
  } else {
    return error;
  }
  return spec;
}

std::string ExplorationSpaceText(const ExplorationSpace& spec) {
  std::string text;
  switch (spec.mode) {
    case ExplorationSpace::kPrefix:
      text = "prefix";
      break;
    case ExplorationSpace::kEpoch:
      text = fmt::format("epoch:{}", spec.count);
      break;
    case ExplorationSpace::kSample:
      text = fmt::format("sample:{}", spec.count);
      break;
    case ExplorationSpace::kExhaustive:
      text = "exhaustive";
      break;
    case ExplorationSpace::kDefault:
      text = "default";
      break;
  }
  if (spec.torn > 0) text += fmt::format("+torn:{}", spec.torn);
  return text;
}

}  // namespace powercut
