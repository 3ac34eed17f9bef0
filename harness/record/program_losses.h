// ProgramLosses: what a crash takes of a recorded program, told by the events
// of its recording. Only who knows the calls of the program can tell; the rooms
// that judge, explore and explain ask through this interface.

#ifndef POWERCUT_HARNESS_RECORD_PROGRAM_LOSSES_H_
#define POWERCUT_HARNESS_RECORD_PROGRAM_LOSSES_H_

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/space/crash_state.h"

namespace powercut {

// A thing of which a crash can take what a program did to it.
struct LostThing {
  // `data`, `size`, `name` or `attributes` of a file.
  std::string part;
  // The file's path at the crash, as one word: each part of it is masked as
  // MaskedLine() does it, and `:` stands between the parts.
  std::string path;

  auto operator<=>(const LostThing&) const = default;
};

// What LossOfThing::missing says if no sync is missing.
inline constexpr std::string_view kNothingMissing = "none";
inline constexpr std::string_view kInFlight = "in-flight";

// How it was lost.
struct LossOfThing {
  // `removal` if what was lost of a name is, first of all, that it was removed;
  // otherwise the part of the thing.
  std::string what;
  // The weakest sync that the world promises to keep it, and that had not
  // returned when the crash came: `fdatasync`, `fsync`, `full_fsync`,
  // `fsync-directory` or `syncfs`. It is `none` if that sync had returned, or
  // if the world promises none, and `in-flight`, whatever the world promises,
  // if the program had done nothing else yet: no sync could have come earlier.
  std::string missing;

  auto operator<=>(const LossOfThing&) const = default;
};

// What a state lost of a program.
using LossSet = std::map<LostThing, LossOfThing>;

// Not thread-safe: what was found out is kept.
class ProgramLosses {
 public:
  struct Loss {
    LostThing thing;
    LossOfThing how;
  };

  virtual ~ProgramLosses() = default;

  // What is lost if a crash after `point` events takes `write`; `nullptr` if
  // its event is the work of no call, or of a sync. The answer does not depend
  // on earlier questions, and is valid until one is asked about another point.
  // Requires: the event is at most `point`, and both are of the recording of
  // the calls.
  virtual const Loss* LossOf(const WrittenSector& write,
                             EventNumber point) const = 0;

  // What a crash after `point` events takes with `lost`, although it left it on
  // the disk: a journal ends where something is missing. Ascending.
  virtual std::vector<WrittenSector> FollowersOf(
      const std::vector<WrittenSector>& lost, EventNumber point) const = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_PROGRAM_LOSSES_H_
