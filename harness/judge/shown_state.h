// ShownState: the state that a finding shows, as data, for reports that draw
// it: what the open blocks hold, why the rest was lost, and files as they were
// found and as they might have been.

#ifndef POWERCUT_HARNESS_JUDGE_SHOWN_STATE_H_
#define POWERCUT_HARNESS_JUDGE_SHOWN_STATE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"
#include "harness/disk/virtual_disk.h"

namespace powercut {

// The most blocks, losses, names, names with a content and versions of one name
// that are kept of one state; and the most bytes of one content.
inline constexpr size_t kShownBlocksMax = 256;
inline constexpr size_t kShownLossesMax = 64;
inline constexpr size_t kShownNamesMax = 32;
inline constexpr size_t kShownContentsMax = 4;
inline constexpr size_t kShownVersionsMax = 4;
inline constexpr size_t kShownContentBytesMax = 512;

// A block that the crash could have left at more than one version.
struct ShownBlock {
  uint64_t sector = 0;  // its first sector
  // The event that wrote the newest version, and the one that wrote the version
  // that the state holds; 0 is the disk before event 1.
  EventNumber newest = 0;
  EventNumber holds = 0;
  // If the block is torn: the sectors, counted from the block's first, that
  // hold what event `under` left there, or the disk before event 1 if that is
  // 0. The count is 0 if the block is not torn.
  SectorRange torn;
  EventNumber under = 0;
  // The position in ShownState::owners, from 1; 0 if no owner is known.
  uint32_t owner = 0;

  bool operator==(const ShownBlock&) const = default;
};

// Events of which something was lost for one reason.
struct ShownLoss {
  std::vector<EventNumber> events;  // ascending
  uint64_t sectors = 0;             // of all these events
  std::string why;                  // as LossReader::Why() says it

  bool operator==(const ShownLoss&) const = default;
};

// What one name leads to.
struct ShownVersion {
  enum Is : uint8_t { kMissing, kFile, kDirectory, kUnreadable };

  Is is = kMissing;
  // Why it cannot be read. For kUnreadable.
  std::string why;
  // For kFile: the size, and a part of the content with the offset of its first
  // byte. The part is empty where nothing differs, and for an empty file.
  uint64_t size_bytes = 0;
  uint64_t from_byte = 0;
  std::string content;

  bool operator==(const ShownVersion&) const = default;
};

// One name: a path, a log (whose content is that of its records, one after
// another), or `sector N` of the raw part.
struct ShownName {
  std::string path;
  ShownVersion found;
  // What would have been right; see ShownState::wanted.
  std::vector<ShownVersion> wanted;

  bool operator==(const ShownName&) const = default;
};

struct ShownState {
  // What ShownName::wanted holds: all that the model admits at this moment; or
  // what there would be if the crash had lost nothing; or what there was at the
  // end of the recording, for a state that lost nothing. kUnknown if no names
  // are known.
  enum Wanted : uint8_t { kUnknown, kAdmissible, kNothingLost, kEnd };

  EventNumber point = 0;
  uint32_t marks = 0;
  CrashKind kind = CrashKind::kPower;
  uint64_t open_blocks = 0;
  uint64_t torn_blocks = 0;
  // In the order of their places; those that lost something first if there are
  // more than kShownBlocksMax.
  std::vector<ShownBlock> blocks;
  // Words for what owns a block, such as `/f bytes 0 to 4095`.
  std::vector<std::string> owners;
  std::vector<ShownLoss> losses;  // by the first event, then by the reason
  Wanted wanted = kUnknown;
  // In the order of their paths, the path of the violation and names that are
  // not as wanted before others if there are more than kShownNamesMax.
  std::vector<ShownName> names;

  bool operator==(const ShownState&) const = default;
};

// The words of a JSON report.
constexpr std::string_view ShownIsName(ShownVersion::Is is) {
  constexpr std::string_view kNames[] = {"missing", "file", "directory",
                                         "unreadable"};
  return kNames[is];
}
constexpr std::string_view ShownWantedName(ShownState::Wanted wanted) {
  constexpr std::string_view kNames[] = {"unknown", "admissible",
                                         "nothing lost", "end"};
  return kNames[wanted];
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_SHOWN_STATE_H_
