// RequestTrace: what the kernel asks a block device to do, request by request,
// seen by the kernel's own tracepoints. It costs no wake-up of any process.

#ifndef POWERCUT_BACKENDS_KERNEL_REQUEST_TRACE_H_
#define POWERCUT_BACKENDS_KERNEL_REQUEST_TRACE_H_

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace powercut::kernel {

// One moment of a request.
struct DeviceRequest {
  enum Kind : uint8_t {
    kRead,        // The device is about to read.
    kWriteBegan,  // The device is about to write, to zero or to discard.
    kWritten,     // A write or a discard has succeeded.
  };
  Kind kind = kRead;
  // In units of 512 bytes, whatever the sectors of the device. Not empty.
  uint64_t first = 0;
  uint64_t count = 0;
};

// Keeps the tracepoints in use for the rest of this process's life, without
// tracing anything. When the last user of a tracepoint ends, the kernel waits
// for all processors (27 and 52 ms for the two tracepoints on a busy machine),
// which each worker would pay at its end. Does nothing where they cannot be
// used, or if it was called before.
void KeepTracepoints();

// Not thread-safe.
class RequestTrace {
 public:
  // Begins to trace the device at this path, and reads a page of it to see
  // that reads are traced and counted. Returns `nullptr` if they are not: this
  // kernel has no tracepoints or no counters of block devices, or does not let
  // this process use them.
  // Requires: nobody uses the device yet. It has at least 4096 bytes.
  static std::unique_ptr<RequestTrace> Start(const std::string& path);
  RequestTrace(const RequestTrace&) = delete;
  RequestTrace& operator=(const RequestTrace&) = delete;
  ~RequestTrace();

  // Descriptors, one for each processor that is on line. One polls readable
  // when its buffer is half full.
  std::span<const int> fds() const { return fds_; }

  // Forgets all requests up to now. Returns false if one that was not told was
  // more than a read, or if samples were lost since the last Take().
  // Requires: nothing is under way on the device, but for reads of strangers.
  bool Restart();

  // Calls `tell` for the requests since the last call, in the order in which
  // they came: a request that waited for another one comes after it. What has
  // ended before the call is told, except that a kWritten of the last
  // microseconds may be told by the next call, or never.
  // Returns false if requests have failed, or if samples were found to be lost,
  // since the last call. Only with `idle` are they certain to be found, of all
  // requests since Restart().
  // Requires for `idle`: nothing is under way on the device. Otherwise samples
  // may seem to be lost.
  bool Take(bool idle, const std::function<void(const DeviceRequest&)>& tell);

 private:
  struct Format;
  struct Timed {
    uint64_t time_ns = 0;
    DeviceRequest request;
  };
  // Sectors of 512 bytes that were read, written and discarded.
  using Sectors = std::array<uint64_t, 3>;

  explicit RequestTrace(std::unique_ptr<Format> format);
  bool OpenOn(int processor, dev_t device);
  // Whether a read of the device is traced and counted.
  bool SeesRead(const std::string& path);
  // What the kernel has counted since it made the device; `std::nullopt` if it
  // does not say.
  std::optional<Sectors> Counted() const;
  void Decode(std::span<const std::byte> record);
  void Empty(void* buffer);
  void EmptyAll();

  std::unique_ptr<Format> format_;
  // The events of begins, and those of ends, which go to the same buffers.
  std::vector<int> fds_;
  std::vector<int> more_fds_;
  size_t buffer_bytes_ = 0;
  std::vector<void*> buffers_;
  int counters_fd_ = -1;
  // What was counted at the last Restart(), and what was traced since.
  Sectors counted_before_ = {};
  Sectors begun_ = {};
  Sectors ended_ = {};
  // A sum over all requests that began, less those that ended.
  uint64_t balance_ = 0;
  // Taken out of the buffers, but not told.
  std::vector<Timed> waiting_;
  // The time of the newest request that was taken out.
  uint64_t newest_ns_ = 0;
  bool lost_ = false;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_REQUEST_TRACE_H_
