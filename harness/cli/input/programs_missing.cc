// Stands in for programs.cc and recorded_calls.cc where libfuse is missing: no
// program can run on simfs, and each function says so.

#include "harness/cli/input/programs.h"
#include "harness/cli/input/recorded_calls.h"
#include "harness/explain/file_losses.h"

namespace powercut {
namespace {

Error NotBuilt() {
  return {ErrorCode::kMissing,
          "not built: install libfuse3-dev, then configure and build again"};
}

}  // namespace

Result<std::vector<LossRule>> RulesOfLoss(const RecordedRun&, const TraceAbout&,
                                          const StateId&) {
  return std::vector<LossRule>();
}
Result<bool> NameByCalls(const RecordedRun&, const TraceAbout&,
                         std::span<Finding>) {
  return false;
}
Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string&) {
  return backend;
}
std::string CallsTextOf(const Backend&) { return ""; }
Status TellCalls(const std::string&, Backend&) { return Ok{}; }
void LetRecoveriesPersist(Backend&) {}
std::string ProgramsLack() {
  return "not built: install libfuse3-dev, then configure and build again";
}
Result<std::vector<size_t>> ChangingCallsOf(const TraceAbout&) {
  return NotBuilt();
}
Result<size_t> KeepChanges(const std::vector<size_t>&, TraceAbout&) {
  return NotBuilt();
}
Result<std::vector<ProgramSync>> SyncsOf(const TraceAbout&) {
  return NotBuilt();
}
Status WeakenCalls(const std::vector<std::string>&, TraceAbout&) {
  return NotBuilt();
}
Result<std::vector<RunMoment>> MomentsOf(const Trace&, const TraceAbout&,
                                         Backend&) {
  return NotBuilt();
}
Result<std::vector<ProgramCall>> ProgramCallsOf(const Trace&, const TraceAbout&,
                                                Backend&) {
  return std::vector<ProgramCall>();
}
Status CheckCallsMake(const LoadedTrace&, Backend&) { return Ok{}; }
Result<Trace> TraceUnder(const std::string&, const LoadedTrace&, Backend&) {
  return NotBuilt();
}
Status NameLosses(const RecordedRun& run, const TraceAbout&,
                  std::span<Finding> findings) {
  return AddFileNames(run, findings);
}
Result<std::vector<std::string>> ParseProfiles(const std::string&) {
  return NotBuilt();
}

}  // namespace powercut
