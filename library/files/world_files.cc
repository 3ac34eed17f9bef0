// Does each call on the tree first, which says whether it succeeds, and keeps
// it as an op of simfs then. A call that failed changed nothing, so that it is
// not kept. Handles and views have names in ops: `h1`, `v1`.

#include "library/files/world_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace powercut {
namespace {

constexpr uint64_t kPage = 4096;

}  // namespace

std::string WorldFiles::NameOf(Handle handle) {
  return "h" + std::to_string(handle);
}
std::string WorldFiles::NameOfView(View view) {
  return "v" + std::to_string(view);
}

Call* WorldFiles::Keep(OpKind kind, std::vector<std::string> names,
                       std::vector<uint64_t> numbers, std::string_view path) {
  if (log_ == nullptr) return nullptr;
  return &log_->Add(kind, std::move(names), std::move(numbers), path);
}

int64_t WorldFiles::KeepSync(OpKind kind, std::vector<std::string> names,
                             std::vector<uint64_t> numbers,
                             std::string_view path,
                             std::vector<std::string> flags) {
  const bool fails = failures_.Take(CallFailure::kSync);
  const bool lies = failures_.Take(CallFailure::kSyncLies);
  Call* const call = Keep(kind, std::move(names), std::move(numbers), path);
  if (call != nullptr) {
    call->op.flags = std::move(flags);
    call->fails = fails;
    call->lies = lies && !fails;
  }
  return fails ? -EIO : 0;
}

std::vector<WorldFiles::Beside> WorldFiles::BesideWrite(FileNode& node,
                                                        uint64_t offset_bytes,
                                                        uint64_t size_bytes) {
  std::vector<Beside> beside;
  if (log_ == nullptr || damage_.reach == DamageRule::kNone) return beside;
  for (const DamagedRange& range :
       DamagedBy(damage_, offset_bytes, size_bytes, tree_.SizeOf(node))) {
    Bytes content(range.size_bytes);
    uint64_t bytes = 0;
    // What cannot be read after a crash is not there to be damaged.
    if (tree_.Read(node, range.offset_bytes, content, bytes) != 0) continue;
    beside.push_back({range.offset_bytes, std::move(content)});
  }
  return beside;
}

void WorldFiles::KeepWrite(const OpenFile& file, const std::string& name,
                           uint64_t offset_bytes, ByteSpan data,
                           const std::vector<Beside>& beside) {
  if (log_ == nullptr) return;
  const CallPlace place = log_->place();
  const auto keep = [&](uint64_t at, std::string_view content) -> Call& {
    log_->set_place(place);
    Call& call =
        log_->Add(OpKind::kWrite, {name}, {at, content.size()}, file.path);
    call.offset_bytes = at;
    call.content = content;
    return call;
  };
  const auto keep_beside = [&](Call::Damage damage) {
    for (const auto& [at, content] : beside) {
      const bool damages = damage == Call::kDamages;
      Call& call = keep(at, AsText(damages ? Damaged(content) : content));
      call.damage = damage;
      call.text =
          fmt::format("write {} {} {}, damaging bytes {} to {}", file.path,
                      offset_bytes, data.size(), at, at + content.size() - 1);
    }
  };
  keep_beside(Call::kDamages);
  keep(offset_bytes, AsText(data));
  keep_beside(Call::kRestores);
}

WorldFiles::OpenFile* WorldFiles::FileOf(Handle handle) {
  const auto found = files_.find(handle);
  return found == files_.end() ? nullptr : &found->second;
}

int64_t WorldFiles::WritableFile(Handle handle, OpenFile*& file) {
  file = FileOf(handle);
  if (file == nullptr || !file->flags.write) return -EBADF;
  return FileTree::IsDirectory(*file->node) ? -EINVAL : 0;
}

// --- handles -----------------------------------------------------------------

