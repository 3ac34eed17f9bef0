// FuseFile: a virtual disk as one file, served through FUSE, so that the kernel
// can put a loop device on it. The only place that knows libfuse.
//
// Every write that reaches the file is a write to the disk at the device layer,
// every fsync a flush of its cache, every punched hole a discard. Nothing is
// cached between the kernel and the disk (direct I/O).
//
// Who serves must not wait for the file: the processes that use it are others.

#ifndef POWERCUT_BACKENDS_KERNEL_FUSE_FILE_H_
#define POWERCUT_BACKENDS_KERNEL_FUSE_FILE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::kernel {

class FuseFile {
 public:
  // The file's name in the folder where it is mounted.
  static constexpr const char* kName = "disk";
  // Beside it stands a file that takes any text and shows none.
  static constexpr const char* kTextName = "acks";

  // A file of `size_bytes`, mounted at `folder`. It has no disk yet: requests
  // fail.
  // Errors: kMissing (/dev/fuse, or the right to mount).
  static Result<std::unique_ptr<FuseFile>> Mount(const std::string& folder,
                                                 uint64_t size_bytes);
  FuseFile(const FuseFile&) = delete;
  FuseFile& operator=(const FuseFile&) = delete;
  // Unmounts; what still uses the file gets errors.
  ~FuseFile();

  // What is read and written from now on; null: nothing, requests fail. The
  // disk must outlive its use here.
  // Requires: its size is the file's.
  void set_disk(VirtualDisk* disk);

  // Gets what is written to the text file, before the writer goes on; empty:
  // nobody does.
  void set_text_sink(std::function<void(std::string_view)> sink);

  // Readable when a request waits.
  int fd() const;
  // Takes one request and answers it. False: the file is unmounted.
  bool Serve();

  struct Impl;

 private:
  explicit FuseFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_FUSE_FILE_H_
