// Condition: the right-hand side of `allow` and `forbid` (design.md section
// 8), as a tree.

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
    kAnd,      // operands[0] and operands[1] (left-associative)
    kOr,       // operands[0] or operands[1]
    kNot,      // not operands[0]
    kAtom,     // path[number] = value, old or zero
    kSize,     // size path = value
    kValid,    // valid path = value
    kMtime,    // mtime path = value or old
    kExists,   // exists path
    kMissing,  // missing path
    kIsDir,    // is_dir path
    kSame,     // same path path2: one file with two names
    kLog,      // log path = number..value, or empty
    kBase,     // base path = value
    kRestart,  // restart path = value or none
    kSector,   // sector number = value
  };
  // A word in place of the value.
  enum Word : uint8_t { kNumber, kOld, kZero, kEmpty, kNone };

  Kind kind = kExists;
  std::string path;
  std::string path2;
  uint64_t number = 0;
  uint64_t value = 0;
  Word word = kNumber;
  std::vector<Condition> operands;
  SourceColumn column;  // of a test's first word

  bool operator==(const Condition&) const = default;
};

// Parses a whole condition. `and` binds tighter than `or`, `not` tightest.
// Errors: kBadInput, with the column (from 1) within `text`.
Result<Condition> ParseCondition(std::string_view text);

// The same for a condition that stands within a line.
Result<Condition> ParseConditionIn(const Token& text);

// The canonical text, with parentheses only where the tree needs them, so that
// ParseCondition(ConditionText(c)) == c for every c that parsing can make.
std::string ConditionText(const Condition& condition);

struct Workload;

// Whether the observation satisfies the condition. `old` is what `before` (the
// observation at the end of `init`) had in the same place; `workload` says
// which record of a log is whose: records are numbered from 1 over the log's
// life, in the order in which their ops began, restart records included.
// Returns nothing if the condition speaks of what the storage does not show
// (valid data length and times that are not observed, a log that is not there).
// An atom is 512 bytes, and so is a sector; it "carries fill F" if all of its
// bytes that lie within the file belong to granules of fill F
// (model/words/content.h); a mixed atom equals no fill; a sector of zeros
// carries fill 0. `log L = A..B`: the records that can be read are exactly
// those.
std::optional<bool> Holds(const Condition& condition,
                          const Observation& observation,
                          const Observation& before, const Workload& workload);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_CONDITION_H_
