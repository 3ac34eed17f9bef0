// Turns statements into a workload: BuildWorkload().
//
// Method: one pass over the statements, in the order of the file. The builder
// knows in which section it is, whether a directive has closed that section, on
// which line each kind of statement stood first, which `start` is not waited
// for yet, and (in a PcutScope) what the ops so far have made. Every statement
// is checked against this and then fills in its part of the workload. The first
// error ends the pass. Only conditions are checked after the pass, since an
// `allow` may stand before the ops that make what it names.
//
// Ops are numbered from 1 over `init` and `run`. Example: with two ops in
// `init`, the first op of `run` has number 3, and a `cut` before it sets `cut`
// to 0.

#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/check.h"
#include "model/pcut/pcut.h"
#include "model/pcut/pcut_scope.h"
#include "model/table/profile.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

// Contents name the op that wrote them in 16 bits (model/words/content.h).
constexpr size_t kMaxOps = 65535;
constexpr uint32_t kDefaultSectorBytes = 512;

// Parsed ops follow the table. One that was made by hand may not, and
// everything after this point indexes its operands without looking.
void CheckOperands(const Op& op) {
  size_t numbers = 0;
  for (const char letter : SignatureOf(op.kind).operands) {
    if (letter == 'N' || letter == 'M') ++numbers;
  }
  POWERCUT_CHECK(op.numbers.size() == numbers);
  POWERCUT_CHECK(op.names.size() ==
                 SignatureOf(op.kind).operands.size() - numbers);
}

class Builder {
 public:
  explicit Builder(const std::string& file) { workload_.file = file; }

  Result<Workload> Build(const Pcut& pcut) {
    for (const Statement& statement : pcut.statements) {
      line_ = statement.line;
      column_ = statement.column.value;
      POWERCUT_TRY(Add(statement));
    }
    // ParsePcut() asks for the version in the first line, but statements may
    // also have been made by hand.
    if (!lines_.contains(Statement::kVersion)) {
      return Bad("no `powercut 1`; make it the first line");
    }
    if (section_ != Section::kRun) {
      return Bad("no `run`; add the line `run` and the ops after it");
    }
    POWERCUT_TRY(Outcomes());
    // If there is no `cut`, conditions are asked after all ops.
    if (!cut_) workload_.cut = workload_.run.size();
    return std::move(workload_);
  }

 private:
  enum class Section { kNone, kInit, kRun };
  struct Place {
    int line;
    size_t column;
  };

  Error Bad(std::string_view message) const {
    return BadAt(line_, column_, message);
  }

  // Statements that were made by hand have no column; the message says 1 then,
  // since columns count from 1.
  Error BadAt(int line, size_t column, std::string_view message) const {
    std::string text = workload_.file;
    text += ':';
    text += std::to_string(line);
    text += ':';
    text += std::to_string(std::max<size_t>(column, 1));
    text += ": ";
    text += message;
    return {ErrorCode::kBadInput, std::move(text)};
  }

  Status Add(const Statement& statement) {
    switch (statement.kind) {
      case Statement::kNote:
        return Ok{};
      case Statement::kOp:
        return AddOp(statement.op);
      case Statement::kCut:
        return AddCut();
      case Statement::kOutcome:
        CloseSection();
        workload_.outcomes.push_back(statement.outcome);
        return Ok{};
      case Statement::kExpect:
        CloseSection();
        return AddExpectation(statement.expectation);
      case Statement::kInit:
      case Statement::kRun:
        return BeginSection(statement.kind);
      default:
        CloseSection();
        return AddSingle(statement);
    }
  }

  // Checks profiles and names of conditions. This is done after the pass: an
  // outcome may stand before the ops that it speaks of.
  Status Outcomes() const {
    for (const Outcome& outcome : workload_.outcomes) {
      for (size_t i = 0; i < outcome.profiles.size(); ++i) {
        if (FindProfile(outcome.profiles[i]) != nullptr) continue;
        return BadAt(outcome.line, outcome.profile_columns.At(i),
                     UnknownProfile(outcome.profiles[i]));
      }
      if (auto wrong = scope_.Check(outcome.condition)) {
        return BadAt(outcome.line, wrong->column, wrong->message);
      }
    }
    return Ok{};
  }

