// The states of a log that a crash may leave, one choice after another; see
// log_model.h.

#include <algorithm>
#include <tuple>

#include "model/logs/log_model.h"

namespace powercut {
namespace {

auto KeyOf(const ObservedRecord& record) {
  return std::tie(record.lsn, record.restart, record.content);
}

bool ComesBefore(const ObservedLog& a, const ObservedLog& b) {
  const auto head = [](const ObservedLog& log) {
    return std::tuple(log.records.size(), log.base_lsn, log.restart_lsn);
  };
  if (head(a) != head(b)) return head(a) < head(b);
  return std::lexicographical_compare(
      a.records.begin(), a.records.end(), b.records.begin(), b.records.end(),
      [](const auto& x, const auto& y) { return KeyOf(x) < KeyOf(y); });
}

}  // namespace

// Not below the newest epoch that is promised.
bool LogModel::EpochMayBe(uint32_t epoch, CrashKind kind) const {
  for (size_t later = epoch + 1; later < epochs_.size(); ++later) {
    if (epochs_[later].promised[static_cast<size_t>(kind)]) return false;
  }
  return true;
}

// Calls `visit` for every choice, until it returns false; false then. With
// `seen` only for choices that could show those records.
bool LogModel::ForEachChoice(CrashKind kind, const Seen* seen,
                             const Visit& visit) const {
  for (size_t i = epochs_.size(); i > 0; --i) {
    Choice choice;
    choice.epoch = static_cast<uint32_t>(i) - 1;
    if (!EpochMayBe(choice.epoch, kind)) continue;
    choice.present.assign(records_.size() + 1, false);
    if (!ChooseRecords(kind, seen, epochs_[choice.epoch].first_record, false,
                       choice, visit)) {
      return false;
    }
  }
  return true;
}

// Decides on the records from `number` on; `gap`: one of this epoch before it
// is missing.
bool LogModel::ChooseRecords(CrashKind kind, const Seen* seen, uint32_t number,
                             bool gap, Choice& choice,
                             const Visit& visit) const {
  const OrderRules& order = table_.order;
  if (number > last_record()) return ChoosePointers(kind, choice, visit);
  const Record& record = records_[number - 1];
  const bool promised = record.promised[static_cast<size_t>(kind)].has_value();
  const bool epoch_starts =
      number > 1 && records_[number - 2].epoch != record.epoch;
  gap = gap && !epoch_starts;
  bool may = record.epoch == choice.epoch || !order.reset_before_records;
  bool may_not = !promised;
  if (gap && order.log_prefix) may = false;
  if (seen != nullptr && !seen->numbers.empty()) {
    if (seen->numbers.contains(number)) may_not = false;
    if (!seen->numbers.contains(number) && number > *seen->numbers.begin()) {
      may = false;
    }
  }
  if (may_not && !ChooseRecords(kind, seen, number + 1, gap || !record.failed,
                                choice, visit)) {
    return false;
  }
  if (!may) return true;
  choice.present[number] = true;
  const bool go_on = ChooseRecords(kind, seen, number + 1, gap, choice, visit);
  choice.present[number] = false;
  return go_on;
}

bool LogModel::ChoosePointers(CrashKind kind, Choice& choice,
                              const Visit& visit) const {
  const auto k = static_cast<size_t>(kind);
  const Epoch& epoch = epochs_[choice.epoch];
  const bool apart = !table_.order.restart_atomic;
  const uint32_t restarts = apart ? epoch.restart.newest() : 0;
  for (choice.base = epoch.base.floors[k].version;
       choice.base <= epoch.base.newest(); ++choice.base) {
    for (choice.tail = epoch.tail.floors[k].version;
         choice.tail <= epoch.tail.newest(); ++choice.tail) {
      for (choice.restart = apart ? epoch.restart.floors[k].version : 0;
           choice.restart <= restarts; ++choice.restart) {
        if (Obeys(choice) && !visit(choice)) return false;
      }
    }
  }
  return true;
}

// The rules between pointers and records.
bool LogModel::Obeys(const Choice& choice) const {
  const OrderRules& order = table_.order;
  const Pointer::Version& base =
      epochs_[choice.epoch].base.versions[choice.base];
  if (order.base_within_log && base.number > 0 &&
      !choice.present[base.number]) {
    return false;
  }
  if (!order.restart_atomic) return true;
  if (base.restart > 0 && !choice.present[base.restart]) return false;
  for (uint32_t n = 1; n <= last_record(); ++n) {
    const Record& record = records_[n - 1];
    if (choice.present[n] && record.epoch == choice.epoch &&
        record.base_version > choice.base) {
      return false;
    }
  }
  return true;
}

ObservedLog LogModel::Show(const Choice& choice) const {
  const Epoch& epoch = epochs_[choice.epoch];
  const auto first =
      std::find(choice.present.begin(), choice.present.end(), true);
  const uint32_t set = epoch.base.versions[choice.base].number;
  const uint32_t tail = epoch.tail.versions[choice.tail].number;
  ObservedLog log;
  log.base_lsn = set;
  if (set == 0 && first != choice.present.end()) {
    log.base_lsn = static_cast<uint64_t>(first - choice.present.begin());
  }
  const uint64_t start =
      tail > 0 ? std::min<uint64_t>(log.base_lsn, tail) : log.base_lsn;
  for (uint32_t n = 1; n <= last_record(); ++n) {
    if (!choice.present[n] || n < start) continue;
    const Record& record = records_[n - 1];
    log.records.push_back({n, record.content, record.restart});
    if (record.restart) log.restart_lsn = n;
  }
  if (!table_.order.restart_atomic) {
    const uint32_t known = epoch.restart.versions[choice.restart].number;
    log.restart_lsn = known >= start ? known : 0;
  }
  return log;
}

std::vector<ObservedLog> LogModel::Admissible(CrashKind kind) const {
  std::vector<ObservedLog> logs;
  ForEachChoice(kind, nullptr, [&](const Choice& choice) {
    logs.push_back(Show(choice));
    return true;
  });
  std::sort(logs.begin(), logs.end(), ComesBefore);
  logs.erase(std::unique(logs.begin(), logs.end()), logs.end());
  return logs;
}

ObservedLog LogModel::Live() const {
  Choice choice;
  choice.epoch = static_cast<uint32_t>(epochs_.size()) - 1;
  const Epoch& epoch = epochs_.back();
  choice.present.assign(records_.size() + 1, false);
  for (uint32_t n = epoch.first_record; n <= last_record(); ++n) {
    choice.present[n] = !records_[n - 1].failed;
  }
  choice.base = epoch.base.newest();
  choice.tail = epoch.tail.newest();
  choice.restart = epoch.restart.newest();
  return Show(choice);
}

uint32_t LogModel::RecordNumber(std::string_view content) const {
  for (uint32_t n = 1; n <= last_record(); ++n) {
    if (records_[n - 1].content == content) return n;
  }
  return 0;
}

std::optional<ObservedLog> LogModel::Numbered(const ObservedLog& seen) const {
  ObservedLog numbered;
  numbered.unreadable = seen.unreadable;
  const auto number_of = [&](uint64_t lsn) -> std::optional<uint64_t> {
    if (lsn == 0) return 0;
    for (size_t i = 0; i < numbered.records.size(); ++i) {
      if (seen.records[i].lsn == lsn) return numbered.records[i].lsn;
    }
    return std::nullopt;
  };
  for (const ObservedRecord& record : seen.records) {
    const uint32_t number = RecordNumber(record.content);
    if (number == 0) return std::nullopt;
    numbered.records.push_back({number, record.content, record.restart});
  }
  const auto base = number_of(seen.base_lsn);
  const auto restart = number_of(seen.restart_lsn);
  if (!base || !restart) return std::nullopt;
  numbered.base_lsn = *base;
  numbered.restart_lsn = *restart;
  return numbered;
}

}  // namespace powercut
