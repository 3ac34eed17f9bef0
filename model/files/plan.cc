// What an op must return, and what it writes, decided from the state of the
// model alone before anything runs.
//
// Method. Planner::Error() goes through the reasons for failure in a fixed
// order, and the first reason counts:
//   1. the arguments of an NT flush, which need no look at the volume
//   2. a volume that was dismounted
//   3. for an NT flush or an op on a log, the other statuses of its own
//   4. a volume that is read-only
//   5. what the operands stand for: the tree, a handle, a view
// The tree is the one in which every op that began is done. A second
// `create /a` must therefore fail with EEXIST even where a crash could still
// undo the first. PlanOf() then says where the op goes and which bytes it
// writes; contents name the op (model/words/content.h).
//
// Source: the manual pages of the ops; docs/semantics.md 1.1.1 for the statuses
// of NT flushes and their order.

#include <algorithm>
#include <limits>
#include <utility>

#include "model/files/model_state.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// The error with which the directory that `path` lies in is not found: the walk
// ends at the first name that leads nowhere, or to a file. Here and below the
// string is empty if the op must not fail.
std::string PlanDirectoryOf(const Tree& tree, std::string_view path) {
  for (size_t slash = path.find('/', 1); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const FileId above = tree.Lookup(path.substr(0, slash));
    if (above == kNoFile) return "ENOENT";
    if (!tree.files[above].is_directory) return "ENOTDIR";
  }
  return "";
}

// The error with which a new name cannot be made at `path`.
std::string PlanNewName(const Tree& tree, std::string_view path) {
  if (path == "/") return "EEXIST";
  const std::string error = PlanDirectoryOf(tree, path);
  if (!error.empty()) return error;
  return tree.Lookup(path) == kNoFile ? "" : "EEXIST";
}

bool IsEmptyDirectory(const Tree& tree, FileId directory) {
  // The tree keeps names that were removed; their newest target is kNoFile.
  const auto& names = tree.files[directory].names;
  return std::all_of(names.begin(), names.end(), [&](const auto& entry) {
    return tree.names[entry.second].targets.back() == kNoFile;
  });
}

std::string PlanRemoveDirectory(const Tree& tree, std::string_view path) {
  const FileId file = tree.Lookup(path);
  if (file == kNoFile) return "ENOENT";
  if (file == kRootDirectory) return "EBUSY";
  if (!tree.files[file].is_directory) return "ENOTDIR";
  return IsEmptyDirectory(tree, file) ? "" : "ENOTEMPTY";
}

// What a rename and an exchange ask of their paths first. Linux finds both
// directories before it looks at the names in them (measured on ext4, xfs and
// btrfs).
std::string PlanTwoPaths(const Tree& tree, std::string_view a,
                         std::string_view b) {
  for (const std::string_view path : {a, b}) {
    std::string error = PlanDirectoryOf(tree, path);
    if (!error.empty()) return error;
  }
  return a == "/" || b == "/" ? "EBUSY" : "";
}

std::string PlanRename(const Tree& tree, std::string_view from,
                       std::string_view to) {
  if (std::string error = PlanTwoPaths(tree, from, to); !error.empty()) {
    return error;
  }
  const FileId moved = tree.Lookup(from);
  if (moved == kNoFile) return "ENOENT";
  // A directory cannot move into itself. `from` is a directory here, since the
  // directory of `to` was found.
  const std::string below = std::string(from) + "/";
  if (to.starts_with(below)) return "EINVAL";
  const FileId target = tree.Lookup(to);
  if (target == kNoFile) return PlanNewName(tree, to);
  const bool directory = tree.files[moved].is_directory;
  if (directory && !tree.files[target].is_directory) return "ENOTDIR";
  if (!directory && tree.files[target].is_directory) return "EISDIR";
  // A rename onto itself does nothing, even for a directory that is not empty.
  if (directory && target != moved && !IsEmptyDirectory(tree, target)) {
    return "ENOTEMPTY";
  }
  return "";
}

// Both names must be there, of whatever kind, and neither directory can move
// into itself.
std::string PlanExchange(const Tree& tree, std::string_view a,
                         std::string_view b) {
  if (std::string error = PlanTwoPaths(tree, a, b); !error.empty()) {
    return error;
  }
  for (const std::string_view path : {a, b}) {
    if (tree.Lookup(path) == kNoFile) return "ENOENT";
  }
  const bool below = b.starts_with(std::string(a) + "/") ||
                     a.starts_with(std::string(b) + "/");
  return below ? "EINVAL" : "";
}

