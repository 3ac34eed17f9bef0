// Looks for what a log holds that its writer does not normally write, and for
// what the import has to assume.
//
// One walk through the entries suffices. The linter keeps the state of the
// current epoch (which sectors were written, which of them with FUA, and how
// many writes no flush has covered yet), and notes each oddity with the place
// where it first occurs. A flush starts a new epoch. What no flush has covered
// at the end of the log is promised by nothing and becomes a line, too.
//
// An example from the kernel: a write of sector 3 with FUA, a plain write of
// sector 3, a flush. The kernel logs the plain write only with the flush, so it
// may have been issued before the FUA write. The log cannot tell, and the plain
// write is noted as kOverFua.

#include "harness/block_log/lint.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "harness/block_log/cursor.h"
#include "harness/disk/sector_set.h"
#include "harness/trace/acks.h"
#include "harness/trace/marks.h"

namespace powercut {
namespace {

// The kinds of oddities, in the order in which their lines are printed.
enum class Oddity : uint8_t {
  kFirstBehindFlush,
  kNoSectors,
  kDiscard,
  kFlaggedDiscard,
  kInlineData,
  kNotOfQemu,
  kOverlap,
  kOverFua,
  kBehindEnd,
  kOwnMark,
  kCount,
};

// What the line says about each of them.
std::string_view TextOf(Oddity oddity) {
  switch (oddity) {
    case Oddity::kFirstBehindFlush:
      return "the first write after a flush, or in the log, may have been "
             "FUA, "
             "of which QEMU logs no sign there: taken as not durable; "
             "--assume-fua takes it as durable";
    case Oddity::kNoSectors:
      return "neither sectors nor a flush: nothing comes of it";
    case Oddity::kDiscard:
      return "a discard: taken as zeros; the log does not say what the disk "
             "held afterwards";
    case Oddity::kFlaggedDiscard:
      return "a discard with FLUSH or FUA, which no known writer logs: taken "
             "as both";
    case Oddity::kInlineData:
      return "less data than sectors (data_len): the rest is taken as the log "
             "has it, zeros";
    case Oddity::kNotOfQemu:
      return "FUA, a mark, METADATA, data_len or a flush with data: QEMU logs "
             "none of them; if the kernel did, say --origin kernel";
    case Oddity::kOverlap:
      return "sectors that were written in the same epoch: if both writes were "
             "under way at once, the log has them in the order of completion";
    case Oddity::kOverFua:
      return "sectors of an FUA write of the same epoch: the kernel logs plain "
             "writes only with the next flush, so that this may be the older "
             "one; taken as the newer";
    case Oddity::kBehindEnd:
      return "after the mark dm-log-writes-end";
    case Oddity::kOwnMark:
      return "a mark of powercut's own, such as where an op begins: left out, "
             "since the log holds no workload";
    case Oddity::kCount:
      break;
  }
  return "";
}

// Looks at one log; Lint() is called once.
class Linter {
 public:
  Linter(const BlockLog& log, BlockLogOrigin origin, bool assume_fua)
      : cursor_(log),
        sector_bytes_(log.sector_bytes),
        of_qemu_(origin == BlockLogOrigin::kQemu),
        assume_fua_(assume_fua) {}

  std::vector<std::string> Lint() &&;

 private:
  // The place where an oddity first occurs, and how often it occurs.
  struct Found {
    std::string at;
    uint64_t count = 0;
  };

  void Note(Oddity oddity);
  void LookAtEntry();
  // Looks for what this writer does not write.
  void LookAtWriter(const BlockLogEntry& entry);
  void LookAtRange(const BlockLogEntry& entry);
  // Looks at what is missing. It is called after the last entry.
  void LookAtEnd();

  BlockLogCursor cursor_;
  uint32_t sector_bytes_;
  bool of_qemu_;
  bool assume_fua_;
  std::array<Found, static_cast<size_t>(Oddity::kCount)> found_;
  std::vector<std::string> lint_;

  // The sectors written in the current epoch, and those written with FUA.
  SectorSet written_;
  SectorSet written_fua_;
  // Whether the epoch has a write or discard. `written_` does not tell: it
  // leaves discards out.
  bool something_written_ = false;
  // The first plain write or discard of the epoch, and how many there are.
  std::string unflushed_at_;
  uint64_t unflushed_ = 0;

