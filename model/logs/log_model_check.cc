// Judges an observed log, and says in words what is wrong with it.
//
// Method: Check() first looks for what no choice can show, whatever the
// promises: a log that cannot be read, a record that no op wrote, LSNs that do
// not rise. Then it looks for a choice (log_model_states.cc) that shows exactly
// what was seen. If there is one, the log is admissible. Only if there is none
// does Explain() decide on the kind of the violation. It asks in a fixed order,
// the most telling first, so that one defect always has one kind: a gap,
// records of an epoch that a promised reset ended, a promised record that is
// missing, a base, and at last a restart area.
//
// Example: records 1 to 3 are promised, and 1 and 3 are seen. This is `gap`,
// "record 2 is missing below 3". If only 1 is seen, this is `lost`, "record 2
// is missing".

#include <algorithm>

#include "harness/base/check.h"
#include "model/logs/log_model.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// The numbers as `1, 2 or 3`; 0 stands for none.
std::string Words(const std::set<uint64_t>& numbers) {
  std::string text;
  size_t left = numbers.size();
  for (const uint64_t number : numbers) {
    if (!text.empty()) text += left == 1 ? " or " : ", ";
    text += number == 0 ? "none" : std::to_string(number);
    --left;
  }
  return text;
}

// Records as runs, such as `records 1..3, 5`.
std::string Runs(const std::vector<uint32_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!text.empty()) text += ", ";
    text += std::to_string(numbers[i]);
    if (end - i > 1) text += ".." + std::to_string(numbers[end - 1]);
    i = end;
  }
  return text.empty() ? "no records" : "records " + text;
}

// `std::nullopt` stands for a pointer to something that is not a listed record.
std::string PointerWords(const std::optional<uint64_t>& number) {
  if (!number) return "at a place where no record is";
  return *number == 0 ? "none" : std::to_string(*number);
}

// Whether some part of the record was written to this log: a record like that
// is torn, and one without such a part is a ghost.
bool ShowsGranuleOf(const ObservedRecord& record, uint16_t file) {
  for (size_t at = 0; at + kGranuleBytes <= record.content.size();
       at += kGranuleBytes) {
    const auto granule =
        ReadGranule(std::string_view(record.content).substr(at, kGranuleBytes));
    if (granule && granule->file == file) return true;
  }
  return false;
}

}  // namespace

// The op to suspect: the newest one whose effect on the log is not promised, or
// else the last one that began. Restart areas are left out, since a restart
// record is among the records.
uint32_t LogModel::Suspect(CrashKind kind) const {
  const auto k = static_cast<size_t>(kind);
  uint32_t suspect = 0;
  const auto consider = [&](bool promised, uint32_t op) {
    if (!promised) suspect = std::max(suspect, op);
  };
  for (const Record& record : records_) {
    consider(record.promised[k].has_value(), record.op);
  }
  for (const Epoch& epoch : epochs_) {
    consider(epoch.promised[k].has_value(), epoch.op);
    for (const Pointer* pointer : {&epoch.base, &epoch.tail}) {
      consider(pointer->floors[k].version == pointer->newest(),
               pointer->versions.back().op);
    }
  }
  return suspect > 0 ? suspect : last_begun_;
}

LogViolation LogModel::Blame(ViolationKind kind, CrashKind crash) const {
  LogViolation violation;
  violation.kind = kind;
  violation.op = Suspect(crash);
  violation.admissible = AdmissibleWords(crash);
  return violation;
}

LogViolation LogModel::OfRecord(ViolationKind kind, uint32_t number,
                                CrashKind crash) const {
  LogViolation violation = Blame(kind, crash);
  const Record& record = records_[number - 1];
  violation.promise = {record.op, record.promised[static_cast<size_t>(crash)]};
  return violation;
}

std::string LogModel::AdmissibleWords(CrashKind kind) const {
  std::set<uint64_t> ends;
  std::set<uint64_t> bases;
  std::set<uint64_t> restarts;
  // Enough to know the sets of any log that a person reads; it bounds the time
  // for logs with more choices.
  constexpr int kChoicesMax = 100'000;
  int choices = 0;
  ForEachChoice(kind, nullptr, [&](const Choice& choice) {
    const ObservedLog log = Show(choice);
    ends.insert(log.records.empty() ? 0 : log.records.back().lsn);
    bases.insert(log.base_lsn);
    restarts.insert(log.restart_lsn);
    return ++choices < kChoicesMax;
  });
  return "the last record is " + Words(ends) + ", the base " + Words(bases) +
         ", the restart record " + Words(restarts);
}

