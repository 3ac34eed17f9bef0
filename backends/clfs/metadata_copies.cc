// Three copies are the least that work: one for what was promised for the loss
// of power, one for what was promised for the death of the process, and one to
// write.
//
// Example: version 1 is on the media in copy 0, version 2 has reached the host
// in copy 1. Version 3 goes to copy 2. If its write tears, a crash of the
// process leaves version 2, and a loss of power leaves version 1 or 2.

#include "backends/clfs/metadata_copies.h"

#include <algorithm>
#include <utility>

namespace powercut::clfs {

Result<std::vector<Bytes>> MetadataCopies::Load() {
  struct Found {
    uint32_t copy = 0;
    MetadataBlock block;
  };
  std::vector<Found> found;
  for (uint32_t i = 0; i < kCount; ++i) {
    Bytes sectors(size_t{kMetadataSectors} * kSectorBytes);
    POWERCUT_TRY(disk_->Read(RangeOf(i).first, sectors));
    auto block = DecodeMetadata(sectors, kind_, log_id_);
    if (block) found.push_back({i, std::move(*block)});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.block.dump_count > b.block.dump_count;
  });
  std::vector<Bytes> payloads;
  for (const Found& f : found) payloads.push_back(f.block.payload);
  if (!found.empty()) {
    newest_ = found.front().block;
    newest_copy_ = found.front().copy;
  }
  layer_ = newest_ ? Layer::kProcess : Layer::kMedia;
  unsettled_ = newest_.has_value();
  // An earlier Persist() of it may have failed before the crash, and then
  // another one would promise nothing.
  write_again_ = unsettled_;
  return payloads;
}

uint32_t MetadataCopies::FreeCopy() const {
  // At most two copies are taken, so that the third one is free at the latest.
  uint32_t copy = 0;
  while (!single_ && (host_copy_ == copy || media_copy_ == copy)) ++copy;
  return copy;
}

Status MetadataCopies::Write(Bytes payload) {
  POWERCUT_TRY(Settle());
  MetadataBlock next;
  next.kind = kind_;
  next.log_id = log_id_;
  next.dump_count = newest_ ? newest_->dump_count + 1 : 1;
  next.payload = std::move(payload);
  newest_ = std::move(next);
  newest_copy_ = FreeCopy();
  layer_ = Layer::kProcess;
  return WriteNewest();
}

Status MetadataCopies::WriteNewest() {
  const Bytes sectors = EncodeMetadata(*newest_);
  // Stays set if the write fails, so that the next AddTo() tries once more.
  write_again_ = true;
  POWERCUT_TRY(
      disk_->Write(RangeOf(newest_copy_).first, sectors, Layer::kProcess));
  write_again_ = false;
  return Ok{};
}

Status MetadataCopies::Settle() {
  if (!unsettled_) return Ok{};
  SectorSet scope;
  POWERCUT_TRY(AddTo(scope));
  const Status persisted = disk_->Persist(Layer::kMedia, &scope);
  if (!persisted) {
    PersistFailed();
    return persisted.error();
  }
  Persisted(Layer::kMedia);
  return Ok{};
}

Status MetadataCopies::AddTo(SectorSet& scope) {
  if (write_again_) POWERCUT_TRY(WriteNewest());
  scope.Add(RangeOf(newest_copy_));
  return Ok{};
}

void MetadataCopies::Persisted(Layer layer) {
  layer_ = layer;
  // Every layer to which copies are carried lies at the host or beyond.
  host_copy_ = newest_copy_;
  if (layer < Layer::kMedia) return;
  media_copy_ = newest_copy_;
  unsettled_ = false;
}

}  // namespace powercut::clfs
