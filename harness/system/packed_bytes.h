// PackedWriter and PackedReader: numbers and texts as few bytes, between
// processes of one build.

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

  // In groups of seven bits, the lowest first; the last has no top bit.
  void Number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      out_.push_back(static_cast<char>(value | 0x80));
    }
    out_.push_back(static_cast<char>(value));
  }
  void MaybeNumber(std::optional<uint64_t> value) {
    Number(value ? 1 : 0);
    if (value) Number(*value);
  }
  // How far it is from the one before: small where they are near.
  void Step(uint64_t from, uint64_t to) {
    const uint64_t step = to - from;
    const uint64_t sign = step >> 63 == 0 ? 0 : ~uint64_t{0};
    Number(step << 1 ^ sign);
  }
  // With its size.
  void Text(std::string_view text) {
    Number(text.size());
    out_.append(text);
  }
  // Without.
  void Raw(ByteSpan data) { out_.append(AsText(data)); }

 private:
  std::string& out_;
};

// Once something is not there or out of bounds, every call gives zeros and
// nothing, and Finished() is false.
class PackedReader {
 public:
  // `bytes` must outlive this object.
  explicit PackedReader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const auto group = static_cast<uint8_t>(bytes_[at_++]);
      value |= static_cast<uint64_t>(group & 0x7f) << shift;
      if (group >= 0x80) continue;
      // One form for each number: no zeros on top, no bits that do not fit.
      const bool one_form = shift == 0 || group != 0;
      return one_form && value >> shift == group ? value : Fail();
    }
    return Fail();
  }
  // Fails above `most`.
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
  // A count of things of at least `least_bytes` bytes each.
  uint64_t Count(uint64_t least_bytes) {
    return NumberUpTo((bytes_.size() - at_) / least_bytes);
  }
  // Valid as long as the bytes.
  std::string_view Text() { return Take(Number()); }
  ByteSpan Raw(uint64_t size) { return AsBytes(Take(size)); }
  void Require(bool holds) {
    if (!holds) Fail();
  }
  bool Good() const { return good_; }
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
