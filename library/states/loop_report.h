// LoopReport: what came of a loop over the states that crashes could leave.

#ifndef POWERCUT_LIBRARY_STATES_LOOP_REPORT_H_
#define POWERCUT_LIBRARY_STATES_LOOP_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace powercut {

enum class LoopVerdict : uint8_t {
  kHolds,      // Every state of the space was admitted.
  kViolation,  // Some state was not.
  kUnknown,    // No state was refused, and not all were looked at.
  kError,      // The exploration itself could not be made.
};

// `holds`, `violation`, `unknown`, `error`.
const char* LoopVerdictName(LoopVerdict verdict);

struct LoopFinding {
  std::string profile;
  std::string cause;
  // Replays the state shown (LoopOptions::at).
  std::string id;
  // How many states have this cause.
  uint64_t states = 0;
  // What the user's code said of the state shown, and where; may be empty.
  std::string text;
  std::string file;
  uint32_t line = 0;
  // When the crash came: between which two calls.
  std::string crash;
  // What the state shown lost, one call a line, with where it was made.
  std::vector<std::string> lost;
  // Commands that print the source lines of the calls above that are shown by
  // their addresses.
  std::vector<std::string> sources;
  // Which sync more would have saved it; empty if none was found.
  std::string remedy;
};

// What one sync of the user's storage is needed for, by the audit.
struct AuditedSync {
  enum Need : uint8_t {
    kNeeded,     // Without it, some state is refused.
    kGroup,      // One of several is enough.
    kRedundant,  // It makes nothing durable that was not durable anyway.
    kUnseen,     // Without it less is durable, and the test does not notice.
    kUnknown,    // The budget ended before an answer.
  };

  std::string profile;
  Need need = kUnknown;
  // The call, and where it was made.
  std::string call;
  std::string place;
  // For kNeeded: the cause that is found without it, and a state.
  std::string cause;
  std::string id;
  // For kNeeded: the weaker sync that would do, such as `fdatasync`; empty if
  // none does.
  std::string enough;
};

// `needed`, `one of a group`, `redundant`, `not seen by the test`, `unknown`.
const char* AuditNeedName(AuditedSync::Need need);

// What came of one profile.
struct LoopPart {
  std::string profile;
  LoopVerdict verdict = LoopVerdict::kUnknown;
  // Why the verdict is kUnknown or kError, and what there is to add to another
  // one; may be empty.
  std::string why;
  uint64_t crash_points = 0;
  uint64_t states = 0;
  uint64_t runs = 0;
  // log2 of the number of states of the crash space.
  double space_log2 = 0;
  // What was explored; empty if nothing was, because one state ran alone or
  // because the recovery fails with no crash.
  std::string space;
};

struct LoopReport {
  LoopVerdict verdict = LoopVerdict::kUnknown;
  // As that of the part that decides.
  std::string why;
  // In the order of the profiles; each finding has a part's profile.
  std::vector<LoopPart> parts;
  std::vector<LoopFinding> findings;
  std::vector<AuditedSync> audit;

  // The sums over the parts.
  uint64_t states() const;
  uint64_t runs() const;
  // Adds the part, and what its verdict means for the whole.
  void Add(LoopPart part);
};

// The block of a finding, for people:
//
//   violation: CAUSE   in 12 states of spec-strict
//     said      wal.cc:88: record 3 is torn
//     crash     after `fdatasync /wal` (wal.cc:57), during ...
//     lost      write /wal 512 512 (wal.cc:41), never synced
//     source    addr2line -Cfpie 'PROGRAM' 0x129d
//     remedy    ...
//     replay    POWERCUT_AT=61p-w60@3f9a01c2
std::string FindingText(const LoopFinding& finding);
// The whole report, for people. Ends in a line break.
std::string ReportText(const LoopReport& report);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_LOOP_REPORT_H_
