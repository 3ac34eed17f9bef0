// LogModel: what a crash may leave of one log, and of its pointers.
//
// A log's life is a row of *epochs*: log_reset begins a new one. Records are
// numbered from 1 over the whole life, in the order in which their appends
// began, restart records included. An epoch has records, and three chains of
// versions: its base, its archive tail and its restart area. A crash leaves one
// epoch, some of its records and one version of each chain:
//
//   log_prefix            no record without those before it in the epoch
//   restart_atomic        a restart record is there exactly if the restart area
//                         knows it, and then its base is set
//   base_within_log       a base is there only with the record it names
//   reset_before_records  no record of an epoch without that epoch
//
// (flags of OrderRules; off: the two sides choose apart). How much of it is
// promised is what the rows of the table say: `records` speaks of records, with
// the epoch they belong to; `pointers` of base, archive tail and, where the
// restart area is apart from its record, of the restart area. A log that was
// opened once is there from then on.
//
// What a reader sees: the records from the base on, or from the archive tail
// if that is older. A log without records has base 0, else its base is the
// first record until one is set. The restart area is the newest restart record
// that can be read; 0 if there is none.
//
// Source: research/semantics.md sections 1.5 and 2.3 (R-APPEND to R-RESET),
// O-LSN, O-RST, O-BASE.

#ifndef POWERCUT_MODEL_LOGS_LOG_MODEL_H_
#define POWERCUT_MODEL_LOGS_LOG_MODEL_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"
#include "model/table/primitives.h"
#include "model/words/observation.h"
#include "model/words/op.h"
#include "model/words/violation.h"

namespace powercut {

// The least length of a record: shorter ones could not name their op.
inline constexpr uint64_t kLogRecordBytesMin = 16;
// What log_restart writes.
inline constexpr uint64_t kLogRestartBytes = 64;

// What is wrong with an observed log; one of the kinds kLost, kGhost, kTorn,
// kGap, kRestart, kBase, kRegress, kUnreadable.
struct LogViolation {
  ViolationKind kind = ViolationKind::kLost;
  // The op to suspect: the newest one whose effect on the log is not promised,
  // else the last one that began; 0: none had.
  uint32_t op = 0;
  Promise promise;
  std::string admissible;
  std::string found;

  bool operator==(const LogViolation& other) const {
    return kind == other.kind && op == other.op && found == other.found &&
           admissible == other.admissible;
  }
};

// A value: copying it gives an independent one.
class LogModel {
 public:
  // `failed_flush_keeps_dirty`: the profile's switch: a flush that failed does
  // not keep a later one from covering the same.
  explicit LogModel(const PromiseTable& table,
                    bool failed_flush_keeps_dirty = false)
      : table_(table), keeps_dirty_(failed_flush_keeps_dirty) {}

  // The status with which the op must fail now; empty if it must not. For ops
  // on this log, and syncfs and remount, which never fail here.
  //   STATUS_INVALID_HANDLE     the log was never opened; no such area
  //   STATUS_INVALID_PARAMETER  a record of less than 16 bytes; a flush up to a
  //                             record that was never appended, or whose append
  //                             failed; a base or tail outside [base, last]
  std::string PlanError(const Op& op) const;

  // What log_append and log_restart write.
  // Requires: the log was opened; op.number is set.
  std::string ContentOf(const Op& op) const;

  // The op was called, or, with `start`, began. `now` rises from call to call
  // of Begin() and End(). An op that PlanError() refuses has no effect.
  // Requires: op.number is set; each number once.
  void Begin(const Op& op, uint64_t now);

  // It returned. Returns whether that promised anything for power loss that was
  // not promised before.
  // Requires: it began and did not yet return.
  bool End(uint32_t op_number, bool ok, uint64_t now);

  // The sync behind `init`: everything so far is promised.
  void EndInit();

  // Judges the log as found after a crash of this kind at this moment; empty if
  // it is admissible. One violation at most: the first in the order unreadable,
  // ghost and torn, gap, regress, base at no record, lost, base, restart.
  // Cost: O(records times versions of the pointers).
  std::vector<LogViolation> Check(const ObservedLog& seen,
                                  CrashKind kind) const;

  // The same for a log that is not there at all.
  std::vector<LogViolation> CheckMissing(CrashKind kind) const;

  // No log of this name may be found: log_open did not return.
  bool MayBeMissing() const { return !exists_; }

  // Every log that Check() admits, each once, in a fixed order; LSNs are
  // record numbers, `name` is empty. For logs of a few records.
  std::vector<ObservedLog> Admissible(CrashKind kind) const;

  // The log with everything done and no crash; LSNs are record numbers.
  ObservedLog Live() const;

  // `seen` with record numbers as LSNs and without its name; nothing if it
  // shows what is no record of this log, or a pointer to a place that it does
  // not list.
  std::optional<ObservedLog> Numbered(const ObservedLog& seen) const;

  // The number of the record that shows this content; 0 if it is none.
  uint32_t RecordNumber(std::string_view content) const;

  // Records so far; the newest one's number.
  uint32_t last_record() const {
    return static_cast<uint32_t>(records_.size());
  }

