// Notes what a recovery reads and takes back what it writes:
//
// * The first write to a sector in a run saves the sector's old bytes, and
//   Reset() puts all saved bytes back. So a run costs what it touches, not the
//   size of the disk.
// * A sector that this run has written says nothing about the crash state. A
//   read of any other sector notes its block, in one of two ways: a read into a
//   declared copy target is a copy, any other read decides. If parts are
//   declared, the read is noted for the part, too.
// * When the run is over, Reads() holds the copies against the observation. A
//   copy whose bytes do not show where they were declared counts as a read that
//   decides.
//
// Example: recovery reads block 5, writes all of block 7, reads block 7, and
// copies block 9 into the content of a file. Block 5 decides, block 7 is not
// noted, and block 9 is a copied piece. If the observation says that the file
// is unreadable, block 9 decides, too.
//
// What has been noted is kept as run numbers: a block is noted if its entry is
// the number of the current run, so that forgetting all blocks is one
// increment.

#include "harness/recover/crash_disk.h"

#include <sys/mman.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <new>
#include <optional>
#include <unordered_set>
#include <utility>

#include "model/words/content.h"

namespace powercut {
namespace {

// The content of the observation that pieces go to, as the index of an entry,
// and how large that content may get.
struct CopyPlace {
  uint32_t entry = 0;
  uint64_t size_bytes = 0;
};

// `std::nullopt` if the observation has no content for this path.
std::optional<CopyPlace> PlaceOf(const std::string& path,
                                 const Observation& observation) {
  if (!observation.unreadable.empty()) return std::nullopt;
  if (path.empty()) return CopyPlace{CopiedPiece::kDevice, ~uint64_t{0}};
  const ObservedEntry* entry = observation.Find(path);
  if (entry == nullptr || !entry->unreadable.empty()) return std::nullopt;
  return CopyPlace{static_cast<uint32_t>(entry - observation.entries.data()),
                   entry->content.size()};
}

// Whether a piece lies within the content and in step with its atoms. An atom
// made of two blocks would tie these blocks to each other.
bool Fits(const CopiedPiece& piece, const std::optional<CopyPlace>& place) {
  return place && piece.offset_bytes <= place->size_bytes &&
         piece.size_bytes <= place->size_bytes - piece.offset_bytes &&
         piece.offset_bytes % kAtomBytes == piece.offset_in_block % kAtomBytes;
}

}  // namespace

CrashDisk::CrashDisk(SparseImage& image, DiskGeometry geometry,
                     uint32_t block_bytes, uint64_t request_limit)
    : image_(image),
      geometry_(geometry),
      block_bytes_(block_bytes),
      request_limit_(request_limit),
      sector_written_in_(MakeRunNumbers(geometry.sector_count)),
      block_read_in_(MakeRunNumbers(geometry.size_bytes() / block_bytes + 1)),
      block_decides_in_(
          MakeRunNumbers(geometry.size_bytes() / block_bytes + 1)),
      block_whole_in_(nullptr, Unmap{0}) {}

void CrashDisk::set_parts(const IndependentParts* parts) {
  parts_ = parts;
  if (parts == nullptr || block_whole_in_ != nullptr) return;
  block_whole_in_ = MakeRunNumbers(geometry_.size_bytes() / block_bytes_ + 1);
}

CrashDisk::RunNumbers CrashDisk::MakeRunNumbers(uint64_t count) {
  const size_t bytes = count * sizeof(uint32_t);
  // Memory that is reserved must be there again for each worker that is forked,
  // even if nothing touches it.
  void* const numbers =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (numbers == MAP_FAILED) throw std::bad_alloc();
  return RunNumbers(static_cast<uint32_t*>(numbers), Unmap{bytes});
}

void CrashDisk::Unmap::operator()(uint32_t* numbers) const {
  munmap(numbers, bytes);
}

CrashDisk::~CrashDisk() { Reset(); }

Status CrashDisk::CountRequest() {
  ++requests_;
  if (!limit_reached()) return Ok{};
  return Error{ErrorCode::kIo, "recovery made too many device requests"};
}

Status CrashDisk::Read(uint64_t first_sector, MutableByteSpan out) {
  POWERCUT_TRY(CountRequest());
  if (IsCopying(out)) {
    NoteCopies(first_sector, out);
  } else {
    NoteReads({first_sector, out.size() / geometry_.sector_bytes});
  }
  image_.Read(first_sector * geometry_.sector_bytes, out);
  return Ok{};
}

void CrashDisk::NoteReads(SectorRange range) {
  const uint64_t per_block = block_bytes_ / geometry_.sector_bytes;
  for (uint64_t sector = range.first; sector < range.end(); ++sector) {
    if (sector_written_in_[sector] == run_) continue;
    const uint64_t block = sector / per_block;
    NoteDeciding(block);
    NoteRead(block);
  }
}

void CrashDisk::TellRead(SectorRange range) {
  ++requests_;
  NoteReads(range);
}

void CrashDisk::TellWriteBegan(SectorRange range) {
  ++requests_;
  ++write_count_;
  lent_writes_.push_back(range);
}

void CrashDisk::TellWritten(SectorRange range) {
  for (uint64_t sector = range.first; sector < range.end(); ++sector) {
    sector_written_in_[sector] = run_;
  }
}

void CrashDisk::NoteDeciding(uint64_t block) {
  if (block_decides_in_[block] == run_) return;
  block_decides_in_[block] = run_;
  blocks_deciding_.push_back(block);
}

void CrashDisk::NoteRead(uint64_t block) {
  NotePart(block);
  if (block_read_in_[block] == run_) return;
  block_read_in_[block] = run_;
  blocks_read_.push_back(block);
  if (read_seen_) read_seen_(block);
}

void CrashDisk::NotePart(uint64_t block) {
  if (parts_ == nullptr) return;
  if (part_ == 0) {
    block_whole_in_[block] = run_;
  } else if (part_reads_.empty() ||
             part_reads_.back() != BlockPart{block, part_}) {
    part_reads_.push_back({block, part_});
  }
}

bool CrashDisk::IsCopying(MutableByteSpan out) const {
  // The pointers may belong to different arrays; only std::less orders these.
  const std::less<const std::byte*> before;
  return !copy_buffer_.empty() &&
         before(out.data(), copy_buffer_.data() + copy_buffer_.size()) &&
         before(copy_buffer_.data(), out.data() + out.size());
}

void CrashDisk::NoteCopies(uint64_t first_sector, MutableByteSpan out) {
  const ptrdiff_t size = geometry_.sector_bytes;
  const auto buffer_size = static_cast<ptrdiff_t>(copy_buffer_.size());
  // Places in copy_buffer_ of the bytes of one sector.
  ptrdiff_t begin = out.data() - copy_buffer_.data();
  const ptrdiff_t end = begin + static_cast<ptrdiff_t>(out.size());
  for (uint64_t sector = first_sector; begin < end; ++sector, begin += size) {
    const uint64_t byte = sector * geometry_.sector_bytes;
    const uint64_t block = byte / block_bytes_;
    if (sector_written_in_[sector] == run_) continue;
    NoteRead(block);
    // Bytes outside the declared buffer are dropped by the storage.
    const ptrdiff_t from = std::max<ptrdiff_t>(begin, 0);
    const ptrdiff_t to = std::min(begin + size, buffer_size);
    if (block_decides_in_[block] == run_ || from >= to) continue;
    NoteCopy({block,
              static_cast<uint32_t>(byte % block_bytes_ +
                                    static_cast<uint64_t>(from - begin)),
              static_cast<uint32_t>(to - from),
              static_cast<uint32_t>(copy_paths_.size() - 1),
              copy_offset_bytes_ + static_cast<uint64_t>(from)});
  }
}

// Joins the piece to the last one if the two are parts of one range. Reads come
// sector by sector, so that this happens often.
void CrashDisk::NoteCopy(const CopiedPiece& copy) {
  if (!copies_.empty()) {
    CopiedPiece& last = copies_.back();
    if (last.block == copy.block && last.entry == copy.entry &&
        last.offset_in_block + last.size_bytes == copy.offset_in_block &&
        last.offset_bytes + last.size_bytes == copy.offset_bytes) {
      last.size_bytes += copy.size_bytes;
      return;
    }
  }
  copies_.push_back(copy);
}

Status CrashDisk::Write(uint64_t first_sector, ByteSpan data, Layer layer) {
  POWERCUT_TRY(CountRequest());
  WriteImage(first_sector, data);
  if (KeepsEvents()) {
    const uint64_t count = data.size() / geometry_.sector_bytes;
    events_.push_back({DiskEvent::kWrite,
                       layer,
                       {first_sector, count},
                       {data.begin(), data.end()},
                       0,
                       std::nullopt});
  }
  return Ok{};
}

// Notes the first and the last block of a write as deciding if the write leaves
// some of the block's old sectors. What they hold shows after a crash during
// this recovery.
void CrashDisk::NoteRests(SectorRange written) {
  const uint64_t per_block = block_bytes_ / geometry_.sector_bytes;
  for (const uint64_t block :
       {written.first / per_block, (written.end() - 1) / per_block}) {
    const uint64_t end =
        std::min((block + 1) * per_block, geometry_.sector_count);
    for (uint64_t sector = block * per_block; sector < end; ++sector) {
      const bool covered = sector >= written.first && sector < written.end();
      if (covered || sector_written_in_[sector] == run_) continue;
      NoteDeciding(block);
      NoteRead(block);
      break;
    }
  }
}

void CrashDisk::WriteImage(uint64_t first_sector, ByteSpan data) {
  ++write_count_;
  const uint32_t size = geometry_.sector_bytes;
  if (KeepsEvents() && !data.empty()) {
    NoteRests({first_sector, data.size() / size});
  }
  for (uint64_t i = 0; i < data.size() / size; ++i) {
    const uint64_t sector = first_sector + i;
    if (sector_written_in_[sector] == run_) continue;
    sector_written_in_[sector] = run_;
    saved_sectors_.push_back(sector);
    saved_bytes_.resize(saved_bytes_.size() + size);
    image_.Read(sector * size, MutableByteSpan(saved_bytes_).last(size));
  }
  image_.Write(first_sector * size, data);
}

Status CrashDisk::Persist(Layer to, const SectorSet* scope,
                          std::optional<EventNumber> upto) {
  POWERCUT_TRY(CountRequest());
  if (!KeepsEvents()) return Ok{};
  // This event's own number, which limits what the persist carries.
  const auto number = static_cast<EventNumber>(events_.size() + 1);
  RecoveryEvent event;
  event.kind = DiskEvent::kPersist;
  event.layer = to;
  event.upto = std::min(upto.value_or(number), number);
  if (scope != nullptr) event.scope = *scope;
  events_.push_back(std::move(event));
  return Ok{};
}

Status CrashDisk::Discard(SectorRange range) {
  POWERCUT_TRY(CountRequest());
  // A discarded sector reads as zeros.
  WriteImage(range.first, Bytes(range.count * geometry_.sector_bytes));
  if (KeepsEvents()) {
    events_.push_back(
        {DiskEvent::kDiscard, Layer::kDevice, range, {}, 0, std::nullopt});
  }
  return Ok{};
}

// A recovery has no ops, and its marks are of no use.
void CrashDisk::Mark(std::string_view) {}

void CrashDisk::DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                                  uint64_t offset_bytes) {
  copy_buffer_ = buffer;
  copy_offset_bytes_ = offset_bytes;
  if (buffer.empty()) return;
  // A file is read in many pieces, and its path is kept once for all of them.
  if (copy_paths_.empty() || copy_paths_.back() != path) {
    copy_paths_.emplace_back(path);
  }
}

