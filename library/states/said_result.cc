// A cause is one line of words; CommandEnd::detail is one line, too, unless
// words are asked for. The harness tells causes apart by their words without
// numbers, and by the exit status. A number that ends a cause, such as the line
// of an assertion, goes into the status, so that it counts.
//
// Example, with words: `exit status 88: assertion:wal.cc:88`, a line break, and
// for each violation its file, its line and its text with a byte 0x1f between
// them, a byte 0x1e and a line break.

#include "library/states/said_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "harness/recover/check_result.h"

namespace powercut {
namespace {

constexpr std::string_view kNoDump = "no dump";
constexpr size_t kHashDigits = 16;

// Reads all of `digits`, or nothing.
std::optional<uint64_t> HexIn(std::string_view digits) {
  uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [behind, error] = std::from_chars(digits.data(), end, number, 16);
  if (error != std::errc{} || behind != end) return std::nullopt;
  return number;
}

// The text after `exit status N: `, up to the first line break.
std::string CauseIn(const RecoveryOutcome& outcome) {
  const std::string_view line = CheckFailureOf(outcome.check).line;
  return std::string(line.substr(0, line.find('\n')));
}

}  // namespace

std::string ViolationResult(const std::vector<SaidViolation>& violations,
                            bool with_words) {
  std::string cause = violations.front().cause;
  for (char& c : cause) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  const size_t digits = cause.find_last_not_of("0123456789") + 1;
  const std::string_view number = std::string_view(cause).substr(digits);
  std::string result =
      fmt::format("exit status {}: {}",
                  number.empty() ? std::string_view("1") : number, cause);
  if (!with_words) return result;
  result += '\n';
  for (const SaidViolation& violation : violations) {
    result += fmt::format("{}\x1f{}\x1f{}\x1e\n", violation.file,
                          violation.line, violation.text);
  }
  return result;
}

std::string DumpResult(const std::optional<Hash128>& dump) {
  if (!dump) return std::string(kNoDump);
  return fmt::format("{:016x}{:016x}", dump->high, dump->low);
}

std::optional<Hash128> DumpIn(std::string_view result) {
  if (result.size() != 2 * kHashDigits) return std::nullopt;
  const auto high = HexIn(result.substr(0, kHashDigits));
  const auto low = HexIn(result.substr(kHashDigits));
  if (!high || !low) return std::nullopt;
  Hash128 hash;
  hash.high = *high;
  hash.low = *low;
  return hash;
}

std::string WrongIn(const RecoveryOutcome& outcome) {
  switch (outcome.kind) {
    case RecoveryOutcome::kObserved:
      break;
    case RecoveryOutcome::kDied:
      return "the recovery died: " + outcome.detail;
    case RecoveryOutcome::kHung:
      return "the recovery hung: " + outcome.detail;
    default:
      return outcome.detail;
  }
  const bool fine = DumpIn(outcome.check) || outcome.check == kNoDump;
  return fine ? "" : CauseIn(outcome);
}

std::vector<SaidViolation> ViolationsIn(const RecoveryOutcome& outcome) {
  std::vector<SaidViolation> violations;
  const std::string_view result = outcome.check;
  const size_t line = result.find('\n');
  if (outcome.kind != RecoveryOutcome::kObserved || line == result.npos) {
    return violations;
  }
  std::string_view rest = result.substr(line + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\x1e'), rest.size());
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const size_t file = one.find('\x1f');
    const size_t number = one.find('\x1f', file + 1);
    if (file == one.npos || number == one.npos) break;
    SaidViolation said;
    if (violations.empty()) said.cause = CauseIn(outcome);
    said.file = one.substr(0, file);
    std::from_chars(one.data() + file + 1, one.data() + number, said.line);
    said.text = one.substr(number + 1);
    violations.push_back(std::move(said));
  }
  return violations;
}

void Tell(const std::vector<SaidViolation>& violations, LoopFinding& finding) {
  const SaidViolation& first = violations.front();
  finding.cause = first.cause;
  finding.file = first.file;
  finding.line = first.line;
  finding.text = first.text;
  for (size_t i = 1; i < violations.size(); ++i) {
    const SaidViolation& more = violations[i];
    finding.text += fmt::format(
        "\n{}{}", more.file.empty() ? "" : more.file + ": ", more.text);
  }
}

}  // namespace powercut
