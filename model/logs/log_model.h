// LogModel: what a crash may leave of one log, and of its pointers.
//
// The life of a log is a row of *epochs*; log_reset begins a new one. Records
// are numbered from 1 over the whole life, in the order in which their appends
// began, restart records included. An epoch has records and three chains of
// versions: its base, its archive tail and its restart area. A crash leaves one
// epoch, some of its records and one version of each chain. What ties these
// together are four flags of OrderRules:
//
//   log_prefix            A record is there only with all records before it in
//                         its epoch; failed appends are left out.
//   restart_atomic        A restart record is there exactly if the restart area
//                         leads to it, and then its base is set.
//   base_within_log       A base is there only with the record that it names.
//   reset_before_records  Records of an epoch are there only if the crash
//                         leaves that epoch.
//
// Where a flag is off, the two sides are chosen apart. Rows of the table say
// how much is promised: the cell `records` speaks of records, together with the
// epoch that they belong to; `pointers` of the base, the archive tail and,
// where restart_atomic is off, the restart area. A log whose log_open returned
// is there from then on, whatever crashes.
//
// A reader sees the records from the base on, or from the archive tail if that
// is older. A log without records has base 0; otherwise its base is the first
// record until a base is set. The restart area is the newest restart record
// that can be read, or 0 if there is none.
//
// Example: two appends have returned, and then a flush was called before a
// third append. After its return a crash leaves records 1 to 2 or 1 to 3.
//
// Source: docs/semantics.md 1.5, 2.3 (R-APPEND to R-RESET) and 2.4 (O-LSN,
// O-RST, O-BASE, O-RESET).

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

// The least length of a record: one whole granule (model/words/content.h),
// since a shorter record could not name its op.
inline constexpr uint64_t kLogRecordBytesMin = 16;
// The length of the record that log_restart writes.
inline constexpr uint64_t kLogRestartBytes = 64;

// What is wrong with an observed log. The kind is one of kLost, kGhost, kTorn,
// kGap, kRestart, kBase, kRegress and kUnreadable.
struct LogViolation {
  ViolationKind kind = ViolationKind::kLost;
  // The op to suspect: the newest one whose effect on the log is not promised,
  // else the last one that began; 0 if none had begun.
  uint32_t op = 0;
  Promise promise;
  // What would have been right, and what was there, in words.
  std::string admissible;
  std::string found;

  // Compares everything but the promise.
  bool operator==(const LogViolation& other) const {
    return kind == other.kind && op == other.op && found == other.found &&
           admissible == other.admissible;
  }
};

// The model of one log. It is a value: copying it gives an independent one.
class LogModel {
 public:
  // The model judges by `table`, which it copies. `failed_flush_keeps_dirty` is
  // the profile's switch of that name: a flush that failed does not keep a
  // later one from covering the same.
  explicit LogModel(const PromiseTable& table,
                    bool failed_flush_keeps_dirty = false)
      : table_(table), keeps_dirty_(failed_flush_keeps_dirty) {}

  // Returns the status with which the op must fail now; empty if the op must
  // not fail. The op is one on this log, or syncfs or remount, which never fail
  // here.
  //   STATUS_INVALID_HANDLE     The log was never opened, or has no such area.
  //   STATUS_INVALID_PARAMETER  A record has less than 16 bytes. A flush goes
  //                             up to a record that was never appended, or
  //                             whose append failed. A base or an archive tail
  //                             lies before the base or after the last record,
  //                             or names a record whose append failed.
  std::string PlanError(const Op& op) const;

  // Returns the record that log_append or log_restart writes.
  // Requires: the log was opened; op.number is set.
  std::string ContentOf(const Op& op) const;

  // Notes that the op was called. An op that PlanError() refuses has no effect.
  // `now` rises from call to call of Begin() and End(); this model goes by the
  // order of the calls alone.
  // Requires: op.number is set, and no op with this number has begun before.
  void Begin(const Op& op, uint64_t now);

  // Notes that the op returned, with success if `ok`. Returns whether this
  // promised anything for power loss that was not promised before.
  // Requires: the op began and has not returned yet.
  bool End(uint32_t op_number, bool ok, uint64_t now);

  // The sync at the end of `init`: everything so far is promised for all
  // crashes, except for records whose append failed, and for what a flush that
  // failed should have covered (ERR-UNKNOWN).
  void EndInit();

  // Judges the log as it was found after a crash of this kind at this moment.
  // Returns nothing if it is admissible, else one violation: the first in the
  // order unreadable; ghost, torn or restart (a record that is not as any op
  // wrote it); gap; regress; base at no record; lost; base; restart.
  // Cost: O(records squared times the choices of base and archive tail) at most
  // while log_prefix is on. A violation walks through up to 100,000 choices
  // more for its words.
  std::vector<LogViolation> Check(const ObservedLog& seen,
                                  CrashKind kind) const;

