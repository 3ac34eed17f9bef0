// What ops do to a log, and what flushes promise of it.
//
// Method: an op acts in two steps. Begin() collects what the op's row covers,
// which is what had returned when the op was called, and then appends the op's
// own effects: a record, a version of a pointer, or an epoch. End() marks these
// as returned and promises what was collected. For each kind of crash, a record
// and an epoch hold the number of the flush that promised them, and a pointer
// holds the oldest version that may be found. Close() then promises whatever
// the rules of order imply. An op that failed promises nothing and taints what
// it covered: later flushes leave that out. Example, with overlapping ops:
//
//   log_append (op 2) begins and returns   record 1, not promised
//   log_append (op 3) begins               record 2, not promised
//   log_flush  (op 4) begins               covers record 1 alone
//   op 3 returns, op 4 returns             record 1 is promised by op 4 for all
//                                          crashes, record 2 for none
//
// Which choices a crash may then leave is in log_model_states.cc, and judging
// is in log_model_check.cc.

#include "model/logs/log_model.h"

#include <algorithm>

#include "harness/base/check.h"
#include "model/table/primitive_of.h"
#include "model/words/content.h"

namespace powercut {
namespace {

constexpr const char* kBadHandle = "STATUS_INVALID_HANDLE";
constexpr const char* kBadParameter = "STATUS_INVALID_PARAMETER";

std::string AreaOf(const Op& op) {
  return std::string(op.Key("area").value_or(""));
}

bool IsAppend(OpKind kind) {
  return kind == OpKind::kLogAppend || kind == OpKind::kLogRestart;
}

}  // namespace

// --- ops --------------------------------------------------------------------

// Until a base is set, the first record of the epoch is the base.
uint32_t LogModel::BaseNow() const {
  const Epoch& epoch = epochs_.back();
  const uint32_t set = epoch.base.versions.back().number;
  return set > 0 ? set : epoch.first_record;
}

// Whether a base or an archive tail may lead to this record now.
bool LogModel::IsReadableNow(uint64_t number) const {
  return number >= BaseNow() && number <= last_record() &&
         !records_[number - 1].failed;
}

std::string LogModel::PlanError(const Op& op) const {
  // These ops need no log that was opened.
  const bool outside = op.kind == OpKind::kLogOpen ||
                       op.kind == OpKind::kSyncfs ||
                       op.kind == OpKind::kRemount;
  if (outside) return "";
  if (!IsOpen()) return kBadHandle;
  const std::string area = AreaOf(op);
  if (!area.empty() && !areas_.contains(area)) return kBadHandle;
  switch (op.kind) {
    case OpKind::kLogAppend:
      return op.numbers.at(0) < kLogRecordBytesMin ? kBadParameter : "";
    case OpKind::kLogFlushTo: {
      const uint64_t number = op.numbers.at(0);
      // Record 0 is the null LSN. Records before the base may be flushed, too.
      const bool appended = number == 0 || (number <= last_record() &&
                                            !records_[number - 1].failed);
      return appended ? "" : kBadParameter;
    }
    case OpKind::kLogRestart: {
      const auto base = op.KeyNumber("base");
      return !base || IsReadableNow(*base) ? "" : kBadParameter;
    }
    case OpKind::kLogAdvanceBase:
    case OpKind::kLogArchiveTail:
      return IsReadableNow(op.numbers.at(0)) ? "" : kBadParameter;
    default:
      return "";
  }
}

std::string LogModel::ContentOf(const Op& op) const {
  POWERCUT_CHECK(IsOpen());
  const uint64_t size =
      op.kind == OpKind::kLogRestart ? kLogRestartBytes : op.numbers.at(0);
  // The op that first opened the log stands for its file, so that a record of
  // another log is told apart.
  return MakeContent(static_cast<uint16_t>(first_open_),
                     static_cast<uint16_t>(op.number),
                     static_cast<uint32_t>(op.Fill()), {0, size});
}

void LogModel::Begin(const Op& op, uint64_t /*now*/) {
  POWERCUT_CHECK(op.number > 0);
  last_begun_ = op.number;
  const bool refused = !PlanError(op).empty();
  running_.emplace(op.number, op);
  if (refused) return;
  // What the op covers had returned before the op was called, so that it is
  // collected before the op's own effects are there.
  Covered covered = CoveredBy(op);
  BeginEffect(op);
  AddOwn(op, covered);
  covered_.emplace(op.number, std::move(covered));
}

void LogModel::AddPointer(Pointer& pointer, const Op& op, uint32_t number,
                          uint32_t restart) {
  pointer.versions.push_back({op.number, number, restart, false, false});
}

void LogModel::BeginEffect(const Op& op) {
  Epoch& epoch = epochs_.back();
  switch (op.kind) {
    case OpKind::kLogOpen:
      if (first_open_ == 0) first_open_ = op.number;
      break;
    case OpKind::kLogArea:
      areas_.insert(op.names.at(1));
      break;
    case OpKind::kLogAppend:
    case OpKind::kLogRestart: {
      Record record;
      record.op = op.number;
      record.epoch = static_cast<uint32_t>(epochs_.size()) - 1;
      record.restart = op.kind == OpKind::kLogRestart;
      record.area = AreaOf(op);
      record.content = ContentOf(op);
      const uint32_t number = last_record() + 1;
      // The base that a restart record sets is tied to that record in both
      // directions: each knows the other (O-RST).
      if (record.restart) AddPointer(epoch.restart, op, number, number);
      if (const auto base = op.KeyNumber("base")) {
        AddPointer(epoch.base, op, static_cast<uint32_t>(*base), number);
        record.base_version = epoch.base.newest();
      }
      records_.push_back(std::move(record));
      break;
    }
    case OpKind::kLogAdvanceBase:
      AddPointer(epoch.base, op, static_cast<uint32_t>(op.numbers.at(0)), 0);
      break;
    case OpKind::kLogArchiveTail:
      AddPointer(epoch.tail, op, static_cast<uint32_t>(op.numbers.at(0)), 0);
      break;
    case OpKind::kLogReset: {
      Epoch next;
      next.op = op.number;
      // The new epoch begins with pointers that are not set. The numbers of
      // records go on, since workloads count over the whole life of the log.
      next.first_record = last_record() + 1;
      next.returned = false;
      epochs_.push_back(std::move(next));
      break;
    }
    default:
      break;
  }
}

bool LogModel::End(uint32_t op_number, bool ok, uint64_t /*now*/) {
  const auto running = running_.find(op_number);
  POWERCUT_CHECK(running != running_.end());
  const Op op = running->second;
  running_.erase(running);
  const auto found = covered_.find(op_number);
  if (found == covered_.end()) return false;  // the op had to fail
  const Covered covered = std::move(found->second);
  covered_.erase(found);
  if (op.kind == OpKind::kLogOpen && ok && !exists_) {
    exists_ = true;
    exists_since_ = op_number;
  }
  EndEffect(op_number, ok);
  if (ok) return Raise(covered);
  Taint(covered);
  return false;
}

void LogModel::EndEffect(uint32_t op, bool ok) {
  // An op that failed may have left its effects all the same; they stay
  // possible for ever (ERR-UNKNOWN). A failed append must not count as a gap,
  // though.
  for (Record& record : records_) {
    if (record.op != op) continue;
    record.returned = ok;
    record.failed = !ok;
  }
  for (Epoch& epoch : epochs_) {
    if (epoch.op == op && op != 0) epoch.returned = ok;
    for (Pointer* pointer : {&epoch.base, &epoch.tail, &epoch.restart}) {
      for (Pointer::Version& version : pointer->versions) {
        if (version.op == op) version.returned = ok;
      }
    }
  }
}

// --- promises ---------------------------------------------------------------

// Collects what had returned when the op was called and lies in the scope of
// its row. How far it is carried is left to the cells of the row.
LogModel::Covered LogModel::CoveredBy(const Op& op) const {
  Covered covered;
  covered.op = op.number;
  const Primitive id = PrimitiveOf(op, {}, /*is_directory=*/false);
  covered.row = table_[id];
  // These ops carry nothing but what they do themselves.
  const bool own_only =
      id == Primitive::kWrite || op.kind == OpKind::kLogAdvanceBase ||
      op.kind == OpKind::kLogArchiveTail || op.kind == OpKind::kLogReset;
  if (own_only) return covered;
  // An append, a flush of an area and a flush to CLFS_LSN_NULL speak of one
  // area; a restart, a flush to an LSN and a sync speak of the whole log.
  const bool of_area = op.kind == OpKind::kLogAppend ||
                       op.kind == OpKind::kLogFlush ||
                       id == Primitive::kLogFlushToNull;
  const uint64_t upto =
      id == Primitive::kLogFlushToLsn ? op.numbers.at(0) : last_record();
  for (uint32_t number = 1; number <= upto; ++number) {
    const Record& record = records_[number - 1];
    if (of_area && record.area != AreaOf(op)) continue;
    if (record.returned && !record.tainted) covered.records.push_back(number);
  }
  // A reset that has not returned, or that a failed flush tainted, is covered
  // only together with a newer one: the newest good epoch is taken.
  covered.epoch = static_cast<uint32_t>(epochs_.size()) - 1;
  while (covered.epoch > 0 &&
         (!epochs_[covered.epoch].returned || epochs_[covered.epoch].tainted)) {
    --covered.epoch;
  }
  const Epoch& epoch = epochs_[covered.epoch];
  const auto newest = [](const Pointer& pointer) {
    uint32_t version = pointer.newest();
    while (version > 0 && (!pointer.versions[version].returned ||
                           pointer.versions[version].tainted)) {
      --version;
    }
    return version;
  };
  covered.base = newest(epoch.base);
  covered.tail = newest(epoch.tail);
  covered.restart = newest(epoch.restart);
  // A flush or a restart carries the reset before it. An append carries it only
  // where its record implies it (Close()).
  covered.covers_epoch = op.kind != OpKind::kLogAppend;
  return covered;
}

// Adds the op's own effects, which its row covers, too.
void LogModel::AddOwn(const Op& op, Covered& covered) const {
  const Epoch& epoch = epochs_.back();
  const auto newest = static_cast<uint32_t>(epochs_.size()) - 1;
  const bool of_newest = op.kind == OpKind::kLogRestart ||
                         op.kind == OpKind::kLogAdvanceBase ||
                         op.kind == OpKind::kLogArchiveTail;
  if (of_newest && covered.epoch != newest) {
    // What was collected is of an older epoch, or of none: the last reset has
    // not returned, or the op carries only what it does itself. Pointers of an
    // older epoch mean nothing in the newest one.
    covered.base = covered.tail = covered.restart = 0;
    covered.epoch = newest;
  }
  if (IsAppend(op.kind)) covered.records.push_back(last_record());
  if (op.kind == OpKind::kLogRestart) {
    covered.restart = epoch.restart.newest();
    if (op.Key("base")) covered.base = epoch.base.newest();
  }
  if (op.kind == OpKind::kLogAdvanceBase) covered.base = epoch.base.newest();
  if (op.kind == OpKind::kLogArchiveTail) covered.tail = epoch.tail.newest();
  if (op.kind == OpKind::kLogReset) {
    covered.epoch = newest;
    covered.covers_epoch = true;
  }
}

bool LogModel::Raise(const Covered& covered) {
  // Only new promises for power loss are reported: these are what a flush
  // obligation is about (docs/crash_model.md 9).
  PromiseFor(covered, CrashKind::kProcess);
  PromiseFor(covered, CrashKind::kOs);
  bool promised = PromiseFor(covered, CrashKind::kPower);
  if (covered.row.device == DeviceFlush::kAll) {
    promised |= CarryToMedia(covered.op);
  }
  return promised;
}

namespace {

// Whether a cell, together with the flush of the device, promises something for
// this kind of crash.
bool Reaches(Reach reach, DeviceFlush device, CrashKind kind) {
  if (reach == Reach::kNone) return false;
  if (reach == Reach::kHost) return kind == CrashKind::kProcess;
  return kind != CrashKind::kPower || device != DeviceFlush::kNone;
}

}  // namespace

bool LogModel::PromiseFor(const Covered& covered, CrashKind kind) {
  const auto k = static_cast<size_t>(kind);
  const bool records = Reaches(covered.row.records, covered.row.device, kind);
  const bool pointers = Reaches(covered.row.pointers, covered.row.device, kind);
  bool raised = false;
  if (records) {
    for (const uint32_t number : covered.records) {
      auto& promised = records_[number - 1].promised[k];
      if (promised) continue;
      promised = covered.op;
      raised = true;
    }
  }
  // The reset that the op itself is counts as metadata. A reset before a flush
  // goes along with the records.
  const bool own_reset = epochs_[covered.epoch].op == covered.op;
  if (covered.covers_epoch && (own_reset ? pointers : records)) {
    auto& promised = epochs_[covered.epoch].promised[k];
    if (!promised) {
      promised = covered.op;
      // The first epoch has no reset that could be lost, so that promising it
      // is nothing new.
      raised |= covered.epoch > 0;
    }
  }
  if (pointers) {
    Epoch& epoch = epochs_[covered.epoch];
    raised |= RaisePointer(epoch.base, covered.base, kind, covered.op);
    raised |= RaisePointer(epoch.tail, covered.tail, kind, covered.op);
    // Where restarts are atomic, the restart area follows from its record.
    if (!table_.order.restart_atomic) {
      raised |= RaisePointer(epoch.restart, covered.restart, kind, covered.op);
    }
  }
  return Close(kind, covered.op) || raised;
}

bool LogModel::RaisePointer(Pointer& pointer, uint32_t version, CrashKind kind,
                            uint32_t flush_op) {
  Pointer::Floor& floor = pointer.floors[static_cast<size_t>(kind)];
  if (version <= floor.version) return false;
  floor = {version, flush_op};
  return true;
}

// Promises what the promised things imply. The steps follow the direction of
// the rules: bases imply records, records imply those before them, and records
// imply the base that they set and the epoch that they are in.
bool LogModel::Close(CrashKind kind, uint32_t flush_op) {
  const auto k = static_cast<size_t>(kind);
  const OrderRules& order = table_.order;
  bool raised = false;
  for (Epoch& epoch : epochs_) {
    const Pointer::Version& base =
        epoch.base.versions[epoch.base.floors[k].version];
    for (const uint32_t number : {order.base_within_log ? base.number : 0,
                                  order.restart_atomic ? base.restart : 0}) {
      if (number == 0 || records_[number - 1].promised[k]) continue;
      records_[number - 1].promised[k] = flush_op;
      raised = true;
    }
  }
  raised |= CloseRecords(kind, flush_op);
  for (const Record& record : records_) {
    if (!record.promised[k]) continue;
    Epoch& epoch = epochs_[record.epoch];
    if (order.restart_atomic) {
      raised |= RaisePointer(epoch.base, record.base_version, kind, flush_op);
    }
    if (order.reset_before_records && record.epoch > 0 && !epoch.promised[k]) {
      epoch.promised[k] = flush_op;
      raised = true;
    }
  }
  return raised;
}

// O-LSN: from the newest record down, everything below a promised record of the
// same epoch is promised; failed appends leave no gap.
bool LogModel::CloseRecords(CrashKind kind, uint32_t flush_op) {
  if (!table_.order.log_prefix) return false;
  const auto k = static_cast<size_t>(kind);
  bool raised = false;
  bool above = false;
  for (size_t i = records_.size(); i > 0; --i) {
    Record& record = records_[i - 1];
    if (i < records_.size() && records_[i].epoch != record.epoch) above = false;
    if (above && !record.promised[k] && !record.failed) {
      record.promised[k] = flush_op;
      raised = true;
    }
    above |= record.promised[k].has_value();
  }
  return raised;
}

// After a flush of the whole device, what would survive a crash of the system
// survives power loss, whoever wrote it (R-DEVSYNC).
bool LogModel::CarryToMedia(uint32_t flush_op) {
  const auto os = static_cast<size_t>(CrashKind::kOs);
  const auto power = static_cast<size_t>(CrashKind::kPower);
  bool raised = false;
  for (Record& record : records_) {
    if (!record.promised[os] || record.promised[power]) continue;
    record.promised[power] = flush_op;
    raised = true;
  }
  for (Epoch& epoch : epochs_) {
    if (epoch.promised[os] && !epoch.promised[power]) {
      epoch.promised[power] = flush_op;
      // The first epoch has no reset that could be lost.
      raised |= epoch.op > 0;
    }
    for (Pointer* pointer : {&epoch.base, &epoch.tail, &epoch.restart}) {
      raised |= RaisePointer(*pointer, pointer->floors[os].version,
                             CrashKind::kPower, flush_op);
    }
  }
  return raised;
}

void LogModel::Taint(const Covered& covered) {
  // ERR-UNKNOWN: what a failed flush should have carried is not covered by a
  // later one either. Only cells that the row carries at all are in doubt.
  if (keeps_dirty_) return;
  if (covered.row.records != Reach::kNone) {
    for (const uint32_t number : covered.records) {
      records_[number - 1].tainted = true;
    }
    if (covered.covers_epoch) epochs_[covered.epoch].tainted = true;
  }
  if (covered.row.pointers == Reach::kNone) return;
  Epoch& epoch = epochs_[covered.epoch];
  // The older versions are tainted as well, since the flush was to carry them.
  // Version 0, a pointer that is not set, cannot be tainted.
  const auto taint = [](Pointer& pointer, uint32_t upto) {
    for (uint32_t v = 1; v <= upto; ++v) pointer.versions[v].tainted = true;
  };
  taint(epoch.base, covered.base);
  taint(epoch.tail, covered.tail);
  taint(epoch.restart, covered.restart);
}

void LogModel::EndInit() {
  // Model::CompareLive() calls this, too, to have everything promised that was
  // done.
  if (IsOpen() && !exists_) {
    exists_ = true;
    exists_since_ = 0;
  }
  Epoch& epoch = epochs_.back();
  for (const CrashKind kind : kCrashKinds) {
    const auto k = static_cast<size_t>(kind);
    for (Record& record : records_) {
      if (!record.failed && !record.tainted) record.promised[k] = 0;
    }
    if (!epoch.tainted) epoch.promised[k] = 0;
    for (Pointer* pointer : {&epoch.base, &epoch.tail, &epoch.restart}) {
      uint32_t version = pointer->newest();
      while (version > 0 && pointer->versions[version].tainted) --version;
      if (version >= pointer->floors[k].version) {
        pointer->floors[k] = {version, 0};
      }
    }
  }
}

}  // namespace powercut