int64_t WorldFiles::Open(std::string_view path, const OpenFlags& flags) {
  FileNodePtr node;
  int error = tree_.Find(path, node);
  if (error == 0 && flags.create && flags.exclusive) return -EEXIST;
  if (error == ENOENT && flags.create) {
    error = tree_.Create(path, node);
    const std::string plain = FileTree::PlainPath(path);
    if (error == 0) Keep(OpKind::kCreate, {plain}, {}, plain);
  }
  if (error != 0) return -error;
  if (FileTree::IsDirectory(*node) && flags.write) return -EISDIR;
  const Handle handle = next_handle_++;
  OpenFile& file = files_[handle];
  file = {node, FileTree::PlainPath(path), flags};
  Call* const call =
      Keep(OpKind::kOpen, {NameOf(handle), file.path}, {}, file.path);
  if (call != nullptr) {
    auto& words = call->op.flags;
    if (flags.direct) words.emplace_back("direct");
    if (flags.dsync) words.emplace_back("dsync");
    if (flags.sync) words.emplace_back("sync");
    // Writes are kept with their offset. A handle that appends would put what
    // is damaged beside them elsewhere.
    if (flags.append && damage_.reach == DamageRule::kNone) {
      words.emplace_back("append");
    }
  }
  if (flags.truncate && flags.write && tree_.SizeOf(*node) > 0) {
    if (const int64_t result = Truncate(handle, 0); result < 0) return result;
  }
  return handle;
}

int64_t WorldFiles::Close(Handle handle) {
  const auto found = files_.find(handle);
  if (found == files_.end()) return -EBADF;
  Keep(OpKind::kClose, {NameOf(handle)}, {}, found->second.path);
  files_.erase(found);
  return 0;
}

// --- bytes -------------------------------------------------------------------

int64_t WorldFiles::Read(Handle handle, uint64_t offset_bytes,
                         MutableByteSpan out) {
  OpenFile* const file = FileOf(handle);
  if (file == nullptr || !file->flags.read) return -EBADF;
  if (FileTree::IsDirectory(*file->node)) return -EISDIR;
  uint64_t bytes = 0;
  if (const int error = tree_.Read(*file->node, offset_bytes, out, bytes)) {
    return -error;
  }
  return static_cast<int64_t>(bytes);
}

int64_t WorldFiles::Write(Handle handle, uint64_t offset_bytes, ByteSpan data) {
  OpenFile* file = nullptr;
  if (const int64_t error = WritableFile(handle, file)) return error;
  if (failures_.Take(CallFailure::kWrite)) return -EIO;
  if (failures_.Take(CallFailure::kWriteFull)) return -ENOSPC;
  if (failures_.Take(CallFailure::kWriteShort)) {
    data = data.first(data.size() / 2);
  }
  const uint64_t offset =
      file->flags.append ? tree_.SizeOf(*file->node) : offset_bytes;
  const std::vector<Beside> beside =
      BesideWrite(*file->node, offset, data.size());
  if (const int error = tree_.Write(*file->node, offset, data)) return -error;
  if (data.empty()) return 0;
  KeepWrite(*file, NameOf(handle), offset, data, beside);
  return static_cast<int64_t>(data.size());
}

int64_t WorldFiles::Append(Handle handle, ByteSpan data) {
  OpenFile* file = nullptr;
  if (const int64_t error = WritableFile(handle, file)) return error;
  return Write(handle, tree_.SizeOf(*file->node), data);
}

int64_t WorldFiles::Truncate(Handle handle, uint64_t size_bytes) {
  OpenFile* file = nullptr;
  if (const int64_t error = WritableFile(handle, file)) return error;
  if (const int error = tree_.Truncate(*file->node, size_bytes)) return -error;
  Keep(OpKind::kTruncate, {NameOf(handle)}, {size_bytes}, file->path);
  return 0;
}

int64_t WorldFiles::Allocate(Handle handle, uint64_t offset_bytes,
                             uint64_t size_bytes) {
  OpenFile* file = nullptr;
  if (const int64_t error = WritableFile(handle, file)) return error;
  if (size_bytes == 0) return -EINVAL;
  const uint64_t end = offset_bytes + size_bytes;
  if (end < offset_bytes) return -EFBIG;
  if (end > tree_.SizeOf(*file->node)) {
    if (const int error = tree_.Truncate(*file->node, end)) return -error;
  }
  Keep(OpKind::kFallocate, {NameOf(handle)}, {offset_bytes, size_bytes},
       file->path);
  return 0;
}

