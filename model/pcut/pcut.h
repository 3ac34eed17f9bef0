// The text form of workloads, `.pcut`: parse and print (design.md section 8).
//
// A file is a sequence of statements, one a line. Parsing keeps comments and
// blank lines as statements, so that printing gives back a canonical file byte
// for byte: Print(Parse(text)) == text. For any accepted text,
// Parse(Print(Parse(text))) == Parse(text) but for line numbers.
//
// Canonical layout: `powercut 1` first; a directive's word is padded to eight
// columns; ops are indented by two spaces, their verbs padded to the longest
// verb of their section (`init` or `run`); one space elsewhere; a trailing
// comment stands two spaces behind.

#ifndef POWERCUT_MODEL_PCUT_PCUT_H_
#define POWERCUT_MODEL_PCUT_PCUT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "model/words/workload.h"

namespace powercut {

struct Statement {
  enum Kind : uint8_t {
    kVersion,  // `powercut 1`
    kNote,     // a blank line or a line with only a comment
    kName,
    kBackend,
    kDisk,
    kProfile,
    kCrash,
    kSpace,
    kInit,
    kRun,
    kCut,
    kOutcome,  // allow, forbid
    kAt,
    kExpect,
    kOp,  // also `fault`, in every place
  };

  Kind kind = kNote;
  std::string text;  // kName, kBackend, kProfile, kSpace, kAt: the operand
  DiskSpec disk;
  std::vector<CrashKind> crash_kinds;
  Outcome outcome;
  Expectation expectation;
  Op op;
  // With its `#`; empty if none.
  std::string comment;
  int line = 0;
  // Of its first word, and of the word behind that.
  SourceColumn column;
  SourceColumn operand_column;

  bool operator==(const Statement&) const = default;
};

struct Pcut {
  std::vector<Statement> statements;

  bool operator==(const Pcut&) const = default;
};

// Errors: kBadInput, "FILE:LINE:COLUMN: what is wrong; the remedy" with `file`
// as given. Accepts every verb of the table, also those no backend offers.
// Total on any bytes; O(size).
Result<Pcut> ParsePcut(std::string_view text, const std::string& file);

// A `fault` line without its first word, as `error on write nth=3`. The op has
// no line. Errors: kBadInput, "PLACECOLUMN: what is wrong; the remedy".
Result<Op> ParseFault(std::string_view text, std::string_view place);

// Adds `fault` lines behind those that are there, before the ops.
void AddFaults(const std::vector<Op>& faults, Pcut& pcut);

std::string PrintPcut(const Pcut& pcut);

// Gives the statements their meaning and numbers the ops.
// Errors: kBadInput, "FILE:LINE:COLUMN: ..." for a statement that stands twice
// or in the wrong place, an op outside `init` and `run`, a missing `run`, a
// `wait` without its `start`, a profile nobody knows, and whatever speaks of
// something that the ops before it did not make (model/pcut/pcut_scope.h).
Result<Workload> BuildWorkload(const Pcut& pcut, const std::string& file);

// Both steps.
Result<Workload> ParseWorkload(std::string_view text, const std::string& file);

}  // namespace powercut

#endif  // POWERCUT_MODEL_PCUT_PCUT_H_
