// Makes the kernel write out what a program left dirty, at moments that the
// schedule of `record --writeback` chooses.

#ifndef POWERCUT_BACKENDS_KERNEL_WRITEBACK_H_
#define POWERCUT_BACKENDS_KERNEL_WRITEBACK_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/kernel/call_tracer.h"
#include "harness/backend.h"
#include "harness/base/prng.h"
#include "harness/base/result.h"

namespace powercut::kernel {

// Starts writes that the kernel may start by itself at any time: the pages of a
// file, and the running transaction of a journal. It never asks for more
// durability than the kernel gives by itself: writing out pages sends no flush
// to the device.
//
// A transaction is committed through a file without a name in the volume, whose
// inode it holds from the first commit to its end.
class WritebackDriver {
 public:
  // `volume` is the folder of the mounted volume.
  // A schedule other than kEager and kRandom does nothing.
  WritebackDriver(WritebackSchedule schedule, uint64_t seed,
                  std::string volume);
  WritebackDriver(const WritebackDriver&) = delete;
  WritebackDriver& operator=(const WritebackDriver&) = delete;
  ~WritebackDriver();

  // Called after each call of the program that may have changed a file, while
  // the thread that made it stands still. Does what the schedule says. Calls
  // that change files outside of the volume are passed over.
  void AfterCall(const ChangingCall& call);

 private:
  // Writes out the pages of a file, and waits until the device has them.
  void WriteOut(const std::string& path);
  // Writes out files drawn at random; those that stay may still be dirty.
  void WriteOutSome();
  // Commits what the file system has in its running transaction.
  void Commit();

  WritebackSchedule schedule_;
  Prng prng_;
  std::string volume_;
  // In the order of their names, so that a draw depends on the seed and on what
  // the program did.
  std::set<std::string> dirty_;
  // Files that are mapped, and so may become dirty without a call.
  std::set<std::string> mapped_;
  // The file that commits go through. -1 before the first commit.
  int commit_file_ = -1;
  bool toggle_ = false;
};

// Holds the kernel's periodic writeback off for as long as the object lives.
// The settings belong to the whole machine (vm.dirty_writeback_centisecs and
// its neighbours). They are restored at the end, also if this process is
// killed.
class LateWriteback {
 public:
  // Errors: kMissing if another recording holds writeback off, or if the
  // settings cannot be changed here.
  static Result<std::unique_ptr<LateWriteback>> Begin();
  LateWriteback(const LateWriteback&) = delete;
  LateWriteback& operator=(const LateWriteback&) = delete;
  // Restores the settings.
  ~LateWriteback();

 private:
  LateWriteback() = default;

  // The process that restores the settings once the other end of the socket is
  // closed.
  int guard_ = 0;
  int to_guard_ = -1;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_WRITEBACK_H_