  // Judges a log that is not there at all, in the same way.
  std::vector<LogViolation> CheckMissing(CrashKind kind) const;

  // Whether a crash may leave no log of this name: its log_open has not
  // returned with success.
  bool MayBeMissing() const { return !exists_; }

  // Returns every log that Check() admits, each once, in a fixed order. LSNs
  // are record numbers, and `name` is empty. Meant for logs of a few records.
  std::vector<ObservedLog> Admissible(CrashKind kind) const;

  // Returns the log with everything done and no crash; LSNs are record numbers.
  // Records whose append failed are not in it.
  ObservedLog Live() const;

  // Returns `seen` with record numbers as LSNs and without its name, or
  // `std::nullopt` if it shows what is no record of this log, or a pointer to a
  // place that it does not list.
  // Cost: O(observed records times records).
  std::optional<ObservedLog> Numbered(const ObservedLog& seen) const;

  // Returns the number of the record that has this content, or 0 if none has.
  // Cost: O(records).
  uint32_t RecordNumber(std::string_view content) const;

  // The number of records so far, which is the number of the newest one.
  uint32_t last_record() const {
    return static_cast<uint32_t>(records_.size());
  }

 private:
  // Which flush promised something, by crash kind: the number of its op, or 0
  // for the sync at the end of `init`; `std::nullopt` if it is not promised.
  using Promises = std::array<std::optional<uint32_t>, kCrashKinds.size()>;

  struct Record {
    uint32_t op = 0;
    uint32_t epoch = 0;
    bool restart = false;
    // The marshalling area; empty for the first one.
    std::string area;
    std::string content;
    // The version of the base chain that a restart record sets; 0 if none.
    uint32_t base_version = 0;
    // Whether the append returned with success, or with an error.
    bool returned = false;
    bool failed = false;
    // Whether a flush that should have covered the record failed.
    bool tainted = false;
    Promises promised;
  };

  // One chain: a base, an archive tail, or a restart area.
  struct Pointer {
    struct Version {
      uint32_t op = 0;
      // The number of the record that the pointer leads to.
      uint32_t number = 0;
      // The restart record that set this version; 0 if an op of its own did.
      uint32_t restart = 0;
      bool returned = false;
      bool tainted = false;
    };
    // The oldest version that a crash may leave, and the flush that promised
    // it.
    struct Floor {
      uint32_t version = 0;
      std::optional<uint32_t> flush_op;
    };

    // Version 0 means that the pointer was not set.
    std::vector<Version> versions = {{}};
    std::array<Floor, kCrashKinds.size()> floors{};

    uint32_t newest() const {
      return static_cast<uint32_t>(versions.size()) - 1;
    }
  };

  struct Epoch {
    // The log_reset that began the epoch; 0 for the first one.
    uint32_t op = 0;
    // The number that the first record of the epoch has, or will have.
    uint32_t first_record = 1;
    bool returned = true;
    bool tainted = false;
    Promises promised;
    Pointer base;
    Pointer tail;
    Pointer restart;
  };

  // What an op covers: what its return promises if it succeeds, as far as the
  // cells of its row say, or what it taints if it fails.
  struct Covered {
    uint32_t op = 0;
    Coverage row;
    // The numbers of the records.
    std::vector<uint32_t> records;
    // The newest versions of the chains of `epoch`; 0 if none is covered.
    uint32_t base = 0;
    uint32_t tail = 0;
    uint32_t restart = 0;
    uint32_t epoch = 0;
    // Whether the reset that began `epoch` is covered, too.
    bool covers_epoch = false;
  };

  // One choice of what a crash leaves.
  struct Choice {
    uint32_t epoch = 0;
    // Whether a record is there, by its number; [0] is not used.
    std::vector<bool> present;
    // The versions of the chains of `epoch`. `restart` counts only where
    // restart_atomic is off.
    uint32_t base = 0;
    uint32_t tail = 0;
    uint32_t restart = 0;
  };

  // The record numbers that an observation shows, by which choices are pruned.
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
  bool CarryToMedia(uint32_t flush_op);
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
  // The first log_open; 0 if there was none. The contents of all records name
  // it as their file.
  uint32_t first_open_ = 0;
  // Whether the log must be found, and the op that promised this (0 for the
  // sync at the end of `init`).
  bool exists_ = false;
  std::optional<uint32_t> exists_since_;
  std::set<std::string> areas_;
  // Record number N is records_[N - 1].
  std::vector<Record> records_;
  std::vector<Epoch> epochs_ = {Epoch{}};
  uint32_t last_begun_ = 0;
  // The ops that have begun and not returned, by number.
  std::map<uint32_t, Op> running_;
  // What each of them covers. Ops that must fail are missing here.
  std::map<uint32_t, Covered> covered_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_LOGS_LOG_MODEL_H_
