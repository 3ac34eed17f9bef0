// Where random workloads take their choices from: a seed, or the bytes of a
// fuzzer.

#ifndef POWERCUT_FUZZ_DRAW_CHOOSER_H_
#define POWERCUT_FUZZ_DRAW_CHOOSER_H_

#include <cstddef>
#include <cstdint>

#include "harness/base/bytes.h"
#include "harness/base/prng.h"

namespace powercut {

class Chooser {
 public:
  virtual ~Chooser() = default;

  // In [0, bound). Requires: bound > 0.
  virtual uint64_t Below(uint64_t bound) = 0;

  // Nothing more to choose from.
  virtual bool done() const { return false; }

  bool OneIn(uint64_t n) { return Below(n) == 0; }
};

class SeededChooser : public Chooser {
 public:
  explicit SeededChooser(uint64_t seed) : prng_(seed) {}

  uint64_t Below(uint64_t bound) override { return prng_.Below(bound); }

 private:
  Prng prng_;
};

// One byte a choice, two where a byte does not reach; when the bytes are used
// up, always the last of the choices.
class BytesChooser : public Chooser {
 public:
  // `bytes` must outlive this object.
  explicit BytesChooser(ByteSpan bytes) : bytes_(bytes) {}

  uint64_t Below(uint64_t bound) override {
    if (at_ >= bytes_.size()) return bound - 1;
    uint64_t value = Take();
    if (bound > 256) value = value << 8 | Take();
    return value % bound;
  }

  bool done() const override { return at_ >= bytes_.size(); }

 private:
  uint64_t Take() {
    return at_ < bytes_.size() ? std::to_integer<uint64_t>(bytes_[at_++]) : 0;
  }

  ByteSpan bytes_;
  size_t at_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_CHOOSER_H_
