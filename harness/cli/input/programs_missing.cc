// Stands in for programs.cc and for the files of recorded calls where libfuse
// is missing: no program can run on simfs, and each function says so.

#include "harness/cli/input/edited_calls.h"
#include "harness/cli/input/losses_by_calls.h"
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

Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string&) {
  return backend;
}
Status PlanFailures(const std::vector<std::string>& texts, Backend&) {
  return texts.empty() ? Status(Ok{}) : Status(NotBuilt());
}
std::string CallsTextOf(const Backend&) { return ""; }

size_t UnfiredFailures(const Backend&) { return 0; }
Status TellCalls(const std::string&, Backend&) { return Ok{}; }
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
Result<RemadeTrace> RemakeTrace(const TraceAbout&, const DiskGeometry&,
                                Backend&) {
  return NotBuilt();
}
Result<std::optional<ReturnedCalls>> ReturnedCallsOf(const Trace&,
                                                     const TraceAbout&,
                                                     Backend&) {
  return std::optional<ReturnedCalls>();
}
std::vector<RunMoment> MomentsOf(const ReturnedCalls&) { return {}; }
std::vector<ProgramCall> ProgramCallsOf(const ReturnedCalls&) { return {}; }
void NameByCalls(const RecordedRun&, const ReturnedCalls&, std::span<Finding>) {
}
Status NameLosses(const RecordedRun& run, const std::optional<ReturnedCalls>&,
                  std::span<Finding> findings) {
  return AddFileNames(run, findings);
}
Result<std::vector<LossRule>> RulesOfLoss(const RecordedRun&,
                                          const ReturnedCalls&,
                                          const StateId&) {
  return NotBuilt();
}
Result<std::vector<std::string>> ParseProfiles(const std::string&) {
  return NotBuilt();
}

}  // namespace powercut
