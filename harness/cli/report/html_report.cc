// Puts a JSON report into the page of harness/cli/report/page/, which the build
// makes one text of.

#include "harness/cli/report/html_report.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "harness/cli/report/json_fields.h"
#include "harness/cli/report/page_text.h"

namespace powercut {
namespace {

using Json = nlohmann::json;

// Leaves out states beyond the bound: a cause may have a hundred thousand,
// which nobody reads on a page. Texts are in the order of the states that show
// them first, so that those of the states left are the first ones.
void CutStates(Json& violation) {
  Json& states = violation["states"];
  if (std::ssize(states) <= kPageStatesMax) return;
  states.erase(states.begin() + kPageStatesMax, states.end());
  Json& text_of_state = violation["found_of_states"];
  text_of_state.erase(text_of_state.begin() + kPageStatesMax,
                      text_of_state.end());
  size_t texts = 0;
  for (const Json& text : text_of_state) {
    texts = std::max(texts, text.get<size_t>() + 1);
  }
  Json& found = violation["found_texts"];
  found.erase(found.begin() + static_cast<ptrdiff_t>(texts), found.end());
}

// An element `script` ends at `</script`, and `<!--` changes how it is read. In
// JSON a `<` stands in texts only, where an escape means the same.
std::string WithoutMarkup(const std::string& json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

// Reads what the page reads of a report of `litmus`.
Status CheckLitmusReport(const Json& json, const std::string& name) {
  std::optional<Error> error;
  JsonFields report(json, name + ":", error);
  for (JsonFields& test : report.Objects("tests")) {
    for (const char* const key : {"file", "name", "backend", "profile"}) {
      test.Text(key);
    }
    const std::string verdict = test.Text("verdict");
    constexpr std::string_view kVerdicts[] = {"ok", "violation", "unseen",
                                              "unsupported"};
    if (std::ranges::find(kVerdicts, verdict) == std::end(kVerdicts)) {
      test.Refuse("verdict", "is no verdict of a litmus test");
    }
    if (verdict == "unsupported") test.Text("reason");
    for (JsonFields& outcome : test.Objects("outcomes")) {
      outcome.Text("state");
      outcome.Text("class");
      outcome.Number("observed", uint64_t{1} << 53);
    }
  }
  if (error) return *error;
  return Ok{};
}

}  // namespace

std::string HtmlPage(const std::string& json) {
  Json report = Json::parse(json);
  if (report.contains("workloads")) {
    for (Json& workload : report["workloads"]) {
      for (Json& violation : workload["violations"]) CutStates(violation);
    }
  }
  std::string page;
  for (const std::string_view line : kPageBeforeReport) page += line;
  page += WithoutMarkup(report.dump());
  for (const std::string_view line : kPageAfterReport) page += line;
  return page;
}

std::string HtmlReport(const Report& report) {
  return HtmlPage(JsonReport(report));
}

Status CheckIsReport(const std::string& text, const std::string& name) {
  const auto json = nlohmann::json::parse(text, nullptr,
                                          /*allow_exceptions=*/false);
  const bool litmus = json.is_object() && json.contains("powercut") &&
                      json.contains("tests") && json["tests"].is_array();
  if (litmus) return CheckLitmusReport(json, name);
  const auto report = ReadReport(text, name);
  return report ? Status(Ok{}) : Status(report.error());
}

}  // namespace powercut
