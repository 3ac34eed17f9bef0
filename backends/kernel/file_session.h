// FileSession: runs the file ops of a workload as system calls below one
// folder.

#ifndef POWERCUT_BACKENDS_KERNEL_FILE_SESSION_H_
#define POWERCUT_BACKENDS_KERNEL_FILE_SESSION_H_

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/interprocess/mapped_region.hpp>

#include "harness/backend.h"
#include "model/words/op.h"

namespace powercut::kernel {

// The ops that FileSession::Apply() takes.
const std::vector<OpKind>& FileSessionOps();

class FileSession {
 public:
  // `root` is the folder that stands for `/`, without a slash at its end.
  explicit FileSession(std::string root);
  FileSession(const FileSession&) = delete;
  FileSession& operator=(const FileSession&) = delete;
  // Closes all handles and unmaps all views.
  ~FileSession();

  // Runs one op, as Mount::Apply() does. An NT primitive becomes the nearest
  // call of Linux that is at least as strong (README.md). The call can wait for
  // the device below the folder.
  OpResult Apply(const Op& op, uint64_t offset_bytes, std::string_view content);

 private:
  struct Handle {
    int fd = -1;
    int flags = 0;  // of open()
  };
  struct View {
    boost::interprocess::mapped_region region;
    uint64_t size_bytes = 0;  // as the map asked for
  };
  // A descriptor of the file that an op works on: that of a handle, or one that
  // is opened for the op.
  class Target;

  std::string PathOf(const std::string& path) const { return root_ + path; }
  // These return 0 or an errno value.
  int Run(const Op& op, uint64_t offset_bytes, std::string_view content);
  int RunOnNames(const Op& op);
  int RunOnFile(const Op& op);
  int Write(const Op& op, uint64_t offset_bytes, std::string_view content);
  int Open(const Op& op);
  int Close(const Op& op);
  int Map(const Op& op);
  int SyncVolume() const;
  // Stores, flushes of views, and unmaps.
  OpResult UseView(const Op& op, std::string_view content);
  OpResult NtFlush(const Op& op);

  std::string root_;
  std::map<std::string, Handle> handles_;
  std::map<std::string, View> views_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_FILE_SESSION_H_
