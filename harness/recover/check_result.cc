// Reads the text that CommandEnd::detail is for a quiet program: `exit status
// N` or `killed by SIGNAME`, and then `: ` and the last line if there is one.
// Any other text is the reason why the check could not be run.

#include "harness/recover/check_result.h"

#include "harness/recover/masked_line.h"

namespace powercut {
namespace {

// Compares everything but what the check said.
bool EqualButForTheCheck(const RecoveryOutcome& a, const RecoveryOutcome& b) {
  return a.kind == b.kind && a.detail == b.detail &&
         a.observation == b.observation && a.fsck == b.fsck &&
         a.faults_fired == b.faults_fired;
}

}  // namespace

CheckFailure CheckFailureOf(std::string_view check) {
  constexpr std::string_view kExit = "exit status ";
  constexpr std::string_view kKilled = "killed by ";
  const bool exit = check.starts_with(kExit);
  if (!exit && !check.starts_with(kKilled)) return {"not-run", check};
  check.remove_prefix(exit ? kExit.size() : kKilled.size());
  // Neither a status nor the name of a signal has a colon.
  const std::string_view how = check.substr(0, check.find(':'));
  check.remove_prefix(how.size());
  if (check.starts_with(": ")) check.remove_prefix(2);
  return {(exit ? "exit-" : "") + std::string(how), check};
}

bool SameResult(const RecoveryOutcome& a, const RecoveryOutcome& b) {
  if (a.check == b.check) return a == b;
  return SameButForTheLine(a, b) &&
         MaskedLine(CheckFailureOf(a.check).line) ==
             MaskedLine(CheckFailureOf(b.check).line);
}

bool SameButForTheLine(const RecoveryOutcome& a, const RecoveryOutcome& b) {
  if (a.check.empty() || b.check.empty()) return a == b;
  return CheckFailureOf(a.check).how == CheckFailureOf(b.check).how &&
         EqualButForTheCheck(a, b);
}

}  // namespace powercut
