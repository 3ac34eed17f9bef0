// Writes flags as they were given, not the setting that they led to: a replay
// line shows its readers what they typed. Flags that do not change what one
// state does, such as --space or --jobs, are left out.

#include "harness/cli/input/replay_flags.h"

#include <fmt/format.h>

#include <utility>

#include "harness/judge/failure_block.h"
#include "model/pcut/pcut.h"

namespace powercut {

std::string ReplayFlagsText(const InputFlags& input,
                            const OracleFlags& oracle) {
  std::string text;
  if (!input.backend.empty()) text += " --backend " + input.backend;
  text += FormatFlagsText(input.format);
  if (!input.profile.empty()) text += " --profile " + input.profile;
  if (input.atomic_bytes) {
    text += fmt::format(" --atomic {}", *input.atomic_bytes);
  }
  for (const std::string& weaker : input.weaken) {
    text += " --weaken " + ShellWord(weaker);
  }
  if (oracle.probe) text += " --probe";
  if (!oracle.check.empty()) text += " --check " + ShellWord(oracle.check);
  if (!oracle.compare.empty()) {
    text += " --compare " + ShellWord(oracle.compare);
  }
  if (!oracle.check_timeout.empty()) {
    text += " --check-timeout " + oracle.check_timeout;
  }
  if (oracle.fsck) text += " --fsck";
  return text + FaultFlagsText(input.faults);
}

std::string FormatFlagsText(const FormatOptions& options) {
  std::string text;
  if (!options.mkfs.empty()) text += " --mkfs " + ShellWord(options.mkfs);
  if (!options.mount.empty()) text += " --mount " + ShellWord(options.mount);
  return text;
}

std::string FaultFlagsText(const std::vector<std::string>& texts) {
  std::string flags;
  for (const std::string& text : texts) flags += " --fault " + ShellWord(text);
  return flags;
}

Result<std::string> TextWithFaults(const std::string& text,
                                   const std::string& file,
                                   const std::vector<Op>& faults) {
  if (faults.empty()) return text;
  POWERCUT_ASSIGN(Pcut pcut, ParsePcut(text, file));
  AddFaults(faults, pcut);
  return PrintPcut(pcut);
}

}  // namespace powercut
