#include "fuzz/draw/known_causes.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "backends/registry.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

// One for the whole process: it caches the formatted disk.
Backend& Ntfs3g() {
  static const std::unique_ptr<Backend> backend = [] {
    auto made = MakeBackend("ntfs-3g");
    POWERCUT_CHECK(made.has_value());
    return std::move(*made);
  }();
  return *backend;
}

}  // namespace

std::vector<Finding> ExploreText(std::string_view text, uint64_t max_runs) {
  const auto workload = ParseWorkload(text, "input.pcut");
  if (!workload || workload->disk) return {};
  const auto setting = ResolveSetting(*workload, Ntfs3g(), {});
  if (!setting) return {};
  const auto recording = Record(Ntfs3g(), *workload, *setting);
  if (!recording) {
    // An op that must not succeed, or a full disk, is the input's fault; a
    // failed self-check is ours.
    POWERCUT_CHECK(recording.error().code != ErrorCode::kInternal);
    return {};
  }
  ExploreOptions options;
  options.jobs = 0;
  options.max_runs = max_runs;
  auto explored = Explore(Ntfs3g(), *workload, *setting, *recording, options);
  POWERCUT_CHECK(explored.has_value());
  return std::move(explored->findings);
}

std::set<std::string> CausesOfRegressions(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".pcut") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::set<std::string> causes;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const Finding& finding : ExploreText(text)) {
      causes.insert(finding.violation.cause);
    }
  }
  return causes;
}

}  // namespace powercut
