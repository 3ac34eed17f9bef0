// Each request goes through the same steps: release delayed data if that is
// due, ask which fault falls on the request (Count()), mark the fault, and pass
// on to the disk below what is left of the request.
//
// *Event numbers.* The storage names events in Persist() and counts one for
// each of its requests that succeeded. The disk below has fewer events where a
// request was lost or lied about, and more where one was split or where delayed
// data arrived. `below_after_` translates. Example: event 1 is a write; event 2
// is a write that is lost; event 3 is misdirected around the end of the disk,
// so that it is two writes below; event 4 is a write:
//
//   event here           0  1  2  3  4
//   below_after_         0  1  1  3  4
//
// A persist `upto` 3 is passed on as `upto` 3, and one `upto` 2 as `upto` 1,
// since the lost write is not there to be carried.
//
// *Delayed data* lives in `delayed_`, by sector. Reads see it, and a newer
// write or discard of a sector replaces it. A flush to the media makes its
// release due; the next request that is no flush releases it first, as writes
// at the device. So it is in the trace after the flush that should have carried
// it, and before everything that comes later.

#include "harness/fault/fault_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/trace/op_history.h"

namespace powercut {
namespace {

bool Overlap(const SectorRange& a, const SectorRange& b) {
  return a.first < b.end() && b.first < a.end();
}

std::string RangeText(const SectorRange& range) {
  if (range.count == 1) return fmt::format("sector {}", range.first);
  return fmt::format("sectors {} to {}", range.first, range.end() - 1);
}

}  // namespace

FaultDisk::FaultDisk(VirtualDisk& below, std::span<const Op> faults,
                     FaultPhase phase)
    : below_(below) {
  for (Fault& fault : MakeFaults(faults, phase)) {
    // A read that fails gives no bytes, wrong or right.
    const bool wrong_read =
        fault.target == Fault::kRead && fault.kind != Fault::kError;
    changes_reads_ |= wrong_read || fault.kind == Fault::kDelay;
    faults_.push_back({std::move(fault), 0, false});
  }
}

Status FaultDisk::Disarm() {
  armed_ = false;
  return ReleaseDelayed();
}

std::vector<uint32_t> FaultDisk::Fired() const {
  std::vector<uint32_t> numbers;
  for (const Armed& armed : faults_) {
    if (armed.fired) numbers.push_back(armed.fault.number);
  }
  return numbers;
}

// --- which fault ------------------------------------------------------------

bool FaultDisk::Concerns(const Fault& fault, const SectorRange* range,
                         const SectorSet* scope) const {
  if (range != nullptr) {
    // Half of one sector is none, and a request as long as the disk that goes
    // elsewhere comes back to its own place: the fault would do nothing.
    if (fault.kind == Fault::kTear && range->count < 2) return false;
    if (fault.kind == Fault::kMisdirect &&
        range->count >= geometry().sector_count) {
      return false;
    }
    return !fault.sectors || Overlap(*range, *fault.sectors);
  }
  if (!fault.sectors || scope == nullptr) return true;
  bool touches = false;
  scope->ForEachRange([&](SectorRange part) {
    touches = touches || Overlap(part, *fault.sectors);
  });
  return touches;
}

const Fault* FaultDisk::Count(Fault::Target target, const SectorRange* range,
                              const SectorSet* scope) {
  if (!armed_) return nullptr;
  Armed* due = nullptr;
  // All faults count the request, even after one was found: `nth` of a fault
  // must not depend on which others there are.
  for (Armed& armed : faults_) {
    const Fault& fault = armed.fault;
    if (fault.target != target || !Concerns(fault, range, scope)) continue;
    ++armed.seen;
    // `times` may be the largest number there is, so that nth + times would
    // wrap around.
    const bool its_turn =
        armed.seen >= fault.nth && armed.seen - fault.nth < fault.times;
    if (its_turn && due == nullptr) due = &armed;
  }
  if (due == nullptr) return nullptr;
  due->fired = true;
  return &due->fault;
}

void FaultDisk::Tell(const Fault& fault, const SectorRange* range,
                     std::string_view what) {
  const std::string where = range == nullptr ? "" : RangeText(*range) + " ";
  below_.Mark(FaultMark(fault.number,
                        fmt::format("{}: {}{}", fault.text, where, what)));
}

Error FaultDisk::Failure(const Fault& fault, const SectorRange* range) {
  const bool full = fault.kind == Fault::kFull;
  // In the order of Fault::Target.
  constexpr std::string_view kWhat[] = {"not read, with an error",
                                        "not written, with an error", "fails",
                                        "not discarded, with an error"};
  Tell(fault, range, full ? "not written, no room" : kWhat[fault.target]);
  return {full ? ErrorCode::kFull : ErrorCode::kIo, "an injected fault"};
}

// --- requests ---------------------------------------------------------------

Status FaultDisk::Read(uint64_t first_sector, MutableByteSpan out) {
  POWERCUT_TRY(release_due_ ? ReleaseDelayed() : Status(Ok{}));
  const SectorRange range = RangeOf(first_sector, out.size());
  const Fault* fault = Count(Fault::kRead, &range, nullptr);
  if (fault == nullptr) {
    POWERCUT_TRY(below_.Read(first_sector, out));
    ShowDelayed(range, out);
    return Ok{};
  }
  if (fault->kind == Fault::kError) return Failure(*fault, &range);
  // A misdirected read and a flipped one differ only in where they read and in
  // what is done to the bytes afterwards.
  std::vector<SectorRange> parts = {range};
  if (fault->kind == Fault::kMisdirect) {
    parts = Elsewhere(range);
    Tell(*fault, &range, "answered from " + RangeText(parts.front()));
  }
  size_t done = 0;
  for (const SectorRange& part : parts) {
    const MutableByteSpan piece =
        out.subspan(done, part.count * sector_bytes());
    POWERCUT_TRY(below_.Read(part.first, piece));
    ShowDelayed(part, piece);
    done += piece.size();
  }
  if (fault->kind == Fault::kFlip) {
    Tell(*fault, &range, "answered with bits turned over");
    Flip(*fault, range, out);
  }
  return Ok{};
}

Status FaultDisk::Write(uint64_t first_sector, ByteSpan data, Layer layer) {
  POWERCUT_TRY(release_due_ ? ReleaseDelayed() : Status(Ok{}));
  const SectorRange range = RangeOf(first_sector, data.size());
  const Fault* fault = Count(Fault::kWrite, &range, nullptr);
  POWERCUT_TRY(fault == nullptr ? WriteBelow(first_sector, data, layer)
                                : WriteBadly(*fault, range, data, layer));
  EndEvent();
  return Ok{};
}

Status FaultDisk::WriteBadly(const Fault& fault, SectorRange range,
                             ByteSpan data, Layer layer) {
  const uint64_t half = range.count / 2;
  Bytes flipped;
  switch (fault.kind) {
    case Fault::kLose:
      Tell(fault, &range, "not written");
      return Ok{};
    case Fault::kTear:
      Tell(fault, &range,
           fmt::format("written up to {}", range.first + half - 1));
      return WriteBelow(range.first, data.first(half * sector_bytes()), layer);
    case Fault::kMisdirect:
      return WriteElsewhere(fault, range, data, layer);
    case Fault::kFlip:
      Tell(fault, &range, "written with bits turned over");
      flipped.assign(data.begin(), data.end());
      Flip(fault, range, flipped);
      return WriteBelow(range.first, flipped, layer);
    case Fault::kDelay:
      Tell(fault, &range, "held back until a flush is over");
      Delay(range, data);
      return Ok{};
    case Fault::kError:
    case Fault::kFull:
    case Fault::kLie:  // CheckFaultIsOffered() refuses it on a write.
      break;
  }
  return Failure(fault, &range);
}

Status FaultDisk::WriteElsewhere(const Fault& fault, SectorRange range,
                                 ByteSpan data, Layer layer) {
  const std::vector<SectorRange> parts = Elsewhere(range);
  Tell(fault, &range, "written to " + RangeText(parts.front()));
  size_t done = 0;
  for (const SectorRange& part : parts) {
    const size_t size = part.count * sector_bytes();
    POWERCUT_TRY(WriteBelow(part.first, data.subspan(done, size), layer));
    done += size;
  }
  return Ok{};
}

Status FaultDisk::Persist(Layer to, const SectorSet* scope,
                          std::optional<EventNumber> upto) {
  // A persist to the host stands for a system call that copies data into the
  // page cache; no request reaches the disk, so that no fault can fall on it.
  const Fault* fault =
      to == Layer::kHost ? nullptr : Count(Fault::kFlush, nullptr, scope);
  if (fault != nullptr && fault->kind == Fault::kError) {
    return Failure(*fault, nullptr);
  }
  if (upto) {
    upto = below_after_[std::min<size_t>(*upto, below_after_.size() - 1)];
  }
  // The only other kind of fault on a flush.
  const bool lies = fault != nullptr;
  // The host sends named sectors to the disk before the disk can lie about its
  // cache, so that they are at the device at least.
  const bool sent = to == Layer::kMedia && scope != nullptr;
  if (lies) {
    Tell(
        *fault, nullptr,
        sent ? "what it names comes to the device only" : "nothing is carried");
  }
  if (!lies || sent) {
    POWERCUT_TRY(below_.Persist(lies ? Layer::kDevice : to, scope, upto));
    ++below_count_;
  }
  // Even a flush that was a lie is over for the storage, which goes on.
  release_due_ = release_due_ || (to == Layer::kMedia && !delayed_.empty());
  EndEvent();
  return Ok{};
}

Status FaultDisk::Discard(SectorRange range) {
  POWERCUT_TRY(release_due_ ? ReleaseDelayed() : Status(Ok{}));
  const Fault* fault = Count(Fault::kDiscard, &range, nullptr);
  if (fault == nullptr) {
    POWERCUT_TRY(DiscardBelow(range));
  } else if (fault->kind == Fault::kError) {
    return Failure(*fault, &range);
  } else if (fault->kind == Fault::kLose) {
    Tell(*fault, &range, "not discarded");
  } else if (fault->kind == Fault::kTear) {
    const uint64_t count = range.count / 2;
    Tell(*fault, &range,
         fmt::format("discarded up to {}", range.first + count - 1));
    POWERCUT_TRY(DiscardBelow({range.first, count}));
  } else {
    // Misdirected: no other kind is left that can fall on a discard.
    const std::vector<SectorRange> parts = Elsewhere(range);
    Tell(*fault, &range, RangeText(parts.front()) + " discarded instead");
    for (const SectorRange& part : parts) POWERCUT_TRY(DiscardBelow(part));
  }
  EndEvent();
  return Ok{};
}

void FaultDisk::DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                                  uint64_t offset_bytes) {
  if (changes_reads_) return;
  below_.DeclareCopyTarget(path, buffer, offset_bytes);
}

