// Finds out whether a backend is simfs, and talks to the one that runs programs
// on it.

#include "harness/cli/input/programs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "backends/simfs/simfs_backend.h"
#include "harness/cli/input/failure_flag.h"
#include "model/words/tokens.h"
#include "programs/program_backend.h"
#include "programs/program_calls.h"
#include "programs/program_host.h"

namespace powercut {

Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string& profile) {
  if (backend->traits().name != "simfs") return backend;
  const auto& profiles = backend->traits().profiles;
  if (!profile.empty() &&
      std::ranges::find(profiles, profile) == profiles.end()) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("--profile {}: simfs behaves as {}{}", profile,
                    fmt::join(profiles, ", "), DidYouMean(profile, profiles))};
  }
  std::unique_ptr<Backend> simfs =
      std::make_unique<programs::ProgramBackend>(profile);
  return simfs;
}

Status PlanFailures(const std::vector<std::string>& texts, Backend& backend) {
  if (texts.empty()) return Ok{};
  auto* const simfs = dynamic_cast<programs::ProgramBackend*>(&backend);
  if (simfs == nullptr) {
    return Error{ErrorCode::kUsage,
                 "--fail is of --fs simfs; the disk of a file system of the "
                 "kernel fails by --fault"};
  }
  std::vector<PlannedFailure> failures;
  for (const std::string& text : texts) {
    POWERCUT_ASSIGN(const PlannedFailure planned, ParseFailure(text));
    if (std::ranges::find(failures, planned.failure,
                          &PlannedFailure::failure) != failures.end()) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--fail '{}': this failure is planned twice", text)};
    }
    failures.push_back(planned);
  }
  simfs->set_failures(std::move(failures));
  return Ok{};
}

std::string CallsTextOf(const Backend& backend) {
  const auto* const simfs =
      dynamic_cast<const programs::ProgramBackend*>(&backend);
  if (simfs == nullptr) return "";
  return programs::EncodeCalls(simfs->recorded_calls());
}

size_t UnfiredFailures(const Backend& backend) {
  const auto* const simfs =
      dynamic_cast<const programs::ProgramBackend*>(&backend);
  return simfs == nullptr ? 0 : simfs->unfired_failures();
}

Status TellCalls(const std::string& calls, Backend& backend) {
  auto* const simfs = dynamic_cast<programs::ProgramBackend*>(&backend);
  if (simfs == nullptr || calls.empty()) return Ok{};
  POWERCUT_ASSIGN(const Calls decoded, programs::DecodeCalls(calls));
  simfs->set_calls(decoded);
  return Ok{};
}

std::string ProgramsLack() { return programs::ProgramsLack(); }

Result<std::vector<std::string>> ParseProfiles(const std::string& text) {
  const std::vector<std::string> all = MakeSimfsBackend()->traits().profiles;
  if (text == "all") return all;
  if (text == "linux") {
    return std::vector<std::string>{
        "posix-minimal", "linux-man", "ext4-writeback", "ext4-ordered",
        "ext4-journal",  "xfs",       "btrfs"};
  }
  std::vector<std::string> profiles;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    std::string name = text.substr(begin, end - begin);
    begin = end + 1;
    if (std::ranges::find(all, name) == all.end()) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--profile '{}': there is none of this "
                      "name{}; there are {}, and `linux` and `all` "
                      "for many",
                      name, DidYouMean(name, all), fmt::join(all, ", "))};
    }
    if (std::ranges::find(profiles, name) != profiles.end()) {
      return Error{ErrorCode::kUsage,
                   fmt::format("--profile: {} comes twice", name)};
    }
    profiles.push_back(std::move(name));
  }
  return profiles;
}

}  // namespace powercut
