// Reads options of the form NAME=VALUE,NAME=VALUE against a list of those that
// are known.

#include "engines/backend/engine_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>

#include <algorithm>

namespace powercut {

Result<std::map<std::string, std::string>> EngineOptionsOf(
    const std::string& engine, const std::string& text,
    const std::vector<EngineOption>& known) {
  std::map<std::string, std::string> values;
  for (const EngineOption& option : known) {
    values[option.name] = option.values.front();
  }
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    const size_t equals = std::min(word.find('='), word.size());
    const auto option =
        std::ranges::find(known, word.substr(0, equals), &EngineOption::name);
    if (option == known.end()) {
      std::vector<std::string> names;
      for (const EngineOption& one : known) names.push_back(one.name);
      return Error{ErrorCode::kUsage,
                   fmt::format("--mount: {} has no option `{}`; it has {}",
                               engine, word, fmt::join(names, ", "))};
    }
    const std::string given = word.substr(std::min(equals + 1, word.size()));
    const auto value =
        std::ranges::find_if(option->values, [&](const std::string& one) {
          return strcasecmp(one.c_str(), given.c_str()) == 0;
        });
    if (value == option->values.end()) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--mount: {} of {} is one of {}, not `{}`", option->name,
                      engine, fmt::join(option->values, ", "), given)};
    }
    values[option->name] = *value;
  }
  return values;
}

}  // namespace powercut
