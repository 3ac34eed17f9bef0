// Declares what else judges a trace, and refuses at once what the backend
// cannot do, before states are explored for hours.

#include "harness/cli/input/oracle_flags.h"

#include <fmt/format.h>

#include "harness/cli/input/flag_values.h"

namespace powercut {

void DeclareOracle(FlagSet& flags, OracleFlags& oracle) {
  flags
      .Add(FlagGroup::kJudging, "--check", oracle.check,
           "a command for a shell that judges the states of a trace")
      .Takes(FlagValue::kCommand);
  flags
      .Add(FlagGroup::kJudging, "--compare", oracle.compare,
           "in place of a check, for programs on simfs: a command for a shell "
           "whose output must be what it was at some moment of the run, with "
           "every ack in force")
      .Takes(FlagValue::kCommand);
  flags
      .Add(FlagGroup::kJudging, "--check-timeout", oracle.check_timeout,
           "kill a check that takes longer, which is a finding; default: 60s")
      .Takes(FlagValue::kTime)
      .Rare();
  flags.Add(FlagGroup::kJudging, "--fsck", oracle.fsck,
            "then the file system's own checker judges, too");
}

Result<CheckOracle> CheckOracleOf(const OracleFlags& oracle) {
  if (!oracle.check.empty() && !oracle.compare.empty()) {
    return Error{ErrorCode::kUsage,
                 "--check and --compare are two checks; give one"};
  }
  CheckOracle check;
  check.command = oracle.check;
  check.fsck = oracle.fsck;
  if (oracle.check_timeout.empty()) return check;
  POWERCUT_ASSIGN(const uint64_t timeout_ms,
                  ParseDuration("--check-timeout", oracle.check_timeout));
  // A day keeps the milliseconds within 32 bits.
  constexpr uint64_t kTimeoutMsMax = 24 * 3'600'000;
  if (timeout_ms == 0 || timeout_ms > kTimeoutMsMax) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--check-timeout '{}': expected 1ms to 24h",
                             oracle.check_timeout)};
  }
  check.timeout_ms = static_cast<uint32_t>(timeout_ms);
  return check;
}

Error NoProgramRuns(const std::string& file, const std::string& flag,
                    const BackendTraits& traits) {
  // Programs are recorded on simfs, too, and their recordings have files.
  const bool recorded_there = traits.name == "simfs";
  return {
      ErrorCode::kUnsupported,
      fmt::format("{}: {}: no program can run in {}{}", file, flag, traits.name,
                  recorded_there ? " on the files of a workload; "
                                   "`powercut record` makes a recording "
                                   "of a program, which has files there"
                                 : "")};
}

Status ApplyOracle(const std::string& file, const OracleFlags& oracle,
                   const Backend& backend, RunSetting& setting) {
  POWERCUT_ASSIGN(setting.oracle, CheckOracleOf(oracle));
  if (!oracle.check.empty() && !backend.traits().commands) {
    return NoProgramRuns(file, "--check", backend.traits());
  }
  if (const Status has = backend.HasChecker(); oracle.fsck && !has) {
    return Error{has.error().code,
                 fmt::format("{}: --fsck: {}", file, has.error().message)};
  }
  return Ok{};
}

}  // namespace powercut
