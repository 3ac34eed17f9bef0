// Each call is done on the files in memory first, which say whether it
// succeeds. A volume that is recorded then makes the ops that came of it on
// simfs, before the program hears of the success.
//
// Attributes are no part of simfs. There, each change of them is a change of
// the times of the file, whose value is the number of the call. What a crash
// left of the times thus tells which attributes the file has.
//
// Example: call 7 creates /f with the permissions 0644, call 9 makes them 0600.
// A crash can leave /f with the time 7 or 9. Only somebody who asks for the
// attributes of /f reads the time, and only because they were ever changed.

#include "programs/program_files.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/xattr.h>
#include <time.h>

#include <algorithm>
#include <fstream>

namespace powercut::programs {
namespace {

constexpr mode_t kPermissions = 07777;

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int ErrnoOf(const std::string& name) {
  if (name == "ENOSPC") return ENOSPC;
  if (name == "EFBIG") return EFBIG;
  if (name == "EROFS") return EROFS;
  if (name == "EINVAL") return EINVAL;
  return EIO;
}

timespec TimeOf(int64_t time_ns) {
  constexpr int64_t kSecondNs = 1'000'000'000;
  const int64_t rest_ns = (time_ns % kSecondNs + kSecondNs) % kSecondNs;
  return {(time_ns - rest_ns) / kSecondNs, rest_ns};
}

bool IsRegular(mode_t mode) { return S_ISREG(mode); }

}  // namespace

ProgramFiles::ProgramFiles(simfs::SimfsMount& mount)
    : mount_(mount), files_(log_) {
  NodeFacts& root = nodes_[kRootNode];
  root.is_directory = true;
  root.inode = simfs::kRootInode;
  FileAttributes attributes;
  attributes.mode = S_IFDIR | 0777;
  attributes.changed_ns = NowNs();
  root.attributes = std::move(attributes);
}

ProgramFiles::ProgramFiles(simfs::SimfsMount& mount,
                           const AttributeHistory& history, bool keeps_calls)
    : mount_(mount),
      history_(&history),
      base_(std::in_place, mount),
      files_(*base_, keeps_calls ? &log_ : nullptr) {
  NodeFacts& root = nodes_[kRootNode];
  root.is_directory = true;
  root.inode = simfs::kRootInode;
}

// --- nodes -------------------------------------------------------------------

std::optional<std::string> ProgramFiles::PathOf(Node node) const {
  if (node == kRootNode) return "/";
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || found->second.names.empty()) return std::nullopt;
  const auto& [parent, name] = *found->second.names.begin();
  if (parent == kRootNode) return "/" + name;
  const auto above = PathOf(parent);
  if (!above) return std::nullopt;
  return *above + "/" + name;
}

int ProgramFiles::PathIn(Node parent, const std::string& name,
                         std::string& path) const {
  if (name.size() > NAME_MAX) return ENAMETOOLONG;
  const auto above = PathOf(parent);
  if (!above) return ENOENT;
  path = *above == "/" ? "/" + name : *above + "/" + name;
  return 0;
}

ProgramFiles::Node ProgramFiles::NodeOf(const FileFacts& facts, Node parent,
                                        const std::string& name) {
  const Node node = facts.number + kRootNode;
  const auto [found, added] = nodes_.try_emplace(node);
  NodeFacts& known = found->second;
  if (added) {
    known.is_directory = facts.is_directory;
    if (facts.base) known.inode = *facts.base;
  }
  known.names.emplace(parent, name);
  return node;
}

int ProgramFiles::Lookup(Node parent, const std::string& name, Node& node) {
  std::string path;
  if (const int error = PathIn(parent, name, path)) return error;
  FileFacts facts;
  if (const int64_t result = files_.Find(path, facts); result < 0) {
    return static_cast<int>(-result);
  }
  node = NodeOf(facts, parent, name);
  return 0;
}

// --- simfs -------------------------------------------------------------------

int ProgramFiles::Apply() {
  if (!records()) return 0;
  int error = 0;
  for (; applied_ < log_.calls().size(); ++applied_) {
    Call& call = log_.at(applied_);
    call.process = caller_.process;
    call.program = ProgramOf(caller_.process);
    if (full_ && !IsSync(call)) break;
    const OpResult result =
        mount_.Apply(call.op, call.offset_bytes, call.content);
    if (result.ok()) continue;
    error = ErrnoOf(result.error);
    if (IsSync(call) && !full_) continue;
    // The files in memory are ahead of the disk now.
    full_ = true;
    break;
  }
  // Nobody can make these calls again.
  log_.Forget(applied_);
  return error;
}

