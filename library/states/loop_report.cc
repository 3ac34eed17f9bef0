// Adds up the parts of a report, and writes it for people.

#include "library/states/loop_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "harness/base/utf8.h"

namespace powercut {
namespace {

// The worst verdict decides: an error hides what was not looked at, so that it
// is worse than kUnknown; a violation was seen, whatever came of the rest.
int Weight(LoopVerdict verdict) {
  switch (verdict) {
    case LoopVerdict::kHolds:
      return 0;
    case LoopVerdict::kUnknown:
      return 1;
    case LoopVerdict::kError:
      return 2;
    case LoopVerdict::kViolation:
      return 3;
  }
  return 2;
}

// Makes every line but the first begin below the first one's text. What the
// user's code said may hold any byte, and the report may go to a terminal.
std::string Indented(std::string_view text) {
  std::string indented;
  while (!text.empty()) {
    const size_t bytes = Utf8CharacterBytes(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (text[0] == '\n') {
      indented += "\n            ";
    } else if (bytes == 0 || byte < ' ' || byte == 0x7f) {
      indented += fmt::format("\\x{:02x}", byte);
    } else {
      indented += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return indented;
}

}  // namespace

const char* LoopVerdictName(LoopVerdict verdict) {
  constexpr std::array kNames = {"holds", "violation", "unknown", "error"};
  return kNames[static_cast<size_t>(verdict)];
}

const char* AuditNeedName(AuditedSync::Need need) {
  constexpr std::array kNames = {"needed", "one of a group", "redundant",
                                 "not seen by the test", "unknown"};
  return kNames[static_cast<size_t>(need)];
}

uint64_t LoopReport::states() const {
  uint64_t sum = 0;
  for (const LoopPart& part : parts) sum += part.states;
  return sum;
}

uint64_t LoopReport::runs() const {
  uint64_t sum = 0;
  for (const LoopPart& part : parts) sum += part.runs;
  return sum;
}

void LoopReport::Add(LoopPart part) {
  if (parts.empty() || Weight(part.verdict) > Weight(verdict)) {
    verdict = part.verdict;
    why = part.why;
  }
  parts.push_back(std::move(part));
}

std::string FindingText(const LoopFinding& finding) {
  std::string text = fmt::format(
      "violation: {}   in {} {} of {}\n", finding.cause, finding.states,
      finding.states == 1 ? "state" : "states", finding.profile);
  const auto row = [&](const char* label, const std::string& value) {
    if (!value.empty()) {
      text += fmt::format("  {:<9} {}\n", label, Indented(value));
    }
  };
  std::string said = finding.text;
  if (!finding.file.empty()) {
    said = fmt::format("{}:{}{}{}", finding.file, finding.line,
                       said.empty() ? "" : ": ", said);
  }
  row("said", said);
  row("crash", finding.crash);
  for (const std::string& lost : finding.lost) row("lost", lost);
  for (const std::string& source : finding.sources) row("source", source);
  row("remedy", finding.remedy);
  if (!finding.id.empty()) row("replay", "POWERCUT_AT=" + finding.id);
  return text;
}

std::string ReportText(const LoopReport& report) {
  std::string text;
  for (const LoopFinding& finding : report.findings) {
    text += FindingText(finding);
  }
  for (const LoopPart& part : report.parts) {
    if (part.verdict == LoopVerdict::kError) {
      // The last line says the same where no profile was come to.
      if (!part.profile.empty()) {
        text += fmt::format("{}: error: {}\n", part.profile, part.why);
      }
      continue;
    }
    if (part.space.empty()) {
      text += fmt::format("{}: {}: {}\n", part.profile,
                          LoopVerdictName(part.verdict), part.why);
      continue;
    }
    text += fmt::format(
        "{}: {}: {} crash points, {} states of 2^{:.1f} in {} runs ({}){}{}\n",
        part.profile, LoopVerdictName(part.verdict), part.crash_points,
        part.states, part.space_log2, part.runs, part.space,
        part.why.empty() ? "" : ": ", part.why);
  }
  for (const AuditedSync& sync : report.audit) {
    text += fmt::format("{}: audit: {}{}{}: {}", sync.profile, sync.call,
                        sync.place.empty() ? "" : " at ", sync.place,
                        AuditNeedName(sync.need));
    if (!sync.enough.empty()) {
      text += fmt::format(" ({} is enough)", sync.enough);
    }
    if (!sync.cause.empty()) {
      text += fmt::format(": without it, {} at {}", sync.cause, sync.id);
    }
    text += '\n';
  }
  text += fmt::format("verdict: {}{}{}\n", LoopVerdictName(report.verdict),
                      report.why.empty() ? "" : ": ", report.why);
  return text;
}

}  // namespace powercut
