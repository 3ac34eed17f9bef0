// StateId: the text that names a crash state of a recording, short enough to
// paste. docs/crash_model.md 4 says what it means.
//
//   id     = step {"/" step} "@" digest
//   step   = point kind [("-" | "+") list]
//   point  = N ["." M]       after N disk events, and M of the marks there
//   kind   = "k" | "o" | "p" process (kill), os, power
//   list   = item {"," item} | "#" bitmap
//   item   = ("w" | "d") EVENT [":" A ["~" B]]
//                            a write or a discard, or its sectors A to B
//   digest = 8 lower-case hex digits
//
// Parsing and printing know nothing of a trace; harness/space/crash_state.h
// translates between steps and states. Each accepted text is what printing its
// id gives.

#ifndef POWERCUT_HARNESS_SPACE_STATE_ID_H_
#define POWERCUT_HARNESS_SPACE_STATE_ID_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/crash_kind.h"
#include "harness/base/result.h"
#include "harness/disk/virtual_disk.h"

namespace powercut {

// One write or discard in a list, or a part of it.
struct StateItem {
  bool discard = false;
  EventNumber event = 0;
  // The first and the last sector, counted from the event's first sector.
  // `std::nullopt` means all sectors.
  std::optional<std::pair<uint32_t, uint32_t>> sectors;

  bool operator==(const StateItem&) const = default;
};

// One crash of a chain of crashes.
struct CrashStep {
  EventNumber point = 0;
  // How many of the marks after the last event had happened, too.
  uint32_t marks = 0;
  CrashKind kind = CrashKind::kPower;
  // '-' if the items are lost and all else is at its newest version; '+' if the
  // items are kept and all else is at its floor; 0 if there is no list, so that
  // everything is at its newest version.
  char sign = 0;
  std::vector<StateItem> items;
  // The base64url text of a bitmap that stands in place of items, with no `#`.
  // Empty if there is no bitmap.
  std::string bitmap;

  bool operator==(const CrashStep&) const = default;
};

struct StateId {
  // At least one. Each later step is a crash during the recovery from the state
  // that the steps before it name.
  std::vector<CrashStep> steps;
  // Trace::Digest() of the recording.
  uint32_t digest = 0;

  bool operator==(const StateId&) const = default;
};

// The id that a text is.
// Errors: kUsage, with the text, the column and what was expected there.
Result<StateId> ParseStateId(std::string_view text);

// The text of an id.
std::string StateIdText(const StateId& id);
// The text of one step, which has no digest, such as `412p-w405`.
std::string CrashStepText(const CrashStep& step);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_STATE_ID_H_
