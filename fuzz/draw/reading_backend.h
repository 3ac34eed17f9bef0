// ReadingBackend is a recovery at random: what it reads, writes and flushes
// next follows from what it has read so far. Its observation depends on
// everything that was read. A part of the observation is copied from the disk,
// now and then from blocks that are also read, before or after.

#ifndef POWERCUT_FUZZ_DRAW_READING_BACKEND_H_
#define POWERCUT_FUZZ_DRAW_READING_BACKEND_H_

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "harness/backend.h"
#include "harness/base/prng.h"
#include "harness/disk/content_hash.h"

namespace powercut {

// Recovers when it is made.
class ReadingMount : public Mount {
 public:
  ReadingMount(VirtualDisk& disk, uint64_t state, uint64_t steps_max)
      : disk_(disk), now_(state), steps_max_(steps_max) {
    Wander();
  }

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  OpResult Shutdown() override { return {}; }

  Observation Observe() override {
    Observation observation;
    std::string copied = Copied();
    // Blocks that were copied may be read afterwards.
    Wander();
    observation.entries = {EntryOf("/copied", std::move(copied)),
                           EntryOf("/read", std::to_string(now_))};
    return observation;
  }

 private:
  static ObservedEntry EntryOf(const std::string& path, std::string content) {
    ObservedEntry entry;
    entry.path = path;
    entry.file_id = 5 + path.size();
    entry.size_bytes = content.size();
    entry.content = std::move(content);
    return entry;
  }

  uint64_t sectors() const { return disk_.geometry().sector_count; }
  uint32_t sector_bytes() const { return disk_.geometry().sector_bytes; }
  // Returns a number in [0, bound) that follows from everything read so far.
  uint64_t Draw(uint64_t bound) {
    Prng prng(now_ = Prng(now_).Next());
    return prng.Below(bound);
  }

  // Reads some blocks, writes some and flushes now and then. Each content that
  // is read changes what is drawn afterwards; a failed request is ignored.
  void Wander() {
    for (uint64_t steps = Draw(steps_max_ + 1); steps > 0; --steps) {
      const uint64_t sector = Draw(sectors());
      Bytes bytes(sector_bytes());
      const uint64_t what = Draw(8);
      if (what < 2) {
        bytes[0] = std::byte{static_cast<unsigned char>(Draw(250) + 1)};
        (void)disk_.Write(sector, bytes, Layer::kDevice).has_value();
        continue;
      }
      if (what == 2) {
        (void)disk_.Persist(Layer::kMedia).has_value();
        continue;
      }
      (void)disk_.Read(sector, bytes).has_value();
      now_ ^= HashBytes(bytes, 7).low;
    }
  }

  // Returns the contents of some blocks as they are. They do not change what is
  // drawn, as the declared target promises.
  std::string Copied() {
    const uint64_t count = Draw(4);
    std::string content(count * sector_bytes(), '\0');
    const MutableByteSpan buffer =
        std::as_writable_bytes(std::span(content.data(), content.size()));
    disk_.DeclareCopyTarget("/copied", buffer, 0);
    for (uint64_t i = 0; i < count; ++i) {
      const MutableByteSpan to =
          buffer.subspan(i * sector_bytes(), sector_bytes());
      (void)disk_.Read(Draw(sectors()), to).has_value();
    }
    disk_.DeclareCopyTarget("", {}, 0);
    return content;
  }

  VirtualDisk& disk_;
  uint64_t now_;
  uint64_t steps_max_;
};

class ReadingBackend : public Backend {
 public:
  // What a recovery does follows from `seed` and the disk alone. It makes at
  // most `steps_max` requests before the observation.
  explicit ReadingBackend(uint64_t seed, uint64_t steps_max = 5)
      : seed_(seed), steps_max_(steps_max) {}

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    return {std::make_unique<ReadingMount>(disk, seed_, steps_max_), ""};
  }

 private:
  BackendTraits traits_;
  uint64_t seed_;
  uint64_t steps_max_;
};

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_READING_BACKEND_H_