// ReplaceFile needs two different files, and a name for the backup that is free
// or leads to a third file.
std::string PlanReplace(const Tree& tree, const std::string& from,
                        const std::string& to) {
  const FileId moved = tree.Lookup(from);
  const FileId target = tree.Lookup(to);
  if (moved == kNoFile || target == kNoFile) return "ENOENT";
  if (tree.files[moved].is_directory || tree.files[target].is_directory) {
    return "EISDIR";
  }
  if (moved == target) return "EINVAL";
  const FileId backup = tree.Lookup(to + ".bak");
  if (backup == kNoFile) return "";
  if (backup == moved) return "EINVAL";
  return tree.files[backup].is_directory ? "EISDIR" : "";
}

std::string PlanLink(const Tree& tree, std::string_view from,
                     std::string_view to) {
  const FileId file = tree.Lookup(from);
  if (file == kNoFile) return "ENOENT";
  if (tree.files[file].is_directory) return "EPERM";
  return PlanNewName(tree, to);
}

// Whether a dismounted volume refuses the op with an NT status, not an errno.
bool IsNtOp(OpKind kind) {
  switch (kind) {
    case OpKind::kNtFlush:
    case OpKind::kFlushFileBuffers:
    case OpKind::kSetEndOfFile:
    case OpKind::kSetValidData:
    case OpKind::kReplaceFile:
    case OpKind::kMap:
    case OpKind::kStore:
    case OpKind::kFlushView:
      return true;
    default:
      return false;
  }
}

// Whether the op can change files, names, times or raw sectors, so that it
// fails on a volume that is read-only. Logs have errors of their own.
bool HasEffects(OpKind kind) {
  switch (kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
    case OpKind::kWrite:
    case OpKind::kAppend:
    case OpKind::kTruncate:
    case OpKind::kFallocate:
    case OpKind::kRename:
    case OpKind::kExchange:
    case OpKind::kReplaceFile:
    case OpKind::kLink:
    case OpKind::kUnlink:
    case OpKind::kRmdir:
    case OpKind::kSetTimes:
    case OpKind::kSetEndOfFile:
    case OpKind::kSetValidData:
    case OpKind::kStore:
    case OpKind::kMap:
    case OpKind::kDiskWrite:
    case OpKind::kDiskDiscard:
      return true;
    default:
      return false;
  }
}

// The error for the arguments of a flush, which are checked before the handle
// is looked at. FlushFileBuffers has the handle alone.
std::string PlanNtFlushArguments(const Op& op) {
  if (op.names[0] == "null") return "STATUS_INVALID_HANDLE";
  if (op.kind != OpKind::kNtFlush) return "";
  if (op.HasFlag("null_status")) return "STATUS_ACCESS_VIOLATION";
  if (op.KeyNumber("parameters").value_or(0) != 0 ||
      op.KeyNumber("parameters_size").value_or(0) != 0) {
    return "STATUS_INVALID_PARAMETER";
  }
  // The flags are words or a number, and at most one may be set. The
  // word null_status is no flag, but an op that has it returned above.
  const size_t words = op.flags.size();
  const uint64_t flags = op.KeyNumber("flags").value_or(0);
  const bool known = flags == 0 || flags == 1 || flags == 2 || flags == 4;
  const bool one = words + (flags != 0 ? 1 : 0) <= 1;
  return known && one ? "" : "STATUS_INVALID_PARAMETER";
}

class Planner {
 public:
  Planner(const Model::State& state, const Op& op) : s_(state), op_(op) {}

  std::string Error() const {
    const bool nt_flush =
        op_.kind == OpKind::kNtFlush || op_.kind == OpKind::kFlushFileBuffers;
    if (nt_flush) {
      const std::string error = PlanNtFlushArguments(op_);
      if (!error.empty()) return error;
    }
    if (s_.dismounted) {
      return IsNtOp(op_.kind) ? "STATUS_VOLUME_DISMOUNTED" : "EIO";
    }
    if (nt_flush) return NtFlush();
    if (IsLogOp(op_.kind)) {
      // The model of a log is made by its first log_open, so that any other op
      // finds no log before that.
      const auto log = s_.logs.find(op_.names[0]);
      if (log != s_.logs.end()) return log->second.PlanError(op_);
      return op_.kind == OpKind::kLogOpen ? "" : "STATUS_INVALID_HANDLE";
    }
    if (s_.read_only && HasEffects(op_.kind)) return "EROFS";
    return OfKind();
  }

