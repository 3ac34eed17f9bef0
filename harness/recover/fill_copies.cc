// Overwrites, in a copy of the finished run's observation, each copied piece by
// the same bytes of the other state. No judging happens here: the filled-in
// outcome is judged like one that was run.

#include "harness/recover/fill_copies.h"

#include <algorithm>
#include <string>

#include "harness/base/check.h"

namespace powercut {

bool CopiesFit(std::span<const CopiedPiece> copies,
               const RecoveryOutcome& outcome, uint64_t disk_bytes) {
  const std::vector<ObservedEntry>& entries = outcome.observation.entries;
  return std::ranges::all_of(copies, [&](const CopiedPiece& piece) {
    const bool to_device = piece.entry == CopiedPiece::kDevice;
    if (!to_device && piece.entry >= entries.size()) return false;
    const uint64_t room =
        to_device ? disk_bytes : entries[piece.entry].content.size();
    // In two steps, since the sum may wrap around.
    return piece.offset_bytes <= room &&
           piece.size_bytes <= room - piece.offset_bytes;
  });
}

RecoveryOutcome FillCopies(RecoveryOutcome outcome,
                           std::span<const CopiedPiece> copies,
                           const BytesOfBlock& bytes_of) {
  Observation& observation = outcome.observation;
  bool device = false;
  for (const CopiedPiece& piece : copies) {
    const bool to_device = piece.entry == CopiedPiece::kDevice;
    std::string& content = to_device
                               ? observation.device
                               : observation.entries.at(piece.entry).content;
    const uint64_t end = piece.offset_bytes + piece.size_bytes;
    // The device is shown without the zeros at its end, so that it may have to
    // grow before the piece is written and be cut again at the end.
    if (to_device) content.resize(std::max<uint64_t>(content.size(), end));
    device = device || to_device;
    // CrashDisk::Reads() reports only pieces that lie within the content.
    POWERCUT_CHECK(end <= content.size());
    const ByteSpan bytes =
        bytes_of(piece.block).subspan(piece.offset_in_block, piece.size_bytes);
    content.replace(piece.offset_bytes, piece.size_bytes, AsText(bytes));
  }
  if (device) {
    std::string& content = observation.device;
    // npos + 1 is 0: nothing is left.
    content.resize(content.find_last_not_of('\0') + 1);
  }
  return outcome;
}

}  // namespace powercut
