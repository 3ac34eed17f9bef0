// Where parts of a statement stand in their line, from 1, for messages; 0 or
// nothing if it was not parsed from text. A place is no part of a meaning: any
// two are equal.

#ifndef POWERCUT_MODEL_WORDS_SOURCE_COLUMN_H_
#define POWERCUT_MODEL_WORDS_SOURCE_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace powercut {

struct SourceColumn {
  size_t value = 0;

  bool operator==(const SourceColumn&) const { return true; }
};

struct SourceColumns {
  std::vector<size_t> values;

  // The column of the part at `index`, or 0.
  size_t At(size_t index) const {
    return index < values.size() ? values[index] : 0;
  }

  bool operator==(const SourceColumns&) const { return true; }
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_SOURCE_COLUMN_H_
