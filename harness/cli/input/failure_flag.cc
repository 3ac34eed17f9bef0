// A value of --fail is the name of a failure and then keys with numbers, all
// with commas between them.

#include "harness/cli/input/failure_flag.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace powercut {
namespace {

struct FailureName {
  const char* name;
  CallFailure failure;
};
constexpr std::array kFailureNames = {
    FailureName{"sync", CallFailure::kSync},
    FailureName{"write", CallFailure::kWrite},
    FailureName{"full", CallFailure::kWriteFull},
    FailureName{"short", CallFailure::kWriteShort},
    FailureName{"lie", CallFailure::kSyncLies}};

Error NoFailure(const std::string& text) {
  return {ErrorCode::kUsage,
          fmt::format("--fail '{}': expected sync, write, full, short or lie, "
                      "then perhaps ,after=N and ,count=N (numbers up to "
                      "1000000), such as short,after=3",
                      text)};
}

// `N` of `KEY=N` if the word begins with the key.
std::optional<uint64_t> NumberOf(std::string_view word, std::string_view key) {
  if (!word.starts_with(key)) return std::nullopt;
  word.remove_prefix(key.size());
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), number);
  constexpr uint64_t kNumberMax = 1'000'000;
  const bool whole = end == word.data() + word.size();
  if (error != std::errc() || !whole || number > kNumberMax) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

Result<PlannedFailure> ParseFailure(const std::string& text) {
  PlannedFailure planned;
  planned.count = 1;
  std::string_view rest = text;
  const std::string_view name = rest.substr(0, rest.find(','));
  const auto* const known = std::ranges::find_if(
      kFailureNames, [&](const FailureName& one) { return one.name == name; });
  if (known == kFailureNames.end()) return NoFailure(text);
  planned.failure = known->failure;
  rest.remove_prefix(name.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(word.size());
    if (const auto after = NumberOf(word, "after=")) {
      planned.passed = *after;
    } else if (const auto count = NumberOf(word, "count="); count.value_or(0)) {
      planned.count = *count;
    } else {
      return NoFailure(text);
    }
  }
  return planned;
}

}  // namespace powercut
