// StateId: the text form of a crash state, short enough to paste (design.md
// section 4).
//
//   id    = point kind [("-"|"+") item {"," item}] {"/" id} "@" digest
//   point = N | N.M      after N disk events (and M of the marks there)
//   kind  = k | o | p    process, os, power
//   item  = w EVENT [":" A ["~" B]]   sectors A to B of the write; d: discard
//
// The letter of the process crash is `k` (kill), so that `p` is free for power.
// A long list of items is `#` and the base64url of a bitmap instead
// (harness/space/crash_state.h). Parsing and printing know nothing of a trace:
// Print(Parse(text)) == text for every accepted text.

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

struct StateItem {
  bool discard = false;
  EventNumber event = 0;
  // First and last sector, counted from the event's first; nothing: all.
  std::optional<std::pair<uint32_t, uint32_t>> sectors;

  bool operator==(const StateItem&) const = default;
};

// One crash of a chain of crashes.
struct CrashStep {
  EventNumber point = 0;
  uint32_t marks = 0;
  CrashKind kind = CrashKind::kPower;
  // '-': all newest but the items; '+': all at the floor but the items; 0:
  // there are no items.
  char sign = 0;
  std::vector<StateItem> items;
  // In place of items: base64url of the bitmap, without its `#`.
  std::string bitmap;

  bool operator==(const CrashStep&) const = default;
};

struct StateId {
  std::vector<CrashStep> steps;  // at least one; later ones are nested
  uint32_t digest = 0;

  bool operator==(const StateId&) const = default;
};

// Errors: kUsage, with the id, the column and what was expected there.
Result<StateId> ParseStateId(std::string_view text);

std::string StateIdText(const StateId& id);
// One step without the digest: `412p-w405`.
std::string CrashStepText(const CrashStep& step);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_STATE_ID_H_
