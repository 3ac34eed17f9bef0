// A path is made relative to the folder by its words alone, without a look at
// the disk, so that a report is the same wherever it is written.

#include "harness/cli/report/sarif_location.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

// The path as a relative reference or an absolute one (RFC 3986). Every byte
// that is not plain is written as %HH; a colon, too, which would end a scheme.
std::string UriPath(const std::string& path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri;
  for (const char c : path) {
    uri += kPlain.find(c) != kPlain.npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

}  // namespace

Json SarifArtifact(const std::string& file, const std::string& folder) {
  const std::filesystem::path whole =
      (std::filesystem::path(folder) / file).lexically_normal();
  const std::string relative =
      whole.lexically_relative(std::filesystem::path(folder)).string();
  if (relative.empty() || relative == ".." || relative.starts_with("../")) {
    return {{"uri", "file://" + UriPath(whole.string())}};
  }
  return {{"uri", UriPath(relative)}, {"uriBaseId", "%SRCROOT%"}};
}

Json SarifLocation(const std::string& file, int line,
                   const std::string& folder) {
  return {{"physicalLocation",
           {{"artifactLocation", SarifArtifact(file, folder)},
            {"region", {{"startLine", std::max(line, 1)}}}}}};
}

Json SarifMessage(const std::string& text) {
  return {{"text", EscapeBytes(text)}};
}

}  // namespace powercut
