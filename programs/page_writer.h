// PageWriter: has the kernel write out what programs stored to mapped files of
// a volume, so that the volume knows of all stores that were made so far.
//
// A store to a mapped file is no system call. The kernel keeps the page, and
// passes it on when it is told to or when it likes. A program that dies loses
// nothing of it, so that what the program acknowledged then must be in the
// recording before the ack is.

#ifndef POWERCUT_PROGRAMS_PAGE_WRITER_H_
#define POWERCUT_PROGRAMS_PAGE_WRITER_H_

#include <string>

#include "harness/base/result.h"
#include "programs/fuse_volume.h"

namespace powercut::programs {

// Must be destroyed before the volume is, which it keeps in use. One caller at
// a time.
class PageWriter {
 public:
  // `volume` is the one that is mounted at `folder`, and outlives this object.
  PageWriter(FuseVolume& volume, std::string folder);
  PageWriter(const PageWriter&) = delete;
  PageWriter& operator=(const PageWriter&) = delete;
  ~PageWriter();

  // Returns when all pages that were stored to before the call have come to the
  // volume. The volume hears of no sync. Its requests, also those of programs,
  // are answered meanwhile by the calling thread; a second thread lives until
  // this function returns.
  // Errors: kMissing if there are no descriptors or threads left.
  Status WriteOut();

 private:
  FuseVolume& volume_;
  const std::string folder_;
  int root_ = -1;  // the root directory of the volume, once it was needed
};

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_PAGE_WRITER_H_
