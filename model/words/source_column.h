// The places of the parts of a statement in its line, for error messages.
// Columns count from 1; 0, or a missing entry, means that the part was not
// parsed from text. A place is no part of a statement's meaning, so that any
// two places compare equal.

#ifndef POWERCUT_MODEL_WORDS_SOURCE_COLUMN_H_
#define POWERCUT_MODEL_WORDS_SOURCE_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace powercut {

// The column of one part.
struct SourceColumn {
  size_t value = 0;

  bool operator==(const SourceColumn&) const { return true; }
};

// The columns of several parts, in their order.
struct SourceColumns {
  std::vector<size_t> values;

  // Returns the column of the part at `index`, or 0 if it is not known.
  size_t At(size_t index) const {
    return index < values.size() ? values[index] : 0;
  }

  bool operator==(const SourceColumns&) const { return true; }
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_SOURCE_COLUMN_H_
