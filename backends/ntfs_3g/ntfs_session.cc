// Ops as calls of the volume.
//
// The volume knows paths only. Hence a handle is the path that it was opened
// with, with its flags, and a view is the path of its file, with its length. A
// rename of this path changes it; a rename of a directory above does not. Every
// flush becomes a sync of the device, and a store becomes a write of the same
// bytes at once.
//
// Example:
//   map    V /f 0 4096    looks /f up; V is {"/f", 4096}
//   rename /f /g          V is {"/g", 4096}
//   store  V 100 50       writes 50 bytes at offset 100 of /g
//   msync  V 100 50       syncs the device

#include "backends/ntfs_3g/ntfs_session.h"

#include <errno.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/nt_arguments.h"
#include "backends/ntfs_3g/ntfs_tree.h"
#include "backends/view_arguments.h"
#include "model/words/content.h"

namespace powercut::ntfs_3g {
namespace {

OpResult ResultOf(int error) {
  return OpResult{error == 0 ? "" : ErrorName(error)};
}

}  // namespace

bool NtfsSession::Handle::Has(std::string_view flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

const NtfsSession::Handle* NtfsSession::HandleOf(
    const std::string& name) const {
  const auto found = handles_.find(name);
  return found == handles_.end() ? nullptr : &found->second;
}

std::string NtfsSession::PathOf(const std::string& name) const {
  const Handle* handle = HandleOf(name);
  return handle != nullptr ? handle->path : name;
}

OpResult NtfsSession::Apply(const Op& op, uint64_t offset_bytes,
                            std::string_view content) {
  switch (op.kind) {
    case OpKind::kNtFlush:
    case OpKind::kFlushFileBuffers:
      return NtFlush(op);
    case OpKind::kStore:
    case OpKind::kMsync:
    case OpKind::kFlushView:
    case OpKind::kUnmap:
      return UseView(op, offset_bytes, content);
    default:
      return ResultOf(Run(op, offset_bytes, content));
  }
}

int NtfsSession::Run(const Op& op, uint64_t offset_bytes,
                     std::string_view content) {
  switch (op.kind) {
    case OpKind::kWrite:
    case OpKind::kAppend:
      return Write(op, offset_bytes, content);
    case OpKind::kTruncate:
    case OpKind::kSetEndOfFile:
      return Resize(op);
    case OpKind::kFsync:
    case OpKind::kFdatasync:
    case OpKind::kSyncFileRange:
    case OpKind::kFullFsync:
    case OpKind::kBarrierFsync:
      return calls_.sync_file(volume_, PathOf(op.names.at(0)).c_str());
    case OpKind::kSyncfs:
      return calls_.sync_device(volume_);
    case OpKind::kOpen:
      return Open(op);
    case OpKind::kClose:
      handles_.erase(op.names.at(0));
      return 0;
    case OpKind::kMap:
      return Map(op);
    default:
      return RunOnNames(op);
  }
}

int NtfsSession::RunOnNames(const Op& op) {
  const auto name = [&op](size_t i) { return op.names.at(i).c_str(); };
  switch (op.kind) {
    case OpKind::kCreate:
      return calls_.create(volume_, name(0));
    case OpKind::kMkdir:
      return calls_.make_directory(volume_, name(0));
    case OpKind::kRename:
      return Rename(op.names.at(0), op.names.at(1));
    // The driver has no call for it: the old file becomes the backup, and the
    // new one takes its name.
    case OpKind::kReplaceFile: {
      const std::string& target = op.names.at(1);
      const int error = Rename(target, target + ".bak");
      return error != 0 ? error : Rename(op.names.at(0), target);
    }
    case OpKind::kLink:
      return calls_.link(volume_, name(0), name(1));
    case OpKind::kUnlink:
      return calls_.unlink(volume_, name(0));
    case OpKind::kRmdir:
      return calls_.remove_directory(volume_, name(0));
    default:
      return ENOSYS;  // The op is not in BackendTraits::ops.
  }
}

int NtfsSession::Write(const Op& op, uint64_t offset_bytes,
                       std::string_view content) {
  const Handle* handle = HandleOf(op.names.at(0));
  if (handle != nullptr && handle->Has("read_only")) return EBADF;
  const std::string path = PathOf(op.names.at(0));
  const int error = calls_.write(volume_, path.c_str(), offset_bytes,
                                 content.data(), content.size());
  if (error != 0) return error;
  // For O_DSYNC and O_SYNC the kernel sends an fsync after the write.
  bool sync = op.HasFlag("dsync") || op.HasFlag("sync");
  for (const char* flag : {"dsync", "sync", "write_through"}) {
    sync = sync || (handle != nullptr && handle->Has(flag));
  }
  return sync ? calls_.sync_device(volume_) : 0;
}

int NtfsSession::Resize(const Op& op) {
  const Handle* handle = HandleOf(op.names.at(0));
  if (handle != nullptr && handle->Has("read_only")) return EBADF;
  return calls_.truncate(volume_, PathOf(op.names.at(0)).c_str(),
                         op.numbers.at(0));
}

int NtfsSession::Rename(const std::string& from, const std::string& to) {
  const int error = calls_.rename(volume_, from.c_str(), to.c_str());
  if (error != 0) return error;
  // Handles and views of the file go on under its new name.
  for (auto& [name, handle] : handles_) {
    if (handle.path == from) handle.path = to;
  }
  for (auto& [name, view] : views_) {
    if (view.path == from) view.path = to;
  }
  return 0;
}

int NtfsSession::Open(const Op& op) {
  uint64_t id = 0;
  const int error = calls_.look_up(volume_, op.names.at(1).c_str(), &id);
  if (error == 0) handles_[op.names.at(0)] = {op.names.at(1), op.flags};
  return error;
}

int NtfsSession::Sizes(const std::string& path, NtfsFile& file) {
  uint64_t id = 0;
  int error = calls_.look_up(volume_, path.c_str(), &id);
  if (error == 0) error = calls_.open_file(volume_, id, &file);
  if (error == 0) calls_.close_file(&file);
  return error;
}

int NtfsSession::Map(const Op& op) {
  const std::string path = PathOf(op.names.at(1));
  NtfsFile file;
  if (const int error = Sizes(path, file)) return error;
  if (file.is_directory != 0) return EISDIR;
  const uint64_t end = op.numbers.at(0) + op.numbers.at(1);
  if (op.numbers.at(0) % kPageBytes != 0 || op.numbers.at(1) == 0 ||
      op.numbers.at(0) > file.size_bytes) {
    return EINVAL;
  }
  // CreateFileMapping makes a file longer that ends before the view does.
  if (end > file.size_bytes) {
    if (const int error = calls_.truncate(volume_, path.c_str(), end)) {
      return error;
    }
  }
  views_[op.names.at(0)] = {path, op.numbers.at(1)};
  return 0;
}

OpResult NtfsSession::NtFlush(const Op& op) {
  const std::string& operand = op.names.at(0);
  const bool named = operand != "volume" && operand != "null";
  const Handle* handle = HandleOf(operand);
  NtfsFile file{};
  // The kind of the file decides which flags are valid.
  if (named) {
    if (const int error = Sizes(PathOf(operand), file)) return ResultOf(error);
  }
  const std::string error = NtFlushArgumentError(
      op,
      {file.is_directory != 0, handle != nullptr && handle->Has("read_only")});
  if (!error.empty()) return OpResult{error};
  return ResultOf(calls_.sync_device(volume_));
}

OpResult NtfsSession::UseView(const Op& op, uint64_t offset_bytes,
                              std::string_view content) {
  const auto found = views_.find(op.names.at(0));
  if (op.kind == OpKind::kUnmap) {
    if (found != views_.end()) views_.erase(found);
    return {};
  }
  std::optional<uint64_t> view_size_bytes;
  if (found != views_.end()) view_size_bytes = found->second.size_bytes;
  std::string error = ViewArgumentError(op, view_size_bytes);
  if (!error.empty()) return {std::move(error)};
  if (op.kind == OpKind::kStore) {
    // As when the kernel writes the page back at once.
    return ResultOf(calls_.write(volume_, found->second.path.c_str(),
                                 offset_bytes, content.data(), content.size()));
  }
  // MS_ASYNC starts no write on Linux, and the store has been written already.
  if (op.HasFlag("async")) return {};
  return ResultOf(calls_.sync_device(volume_));
}

}  // namespace powercut::ntfs_3g
