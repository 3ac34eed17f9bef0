// LogByRules: what a crash may leave of a log, word by word as the rules say it
// (docs/semantics.md 1.5, 2.3 and 2.4). LogModel is held against it.
//
// Method. The log has records, pointers and resets, and each notes whether it
// is promised. Allowed() tries every subset of the records with every version
// of every pointer, and keeps those that obey the rules. This takes time
// exponential in the number of records.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_LOG_BY_RULES_H_
#define POWERCUT_TESTS_EXHAUSTIVE_LOG_BY_RULES_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/table/primitive_of.h"
#include "model/table/primitives.h"
#include "model/words/observation.h"
#include "tests/exhaustive/drawn_table.h"

namespace powercut {

// A log whose LSNs are record numbers, in words.
inline std::string LogWords(const ObservedLog& log) {
  std::string text = "base " + std::to_string(log.base_lsn) + " restart " +
                     std::to_string(log.restart_lsn) + ":";
  for (const ObservedRecord& record : log.records) {
    text += " " + std::to_string(record.lsn) + (record.restart ? "r" : "");
  }
  return text;
}

class LogByRules {
 public:
  LogByRules(const PromiseTable& table, bool keeps_dirty)
      : table_(table), keeps_dirty_(keeps_dirty) {}

  bool Refuses(const Op& op) const {
    if (op.kind == OpKind::kSyncfs || op.kind == OpKind::kLogOpen) return false;
    if (!opened_) return true;
    const auto area = op.Key("area");
    if (area && !area->empty() && !areas_.contains(std::string(*area))) {
      return true;
    }
    if (op.kind == OpKind::kLogAppend) return op.numbers[0] < 16;
    if (op.kind == OpKind::kLogFlushTo) {
      return op.numbers[0] != 0 && !Appended(op.numbers[0]);
    }
    if (op.kind == OpKind::kLogRestart && op.KeyNumber("base")) {
      return !Readable(*op.KeyNumber("base"));
    }
    const bool moves = op.kind == OpKind::kLogAdvanceBase ||
                       op.kind == OpKind::kLogArchiveTail;
    return moves && !Readable(op.numbers[0]);
  }

  void Begin(const Op& op, const std::string& content) {
    last_begun_ = op.number;
    if (Refuses(op)) return;
    Covered covered = Before(op);
    Issue(op, content);
    Own(op, covered);
    running_[op.number] = covered;
    if (op.kind == OpKind::kLogOpen) opening_.insert(op.number);
  }

  // Returns whether anything is promised for power loss that was not before.
  bool End(uint32_t op, bool ok) {
    const auto found = running_.find(op);
    if (found == running_.end()) return false;
    const Covered covered = found->second;
    running_.erase(found);
    if (ok && opening_.contains(op)) exists_ = true;
    for (Record& record : records_) {
      if (record.op == op) record.returned = ok;
      if (record.op == op) record.failed = !ok;
    }
    for (Epoch& epoch : epochs_) {
      if (epoch.op == op) epoch.returned = ok;
      for (Pointer* pointer : epoch.pointers()) {
        for (Version& v : *pointer) {
          if (v.op == op) v.returned = ok;
        }
      }
    }
    if (!ok) {
      Taint(covered);
      return false;
    }
    const std::string before = Promised(CrashKind::kPower);
    for (const CrashKind kind : kCrashKinds) {
      Promise(covered, kind);
      Close(kind);
    }
    // A flush of the whole device takes to the media what has got to it.
    if (covered.row.device == DeviceFlush::kAll) {
      const size_t os = At(CrashKind::kOs);
      const size_t power = At(CrashKind::kPower);
      for (Record& r : records_) r.must[power] |= r.must[os];
      for (Epoch& epoch : epochs_) {
        epoch.must[power] |= epoch.must[os];
        for (Pointer* pointer : epoch.pointers()) {
          for (Version& v : *pointer) v.must[power] |= v.must[os];
        }
      }
    }
    return Promised(CrashKind::kPower) != before;
  }

  void EndInit() {
    exists_ = exists_ || opened_;
    for (const CrashKind kind : kCrashKinds) {
      for (Record& r : records_) r.must[At(kind)] |= !r.failed && !r.tainted;
      Epoch& epoch = epochs_.back();
      epoch.must[At(kind)] |= !epoch.tainted;
      for (Pointer* pointer : epoch.pointers()) {
        for (size_t v = pointer->size() - 1; v > 0; --v) {
          if ((*pointer)[v].tainted) continue;
          (*pointer)[v].must[At(kind)] = true;
          break;
        }
      }
    }
  }

