// FileAttributes: what a file is beside its name and its bytes, as programs set
// it: type, permissions, owner, the target of a symbolic link, extended
// attributes.

#ifndef POWERCUT_PROGRAMS_FILE_ATTRIBUTES_H_
#define POWERCUT_PROGRAMS_FILE_ATTRIBUTES_H_

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/record.h"
#include "harness/system/packed_bytes.h"

namespace powercut::programs {

struct FileAttributes {
  // The type and the permissions, as st_mode has them.
  mode_t mode = 0;
  uid_t owner = 0;
  gid_t group = 0;
  // For a device.
  dev_t device = 0;
  // For a symbolic link.
  std::string target{};
  std::map<std::string, std::string> extended{};
  // A time of the last change of the content, in ns since 1970: when the file
  // was made, or what a program set (utimensat), or the first change after
  // that.
  int64_t changed_ns = 0;

  bool operator==(const FileAttributes&) const = default;
};

void WriteAttributes(const FileAttributes& attributes, PackedWriter& out);
// Bytes that WriteAttributes() did not make give some attributes, and `in` is
// not good then.
FileAttributes ReadAttributes(PackedReader& in);

// The attributes that each file of a recording had, by when it got them.
class AttributeHistory {
 public:
  using Inode = simfs::InodeNumber;

  // Says what `inode` has from call `call` on.
  // Requires: the calls of one inode ascend.
  void Add(Inode inode, uint32_t call, FileAttributes attributes);

  // Whether the inode was ever given other attributes than it was made with.
  bool Changes(Inode inode) const;
  // The attributes that the inode was made with, or those that it had when
  // `call` was made. `nullptr` if the inode is not known.
  const FileAttributes* First(Inode inode) const;
  const FileAttributes* At(Inode inode, uint64_t call) const;

 private:
  std::map<Inode, std::vector<std::pair<uint32_t, FileAttributes>>> history_;
};

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_FILE_ATTRIBUTES_H_
