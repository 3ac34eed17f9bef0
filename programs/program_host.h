// ProgramHost: runs programs in a volume of simfs that is mounted through FUSE,
// in namespaces of their own, without root.
//
// The process that owns the volume serves it while a program runs. A second
// process, the first one of a PID namespace, starts the program and ends all
// that the program leaves running. Everything lives in a mount namespace, and
// where the user is not root in a user namespace, of the owner, and ends with
// it.

#ifndef POWERCUT_PROGRAMS_PROGRAM_HOST_H_
#define POWERCUT_PROGRAMS_PROGRAM_HOST_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "backends/kernel/fuse_file.h"
#include "harness/backend.h"
#include "harness/base/result.h"
#include "programs/program_files.h"

namespace powercut::programs {

class ProgramHost {
 public:
  // Gives this process the namespaces and starts the other one.
  // Requires: the calling process has no other threads.
  // Errors: kMissing, with the remedy, if there is no /dev/fuse that the user
  // may open, or no user namespace; kIo if the process died while it started.
  static Result<std::unique_ptr<ProgramHost>> Start();
  ProgramHost(const ProgramHost&) = delete;
  ProgramHost& operator=(const ProgramHost&) = delete;
  // Ends the process, and waits for it.
  ~ProgramHost();

  // Mounts the files, runs the program there to its end, and unmounts. Each
  // piece of text that it writes to $POWERCUT_ACKS goes to `files`, too.
  // `size_bytes` is the size of the volume that programs see.
  // Errors: kIo if the process is gone; every later call fails then.
  Result<CommandEnd> Run(const Mount::Command& command, ProgramFiles& files,
                         uint64_t size_bytes);

  // The exit status of the process (from waitpid). `std::nullopt` as long as
  // nobody has found the process gone.
  std::optional<int> end() const { return end_; }

 private:
  ProgramHost() = default;
  Status Begin();
  void End();
  Error Gone();

  pid_t pid_ = 0;  // 0 if there is no process to reap
  int socket_ = -1;
  bool folders_ = false;  // whether kPlaceFolder is mounted
  std::optional<int> end_;
  std::unique_ptr<kernel::FuseFile> acks_;
};

// Returns what keeps this machine from running programs on simfs, with the
// remedy, in one line. Empty if nothing does.
std::string ProgramsLack();

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_PROGRAM_HOST_H_