  std::map<std::string, ObservedLog> Allowed(CrashKind kind) const {
    std::map<std::string, ObservedLog> allowed;
    const size_t k = At(kind);
    for (size_t e = 0; e < epochs_.size(); ++e) {
      const bool over =
          std::any_of(epochs_.begin() + static_cast<ptrdiff_t>(e) + 1,
                      epochs_.end(), [&](const Epoch& x) { return x.must[k]; });
      if (over) continue;
      const Epoch& epoch = epochs_[e];
      for (uint64_t set = 0; set < uint64_t{1} << records_.size(); ++set) {
        if (!RecordsMayBe(set, e, k)) continue;
        for (size_t b = Floor(epoch.base, k); b < epoch.base.size(); ++b) {
          if (!BaseMayBe(set, e, b)) continue;
          for (size_t t = Floor(epoch.tail, k); t < epoch.tail.size(); ++t) {
            const bool apart = !table_.order.restart_atomic;
            size_t r = apart ? Floor(epoch.restart, k) : 0;
            for (; r < (apart ? epoch.restart.size() : 1); ++r) {
              ObservedLog log = Show(set, epoch, b, t, r);
              std::string text = LogWords(log);
              allowed.emplace(std::move(text), std::move(log));
            }
          }
        }
      }
    }
    return allowed;
  }

  // The newest op whose effect is not promised, or else the last one that
  // began.
  uint32_t Suspect(CrashKind kind) const {
    const size_t k = At(kind);
    uint32_t suspect = 0;
    for (const Record& record : records_) {
      if (!record.must[k]) suspect = std::max(suspect, record.op);
    }
    for (const Epoch& epoch : epochs_) {
      if (!epoch.must[k]) suspect = std::max(suspect, epoch.op);
      for (const Pointer* pointer : {&epoch.base, &epoch.tail}) {
        const bool newest = Floor(*pointer, k) + 1 == pointer->size();
        if (!newest) suspect = std::max(suspect, pointer->back().op);
      }
    }
    return suspect > 0 ? suspect : last_begun_;
  }

  bool MayBeMissing() const { return !exists_; }
  size_t records() const { return records_.size(); }
  const std::string& content(size_t number) const {
    return records_[number - 1].content;
  }

 private:
  struct Record {
    uint32_t op = 0;
    size_t epoch = 0;
    bool restart = false;
    std::string area;
    std::string content;
    size_t sets_base = 0;  // The version of the base; 0 if it sets none.
    bool returned = false;
    bool failed = false;
    bool tainted = false;
    PerKind must{};
  };
  struct Version {
    uint32_t op = 0;
    uint64_t number = 0;
    size_t restart = 0;  // The restart record that sets it; 0 if none does.
    bool returned = false;
    bool tainted = false;
    PerKind must{};
  };
  using Pointer = std::vector<Version>;
  struct Epoch {
    uint32_t op = 0;
    size_t first = 1;
    bool returned = true;
    bool tainted = false;
    PerKind must{};
    Pointer base{1};
    Pointer tail{1};
    Pointer restart{1};
    std::array<Pointer*, 3> pointers() { return {&base, &tail, &restart}; }
  };
  struct Covered {
    uint32_t op = 0;
    Coverage row;
    std::set<size_t> records;
    size_t epoch = 0;
    bool reset = false;
    std::array<size_t, 3> versions{};
  };

  bool Appended(uint64_t number) const {
    return number >= 1 && number <= records_.size() &&
           !records_[number - 1].failed;
  }
  bool Readable(uint64_t number) const {
    const Epoch& epoch = epochs_.back();
    const uint64_t set = epoch.base.back().number;
    return Appended(number) && number >= (set > 0 ? set : epoch.first);
  }

  static size_t Floor(const Pointer& pointer, size_t k) {
    for (size_t v = pointer.size() - 1; v > 0; --v) {
      if (pointer[v].must[k]) return v;
    }
    return 0;
  }

