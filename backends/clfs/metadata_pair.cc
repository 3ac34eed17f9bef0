#include "backends/clfs/metadata_pair.h"

#include <utility>

namespace powercut::clfs {

Result<std::vector<Bytes>> MetadataPair::Load() {
  std::array<std::optional<MetadataBlock>, 2> copies;
  for (uint32_t i = 0; i < copies.size(); ++i) {
    Bytes sectors(size_t{kMetadataSectors} * kSectorBytes);
    POWERCUT_TRY(disk_->Read(RangeOf(i).first, sectors));
    copies[i] = DecodeMetadata(sectors, kind_, log_id_);
  }
  const bool second_first =
      copies[1] &&
      (!copies[0] || copies[1]->dump_count > copies[0]->dump_count);
  newest_copy_ = second_first ? 1 : 0;
  newest_ = copies[newest_copy_];
  layer_ = newest_ ? Layer::kProcess : Layer::kMedia;
  unsettled_ = newest_.has_value();
  // An earlier Persist() of it may have failed.
  write_again_ = unsettled_;
  kept_copy_.reset();
  std::vector<Bytes> payloads;
  for (const uint32_t i : {newest_copy_, 1 - newest_copy_}) {
    if (copies[i]) payloads.push_back(copies[i]->payload);
  }
  return payloads;
}

Status MetadataPair::Write(Bytes payload) {
  POWERCUT_TRY(Settle());
  MetadataBlock next;
  next.kind = kind_;
  next.log_id = log_id_;
  next.dump_count = newest_ ? newest_->dump_count + 1 : 1;
  next.payload = std::move(payload);
  newest_ = std::move(next);
  newest_copy_ = kept_copy_ == 0u && !single_ ? 1 : 0;
  layer_ = Layer::kProcess;
  return WriteNewest();
}

Status MetadataPair::WriteNewest() {
  const Bytes sectors = EncodeMetadata(*newest_);
  write_again_ = true;
  POWERCUT_TRY(
      disk_->Write(RangeOf(newest_copy_).first, sectors, Layer::kProcess));
  write_again_ = false;
  return Ok{};
}

Status MetadataPair::Settle() {
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

Status MetadataPair::AddTo(SectorSet& scope) {
  if (write_again_) POWERCUT_TRY(WriteNewest());
  scope.Add(RangeOf(newest_copy_));
  return Ok{};
}

void MetadataPair::Persisted(Layer layer) {
  layer_ = layer;
  if (layer < Layer::kMedia) return;
  kept_copy_ = newest_copy_;
  unsettled_ = false;
}

}  // namespace powercut::clfs
