// RequestTrace: what the kernel asks a block device to do, request by request,
// seen by the kernel's own tracepoints. It costs no wake-up of any process.

#ifndef POWERCUT_BACKENDS_KERNEL_REQUEST_TRACE_H_
#define POWERCUT_BACKENDS_KERNEL_REQUEST_TRACE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
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

// Not thread-safe.
class RequestTrace {
 public:
  // Begins to trace a device. Returns `nullptr` if this kernel has no
  // tracepoints of block devices, or does not let this process use them.
  static std::unique_ptr<RequestTrace> Start(dev_t device);
  RequestTrace(const RequestTrace&) = delete;
  RequestTrace& operator=(const RequestTrace&) = delete;
  ~RequestTrace();

  // Descriptors, one for each processor. One polls readable when its buffer is
  // half full.
  std::span<const int> fds() const { return fds_; }

  // Takes what was traced out of the buffers, and calls `tell` for the requests
  // in the order of their time, up to `hold_back_ns` before now. Two requests
  // of which one waited for the other are told in this order if all processors
  // had written their buffers at that time, for which 100 ms are plenty; 0
  // tells all, and may be used when nothing is under way on the device.
  // Returns false if requests were lost since the last call, because a buffer
  // was full.
  bool Take(uint64_t hold_back_ns,
            const std::function<void(const DeviceRequest&)>& tell);

 private:
  struct Format;
  struct Timed {
    uint64_t time_ns = 0;
    DeviceRequest request;
  };
  explicit RequestTrace(std::unique_ptr<Format> format);
  bool OpenOn(int processor, dev_t device);
  void Decode(std::span<const std::byte> record);
  void Empty(void* buffer);

  std::unique_ptr<Format> format_;
  // The events of begins, and those of ends, which go to the same buffers.
  std::vector<int> fds_;
  std::vector<int> more_fds_;
  std::vector<void*> buffers_;
  // Taken out of the buffers, but not told.
  std::vector<Timed> waiting_;
  bool lost_ = false;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_REQUEST_TRACE_H_
