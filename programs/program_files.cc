// Each call is done on the files in memory first, which say whether it
// succeeds. A volume that is recorded then makes the ops that came of it on
// simfs, before the program hears of the success.
// This file has the nodes, their names, and the way to simfs;
// program_attributes.cc, program_bytes.cc and program_unnamed.cc have the rest.
//
// Example: a program creates /d/f. The file gets a node in memory, and a call
// `create /d/f` is added to the log. Apply() makes the call on simfs, which
// gives the file an inode: the next one, since simfs counts as this class does.

#include "programs/program_files.h"

#include <errno.h>
#include <fmt/format.h>
#include <limits.h>
#include <linux/fs.h>

#include <fstream>

#include "programs/hidden_name.h"

namespace powercut::programs {
namespace {

int ErrnoOf(const std::string& name) {
  if (name == "ENOSPC") return ENOSPC;
  if (name == "EFBIG") return EFBIG;
  if (name == "EROFS") return EROFS;
  if (name == "EINVAL") return EINVAL;
  return EIO;
}

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
  if (IsHiddenName(name)) return ENOENT;
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

// A sync that was planned to fail is a call all the same.
int ProgramFiles::Done(int64_t result) {
  const int error = Apply();
  return result < 0 ? static_cast<int>(-result) : error;
}

// Where a file is opened, the process may have become another program.
const std::string& ProgramFiles::ProgramOf(pid_t process) {
  std::string& name = programs_[process];
  const bool opens = log_.at(applied_).op.kind == OpKind::kOpen;
  // The kernel closes files on its own account, and gives the number 0 then.
  if (process == 0 || (!name.empty() && !opens)) return name;
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
  if (IsHiddenName(name)) return EINVAL;
  const int error = MakeIn(parent, parent, name, mode, device, target, node);
  if (error == 0) TouchNames(parent);
  return error;
}

int ProgramFiles::MakeIn(Node above, Node parent, const std::string& name,
                         mode_t mode, dev_t device, const std::string& target,
                         Node& node) {
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
  const FileAttributes directory = AttributesOf(nodes_.at(above));
  if ((directory.mode & S_ISGID) != 0) {
    attributes.group = directory.group;
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
  if (flags == RENAME_EXCHANGE) {
    return Exchange(parent, name, new_parent, new_name);
  }
  if ((flags & ~static_cast<unsigned>(RENAME_NOREPLACE)) != 0) return EINVAL;
  if (IsHiddenName(new_name)) return EINVAL;
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

int ProgramFiles::Exchange(Node parent, const std::string& name,
                           Node new_parent, const std::string& new_name) {
  std::string a;
  std::string b;
  if (const int error = PathIn(parent, name, a)) return error;
  if (const int error = PathIn(new_parent, new_name, b)) return error;
  Node of_a = 0;
  Node of_b = 0;
  if (const int error = Lookup(parent, name, of_a)) return error;
  if (const int error = Lookup(new_parent, new_name, of_b)) return error;
  if (of_a == of_b) return 0;
  if (const int error = Done(files_.Exchange(a, b))) return error;
  nodes_[of_a].names.erase({parent, name});
  nodes_[of_b].names.erase({new_parent, new_name});
  nodes_[of_a].names.emplace(new_parent, new_name);
  nodes_[of_b].names.emplace(parent, name);
  TouchNames(parent);
  TouchNames(new_parent);
  TouchStatus(of_a);
  TouchStatus(of_b);
  return 0;
}

int ProgramFiles::Link(Node node, Node new_parent,
                       const std::string& new_name) {
  if (full_) return ENOSPC;
  if (IsHiddenName(new_name)) return EINVAL;
  const auto from = PathOf(node);
  if (!from) return ENOENT;
  std::string to;
  if (const int error = PathIn(new_parent, new_name, to)) return error;
  if (const int error = Done(files_.Link(*from, to))) return error;
  nodes_[node].names.emplace(new_parent, new_name);
  TouchNames(new_parent);
  TouchStatus(node);
  RemoveHiddenName(node);
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

}  // namespace powercut::programs
