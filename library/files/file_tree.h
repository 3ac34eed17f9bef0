// FileTree: files and directories as the programs of one machine see them, in
// memory. It may begin as a copy of a base, of which it reads only what
// somebody looks at.

#ifndef POWERCUT_LIBRARY_FILES_FILE_TREE_H_
#define POWERCUT_LIBRARY_FILES_FILE_TREE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/base/bytes.h"
#include "library/files/file_base.h"

namespace powercut {

// A file or a directory. It lives as long as a name or a handle leads to it.
class FileNode;
using FileNodePtr = std::shared_ptr<FileNode>;
// Some bytes of a file that were changed.
struct FileChunk;

// Functions that return an int return 0 or an errno number, and change nothing
// if they fail. Paths are absolute; `/` is the root. As in POSIX, several `/`
// are like one, `.` is the directory itself, and a path that ends with `/`
// leads to a directory. There is no `..`. Not thread-safe.
class FileTree {
 public:
  // An empty tree.
  FileTree();
  // A tree that begins as a copy of `base`, which must outlive it.
  explicit FileTree(FileBase& base);
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  // What a path leads to.
  // Errors: ENOENT, ENOTDIR, EINVAL for a path that is not absolute or has
  // `..`.
  int Find(std::string_view path, FileNodePtr& node);
  // The shortest path that leads to the same: one `/` before each name, and no
  // `.`. Requires: the path is one that the other functions took.
  static std::string PlainPath(std::string_view path);
  static bool IsDirectory(const FileNode& node);
  // A number that the node keeps as long as it lives.
  static uint64_t NumberOf(const FileNode& node);
  // Where the node is in the base; `std::nullopt` if it is not there.
  static std::optional<BaseId> BaseOf(const FileNode& node);

  // Errors of these: those of Find() for the directory of the name, and those
  // of the Linux call of this name.
  int Create(std::string_view path, FileNodePtr& node);
  int MakeDirectory(std::string_view path);
  int Rename(std::string_view from, std::string_view to);
  // Each of the two names leads to what the other one led to.
  int Exchange(std::string_view a, std::string_view b);
  int Link(std::string_view from, std::string_view to);
  int Unlink(std::string_view path);
  int RemoveDirectory(std::string_view path);

  // The names in a directory, sorted.
  // Errors: ENOTDIR.
  int List(FileNode& directory, std::vector<std::string>& names);

  // Requires, for the rest: the node is a file.
  uint64_t SizeOf(FileNode& file);
  // Reads what of the range lies within the file, and returns in `bytes` how
  // much that is.
  // Errors: EIO.
  int Read(FileNode& file, uint64_t offset_bytes, MutableByteSpan out,
           uint64_t& bytes);
  // Reads nothing of the base but its size.
  // Errors: EFBIG.
  int Write(FileNode& file, uint64_t offset_bytes, ByteSpan data);
  // Errors: EFBIG.
  int Truncate(FileNode& file, uint64_t size_bytes);

  // How many reads of the base there were that failed.
  uint64_t failed_reads() const { return failed_reads_; }

 private:
  struct Place;

  FileNodePtr NodeOf(const BaseEntry& entry);
  // The node of a name; `nullptr` if there is none.
  FileNodePtr Child(FileNode& directory, const std::string& name);
  void ListAll(FileNode& directory);
  bool IsEmpty(FileNode& directory);
  int FindPlace(std::string_view path, Place& place);
  static void SetName(const Place& place, FileNodePtr node);
  uint64_t ShownOfBase(FileNode& file);
  int ReadBase(FileNode& file, uint64_t offset_bytes, MutableByteSpan out);
  int ReadUnchanged(FileNode& file, uint64_t at, MutableByteSpan out);
  int ReadChunk(FileNode& file, uint64_t index, FileChunk& chunk,
                uint64_t in_chunk, MutableByteSpan out);
  bool Contains(FileNode& directory, const FileNode& below);

  FileBase* base_ = nullptr;
  FileNodePtr root_;
  // The nodes that were made of the base, by their number there.
  std::unordered_map<BaseId, FileNodePtr> from_base_;
  uint64_t next_number_ = 1;
  uint64_t failed_reads_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_FILES_FILE_TREE_H_
