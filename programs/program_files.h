// ProgramFiles: the files of a volume as the system calls of programs see them,
// by inode. It stands between the kernel's requests (fuse_volume.h) and the
// files in memory (library/files/world_files.h), and adds what those do not
// have: inodes, permissions, owners, symbolic links, extended attributes,
// times.
//
// A volume is either recorded or looked at. While it is recorded it begins
// empty, and every call that changed something is made on simfs, too, before
// the program goes on. When a crash is looked at, it begins with what the crash
// left, of which only what a program asks for is read, and what programs change
// is in memory only.

#ifndef POWERCUT_PROGRAMS_PROGRAM_FILES_H_
#define POWERCUT_PROGRAMS_PROGRAM_FILES_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_mount.h"
#include "library/calls/call_log.h"
#include "library/files/world_files.h"
#include "library/states/simfs_base.h"
#include "programs/file_attributes.h"

namespace powercut::programs {

// Who makes a call.
struct Caller {
  pid_t process = 0;
  uid_t user = 0;
  gid_t group = 0;
};

// The node of the root directory. Nodes are numbers that the kernel knows.
inline constexpr uint64_t kRootNode = 1;

// Functions that return an int return 0, or an errno number after which nothing
// has changed. Not thread-safe.
class ProgramFiles {
 public:
  using Node = uint64_t;
  using Handle = WorldFiles::Handle;

  // A volume that is recorded. `mount`, an empty simfs, must outlive this
  // object; every call is made on it, too.
  explicit ProgramFiles(simfs::SimfsMount& mount);
  // What a crash of a recording left on `mount`. Files have the attributes of
  // `history`. Both must outlive this object.
  // If `keeps_calls`, calls() are those that programs made since.
  ProgramFiles(simfs::SimfsMount& mount, const AttributeHistory& history,
               bool keeps_calls);
  ProgramFiles(const ProgramFiles&) = delete;
  ProgramFiles& operator=(const ProgramFiles&) = delete;

  // Plans calls that fail (planned_failures.h).
  void Plan(const PlannedFailure& planned) {
    files_.Fail(planned.failure, planned.passed, planned.count);
  }
  // How many of these have failed no call yet.
  size_t unfired_failures() const { return files_.unfired_failures(); }
  // Who makes the calls from now on.
  void set_caller(const Caller& caller) { caller_ = caller; }

  // --- names -----------------------------------------------------------------
  int Lookup(Node parent, const std::string& name, Node& node);
  // `mode` has the type: a directory, a file, a symbolic link (with its
  // target), or a special file. Errors: EEXIST and those of the directory.
  int Make(Node parent, const std::string& name, mode_t mode, dev_t device,
           const std::string& target, Node& node);
  // Makes a file that has no name, as O_TMPFILE asks for, with the permissions
  // that a file in `parent` would have. Link() can give it a name. It must be
  // opened at once; when its last handle is closed and it has no name, it is
  // gone.
  int MakeUnnamed(Node parent, mode_t mode, Node& node);
  int Unlink(Node parent, const std::string& name);
  int RemoveDirectory(Node parent, const std::string& name);
  // `flags` are those of renameat2(2), of which whiteouts are not offered
  // (EINVAL).
  int Rename(Node parent, const std::string& name, Node new_parent,
             const std::string& new_name, unsigned flags);
  int Link(Node node, Node new_parent, const std::string& new_name);

  struct Entry {
    std::string name;
    // The type of the file, as st_mode has it.
    mode_t type = 0;
    Node node = 0;
  };
  // The names in a directory, sorted.
  int List(Node directory, std::vector<Entry>& entries);

  // --- attributes ------------------------------------------------------------
  int Facts(Node node, struct stat& facts);
  // What is to be set; the rest stays.
  struct Wanted {
    std::optional<mode_t> permissions{};
    std::optional<uid_t> owner{};
    std::optional<gid_t> group{};
    std::optional<uint64_t> size_bytes{};
    std::optional<int64_t> changed_ns{};
    std::optional<int64_t> accessed_ns{};
    // Whether the last change is to be now.
    bool changed_now = false;
    // Whether the set-user-ID bit is to go, and the set-group-ID bit of what
    // the group may execute.
    bool clears_set_ids = false;
  };
  // `handle` is 0 if the file is not open.
  int Set(Node node, const Wanted& wanted, Handle handle);
  int ReadLink(Node node, std::string& target);
  // Errors: ENODATA, EEXIST and ENODATA as the flags of setxattr(2) ask.
  int GetExtended(Node node, const std::string& name, std::string& value);
  int SetExtended(Node node, const std::string& name, std::string_view value,
                  int flags);
  int RemoveExtended(Node node, const std::string& name);
  int ListExtended(Node node, std::vector<std::string>& names);

