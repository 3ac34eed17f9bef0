// Reads baselines. The first character tells which kind a file is: a report is
// a JSON object, and no cause begins with a brace.

#include "harness/cli/report/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "harness/cli/input/user_file.h"
#include "harness/cli/report/report_json.h"
#include "harness/judge/check_cause.h"

namespace powercut {
namespace {

// Reads no more of a report than its causes, so that reports of other versions
// can be baselines, too.
Result<std::set<std::string>> CausesOfReport(const std::string& path,
                                             const std::string& text) {
  const auto report = nlohmann::json::parse(text, nullptr, false);
  const Error error{ErrorCode::kBadInput,
                    path + ": not a report written by `powercut check --json`"};
  if (!report.is_object() || !report.contains("workloads") ||
      !report["workloads"].is_array()) {
    return error;
  }
  std::set<std::string> causes;
  for (const auto& workload : report["workloads"]) {
    if (!workload.is_object()) continue;
    // Reports of earlier versions have no `unshown`.
    for (const char* list : {"violations", "unshown"}) {
      if (!workload.contains(list)) continue;
      for (const auto& violation : workload[list]) {
        if (!violation.is_object() || !violation.contains("cause") ||
            !violation["cause"].is_string()) {
          return error;
        }
        causes.insert(UnescapeBytes(violation["cause"].get<std::string>()));
      }
    }
  }
  return causes;
}

}  // namespace

bool IsKnown(const std::set<std::string>& baseline, const std::string& cause) {
  return baseline.contains(cause) ||
         baseline.contains(std::string(CauseWithoutLoss(cause)));
}

Status CheckBaselineIsOfToday(const std::set<std::string>& causes,
                              const std::string& path) {
  if (!causes.contains(std::string(kOldCheckCause))) return Ok{};
  return Error{ErrorCode::kBadInput,
               fmt::format("{}: {} is of an earlier version, in which every "
                           "failure of a check had this cause; causes now say "
                           "how the check failed: make the baseline anew with "
                           "--json, and look at each cause in it",
                           path, kOldCheckCause)};
}

Result<std::set<std::string>> ReadBaseline(const std::string& path) {
  POWERCUT_ASSIGN(const std::string text, ReadFile(path));
  // It cannot be seen in an editor, so that an unknown first cause would
  // puzzle.
  if (text.starts_with("\xef\xbb\xbf")) {
    return Error{ErrorCode::kBadInput,
                 path +
                     ":1: the file begins with a byte order mark; save it as "
                     "UTF-8 without one"};
  }
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') {
    return CausesOfReport(path, text);
  }
  std::set<std::string> causes;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    line.erase(std::min(line.find('#'), line.size()));
    std::istringstream words(line);
    std::string cause;
    std::string more;
    if (!(words >> cause)) continue;
    // A cause has four parts, and that of a check up to four more.
    const auto slashes = std::count(cause.begin(), cause.end(), '/');
    if (words >> more || slashes < 3 || slashes > 7) {
      return Error{ErrorCode::kBadInput,
                   fmt::format("{}:{}: expected one cause, such as "
                               "name/target/rename/fsync",
                               path, number)};
    }
    causes.insert(cause);
  }
  return causes;
}

}  // namespace powercut
