// Names the causes of checks. The words go into baselines, so that they must
// not change between versions.

#include "harness/judge/check_cause.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/recover/check_result.h"
#include "harness/recover/masked_line.h"

namespace powercut {

std::string ProgramCause(ViolationKind kind, bool acked) {
  return fmt::format("{}/volume/start/{}", ViolationKindName(kind),
                     acked ? "ack" : "none");
}

std::string CheckCause(std::string_view cause, std::string_view check) {
  const CheckFailure failure = CheckFailureOf(check);
  const std::string line = MaskedLine(failure.line);
  return fmt::format("{}/{}{}{}", cause, failure.how, line.empty() ? "" : "/",
                     line);
}

// MaskedLine() makes no brackets, so that no line looks like this one.
std::string CheckCauseOfVaryingLine(std::string_view cause,
                                    std::string_view check) {
  return fmt::format("{}/{}/(varies)", cause, CheckFailureOf(check).how);
}

std::string CheckTimeoutCause(std::string_view cause) {
  return fmt::format("{}/check-timeout", cause);
}

std::string_view CauseWithoutCheck(std::string_view cause) {
  constexpr int kParts = 4;
  size_t end = 0;
  for (int part = 0; part < kParts && end != cause.npos; ++part) {
    end = cause.find('/', part == 0 ? 0 : end + 1);
  }
  return cause.substr(0, end);
}

std::string CauseWithLoss(std::string_view cause, std::string_view loss) {
  return fmt::format("{}/{}", cause, loss);
}

// No part has a slash, so that the number of parts tells: a check adds at most
// two to the four that each cause has.
std::string_view CauseWithoutLoss(std::string_view cause) {
  constexpr auto kSlashesWithoutLoss = 5;
  if (std::ranges::count(cause, '/') <= kSlashesWithoutLoss) return cause;
  cause = cause.substr(0, cause.rfind('/'));
  return cause.substr(0, cause.rfind('/'));
}

}  // namespace powercut
