// File ops as system calls.
//
// An operand is the name of a handle or a path below the root folder. Target
// opens a path for one op and closes it again, or lends the descriptor of a
// handle. Calls give errno values, which become the names of errors at the end;
// only NT primitives and views have statuses of their own. A view is a mapped
// region of Boost. NT flushes pass the checks of nt_arguments.h and then become
// fsync, fdatasync or syncfs.
//
// Example, with /mnt/volume as the root:
//   open   H /a dsync     open("/mnt/volume/a", O_RDWR | O_DSYNC | O_CLOEXEC)
//   write  H 0 4096       pwritev2() on the descriptor of H
//   fsync  /a             open(), fsync(), close()
//   map    V /a 0 8192    ftruncate() if /a is shorter than 8192 bytes; mmap()
//   store  V 100 50       memcpy() into the region
//   msync  V 100 50       msync() of the first page

#include "backends/kernel/file_session.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>

#include "backends/nt_arguments.h"
#include "backends/ops.h"
#include "backends/view_arguments.h"
#include "model/words/content.h"

namespace powercut::kernel {
namespace {

// O_DIRECT needs memory that is aligned like the blocks of the device.
constexpr size_t kAlignment = 4096;

OpResult ResultOf(int error) {
  if (error == 0) return {};
  const char* name = strerrorname_np(error);
  return {name != nullptr ? name : "EUNKNOWN"};
}

// The errno value of a system call that returned `result`.
int ErrnoOf(int result) { return result == 0 ? 0 : errno; }

// Writes all of `content`. The memory is always aligned, since the descriptor
// may be that of a handle with O_DIRECT.
int WriteAll(int fd, std::string_view content, uint64_t offset_bytes,
             int flags) {
  struct Freer {
    void operator()(char* memory) const { std::free(memory); }
  };
  const size_t room = (content.size() / kAlignment + 1) * kAlignment;
  const std::unique_ptr<char, Freer> aligned(
      static_cast<char*>(std::aligned_alloc(kAlignment, room)));
  if (aligned == nullptr) return ENOMEM;
  memcpy(aligned.get(), content.data(), content.size());
  // A write of nothing is a call, too: the kernel may refuse it.
  size_t done = 0;
  do {
    const iovec piece = {aligned.get() + done, content.size() - done};
    const ssize_t written =
        pwritev2(fd, &piece, 1, static_cast<off_t>(offset_bytes + done), flags);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    // A call that writes nothing would be repeated for ever.
    if (written == 0 && done < content.size()) return EIO;
    done += static_cast<size_t>(written);
  } while (done < content.size());
  return 0;
}

int OpenFlagsOf(const Op& op) {
  int flags = op.HasFlag("read_only") ? O_RDONLY : O_RDWR;
  if (op.HasFlag("write_through") || op.HasFlag("sync")) flags |= O_SYNC;
  if (op.HasFlag("dsync")) flags |= O_DSYNC;
  if (op.HasFlag("no_buffering") || op.HasFlag("direct")) flags |= O_DIRECT;
  if (op.HasFlag("append")) flags |= O_APPEND;
  return flags | O_CLOEXEC;
}

}  // namespace

const std::vector<OpKind>& FileSessionOps() {
  static const std::vector<OpKind> kOps =
      JoinOps(kFileOps, {OpKind::kFallocate, OpKind::kExchange});
  return kOps;
}

// The file that an op works on.
class FileSession::Target {
 public:
  Target(const FileSession& session, const std::string& name, int flags) {
    const auto handle = session.handles_.find(name);
    if (handle != session.handles_.end()) {
      fd_ = handle->second.fd;
      return;
    }
    fd_ = open(session.PathOf(name).c_str(), flags | O_CLOEXEC);
    error_ = fd_ < 0 ? errno : 0;
    owned_ = true;
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  ~Target() {
    if (owned_ && fd_ >= 0) close(fd_);
  }

  // 0, or why the path could not be opened.
  int error() const { return error_; }
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
  int error_ = 0;
  bool owned_ = false;
};

FileSession::FileSession(std::string root) : root_(std::move(root)) {}

FileSession::~FileSession() {
  for (const auto& [name, handle] : handles_) close(handle.fd);
}

OpResult FileSession::Apply(const Op& op, uint64_t offset_bytes,
                            std::string_view content) {
  switch (op.kind) {
    case OpKind::kNtFlush:
    case OpKind::kFlushFileBuffers:
      return NtFlush(op);
    case OpKind::kStore:
    case OpKind::kMsync:
    case OpKind::kFlushView:
    case OpKind::kUnmap:
      return UseView(op, content);
    default:
      return ResultOf(Run(op, offset_bytes, content));
  }
}

int FileSession::Run(const Op& op, uint64_t offset_bytes,
                     std::string_view content) {
  switch (op.kind) {
    case OpKind::kWrite:
    case OpKind::kAppend:
      return Write(op, offset_bytes, content);
    case OpKind::kOpen:
      return Open(op);
    case OpKind::kClose:
      return Close(op);
    case OpKind::kMap:
      return Map(op);
    case OpKind::kSyncfs:
      return SyncVolume();
    case OpKind::kTruncate:
    case OpKind::kSetEndOfFile:
    case OpKind::kFallocate:
    case OpKind::kFsync:
    case OpKind::kFdatasync:
    case OpKind::kSyncFileRange:
    case OpKind::kFullFsync:
    case OpKind::kBarrierFsync:
      return RunOnFile(op);
    default:
      return RunOnNames(op);
  }
}

int FileSession::RunOnNames(const Op& op) {
  const std::string path = PathOf(op.names.at(0));
  switch (op.kind) {
    case OpKind::kCreate: {
      const int fd =
          open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
      return fd < 0 ? errno : ErrnoOf(close(fd));
    }
    case OpKind::kMkdir:
      return ErrnoOf(mkdir(path.c_str(), 0755));
    case OpKind::kRename:
      return ErrnoOf(rename(path.c_str(), PathOf(op.names.at(1)).c_str()));
    case OpKind::kExchange:
      return ErrnoOf(renameat2(AT_FDCWD, path.c_str(), AT_FDCWD,
                               PathOf(op.names.at(1)).c_str(),
                               RENAME_EXCHANGE));
    case OpKind::kLink:
      return ErrnoOf(link(path.c_str(), PathOf(op.names.at(1)).c_str()));
    case OpKind::kUnlink:
      return ErrnoOf(unlink(path.c_str()));
    case OpKind::kRmdir:
      return ErrnoOf(rmdir(path.c_str()));
    default:
      return ENOSYS;  // The op is not in FileSessionOps().
  }
}

int FileSession::RunOnFile(const Op& op) {
  // Linux flushes through any descriptor, but changes a size only through one
  // that is open for writing.
  const bool resizes = op.kind == OpKind::kTruncate ||
                       op.kind == OpKind::kSetEndOfFile ||
                       op.kind == OpKind::kFallocate;
  const Target target(*this, op.names.at(0), resizes ? O_WRONLY : O_RDONLY);
  if (target.error() != 0) return target.error();
  const auto number = [&op](size_t i) {
    return static_cast<off_t>(op.numbers.at(i));
  };
  switch (op.kind) {
    case OpKind::kTruncate:
    case OpKind::kSetEndOfFile:
      return ErrnoOf(ftruncate(target.fd(), number(0)));
    case OpKind::kFallocate:
      return ErrnoOf(fallocate(target.fd(), 0, number(0), number(1)));
    case OpKind::kFdatasync:
      return ErrnoOf(fdatasync(target.fd()));
    case OpKind::kSyncFileRange:
      return ErrnoOf(sync_file_range(target.fd(), number(0), number(1),
                                     SYNC_FILE_RANGE_WAIT_BEFORE |
                                         SYNC_FILE_RANGE_WRITE |
                                         SYNC_FILE_RANGE_WAIT_AFTER));
    default:  // fsync, and the two flushes of macOS
      return ErrnoOf(fsync(target.fd()));
  }
}

int FileSession::Write(const Op& op, uint64_t offset_bytes,
                       std::string_view content) {
  const bool append = op.kind == OpKind::kAppend;
  const Target target(*this, op.names.at(0),
                      O_WRONLY | (append ? O_APPEND : 0));
  if (target.error() != 0) return target.error();
  int flags = 0;
  if (op.HasFlag("dsync")) flags |= RWF_DSYNC;
  if (op.HasFlag("sync")) flags |= RWF_DSYNC | RWF_SYNC;
  return WriteAll(target.fd(), content, offset_bytes, flags);
}

int FileSession::Open(const Op& op) {
  const int flags = OpenFlagsOf(op);
  const std::string path = PathOf(op.names.at(1));
  int fd = open(path.c_str(), flags);
  // A directory can be opened for reading only.
  if (fd < 0 && errno == EISDIR) fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  // A handle of this name that is still open gives way, as after a close().
  Close(op);
  handles_[op.names.at(0)] = {fd, flags};
  return 0;
}

int FileSession::Close(const Op& op) {
  const auto handle = handles_.find(op.names.at(0));
  if (handle == handles_.end()) return 0;
  const int fd = handle->second.fd;
  handles_.erase(handle);
  return ErrnoOf(close(fd));
}

int FileSession::SyncVolume() const {
  const int fd = open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = ErrnoOf(syncfs(fd));
  close(fd);
  return error;
}

int FileSession::Map(const Op& op) {
  namespace ipc = boost::interprocess;
  const std::string& name = op.names.at(1);
  const uint64_t offset_bytes = op.numbers.at(0);
  const uint64_t size_bytes = op.numbers.at(1);
  if (offset_bytes % kPageBytes != 0 || size_bytes == 0) return EINVAL;
  const Target target(*this, name, O_RDWR);
  if (target.error() != 0) return target.error();
  struct stat attributes{};
  if (fstat(target.fd(), &attributes) != 0) return errno;
  const auto end = static_cast<off_t>(offset_bytes + size_bytes);
  // CreateFileMapping makes a file longer that ends before the view does. A
  // store to a page after the end of the file would kill this process (SIGBUS).
  if (attributes.st_size < end && ftruncate(target.fd(), end) != 0) {
    return errno;
  }
  try {
    // Boost maps by name and takes no descriptor.
    const std::string path = "/proc/self/fd/" + std::to_string(target.fd());
    const ipc::file_mapping file(path.c_str(), ipc::read_write);
    views_[op.names.at(0)] = {
        ipc::mapped_region(file, ipc::read_write,
                           static_cast<ipc::offset_t>(offset_bytes),
                           size_bytes),
        size_bytes};
    return 0;
  } catch (const ipc::interprocess_exception& e) {
    return e.get_native_error() != 0 ? e.get_native_error() : EINVAL;
  }
}

OpResult FileSession::UseView(const Op& op, std::string_view content) {
  const auto found = views_.find(op.names.at(0));
  if (op.kind == OpKind::kUnmap) {
    if (found != views_.end()) views_.erase(found);
    return {};
  }
  std::optional<uint64_t> view_size_bytes;
  if (found != views_.end()) view_size_bytes = found->second.size_bytes;
  std::string error = ViewArgumentError(op, view_size_bytes);
  if (!error.empty()) return {std::move(error)};
  if (op.kind == OpKind::kStore) {
    memcpy(static_cast<char*>(found->second.region.get_address()) +
               op.numbers.at(0),
           content.data(), content.size());
    return {};
  }
  // Both primitives flush whole pages. Length 0 means everything up to the end
  // of the view for FlushViewOfFile, and no page for msync.
  uint64_t size_bytes = op.numbers.at(1);
  if (size_bytes == 0 && op.kind == OpKind::kMsync) return {};
  const uint64_t first = op.numbers.at(0) / kPageBytes * kPageBytes;
  if (size_bytes > 0) size_bytes += op.numbers.at(0) - first;
  const bool flushed = found->second.region.flush(
      first, size_bytes, /*async=*/op.HasFlag("async"));
  return ResultOf(flushed ? 0 : errno);
}

OpResult FileSession::NtFlush(const Op& op) {
  const std::string& operand = op.names.at(0);
  const bool named = operand != "volume" && operand != "null";
  struct stat attributes{};
  const auto handle = handles_.find(operand);
  std::optional<Target> target;
  // The kind of the file decides which flags are valid.
  if (named) {
    target.emplace(*this, operand, O_RDONLY);
    if (target->error() != 0) return ResultOf(target->error());
    if (fstat(target->fd(), &attributes) != 0) return ResultOf(errno);
  }
  const bool read_only = handle != handles_.end() &&
                         (handle->second.flags & O_ACCMODE) == O_RDONLY;
  const std::string error =
      NtFlushArgumentError(op, {S_ISDIR(attributes.st_mode) != 0, read_only});
  if (!error.empty()) return {error};
  if (operand == "volume") return ResultOf(SyncVolume());
  // The nearest call that is at least as strong (README.md).
  const bool data_only =
      op.HasFlag("file_data_only") || op.HasFlag("file_data_sync_only");
  return ResultOf(
      ErrnoOf(data_only ? fdatasync(target->fd()) : fsync(target->fd())));
}

}  // namespace powercut::kernel
