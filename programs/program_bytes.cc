// Opens, reads, writes, resizes and syncs files.
//
// A file that has lost its last name is reached through a handle that is open
// on it. A hole that is punched is zeros that are written, in pieces of a MiB.

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>

#include <algorithm>

#include "programs/program_files.h"

namespace powercut::programs {

int ProgramFiles::SizeOf(Node node, uint64_t& size_bytes) {
  FileFacts facts;
  int64_t result = -ESTALE;
  if (const auto path = PathOf(node)) {
    result = files_.Stat(*path, facts);
  } else if (const Handle handle = AnyHandleOf(node); handle != 0) {
    result = files_.StatHandle(handle, facts);
  }
  if (result < 0) return static_cast<int>(-result);
  size_bytes = facts.size_bytes;
  return 0;
}

ProgramFiles::Handle ProgramFiles::AnyHandleOf(Node node) const {
  for (const auto& [handle, of] : open_) {
    if (of == node) return handle;
  }
  return 0;
}

int ProgramFiles::Resize(Node node, uint64_t size_bytes, Handle handle) {
  if (full_) return ENOSPC;
  if (handle != 0) {
    const int error = Done(files_.Truncate(handle, size_bytes));
    if (error == 0) Touch(node);
    return error;
  }
  const auto path = PathOf(node);
  if (!path) return ESTALE;
  const int64_t opened = files_.Open(*path, {});
  if (opened < 0) return static_cast<int>(-opened);
  const auto own = static_cast<Handle>(opened);
  const int error = Done(files_.Truncate(own, size_bytes));
  if (error == 0) Touch(node);
  files_.Close(own);
  Apply();
  return error;
}

int ProgramFiles::Open(Node node, int flags, Handle& handle) {
  OpenFlags wanted;
  // The kernel sees to it that nobody writes through a handle for reading.
  wanted.write = !nodes_.at(node).is_directory;
  wanted.direct = (flags & O_DIRECT) != 0;
  // Linux truncates files that are opened for reading, too.
  wanted.truncate = (flags & O_TRUNC) != 0;
  if (wanted.truncate && full_) return ENOSPC;
  const auto path = PathOf(node);
  if (!path) return OpenWithoutName(node, wanted.truncate, handle);
  const uint64_t calls = log_.calls().size();
  const int64_t opened = files_.Open(*path, wanted);
  if (opened < 0) return static_cast<int>(-opened);
  handle = static_cast<Handle>(opened);
  open_[handle] = node;
  const bool cut = wanted.truncate && log_.calls().size() > calls + 1;
  if (const int error = Apply()) {
    Close(handle);
    return error;
  }
  if (cut) Touch(node);
  return 0;
}

// A process opens a file that has no name any more through /proc/self/fd. It
// uses the handle of those that have the file open: the kernel has checked what
// the process may do.
int ProgramFiles::OpenWithoutName(Node node, bool truncate, Handle& handle) {
  const Handle shared = AnyHandleOf(node);
  if (shared == 0) return ESTALE;
  if (truncate) {
    if (const int error = Resize(node, 0, shared)) return error;
  }
  ++shares_[shared];
  handle = shared;
  return 0;
}

void ProgramFiles::Close(Handle handle) {
  const auto shared = shares_.find(handle);
  if (shared != shares_.end()) {
    if (--shared->second == 0) shares_.erase(shared);
    return;
  }
  const auto open = open_.find(handle);
  const Node node = open == open_.end() ? 0 : open->second;
  if (open != open_.end()) open_.erase(open);
  files_.Close(handle);
  Apply();
  if (AnyHandleOf(node) == 0) RemoveHiddenName(node);
}

int ProgramFiles::Read(Handle handle, uint64_t offset_bytes,
                       MutableByteSpan out, size_t& bytes) {
  const int64_t result = files_.Read(handle, offset_bytes, out);
  if (result < 0) return static_cast<int>(-result);
  bytes = static_cast<size_t>(result);
  return 0;
}

int ProgramFiles::Write(Node node, Handle handle, uint64_t offset_bytes,
                        ByteSpan data, size_t& written) {
  if (full_) return ENOSPC;
  const int64_t result = files_.Write(handle, offset_bytes, data);
  if (const int error = Done(result)) return error;
  written = static_cast<size_t>(result);
  Touch(node);
  return 0;
}

int ProgramFiles::Allocate(Node node, Handle handle, int mode,
                           uint64_t offset_bytes, uint64_t size_bytes) {
  if (full_) return ENOSPC;
  constexpr int kHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  const bool zero = mode == kHole || mode == FALLOC_FL_ZERO_RANGE ||
                    mode == (FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE);
  if (mode == FALLOC_FL_KEEP_SIZE) return 0;
  if (mode != 0 && !zero) return EOPNOTSUPP;
  FileFacts facts;
  if (const int64_t result = files_.StatHandle(handle, facts); result < 0) {
    return static_cast<int>(-result);
  }
  const uint64_t end = offset_bytes + size_bytes;
  const bool keeps = (mode & FALLOC_FL_KEEP_SIZE) != 0;
  if (!keeps && end > facts.size_bytes) {
    if (const int error =
            Done(files_.Allocate(handle, offset_bytes, size_bytes))) {
      return error;
    }
    Touch(node);
  }
  if (!zero) return 0;
  const uint64_t last = std::min(end, facts.size_bytes);
  constexpr uint64_t kPiece = 1 << 20;
  const Bytes zeros(kPiece);
  size_t written = 0;
  for (uint64_t at = offset_bytes; at < last; at += written) {
    const uint64_t bytes = std::min(kPiece, last - at);
    const int error =
        Write(node, handle, at, ByteSpan(zeros).first(bytes), written);
    if (error != 0) return error;
    if (written == 0) return EIO;
  }
  return 0;
}

int ProgramFiles::Sync(Handle handle, bool data_only) {
  const int64_t result =
      files_.Sync(handle, data_only ? SyncKind::kFdatasync : SyncKind::kFsync);
  return Done(result);
}

int ProgramFiles::SyncVolume() {
  const int64_t result = files_.SyncAll();
  return Done(result);
}

}  // namespace powercut::programs
