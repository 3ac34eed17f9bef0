// FuseVolume: the files of a volume, mounted through FUSE. Only fuse_volume.cc
// knows libfuse.
//
// The kernel keeps what it was told, since nobody else changes the files, but
// it passes each write on before the program goes on; only stores to a mapped
// file come later, when the kernel writes the page out (msync, munmap, fsync,
// memory that runs short, or PageWriter).

#ifndef POWERCUT_PROGRAMS_FUSE_VOLUME_H_
#define POWERCUT_PROGRAMS_FUSE_VOLUME_H_

#include <memory>
#include <string>

#include "harness/base/result.h"
#include "programs/program_files.h"

namespace powercut::programs {

// The thread that serves the volume must not use it itself, or it would wait
// for ever. What other threads of its process open there is no call of a
// program. One caller at a time.
class FuseVolume {
 public:
  // Mounts `files`, which must outlive this object, at `folder`. `size_bytes`
  // is the size that statfs(2) tells.
  // Errors: kMissing, with the remedy, if there is no /dev/fuse or no right to
  // mount.
  static Result<std::unique_ptr<FuseVolume>> Mount(const std::string& folder,
                                                   ProgramFiles& files,
                                                   uint64_t size_bytes);
  FuseVolume(const FuseVolume&) = delete;
  FuseVolume& operator=(const FuseVolume&) = delete;
  // Unmounts. Requests of programs that still use the volume fail.
  ~FuseVolume();

  // A descriptor that polls readable when a request waits.
  int fd() const;
  // Takes one request and answers it, if one waits: the process that made the
  // one that fd() told of may have been killed since. Returns false if the
  // volume was unmounted.
  bool Serve();

  struct Impl;

 private:
  explicit FuseVolume(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_FUSE_VOLUME_H_