  // A directive after ops ends their section, so that a `fault` there is not
  // taken for an op of it by accident. A directive before the first op does
  // not.
  void CloseSection() {
    const bool has_ops = section_ == Section::kInit ? !workload_.init.empty()
                                                    : !workload_.run.empty();
    if (section_ != Section::kNone && has_ops) closed_ = true;
  }

  Status BeginSection(Statement::Kind kind) {
    const std::string word = kind == Statement::kInit ? "init" : "run";
    POWERCUT_TRY(Once(kind, word));
    if (kind == Statement::kInit && section_ == Section::kRun) {
      return Bad("`init` stands after `run`; move it before");
    }
    // At the beginning of `init` nothing has started, so that this holds for
    // the end of `init` alone.
    POWERCUT_TRY(AllWaited());
    section_ = kind == Statement::kInit ? Section::kInit : Section::kRun;
    closed_ = false;
    return Ok{};
  }

  // Fails if an op is still under way: `init` ends in a full sync, which
  // nothing may overlap. What `run` leaves unfinished is no error; it is in
  // flight at every later crash point.
  Status AllWaited() const {
    if (started_.empty()) return Ok{};
    const auto& [start, place] = *started_.begin();
    const std::string number = std::to_string(start);
    return BadAt(place.line, place.column,
                 "`start " + number +
                     "` is not ended within `init`; add "
                     "`wait " +
                     number + "`");
  }

  // Fails if there was a statement of this kind before.
  Status Once(Statement::Kind kind, const std::string& word) {
    const auto [first, fresh] = lines_.emplace(kind, line_);
    if (fresh) return Ok{};
    return Bad("`" + word + "` stands twice, first in line " +
               std::to_string(first->second) + "; remove one of them");
  }

  // Handles the statements that set one field of the workload, once.
  Status AddSingle(const Statement& statement) {
    switch (statement.kind) {
      case Statement::kVersion:
        return Once(statement.kind, "powercut");
      case Statement::kName:
        workload_.name = statement.text;
        return Once(statement.kind, "name");
      case Statement::kBackend:
        workload_.backend = statement.text;
        return Once(statement.kind, "backend");
      case Statement::kProfile:
        workload_.profile = statement.text;
        if (FindProfile(statement.text) == nullptr) {
          return BadAt(line_, statement.operand_column.value,
                       UnknownProfile(statement.text));
        }
        return Once(statement.kind, "profile");
      case Statement::kSpace:
        workload_.space = statement.text;
        return Once(statement.kind, "space");
      case Statement::kAt:
        workload_.at = statement.text;
        return Once(statement.kind, "at");
      case Statement::kCrash:
        workload_.crash_kinds = statement.crash_kinds;
        return Once(statement.kind, "crash");
      case Statement::kDisk:
        POWERCUT_TRY(Once(statement.kind, "disk"));
        return AddDisk(statement.disk);
      default:
        return Ok{};
    }
  }

  Status AddDisk(const DiskSpec& disk) {
    // The parser checks each number for itself; how they fit together is
    // checked here. Powers of two are checked again, since the statement may
    // have been made by hand.
    const uint32_t sector = disk.sector_bytes.value_or(kDefaultSectorBytes);
    const uint32_t atomic = disk.atomic_bytes.value_or(sector);
    if (!std::has_single_bit(sector) || !std::has_single_bit(atomic)) {
      return Bad("a sector and a block are powers of two; correct `disk`");
    }
    if (atomic < sector) {
      return Bad("a block of " + std::to_string(atomic) +
                 " bytes is smaller than a sector of " +
                 std::to_string(sector) + "; raise `atomic`");
    }
    if (disk.size_bytes == 0 || disk.size_bytes % sector != 0) {
      return Bad("the disk's size is not a positive multiple of its sector (" +
                 std::to_string(sector) + " bytes); change the size");
    }
    workload_.disk = disk;
    return Ok{};
  }