  // Whether the log so far has a flush, and the mark that ends it.
  bool flushed_ = false;
  bool ended_ = false;
};

std::vector<std::string> Linter::Lint() && {
  if (of_qemu_ && sector_bytes_ > 512) {
    lint_.push_back(fmt::format(
        "superblock at byte 24: sectors of {} bytes: QEMU made smaller writes "
        "of the guest as large, so that no tearing below that is in the log",
        sector_bytes_));
  }
  while (cursor_.Next()) LookAtEntry();
  for (size_t i = 0; i < found_.size(); ++i) {
    const Found& found = found_[i];
    if (found.count == 0) continue;
    std::string line = found.at;
    line += TextOf(static_cast<Oddity>(i));
    if (found.count > 1) line += fmt::format(" (first of {})", found.count);
    lint_.push_back(std::move(line));
  }
  LookAtEnd();
  return std::move(lint_);
}

void Linter::Note(Oddity oddity) {
  Found& found = found_[static_cast<size_t>(oddity)];
  if (found.count++ == 0) found.at = cursor_.At("");
}

void Linter::LookAtEntry() {
  const BlockLogEntry& entry = cursor_.entry();
  LookAtWriter(entry);
  if (IsMark(entry)) {
    // The mark after an exported base is no ack either, but the import uses it.
    const Mark mark{.after = 0, .text = entry.mark_text};
    const bool line = AckOf(mark) || AttemptOf(mark);
    if (!line && mark.text != kBaseEndMark) Note(Oddity::kOwnMark);
    return;
  }
  if ((entry.flags & BlockLogEntry::kFlush) != 0) {
    flushed_ = true;
    something_written_ = false;
    written_ = SectorSet();
    written_fua_ = SectorSet();
    unflushed_ = 0;
  } else if (entry.sector_count == 0) {
    Note(Oddity::kNoSectors);
  }
  if (entry.sector_count > 0) LookAtRange(entry);
}

void Linter::LookAtWriter(const BlockLogEntry& entry) {
  if (of_qemu_) {
    const bool plain =
        entry.data_len == 0 &&
        (entry.flags == 0 || entry.flags == BlockLogEntry::kDiscard ||
         (entry.flags == BlockLogEntry::kFlush && entry.sector_count == 0));
    if (!plain) Note(Oddity::kNotOfQemu);
    return;
  }
  if (ended_) Note(Oddity::kBehindEnd);
  if (IsMark(entry) && entry.mark_text == kKernelEndMark) ended_ = true;
}

void Linter::LookAtRange(const BlockLogEntry& entry) {
  const bool discard = (entry.flags & BlockLogEntry::kDiscard) != 0;
  const bool fua = (entry.flags & BlockLogEntry::kFua) != 0;
  const SectorRange range{.first = entry.sector, .count = entry.sector_count};
  if (discard) Note(Oddity::kDiscard);
  if (discard && (fua || (entry.flags & BlockLogEntry::kFlush) != 0)) {
    Note(Oddity::kFlaggedDiscard);
  }
  if (!discard && entry.data_len != 0 &&
      entry.data_len != entry.payload.size()) {
    Note(Oddity::kInlineData);
  }
  if (of_qemu_ && !assume_fua_ && !something_written_ && entry.flags == 0) {
    Note(Oddity::kFirstBehindFlush);
  }
  something_written_ = true;
  if (!fua && written_fua_.Intersects(range)) {
    Note(Oddity::kOverFua);
  } else if (written_.Intersects(range)) {
    Note(Oddity::kOverlap);
  }
  // Discards are left out of the sets: one may cover the whole disk, and a log
  // with many of them would take too long.
  if (!discard) {
    written_.Add(range);
    if (fua && (entry.flags & BlockLogEntry::kFlush) == 0)
      written_fua_.Add(range);
  }
  // An FUA write is durable without a flush.
  if (!fua && unflushed_++ == 0) unflushed_at_ = cursor_.At("");
}

void Linter::LookAtEnd() {
  if (unflushed_ > 0) {
    std::string line = unflushed_at_ + "no flush follows: nothing promises it";
    if (unflushed_ > 1) line += fmt::format(" (first of {})", unflushed_);
    if (!flushed_) line += "; the log has no flush at all";
    if (!flushed_ && of_qemu_) line += ": was it cache=unsafe?";
    lint_.push_back(std::move(line));
  }
  if (!of_qemu_ && !ended_) {
    lint_.push_back(
        cursor_.At("no mark dm-log-writes-end: the log was copied while in use,"
                   " or logging stopped early; what came next is not in it"));
  }
}

}  // namespace

std::vector<std::string> LintOf(const BlockLog& log, BlockLogOrigin origin,
                                bool assume_fua) {
  return Linter(log, origin, assume_fua).Lint();
}

}  // namespace powercut
