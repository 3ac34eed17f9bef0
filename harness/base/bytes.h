// Byte spans, little-endian numbers in them, and views of bytes as text.

#ifndef POWERCUT_HARNESS_BASE_BYTES_H_
#define POWERCUT_HARNESS_BASE_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace powercut {

using Bytes = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;
using MutableByteSpan = std::span<std::byte>;

static_assert(std::endian::native == std::endian::little,
              "stored numbers are little-endian and copied as they are");

// Reads a number that may be unaligned.
// Requires: T is trivially copyable; the span holds sizeof(T) bytes from
// `offset_bytes` on.
template <class T>
T LoadLittleEndian(ByteSpan bytes, size_t offset_bytes) {
  T value;
  std::memcpy(&value, bytes.data() + offset_bytes, sizeof(T));
  return value;
}

// Writes a number over sizeof(T) bytes.
// Requires: the same as LoadLittleEndian().
template <class T>
void StoreLittleEndian(MutableByteSpan bytes, size_t offset_bytes, T value) {
  std::memcpy(bytes.data() + offset_bytes, &value, sizeof(T));
}

// The same memory, seen as the other type. The result is valid as long as the
// argument's memory is.
inline ByteSpan AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view AsText(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// True if every byte is zero, or if there are no bytes.
inline bool AllZero(ByteSpan bytes) {
  // A first byte of zero that equals the second, which equals the third, and so
  // on: memcmp() compares many of them at a time.
  return bytes.empty() ||
         (bytes[0] == std::byte{0} &&
          std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_BYTES_H_