void FaultDisk::DeclarePart(ShownPart part) {
  if (faults_.empty()) below_.DeclarePart(part);
}

// --- what faults do ---------------------------------------------------------

std::vector<SectorRange> FaultDisk::Elsewhere(SectorRange range) const {
  const uint64_t all = geometry().sector_count;
  const uint64_t first = range.end() % all;
  const uint64_t before_end = std::min(range.count, all - first);
  std::vector<SectorRange> parts = {{first, before_end}};
  if (before_end < range.count) parts.push_back({0, range.count - before_end});
  return parts;
}

Status FaultDisk::WriteBelow(uint64_t first_sector, ByteSpan data,
                             Layer layer) {
  POWERCUT_TRY(below_.Write(first_sector, data, layer));
  ++below_count_;
  ForgetDelayed(RangeOf(first_sector, data.size()));
  return Ok{};
}

Status FaultDisk::DiscardBelow(SectorRange range) {
  POWERCUT_TRY(below_.Discard(range));
  ++below_count_;
  ForgetDelayed(range);
  return Ok{};
}

void FaultDisk::Flip(const Fault& fault, SectorRange range,
                     MutableByteSpan data) const {
  for (uint64_t i = 0; i < range.count; ++i) {
    const uint64_t sector = range.first + i;
    if (fault.sectors && !Overlap({sector, 1}, *fault.sectors)) continue;
    data[i * sector_bytes()] ^= std::byte{1};
  }
}