 private:
  // Which flush promised it, by crash kind: 0 the sync behind `init`.
  using Promises = std::array<std::optional<uint32_t>, kCrashKinds.size()>;

  struct Record {
    uint32_t op = 0;
    uint32_t epoch = 0;
    bool restart = false;
    std::string area;
    std::string content;
    // The version of the base chain that a restart record sets; 0: none.
    uint32_t base_version = 0;
    bool returned = false;
    bool failed = false;  // its append returned an error
    bool tainted = false;
    Promises promised;
  };

  struct Pointer {
    struct Version {
      uint32_t op = 0;
      uint32_t number = 0;  // the record it names
      // The restart record that brought it; 0: an op of its own.
      uint32_t restart = 0;
      bool returned = false;
      bool tainted = false;
    };
    struct Floor {
      uint32_t version = 0;
      std::optional<uint32_t> flush_op;
    };

    // [0]: none was set.
    std::vector<Version> versions = {{}};
    std::array<Floor, kCrashKinds.size()> floors{};

    uint32_t newest() const {
      return static_cast<uint32_t>(versions.size()) - 1;
    }
  };

  struct Epoch {
    uint32_t op = 0;            // its log_reset; 0 of the first
    uint32_t first_record = 1;  // the number that its first record gets
    bool returned = true;
    bool tainted = false;
    Promises promised;
    Pointer base;
    Pointer tail;
    Pointer restart;
  };

  // What one row of the table carries, of what had returned.
  struct Covered {
    uint32_t op = 0;
    Coverage row;
    std::vector<uint32_t> records;  // numbers
    // Newest versions of the newest epoch's chains; 0: none.
    uint32_t base = 0;
    uint32_t tail = 0;
    uint32_t restart = 0;
    uint32_t epoch = 0;
    bool covers_epoch = false;
  };

  // One choice of what is there.
  struct Choice {
    uint32_t epoch = 0;
    std::vector<bool> present;  // by record number; [0] unused
    uint32_t base = 0;
    uint32_t tail = 0;
    uint32_t restart = 0;
  };

  // The numbers that an observation shows, to prune choices by.
  struct Seen {
    std::set<uint32_t> numbers;
  };

  // log_model.cc
  bool IsOpen() const { return first_open_ != 0; }
  uint32_t BaseNow() const;
  bool IsReadableNow(uint64_t number) const;
  Covered CoveredBy(const Op& op) const;
  void AddOwn(const Op& op, Covered& covered) const;
  void BeginEffect(const Op& op);
  void AddPointer(Pointer& pointer, const Op& op, uint32_t number,
                  uint32_t restart);
  void EndEffect(uint32_t op, bool ok);
  bool Raise(const Covered& covered);
  bool PromiseFor(const Covered& covered, CrashKind kind);
  bool RaisePointer(Pointer& pointer, uint32_t version, CrashKind kind,
                    uint32_t flush_op);
  bool Close(CrashKind kind, uint32_t flush_op);
  bool CloseRecords(CrashKind kind, uint32_t flush_op);
  void CarryToMedia(uint32_t flush_op);
  void Taint(const Covered& covered);

  // log_model_states.cc
  using Visit = std::function<bool(const Choice&)>;
  bool ForEachChoice(CrashKind kind, const Seen* seen,
                     const Visit& visit) const;
  bool ChooseRecords(CrashKind kind, const Seen* seen, uint32_t number,
                     bool gap, Choice& choice, const Visit& visit) const;
  bool ChoosePointers(CrashKind kind, Choice& choice, const Visit& visit) const;
  bool EpochMayBe(uint32_t epoch, CrashKind kind) const;
  bool Obeys(const Choice& choice) const;
  ObservedLog Show(const Choice& choice) const;

  // log_model_check.cc
  LogViolation Blame(ViolationKind kind, CrashKind crash) const;
  std::optional<LogViolation> FindForeign(const ObservedLog& seen,
                                          CrashKind kind) const;
  LogViolation Explain(const ObservedLog& seen, CrashKind kind) const;
  LogViolation OfRecord(ViolationKind kind, uint32_t number,
                        CrashKind crash) const;
  std::optional<LogViolation> FindGap(const std::vector<uint32_t>& numbers,
                                      CrashKind kind) const;
  std::optional<LogViolation> FindRegress(const std::vector<uint32_t>& numbers,
                                          CrashKind kind) const;
  std::string AdmissibleWords(CrashKind kind) const;
  uint32_t Suspect(CrashKind kind) const;

  PromiseTable table_;
  bool keeps_dirty_;
  uint32_t first_open_ = 0;
  bool exists_ = false;
  std::optional<uint32_t> exists_since_;
  std::set<std::string> areas_;
  std::vector<Record> records_;  // [i] is record i + 1
  std::vector<Epoch> epochs_ = {Epoch{}};
  uint32_t last_begun_ = 0;
  std::map<uint32_t, Op> running_;
  // What the flushes among them cover, if they succeed.
  std::map<uint32_t, Covered> covered_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_LOGS_LOG_MODEL_H_
