// WorldFiles: the files of one machine, with the calls that storage makes on
// them. Each call that may matter after a crash is kept (library/calls/call.h).

#ifndef POWERCUT_LIBRARY_FILES_WORLD_FILES_H_
#define POWERCUT_LIBRARY_FILES_WORLD_FILES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "library/calls/call_log.h"
#include "library/files/file_tree.h"
#include "library/files/neighbour_damage.h"
#include "library/files/planned_failures.h"

namespace powercut {

struct OpenFlags {
  bool read = true;
  bool write = true;
  bool append = false;
  bool create = false;
  bool exclusive = false;
  bool truncate = false;
  bool direct = false;
  bool dsync = false;
  bool sync = false;
};

// What a path or a handle leads to.
struct FileFacts {
  bool is_directory = false;
  uint64_t size_bytes = 0;
  uint64_t number = 0;
  // Where it is in the base; `std::nullopt` if it is not there.
  std::optional<BaseId> base{};
};

// Syncs of one handle.
enum class SyncKind : uint8_t {
  kFsync,
  kFdatasync,
  kFullFsync,
  kBarrierFsync,
  // NtFlushBuffersFileEx with no flag and with each of its three.
  kNtNormal,
  kNtFileDataOnly,
  kNtNoSync,
  kNtFileDataSyncOnly,
};

// Functions that return an int64_t return 0 or what the text says, or the
// negative of an errno number, after which nothing has changed. Not
// thread-safe.
class WorldFiles {
 public:
  using Handle = int32_t;
  using View = int32_t;

  // No files. Calls that succeed are added to `log`, which must outlive this
  // object.
  explicit WorldFiles(CallLog& log) : log_(&log) {}
  // The files of a base, which must outlive this object. Calls that succeed are
  // added to `log`, which may be `nullptr`.
  WorldFiles(FileBase& base, CallLog* log) : tree_(base), log_(log) {}

  // Lets `passed` of the calls that can fail so go well, and the `count` calls
  // after them fail.
  void Fail(CallFailure failure, uint64_t passed, uint64_t count) {
    failures_.Plan(failure, passed, count);
  }
  // How many plans have failed no call yet.
  size_t unfired_failures() const { return failures_.unfired(); }
  // What each write and append may damage. Stores to views damage nothing.
  // Requires: no file was opened yet.
  void set_damage(const DamageRule& rule) { damage_ = rule; }

  // Returns the handle, which is above 0.
  int64_t Open(std::string_view path, const OpenFlags& flags);
  int64_t Close(Handle handle);
  // Return the number of bytes.
  int64_t Read(Handle handle, uint64_t offset_bytes, MutableByteSpan out);
  int64_t Write(Handle handle, uint64_t offset_bytes, ByteSpan data);
  int64_t Append(Handle handle, ByteSpan data);
  int64_t Truncate(Handle handle, uint64_t size_bytes);
  int64_t Allocate(Handle handle, uint64_t offset_bytes, uint64_t size_bytes);
  int64_t Rename(std::string_view from, std::string_view to);
  int64_t Exchange(std::string_view a, std::string_view b);
  int64_t Link(std::string_view from, std::string_view to);
  int64_t Unlink(std::string_view path);
  int64_t MakeDirectory(std::string_view path);
  int64_t RemoveDirectory(std::string_view path);
  int64_t List(std::string_view path, std::vector<std::string>& names);
  int64_t Stat(std::string_view path, FileFacts& facts);
  // The same but for the size, so that nothing is read of the file itself.
  int64_t Find(std::string_view path, FileFacts& facts);
  int64_t StatHandle(Handle handle, FileFacts& facts);
  int64_t Sync(Handle handle, SyncKind kind);
  int64_t SyncRange(Handle handle, uint64_t offset_bytes, uint64_t size_bytes);
  int64_t SyncAll();
  // Maps a range of a file, which begins at a multiple of 4,096 and lies within
  // the file. Returns the view, which is above 0.
  int64_t Map(Handle handle, uint64_t offset_bytes, uint64_t size_bytes);
  // Offsets are those in the view.
  int64_t Store(View view, uint64_t offset_bytes, ByteSpan data);
  int64_t Load(View view, uint64_t offset_bytes, MutableByteSpan out);
  int64_t SyncView(View view, uint64_t offset_bytes, uint64_t size_bytes,
                   bool async);
  int64_t Unmap(View view);

  // What ops call a handle.
  static std::string NameOf(Handle handle);

 private:
  struct OpenFile {
    FileNodePtr node;
    std::string path;
    OpenFlags flags;
  };
  struct OpenView {
    FileNodePtr node;
    std::string path;
    uint64_t offset_bytes = 0;
    uint64_t size_bytes = 0;
    bool write = false;
  };

  OpenFile* FileOf(Handle handle);
  // Keeps a call on a file; `nullptr` if no calls are kept.
  Call* Keep(OpKind kind, std::vector<std::string> names,
             std::vector<uint64_t> numbers, std::string_view path);
  // Bytes beside a write, as they were before it.
  struct Beside {
    uint64_t offset_bytes = 0;
    Bytes content;
  };
  // What a write may damage, as it is now. Empty if no calls are kept.
  std::vector<Beside> BesideWrite(FileNode& node, uint64_t offset_bytes,
                                  uint64_t size_bytes);
  // Keeps a write, with the calls that damage what lies beside it before, and
  // those that put it back after.
  void KeepWrite(const OpenFile& file, const std::string& name,
                 uint64_t offset_bytes, ByteSpan data,
                 const std::vector<Beside>& beside);
  // Keeps a sync, which may fail. Returns what it returned.
  int64_t KeepSync(OpKind kind, std::vector<std::string> names,
                   std::vector<uint64_t> numbers, std::string_view path,
                   std::vector<std::string> flags = {});
  static std::string NameOfView(View view);
  static FileFacts FactsWithoutSize(const FileNode& node);
  FileFacts FactsOf(FileNode& node);
  // Errors: EBADF, EINVAL.
  int64_t WritableFile(Handle handle, OpenFile*& file);

  FileTree tree_;
  // `nullptr` if no calls are kept.
  CallLog* log_ = nullptr;
  std::map<Handle, OpenFile> files_;
  std::map<View, OpenView> views_;
  Handle next_handle_ = 1;
  View next_view_ = 1;
  PlannedFailures failures_;
  DamageRule damage_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_FILES_WORLD_FILES_H_
