// Ids by recursive descent: the parser has one function for each rule of the
// grammar in the header, and a position in the text. Each function reads its
// rule and leaves the position after it, or returns an error with the column.
//
// Only the grammar is checked here. Whether events and sectors exist is known
// only with a trace (ResolveStep()), and whether the digest is the right one
// only with the recording. So ids can be read, compared and printed without it.
//
// Example: `59p+w59:0/1p@2a46e7f2` becomes two steps, {59, power, '+', {write
// 59, sectors 0 to 0}} and {1, power, no list}, and the digest 0x2a46e7f2.

#include "harness/space/state_id.h"

#include <fmt/format.h>

#include <charconv>

namespace powercut {
namespace {

// In the order of CrashKind. The letter of a crash of the process is `k`
// (kill), so that `p` is free for power.
constexpr std::string_view kKindLetters = "kop";

class IdParser {
 public:
  explicit IdParser(std::string_view text) : text_(text) {}

  Result<StateId> Parse() {
    StateId id;
    do {
      POWERCUT_ASSIGN(CrashStep step, ParseStep());
      id.steps.push_back(std::move(step));
    } while (Take('/'));
    if (!Take('@')) return Expected("'@' and the digest of the recording");
    if (text_.size() - at_ != 8) return Expected("a digest of 8 hex digits");
    for (; at_ < text_.size(); ++at_) {
      const size_t digit =
          std::string_view("0123456789abcdef").find(text_[at_]);
      if (digit == std::string_view::npos) return Expected("a hex digit");
      id.digest = id.digest << 4 | static_cast<uint32_t>(digit);
    }
    return id;
  }

 private:
  // Moves over `c`, if it comes next.
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Error Expected(std::string_view what) const {
    return {ErrorCode::kUsage,
            fmt::format("crash-state id '{}': column {}: expected {}", text_,
                        at_ + 1, what)};
  }

  Result<uint32_t> Number(std::string_view what) {
    uint32_t value = 0;
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(begin, end, value);
    // With leading zeros one state would have many texts.
    const bool padded = stop - begin > 1 && *begin == '0';
    if (error != std::errc() || padded) return Expected(what);
    at_ += static_cast<size_t>(stop - begin);
    return value;
  }

  Result<CrashStep> ParseStep() {
    CrashStep step;
    POWERCUT_ASSIGN(step.point, Number("the number of a crash point"));
    if (Take('.')) {
      POWERCUT_ASSIGN(step.marks, Number("a number of marks"));
      // The same state as with no `.M`.
      if (step.marks == 0) return Expected("a number of marks above 0");
    }
    const size_t kind = at_ < text_.size() ? kKindLetters.find(text_[at_])
                                           : std::string_view::npos;
    if (kind == std::string_view::npos) {
      return Expected("a crash kind: k, o or p");
    }
    step.kind = static_cast<CrashKind>(kind);
    ++at_;
    if (Take('-')) {
      step.sign = '-';
    } else if (Take('+')) {
      step.sign = '+';
    } else {
      return step;
    }
    if (Take('#')) {
      POWERCUT_TRY(ParseBitmap(step));
      return step;
    }
    do {
      POWERCUT_ASSIGN(StateItem item, ParseItem());
      step.items.push_back(item);
    } while (Take(','));
    return step;
  }

  // The digits are kept as text: how many bits they must have is known only
  // with a trace.
  Status ParseBitmap(CrashStep& step) {
    const auto is_digit = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    while (at_ < text_.size() && is_digit(text_[at_])) {
      step.bitmap += text_[at_++];
    }
    if (step.bitmap.empty()) return Expected("a bitmap in base64url");
    return Ok{};
  }

  Result<StateItem> ParseItem() {
    StateItem item;
    if (Take('d')) {
      item.discard = true;
    } else if (!Take('w')) {
      return Expected("an item: w or d and an event number");
    }
    POWERCUT_ASSIGN(item.event, Number("an event number"));
    if (!Take(':')) return item;
    POWERCUT_ASSIGN(const uint32_t first, Number("a sector"));
    uint32_t last = first;
    if (Take('~')) {
      POWERCUT_ASSIGN(last, Number("a sector"));
      // `A~A` would be a second text for `A`.
      if (last <= first) return Expected("a last sector above the first");
    }
    item.sectors = {first, last};
    return item;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<StateId> ParseStateId(std::string_view text) {
  return IdParser(text).Parse();
}

std::string CrashStepText(const CrashStep& step) {
  std::string text = fmt::format("{}", step.point);
  if (step.marks > 0) text += fmt::format(".{}", step.marks);
  text += kKindLetters[static_cast<size_t>(step.kind)];
  if (step.sign == 0) return text;
  text += step.sign;
  if (!step.bitmap.empty()) return text + '#' + step.bitmap;
  for (size_t i = 0; i < step.items.size(); ++i) {
    const StateItem& item = step.items[i];
    text += fmt::format("{}{}{}", i > 0 ? "," : "", item.discard ? 'd' : 'w',
                        item.event);
    if (!item.sectors) continue;
    text += fmt::format(":{}", item.sectors->first);
    if (item.sectors->second != item.sectors->first) {
      text += fmt::format("~{}", item.sectors->second);
    }
  }
  return text;
}

std::string StateIdText(const StateId& id) {
  std::string text;
  for (const CrashStep& step : id.steps) {
    if (!text.empty()) text += '/';
    text += CrashStepText(step);
  }
  return text + fmt::format("@{:08x}", id.digest);
}

}  // namespace powercut
