// Begins the flush ops of a simfs mount: refuses them, or plans what they
// cover. Each op becomes a FlushKind, whose rule says what is carried, and a
// FlushTarget, which says of which file, range or view. The plan is made here,
// and Finish() carries it out.

#include <charconv>
#include <limits>

#include "backends/simfs/simfs_mount.h"

namespace powercut::simfs {
namespace {

constexpr uint64_t kNoFlag = 0;
constexpr uint64_t kDataOnly = 1;
constexpr uint64_t kNoSync = 2;
constexpr uint64_t kDataSyncOnly = 4;

// Returns the one flag that nt_flush is called with; `std::nullopt` if there
// are several, or one that is unknown.
std::optional<uint64_t> FlagOf(const Op& op) {
  uint64_t flags = op.KeyNumber("flags").value_or(0);
  if (op.HasFlag("file_data_only")) flags |= kDataOnly;
  if (op.HasFlag("no_sync")) flags |= kNoSync;
  if (op.HasFlag("file_data_sync_only")) flags |= kDataSyncOnly;
  // Only single flags are equal to one of these (docs/semantics.md A-04).
  for (const uint64_t one : {kNoFlag, kDataOnly, kNoSync, kDataSyncOnly}) {
    if (flags == one) return one;
  }
  return std::nullopt;
}

}  // namespace

void SimfsMount::PlanOf(const FlushKind& kind, const FlushTarget& target,
                        Running& running) {
  Plan(RuleOf(kind, s_.rules, s_.bugs), target, running);
}

void SimfsMount::Plan(const FlushRule& rule, const FlushTarget& target,
                      Running& running) {
  // A flush of one object may be a sync even if it asks for less. A write, or a
  // flush of a range, is one only if it flushes the device.
  const bool of_object = rule.scope == FlushScope::kFile ||
                         rule.scope == FlushScope::kDirectory ||
                         rule.scope == FlushScope::kView;
  const bool of_all =
      rule.scope == FlushScope::kVolume || rule.scope == FlushScope::kNothing;
  const bool syncs = of_object || (!of_all && rule.device != DeviceSync::kNone);
  if (s_.rules.metadata_commits && syncs) {
    s_.sync_log.BeginSync(running.source.op_run, target.inode);
    running.error = FreeLogged(running);
  }
  running.plans.push_back(PlanFlush(s_, rule, target, running.overlapped));
}

std::string SimfsMount::FreeLogged(Running& running) {
  std::vector<RecordNumber> records = s_.sync_log.TakeRecords();
  // A record that comes after none is found without a commit anyway.
  std::erase_if(records, [&](RecordNumber number) {
    const LiveRecord* const record = s_.records.Find(number);
    return record == nullptr || record->after == 0 || record->freed_by != 0;
  });
  if (records.empty()) return {};
  Batch batch(s_);
  const RecordNumber free = batch.AddFree(records);
  if (std::string error = batch.Commit(); !error.empty()) return error;
  for (const RecordNumber number : records) {
    s_.records.Find(number)->freed_by = free;
  }
  for (const auto& [sector, event] : batch.written()) {
    running.done.written[sector] = event;
  }
  return {};
}

// The order of the checks decides which status a call gets that is wrong in
// more than one way (docs/semantics.md 1.1.1).
std::string SimfsMount::BeginNtFlush(const Op& op, Running& running) {
  const std::string& name = op.names.at(0);
  if (name == "null") return "STATUS_INVALID_HANDLE";
  FlushKind kind{.op = op.kind, .volume = name == "volume"};
  const bool nt_flush = op.kind == OpKind::kNtFlush;
  const std::string invalid = "STATUS_INVALID_PARAMETER";
  if (nt_flush) {
    if (op.HasFlag("null_status")) return "STATUS_ACCESS_VIOLATION";
    if (op.KeyNumber("parameters").value_or(0) != 0) return invalid;
    if (op.KeyNumber("parameters_size").value_or(0) != 0) return invalid;
    const std::optional<uint64_t> flag = FlagOf(op);
    if (!flag) return invalid;
    kind.nt_flag = *flag;
  }
  // A dismounted volume has no files to ask about.
  if (dismounted_) return "STATUS_VOLUME_DISMOUNTED";
  const Operand operand = kind.volume ? Operand{} : Resolve(name);
  if (!kind.volume && operand.inode == kNoInode) return "ENOENT";
  kind.directory = !kind.volume && IsDirectory(operand.inode);
  if (nt_flush) {
    // No flag is valid for a volume (docs/semantics.md A-05).
    const bool volume_flag = kind.volume && kind.nt_flag != kNoFlag;
    if (volume_flag && !s_.Has(SimfsBug::kVolumeFlagsAccepted)) return invalid;
    if (kind.directory && kind.nt_flag == kDataSyncOnly) return invalid;
    if (kind.nt_flag == kDataSyncOnly && s_.rules.refuses_data_sync) {
      return "STATUS_NOT_SUPPORTED";
    }
  }
  const Handle* handle = operand.handle;
  if (handle != nullptr && handle->read_only &&
      !s_.Has(SimfsBug::kReadOnlyFlushes)) {
    return "STATUS_ACCESS_DENIED";
  }
  if (read_only_) return "STATUS_MEDIA_WRITE_PROTECTED";
  FlushTarget target{.inode = operand.inode};
  if (handle != nullptr && s_.Has(SimfsBug::kHandleFlushesOwn)) {
    target.handle = handle->id;
  }
  PlanOf(kind, target, running);
  return {};
}

std::string SimfsMount::BeginFlush(const Input& in, Running& running) {
  const Op& op = in.op;
  FlushKind kind{.op = op.kind};
  switch (op.kind) {
    case OpKind::kMsync:
    case OpKind::kFlushView:
      return BeginViewFlush(op, running);
    case OpKind::kDiskFlush:
      running.plans.push_back(
          PlanFlush(s_, {.device = DeviceSync::kAll}, {}, running.overlapped));
      return {};
    case OpKind::kSyncfs:
      // A sync of a read-only mount succeeds: nothing can have changed.
      if (!read_only_) PlanOf(kind, {}, running);
      return {};
    case OpKind::kFsync:
    case OpKind::kFdatasync:
    case OpKind::kFullFsync:
    case OpKind::kBarrierFsync:
    case OpKind::kSyncFileRange:
      break;
    default:
      return "ENOSYS";
  }
  const Operand operand = Resolve(op.names.at(0));
  if (operand.inode == kNoInode) return "ENOENT";
  kind.directory = IsDirectory(operand.inode);
  FlushTarget target{.inode = operand.inode};
  if (operand.handle != nullptr && s_.Has(SimfsBug::kHandleFlushesOwn)) {
    target.handle = operand.handle->id;
  }
  if (op.kind == OpKind::kSyncFileRange) {
    constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
    target.begin = op.numbers.at(0);
    const uint64_t length = op.numbers.at(1);
    if (target.begin > kMost || length > kMost - target.begin) return "EINVAL";
    // A length of 0 means up to the end of the file.
    target.end = length == 0 ? kMost : target.begin + length;
  }
  // On a read-only mount nothing can have changed.
  if (!read_only_) PlanOf(kind, target, running);
  return {};
}

std::string SimfsMount::BeginViewFlush(const Op& op, Running& running) {
  const auto found = views_.find(op.names.at(0));
  if (found == views_.end()) return "EINVAL";
  const View& view = found->second;
  const uint64_t offset = op.numbers.at(0);
  const uint64_t length = op.numbers.at(1);
  if (offset > view.size || length > view.size - offset) {
    return op.kind == OpKind::kMsync ? "ENOMEM" : "STATUS_INVALID_PARAMETER";
  }
  if (read_only_) return {};
  FlushTarget target{.inode = view.inode,
                     .begin = view.offset + offset,
                     .end = view.offset + offset + length,
                     .view = view.id};
  // A length of 0 means up to the end of the view (docs/semantics.md A-17).
  if (length == 0 && !s_.Has(SimfsBug::kViewZeroIsNothing)) {
    target.end = view.offset + view.size;
  }
  PlanOf({.op = op.kind, .async = op.HasFlag("async")}, target, running);
  return {};
}

}  // namespace powercut::simfs