// --- names -------------------------------------------------------------------

int64_t WorldFiles::Rename(std::string_view from, std::string_view to) {
  if (const int error = tree_.Rename(from, to)) return -error;
  Keep(OpKind::kRename, {FileTree::PlainPath(from), FileTree::PlainPath(to)},
       {}, {});
  return 0;
}

int64_t WorldFiles::Exchange(std::string_view a, std::string_view b) {
  if (const int error = tree_.Exchange(a, b)) return -error;
  Keep(OpKind::kExchange, {FileTree::PlainPath(a), FileTree::PlainPath(b)}, {},
       {});
  return 0;
}

int64_t WorldFiles::Link(std::string_view from, std::string_view to) {
  if (const int error = tree_.Link(from, to)) return -error;
  Keep(OpKind::kLink, {FileTree::PlainPath(from), FileTree::PlainPath(to)}, {},
       {});
  return 0;
}

int64_t WorldFiles::Unlink(std::string_view path) {
  if (const int error = tree_.Unlink(path)) return -error;
  Keep(OpKind::kUnlink, {FileTree::PlainPath(path)}, {}, {});
  return 0;
}

int64_t WorldFiles::MakeDirectory(std::string_view path) {
  if (const int error = tree_.MakeDirectory(path)) return -error;
  Keep(OpKind::kMkdir, {FileTree::PlainPath(path)}, {}, {});
  return 0;
}

int64_t WorldFiles::RemoveDirectory(std::string_view path) {
  if (const int error = tree_.RemoveDirectory(path)) return -error;
  Keep(OpKind::kRmdir, {FileTree::PlainPath(path)}, {}, {});
  return 0;
}

int64_t WorldFiles::List(std::string_view path,
                         std::vector<std::string>& names) {
  FileNodePtr node;
  if (const int error = tree_.Find(path, node)) return -error;
  return -tree_.List(*node, names);
}

FileFacts WorldFiles::FactsWithoutSize(const FileNode& node) {
  FileFacts facts;
  facts.is_directory = FileTree::IsDirectory(node);
  facts.number = FileTree::NumberOf(node);
  facts.base = FileTree::BaseOf(node);
  return facts;
}

FileFacts WorldFiles::FactsOf(FileNode& node) {
  FileFacts facts = FactsWithoutSize(node);
  if (!facts.is_directory) facts.size_bytes = tree_.SizeOf(node);
  return facts;
}

int64_t WorldFiles::Find(std::string_view path, FileFacts& facts) {
  FileNodePtr node;
  if (const int error = tree_.Find(path, node)) return -error;
  facts = FactsWithoutSize(*node);
  return 0;
}

int64_t WorldFiles::Stat(std::string_view path, FileFacts& facts) {
  FileNodePtr node;
  if (const int error = tree_.Find(path, node)) return -error;
  facts = FactsOf(*node);
  return 0;
}

int64_t WorldFiles::StatHandle(Handle handle, FileFacts& facts) {
  OpenFile* const file = FileOf(handle);
  if (file == nullptr) return -EBADF;
  facts = FactsOf(*file->node);
  return 0;
}

// --- syncs -------------------------------------------------------------------

int64_t WorldFiles::Sync(Handle handle, SyncKind kind) {
  OpenFile* const file = FileOf(handle);
  if (file == nullptr) return -EBADF;
  const std::string name = NameOf(handle);
  switch (kind) {
    case SyncKind::kFsync:
      return KeepSync(OpKind::kFsync, {name}, {}, file->path);
    case SyncKind::kFdatasync:
      return KeepSync(OpKind::kFdatasync, {name}, {}, file->path);
    case SyncKind::kFullFsync:
      return KeepSync(OpKind::kFullFsync, {name}, {}, file->path);
    case SyncKind::kBarrierFsync:
      return KeepSync(OpKind::kBarrierFsync, {name}, {}, file->path);
    default:
      break;
  }
  const bool directory = FileTree::IsDirectory(*file->node);
  if (directory && kind == SyncKind::kNtFileDataSyncOnly) return -EINVAL;
  std::vector<std::string> flags;
  if (kind == SyncKind::kNtFileDataOnly) flags = {"file_data_only"};
  if (kind == SyncKind::kNtNoSync) flags = {"no_sync"};
  if (kind == SyncKind::kNtFileDataSyncOnly) flags = {"file_data_sync_only"};
  return KeepSync(OpKind::kNtFlush, {name}, {}, file->path, std::move(flags));
}

