// Gives files what they have beside names and bytes.
//
// Attributes are no part of simfs. There, each change of them is a change of
// the times of the file, whose value is the number of the call. What a crash
// left of the times thus tells which attributes the file has.
//
// Example: call 7 creates /f with the permissions 0644, call 9 makes them 0600.
// A crash can leave /f with the time 7 or 9. Only somebody who asks for the
// attributes of /f reads the time, and only because they were ever changed.

#include <errno.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

#include <utility>

#include "programs/program_files.h"

namespace powercut::programs {
namespace {

constexpr mode_t kPermissions = 07777;

timespec TimeOf(int64_t time_ns) {
  constexpr int64_t kSecondNs = 1'000'000'000;
  const int64_t rest_ns = (time_ns % kSecondNs + kSecondNs) % kSecondNs;
  return {(time_ns - rest_ns) / kSecondNs, rest_ns};
}

}  // namespace

int64_t ProgramFiles::NowNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

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

int ProgramFiles::GetAttributes(Node node, FileAttributes& attributes) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return ESTALE;
  attributes = AttributesOf(found->second);
  return 0;
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
  const size_t hidden = known.hidden_name.empty() ? 0 : 1;
  facts.st_nlink = known.is_directory ? 1 : known.names.size() - hidden;
  facts.st_blksize = 4096;
  if (S_ISLNK(attributes.mode)) {
    facts.st_size = static_cast<off_t>(attributes.target.size());
  } else if (S_ISREG(attributes.mode)) {
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

int ProgramFiles::SetAttributes(Node node, FileAttributes attributes) {
  if (full_) return ENOSPC;
  NodeFacts& known = nodes_.at(node);
  if (records()) {
    const auto path = PathOf(node);
    const Handle handle = AnyHandleOf(node);
    // No op can name a file that has neither a name nor a handle.
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
  if (wanted.clears_set_ids) {
    const bool executed = (attributes.mode & S_IXGRP) != 0;
    attributes.mode &= ~mode_t{S_ISUID};
    if (executed) attributes.mode &= ~mode_t{S_ISGID};
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

int ProgramFiles::ReadLink(Node node, std::string& target) {
  FileAttributes attributes;
  if (const int error = GetAttributes(node, attributes)) return error;
  if (!S_ISLNK(attributes.mode)) return EINVAL;
  target = attributes.target;
  return 0;
}

int ProgramFiles::GetExtended(Node node, const std::string& name,
                              std::string& value) {
  FileAttributes attributes;
  if (const int error = GetAttributes(node, attributes)) return error;
  const auto at = attributes.extended.find(name);
  if (at == attributes.extended.end()) return ENODATA;
  value = at->second;
  return 0;
}

int ProgramFiles::SetExtended(Node node, const std::string& name,
                              std::string_view value, int flags) {
  FileAttributes attributes;
  if (const int error = GetAttributes(node, attributes)) return error;
  const bool there = attributes.extended.contains(name);
  if (there && (flags & XATTR_CREATE) != 0) return EEXIST;
  if (!there && (flags & XATTR_REPLACE) != 0) return ENODATA;
  attributes.extended[name] = value;
  return SetAttributes(node, std::move(attributes));
}

int ProgramFiles::RemoveExtended(Node node, const std::string& name) {
  FileAttributes attributes;
  if (const int error = GetAttributes(node, attributes)) return error;
  if (attributes.extended.erase(name) == 0) return ENODATA;
  return SetAttributes(node, std::move(attributes));
}

int ProgramFiles::ListExtended(Node node, std::vector<std::string>& names) {
  FileAttributes attributes;
  if (const int error = GetAttributes(node, attributes)) return error;
  names.clear();
  for (const auto& [name, value] : attributes.extended) names.push_back(name);
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

}  // namespace powercut::programs
