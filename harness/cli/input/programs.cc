// Finds out whether a backend is simfs, and talks to the one that runs programs
// on it. Where libfuse is missing, there is none, and asking for one says so.

#include "harness/cli/input/programs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#ifdef POWERCUT_HAVE_PROGRAMS
#include "library/calls/record_calls.h"
#include "programs/program_backend.h"
#include "programs/program_calls.h"
#endif

namespace powercut {

#ifdef POWERCUT_HAVE_PROGRAMS

Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string& profile) {
  if (backend->traits().name != "simfs") return backend;
  const auto& profiles = backend->traits().profiles;
  if (!profile.empty() &&
      std::ranges::find(profiles, profile) == profiles.end()) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--profile {}: simfs behaves as {}", profile,
                             fmt::join(profiles, ", "))};
  }
  std::unique_ptr<Backend> simfs =
      std::make_unique<programs::ProgramBackend>(profile);
  return simfs;
}

std::string CallsTextOf(const Backend& backend) {
  const auto* const simfs =
      dynamic_cast<const programs::ProgramBackend*>(&backend);
  if (simfs == nullptr || simfs->recorded_calls().empty()) return "";
  return programs::EncodeCalls(simfs->recorded_calls());
}

Status TellCalls(const std::string& calls, Backend& backend) {
  auto* const simfs = dynamic_cast<programs::ProgramBackend*>(&backend);
  if (simfs == nullptr || calls.empty()) return Ok{};
  POWERCUT_ASSIGN(const Calls decoded, programs::DecodeCalls(calls));
  simfs->set_calls(decoded);
  return Ok{};
}

Result<Trace> TraceUnder(const std::string& profile, const LoadedTrace& loaded,
                         Backend& backend) {
  POWERCUT_ASSIGN(const Calls calls, programs::DecodeCalls(loaded.about.calls));
  POWERCUT_ASSIGN(
      RecordedCalls recorded,
      RecordCalls(backend, calls, loaded.trace.geometry(), profile));
  return std::move(recorded.recording.trace);
}

#else

Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string&) {
  return backend;
}
std::string CallsTextOf(const Backend&) { return ""; }
Status TellCalls(const std::string&, Backend&) { return Ok{}; }
Result<Trace> TraceUnder(const std::string&, const LoadedTrace&, Backend&) {
  return Error{ErrorCode::kMissing,
               "not built: install libfuse3-dev, then configure and build "
               "again"};
}

#endif

}  // namespace powercut
