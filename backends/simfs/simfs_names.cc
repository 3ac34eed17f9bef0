// Paths, names and handles of a simfs mount.

#include <algorithm>

#include "backends/simfs/simfs_mount.h"

namespace powercut::simfs {

bool SimfsMount::IsDirectory(InodeNumber inode) const {
  return s_.shown.file(inode).is_directory;
}

InodeNumber SimfsMount::Lookup(std::string_view path) const {
  const auto& names = s_.shown.names();
  InodeNumber at = kRootInode;
  for (size_t begin = 1; begin < path.size();) {
    if (!IsDirectory(at)) return kNoInode;
    const size_t end = std::min(path.find('/', begin), path.size());
    const auto found =
        names.find({at, std::string(path.substr(begin, end - begin))});
    if (found == names.end()) return kNoInode;
    at = found->second;
    begin = end + 1;
  }
  return at;
}

// Where the last part of a path lies; nothing if that is no directory.
std::optional<SimfsMount::NameKey> SimfsMount::KeyOfPath(
    std::string_view path) const {
  const size_t slash = path.rfind('/');
  const InodeNumber directory = Lookup(path.substr(0, slash));
  if (directory == kNoInode || !IsDirectory(directory)) return std::nullopt;
  return NameKey{directory, std::string(path.substr(slash + 1))};
}

bool SimfsMount::IsEmpty(InodeNumber directory) const {
  const auto& names = s_.shown.names();
  const auto first = names.lower_bound({directory, ""});
  return first == names.end() || first->first.first != directory;
}

SimfsMount::Operand SimfsMount::Resolve(const std::string& name) const {
  if (name.starts_with('/')) return {.inode = Lookup(name)};
  const auto found = handles_.find(name);
  if (found == handles_.end()) return {};
  return {.inode = found->second.inode, .handle = &found->second};
}

std::string SimfsMount::NewNameError(std::string_view path) const {
  if (path == "/") return "EEXIST";
  const InodeNumber directory = Lookup(path.substr(0, path.rfind('/')));
  if (directory == kNoInode) return "ENOENT";
  if (!IsDirectory(directory)) return "ENOTDIR";
  return Lookup(path) == kNoInode ? "" : "EEXIST";
}

std::string SimfsMount::RenameError(std::string_view from,
                                    std::string_view to) const {
  const InodeNumber moved = Lookup(from);
  if (moved == kNoInode) return "ENOENT";
  if (moved == kRootInode || to == "/") return "EBUSY";
  if (to.starts_with(std::string(from) + "/")) return "EINVAL";
  const InodeNumber target = Lookup(to);
  if (target == kNoInode) return NewNameError(to);
  if (IsDirectory(moved) != IsDirectory(target)) {
    return IsDirectory(moved) ? "ENOTDIR" : "EISDIR";
  }
  if (IsDirectory(moved) && target != moved && !IsEmpty(target)) {
    return "ENOTEMPTY";
  }
  return {};
}

std::string SimfsMount::BeginName(const Input& in, Running& running) {
  const Op& op = in.op;
  for (const std::string& name : op.names) {
    if (!name.starts_with('/')) return "EINVAL";
  }
  switch (op.kind) {
    case OpKind::kRename:
      return BeginRename(op, running);
    case OpKind::kReplaceFile:
      return BeginReplace(op, running);
    case OpKind::kUnlink:
    case OpKind::kRmdir: {
      const InodeNumber inode = Lookup(op.names[0]);
      const bool rmdir = op.kind == OpKind::kRmdir;
      if (inode == kNoInode) return "ENOENT";
      if (rmdir && inode == kRootInode) return "EBUSY";
      if (IsDirectory(inode) != rmdir) return rmdir ? "ENOTDIR" : "EISDIR";
      if (rmdir && !IsEmpty(inode)) return "ENOTEMPTY";
      return Effects(s_, running.done)
          .Remove(running.source, *KeyOfPath(op.names[0]));
    }
    default:
      return MakeNew(op, running);
  }
}

std::string SimfsMount::MakeNew(const Op& op, Running& running) {
  Effects effects(s_, running.done);
  if (op.kind != OpKind::kLink) {
    std::string error = NewNameError(op.names[0]);
    if (!error.empty()) return error;
    return effects.Create(running.source, *KeyOfPath(op.names[0]),
                          op.kind == OpKind::kMkdir);
  }
  const InodeNumber inode = Lookup(op.names[0]);
  if (inode == kNoInode) return "ENOENT";
  if (IsDirectory(inode)) return "EPERM";
  std::string error = NewNameError(op.names[1]);
  if (!error.empty()) return error;
  return effects.Link(running.source, *KeyOfPath(op.names[1]), inode);
}

std::string SimfsMount::BeginRename(const Op& op, Running& running) {
  std::string error = RenameError(op.names[0], op.names[1]);
  if (!error.empty()) return error;
  return Effects(s_, running.done)
      .Rename(running.source, *KeyOfPath(op.names[0]), *KeyOfPath(op.names[1]));
}

std::string SimfsMount::BeginReplace(const Op& op, Running& running) {
  const std::string& from = op.names[0];
  const std::string& to = op.names[1];
  const std::string backup = to + ".bak";
  if (from == to || from == backup) return "EINVAL";
  for (const std::string* path : {&from, &to}) {
    const InodeNumber inode = Lookup(*path);
    if (inode == kNoInode) return "ENOENT";
    if (IsDirectory(inode)) return "EISDIR";
  }
  std::string error = RenameError(to, backup);
  if (!error.empty()) return error;
  return Effects(s_, running.done)
      .Replace(running.source, *KeyOfPath(from), *KeyOfPath(to),
               *KeyOfPath(backup));
}

std::string SimfsMount::Open(const Op& op) {
  const InodeNumber inode = Lookup(op.names.at(1));
  if (inode == kNoInode) return "ENOENT";
  if (handles_.contains(op.names[0])) return "EEXIST";
  handles_[op.names[0]] = {
      .inode = inode,
      .id = next_id_++,
      .read_only = op.HasFlag("read_only"),
      .append = op.HasFlag("append"),
      .mode = {.write_through = op.HasFlag("write_through"),
               .unbuffered = op.HasFlag("no_buffering") || op.HasFlag("direct"),
               .dsync = op.HasFlag("dsync"),
               .sync = op.HasFlag("sync")}};
  return {};
}

}  // namespace powercut::simfs
