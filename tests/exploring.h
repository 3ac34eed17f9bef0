// Helpers for tests of the whole pipeline: a workload from text, its recording
// and its exploration, and the result as text.

#ifndef POWERCUT_TESTS_EXPLORING_H_
#define POWERCUT_TESTS_EXPLORING_H_

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "harness/explore/explore.h"
#include "harness/judge/failure_block.h"
#include "model/pcut/pcut.h"

namespace powercut {

inline std::string ReadWholeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

// The paths of the `.pcut` files in a folder of corpora/ and the folders inside
// it, sorted; empty if the folder does not exist.
inline std::vector<std::string> PcutFiles(const std::string& folder) {
  const std::filesystem::path root =
      std::filesystem::path(POWERCUT_SOURCE_DIR) / "corpora" / folder;
  std::vector<std::string> files;
  if (!std::filesystem::exists(root)) return files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".pcut") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Parses a workload. Fails the test if the text is not valid.
inline Workload MustParse(const std::string& text,
                          const std::string& file = "test.pcut") {
  Result<Workload> workload = ParseWorkload(text, file);
  EXPECT_TRUE(workload) << (workload ? "" : workload.error().message);
  return workload ? std::move(*workload) : Workload{};
}

// A workload with its setting on a backend, and its recording.
struct Recorded {
  Workload workload;
  RunSetting setting;
  Recording recording;
};

inline Result<Recorded> RecordWorkload(Backend& backend, Workload workload,
                                       const SettingOverrides& flags = {}) {
  POWERCUT_ASSIGN(RunSetting setting, ResolveSetting(workload, backend, flags));
  POWERCUT_ASSIGN(Recording recording, Record(backend, workload, setting));
  return Recorded{std::move(workload), std::move(setting),
                  std::move(recording)};
}

// The default options with this space, as `--space` has it.
inline ExploreOptions Options(const std::string& space, uint32_t jobs = 2) {
  ExploreOptions options;
  options.space = ParseExplorationSpace(space).value();
  options.jobs = jobs;
  return options;
}

// Each finding as `KIND PATH`, without duplicates.
inline std::set<std::string> KindsOf(const std::vector<Finding>& findings) {
  std::set<std::string> kinds;
  for (const Finding& finding : findings) {
    const Violation& violation = finding.violation;
    kinds.insert(fmt::format("{}{}{}", ViolationKindName(violation.kind),
                             violation.path.empty() ? "" : " ",
                             violation.path));
  }
  return kinds;
}

// The counts and the findings of an exploration as text. Equal explorations
// have equal texts.
inline std::string DumpOf(const Exploration& e) {
  std::string text = fmt::format(
      "digest {:08x} events {} writes {} flushes {} points {} log2 {} states "
      "{} runs {} exhausted {} interrupted {} bound '{}'\n",
      e.digest, e.events, e.writes, e.flushes, e.crash_points, e.space_log2,
      e.states, e.runs, e.exhausted, e.interrupted, e.bound);
  for (const Finding& finding : e.findings) {
    text += fmt::format("lost {} count {}\n{}", finding.lost_blocks,
                        finding.count, FailureBlock(finding, "FILE", ""));
  }
  return text;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXPLORING_H_