std::optional<LogViolation> LogModel::FindForeign(const ObservedLog& seen,
                                                  CrashKind kind) const {
  for (size_t i = 0; i < seen.records.size(); ++i) {
    const ObservedRecord& record = seen.records[i];
    const uint32_t number = RecordNumber(record.content);
    // The content alone is not enough: the log must also mark the record as the
    // kind of record that it is.
    if (number > 0 && records_[number - 1].restart == record.restart) continue;
    ViolationKind wrong = ViolationKind::kGhost;
    if (ShowsGranuleOf(record, static_cast<uint16_t>(first_open_))) {
      wrong = ViolationKind::kTorn;
    }
    if (number > 0) wrong = ViolationKind::kRestart;
    LogViolation violation = Blame(wrong, kind);
    violation.found =
        "the record in place " + std::to_string(i + 1) +
        (number > 0
             ? record.restart ? " is a restart record" : " is no restart record"
         : wrong == ViolationKind::kTorn ? " is only partly what an op wrote"
                                         : " is none that was ever appended");
    return violation;
  }
  return std::nullopt;
}

// Finds records that are out of order, or a record that is missing between two.
std::optional<LogViolation> LogModel::FindGap(
    const std::vector<uint32_t>& numbers, CrashKind kind) const {
  for (size_t i = 1; i < numbers.size(); ++i) {
    const uint32_t before = numbers[i - 1];
    const uint32_t here = numbers[i];
    if (here > before &&
        records_[here - 1].epoch > records_[before - 1].epoch) {
      continue;  // a mixture of epochs, which FindRegress() reports
    }
    uint32_t missing = before + 1;
    // A failed append may be missing.
    while (missing < here && records_[missing - 1].failed) ++missing;
    if (here > before && missing == here) continue;
    if (here > before && !table_.order.log_prefix) continue;
    LogViolation violation = OfRecord(ViolationKind::kGap, here, kind);
    violation.found =
        here > before ? Runs(numbers) + ": record " + std::to_string(missing) +
                            " is missing below " + std::to_string(here)
                      : "record " + std::to_string(here) + " after record " +
                            std::to_string(before);
    return violation;
  }
  return std::nullopt;
}

// Finds records of an epoch that a promised reset ended, or of more than one
// epoch.
std::optional<LogViolation> LogModel::FindRegress(
    const std::vector<uint32_t>& numbers, CrashKind kind) const {
  if (numbers.empty()) return std::nullopt;
  const uint32_t oldest = records_[numbers.front() - 1].epoch;
  const bool mixed = records_[numbers.back() - 1].epoch != oldest;
  if (EpochMayBe(oldest, kind) &&
      !(mixed && table_.order.reset_before_records)) {
    return std::nullopt;
  }
  // There is a newer epoch: either the records show one, or one is promised.
  const Epoch& newer = epochs_[oldest + 1];
  LogViolation violation = Blame(ViolationKind::kRegress, kind);
  violation.promise = {newer.op, newer.promised[static_cast<size_t>(kind)]};
  violation.found = Runs(numbers) + ": " +
                    (mixed ? "records of before and after the reset by op "
                           : "records of before the reset by op ") +
                    std::to_string(newer.op);
  return violation;
}

