// RawSession: what the kernel and the server of a FUSE volume say to each other
// that libfuse 3.14 does not know.
//
// Source: linux/fuse.h, protocol 7.33 (FUSE_HANDLE_KILLPRIV_V2) and 7.37
// (FUSE_TMPFILE).

#ifndef POWERCUT_PROGRAMS_RAW_SESSION_H_
#define POWERCUT_PROGRAMS_RAW_SESSION_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

struct iovec;

namespace powercut::programs {

// Reads the requests and writes the answers of one session in place of libfuse.
// Not thread-safe.
class RawSession {
 public:
  // What libfuse does not pass on of the request that was read last.
  struct Request {
    // Whether the file that is to be created gets no name (O_TMPFILE). libfuse
    // sees a request to create a file: the kernel sends the same with both, and
    // expects the same answer.
    bool unnamed = false;
    // Whether the file is to lose its set-user-ID bit, and its set-group-ID bit
    // if its group may execute it. The process has no right to keep them where
    // it changes the file, or it changes the owner.
    bool clears_set_ids = false;
  };

  // As read(2) and writev(2). The answer to the first request says that set-ID
  // bits are cleared here. The kernel then no longer asks before each write
  // whether the file has capabilities.
  // `bytes` must be aligned as malloc() does it.
  ssize_t Read(int device, void* bytes, size_t size);
  ssize_t Write(int device, iovec* parts, int count);

  const Request& request() const { return request_; }

 private:
  Request request_;
  // The number of the request that settles what both sides offer, until it is
  // answered.
  std::optional<uint64_t> init_;
};

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_RAW_SESSION_H_