 private:
  // The order of these checks is that of docs/semantics.md 1.1.1.
  std::string NtFlush() const {
    const bool volume = op_.names[0] == "volume";
    const FileId file = volume ? kNoFile : s_.TargetOf(op_);
    if (!volume && file == kNoFile) return "ENOENT";
    const std::string flag =
        op_.flags.empty() ? FlagOfNumber() : op_.flags.front();
    const bool directory = !volume && s_.tree.files[file].is_directory;
    if (volume && !flag.empty()) return "STATUS_INVALID_PARAMETER";
    if (directory && flag == "file_data_sync_only") {
      return "STATUS_INVALID_PARAMETER";
    }
    if (NotSupported(flag)) return "STATUS_NOT_SUPPORTED";
    const Handle* handle = s_.HandleOf(op_);
    if (handle != nullptr && handle->Has("read_only")) {
      return "STATUS_ACCESS_DENIED";
    }
    return s_.read_only ? "STATUS_MEDIA_WRITE_PROTECTED" : "";
  }

  std::string FlagOfNumber() const {
    switch (op_.KeyNumber("flags").value_or(0)) {
      case 1:
        return "file_data_only";
      case 2:
        return "no_sync";
      case 4:
        return "file_data_sync_only";
      default:
        return "";
    }
  }

  // Source: NtFlushBuffersFileEx names the file systems that support each flag
  //
  bool NotSupported(const std::string& flag) const {
    if (flag.empty()) return false;
    const std::string& profile = s_.profile->name;
    return profile == "refs" ||
           (profile == "exfat" && flag == "file_data_sync_only");
  }

  std::string OfKind() const {
    const Tree& tree = s_.tree;
    switch (op_.kind) {
      case OpKind::kCreate:
      case OpKind::kMkdir:
        return PlanNewName(tree, op_.names[0]);
      case OpKind::kRename:
        return PlanRename(tree, op_.names[0], op_.names[1]);
      case OpKind::kExchange:
        return PlanExchange(tree, op_.names[0], op_.names[1]);
      case OpKind::kReplaceFile:
        return PlanReplace(tree, op_.names[0], op_.names[1]);
      case OpKind::kLink:
        return PlanLink(tree, op_.names[0], op_.names[1]);
      case OpKind::kRmdir:
        return PlanRemoveDirectory(tree, op_.names[0]);
      case OpKind::kUnlink:
        return OfFile();
      case OpKind::kOpen:
        return tree.Lookup(op_.names[1]) == kNoFile ? "ENOENT" : "";
      case OpKind::kWrite:
      case OpKind::kAppend:
      case OpKind::kTruncate:
      case OpKind::kFallocate:
      case OpKind::kSetEndOfFile:
      case OpKind::kSetValidData:
        return OfWrite();
      case OpKind::kSyncFileRange:
        return OfRange();
      case OpKind::kFsync:
      case OpKind::kFdatasync:
      case OpKind::kFullFsync:
      case OpKind::kBarrierFsync:
      case OpKind::kSetTimes:
        return s_.TargetOf(op_) == kNoFile ? "ENOENT" : "";
      case OpKind::kMap:
        return OfMap();
      case OpKind::kStore:
      case OpKind::kMsync:
      case OpKind::kFlushView:
        return OfView();
      case OpKind::kRemount:
      default:
        return "";
    }
  }

  std::string OfFile() const {
    const FileId file = s_.TargetOf(op_);
    if (file == kNoFile) return "ENOENT";
    return s_.tree.files[file].is_directory ? "EISDIR" : "";
  }

