// The flags are written as text from the flags as given, not from the setting
// they led to: a replay line shows what its reader typed.

#include "harness/cli/input/replay_flags.h"

#include <fmt/format.h>

#include <utility>

#include "harness/judge/failure_block.h"
#include "model/pcut/pcut.h"

namespace powercut {

std::string ReplayFlagsText(const CommonFlags& flags) {
  std::string text;
  if (!flags.backend.empty()) text += " --backend " + flags.backend;
  text += FormatFlagsText(flags.format);
  if (!flags.profile.empty()) text += " --profile " + flags.profile;
  if (flags.atomic_bytes) {
    text += fmt::format(" --atomic {}", *flags.atomic_bytes);
  }
  if (flags.probe) text += " --probe";
  if (!flags.check.empty()) text += " --check " + ShellWord(flags.check);
  if (!flags.check_timeout.empty()) {
    text += " --check-timeout " + flags.check_timeout;
  }
  if (flags.fsck) text += " --fsck";
  return text + FaultFlagsText(flags.faults);
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
