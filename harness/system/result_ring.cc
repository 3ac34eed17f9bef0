// A ring of 1 MiB between two counters that only grow: bytes ever sent, which
// the worker publishes, and bytes ever received, which the parent publishes.
// The bytes between the two are in the ring, at the counter modulo the size.
//
// A worker copies its bytes first and then stores `sent` with release order. So
// the parent, which loads `sent` with acquire order, sees whole bytes only,
// wherever the worker is killed. The parent trusts none of the shared values:
// storage code in the worker may have overwritten all of them.

#include "harness/system/result_ring.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include <boost/interprocess/anonymous_shared_memory.hpp>

namespace powercut {
namespace {

constexpr uint64_t kCapacityBytes = 1 << 20;

struct Shared {
  // How many bytes were ever sent and received.
  std::atomic<uint64_t> sent;
  std::atomic<uint64_t> received;
  std::atomic<uint32_t> current;
  char bytes[kCapacityBytes];
};
// An atomic with a lock of its own would not work between processes.
static_assert(std::atomic<uint64_t>::is_always_lock_free);

}  // namespace

struct ResultRing::Impl {
  boost::interprocess::mapped_region region =
      boost::interprocess::anonymous_shared_memory(sizeof(Shared));
  Shared* shared = static_cast<Shared*>(region.get_address());
  // The parent's own count of the bytes received. It is not shared, so that a
  // damaged worker cannot change it.
  uint64_t received = 0;
};

ResultRing::ResultRing() : impl_(std::make_unique<Impl>()) { Clear(); }
ResultRing::~ResultRing() = default;

void ResultRing::SetCurrent(uint32_t index) {
  impl_->shared->current.store(index, std::memory_order_release);
}

void ResultRing::Send(std::string_view bytes) {
  Shared& shared = *impl_->shared;
  // Only this process stores `sent`, so that the load needs no order.
  uint64_t sent = shared.sent.load(std::memory_order_relaxed);
  while (!bytes.empty()) {
    const uint64_t used =
        sent - shared.received.load(std::memory_order_acquire);
    const uint64_t at = sent % kCapacityBytes;
    // As much as there is, as fits, and as lies before the end of the buffer.
    const uint64_t size = std::min<uint64_t>(
        {bytes.size(), kCapacityBytes - used, kCapacityBytes - at});
    if (size == 0) {
      // The parent empties the ring every millisecond. Spinning until then
      // would take a processor from the other workers.
      const timespec pause = {.tv_sec = 0, .tv_nsec = 100'000};
      nanosleep(&pause, nullptr);
      continue;
    }
    std::memcpy(shared.bytes + at, bytes.data(), size);
    sent += size;
    shared.sent.store(sent, std::memory_order_release);
    bytes.remove_prefix(size);
  }
}

uint32_t ResultRing::current() const {
  return impl_->shared->current.load(std::memory_order_acquire);
}

bool ResultRing::Receive(std::string& out) {
  Shared& shared = *impl_->shared;
  uint64_t& received = impl_->received;
  const uint64_t sent = shared.sent.load(std::memory_order_acquire);
  if (received == sent) return false;
  if (sent - received > kCapacityBytes) {
    // The ring cannot hold so much: the worker has overwritten the counter. Its
    // bytes are dropped. The ring counts as empty from here on, or the worker
    // would wait for room for ever.
    received = sent;
    shared.received.store(sent, std::memory_order_release);
    return false;
  }
  while (received < sent) {
    const uint64_t at = received % kCapacityBytes;
    const uint64_t size = std::min(sent - received, kCapacityBytes - at);
    out.append(shared.bytes + at, size);
    received += size;
  }
  shared.received.store(received, std::memory_order_release);
  return true;
}

void ResultRing::Clear() {
  Shared& shared = *impl_->shared;
  impl_->received = 0;
  shared.sent.store(0);
  shared.received.store(0);
  shared.current.store(kNoCurrent);
}

}  // namespace powercut
