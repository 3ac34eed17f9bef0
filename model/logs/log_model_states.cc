// The states of a log that a crash may leave, as choices that are visited one
// after another.
//
// Method: a choice is made in three steps, each of which calls the next for
// every possibility that it has. ForEachChoice() takes an epoch, the newest
// first; ChooseRecords() decides record by record whether it is there; and
// ChoosePointers() takes a version of each pointer, from its floor up. A
// visitor sees each choice that obeys the rules, and may stop the walk. Show()
// turns a choice into what a reader of the log would see. Different choices may
// show the same, since what lies before the base is hidden.
//
// Example: three appends, of which the first is promised. The records of a
// choice are 1, 1 to 2, or 1 to 3: record 1 must be there, and log_prefix keeps
// record 3 from being there without record 2.
//
// With log_prefix on, an epoch has one choice of records more than it has
// records, apart from failed appends, each of which may be there or not. With
// log_prefix off the number is exponential. Judging therefore prunes by the
// records that were seen.

#include <algorithm>
#include <tuple>
#include <vector>

#include "model/logs/log_model.h"

namespace powercut {
namespace {

auto KeyOf(const ObservedRecord& record) {
  return std::tie(record.lsn, record.restart, record.content);
}

// Any total order would do. Shorter logs come first, to be read by people.
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

// Whether a crash may leave this epoch: no later one is promised.
bool LogModel::EpochMayBe(uint32_t epoch, CrashKind kind) const {
  for (size_t later = epoch + 1; later < epochs_.size(); ++later) {
    if (epochs_[later].promised[static_cast<size_t>(kind)]) return false;
  }
  return true;
}

// Calls `visit` for every choice until it returns false, and returns false
// then. If `seen` is given, visits only choices that could show those records.
bool LogModel::ForEachChoice(CrashKind kind, const Seen* seen,
                             const Visit& visit) const {
  for (size_t i = epochs_.size(); i > 0; --i) {
    Choice choice;
    choice.epoch = static_cast<uint32_t>(i) - 1;
    if (!EpochMayBe(choice.epoch, kind)) continue;
    choice.present.assign(records_.size() + 1, false);
    // Records of older epochs are gone with the reset, even where promised.
    if (!ChooseRecords(kind, seen, epochs_[choice.epoch].first_record, false,
                       choice, visit)) {
      return false;
    }
  }
  return true;
}

// Decides on the records from `number` on. `gap` says that a record of the same
// epoch before it is missing.
//
// The walk is a loop over a stack of its own, one entry for each record that is
// decided, since a log may have more records than the stack of a thread has
// room for. An entry first takes the record as missing, then as present, and is
// removed when both are done.
bool LogModel::ChooseRecords(CrashKind kind, const Seen* seen, uint32_t number,
                             bool gap, Choice& choice,
                             const Visit& visit) const {
  struct Entry {
    uint32_t number = 0;
    bool gap = false;
    bool may = false;
    bool may_not = false;
    enum : uint8_t { kMissing, kPresent, kDone } next = kMissing;
  };
  const OrderRules& order = table_.order;
  std::vector<Entry> entries;
  const auto enter = [&](uint32_t at, bool gap_before) {
    Entry entry{at, gap_before};
    if (at <= last_record()) {
      const Record& record = records_[at - 1];
      const bool epoch_starts =
          at > 1 && records_[at - 2].epoch != record.epoch;
      // O-LSN speaks of one epoch: a gap in an older one does not count.
      entry.gap = gap_before && !epoch_starts;
      entry.may = record.epoch == choice.epoch || !order.reset_before_records;
      entry.may_not = !record.promised[static_cast<size_t>(kind)].has_value();
      if (entry.gap && order.log_prefix) entry.may = false;
      if (seen != nullptr && !seen->numbers.empty()) {
        // What was seen must be there. What lies after the first seen record
        // was not hidden by the base, so that it is there only if it was seen.
        const bool shown = seen->numbers.contains(at);
        if (shown) entry.may_not = false;
        if (!shown && at > *seen->numbers.begin()) entry.may = false;
      }
    }
    entries.push_back(entry);
  };
  enter(number, gap);
  bool go_on = true;
  while (!entries.empty()) {
    // A copy, since entering another record may move the entries.
    const Entry entry = entries.back();
    if (!go_on || entry.next == Entry::kDone || entry.number > last_record()) {
      if (go_on && entry.number > last_record()) {
        go_on = ChoosePointers(kind, choice, visit);
      }
      if (entry.number <= last_record()) choice.present[entry.number] = false;
      entries.pop_back();
      continue;
    }
    if (entry.next == Entry::kMissing) {
      entries.back().next = Entry::kPresent;
      // A failed append that is missing leaves no gap.
      const bool failed = records_[entry.number - 1].failed;
      if (entry.may_not) enter(entry.number + 1, entry.gap || !failed);
      continue;
    }
    entries.back().next = Entry::kDone;
    if (!entry.may) continue;
    choice.present[entry.number] = true;
    enter(entry.number + 1, entry.gap);
  }
  return go_on;
}

bool LogModel::ChoosePointers(CrashKind kind, Choice& choice,
                              const Visit& visit) const {
  const auto k = static_cast<size_t>(kind);
  const Epoch& epoch = epochs_[choice.epoch];
  // Where restarts are atomic, the restart records say what the restart area
  // is, and there is nothing to choose.
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

// Whether a choice obeys the rules between pointers and records.
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
  // A restart record that is there has set its base, or a newer one is set.
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
  // Until a base is set, the first record is the base.
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
    // The restart area may lead to a record that is hidden, which a reader does
    // not find.
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
    // An op under way counts as done.
    choice.present[n] = !records_[n - 1].failed;
  }
  choice.base = epoch.base.newest();
  choice.tail = epoch.tail.newest();
  choice.restart = epoch.restart.newest();
  return Show(choice);
}

// Contents name their op, so that no two records have the same.
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
    // The two lists run in parallel.
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
