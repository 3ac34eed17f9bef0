// BlockLogCursor visits the entries of a log one by one and knows the place of
// each in the file.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_CURSOR_H_
#define POWERCUT_HARNESS_BLOCK_LOG_CURSOR_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/block_log/block_log.h"

namespace powercut {

class BlockLogCursor {
 public:
  // Stands before the first entry. `log` and the characters of `continuation`
  // must outlive this object. If `continuation` is not empty, marks that begin
  // with it are read as more text of the mark before them.
  explicit BlockLogCursor(const BlockLog& log,
                          std::string_view continuation = "");

  // Ends the walk after the first `count` entries of the log.
  // Requires: count <= the number of entries.
  void LimitTo(size_t count);

  // Goes to the next entry, past all marks that continue the current one.
  // Returns false after the last entry; the place is then that of an entry that
  // would follow.
  bool Next();

  // The current entry; for a continued mark, the first of its marks.
  // Requires: Next() returned true.
  const BlockLogEntry& entry() const { return *entry_; }
  // The number of the current entry, counted from 0.
  size_t index() const { return index_; }
  // The text of a mark, including its continuations. Empty for other entries.
  // Valid until the next Next().
  std::string_view text() const { return text_; }

  // Returns "entry N at byte B: reason" for the place of the last Next().
  std::string At(std::string_view reason) const;
  // Returns the error kBadInput with the text of At().
  Error Bad(std::string_view reason) const;

 private:
  void Advance();

  const BlockLog& log_;
  std::string_view continuation_;
  size_t limit_;
  // Where the next step begins.
  size_t next_ = 0;
  uint64_t next_offset_bytes_;

  // The current step.
  const BlockLogEntry* entry_ = nullptr;
  size_t index_ = 0;
  uint64_t offset_bytes_ = 0;
  std::string text_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_CURSOR_H_
