// A Chooser makes the choices of random workloads, from a seed or from the
// bytes of a fuzzer.

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

  // Returns a number in [0, bound). Requires: bound > 0.
  virtual uint64_t Below(uint64_t bound) = 0;

  // Whether the source of choices is used up. Below() still works then.
  virtual bool done() const { return false; }

  // True for one of `n` choices. Requires: n > 0.
  bool OneIn(uint64_t n) { return Below(n) == 0; }
};

// Chooses by a generator of random numbers: equal seeds give equal choices on
// every machine. It is never done.
class SeededChooser : public Chooser {
 public:
  explicit SeededChooser(uint64_t seed) : prng_(seed) {}

  uint64_t Below(uint64_t bound) override { return prng_.Below(bound); }

 private:
  Prng prng_;
};

// Chooses by bytes: each choice takes one byte, or two if there are more than
// 256 possibilities. Once the bytes are used up, the last possibility is chosen
// each time, so that OneIn() is false for every n above 1.
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