  // What had returned, and no failed flush left in doubt.
  Covered Before(const Op& op) const {
    Covered covered;
    covered.op = op.number;
    const Primitive row = PrimitiveOf(op, {}, false);
    covered.row = table_[row];
    static const std::set<OpKind> kFlushing = {
        OpKind::kLogAppend, OpKind::kLogFlush, OpKind::kLogFlushTo,
        OpKind::kLogRestart, OpKind::kSyncfs};
    if (row == Primitive::kWrite || !kFlushing.contains(op.kind)) {
      return covered;
    }
    const bool whole = op.kind == OpKind::kLogRestart ||
                       op.kind == OpKind::kSyncfs ||
                       (op.kind == OpKind::kLogFlushTo && op.numbers[0] > 0);
    for (size_t n = 1; n <= records_.size(); ++n) {
      const Record& record = records_[n - 1];
      if (!record.returned || record.tainted) continue;
      if (!whole && record.area != op.Key("area").value_or("")) continue;
      const bool after = op.kind == OpKind::kLogFlushTo && op.numbers[0] > 0 &&
                         n > op.numbers[0];
      if (!after) covered.records.insert(n);
    }
    for (size_t e = 0; e < epochs_.size(); ++e) {
      const bool good = epochs_[e].returned && !epochs_[e].tainted;
      if (e == 0 || good) covered.epoch = e;
    }
    Epoch epoch = epochs_[covered.epoch];
    for (size_t p = 0; p < 3; ++p) {
      const Pointer& pointer = *epoch.pointers()[p];
      for (size_t v = 1; v < pointer.size(); ++v) {
        if (pointer[v].returned && !pointer[v].tainted) covered.versions[p] = v;
      }
    }
    covered.reset = op.kind != OpKind::kLogAppend;
    return covered;
  }

  void Issue(const Op& op, const std::string& content) {
    Epoch& epoch = epochs_.back();
    if (op.kind == OpKind::kLogOpen) opened_ = true;
    if (op.kind == OpKind::kLogArea) areas_.insert(op.names[1]);
    if (op.kind == OpKind::kLogAppend || op.kind == OpKind::kLogRestart) {
      Record record;
      record.op = op.number;
      record.epoch = epochs_.size() - 1;
      record.restart = op.kind == OpKind::kLogRestart;
      record.area = std::string(op.Key("area").value_or(""));
      record.content = content;
      const size_t number = records_.size() + 1;
      if (record.restart) {
        epoch.restart.push_back({op.number, number, number});
      }
      if (record.restart && op.KeyNumber("base")) {
        epoch.base.push_back({op.number, *op.KeyNumber("base"), number});
        record.sets_base = epoch.base.size() - 1;
      }
      records_.push_back(record);
    }
    if (op.kind == OpKind::kLogAdvanceBase) {
      epoch.base.push_back({op.number, op.numbers[0], 0});
    }
    if (op.kind == OpKind::kLogArchiveTail) {
      epoch.tail.push_back({op.number, op.numbers[0], 0});
    }
    if (op.kind == OpKind::kLogReset) {
      Epoch next;
      next.op = op.number;
      next.first = records_.size() + 1;
      next.returned = false;
      epochs_.push_back(next);
    }
  }

  // The op covers what it does itself.
  void Own(const Op& op, Covered& covered) const {
    const size_t newest = epochs_.size() - 1;
    const Epoch& epoch = epochs_.back();
    const bool restart = op.kind == OpKind::kLogRestart;
    const bool base = op.kind == OpKind::kLogAdvanceBase;
    const bool tail = op.kind == OpKind::kLogArchiveTail;
    if ((restart || base || tail) && covered.epoch != newest) {
      covered.versions = {};
      covered.epoch = newest;
    }
    if (restart || op.kind == OpKind::kLogAppend) {
      covered.records.insert(records_.size());
    }
    if (base || (restart && op.KeyNumber("base"))) {
      covered.versions[0] = epoch.base.size() - 1;
    }
    if (tail) covered.versions[1] = epoch.tail.size() - 1;
    if (restart) covered.versions[2] = epoch.restart.size() - 1;
    if (op.kind == OpKind::kLogReset) {
      covered.epoch = newest;
      covered.reset = true;
    }
  }

  void Promise(const Covered& covered, CrashKind kind) {
    const size_t k = At(kind);
    const Coverage& row = covered.row;
    const bool records = Survives(row.records, row.device, kind);
    const bool pointers = Survives(row.pointers, row.device, kind);
    for (const size_t n : covered.records) {
      if (records) records_[n - 1].must[k] = true;
    }
    Epoch& epoch = epochs_[covered.epoch];
    const bool itself = epoch.op == covered.op;
    if (covered.reset && (itself ? pointers : records)) epoch.must[k] = true;
    for (size_t p = 0; p < 3 && pointers; ++p) {
      // With restart_atomic, the restart area follows from its record.
      if (p == 2 && table_.order.restart_atomic) continue;
      (*epoch.pointers()[p])[covered.versions[p]].must[k] = true;
    }
  }

