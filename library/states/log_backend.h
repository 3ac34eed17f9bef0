// The storage below a world of logs: a disk that holds logs and nothing else.

#ifndef POWERCUT_LIBRARY_STATES_LOG_BACKEND_H_
#define POWERCUT_LIBRARY_STATES_LOG_BACKEND_H_

#include <memory>

#include "harness/backend.h"
#include "library/files/world_logs.h"
#include "library/states/state_loop.h"

namespace powercut {

// The mount of such a disk.
class LogMount : public Mount {
 public:
  LogMount(VirtualDisk& disk, ClfsBug bug) : logs_(disk, bug) {}

  WorldLogs& logs() { return logs_; }

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override;
  Observation Observe() override { return {}; }
  OpResult Shutdown() override { return {}; }

 private:
  WorldLogs logs_;
};

// The disk on which the logs of a world begin: that of `setting`, or an empty
// one of this size.
std::shared_ptr<const SparseImage> LogDisk(const LogSetting& setting,
                                           uint64_t size_bytes);

// Makes a backend that takes the calls that a WorldLogs keeps. A disk is
// formatted as LogDisk() is.
std::unique_ptr<Backend> MakeLogBackend(const LogSetting& setting);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_LOG_BACKEND_H_