void FaultDisk::Delay(SectorRange range, ByteSpan data) {
  for (uint64_t i = 0; i < range.count; ++i) {
    const ByteSpan bytes = data.subspan(i * sector_bytes(), sector_bytes());
    delayed_[range.first + i] = Bytes(bytes.begin(), bytes.end());
  }
}

// Newer data of a sector has reached the disk below: the delayed data must not
// overwrite it later.
void FaultDisk::ForgetDelayed(SectorRange range) {
  delayed_.erase(delayed_.lower_bound(range.first),
                 delayed_.lower_bound(range.end()));
}

void FaultDisk::ShowDelayed(SectorRange range, MutableByteSpan out) const {
  const auto end = delayed_.lower_bound(range.end());
  for (auto at = delayed_.lower_bound(range.first); at != end; ++at) {
    const auto& [sector, bytes] = *at;
    std::copy(bytes.begin(), bytes.end(),
              out.begin() + static_cast<ptrdiff_t>((sector - range.first) *
                                                   sector_bytes()));
  }
}

Status FaultDisk::ReleaseDelayed() {
  release_due_ = false;
  // One write for each run of adjacent sectors. WriteBelow() takes the sectors
  // out of `delayed_`, so that each turn begins with the first one left.
  while (!delayed_.empty()) {
    const uint64_t first = delayed_.begin()->first;
    Bytes data;
    uint64_t next = first;
    for (auto at = delayed_.begin(); at != delayed_.end() && at->first == next;
         ++at, ++next) {
      data.insert(data.end(), at->second.begin(), at->second.end());
    }
    below_.Mark("delayed " + RangeText({first, next - first}) + " arrives");
    POWERCUT_TRY(WriteBelow(first, data, Layer::kDevice));
  }
  return Ok{};
}

}  // namespace powercut
