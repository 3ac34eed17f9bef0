// Recovers a log: finds which of the blocks in its containers are its records,
// and where the next one may go. Recovery writes nothing.
//
// The control block gives the epoch. Each block names the block before it in
// its epoch, by LSN and checksum. From the first block of the epoch on they
// form a chain; where the chain breaks, because a block is missing or torn, the
// log ends. Blocks after that are stale. The next block goes after all of them,
// and after every LSN that a pointer names, so that no LSN that the disk still
// carries is given twice. The new block names the last good block, and no stale
// block names the new one, so that stale blocks never come back.
//
// Example: blocks A, B, C and D were appended, and a crash lost B. C names B,
// so that the log is A alone. The next block E goes after D and names A. The
// next recovery reads A, passes C and D over, since neither names A, and reads
// E.

#include <algorithm>

#include "backends/clfs/log_file.h"

namespace powercut::clfs {
namespace {

constexpr size_t kPointerEpochAt = 0;
constexpr size_t kPointerLsnAt = 4;

}  // namespace

LogStatus LogFile::Recover() {
  const auto control = control_.Load();
  if (!control) return LogStatus::kIoDeviceError;
  // Format() put one on the media before the log got its name, and no write
  // touches the copy on the media, so that a sound disk has one.
  if (control->empty()) return LogStatus::kMetadataCorrupt;
  epoch_ = LoadLittleEndian<uint32_t>(control->front(), 0);
  epoch_max_ = epoch_;
  if (!ScanContainers() || !RecoverPointers()) return LogStatus::kIoDeviceError;
  return LogStatus::kSuccess;
}

Status LogFile::ScanContainers() {
  uint64_t used_end = 0;
  for (uint64_t begin = 0; begin < position_end(); begin += kContainerSectors) {
    Bytes container(size_t{kContainerSectors} * kSectorBytes);
    POWERCUT_TRY(disk_.Read(SectorAt(begin), container));
    for (uint64_t at = 0; at < kContainerSectors;) {
      const ByteSpan rest = ByteSpan(container).subspan(at * kSectorBytes);
      // Stale blocks are passed over sector by sector, since how long they
      // claim to be cannot be trusted.
      uint64_t step = 1;
      if (!AllZero(rest.first(kSectorBytes))) {
        // The next epoch must be above every epoch that was ever used, whether
        // its blocks are whole or not.
        epoch_max_ = std::max(epoch_max_, ClaimedEpoch(rest));
        const auto decoded = DecodeBlock(rest, bug_ == ClfsBug::kAcceptTorn);
        if (decoded && Accepts(*decoded, begin + at)) {
          Accept(*decoded, begin + at);
          step = decoded->sectors;
        }
        used_end = begin + at + step;
      }
      at += step;
    }
  }
  next_position_ = used_end;
  if (bug_ == ClfsBug::kStaleResurface) {
    next_position_ =
        blocks_.empty() ? 0 : blocks_.back().position + blocks_.back().sectors;
  }
  if (bug_ == ClfsBug::kReuseLsn && !blocks_.empty()) {
    next_position_ = blocks_.back().position;
  }
  return Ok{};
}

// Returns whether a block at this position is the next record: it is of this
// log and epoch, lies where its LSN says, and names the last record so far.
bool LogFile::Accepts(const DecodedBlock& decoded, uint64_t position) const {
  const LogBlock& block = decoded.block;
  if (block.log_id != place_.id || block.lsn != LsnAt(position)) return false;
  if (bug_ == ClfsBug::kResetKeepsRecords) {
    if (block.epoch <= epoch_ && LsnNull(block.previous)) return true;
  } else if (block.epoch != epoch_) {
    return false;
  }
  if (bug_ == ClfsBug::kAcceptGap) return true;
  const CLFS_LSN last = blocks_.empty() ? CLFS_LSN_NULL : blocks_.back().lsn;
  const uint32_t checksum = blocks_.empty() ? 0 : blocks_.back().checksum;
  return block.previous == last && (block.previous_checksum == checksum ||
                                    bug_ == ClfsBug::kStaleResurface);
}

void LogFile::Accept(const DecodedBlock& decoded, uint64_t position) {
  Placed placed;
  placed.epoch = decoded.block.epoch;
  placed.lsn = decoded.block.lsn;
  placed.position = position;
  placed.sectors = decoded.sectors;
  placed.checksum = decoded.checksum;
  placed.type = decoded.block.type;
  placed.base = decoded.block.base;
  // What was found is in the log for good, but how far it was carried is not
  // known: a flush must write it again before it can promise it.
  placed.returned = true;
  placed.write_again = true;
  blocks_.push_back(placed);
}

// A pointer may name a block that was lost whole. If the LSN were given again,
// the pointer would come back into force with the new block.
void LogFile::StayAbove(const std::vector<Bytes>& pointers) {
  const bool reuses = bug_ == ClfsBug::kStaleResurface ||
                      bug_ == ClfsBug::kReuseLsn ||
                      bug_ == ClfsBug::kReusePointerLsn;
  for (const Bytes& payload : pointers) {
    const CLFS_LSN lsn{LoadLittleEndian<uint64_t>(payload, kPointerLsnAt)};
    if (LsnContainer(lsn) == 0 || reuses) continue;
    const uint64_t position =
        uint64_t{LsnContainer(lsn) - 1} * kContainerSectors +
        LsnBlockOffset(lsn) / kSectorBytes;
    next_position_ = std::max(next_position_, position + 1);
  }
}

Status LogFile::RecoverPointers() {
  POWERCUT_ASSIGN(const std::vector<Bytes> bases, base_copies_.Load());
  StayAbove(bases);
  // A base is there only with its record; else the next older copy is tried.
  for (const Bytes& payload : bases) {
    const CLFS_LSN base{LoadLittleEndian<uint64_t>(payload, kPointerLsnAt)};
    const bool counts =
        FindBlock(base) != nullptr || bug_ == ClfsBug::kBaseBeyondEnd;
    if (LoadLittleEndian<uint32_t>(payload, kPointerEpochAt) == epoch_ &&
        counts) {
      base_ = base;
      break;
    }
  }
  // A restart record brings its base with it. Bases only rise.
  for (const Placed& block : blocks_) {
    if (block.base) base_ = std::max(base_, *block.base);
  }
  POWERCUT_ASSIGN(const std::vector<Bytes> tails, tail_copies_.Load());
  StayAbove(tails);
  for (const Bytes& payload : tails) {
    if (LoadLittleEndian<uint32_t>(payload, kPointerEpochAt) != epoch_) {
      continue;
    }
    tail_ = {LoadLittleEndian<uint64_t>(payload, kPointerLsnAt)};
    break;
  }
  return Ok{};
}

}  // namespace powercut::clfs