int ProgramFiles::Done(int64_t result) {
  if (result < 0) return static_cast<int>(-result);
  return Apply();
}

// Where a file is opened, the process may have become another program.
const std::string& ProgramFiles::ProgramOf(pid_t process) {
  std::string& name = programs_[process];
  const bool opens = log_.at(applied_).op.kind == OpKind::kOpen;
  if (!name.empty() && !opens) return name;
  std::ifstream in(fmt::format("/proc/{}/comm", process));
  std::getline(in, name);
  return name;
}

void ProgramFiles::AddLine(std::string_view line) {
  Call call;
  call.kind = Call::kLine;
  call.content = line;
  log_.Add(std::move(call));
  ++applied_;
}

// --- names -------------------------------------------------------------------

int ProgramFiles::Make(Node parent, const std::string& name, mode_t mode,
                       dev_t device, const std::string& target, Node& node) {
  if (full_) return ENOSPC;
  std::string path;
  if (const int error = PathIn(parent, name, path)) return error;
  const size_t before = log_.calls().size();
  int64_t result = 0;
  if (S_ISDIR(mode)) {
    result = files_.MakeDirectory(path);
  } else {
    OpenFlags flags;
    flags.create = true;
    flags.exclusive = true;
    result = files_.Open(path, flags);
    if (result >= 0) files_.Close(static_cast<Handle>(result));
  }
  if (result < 0) return static_cast<int>(-result);
  FileFacts facts;
  files_.Find(path, facts);
  node = NodeOf(facts, parent, name);
  NodeFacts& made = nodes_[node];
  FileAttributes attributes;
  attributes.mode = mode;
  attributes.owner = caller_.user;
  attributes.group = caller_.group;
  const FileAttributes above = AttributesOf(nodes_.at(parent));
  if ((above.mode & S_ISGID) != 0) {
    attributes.group = above.group;
    if (S_ISDIR(mode)) attributes.mode |= S_ISGID;
  }
  attributes.device = device;
  attributes.target = target;
  attributes.changed_ns = NowNs();
  made.attributes = attributes;
  if (records()) {
    made.inode = next_inode_++;
    Call& call = log_.at(before);
    call.inode = *made.inode;
    PackedWriter out(call.attributes);
    WriteAttributes(attributes, out);
  }
  TouchNames(parent);
  return Apply();
}

int ProgramFiles::Unlink(Node parent, const std::string& name) {
  if (full_) return ENOSPC;
  std::string path;
  if (const int error = PathIn(parent, name, path)) return error;
  Node node = 0;
  if (const int error = Lookup(parent, name, node)) return error;
  if (const int error = Done(files_.Unlink(path))) return error;
  nodes_[node].names.erase({parent, name});
  TouchNames(parent);
  TouchStatus(node);
  return 0;
}

int ProgramFiles::RemoveDirectory(Node parent, const std::string& name) {
  if (full_) return ENOSPC;
  std::string path;
  if (const int error = PathIn(parent, name, path)) return error;
  Node node = 0;
  if (const int error = Lookup(parent, name, node)) return error;
  if (const int error = Done(files_.RemoveDirectory(path))) return error;
  nodes_[node].names.erase({parent, name});
  TouchNames(parent);
  return 0;
}

int ProgramFiles::Rename(Node parent, const std::string& name, Node new_parent,
                         const std::string& new_name, unsigned flags) {
  if (full_) return ENOSPC;
  if ((flags & ~static_cast<unsigned>(RENAME_NOREPLACE)) != 0) return EINVAL;
  std::string from;
  std::string to;
  if (const int error = PathIn(parent, name, from)) return error;
  if (const int error = PathIn(new_parent, new_name, to)) return error;
  Node moved = 0;
  if (const int error = Lookup(parent, name, moved)) return error;
  Node replaced = 0;
  const bool replaces = Lookup(new_parent, new_name, replaced) == 0;
  if (replaces && flags != 0) return EEXIST;
  if (replaces && replaced == moved) return 0;
  if (const int error = Done(files_.Rename(from, to))) return error;
  if (replaces) {
    nodes_[replaced].names.erase({new_parent, new_name});
    TouchStatus(replaced);
  }
  nodes_[moved].names.erase({parent, name});
  nodes_[moved].names.emplace(new_parent, new_name);
  TouchNames(parent);
  TouchNames(new_parent);
  TouchStatus(moved);
  return 0;
}

