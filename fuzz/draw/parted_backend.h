// PartedBackend is a recovery at random that shows three files. What it reads
// for a file follows from what it read for this file and for the whole, and so
// does the file's content (VirtualDisk::DeclarePart()). Files may share blocks,
// with each other and with the whole.

#ifndef POWERCUT_FUZZ_DRAW_PARTED_BACKEND_H_
#define POWERCUT_FUZZ_DRAW_PARTED_BACKEND_H_

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "harness/backend.h"
#include "harness/base/prng.h"
#include "harness/disk/content_hash.h"

namespace powercut {

class PartedMount : public Mount {
 public:
  PartedMount(VirtualDisk& disk, uint64_t state)
      : disk_(disk), whole_(state), writes_(state % 5 == 0) {
    Wander(whole_, 3);
  }

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  OpResult Shutdown() override { return {}; }

  Observation Observe() override {
    Observation observation;
    std::array<std::string, 3> paths = {"/a", "/b", "/c"};
    for (size_t i = 0; i < paths.size(); ++i) {
      // Which file is read first follows from the whole.
      std::swap(paths[i], paths[i + Draw(whole_, paths.size() - i)]);
      observation.entries.push_back(File(paths[i]));
      // Names can lie between the files.
      Wander(whole_, 1);
    }
    std::ranges::sort(observation.entries, {}, &ObservedEntry::path);
    return observation;
  }

 private:
  // A number below `bound` that follows from everything read so far for the
  // part with this state.
  static uint64_t Draw(uint64_t& state, uint64_t bound) {
    Prng prng(state = Prng(state).Next());
    return prng.Below(bound);
  }

  void Wander(uint64_t& state, uint64_t steps_max) {
    const uint64_t sectors = disk_.geometry().sector_count;
    Bytes bytes(disk_.geometry().sector_bytes);
    for (uint64_t steps = Draw(state, steps_max + 1); steps > 0; --steps) {
      (void)disk_.Read(Draw(state, sectors), bytes).has_value();
      state ^= HashBytes(bytes, 7).low;
    }
  }

  ObservedEntry File(const std::string& path) {
    const uint64_t sectors = disk_.geometry().sector_count;
    ObservedEntry entry;
    entry.path = path;
    entry.file_id = static_cast<uint64_t>(path[1]);
    disk_.DeclarePart({ShownPart::kData, entry.path});
    uint64_t state = whole_ ^ entry.file_id;
    Wander(state, 4);
    entry.content.resize(Draw(state, 2) * disk_.geometry().sector_bytes);
    const auto copied = std::as_writable_bytes(std::span(entry.content));
    if (!copied.empty()) {
      disk_.DeclareCopyTarget(path, copied, 0);
      (void)disk_.Read(Draw(state, sectors), copied).has_value();
      disk_.EndCopyTarget();
    }
    Wander(state, 2);
    // Now and then what was read for this file reaches the others through the
    // disk, as it does in a recovery that repairs.
    if (writes_ && Draw(state, 4) == 0) Write(state);
    disk_.DeclarePart({});
    entry.content += std::to_string(state);
    entry.size_bytes = entry.content.size();
    return entry;
  }

  void Write(uint64_t& state) {
    Bytes bytes(disk_.geometry().sector_bytes);
    bytes[0] = std::byte{static_cast<unsigned char>(Draw(state, 250) + 1)};
    const uint64_t sector = Draw(state, disk_.geometry().sector_count);
    (void)disk_.Write(sector, bytes, Layer::kDevice).has_value();
  }

  VirtualDisk& disk_;
  uint64_t whole_;
  bool writes_;
};

class PartedBackend : public Backend {
 public:
  // What a recovery does follows from `seed` and the disk alone.
  explicit PartedBackend(uint64_t seed) : seed_(seed) {}

  // A workload that gives the data of each of the three files a part.
  static constexpr std::string_view kWorkload =
      "powercut 1\n"
      "init\n  create /a\n  create /b\n  create /c\n"
      "run\n  write /a 0 9\n  write /b 0 9\n  write /c 0 9\n";

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  bool DeclaresParts(const Trace&) const override { return true; }
  MountResult Open(VirtualDisk& disk) override {
    return {std::make_unique<PartedMount>(disk, seed_), ""};
  }

 private:
  BackendTraits traits_;
  uint64_t seed_;
};

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_PARTED_BACKEND_H_
