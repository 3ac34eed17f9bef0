// What ops do to a log, and what flushes promise of it; see log_model.h.

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

uint32_t LogModel::BaseNow() const {
  const Epoch& epoch = epochs_.back();
  const uint32_t set = epoch.base.versions.back().number;
  return set > 0 ? set : epoch.first_record;
}

bool LogModel::IsReadableNow(uint64_t number) const {
  return number >= BaseNow() && number <= last_record() &&
         !records_[number - 1].failed;
}

std::string LogModel::PlanError(const Op& op) const {
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
  // What it covers had returned before it was called, so it is collected
  // before its own effects are there.
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
  if (found == covered_.end()) return false;  // it had to fail
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

// What had returned when the op was called, as far as its row reaches.
LogModel::Covered LogModel::CoveredBy(const Op& op) const {
  Covered covered;
  covered.op = op.number;
  const Primitive id = PrimitiveOf(op, {}, /*is_directory=*/false);
  covered.row = table_[id];
  // These carry nothing but what they do themselves.
  const bool own_only =
      id == Primitive::kWrite || op.kind == OpKind::kLogAdvanceBase ||
      op.kind == OpKind::kLogArchiveTail || op.kind == OpKind::kLogReset;
  if (own_only) return covered;
  // An append, a flush of an area and one to CLFS_LSN_NULL speak of one area;
  // a restart, a flush to an LSN and a sync of the log.
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
  // A flush or restart carries the reset before it; an append alone does not,
  // but for what its record implies.
  covered.covers_epoch = op.kind != OpKind::kLogAppend;
  return covered;
}

// The op's own effects, which its row covers too.
void LogModel::AddOwn(const Op& op, Covered& covered) const {
  const Epoch& epoch = epochs_.back();
  const auto newest = static_cast<uint32_t>(epochs_.size()) - 1;
  const bool of_newest = op.kind == OpKind::kLogRestart ||
                         op.kind == OpKind::kLogAdvanceBase ||
                         op.kind == OpKind::kLogArchiveTail;
  if (of_newest && covered.epoch != newest) {
    // The reset before it failed; pointers of the epoch before mean nothing.
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
  PromiseFor(covered, CrashKind::kProcess);
  PromiseFor(covered, CrashKind::kOs);
  const bool promised = PromiseFor(covered, CrashKind::kPower);
  if (covered.row.device == DeviceFlush::kAll) CarryToMedia(covered.op);
  return promised;
}

namespace {

// Whether a cell, with the device flush behind it, promises for this kind.
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
  // A reset of its own is metadata; behind a flush it goes with the records.
  const bool own_reset = epochs_[covered.epoch].op == covered.op;
  if (covered.covers_epoch && (own_reset ? pointers : records)) {
    auto& promised = epochs_[covered.epoch].promised[k];
    if (!promised) {
      promised = covered.op;
      raised |= covered.epoch > 0;
    }
  }
  if (pointers) {
    Epoch& epoch = epochs_[covered.epoch];
    raised |= RaisePointer(epoch.base, covered.base, kind, covered.op);
    raised |= RaisePointer(epoch.tail, covered.tail, kind, covered.op);
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

// Covering something covers what it implies.
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

// A flush of the whole device: what would survive the system survives power.
void LogModel::CarryToMedia(uint32_t flush_op) {
  const auto os = static_cast<size_t>(CrashKind::kOs);
  const auto power = static_cast<size_t>(CrashKind::kPower);
  for (Record& record : records_) {
    if (record.promised[os] && !record.promised[power]) {
      record.promised[power] = flush_op;
    }
  }
  for (Epoch& epoch : epochs_) {
    if (epoch.promised[os] && !epoch.promised[power]) {
      epoch.promised[power] = flush_op;
    }
    for (Pointer* pointer : {&epoch.base, &epoch.tail, &epoch.restart}) {
      RaisePointer(*pointer, pointer->floors[os].version, CrashKind::kPower,
                   flush_op);
    }
  }
}

void LogModel::Taint(const Covered& covered) {
  if (keeps_dirty_) return;
  if (covered.row.records != Reach::kNone) {
    for (const uint32_t number : covered.records) {
      records_[number - 1].tainted = true;
    }
    if (covered.covers_epoch) epochs_[covered.epoch].tainted = true;
  }
  if (covered.row.pointers == Reach::kNone) return;
  Epoch& epoch = epochs_[covered.epoch];
  epoch.base.versions[covered.base].tainted = covered.base > 0;
  epoch.tail.versions[covered.tail].tainted = covered.tail > 0;
  epoch.restart.versions[covered.restart].tainted = covered.restart > 0;
}

void LogModel::EndInit() {
  if (IsOpen() && !exists_) {
    exists_ = true;
    exists_since_ = 0;
  }
  Epoch& epoch = epochs_.back();
  for (const CrashKind kind : kCrashKinds) {
    const auto k = static_cast<size_t>(kind);
    for (Record& record : records_) {
      if (!record.failed) record.promised[k] = 0;
    }
    epoch.promised[k] = 0;
    for (Pointer* pointer : {&epoch.base, &epoch.tail, &epoch.restart}) {
      pointer->floors[k] = {pointer->newest(), 0};
    }
  }
}

}  // namespace powercut