int ProgramFiles::Link(Node node, Node new_parent,
                       const std::string& new_name) {
  if (full_) return ENOSPC;
  const auto from = PathOf(node);
  if (!from) return ENOENT;
  std::string to;
  if (const int error = PathIn(new_parent, new_name, to)) return error;
  if (const int error = Done(files_.Link(*from, to))) return error;
  nodes_[node].names.emplace(new_parent, new_name);
  TouchNames(new_parent);
  TouchStatus(node);
  return 0;
}

int ProgramFiles::List(Node directory, std::vector<Entry>& entries) {
  const auto path = PathOf(directory);
  if (!path) return ENOENT;
  std::vector<std::string> names;
  if (const int64_t result = files_.List(*path, names); result < 0) {
    return static_cast<int>(-result);
  }
  entries.clear();
  for (std::string& name : names) {
    Node node = 0;
    if (Lookup(directory, name, node) != 0) continue;
    entries.push_back({std::move(name), TypeOf(nodes_[node]), node});
  }
  return 0;
}

// --- attributes --------------------------------------------------------------

// The type of a file never changes, so that nothing is read of the disk.
mode_t ProgramFiles::TypeOf(const NodeFacts& node) const {
  if (node.attributes) return node.attributes->mode & S_IFMT;
  const FileAttributes* found = history_ != nullptr && node.inode
                                    ? history_->First(*node.inode)
                                    : nullptr;
  if (found != nullptr) return found->mode & S_IFMT;
  return node.is_directory ? S_IFDIR : S_IFREG;
}

FileAttributes ProgramFiles::AttributesOf(NodeFacts& node) {
  if (node.attributes) return *node.attributes;
  // A recorded volume knows all attributes.
  const FileAttributes* found = nullptr;
  if (history_ != nullptr && node.inode) {
    found =
        history_->Changes(*node.inode)
            ? history_->At(*node.inode, mount_.Objects().TimeOf(*node.inode))
            : history_->First(*node.inode);
  }
  if (found != nullptr) {
    node.attributes = *found;
  } else {
    node.attributes.emplace();
    node.attributes->mode = node.is_directory ? S_IFDIR | 0777 : S_IFREG | 0666;
  }
  return *node.attributes;
}

int ProgramFiles::Facts(Node node, struct stat& facts) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  NodeFacts& known = found->second;
  const FileAttributes attributes = AttributesOf(known);
  facts = {};
  facts.st_ino = node;
  facts.st_mode = attributes.mode;
  facts.st_uid = attributes.owner;
  facts.st_gid = attributes.group;
  facts.st_rdev = attributes.device;
  // What a crash left may have names that nobody looked for yet.
  facts.st_nlink = known.is_directory ? 1 : known.names.size();
  facts.st_blksize = 4096;
  if (S_ISLNK(attributes.mode)) {
    facts.st_size = static_cast<off_t>(attributes.target.size());
  } else if (IsRegular(attributes.mode)) {
    uint64_t size_bytes = 0;
    if (const int error = SizeOf(node, size_bytes)) return error;
    facts.st_size = static_cast<off_t>(size_bytes);
    facts.st_blocks = static_cast<blkcnt_t>((size_bytes + 511) / 512);
  }
  const int64_t changed_ns = known.changed_ns.value_or(attributes.changed_ns);
  facts.st_mtim = TimeOf(changed_ns);
  facts.st_ctim = TimeOf(known.status_changed_ns.value_or(changed_ns));
  facts.st_atim = TimeOf(known.accessed_ns.value_or(changed_ns));
  return 0;
}

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

int ProgramFiles::SetAttributes(Node node, FileAttributes attributes) {
  if (full_) return ENOSPC;
  NodeFacts& known = nodes_.at(node);
  if (records()) {
    const auto path = PathOf(node);
    const Handle handle = AnyHandleOf(node);
    // Nothing can be told of a file that nobody can reach.
    if (path || handle != 0) {
      Call& call = log_.Add(OpKind::kSetTimes,
                            {path ? *path : WorldFiles::NameOf(handle)}, {0},
                            path.value_or(""));
      call.op.numbers[0] = call.op.number;
      NoteAttributes(call, known, attributes);
    }
  }
  known.attributes = std::move(attributes);
  TouchStatus(node);
  return Apply();
}

void ProgramFiles::NoteAttributes(Call& call, const NodeFacts& node,
                                  const FileAttributes& attributes) {
  call.inode = *node.inode;
  PackedWriter out(call.attributes);
  WriteAttributes(attributes, out);
}

