// A call has the attributes that its file got. What differs from those that the
// file had before says which call of the program it was.
//
// Example: `create /tool` with mode 0644 and then `set_times /tool` with mode
// 0755 is a chmod to 755.

#include "programs/attribute_calls.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <string>

#include "programs/file_attributes.h"

namespace powercut::programs {
namespace {

std::string MakingText(const FileAttributes& made, const std::string& path) {
  if (S_ISLNK(made.mode))
    return fmt::format("symlink {} {}", made.target, path);
  const bool special = S_ISFIFO(made.mode) || S_ISSOCK(made.mode) ||
                       S_ISCHR(made.mode) || S_ISBLK(made.mode);
  return special ? "mknod " + path : "";
}

// The first extended attribute that one has otherwise than the other one.
std::string ExtendedText(const FileAttributes& was, const FileAttributes& is,
                         const std::string& path) {
  for (const auto& [name, value] : is.extended) {
    const auto before = was.extended.find(name);
    if (before == was.extended.end() || before->second != value) {
      return fmt::format("setxattr {} {}", path, name);
    }
  }
  for (const auto& [name, value] : was.extended) {
    if (!is.extended.contains(name)) {
      return fmt::format("removexattr {} {}", path, name);
    }
  }
  return "";
}

std::string ChangeText(const FileAttributes& was, const FileAttributes& is,
                       const std::string& path) {
  if (was.owner != is.owner || was.group != is.group) {
    return fmt::format("chown {}:{} {}", is.owner, is.group, path);
  }
  if (was.mode != is.mode) {
    return fmt::format("chmod {:o} {}", is.mode & 07777u, path);
  }
  return ExtendedText(was, is, path);
}

}  // namespace

void NameAttributeCalls(Calls& calls) {
  std::map<uint32_t, FileAttributes> known;
  for (Call& call : calls) {
    if (call.attributes.empty()) continue;
    PackedReader in(call.attributes);
    FileAttributes is = ReadAttributes(in);
    const std::string path(PathOf(call));
    const auto was = known.find(call.inode);
    if (was == known.end()) {
      call.text = MakingText(is, path);
    } else if (call.op.kind == OpKind::kSetTimes) {
      call.text = ChangeText(was->second, is, path);
    }
    known.insert_or_assign(call.inode, std::move(is));
  }
}

}  // namespace powercut::programs
