// Lays out the words that a finding holds: labels in one column, values in the
// next. The words themselves are made in finding.cc.

#include "harness/judge/failure_block.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace powercut {
namespace {

// Where the op at fault stands: `FILE:LINE`, the form that editors jump to.
std::string Place(const Finding& finding, const std::string& file) {
  return finding.line > 0 ? fmt::format("{}:{}", file, finding.line) : file;
}

// The name of a file may hold any byte, and the block may go to a terminal.
std::string Shown(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

std::string ShellWord(const std::string& word) {
  // A word of safe characters only stays as it is, so that most replay lines
  // need no quotes. `#` and `~` mean something to a shell at the beginning of a
  // word.
  const bool plain = !word.empty() &&
                     word.find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                         "wxyz0123456789/._-+,:@%~=#") == std::string::npos &&
                     word[0] != '#' && word[0] != '~';
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      // A single quote cannot stand inside single quotes: end them and begin
      // again.
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string FileWord(const std::string& file) {
  const bool like_a_flag = file.starts_with('-') && file != "-";
  return ShellWord(like_a_flag ? "./" + file : file);
}

std::string ReplayCommand(const Finding& finding, const std::string& file,
                          const std::string& replay_flags,
                          const std::string& replay_file) {
  const std::string& recovery = finding.recovery_file;
  const std::string& recording = replay_file.empty() ? file : replay_file;
  return fmt::format(
      "powercut replay {} --at {}{}",
      FileWord(recovery.empty() ? recording : recovery),
      ShellWord(recovery.empty() ? finding.id : finding.recovery_id),
      replay_flags);
}

std::string FailureBlock(const Finding& finding, const std::string& file,
                         const std::string& replay_flags,
                         const std::string& replay_file) {
  const Violation& violation = finding.violation;
  std::string text =
      fmt::format("{}: violation: {}{}{}\n", Place(finding, file),
                  ViolationKindName(violation.kind),
                  violation.path.empty() ? "" : " ", violation.path);
  const auto row = [&](const char* label, const std::string& value) {
    text += fmt::format("  {:<10} {}\n", label, value);
  };
  text += "  " + finding.op_text + "\n";
  row("promise", finding.promise);
  row("crash", finding.crash);
  for (const std::string& fault : finding.faults) row("fault", fault);
  for (const std::string& lost : finding.lost_files) row("lost", Shown(lost));
  for (const std::string& name : finding.unissued) {
    row("unissued", Shown(name));
  }
  for (const std::string& sync : finding.missing) row("missing", Shown(sync));
  row("admissible", violation.admissible);
  row("found", violation.found);
  row("cause", fmt::format("{}   in {} {}", violation.cause, finding.count,
                           finding.count == 1 ? "state" : "states"));
  if (!finding.excuses.empty()) {
    row("excuse", fmt::format("{}", fmt::join(finding.excuses, ", ")));
  }
  row("replay", ReplayCommand(finding, file, replay_flags, replay_file));
  return text;
}

std::string Explanation(const Finding& finding) {
  const Violation& violation = finding.violation;
  std::string text = fmt::format(
      "In force: {}. The crash: {}. Admissible then: {}. Found: {}.",
      finding.promise, finding.crash, violation.admissible, violation.found);
  for (const std::string& fault : finding.faults) {
    text += fmt::format(" The disk: {}.", fault);
  }
  if (!finding.excuses.empty()) {
    text += fmt::format(" It would be admissible with the profile switch {}.",
                        fmt::join(finding.excuses, " or "));
  }
  return text;
}

}  // namespace powercut
