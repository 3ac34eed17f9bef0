// Writes the summary in Markdown.
//
// A table row and a heading are single lines, in which names of files may hold
// any character: those that mean something to Markdown or HTML are escaped. A
// failure block keeps its columns in a fence that is longer than any row of
// backticks in it. What fails comes first, and what holds is one row.

#include "harness/cli/report/markdown_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

// GitHub shows at most 1 MiB of a step. Half of it is more than anyone reads.
constexpr size_t kBytesMax = size_t{1} << 19;

// A text as words of a line.
std::string Escaped(const std::string& bytes) {
  std::string text;
  for (const char c : EscapeBytes(bytes)) {
    if (static_cast<unsigned char>(c) < 0x20) {
      text += ' ';
      continue;
    }
    if (c == '<') {
      text += "&lt;";
    } else if (c == '&') {
      text += "&amp;";
    } else {
      if (std::string_view("\\`*_{}[]#|~!>").find(c) !=
          std::string_view::npos) {
        text += '\\';
      }
      text += c;
    }
  }
  return text;
}

std::string Fenced(const std::string& block) {
  const std::string text = EscapeBytes(block);
  size_t longest = 0;
  size_t row = 0;
  for (const char c : text) {
    row = c == '`' ? row + 1 : 0;
    longest = std::max(longest, row);
  }
  const std::string fence(std::max<size_t>(3, longest + 1), '`');
  return fmt::format("{}\n{}{}\n", fence, text, fence);
}

const char* Sign(const std::string& verdict) {
  if (verdict == "ok") return "✅";
  return verdict == "violation" ? "❌" : "❔";
}

// Adds rows to a table until it takes half of the room, and says how many more
// there are.
void AddRows(const std::vector<std::string>& rows, std::string& text) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (text.size() + rows[i].size() > kBytesMax / 2) {
      text +=
          fmt::format("\n{} more are in the other reports.\n", rows.size() - i);
      break;
    }
    text += rows[i];
  }
  text += "\n";
}

// The rows are those that are worth reading. Of those that hold, only the
// number is given.
std::string RegressionTable(const std::vector<Regression>& regressions) {
  std::vector<std::string> rows;
  for (const Regression& one : regressions) {
    if (one.kind == Regression::kHolds) continue;
    std::string reasons;
    for (const std::string& reason : one.reasons) {
      reasons += (reasons.empty() ? "" : "<br>") + Escaped(reason);
    }
    rows.push_back(fmt::format("| {} | {} | {} |\n", Escaped(one.file),
                               RegressionKindName(one.kind), reasons));
  }
  std::string text = RegressionsSummary(regressions) + "\n";
  if (rows.empty()) return text;
  text += "| file | became | why |\n|---|---|---|\n";
  AddRows(rows, text);
  return text;
}

std::string WorkloadTable(const std::vector<CheckedWorkload>& workloads) {
  std::string text =
      "| file | backend | profile | verdict | space | states | crash points | "
      "causes |\n|---|---|---|---|---|--:|--:|--:|\n";
  std::vector<std::string> rows;
  for (const CheckedWorkload& checked : workloads) {
    const Exploration& e = checked.exploration;
    rows.push_back(fmt::format(
        "| {} | {} | {} | {} {} | {} | {} of 2^{:.1f} | {} | {} |\n",
        Escaped(checked.file), Escaped(checked.backend),
        Escaped(checked.profile), Sign(checked.verdict), checked.verdict,
        Escaped(ExplorationSpaceText(checked.space)), e.states,
        ShownLog2(e.space_log2), e.crash_points, e.findings.size()));
  }
  AddRows(rows, text);
  return text;
}

// What keeps the verdict from `ok`, one text for each.
std::vector<std::string> Problems(const Report& report) {
  std::vector<std::string> problems;
  for (const CheckedWorkload& checked : report.workloads) {
    const Exploration& e = checked.exploration;
    for (size_t i = 0; i < e.findings.size(); ++i) {
      if (checked.standings[i] != Standing::kNew) continue;
      const Finding& finding = e.findings[i];
      problems.push_back(fmt::format(
          "\n### {}\n\n{}, under {}, in {} {}.\n\n{}\n",
          Escaped(ViolationTitle(finding.violation)), Escaped(checked.file),
          Escaped(checked.profile), finding.count,
          finding.count == 1 ? "state" : "states",
          Fenced(FailureBlock(finding, checked.file, checked.replay_flags,
                              checked.replay_file))));
    }
    // The table of regressions has all that follows.
    if (!report.regressions.empty()) continue;
    for (const UnmetExpectation& unmet : checked.unmet) {
      problems.push_back(
          fmt::format("* {}\n", Escaped(UnmetText(checked, unmet))));
    }
    if (checked.verdict == "unknown") {
      problems.push_back(fmt::format("* {}: {}\n", Escaped(checked.file),
                                     Escaped(UnknownReason(checked))));
    }
  }
  if (!report.regressions.empty()) return problems;
  for (const FailedFile& failed : report.errors) {
    problems.push_back(fmt::format("* {}\n", Escaped(failed.message)));
  }
  return problems;
}

}  // namespace

std::string MarkdownReport(const Report& report) {
  std::string text = fmt::format("## {} powercut: {}\n\n", Sign(report.verdict),
                                 report.verdict);
  if (report.interrupted) text += "The command was interrupted.\n\n";
  if (!report.regressions.empty()) text += RegressionTable(report.regressions);
  // The table of regressions says more.
  if (report.regressions.empty() && !report.workloads.empty()) {
    text += WorkloadTable(report.workloads);
  }
  const std::vector<std::string> problems = Problems(report);
  for (size_t i = 0; i < problems.size(); ++i) {
    if (text.size() + problems[i].size() > kBytesMax) {
      text += fmt::format("\n{} more are in the other reports.\n",
                          problems.size() - i);
      break;
    }
    text += problems[i];
  }
  return text;
}

}  // namespace powercut