LogViolation LogModel::Explain(const ObservedLog& seen, CrashKind kind) const {
  const auto k = static_cast<size_t>(kind);
  std::vector<uint32_t> numbers;
  std::map<uint64_t, uint64_t> number_of = {{0, 0}};
  for (const ObservedRecord& record : seen.records) {
    numbers.push_back(RecordNumber(record.content));
    number_of.emplace(record.lsn, numbers.back());
  }
  if (auto gap = FindGap(numbers, kind)) return *gap;
  if (auto regress = FindRegress(numbers, kind)) return *regress;

  const auto look_up = [&](uint64_t lsn) -> std::optional<uint64_t> {
    const auto found = number_of.find(lsn);
    if (found == number_of.end()) return std::nullopt;
    return found->second;
  };
  const std::optional<uint64_t> base = look_up(seen.base_lsn);
  const std::optional<uint64_t> restart = look_up(seen.restart_lsn);
  // What choices show that have exactly these records, whatever their pointers:
  // if the base is none of these bases, the base is to blame.
  std::set<uint64_t> bases;
  std::set<uint64_t> restarts;
  const std::set<uint32_t> shown(numbers.begin(), numbers.end());
  const Seen filter{shown};
  uint32_t lowest = 0;
  ForEachChoice(kind, &filter, [&](const Choice& choice) {
    const ObservedLog log = Show(choice);
    const bool same = std::equal(
        log.records.begin(), log.records.end(), numbers.begin(), numbers.end(),
        [](const auto& record, uint32_t n) { return record.lsn == n; });
    if (!same) return true;
    bases.insert(log.base_lsn);
    if (base && log.base_lsn == *base) restarts.insert(log.restart_lsn);
    return true;
  });
  // The lowest promised record that is missing at the end. One that is missing
  // further down is a gap, or hidden by the base.
  for (uint32_t n = 1; n <= last_record() && lowest == 0; ++n) {
    const bool above = numbers.empty() || n > numbers.back();
    if (records_[n - 1].promised[k] && !shown.contains(n) && above &&
        records_[n - 1].epoch + 1 == epochs_.size()) {
      lowest = n;
    }
  }
  // A base at no record hides the records, so that the base is blamed then, not
  // the records.
  if (lowest > 0 && base) {
    LogViolation violation = OfRecord(ViolationKind::kLost, lowest, kind);
    violation.found =
        Runs(numbers) + ": record " + std::to_string(lowest) + " is missing";
    return violation;
  }
  const Epoch& epoch = epochs_.back();
  if (!base || !bases.contains(*base)) {
    LogViolation violation = Blame(ViolationKind::kBase, kind);
    const Pointer::Floor& floor = epoch.base.floors[k];
    violation.promise = {epoch.base.versions[floor.version].op, floor.flush_op};
    violation.found =
        "the base is " + PointerWords(base) + ", with " + Runs(numbers);
    return violation;
  }
  // Some choice has these records and this base, so that the restart area is to
  // blame. The promise that it breaks is the newest promised restart record.
  LogViolation violation = Blame(ViolationKind::kRestart, kind);
  for (uint32_t n = last_record(); n > 0; --n) {
    if (!records_[n - 1].restart || !records_[n - 1].promised[k]) continue;
    violation = OfRecord(ViolationKind::kRestart, n, kind);
    break;
  }
  violation.found = "the restart area leads to " + PointerWords(restart) +
                    ", with " + Runs(numbers) + " and base " +
                    PointerWords(base);
  return violation;
}

std::vector<LogViolation> LogModel::Check(const ObservedLog& seen,
                                          CrashKind kind) const {
  if (!seen.unreadable.empty()) {
    LogViolation violation = Blame(ViolationKind::kUnreadable, kind);
    violation.promise = {first_open_, exists_since_};
    violation.found = seen.unreadable;
    return {violation};
  }
  // After this every record has a number.
  if (auto foreign = FindForeign(seen, kind)) return {*foreign};
  // Numbering the records forgets their LSNs, so that these are checked before.
  for (size_t i = 1; i < seen.records.size(); ++i) {
    if (seen.records[i].lsn > seen.records[i - 1].lsn) continue;
    LogViolation violation = Blame(ViolationKind::kGap, kind);
    violation.found = "the LSN of the record in place " +
                      std::to_string(i + 1) + " is not above the one before";
    return {violation};
  }
  if (const auto numbered = Numbered(seen)) {
    Seen shown;
    for (const auto& record : numbered->records) {
      shown.numbers.insert(static_cast<uint32_t>(record.lsn));
    }
    const bool none = ForEachChoice(kind, &shown, [&](const Choice& choice) {
      return !(Show(choice) == *numbered);
    });
    if (!none) return {};
  } else if (!table_.order.base_within_log || !table_.order.restart_atomic) {
    // Where one of these rules is off, a pointer may lead to what is not there.
    // Only the records are compared then.
    const bool none = ForEachChoice(kind, nullptr, [&](const Choice& choice) {
      ObservedLog log = Show(choice);
      if (log.records.size() != seen.records.size()) return true;
      for (size_t i = 0; i < log.records.size(); ++i) {
        if (log.records[i].content != seen.records[i].content) return true;
      }
      return false;
    });
    if (!none) return {};
  }
  return {Explain(seen, kind)};
}

std::vector<LogViolation> LogModel::CheckMissing(CrashKind kind) const {
  if (MayBeMissing()) return {};
  LogViolation violation = Blame(ViolationKind::kLost, kind);
  violation.promise = {first_open_, exists_since_};
  violation.found = "there is no such log";
  return {violation};
}

}  // namespace powercut
