// Packs attributes into the bytes that a trace keeps, and finds those of one
// moment again.

#include "programs/file_attributes.h"

#include <algorithm>

namespace powercut::programs {

void WriteAttributes(const FileAttributes& attributes, PackedWriter& out) {
  out.Number(attributes.mode);
  out.Number(attributes.owner);
  out.Number(attributes.group);
  out.Number(attributes.device);
  out.Text(attributes.target);
  out.Number(attributes.extended.size());
  for (const auto& [name, value] : attributes.extended) {
    out.Text(name);
    out.Text(value);
  }
  out.Number(static_cast<uint64_t>(attributes.changed_ns));
}

FileAttributes ReadAttributes(PackedReader& in) {
  FileAttributes attributes;
  attributes.mode = static_cast<mode_t>(in.NumberUpTo(UINT32_MAX));
  attributes.owner = static_cast<uid_t>(in.NumberUpTo(UINT32_MAX));
  attributes.group = static_cast<gid_t>(in.NumberUpTo(UINT32_MAX));
  attributes.device = in.Number();
  attributes.target = in.Text();
  for (uint64_t left = in.Count(2); left > 0 && in.Good(); --left) {
    const std::string name(in.Text());
    attributes.extended[name] = in.Text();
  }
  attributes.changed_ns = static_cast<int64_t>(in.Number());
  return attributes;
}

void AttributeHistory::Add(Inode inode, uint32_t call,
                           FileAttributes attributes) {
  history_[inode].emplace_back(call, std::move(attributes));
}

bool AttributeHistory::Changes(Inode inode) const {
  const auto found = history_.find(inode);
  return found != history_.end() && found->second.size() > 1;
}

const FileAttributes* AttributeHistory::First(Inode inode) const {
  return At(inode, 0);
}

const FileAttributes* AttributeHistory::At(Inode inode, uint64_t call) const {
  const auto found = history_.find(inode);
  if (found == history_.end()) return nullptr;
  const auto& moments = found->second;
  const auto later = std::ranges::upper_bound(
      moments, call, {}, [](const auto& moment) { return moment.first; });
  return later == moments.begin() ? &moments.front().second
                                  : &std::prev(later)->second;
}

}  // namespace powercut::programs
