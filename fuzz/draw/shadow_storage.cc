// The sketch does every op at once and in full. It knows no promises, no order
// and no data, only what later draws refer to: which names lead to which file,
// how long files are, and which handles and views are open.
//
// A caller asks in this order. Named() keeps out ops that a workload must not
// hold, such as one that uses a view that is not open. Fits() tells whether the
// op would succeed; where the sketch is wrong, the model decides. Do() makes
// the change. An example: with /a of 600 bytes, `store V 500 200` is not
// Named(), since there is no view V. After `map V /a 0 4096`, which lengthens
// /a to 4096 bytes, the same op is Named() and Fits().

#include "fuzz/draw/shadow_storage.h"

#include <algorithm>

namespace powercut {
namespace {

// Empty for a path in the root.
std::string Parent(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

// How many atoms of 512 bytes [begin, begin + size) touches.
size_t AtomsIn(uint64_t begin, uint64_t size) {
  return size == 0 ? 0 : (begin + size - 1) / 512 - begin / 512 + 1;
}

}  // namespace

bool ShadowStorage::Handle::Has(const std::string& flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

std::optional<size_t> ShadowStorage::Find(const std::string& name) const {
  if (!name.starts_with('/')) {
    const auto handle = handles_.find(name);
    if (handle == handles_.end()) return std::nullopt;
    return handle->second.node;
  }
  const auto found = paths_.find(name);
  if (found == paths_.end()) return std::nullopt;
  return found->second;
}

bool ShadowStorage::IsFile(const std::string& name) const {
  const auto node = Find(name);
  return node && !nodes_[*node].is_directory;
}

bool ShadowStorage::IsDirectory(const std::string& name) const {
  if (name == "/") return true;
  const auto node = Find(name);
  return node && nodes_[*node].is_directory;
}

bool ShadowStorage::ReadOnly(const std::string& name) const {
  const auto handle = handles_.find(name);
  return handle != handles_.end() && handle->second.Has("read_only");
}

bool ShadowStorage::Free(const std::string& path) const {
  if (paths_.contains(path)) return false;
  const std::string parent = Parent(path);
  return parent.empty() || IsDirectory(parent);
}

bool ShadowStorage::InView(const Op& op) const {
  const View& view = views_.at(op.names[0]);
  const uint64_t end = op.numbers[0] + op.numbers[1];
  // A store never lengthens the file; flushes beyond the end are allowed.
  return end <= view.size && (op.kind != OpKind::kStore ||
                              view.offset + end <= nodes_[view.node].size);
}

bool ShadowStorage::Named(const Op& op) const {
  switch (op.kind) {
    case OpKind::kOpen:
      return !handles_.contains(op.names[0]);
    case OpKind::kMap:
      return !views_.contains(op.names[0]) &&
             (op.names[1].starts_with('/') || handles_.contains(op.names[1]));
    case OpKind::kStore:
    case OpKind::kMsync:
    case OpKind::kFlushView:
    case OpKind::kUnmap:
      return views_.contains(op.names[0]);
    default:
      return std::all_of(op.names.begin(), op.names.end(),
                         [&](const std::string& name) {
                           return name.starts_with('/') || name == "volume" ||
                                  handles_.contains(name);
                         });
  }
}

bool ShadowStorage::Fits(const Op& op) const {
  const std::string first = op.names.empty() ? "" : op.names[0];
  const std::string second = op.names.size() < 2 ? "" : op.names[1];
  const bool both =
      Find(first) && Find(second) && *Find(first) == *Find(second);
  switch (op.kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
      return Free(first);
    case OpKind::kWrite:
    case OpKind::kAppend:
    case OpKind::kTruncate:
    case OpKind::kFallocate:
    case OpKind::kSetEndOfFile:
      return IsFile(first) && !ReadOnly(first);
    case OpKind::kSetTimes:
      return Find(first) && !ReadOnly(first);
    case OpKind::kSetValidData:
      return IsFile(first) && !ReadOnly(first) &&
             op.numbers[0] > ValidOf(first) && op.numbers[0] <= SizeOf(first);
    case OpKind::kRename:
      // A rename of a file to another name of the same file succeeds and does
      // nothing. Directories are renamed within the root only.
      if (both) return IsFile(first);
      return Find(first) &&
             (IsFile(first) ? IsFile(second) || Free(second)
                            : Free(second) && Parent(second).empty());
    case OpKind::kExchange:
      return IsFile(first) && IsFile(second);
    case OpKind::kReplaceFile:
      // The old file becomes SECOND.bak. The new name must not be a directory,
      // and names must not grow by one `.bak` after the other.
      return IsFile(first) && IsFile(second) && !both &&
             !IsDirectory(second + ".bak") &&
             second.find(".bak") == second.npos && first != second + ".bak";
    case OpKind::kLink:
      return IsFile(first) && Free(second);
    case OpKind::kUnlink:
      return IsFile(first);
    case OpKind::kRmdir:
      return first != "/" && IsDirectory(first) &&
             std::none_of(paths_.begin(), paths_.end(), [&](const auto& path) {
               return path.first.starts_with(first + "/");
             });
    case OpKind::kOpen:
      return IsFile(second);
    case OpKind::kFsync:
      return Find(first) || first == "/";
    case OpKind::kFdatasync:
    case OpKind::kSyncFileRange:
    case OpKind::kFullFsync:
    case OpKind::kBarrierFsync:
      return IsFile(first);
    case OpKind::kNtFlush:
    case OpKind::kFlushFileBuffers:
      // Flags with a volume are an error, and so is a read-only handle.
      if (first == "volume") return op.flags.empty();
      return (IsFile(first) && !ReadOnly(first)) || IsDirectory(first);
    case OpKind::kMap:
      return IsFile(second) && !ReadOnly(second) && op.numbers[1] > 0 &&
             op.numbers[0] % 4096 == 0 && op.numbers[0] <= SizeOf(second);
    case OpKind::kStore:
    case OpKind::kMsync:
    case OpKind::kFlushView:
      return InView(op);
    default:
      return true;
  }
}

void ShadowStorage::Move(const std::string& from, const std::string& to) {
  std::map<std::string, size_t> moved;
  for (const auto& [path, node] : paths_) {
    if (path == to) continue;
    // `to` itself was skipped: the rename replaces it.
    const bool below = path == from || path.starts_with(from + "/");
    moved[below ? to + path.substr(from.size()) : path] = node;
  }
  paths_ = std::move(moved);
}

size_t ShadowStorage::Write(size_t node, uint64_t offset, uint64_t size) {
  if (size == 0) return 0;
  Node& file = nodes_[node];
  file.size = std::max(file.size, offset + size);
  file.valid = std::max(file.valid, offset + size);
  // The two are the shape and the times.
  return AtomsIn(offset, size) + 2;
}

void ShadowStorage::Resize(size_t node, uint64_t size) {
  nodes_[node].size = size;
  nodes_[node].valid = std::min(nodes_[node].valid, size);
}

size_t ShadowStorage::Do(const Op& op) {
  const std::string first = op.names.empty() ? "" : op.names[0];
  const std::string second = op.names.size() < 2 ? "" : op.names[1];
  switch (op.kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
      paths_[first] = nodes_.size();
      nodes_.push_back({op.kind == OpKind::kMkdir, 0, 0});
      return 1;
    case OpKind::kWrite:
    case OpKind::kAppend: {
      // `append` takes a length only; a write through a handle with the flag
      // takes an offset, too, and ignores it.
      const auto handle = handles_.find(first);
      const bool at_end =
          op.kind == OpKind::kAppend ||
          (handle != handles_.end() && handle->second.Has("append"));
      return Write(*Find(first), at_end ? SizeOf(first) : op.numbers[0],
                   op.numbers.back());
    }
    case OpKind::kTruncate:
    case OpKind::kSetEndOfFile:
      Resize(*Find(first), op.numbers[0]);
      return 2;
    case OpKind::kFallocate:
      Resize(*Find(first),
             std::max(SizeOf(first), op.numbers[0] + op.numbers[1]));
      return 1;
    case OpKind::kSetValidData:
      nodes_[*Find(first)].valid = op.numbers[0];
      return 1;
    case OpKind::kRename:
      // Two names of one file stay as they are.
      if (Find(first) == Find(second)) return 0;
      Move(first, second);
      return 2;
    case OpKind::kExchange:
      std::swap(paths_[first], paths_[second]);
      return 2;
    case OpKind::kReplaceFile:
      Move(second, second + ".bak");
      Move(first, second);
      return 4;
    case OpKind::kLink:
      paths_[second] = *Find(first);
      return 1;
    case OpKind::kUnlink:
    case OpKind::kRmdir:
      paths_.erase(first);
      return 1;
    case OpKind::kSetTimes:
      return 1;
    case OpKind::kOpen:
      handles_[first] = {*Find(second), op.flags};
      return 0;
    case OpKind::kClose:
      handles_.erase(first);
      return 0;
    case OpKind::kMap: {
      const size_t node = *Find(second);
      const uint64_t end = op.numbers[0] + op.numbers[1];
      // `map` beyond the end lengthens the file.
      if (end > nodes_[node].size) Resize(node, end);
      views_[first] = {node, op.numbers[0], op.numbers[1]};
      return 1;
    }
    case OpKind::kStore: {
      const View& view = views_.at(first);
      return Write(view.node, view.offset + op.numbers[0], op.numbers[1]);
    }
    case OpKind::kUnmap:
      views_.erase(first);
      return 0;
    case OpKind::kDiskWrite:
    case OpKind::kDiskDiscard:
      return op.numbers[1];
    default:
      return 0;
  }
}

std::vector<std::string> ShadowStorage::FilePaths() const {
  std::vector<std::string> paths;
  for (const auto& [path, node] : paths_) {
    if (!nodes_[node].is_directory) paths.push_back(path);
  }
  return paths;
}

std::vector<std::string> ShadowStorage::DirectoryPaths() const {
  std::vector<std::string> paths = {"/"};
  for (const auto& [path, node] : paths_) {
    if (nodes_[node].is_directory) paths.push_back(path);
  }
  return paths;
}

std::vector<std::string> ShadowStorage::Handles() const {
  std::vector<std::string> names;
  for (const auto& [name, handle] : handles_) names.push_back(name);
  return names;
}

std::vector<std::string> ShadowStorage::Views() const {
  std::vector<std::string> names;
  for (const auto& [name, view] : views_) names.push_back(name);
  return names;
}

uint64_t ShadowStorage::SizeOf(const std::string& name) const {
  const auto view = views_.find(name);
  if (view != views_.end()) {
    const uint64_t size = nodes_[view->second.node].size;
    const uint64_t behind = size - std::min(size, view->second.offset);
    return std::min(view->second.size, behind);
  }
  const auto node = Find(name);
  return node ? nodes_[*node].size : 0;
}

uint64_t ShadowStorage::ValidOf(const std::string& name) const {
  const auto node = Find(name);
  return node ? nodes_[*node].valid : 0;
}

}  // namespace powercut
