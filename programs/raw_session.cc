// Takes requests apart as linux/fuse.h lays them out: a header, and a body that
// the operation gives its shape.
//
// Both sides settle what they offer in the first request, FUSE_INIT. libfuse
// makes the answer, and a flag is added to it on its way.

#include "programs/raw_session.h"

#include <linux/fuse.h>
#include <sys/uio.h>
#include <unistd.h>

namespace powercut::programs {
namespace {

// Whether `flags`, a member of the body of the request, has the flag `wanted`.
// A request that is cut short has none.
template <typename Body>
bool HasFlag(const void* bytes, size_t size, uint32_t Body::* flags,
             uint32_t wanted) {
  if (size < sizeof(fuse_in_header) + sizeof(Body)) return false;
  const auto* const body = reinterpret_cast<const Body*>(
      static_cast<const char*>(bytes) + sizeof(fuse_in_header));
  return (body->*flags & wanted) != 0;
}

bool ClearsSetIds(uint32_t operation, const void* bytes, size_t size) {
  switch (operation) {
    case FUSE_WRITE:
      return HasFlag(bytes, size, &fuse_write_in::write_flags,
                     FUSE_WRITE_KILL_SUIDGID);
    case FUSE_SETATTR:
      return HasFlag(bytes, size, &fuse_setattr_in::valid, FATTR_KILL_SUIDGID);
    case FUSE_OPEN:
      return HasFlag(bytes, size, &fuse_open_in::open_flags,
                     FUSE_OPEN_KILL_SUIDGID);
    case FUSE_CREATE:
      return HasFlag(bytes, size, &fuse_create_in::open_flags,
                     FUSE_OPEN_KILL_SUIDGID);
    default:
      return false;
  }
}

}  // namespace

ssize_t RawSession::Read(int device, void* bytes, size_t size) {
  const ssize_t received = read(device, bytes, size);
  request_ = {};
  if (received < static_cast<ssize_t>(sizeof(fuse_in_header))) return received;
  auto& header = *static_cast<fuse_in_header*>(bytes);
  if (header.opcode == FUSE_INIT) init_ = header.unique;
  request_.unnamed = header.opcode == FUSE_TMPFILE;
  if (request_.unnamed) header.opcode = FUSE_CREATE;
  request_.clears_set_ids =
      ClearsSetIds(header.opcode, bytes, static_cast<size_t>(received));
  return received;
}

ssize_t RawSession::Write(int device, iovec* parts, int count) {
  const auto* const header =
      static_cast<const fuse_out_header*>(parts[0].iov_base);
  if (init_ == header->unique) {
    init_.reset();
    constexpr size_t kFlagsEnd =
        offsetof(fuse_init_out, flags) + sizeof(fuse_init_out::flags);
    if (count == 2 && parts[1].iov_len >= kFlagsEnd) {
      static_cast<fuse_init_out*>(parts[1].iov_base)->flags |=
          FUSE_HANDLE_KILLPRIV_V2;
    }
  }
  return writev(device, parts, count);
}

}  // namespace powercut::programs
