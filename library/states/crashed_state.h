// CrashedState: one disk that a crash left, while the user's code recovers on
// it and says what it thinks of it.

#ifndef POWERCUT_LIBRARY_STATES_CRASHED_STATE_H_
#define POWERCUT_LIBRARY_STATES_CRASHED_STATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/disk/content_hash.h"
#include "library/files/world_disk.h"
#include "library/files/world_files.h"
#include "library/files/world_logs.h"
#include "library/states/promises.h"
#include "library/states/simfs_base.h"
#include "library/states/state_backend.h"

namespace powercut {

// What the user's code said is wrong with a state.
struct SaidViolation {
  // A stable name: violations of one cause are reported once.
  std::string cause;
  // What is wrong there, for people; may have several lines.
  std::string text;
  // Where in the user's source this was said; empty and 0 if it is not known.
  std::string file;
  uint32_t line = 0;
};

// What the user's storage holds after each prefix of the attempts, with no
// crash (CrashedState::Found()).
struct PrefixDumps {
  // The number of each attempt, in the order in which they were made.
  std::vector<uint64_t> attempts;
  // By the hash of a dump: the lengths of the prefixes that give it, ascending.
  // Prefixes for which the user's code gave no dump are not there.
  std::unordered_map<Hash128, std::vector<size_t>, Hash128Hasher> lengths;
};

// Not thread-safe.
class CrashedState {
 public:
  // All must outlive this object. `timeline` has the attempts and acks of the
  // world. `dumps` is `nullptr` while they are made. If `writes`, WriteBack()
  // is going to be called.
  CrashedState(CrashedVolume& volume, const PromiseTimeline& timeline,
               const PrefixDumps* dumps, bool writes);
  CrashedState(const CrashedState&) = delete;
  CrashedState& operator=(const CrashedState&) = delete;

  // The files, the disk of a raw disk, or the logs; `nullptr` for the other
  // two.
  WorldFiles* files() { return files_ ? &*files_ : nullptr; }
  WorldDisk* disk() { return disk_ ? &*disk_ : nullptr; }
  WorldLogs* logs() { return logs_; }
  const Promises& promises() const { return promises_; }
  // What the writes of the recovery may damage.
  void set_damage(const DamageRule& rule) {
    if (files_) files_->set_damage(rule);
    if (disk_) disk_->set_damage(rule);
  }

  void Say(SaidViolation violation);
  // Tells what the user's storage holds after its recovery. It must be what
  // some prefix of the attempts gives that contains every ack; otherwise this
  // is a violation. At most once.
  void Found(std::string_view dump);

  // Does on the disk what the user's code did to the files, so that a crash of
  // this recovery can be explored. What the files show stays as it was.
  // Errors: kFull if the disk has no room for it.
  Status WriteBack();

  const std::vector<SaidViolation>& violations() const { return violations_; }
  const std::optional<Hash128>& dump() const { return dump_; }

 private:
  CrashedVolume& volume_;
  const PrefixDumps* dumps_;
  CallLog log_;
  std::optional<SimfsBase> base_;
  std::optional<WorldFiles> files_;
  std::optional<WorldDisk> disk_;
  WorldLogs* logs_ = nullptr;
  Promises promises_;
  std::vector<SaidViolation> violations_;
  std::optional<Hash128> dump_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_CRASHED_STATE_H_