int64_t WorldFiles::SyncRange(Handle handle, uint64_t offset_bytes,
                              uint64_t size_bytes) {
  OpenFile* const file = FileOf(handle);
  if (file == nullptr) return -EBADF;
  return KeepSync(OpKind::kSyncFileRange, {NameOf(handle)},
                  {offset_bytes, size_bytes}, file->path);
}

int64_t WorldFiles::SyncAll() { return KeepSync(OpKind::kSyncfs, {}, {}, {}); }

// --- views -------------------------------------------------------------------

int64_t WorldFiles::Map(Handle handle, uint64_t offset_bytes,
                        uint64_t size_bytes) {
  OpenFile* const file = FileOf(handle);
  if (file == nullptr || !file->flags.read) return -EBADF;
  if (FileTree::IsDirectory(*file->node)) return -ENODEV;
  const uint64_t size = tree_.SizeOf(*file->node);
  if (size_bytes == 0 || offset_bytes % kPage != 0 || offset_bytes > size ||
      size_bytes > size - offset_bytes) {
    return -EINVAL;
  }
  const View view = next_view_++;
  views_[view] = {file->node, file->path, offset_bytes, size_bytes,
                  file->flags.write};
  Keep(OpKind::kMap, {NameOfView(view), NameOf(handle)},
       {offset_bytes, size_bytes}, file->path);
  return view;
}

int64_t WorldFiles::Store(View view, uint64_t offset_bytes, ByteSpan data) {
  const auto found = views_.find(view);
  if (found == views_.end() || !found->second.write) return -EBADF;
  OpenView& of = found->second;
  if (offset_bytes > of.size_bytes ||
      data.size() > of.size_bytes - offset_bytes) {
    return -EFAULT;
  }
  // A store never makes a file longer: beyond its end there is no page.
  const uint64_t at = of.offset_bytes + offset_bytes;
  if (at + data.size() > tree_.SizeOf(*of.node)) return -EFAULT;
  if (const int error = tree_.Write(*of.node, at, data)) return -error;
  if (data.empty()) return 0;
  Call* const call = Keep(OpKind::kStore, {NameOfView(view)},
                          {offset_bytes, data.size()}, of.path);
  if (call != nullptr) {
    call->offset_bytes = at;
    call->content = AsText(data);
  }
  return static_cast<int64_t>(data.size());
}

int64_t WorldFiles::Load(View view, uint64_t offset_bytes,
                         MutableByteSpan out) {
  const auto found = views_.find(view);
  if (found == views_.end()) return -EBADF;
  OpenView& of = found->second;
  if (offset_bytes > of.size_bytes || out.size() > of.size_bytes - offset_bytes)
    return -EFAULT;
  uint64_t bytes = 0;
  const int error =
      tree_.Read(*of.node, of.offset_bytes + offset_bytes, out, bytes);
  if (error != 0) return -error;
  return bytes < out.size() ? -EFAULT : static_cast<int64_t>(bytes);
}

int64_t WorldFiles::SyncView(View view, uint64_t offset_bytes,
                             uint64_t size_bytes, bool async) {
  const auto found = views_.find(view);
  if (found == views_.end()) return -EBADF;
  if (offset_bytes > found->second.size_bytes ||
      size_bytes > found->second.size_bytes - offset_bytes) {
    return -ENOMEM;
  }
  std::vector<std::string> flags;
  if (async) flags = {"async"};
  return KeepSync(OpKind::kMsync, {NameOfView(view)},
                  {offset_bytes, size_bytes}, found->second.path,
                  std::move(flags));
}

int64_t WorldFiles::Unmap(View view) {
  if (views_.erase(view) == 0) return -EBADF;
  Keep(OpKind::kUnmap, {NameOfView(view)}, {}, {});
  return 0;
}

}  // namespace powercut
