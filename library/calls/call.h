// Call: what the user's storage asked of its files or of its disk, or said of
// its own work, in the order in which it happened.

#ifndef POWERCUT_LIBRARY_CALLS_CALL_H_
#define POWERCUT_LIBRARY_CALLS_CALL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "model/words/op.h"

namespace powercut {

// Where in the user's program a call was made.
struct CallPlace {
  // The source file and line; `nullptr` and 0 if the caller did not say. The
  // text must live as long as the program.
  const char* file = nullptr;
  uint32_t line = 0;
  // The address that the call returned to, if there is no source file; else
  // `nullptr`.
  const void* address = nullptr;
};

struct Call {
  enum Kind : uint8_t {
    // An op of a file system or a disk.
    kOp,
    // The user begins the operation `number`, or may rely on it.
    kAttempt,
    kAck,
    // The set-up is over: crashes begin here.
    kStart,
    // A program wrote the line `content` to its ack file.
    kLine,
  };

  Kind kind = kOp;
  Op op{};
  // For a write or an append: where in the file, and what.
  uint64_t offset_bytes = 0;
  std::string content{};
  uint64_t number = 0;
  // The path that the op is about, for people. Empty if there is none.
  std::string path{};
  CallPlace place{};
  // For a sync: the disk reports an error for each flush of it.
  bool fails = false;
  // For a sync: the disk acknowledges each flush of it and keeps nothing.
  bool lies = false;
  // A write that may damage what lies beside it is three kinds of calls: one
  // that damages, the write, and one that puts back what was there. A crash
  // that leaves the first and not the last shows the damage.
  enum Damage : uint8_t { kNoDamage, kDamages, kRestores } damage = kNoDamage;
  // What CallText() says of the call; empty if that is the words of the op.
  std::string text{};

  // These are about the calls of a program: the process that made the call with
  // the name of its program, and the attributes that a file had from then on,
  // as packed bytes, with the number of the file in simfs. Empty and 0 if the
  // call left them as they were.
  int32_t process = 0;
  std::string program{};
  uint32_t inode = 0;
  std::string attributes{};
};

using Calls = std::vector<Call>;

// The path that a call is about: that of its file, or else the last one that it
// names. Empty if there is none.
std::string_view PathOf(const Call& call);

// The directory of a path; `/` for a path of one part.
std::string_view ParentOf(std::string_view path);

// What follows the last `/` of a path.
std::string_view LastPartOf(std::string_view path);

// Whether the call is one that asks for durability.
bool IsSync(const Call& call);

// Whether the user may rely on something from the call on: an ack, or a line
// that is one.
bool IsAck(const Call& call);

// Whether a sync is of a directory: of the root, or of a path at which one of
// the calls makes a directory or below which one names something. Cost:
// O(calls).
bool IsOfDirectory(const Calls& calls, const Call& sync);

// `wal.cc:57`, or the function that the address lies in, such as
// `append_record+0x1c`, or else the program or library, such as
// `my_test+0x92b`. Only the last part of a path is shown. Empty if nothing is
// known.
std::string PlaceText(const CallPlace& place);

// The commands that print the source lines of those places that are addresses,
// one for each program or library, sorted. They print what its debug
// information has.
std::vector<std::string> SourceCommands(const std::vector<CallPlace>& places);

// What a call asked for, such as `write /wal 0 512` or `ack 3`.
std::string CallText(const Call& call);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_CALLS_CALL_H_
