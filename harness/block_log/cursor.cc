// Walks through the entries of a log and keeps the byte offset of each entry,
// so that every message can say where in the file the trouble is. A mark and
// the marks that continue its text count as one step, and the place of the step
// is that of its first mark.

#include "harness/block_log/cursor.h"

#include "harness/base/check.h"

namespace powercut {

BlockLogCursor::BlockLogCursor(const BlockLog& log,
                               std::string_view continuation)
    : log_(log),
      continuation_(continuation),
      limit_(log.entries.size()),
      next_offset_bytes_(log.sector_bytes) {}

void BlockLogCursor::LimitTo(size_t count) {
  POWERCUT_CHECK(count <= log_.entries.size());
  limit_ = count;
}

bool BlockLogCursor::Next() {
  // The place moves even past the last entry, so that At() can then say where a
  // missing entry would have to be.
  index_ = next_;
  offset_bytes_ = next_offset_bytes_;
  if (next_ >= limit_) return false;
  entry_ = &log_.entries[next_];
  Advance();
  text_.clear();
  if (!IsMark(*entry_)) return true;
  // A long text was cut into marks; each part after the first one begins with
  // the continuation prefix, which is no part of the text.
  text_ = entry_->mark_text;
  while (!continuation_.empty() && next_ < limit_ &&
         IsMarkWith(log_.entries[next_], continuation_)) {
    text_.append(log_.entries[next_].mark_text, continuation_.size());
    Advance();
  }
  return true;
}

std::string BlockLogCursor::At(std::string_view reason) const {
  return AtEntry(index_, offset_bytes_, reason);
}

Error BlockLogCursor::Bad(std::string_view reason) const {
  return {ErrorCode::kBadInput, At(reason)};
}

void BlockLogCursor::Advance() {
  next_offset_bytes_ += log_.sector_bytes + log_.entries[next_].payload.size();
  ++next_;
}

}  // namespace powercut
