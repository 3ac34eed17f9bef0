// PackedWriter and PackedReader: numbers and texts in few bytes, for messages
// between processes of one build and for the runs that `--resume` keeps.
//
// The bytes do not describe themselves: the reader must make the calls that
// correspond to the writer's calls, in the same order.

#ifndef POWERCUT_HARNESS_SYSTEM_PACKED_BYTES_H_
#define POWERCUT_HARNESS_SYSTEM_PACKED_BYTES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/bytes.h"

namespace powercut {

class PackedWriter {
 public:
  // Appends to `out`, which must outlive this object.
  explicit PackedWriter(std::string& out) : out_(out) {}

  // Appends groups of seven bits, the lowest group first. Every byte but the
  // last has its top bit set, so that numbers below 128 take one byte.
  void Number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      out_.push_back(static_cast<char>(value | 0x80));
    }
    out_.push_back(static_cast<char>(value));
  }
  // Appends 0 for `std::nullopt`, or 1 and the number.
  void MaybeNumber(std::optional<uint64_t> value) {
    Number(value ? 1 : 0);
    if (value) Number(*value);
  }
  // Appends the difference of two numbers, which takes one byte if it lies
  // between -64 and 63.
  void Step(uint64_t from, uint64_t to) {
    // The sign goes into the lowest bit: 0, -1, 1, -2 become 0, 1, 2, 3. As the
    // top bit it would make every negative difference ten bytes long.
    const uint64_t step = to - from;
    const uint64_t sign = step >> 63 == 0 ? 0 : ~uint64_t{0};
    Number(step << 1 ^ sign);
  }
  // Appends the length, then the bytes.
  void Text(std::string_view text) {
    Number(text.size());
    out_.append(text);
  }
  // Appends the bytes alone; the reader must know their length.
  void Raw(ByteSpan data) { out_.append(AsText(data)); }

 private:
  std::string& out_;
};

// Reads bytes that may be damaged. Once a value is missing, malformed or out of
// bounds, that call and every later one return 0 (Step(): `from`), an empty
// text or `std::nullopt`, and Good() and Finished() are false. So the caller
// checks once, at the end.
class PackedReader {
 public:
  // `bytes` must outlive this object.
  explicit PackedReader(std::string_view bytes) : bytes_(bytes) {}

  // The counterparts of PackedWriter's functions.
  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const auto group = static_cast<uint8_t>(bytes_[at_++]);
      value |= static_cast<uint64_t>(group & 0x7f) << shift;
      if (group >= 0x80) continue;
      // Each number has one form only, so that equal values have equal bytes:
      // no groups of zeros on top, no bits beyond the 64th.
      const bool one_form = shift == 0 || group != 0;
      return one_form && value >> shift == group ? value : Fail();
    }
    return Fail();
  }
  // Fails if the number is greater than `most`.
  uint64_t NumberUpTo(uint64_t most) {
    const uint64_t value = Number();
    return value <= most ? value : Fail();
  }
  std::optional<uint64_t> MaybeNumber() {
    if (NumberUpTo(1) == 0) return std::nullopt;
    return Number();
  }
  uint64_t Step(uint64_t from) {
    const uint64_t coded = Number();
    return from + (coded >> 1 ^ (~(coded & 1) + 1));
  }
  // The number of elements that follow, each of at least `least_bytes` bytes.
  // Fails if the bytes that are left cannot hold so many, so that damaged bytes
  // cannot make the caller allocate more than they justify.
  // Requires: least_bytes > 0.
  uint64_t Count(uint64_t least_bytes) {
    return NumberUpTo((bytes_.size() - at_) / least_bytes);
  }
  // The results are valid as long as the bytes that are read.
  std::string_view Text() { return Take(Number()); }
  ByteSpan Raw(uint64_t size) { return AsBytes(Take(size)); }
  // Fails if a rule of the caller's does not hold.
  void Require(bool holds) {
    if (!holds) Fail();
  }
  // Whether all calls so far succeeded.
  bool Good() const { return good_; }
  // Whether all calls so far succeeded and have read all bytes.
  bool Finished() const { return good_ && at_ == bytes_.size(); }

 private:
  std::string_view Take(uint64_t size) {
    if (size > bytes_.size() - at_) {
      Fail();
      return {};
    }
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  uint64_t Fail() {
    good_ = false;
    at_ = bytes_.size();
    return 0;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool good_ = true;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_PACKED_BYTES_H_