  Status AddExpectation(const Expectation& expectation) {
    std::vector<Expectation>& all = workload_.expectations;
    // Any number of violations may be expected, but `ok` excludes all others.
    if (!all.empty() && (all.front().ok || expectation.ok)) {
      return Bad("`expect ok` stands beside line " +
                 std::to_string(all.front().line) +
                 ", which also expects; keep one of them");
    }
    all.push_back(expectation);
    return Ok{};
  }

  Status AddCut() {
    POWERCUT_TRY(Once(Statement::kCut, "cut"));
    if (section_ != Section::kRun || closed_) {
      return Bad("`cut` stands outside the ops of `run`; move it among them");
    }
    cut_ = true;
    workload_.cut = workload_.run.size();
    return Ok{};
  }

  Status AddOp(Op op) {
    // Only ops of the two sections get a number; a statement that was taken
    // from another workload must not keep its old one.
    op.number = 0;
    if (section_ == Section::kNone) {
      if (op.kind == OpKind::kFault) {
        workload_.faults.push_back(std::move(op));
        return Ok{};
      }
      return Bad("an op stands outside `init` and `run`; move it after one");
    }
    if (op.kind == OpKind::kFault && !closed_) {
      return Bad("a `fault` stands among the ops; move it before `init`");
    }
    if (closed_) {
      return Bad(
          "an op stands after the directives that follow its section; "
          "move it up to the ops, or a `fault` before `init`");
    }
    const size_t placed = workload_.init.size() + workload_.run.size();
    if (placed >= kMaxOps) {
      return Bad("more than 65535 ops; split the workload");
    }
    op.number = static_cast<uint32_t>(placed + 1);
    // The scope indexes the operands of an op, so that they are checked first.
    CheckOperands(op);
    POWERCUT_TRY(Overlap(op));
    if (auto wrong = scope_.Add(op)) {
      return BadAt(line_, wrong->column, wrong->message);
    }
    auto& ops = section_ == Section::kInit ? workload_.init : workload_.run;
    ops.push_back(std::move(op));
    return Ok{};
  }

  // Pairs `start N` with `wait N`. A number may be used again after its `wait`.
  Status Overlap(const Op& op) {
    if (op.start) {
      const auto [first, fresh] =
          started_.emplace(*op.start, Place{line_, column_});
      if (fresh) return Ok{};
      return Bad("`start " + std::to_string(*op.start) +
                 "` is still under way from line " +
                 std::to_string(first->second.line) +
                 "; choose another number");
    }
    if (op.kind == OpKind::kWait && started_.erase(op.numbers[0]) == 0) {
      return Bad("`wait " + std::to_string(op.numbers[0]) +
                 "` has no `start` of that number before it; add one");
    }
    return Ok{};
  }

  Workload workload_;
  Section section_ = Section::kNone;
  // A directive has followed the ops of the present section.
  bool closed_ = false;
  bool cut_ = false;
  // The place of the present statement.
  int line_ = 1;
  size_t column_ = 1;
  // The line of the first statement of each kind that may stand once.
  std::map<Statement::Kind, int> lines_;
  // The place of each `start` that is not waited for yet, by its number.
  std::map<uint64_t, Place> started_;
  PcutScope scope_;
};

}  // namespace

Result<Workload> BuildWorkload(const Pcut& pcut, const std::string& file) {
  return Builder(file).Build(pcut);
}

Result<Workload> ParseWorkload(std::string_view text, const std::string& file) {
  POWERCUT_ASSIGN(const Pcut pcut, ParsePcut(text, file));
  return BuildWorkload(pcut, file);
}

}  // namespace powercut
