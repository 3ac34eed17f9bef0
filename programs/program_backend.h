// A simfs in which programs can run: the backend of simfs, with a mount that
// serves its files through FUSE.

#ifndef POWERCUT_PROGRAMS_PROGRAM_BACKEND_H_
#define POWERCUT_PROGRAMS_PROGRAM_BACKEND_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "library/calls/call.h"
#include "library/files/planned_failures.h"

namespace powercut::programs {

// The disk on which a program is recorded if nobody says how large it is. No
// sector is used twice, so that it has to hold all that the program ever
// writes; what is not written takes no memory.
inline constexpr uint64_t kProgramDiskBytes = uint64_t{1} << 30;

class ProgramBackend : public Backend {
 public:
  // A simfs that behaves as `profile`, which must be one of its traits; the
  // empty text means `linux-man`.
  explicit ProgramBackend(const std::string& profile = "");
  ~ProgramBackend() override;

  // Says which calls made the trace whose crashes are opened from now on: files
  // then have the attributes that programs gave them.
  void set_calls(const Calls& calls);
  // Which calls of programs that are recorded from now on fail.
  void set_failures(std::vector<PlannedFailure> failures);
  // The calls of the last program that was recorded.
  const Calls& recorded_calls() const;
  // How many of its planned failures have failed no call.
  size_t unfired_failures() const;

  const BackendTraits& traits() const override;
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override;
  MountResult Open(VirtualDisk& disk) override;
  void StudyTrace(const Trace& trace) override;
  void ForgetTrace(const Trace& trace) override;
  void ExpectCrashOf(const Trace& trace, EventNumber upto) override;
  // Attributes do not reach the disk.
  void LetRecoveriesPersist() override;
  std::optional<int> HelperExitStatus() const override;
  std::optional<Error> MissingResource() const override;
  void ReleaseHelpers() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_PROGRAM_BACKEND_H_