  // Promises what the promised things imply, until nothing is added.
  void Close(CrashKind kind) {
    const size_t k = At(kind);
    const OrderRules& order = table_.order;
    for (std::string before; before != Promised(kind);) {
      before = Promised(kind);
      for (const Epoch& epoch : epochs_) {
        const Version& base = epoch.base[Floor(epoch.base, k)];
        if (order.base_within_log && base.number > 0) {
          records_[base.number - 1].must[k] = true;
        }
        if (order.restart_atomic && base.restart > 0) {
          records_[base.restart - 1].must[k] = true;
        }
      }
      for (const Record& record : records_) {
        if (!record.must[k]) continue;
        for (Record& older : records_) {
          if (&older >= &record || older.epoch != record.epoch) continue;
          if (order.log_prefix && !older.failed) older.must[k] = true;
        }
        Epoch& epoch = epochs_[record.epoch];
        if (order.restart_atomic && record.sets_base > 0) {
          epoch.base[record.sets_base].must[k] = true;
        }
        if (order.reset_before_records) epoch.must[k] = true;
      }
    }
  }

  void Taint(const Covered& covered) {
    if (keeps_dirty_) return;
    Epoch& epoch = epochs_[covered.epoch];
    if (covered.row.records != Reach::kNone) {
      for (const size_t n : covered.records) records_[n - 1].tainted = true;
      if (covered.reset) epoch.tainted = true;
    }
    if (covered.row.pointers == Reach::kNone) return;
    for (size_t p = 0; p < 3; ++p) {
      for (size_t v = 1; v <= covered.versions[p]; ++v) {
        (*epoch.pointers()[p])[v].tainted = true;
      }
    }
  }

  // What is promised, as text; the first epoch cannot be lost.
  std::string Promised(CrashKind kind) {
    const size_t k = At(kind);
    std::string text;
    for (const Record& record : records_) text += record.must[k] ? '1' : '0';
    for (Epoch& epoch : epochs_) {
      text += epoch.op > 0 && epoch.must[k] ? " 1" : " 0";
      for (const Pointer* pointer : epoch.pointers()) {
        text += ' ' + std::to_string(Floor(*pointer, k));
      }
    }
    return text;
  }

  static bool Has(uint64_t set, size_t number) {
    return number > 0 && (set >> (number - 1) & 1) != 0;
  }

  bool RecordsMayBe(uint64_t set, size_t e, size_t k) const {
    for (size_t n = 1; n <= records_.size(); ++n) {
      const Record& record = records_[n - 1];
      const bool old = n < epochs_[e].first;
      if (old && Has(set, n)) return false;
      if (!old && record.must[k] && !Has(set, n)) return false;
      if (!Has(set, n)) continue;
      if (table_.order.reset_before_records && record.epoch != e) return false;
      for (size_t before = 1; before < n && table_.order.log_prefix; ++before) {
        const Record& older = records_[before - 1];
        const bool gap =
            older.epoch == record.epoch && !older.failed && !Has(set, before);
        if (gap) return false;
      }
    }
    return true;
  }

  bool BaseMayBe(uint64_t set, size_t e, size_t b) const {
    const OrderRules& order = table_.order;
    const Version& base = epochs_[e].base[b];
    if (order.base_within_log && base.number > 0 && !Has(set, base.number)) {
      return false;
    }
    if (!order.restart_atomic) return true;
    if (base.restart > 0 && !Has(set, base.restart)) return false;
    for (size_t n = 1; n <= records_.size(); ++n) {
      const Record& record = records_[n - 1];
      if (Has(set, n) && record.epoch == e && record.sets_base > b) {
        return false;
      }
    }
    return true;
  }

  ObservedLog Show(uint64_t set, const Epoch& epoch, size_t b, size_t t,
                   size_t r) const {
    ObservedLog log;
    log.base_lsn = epoch.base[b].number;
    for (size_t n = records_.size(); n > 0 && epoch.base[b].number == 0; --n) {
      if (Has(set, n)) log.base_lsn = n;
    }
    const uint64_t tail = epoch.tail[t].number;
    const uint64_t start =
        tail > 0 && tail < log.base_lsn ? tail : log.base_lsn;
    for (size_t n = 1; n <= records_.size(); ++n) {
      if (!Has(set, n) || n < start) continue;
      log.records.push_back({n, content(n), records_[n - 1].restart});
      if (records_[n - 1].restart) log.restart_lsn = n;
    }
    if (!table_.order.restart_atomic) {
      const uint64_t leads_to = epoch.restart[r].number;
      log.restart_lsn = leads_to >= start ? leads_to : 0;
    }
    return log;
  }

  PromiseTable table_;
  bool keeps_dirty_;
  uint32_t last_begun_ = 0;
  bool opened_ = false;
  bool exists_ = false;
  std::set<uint32_t> opening_;
  std::set<std::string> areas_;
  std::vector<Record> records_;
  std::vector<Epoch> epochs_ = {Epoch{}};
  std::map<uint32_t, Covered> running_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_LOG_BY_RULES_H_
