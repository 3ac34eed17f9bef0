// EngineOptions: options of an engine, as `--mount NAME=VALUE,...` gives them.

#ifndef POWERCUT_ENGINES_BACKEND_ENGINE_OPTIONS_H_
#define POWERCUT_ENGINES_BACKEND_ENGINE_OPTIONS_H_

#include <map>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace powercut {

// An option with its values; the first one is the default.
struct EngineOption {
  std::string name;
  std::vector<std::string> values;
};

// Returns the value of every option. Letters of values may be given in any
// case; they are returned as they stand in `known`.
// Errors: kUsage, with what there is: an option or a value that is not known.
Result<std::map<std::string, std::string>> EngineOptionsOf(
    const std::string& engine, const std::string& text,
    const std::vector<EngineOption>& known);

}  // namespace powercut

#endif  // POWERCUT_ENGINES_BACKEND_ENGINE_OPTIONS_H_
