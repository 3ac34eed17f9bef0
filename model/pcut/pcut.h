// The text form of workloads, `.pcut`: parsing and printing. docs/pcut.md is
// its contract.
//
// A file is a sequence of statements, one for each line. Parsing keeps comments
// and blank lines as statements, so that printing gives back a file in
// canonical layout byte for byte: Print(Parse(text)) == text. For any accepted
// text, Parse(Print(Parse(text))) == Parse(text) but for line numbers.
//
// In the canonical layout (docs/pcut.md 12) `powercut 1` comes first. The word
// of a directive is padded to eight columns. Ops are indented by two spaces,
// and their verbs are padded to the longest verb of their section (`init` or
// `run`). One space stands elsewhere, and two before a comment at the end of a
// line.

#ifndef POWERCUT_MODEL_PCUT_PCUT_H_
#define POWERCUT_MODEL_PCUT_PCUT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "model/words/workload.h"

namespace powercut {

// One line of a file. Only the fields of its kind are used, beside `comment`,
// `line` and the columns.
struct Statement {
  enum Kind : uint8_t {
    kVersion,  // `powercut 1`
    kNote,     // a blank line, or a line with only a comment
    kName,
    kBackend,
    kDisk,
    kProfile,
    kCrash,
    kSpace,
    kInit,
    kRun,
    kCut,
    kOutcome,  // `allow` or `forbid`
    kAt,
    kExpect,
    kOp,  // any op; also a `fault` line, wherever it stands
  };

  Kind kind = kNote;
  // The operand of kName, kBackend, kProfile, kSpace and kAt.
  std::string text;
  DiskSpec disk;
  std::vector<CrashKind> crash_kinds;
  Outcome outcome;
  Expectation expectation;
  Op op;
  // The comment at the end of the line, with its `#`; empty if there is none.
  std::string comment;
  // The line in the file, from 1; 0 if the statement was not read from a file.
  int line = 0;
  // The columns of the first word and of the word after it.
  SourceColumn column;
  SourceColumn operand_column;

  bool operator==(const Statement&) const = default;
};

// A whole file.
struct Pcut {
  std::vector<Statement> statements;

  bool operator==(const Pcut&) const = default;
};

// Parses a file. Accepts every verb of the table, also those that no backend
// offers, and terminates on any bytes.
// Errors: kBadInput, "FILE:LINE:COLUMN: what is wrong; the remedy" with `file`
// as it was given. Cost: O(size).
Result<Pcut> ParsePcut(std::string_view text, const std::string& file);

// Parses a `fault` line, with or without its first word, such as
// `error on write nth=3`. The op has no line number.
// Errors: kBadInput, "PLACECOLUMN: what is wrong; the remedy", where PLACE is
// `place`; columns count from the first byte of `text`.
Result<Op> ParseFault(std::string_view text, std::string_view place);

// Inserts `fault` lines before the first section, after those that stand there
// already. Faults of the file thus come first.
void AddFaults(const std::vector<Op>& faults, Pcut& pcut);

// Returns the text of a file in the canonical layout.
// Requires: ops follow their signatures (model/words/op.h), conditions have the
// form that ConditionText() requires.
std::string PrintPcut(const Pcut& pcut);

// Gives the statements their meaning and numbers the ops.
// Errors: kBadInput, "FILE:LINE:COLUMN: ..." for a statement that stands twice
// or in the wrong place, an op outside `init` and `run`, a missing `run`, a
// `wait` without its `start`, an unknown profile, and whatever speaks of
// something that the ops before it did not make (model/pcut/pcut_scope.h).
// Requires: ops follow their signatures.
Result<Workload> BuildWorkload(const Pcut& pcut, const std::string& file);

// Parses a file and gives it its meaning: ParsePcut(), then BuildWorkload().
Result<Workload> ParseWorkload(std::string_view text, const std::string& file);

}  // namespace powercut

#endif  // POWERCUT_MODEL_PCUT_PCUT_H_
