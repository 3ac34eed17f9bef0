// What a crash state lost, told by the calls that wrote it.

#ifndef POWERCUT_LIBRARY_STATES_LOST_CALLS_H_
#define POWERCUT_LIBRARY_STATES_LOST_CALLS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "harness/space/crash_state.h"
#include "library/calls/record_calls.h"

namespace powercut {

// Where a call was made, in the words of PlaceText(), or by which program, in
// brackets: ` (wal.cc:41)`, ` (sqlite3)`. Empty if nothing is known.
std::string PlaceInWords(const Call& call);

// When the first of `crashes` came: the last call that had returned, and the
// one in flight. The others came during recoveries.
std::string CrashText(const IssuedCalls& run, const CrashState& state,
                      size_t crashes);

// The calls of which the state lost something, in their order, one a line, each
// with whether a sync of its file came after it.
// Requires: `cursor` stands at the state's point and kind.
std::vector<std::string> LostCalls(const IssuedCalls& run,
                                   const CrashState& state,
                                   const PointCursor& cursor);

// The places of the calls that CrashText() and LostCalls() name.
// Requires: as LostCalls().
std::vector<CallPlace> NamedPlaces(const IssuedCalls& run,
                                   const CrashState& state,
                                   const PointCursor& cursor);

// Which kinds of ops the calls in LostCalls() are, each once, ascending.
// Requires: as LostCalls().
std::vector<OpKind> LostKinds(const IssuedCalls& run, const CrashState& state,
                              const PointCursor& cursor);

// A sync that was not made: of the file or directory at `path`, or a flush of a
// raw disk if `path` is empty, after call `after`.
struct ExtraSync {
  std::string path;
  size_t after = 0;
};
// The syncs that might have kept what the state lost: first of the files, then
// of the directories, of the last calls first. What the last of them was about
// may have been changed again before the program relied on it; then the same
// syncs after that change are among these.
// Requires: as LostCalls().
std::vector<ExtraSync> SyncsFor(const IssuedCalls& run, const CrashState& state,
                                const PointCursor& cursor);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_LOST_CALLS_H_
