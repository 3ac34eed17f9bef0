// Runs one log while it is in use: appends, carries, sets pointers, reads.
// log_recovery.cc opens it.
//
// Each record is a block, and blocks follow one another through the containers.
// A block names the block before it by LSN and checksum, so that recovery can
// follow the chain and notice where it breaks. No block is buffered: it is
// written when it is appended, at the process layer, and stays there until some
// call carries it. Carry() collects the sectors of all blocks that a call
// covers, adds those of the reset without which they would not count, and
// carries the set with one persist.
//
// Example: a log whose container begins at sector 24, in epoch 1.
//
//   append 100 bytes   a block in sector 24, LSN (container 1, offset 0)
//   append 600 bytes   a block in sectors 25 and 26, which names the first one
//   flush              persist to the media: sectors 24 to 26
//   reset              epoch 2 goes to a free copy of the control block
//   append 20 bytes    a block of epoch 2 in sector 27, which names none
//   flush              persist to the media: sector 27 and the control block
//
// If the last persist does not happen, a crash leaves epoch 1 with two records
// or epoch 2 with one record or none. It never leaves records of both, since
// recovery takes the epoch from the control block and reads no other.

#include "backends/clfs/log_file.h"

#include <algorithm>
#include <utility>

#include "harness/base/check.h"

