// BlockLogCursor: the entries of a log one by one, each with its place in the
// file.

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
  // `log` must outlive this object. If `continuation` is not empty, marks that
  // begin with it are taken as more text of the mark in front of them.
  explicit BlockLogCursor(const BlockLog& log,
                          std::string_view continuation = "");

  // The first `count` entries are the log. Requires: count <= all entries.
  void LimitTo(size_t count);

  // Goes to the next entry. False behind the last one; the place is then that
  // of an entry that would follow.
  bool Next();

  // Requires: Next() gave true.
  const BlockLogEntry& entry() const { return *entry_; }
  size_t index() const { return index_; }
  // The text of a mark with all that continues it; else empty.
  std::string_view text() const { return text_; }

  // "entry N at byte B: reason", of the entry that Next() gave.
  std::string At(std::string_view reason) const;
  // kBadInput with that text.
  Error Bad(std::string_view reason) const;

 private:
  void Advance();

  const BlockLog& log_;
  std::string_view continuation_;
  size_t limit_;
  size_t next_ = 0;
  uint64_t next_offset_bytes_;

  const BlockLogEntry* entry_ = nullptr;
  size_t index_ = 0;
  uint64_t offset_bytes_ = 0;
  std::string text_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_CURSOR_H_
