// FuseFile: a virtual disk as one file, served through FUSE, so that the kernel
// can put a loop device on it. Only fuse_file.cc knows libfuse.
//
// Every write that reaches the file is a write to the disk at the layer
// `device`, every fsync is a flush of its cache, and every punched hole is a
// discard. No cache stands between the kernel and the disk (direct I/O).
//
// The process that serves the file must not wait for it, or it would wait for
// ever: other processes use the file. One caller at a time.

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
  // The name of the file in the folder where it is mounted.
  static constexpr const char* kName = "disk";
  // The name of a second file there, which takes any text and reads as empty.
  static constexpr const char* kTextName = "acks";

  // Mounts a file of `size_bytes` at `folder`. It has no disk yet, so that
  // reads and writes fail with EIO.
  // Errors: kMissing if there is no /dev/fuse or no right to mount.
  static Result<std::unique_ptr<FuseFile>> Mount(const std::string& folder,
                                                 uint64_t size_bytes);
  FuseFile(const FuseFile&) = delete;
  FuseFile& operator=(const FuseFile&) = delete;
  // Unmounts. Requests of programs that still use the file fail.
  ~FuseFile();

  // Sets the disk that requests read and write from now on. With `nullptr` they
  // fail with EIO. The disk must outlive its use here.
  // Requires: the disk has the size of the file.
  void set_disk(VirtualDisk* disk);

  // Sets the function that is called with each piece of text that is written to
  // the text file, before the writer goes on. If it is empty, text is dropped.
  // The function may call Serve(), since other requests can be answered while
  // the writer waits; it is then called again if more text comes.
  void set_text_sink(std::function<void(std::string_view)> sink);

  // A descriptor that polls readable when a request waits.
  int fd() const;
  // Takes one request and answers it, if one waits: the process that made the
  // one that fd() told of may have been killed since. Returns false if the file
  // was unmounted.
  bool Serve();

  struct Impl;

 private:
  explicit FuseFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_FUSE_FILE_H_