namespace powercut::clfs {
namespace {

constexpr size_t kPointerEpochAt = 0;
constexpr size_t kPointerLsnAt = 4;
constexpr size_t kPointerBytes = 12;

LogStatus StatusOf(const Status& status) {
  if (status) return LogStatus::kSuccess;
  return status.error().code == ErrorCode::kFull ? LogStatus::kDiskFull
                                                 : LogStatus::kIoDeviceError;
}

Bytes EpochPayload(uint32_t epoch) {
  Bytes payload(sizeof(epoch));
  StoreLittleEndian(MutableByteSpan(payload), 0, epoch);
  return payload;
}

}  // namespace

LogFile::LogFile(VirtualDisk& disk, LogPlace place, ClfsBug bug)
    : disk_(disk),
      place_(std::move(place)),
      bug_(bug),
      control_(disk, place_.control_sector, MetadataKind::kControl, place_.id,
               bug == ClfsBug::kSingleControlCopy),
      base_copies_(disk, place_.control_sector + MetadataCopies::kSectors,
                   MetadataKind::kBase, place_.id,
                   bug == ClfsBug::kSingleControlCopy),
      tail_copies_(disk, place_.control_sector + 2 * MetadataCopies::kSectors,
                   MetadataKind::kTail, place_.id,
                   bug == ClfsBug::kSingleControlCopy) {}

LogStatus LogFile::Format() {
  if (!control_.Write(EpochPayload(epoch_))) return LogStatus::kIoDeviceError;
  return CarryUpTo(CLFS_LSN_NULL, Layer::kMedia, false);
}

CLFS_LSN LogFile::LsnAt(uint64_t position) const {
  return LsnCreate(static_cast<uint32_t>(position / kContainerSectors) + 1,
                   position % kContainerSectors * kSectorBytes, 0);
}

uint64_t LogFile::SectorAt(uint64_t position) const {
  return place_.containers[position / kContainerSectors] +
         position % kContainerSectors;
}

const LogFile::Placed* LogFile::FindBlock(CLFS_LSN lsn) const {
  const auto found = std::lower_bound(
      blocks_.begin(), blocks_.end(), lsn,
      [](const Placed& block, CLFS_LSN l) { return block.lsn < l; });
  return found != blocks_.end() && found->lsn == lsn ? &*found : nullptr;
}

// --- records ----------------------------------------------------------------

LogStatus LogFile::Append(uint32_t area, RecordType type, std::string_view data,
                          std::optional<CLFS_LSN> base, CLFS_LSN* lsn) {
  const uint32_t sectors = SectorsOfBlock(data.size());
  uint64_t position = next_position_;
  // A block never crosses containers, which need not be adjacent on the disk.
  if (position % kContainerSectors + sectors > kContainerSectors) {
    position += kContainerSectors - position % kContainerSectors;
  }
  if (sectors > kContainerSectors || position + sectors > position_end()) {
    return LogStatus::kLogFull;
  }
  LogBlock block;
  block.log_id = place_.id;
  block.epoch = epoch_;
  block.lsn = LsnAt(position);
  if (!blocks_.empty()) {
    block.previous = blocks_.back().lsn;
    block.previous_checksum = blocks_.back().checksum;
  }
  block.type = type;
  block.base = base;
  block.data = data;
  const Bytes encoded = EncodeBlock(block);
  // The place is used up even if the write fails: some sectors of the block may
  // be there, and no other block may share them or their LSNs.
  next_position_ = position + sectors;
  epoch_max_ = std::max(epoch_max_, epoch_);
  if (!disk_.Write(SectorAt(position), encoded, Layer::kProcess)) {
    return LogStatus::kIoDeviceError;
  }
  Placed placed;
  placed.epoch = epoch_;
  placed.lsn = block.lsn;
  placed.position = position;
  placed.sectors = sectors;
  placed.checksum = DecodeBlock(encoded)->checksum;
  placed.type = type;
  placed.base = base;
  placed.area = area;
  blocks_.push_back(placed);
  // Recovery takes the largest base of all restart records, so that the live
  // log must do so, too.
  if (base) base_ = std::max(base_, *base);
  *lsn = block.lsn;
  return LogStatus::kSuccess;
}

void LogFile::Returned(CLFS_LSN lsn) {
  // Nobody asks which blocks of former epochs had returned.
  for (Placed& block : blocks_) {
    if (block.lsn == lsn) block.returned = true;
  }
}

CLFS_LSN LogFile::NewestReturned(uint32_t area, CLFS_LSN upto) const {
  for (size_t i = blocks_.size(); i > 0; --i) {
    const Placed& block = blocks_[i - 1];
    // A block does not say which area it came from, so that after a recovery it
    // counts for each.
    const bool of_area = area == 0 || block.area == 0 || block.area == area;
    if (of_area && block.returned && block.lsn <= upto) return block.lsn;
  }
  return CLFS_LSN_NULL;
}

// A Persist() that failed promises nothing about what it covered, now or later,
// but the same bytes written once more are a new version.
Status LogFile::WriteAgain(Placed& block) {
  Bytes sectors(size_t{block.sectors} * kSectorBytes);
  POWERCUT_TRY(disk_.Read(SectorAt(block.position), sectors));
  POWERCUT_TRY(disk_.Write(SectorAt(block.position), sectors, Layer::kProcess));
  block.write_again = false;
  return Ok{};
}

LogStatus LogFile::CarryUpTo(CLFS_LSN target, Layer layer, bool with_pointers) {
  return Carry(
      epoch_, [target](uint32_t, CLFS_LSN lsn) { return lsn <= target; }, layer,
      with_pointers);
}

LogStatus LogFile::Carry(uint32_t epoch, const Chosen& chosen, Layer layer,
                         bool with_pointers) {
  SectorSet scope;
  std::vector<Placed*> blocks;
  // A request that was begun before a reset still names its epoch.
  const bool present = epoch == epoch_;
  for (Placed& block : present ? blocks_ : former_blocks_) {
    if (block.epoch != epoch || block.layer >= layer ||
        !chosen(block.area, block.lsn)) {
      continue;
    }
    if (block.write_again && !WriteAgain(block)) {
      return LogStatus::kIoDeviceError;
    }
    scope.Add(RangeOf(block));
    blocks.push_back(&block);
  }
  std::vector<MetadataCopies*> copies;
  // The control block holds only the newest reset. If the one that began a
  // former epoch has not come far enough, the newest one goes in its place.
  const bool needs_reset = present || former_layers_.at(epoch) < layer;
  const bool with_reset = needs_reset && bug_ != ClfsBug::kFlushForgetsReset;
  if (with_reset) copies.push_back(&control_);
  if (with_pointers)
    copies.insert(copies.end(), {&base_copies_, &tail_copies_});
  std::erase_if(copies,
                [&](MetadataCopies* c) { return !c->NeedsPersist(layer); });
  for (MetadataCopies* c : copies) {
    if (!c->AddTo(scope)) return LogStatus::kIoDeviceError;
  }
  // Everything has reached the layer already.
  if (scope.empty()) return LogStatus::kSuccess;
  const bool done = disk_.Persist(layer, &scope).has_value();
  for (Placed* block : blocks) {
    if (done) block->layer = layer;
    block->write_again = !done;
  }
  for (MetadataCopies* c : copies) {
    done ? c->Persisted(layer) : c->PersistFailed();
  }
  return done ? LogStatus::kSuccess : LogStatus::kIoDeviceError;
}

// --- pointers ---------------------------------------------------------------

// Until a base is set, the first record is the base.
CLFS_LSN LogFile::BaseNow() const {
  if (!LsnNull(base_)) return base_;
  return blocks_.empty() ? CLFS_LSN_NULL : blocks_.front().lsn;
}

CLFS_LSN LogFile::FirstReadable() const {
  return LsnNull(tail_) ? BaseNow() : std::min(BaseNow(), tail_);
}

bool LogFile::IsReadable(CLFS_LSN lsn) const {
  return lsn >= BaseNow() && FindBlock(lsn) != nullptr;
}

LogStatus LogFile::WritePointer(MetadataCopies& copies, CLFS_LSN lsn) {
  // The epoch tells recovery whether a reset has made the pointer void.
  Bytes payload(kPointerBytes);
  StoreLittleEndian(MutableByteSpan(payload), kPointerEpochAt, epoch_);
  StoreLittleEndian(MutableByteSpan(payload), kPointerLsnAt, lsn.Internal);
  return StatusOf(copies.Write(std::move(payload)));
}

LogStatus LogFile::SetBase(CLFS_LSN base) {
  if (!IsReadable(base)) return LogStatus::kInvalidParameter;
  base_ = base;
  return WritePointer(base_copies_, base);
}

LogStatus LogFile::SetTail(CLFS_LSN tail) {
  if (!IsReadable(tail)) return LogStatus::kInvalidParameter;
  tail_ = tail;
  return WritePointer(tail_copies_, tail);
}

LogStatus LogFile::Reset() {
  former_layers_[epoch_] = control_.layer();
  // A crash may have lost a reset and left blocks of its epoch. The new epoch
  // must be above all of them, or they would count again.
  epoch_ = std::max(epoch_, epoch_max_) + 1;
  epoch_max_ = epoch_;
  // Calls under way may still have to carry these blocks.
  former_blocks_.insert(former_blocks_.end(), blocks_.begin(), blocks_.end());
  blocks_.clear();
  base_ = CLFS_LSN_NULL;
  tail_ = CLFS_LSN_NULL;
  return StatusOf(control_.Write(EpochPayload(epoch_)));
}

// --- reading ----------------------------------------------------------------

LogStatus LogFile::Read(CLFS_LSN from, LogRecord* record) {
  const CLFS_LSN start = std::max(from, FirstReadable());
  const auto found = std::lower_bound(
      blocks_.begin(), blocks_.end(), start,
      [](const Placed& block, CLFS_LSN lsn) { return block.lsn < lsn; });
  if (found == blocks_.end()) return LogStatus::kEndOfFile;
  Bytes sectors(size_t{found->sectors} * kSectorBytes);
  const Status read = disk_.Read(SectorAt(found->position), sectors);
  if (!read) return StatusOf(read);
  // A broken disk can give other bytes than those that were written.
  auto decoded = DecodeBlock(sectors, bug_ == ClfsBug::kAcceptTorn);
  if (!decoded || decoded->block.lsn != found->lsn) {
    return LogStatus::kBlockInvalid;
  }
  record->lsn = found->lsn;
  record->type = found->type;
  record->data = std::move(decoded->block.data);
  return LogStatus::kSuccess;
}

LogFileInformation LogFile::Information() const {
  LogFileInformation information;
  information.BaseLsn = BaseNow();
  information.RestartLsn = CLFS_LSN_INVALID;
  information.MinArchiveTailLsn = tail_;
  // A block on the media after one that is not does not count as flushed: the
  // run from the first record on does.
  bool flushed = true;
  for (const Placed& block : blocks_) {
    flushed = flushed && block.layer == Layer::kMedia;
    if (flushed) information.LastFlushedLsn = block.lsn;
    const bool restart = block.type == RecordType::kRestart;
    if (restart && block.lsn >= FirstReadable()) {
      information.RestartLsn = block.lsn;
    }
    information.LastLsn = block.lsn;
  }
  return information;
}

}  // namespace powercut::clfs