void CrashDisk::DeclarePart(ShownPart part) {
  part_ = parts_ == nullptr ? 0 : parts_->NumberOf(part);
}

RunReads CrashDisk::Reads(const Observation& observation) const {
  std::vector<std::optional<CopyPlace>> places;
  for (const std::string& path : copy_paths_) {
    places.push_back(PlaceOf(path, observation));
  }
  // One piece that does not fit is enough for its whole block to decide.
  std::unordered_set<uint64_t> looked_at;
  for (const CopiedPiece& copy : copies_) {
    if (!Fits(copy, places[copy.entry])) looked_at.insert(copy.block);
  }
  const auto decides = [&](uint64_t block) {
    return block_decides_in_[block] == run_ || looked_at.contains(block);
  };
  // The order matters: each block must follow from the contents of the blocks
  // before it. What only the observation made a read comes last.
  RunReads reads;
  reads.blocks = blocks_deciding_;
  std::copy_if(blocks_read_.begin(), blocks_read_.end(),
               std::back_inserter(reads.blocks), [&](uint64_t block) {
                 return block_decides_in_[block] != run_ &&
                        looked_at.contains(block);
               });
  for (CopiedPiece copy : copies_) {
    if (decides(copy.block)) continue;
    copy.entry = places[copy.entry]->entry;
    reads.copies.push_back(copy);
  }
  if (write_count_ > 0) return reads;
  std::ranges::copy_if(part_reads_, std::back_inserter(reads.parts),
                       [this](const BlockPart& read) {
                         return block_whole_in_[read.block] != run_;
                       });
  std::ranges::sort(reads.parts);
  const auto again = std::ranges::unique(reads.parts);
  reads.parts.erase(again.begin(), again.end());
  return reads;
}

void CrashDisk::CountCopiesAsRead() {
  for (const uint64_t block : blocks_read_) NoteDeciding(block);
  copies_.clear();
  part_reads_.clear();
}

void CrashDisk::Reset() {
  const uint32_t size = geometry_.sector_bytes;
  for (size_t i = 0; i < saved_sectors_.size(); ++i) {
    image_.Write(saved_sectors_[i] * size,
                 ByteSpan(saved_bytes_).subspan(i * size, size));
  }
  // The copy follows the image, which looks changed where the copy was written.
  if (const auto& changes = image_.changes(); changes != nullptr) {
    for (const SectorRange& range : lent_writes_) {
      changes->Note(range.first * size, range.count * size);
    }
    if (lent_lost_) changes->NoteEverything();
  }
  lent_writes_.clear();
  lent_lost_ = false;
  saved_sectors_.clear();
  saved_bytes_.clear();
  blocks_read_.clear();
  blocks_deciding_.clear();
  EndCopyTarget();
  copy_paths_.clear();
  copies_.clear();
  part_ = 0;
  part_reads_.clear();
  events_.clear();
  observing_ = false;
  requests_ = 0;
  write_count_ = 0;
  ++run_;
}

}  // namespace powercut
