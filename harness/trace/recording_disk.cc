// Every change goes to two places: to the trace, and to a live image that
// serves the reads. The image could be rebuilt from the trace, but a read must
// not cost the length of the recording. The image points to the contents that
// the trace keeps, so that they are held once. A self-check after the recording
// compares the two (CheckTraceAgainstDisk()).

#include "harness/trace/recording_disk.h"

#include <utility>

namespace powercut {

RecordingDisk::RecordingDisk(DiskGeometry geometry,
                             const std::shared_ptr<const SparseImage>& base)
    : trace_(geometry, base), live_(*base) {}

Status RecordingDisk::Read(uint64_t first_sector, MutableByteSpan out) {
  live_.Read(first_sector * geometry().sector_bytes, out);
  return Ok{};
}

Status RecordingDisk::Write(uint64_t first_sector, ByteSpan data, Layer layer) {
  const EventNumber number = trace_.AddWrite(first_sector, data, layer);
  live_.WriteLasting(first_sector * geometry().sector_bytes,
                     trace_.data(trace_.event(number)));
  return Ok{};
}

Status RecordingDisk::Persist(Layer to, const SectorSet* scope,
                              std::optional<EventNumber> upto) {
  trace_.AddPersist(to, scope, upto);
  return Ok{};
}

Status RecordingDisk::Discard(SectorRange range) {
  trace_.AddDiscard(range);
  live_.Write(range.first * geometry().sector_bytes,
              Bytes(range.count * geometry().sector_bytes));
  return Ok{};
}

void RecordingDisk::Mark(std::string_view text) { trace_.AddMark(text); }

}  // namespace powercut