int ProgramFiles::Set(Node node, const Wanted& wanted, Handle handle) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  NodeFacts& known = found->second;
  FileAttributes attributes = AttributesOf(known);
  if (wanted.permissions) {
    attributes.mode =
        (attributes.mode & S_IFMT) | (*wanted.permissions & kPermissions);
  }
  if (wanted.owner) attributes.owner = *wanted.owner;
  if (wanted.group) attributes.group = *wanted.group;
  if (wanted.accessed_ns) {
    known.accessed_ns = wanted.accessed_ns;
    TouchStatus(node);
  }
  if (wanted.changed_ns) {
    attributes.changed_ns = *wanted.changed_ns;
    known.changed_ns.reset();
    known.time_was_set = true;
    TouchStatus(node);
  } else if (wanted.changed_now) {
    known.changed_ns = NowNs();
    TouchStatus(node);
    if (std::exchange(known.time_was_set, false)) {
      attributes.changed_ns = *known.changed_ns;
    }
  }
  if (wanted.size_bytes) {
    if (const int error = Resize(node, *wanted.size_bytes, handle)) {
      return error;
    }
  }
  if (attributes == AttributesOf(known)) return 0;
  return SetAttributes(node, std::move(attributes));
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

int ProgramFiles::ReadLink(Node node, std::string& target) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  const FileAttributes attributes = AttributesOf(found->second);
  if (!S_ISLNK(attributes.mode)) return EINVAL;
  target = attributes.target;
  return 0;
}

int ProgramFiles::GetExtended(Node node, const std::string& name,
                              std::string& value) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  const FileAttributes attributes = AttributesOf(found->second);
  const auto at = attributes.extended.find(name);
  if (at == attributes.extended.end()) return ENODATA;
  value = at->second;
  return 0;
}

int ProgramFiles::SetExtended(Node node, const std::string& name,
                              std::string_view value, int flags) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  FileAttributes attributes = AttributesOf(found->second);
  const bool there = attributes.extended.contains(name);
  if (there && (flags & XATTR_CREATE) != 0) return EEXIST;
  if (!there && (flags & XATTR_REPLACE) != 0) return ENODATA;
  attributes.extended[name] = value;
  return SetAttributes(node, std::move(attributes));
}

int ProgramFiles::RemoveExtended(Node node, const std::string& name) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  FileAttributes attributes = AttributesOf(found->second);
  if (attributes.extended.erase(name) == 0) return ENODATA;
  return SetAttributes(node, std::move(attributes));
}

int ProgramFiles::ListExtended(Node node, std::vector<std::string>& names) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  const FileAttributes attributes = AttributesOf(found->second);
  names.clear();
  for (const auto& [name, value] : attributes.extended) names.push_back(name);
  return 0;
}

// --- bytes -------------------------------------------------------------------

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
  open_.erase(handle);
  files_.Close(handle);
  Apply();
}

int ProgramFiles::Read(Handle handle, uint64_t offset_bytes,
                       MutableByteSpan out, size_t& bytes) {
  const int64_t result = files_.Read(handle, offset_bytes, out);
  if (result < 0) return static_cast<int>(-result);
  bytes = static_cast<size_t>(result);
  return 0;
}

int ProgramFiles::Write(Node node, Handle handle, uint64_t offset_bytes,
                        ByteSpan data) {
  if (full_) return ENOSPC;
  if (const int error = Done(files_.Write(handle, offset_bytes, data))) {
    return error;
  }
  Touch(node);
  return 0;
}

// The time of a file that a program once set tells programs something, so that
// a later change of the file has to change it.
void ProgramFiles::Touch(Node node) {
  NodeFacts& known = nodes_.at(node);
  known.changed_ns = known.status_changed_ns = NowNs();
  if (!records() || !std::exchange(known.time_was_set, false)) return;
  FileAttributes attributes = AttributesOf(known);
  attributes.changed_ns = *known.changed_ns;
  NoteAttributes(log_.last(), known, attributes);
  known.attributes = std::move(attributes);
}

void ProgramFiles::TouchNames(Node directory) {
  NodeFacts& known = nodes_.at(directory);
  known.changed_ns = known.status_changed_ns = NowNs();
}

void ProgramFiles::TouchStatus(Node node) {
  nodes_.at(node).status_changed_ns = NowNs();
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
  for (uint64_t at = offset_bytes; at < last; at += kPiece) {
    const uint64_t bytes = std::min(kPiece, last - at);
    const int error = Write(node, handle, at, ByteSpan(zeros).first(bytes));
    if (error != 0) return error;
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
