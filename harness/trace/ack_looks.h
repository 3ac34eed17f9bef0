// AckLooks: the names that a volume showed to programs at each ack of a
// recorded program, whatever had reached the disk by then. What a look has and
// the disk has not was not yet issued when the program wrote the ack.
//
// The looks travel in a trace file as one text (docs/trace_file.md 4).

#ifndef POWERCUT_HARNESS_TRACE_ACK_LOOKS_H_
#define POWERCUT_HARNESS_TRACE_ACK_LOOKS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/disk/volume_map.h"

namespace powercut {

class AckLooks {
 public:
  // The bounds of all looks of one recording. A look at N names takes about N
  // microseconds, during which the recorded program waits.
  static constexpr size_t kEntriesMax = 4096;    // of one look
  static constexpr size_t kVisitsMax = 500'000;  // of all looks
  static constexpr size_t kTextBytesMax = size_t{4} << 20;

  // How many names the next look may list. 0 if there are to be no more looks.
  size_t EntriesLeft() const;
  // Adds a look that was taken when `acks` acks had been written. If it was
  // cut, or if the bounds are reached, no look follows.
  // Requires: `acks` is more than that of the look before.
  void Add(uint64_t acks, const VolumeLook& look);

  // The number of acks at the last look; 0 if there is none.
  uint64_t last() const { return last_; }
  // Whether a bound was reached, so that later acks have no look.
  bool bounded() const { return bounded_; }

  // What was seen when `acks` acks had been written; `std::nullopt` if nobody
  // looked then. O(text).
  std::optional<VolumeLook> At(uint64_t acks) const;

  // The looks as a text; empty if there are none.
  const std::string& text() const { return text_; }
  // Errors: kBadInput, with the line and the reason, if `text` is none that
  // text() returns.
  static Result<AckLooks> Parse(std::string_view text);

 private:
  using Entries = std::map<std::string, VolumeEntry>;
  class Reader;

  // Each look has a line and then the names that changed since the look before.
  std::string text_;
  Entries newest_;
  uint64_t last_ = 0;
  size_t visits_ = 0;
  bool bounded_ = false;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_ACK_LOOKS_H_
