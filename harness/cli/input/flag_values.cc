// Parses the values of flags, each by the function of those who know it. Sizes
// and durations are a number and a unit, both required, so that nobody has to
// guess what `--budget 30` means.

#include "harness/cli/input/flag_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "backends/registry.h"
#include "harness/base/crash_kind.h"
#include "harness/fault/fault.h"
#include "harness/space/exploration_space.h"
#include "harness/space/state_id.h"
#include "model/pcut/pcut.h"
#include "model/table/profile.h"

namespace powercut {
namespace {

struct NumberWithUnit {
  uint64_t number = 0;
  std::string_view unit;  // points into the text that was split
};

// `std::nullopt` if the text does not begin with a number of 64 bits.
std::optional<NumberWithUnit> SplitUnit(std::string_view text) {
  NumberWithUnit split;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, split.number);
  if (error != std::errc()) return std::nullopt;
  split.unit = std::string_view(stop, static_cast<size_t>(end - stop));
  return split;
}

template <class Value>
Status StatusOf(const Result<Value>& parsed) {
  return parsed ? Status(Ok{}) : Status(parsed.error());
}

}  // namespace

Result<uint64_t> ParseSize(std::string_view flag, const std::string& text) {
  // A text that is no number becomes one without a unit, which is refused.
  const auto split = SplitUnit(text).value_or(NumberWithUnit{});
  const int shift = split.unit == "K"   ? 10
                    : split.unit == "M" ? 20
                    : split.unit == "G" ? 30
                                        : 0;
  // The limit keeps the shifted number within 64 bits.
  if (shift == 0 || split.number > 1'000'000) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} '{}': expected a size such as 64K, 512M or "
                             "2G",
                             flag, text)};
  }
  return split.number << shift;
}

Result<uint64_t> ParseDuration(std::string_view flag, const std::string& text) {
  const auto split = SplitUnit(text).value_or(NumberWithUnit{});
  const uint64_t scale = split.unit == "ms"  ? 1
                         : split.unit == "s" ? 1000
                         : split.unit == "m" ? 60'000
                         : split.unit == "h" ? 3'600'000
                                             : 0;
  if (scale == 0 || split.number > 1'000'000'000) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} '{}': expected a time such as 500ms, 30s, 2m "
                             "or 1h",
                             flag, text)};
  }
  return split.number * scale;
}

// The index counts from 1, as people count parts.
Result<Shard> ParseShard(const std::string& text) {
  Shard shard;
  if (text.empty()) return shard;
  const char* const end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, shard.index);
  if (error == std::errc() && slash != end && *slash == '/') {
    const auto [stop, error_2] = std::from_chars(slash + 1, end, shard.count);
    if (error_2 == std::errc() && stop == end && shard.index >= 1 &&
        shard.index <= shard.count) {
      return shard;
    }
  }
  return Error{ErrorCode::kUsage,
               fmt::format("--shard '{}': expected I/N, part I of N parts from "
                           "1/N to N/N, such as 2/8",
                           text)};
}

// The grammar is that of a `.pcut`, so that a fault can be moved between the
// command line and a file.
Result<std::vector<Op>> ParseFaults(const std::vector<std::string>& texts) {
  std::vector<Op> faults;
  for (const std::string& text : texts) {
    POWERCUT_ASSIGN(Op fault, ParseFault(text, "--fault: column "));
    faults.push_back(std::move(fault));
  }
  return faults;
}

Status CheckFlagValue(const std::string& name, const DeclaredFlag& flag,
                      const std::string& text) {
  const bool known =
      std::ranges::find(flag.more_values, text) != flag.more_values.end();
  if (text.empty() || known) return Ok{};
  // The error names the flag's own values, too, such as `all`.
  const auto unknown = [&](const std::string& message) {
    std::string own;
    for (const std::string& value : flag.more_values) own += "; or " + value;
    return Error{ErrorCode::kUsage, name + ": " + message + own};
  };
  switch (flag.value) {
    case FlagValue::kTime:
      return StatusOf(ParseDuration(name, text));
    case FlagValue::kSize:
      return StatusOf(ParseSize(name, text));
    case FlagValue::kSpace:
      return StatusOf(ParseExplorationSpace(text));
    case FlagValue::kStateId:
      return StatusOf(ParseStateId(text));
    case FlagValue::kFault:
      return StatusOf(ParseFaults({text}));
    case FlagValue::kCrashKind:
      if (CrashKindFromName(text)) return Ok{};
      return Error{
          ErrorCode::kUsage,
          fmt::format("{} '{}': expected process, os or power", name, text)};
    case FlagValue::kBackend: {
      const std::vector<std::string> names = BackendNames();
      if (std::ranges::find(names, text) != names.end()) return Ok{};
      return unknown(UnknownBackend(text));
    }
    case FlagValue::kProfile:
      if (FindProfile(text) != nullptr) return Ok{};
      return unknown(UnknownProfile(text));
    default:
      return Ok{};
  }
}

}  // namespace powercut
