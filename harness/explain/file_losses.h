// What a crash state of a recorded program lost, by the names of files; and
// what was not yet issued to the disk when the program wrote its last ack.

#ifndef POWERCUT_HARNESS_EXPLAIN_FILE_LOSSES_H_
#define POWERCUT_HARNESS_EXPLAIN_FILE_LOSSES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/explain/loss_reader.h"
#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"

namespace powercut {

// Lost bytes that belong to one owner.
struct LostPlace {
  // A file with the bytes of it, or another owner, such as
  // `/f bytes 0 to 4095`, `names in /d`, `the journal`. If the owner is known
  // from the end of the recording only, or had changed by then, the text says
  // so.
  std::string owner;
  // The events that wrote the bytes, ascending.
  std::vector<EventNumber> events;
  uint64_t lost_bytes = 0;
};

struct FileLosses {
  // The contents of files first, then names, then the others; by owner.
  std::vector<LostPlace> lost;
  // The number of acks in force and the last of them; 0 and empty if there was
  // none, and `ack_event` is then 0.
  uint64_t acks = 0;
  std::string last_ack;
  // The number of disk events before the last ack.
  EventNumber ack_event = 0;
  // What the volume showed to programs at the last ack, and what the disk
  // would not have shown even if everything issued by then had persisted. By
  // path. `std::nullopt` if that is not known.
  std::optional<std::vector<std::string>> unissued;
  // What could not be found out, and why, one line each.
  std::vector<std::string> notes;
};

// Names the losses of states of one recording. Maps are made by mounting, once
// for each moment: the image with everything that was issued by then. A map at
// the crash is right about what the disk held then; a map at the end knows
// files that the disk did not know yet.
class LossNamer {
 public:
  // What `run` refers to must outlive this object. The backend must have no
  // mount while a function of this class runs.
  explicit LossNamer(const RecordedRun& run);

  // `cursor` must stand at the state's point and kind. O(lost blocks * parts),
  // and up to three mounts of some milliseconds each.
  // Errors: the error of Backend::MissingResource(); kIo if a helper process of
  // the backend ended.
  Result<FileLosses> Name(const CrashState& state, const PointCursor& cursor);

  // Who owns each of these ranges of sectors at a crash after `point` events,
  // or else at the end of the recording: `/f bytes 0 to 4095`, `names in /d`.
  // Empty texts where nobody knows. O(ranges * parts), and up to two mounts.
  // Errors: those of Name().
  Result<std::vector<std::string>> OwnersOf(
      EventNumber point, std::span<const SectorRange> ranges);

 private:
  // A map of the image after `point` events.
  struct Moment {
    std::optional<VolumeMap> map;  // `std::nullopt` if it could not be made
    std::string failure;           // why
  };
  Result<const Moment*> MomentAt(EventNumber point);
  void NameLost(const std::vector<LostSectors>& lost, const Moment& crash,
                const Moment& end, FileLosses& out) const;
  void NameUnissued(const VolumeLook& seen, const VolumeMap& issued,
                    const Moment& end, FileLosses& out) const;
  bool ChangedUnwritten(const VolumeEntry& entry, const FileLosses& out,
                        std::span<const VolumeMap* const> maps) const;
  std::optional<EventNumber> FirstWrite(
      EventNumber after, EventNumber upto, const std::string& path,
      uint64_t from_byte, std::span<const VolumeMap* const> maps) const;

  const RecordedRun run_;
  std::map<EventNumber, Moment> moments_;
};

// Numbers as ranges, such as `405, 407 to 417`. Two numbers in a row are not
// worth a range. `none` if there are no numbers.
std::string RangesText(std::span<const EventNumber> numbers);

// Fills in Finding::lost_files and Finding::unissued of findings of a recorded
// program. Findings of recoveries that died or hung are left out, because a
// mount of a similar state could do the same to this process.
// Errors: as LossNamer::Name().
Status AddFileNames(const RecordedRun& run, std::span<Finding> findings);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_FILE_LOSSES_H_
