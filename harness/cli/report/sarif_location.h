// Places in files, as SARIF writes them.

#ifndef POWERCUT_HARNESS_CLI_REPORT_SARIF_LOCATION_H_
#define POWERCUT_HARNESS_CLI_REPORT_SARIF_LOCATION_H_

#include <string>

#include <nlohmann/json.hpp>

namespace powercut {

// An `artifactLocation`: the path as a reference relative to `folder` if the
// file is in it or below, and its whole address otherwise. `folder` is
// absolute.
nlohmann::ordered_json SarifArtifact(const std::string& file,
                                     const std::string& folder);

// A `location`. Hosts require a line, so that a place without one (0) is shown
// at the first.
nlohmann::ordered_json SarifLocation(const std::string& file, int line,
                                     const std::string& folder);

// A `message`. Bytes that are no UTF-8 are escaped.
nlohmann::ordered_json SarifMessage(const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_SARIF_LOCATION_H_
