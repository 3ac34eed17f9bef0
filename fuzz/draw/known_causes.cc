// Runs everything in this process, so that a fuzzer sees the coverage of the
// library and catches its crashes.

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

// One backend serves the whole process, since it keeps the formatted disk.
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
  // All inputs use the default disk, so that it is formatted once only.
  if (!workload || workload->disk) return {};
  const auto setting = ResolveSetting(*workload, Ntfs3g(), {});
  if (!setting) return {};
  const auto recording = Record(Ntfs3g(), *workload, *setting);
  if (!recording) {
    // Inputs may hold ops that end otherwise than their lines say, or fill the
    // disk. A failed self-check is a bug of powercut.
    POWERCUT_CHECK(recording.error().code != ErrorCode::kInternal);
    return {};
  }
  ExploreOptions options;
  options.jobs = 0;
  options.bounds.max_runs = max_runs;
  auto explored = Explore({Ntfs3g(), *workload, *setting, *recording}, options);
  POWERCUT_CHECK(explored.has_value());
  return std::move(explored->findings);
}

std::set<std::string> CausesOfRegressions(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".pcut") files.push_back(entry.path());
  }
  // The order of a folder differs between machines.
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