  std::string OfWrite() const {
    const std::string error = OfFile();
    if (!error.empty()) return error;
    const Handle* handle = s_.HandleOf(op_);
    if (handle != nullptr && handle->Has("read_only")) return "EBADF";
    if (op_.kind != OpKind::kSetValidData) return "";
    // A valid length can only rise, and not above the size.
    const Shape& shape = s_.tree.files[s_.TargetOf(op_)].shapes.back();
    const uint64_t valid = op_.numbers[0];
    return valid > shape.valid_bytes && valid <= shape.size_bytes
               ? ""
               : "STATUS_INVALID_PARAMETER";
  }

  // A directory is no error. Source: sync_file_range(2), ERRORS.
  std::string OfRange() const {
    if (s_.TargetOf(op_) == kNoFile) return "ENOENT";
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    const uint64_t begin = op_.numbers[0];
    return begin > kMost || op_.numbers[1] > kMost - begin ? "EINVAL" : "";
  }

  std::string OfMap() const {
    const auto target = s_.handles.find(op_.names[1]);
    const FileId file = target != s_.handles.end()
                            ? target->second.file
                            : s_.tree.Lookup(op_.names[1]);
    if (file == kNoFile) return "ENOENT";
    if (s_.tree.files[file].is_directory) return "EISDIR";
    // The view may end beyond the end of the file, which then grows, but
    // it must not begin there.
    const uint64_t size = s_.tree.files[file].shapes.back().size_bytes;
    const bool good = op_.numbers[0] <= size && op_.numbers[1] > 0 &&
                      op_.numbers[0] % kPageBytes == 0;
    return good ? "" : "STATUS_INVALID_PARAMETER";
  }

  std::string OfView() const {
    const auto found = s_.views.find(op_.names[0]);
    const uint64_t begin = op_.numbers[0];
    const uint64_t size = op_.numbers[1];
    const bool inside = found != s_.views.end() &&
                        begin <= found->second.size_bytes &&
                        size <= found->second.size_bytes - begin;
    if (!inside) {
      return op_.kind == OpKind::kMsync   ? "ENOMEM"
             : op_.kind == OpKind::kStore ? "STATUS_ACCESS_VIOLATION"
                                          : "STATUS_INVALID_PARAMETER";
    }
    if (op_.kind != OpKind::kStore) return "";
    // The file may have been cut after it was mapped. A store beyond its end
    // must fail, whereas a flush there may succeed.
    const View& view = found->second;
    const uint64_t end = view.offset_bytes + begin + size;
    return end <= s_.tree.files[view.file].shapes.back().size_bytes
               ? ""
               : "STATUS_ACCESS_VIOLATION";
  }

  const Model::State& s_;
  const Op& op_;
};

}  // namespace

OpPlan Model::State::PlanOf(const Op& op) const {
  OpPlan plan;
  plan.error = Planner(*this, op).Error();
  if (!plan.error.empty()) return plan;
  uint64_t size = 0;
  uint16_t owner = 0;
  switch (op.kind) {
    case OpKind::kWrite:
    case OpKind::kAppend: {
      const File& file = tree.files[TargetOf(op)];
      const Handle* handle = HandleOf(op);
      // A write through an append handle ignores its offset.
      const bool at_end = op.kind == OpKind::kAppend ||
                          (handle != nullptr && handle->Has("append"));
      plan.offset_bytes =
          at_end ? file.shapes.back().size_bytes : op.numbers[0];
      size = op.numbers.back();
      owner = static_cast<uint16_t>(file.created_by);
      break;
    }
    case OpKind::kStore: {
      const View& view = views.find(op.names[0])->second;
      plan.offset_bytes = view.offset_bytes + op.numbers[0];
      size = op.numbers[1];
      owner = static_cast<uint16_t>(tree.files[view.file].created_by);
      break;
    }
    case OpKind::kDiskWrite:
      plan.offset_bytes = op.numbers[0] * kAtomBytes;
      size = op.numbers[1] * kAtomBytes;
      break;
    case OpKind::kLogAppend:
    case OpKind::kLogRestart:
      // A record has no place of its own; the log decides where it goes.
      plan.content = logs.at(op.names[0]).ContentOf(op);
      return plan;
    case OpKind::kDiskDiscard:
      plan.offset_bytes = op.numbers[0] * kAtomBytes;
      return plan;
    default:
      return plan;
  }
  plan.content =
      MakeContent(owner, static_cast<uint16_t>(op.number),
                  static_cast<uint32_t>(op.Fill()), {plan.offset_bytes, size});
  return plan;
}

}  // namespace powercut
