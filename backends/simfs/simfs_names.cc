// Resolves paths and handles of a simfs mount, and begins the ops on names.
//
// A path is walked from the root through the names that the volume shows. Each
// op on names first finds the error that POSIX gives for it, and only if there
// is none has Effects write records, which check nothing.
//
// Example: `rename /a /d/b` looks up /a (ENOENT if it leads nowhere), then
// /d/b. /d must be a directory (ENOENT, ENOTDIR), which is checked first; if
// /d/b is there, the two must be of the same type, and a directory in the way
// must be empty.

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

// Returns the directory of a path with the name in it; `std::nullopt` if what
// lies before the last slash is no directory.
std::optional<SimfsMount::NameKey> SimfsMount::KeyOfPath(
    std::string_view path) const {
  // For "/f" the part before the last slash is empty, and Lookup() takes that
  // as the root.
  const size_t slash = path.rfind('/');
  const InodeNumber directory = Lookup(path.substr(0, slash));
  if (directory == kNoInode || !IsDirectory(directory)) return std::nullopt;
  return NameKey{directory, std::string(path.substr(slash + 1))};
}

bool SimfsMount::IsEmpty(InodeNumber directory) const {
  // Names are sorted by directory: if there are any, the first one comes here.
  const auto& names = s_.shown.names();
  const auto first = names.lower_bound({directory, ""});
  return first == names.end() || first->first.first != directory;
}

// A text that is no path is the name of a handle, which may not be open.
SimfsMount::Operand SimfsMount::Resolve(const std::string& name) const {
  if (name.starts_with('/')) return {.inode = Lookup(name)};
  const auto found = handles_.find(name);
  if (found == handles_.end()) return {};
  return {.inode = found->second.inode, .handle = &found->second};
}

// Returns the error of the walk to the directory in which a path lies; empty if
// the directory is there.
std::string SimfsMount::DirectoryError(std::string_view path) const {
  // The part before the last slash is walked from the front. An empty part is
  // the root.
  const std::string_view directory = path.substr(0, path.rfind('/'));
  for (size_t end = 0; end <= directory.size();) {
    end = std::min(directory.find('/', end + 1), directory.size());
    const InodeNumber inode = Lookup(directory.substr(0, end));
    if (inode == kNoInode) return "ENOENT";
    if (!IsDirectory(inode)) return "ENOTDIR";
    if (end == directory.size()) break;
  }
  return {};
}

// Returns why a new file or link cannot have this path; empty if it can.
std::string SimfsMount::NewNameError(std::string_view path) const {
  if (path == "/") return "EEXIST";
  if (std::string error = DirectoryError(path); !error.empty()) return error;
  return Lookup(path) == kNoInode ? "" : "EEXIST";
}

// Returns why two names cannot be changed together; empty if they can, as far
// as their directories go, which are found before the names are looked at.
std::string SimfsMount::TwoPathsError(std::string_view a,
                                      std::string_view b) const {
  std::string error = DirectoryError(a);
  if (error.empty()) error = DirectoryError(b);
  if (!error.empty()) return error;
  return a == "/" || b == "/" ? "EBUSY" : "";
}

// Returns the error that rename(2) gives; empty if there is none, as for
// another name of the same file.
std::string SimfsMount::RenameError(std::string_view from,
                                    std::string_view to) const {
  std::string error = TwoPathsError(from, to);
  if (!error.empty()) return error;
  const InodeNumber moved = Lookup(from);
  if (moved == kNoInode) return "ENOENT";
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
  // A handle has no name that could be changed.
  for (const std::string& name : op.names) {
    if (!name.starts_with('/')) return "EINVAL";
  }
  switch (op.kind) {
    case OpKind::kRename:
      return BeginRename(op, running);
    case OpKind::kExchange:
      return BeginExchange(op, running);
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
  // A second name of a directory could make a loop.
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

std::string SimfsMount::BeginExchange(const Op& op, Running& running) {
  const std::string& a = op.names[0];
  const std::string& b = op.names[1];
  std::string error = TwoPathsError(a, b);
  if (!error.empty()) return error;
  if (Lookup(a) == kNoInode || Lookup(b) == kNoInode) return "ENOENT";
  // A directory cannot move into itself.
  if (b.starts_with(a + "/") || a.starts_with(b + "/")) return "EINVAL";
  return Effects(s_, running.done)
      .Exchange(running.source, *KeyOfPath(a), *KeyOfPath(b));
}

std::string SimfsMount::BeginReplace(const Op& op, Running& running) {
  const std::string& from = op.names[0];
  const std::string& to = op.names[1];
  const std::string backup = to + ".bak";
  const InodeNumber moved = Lookup(from);
  const InodeNumber target = Lookup(to);
  if (moved == kNoInode || target == kNoInode) return "ENOENT";
  if (IsDirectory(moved) || IsDirectory(target)) return "EISDIR";
  if (moved == target || moved == Lookup(backup)) return "EINVAL";
  // The target is renamed first; the file that is moved then finds a free name.
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
      // O_DIRECT and FILE_FLAG_NO_BUFFERING promise the same here.
      .mode = {.write_through = op.HasFlag("write_through"),
               .unbuffered = op.HasFlag("no_buffering") || op.HasFlag("direct"),
               .dsync = op.HasFlag("dsync"),
               .sync = op.HasFlag("sync")}};
  return {};
}

}  // namespace powercut::simfs