  // --- bytes -----------------------------------------------------------------
  // `flags` are those of open(2).
  int Open(Node node, int flags, Handle& handle);
  void Close(Handle handle);
  int Read(Handle handle, uint64_t offset_bytes, MutableByteSpan out,
           size_t& bytes);
  // `written` are how many bytes were written: fewer than asked where a write
  // was planned to be short.
  int Write(Node node, Handle handle, uint64_t offset_bytes, ByteSpan data,
            size_t& written);
  // `mode` is that of fallocate(2). Errors: EOPNOTSUPP for modes that move or
  // share bytes.
  int Allocate(Node node, Handle handle, int mode, uint64_t offset_bytes,
               uint64_t size_bytes);
  int Sync(Handle handle, bool data_only);
  int SyncVolume();

  // Whether the disk had no room for a call. Every later call that would change
  // something fails with ENOSPC, and is not kept.
  bool full() const { return full_; }
  // The calls so far that changed something or asked for durability.
  const Calls& calls() const { return log_.calls(); }
  // Adds a line that the program wrote to $POWERCUT_ACKS to the calls.
  void AddLine(std::string_view line);

 private:
  struct NodeFacts {
    // The names that are known, each with its directory.
    std::set<std::pair<Node, std::string>> names;
    bool is_directory = false;
    // The hidden name (hidden_name.h) if the file was made without a name and
    // has none yet; it is in `names`, too. Else empty.
    std::string hidden_name;
    // What a program set in this volume; `std::nullopt` if the attributes are
    // those of the history.
    std::optional<FileAttributes> attributes;
    // The number in simfs; `std::nullopt` for what was made after the crash.
    std::optional<simfs::InodeNumber> inode;
    // Whether a program set the time of the last change since the last change.
    bool time_was_set = false;
    // Times that no crash keeps: the last access, if a program set it, and the
    // last changes in this volume of the content and of anything.
    std::optional<int64_t> accessed_ns;
    std::optional<int64_t> changed_ns;
    std::optional<int64_t> status_changed_ns;
  };

  bool records() const { return history_ == nullptr; }
  // A path that leads to the node; `std::nullopt` if its names are gone.
  std::optional<std::string> PathOf(Node node) const;
  // Errors: ESTALE, EEXIST.
  int PathIn(Node parent, const std::string& name, std::string& path) const;
  Node NodeOf(const FileFacts& facts, Node parent, const std::string& name);
  // Make(), where the group and its bit are those of a file in `above`.
  int MakeIn(Node above, Node parent, const std::string& name, mode_t mode,
             dev_t device, const std::string& target, Node& node);
  int Exchange(Node parent, const std::string& name, Node new_parent,
               const std::string& new_name);
  // Removes the hidden name of a node, if it has one.
  void RemoveHiddenName(Node node);
  static int64_t NowNs();
  FileAttributes AttributesOf(NodeFacts& node);
  // Errors: ESTALE.
  int GetAttributes(Node node, FileAttributes& attributes);
  mode_t TypeOf(const NodeFacts& node) const;
  int SetAttributes(Node node, FileAttributes attributes);
  // Notes in a call what attributes the node has from then on.
  void NoteAttributes(Call& call, const NodeFacts& node,
                      const FileAttributes& attributes);
  int SizeOf(Node node, uint64_t& size_bytes);
  int Resize(Node node, uint64_t size_bytes, Handle handle);
  // A handle that is open on the node; 0 if there is none.
  Handle AnyHandleOf(Node node) const;
  int OpenWithoutName(Node node, bool truncate, Handle& handle);
  // Makes the calls that were added on simfs.
  int Apply();
  // The name of the program that a process runs.
  const std::string& ProgramOf(pid_t process);
  // The result of a call on the files in memory, and then of simfs.
  int Done(int64_t result);
  // Notes that the last call changed the content of the node.
  void Touch(Node node);
  // Notes that the names in a directory changed just now.
  void TouchNames(Node directory);
  // Notes that something else of the node changed just now.
  void TouchStatus(Node node);

  simfs::SimfsMount& mount_;
  const AttributeHistory* history_ = nullptr;
  CallLog log_;
  std::optional<SimfsBase> base_;
  WorldFiles files_;
  Caller caller_;
  std::map<Node, NodeFacts> nodes_;
  std::map<Handle, Node> open_;
  // How many times each handle was given out beside the first.
  std::map<Handle, uint64_t> shares_;
  // By process.
  std::map<pid_t, std::string> programs_;
  // How many calls were made on simfs.
  size_t applied_ = 0;
  // What simfs is going to call the next file.
  simfs::InodeNumber next_inode_ = simfs::kRootInode + 1;
  // How many files were made without a name.
  uint64_t unnamed_ = 0;
  bool full_ = false;
};

}  // namespace powercut::programs

#endif  // POWERCUT_PROGRAMS_PROGRAM_FILES_H_
