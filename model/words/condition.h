// Condition: what an `allow` or `forbid` line of a workload tests, as a tree
// (docs/pcut.md 9).

#ifndef POWERCUT_MODEL_WORDS_CONDITION_H_
#define POWERCUT_MODEL_WORDS_CONDITION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "model/words/observation.h"
#include "model/words/source_column.h"

namespace powercut {

struct Token;  // model/words/tokens.h

struct Condition {
  enum Kind : uint8_t {
    kAnd,      // operands[0] and operands[1]
    kOr,       // operands[0] or operands[1]
    kNot,      // not operands[0]
    kAtom,     // path[number] = value, old or zero
    kSize,     // size path = value
    kValid,    // valid path = value
    kMtime,    // mtime path = value or old
    kExists,   // exists path
    kMissing,  // missing path
    kIsDir,    // is_dir path
    kSame,     // same path path2: both names lead to one file
    kLog,      // log path = number..value, or empty
    kBase,     // base path = value
    kRestart,  // restart path = value or none
    kSector,   // sector number = value, old or zero
  };
  // The word that stands in place of the value; kNumber if none does.
  enum Word : uint8_t { kNumber, kOld, kZero, kEmpty, kNone };

  Kind kind = kExists;
  // The path in raw bytes; for kLog, kBase and kRestart the name of the log.
  std::string path;
  // The second path of kSame.
  std::string path2;
  // The number of the atom or sector; for kLog the first record.
  uint64_t number = 0;
  // The number that is compared; for kLog the last record. It is 0 if `word` is
  // not kNumber.
  uint64_t value = 0;
  Word word = kNumber;
  // Two for kAnd and kOr, one for kNot, none for a test.
  std::vector<Condition> operands;
  // The column of a test's first word; 0 for kAnd, kOr and kNot.
  SourceColumn column;

  bool operator==(const Condition&) const = default;
};

// Parses a whole condition. `not` binds tightest, then `and`, then `or`; `and`
// and `or` associate to the left. A condition has at most 256 tests, and at
// most 64 `not` and `(` within each other.
// Errors: kBadInput, with the column (from 1) within `text`.
Result<Condition> ParseCondition(std::string_view text);

// Parses a condition that stands within a line: errors begin with the place of
// `text`, and columns are those of the line.
Result<Condition> ParseConditionIn(const Token& text);

// Returns the canonical text, with parentheses only where the tree needs them,
// so that ParseCondition(ConditionText(c)) == c for every c that parsing can
// make.
// Requires: kAnd and kOr have two operands, and kNot has one.
std::string ConditionText(const Condition& condition);

struct Workload;

// Returns whether the observation satisfies the condition, or `std::nullopt` if
// any part of the condition speaks of what the storage does not show (a valid
// data length or a time that is not observed, a log that is not there). If the
// volume did not mount, no condition holds.
//
// * `old` is what `before`, the observation at the end of `init`, had in the
//   same place.
// * Atoms and sectors have 512 bytes. One "carries fill F" if all of its bytes
//   that lie within the file were written with fill F (model/words/content.h).
//   A mixed atom carries no fill. A sector of zeros carries fill 0.
// * `log L = A..B` holds if the records that can be read are exactly A to B.
//   Records are numbered from 1 over the life of the log, in the order in which
//   their ops stand in `workload`, restart records included. Ops that are
//   expected to fail make no record.
//
// Requires: the condition has the form that ConditionText() requires.
std::optional<bool> Holds(const Condition& condition,
                          const Observation& observation,
                          const Observation& before, const Workload& workload);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_CONDITION_H_
