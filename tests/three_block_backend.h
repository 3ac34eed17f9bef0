// ThreeBlockBackend: storage with a recovery bug that shows in some
// combinations of three blocks: the first file then shows a byte that no op
// wrote. By default the bug shows if the first two blocks hold what the
// workload wrote and the third does not. Requires: the workload writes the
// first file from its beginning on, in `run`.

#ifndef POWERCUT_TESTS_THREE_BLOCK_BACKEND_H_
#define POWERCUT_TESTS_THREE_BLOCK_BACKEND_H_

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/backend.h"
#include "harness/record/recording.h"
#include "model/words/content.h"

namespace powercut {

class ThreeBlockMount : public Mount {
 public:
  ThreeBlockMount(std::unique_ptr<Mount> mount, bool garbles)
      : mount_(std::move(mount)), garbles_(garbles) {}

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    return mount_->Apply(op, offset_bytes, content);
  }
  OpResult Shutdown() override { return mount_->Shutdown(); }
  Observation Observe() override {
    Observation seen = mount_->Observe();
    // The byte lies in the first victim. Strikes() has read that block, so that
    // it does not count as copied.
    if (garbles_ && !seen.entries.empty()) seen.entries[0].content[0] ^= 1;
    return seen;
  }

 private:
  std::unique_ptr<Mount> mount_;
  bool garbles_;
};

// Behaves as `backend` until Plant() is called. From then on recovery first
// reads three sectors of file data.
class ThreeBlockBackend : public Backend {
 public:
  // Whether the bug shows, by whether each of the blocks holds what the
  // workload wrote.
  using Rule = bool (*)(bool first, bool middle, bool last);

  explicit ThreeBlockBackend(
      std::unique_ptr<Backend> backend,
      Rule rule = [](bool first, bool middle,
                     bool last) { return first && middle && !last; })
      : backend_(std::move(backend)), rule_(rule) {}

  // Plants the bug. The three victims are the first, the middle and the last
  // sector of file data that the workload wrote in `run`.
  // Requires: the workload wrote at least three sectors of file data in `run`,
  // each once.
  void Plant(const Recording& recording) {
    const Trace& trace = recording.trace;
    const uint32_t size = trace.geometry().sector_bytes;
    std::vector<Victim> written;
    for (EventNumber n = RunBegin(trace); n <= trace.event_count(); ++n) {
      const DiskEvent& event = trace.event(n);
      if (event.kind != DiskEvent::kWrite) continue;
      for (uint64_t i = 0; i < event.range.count; ++i) {
        const ByteSpan data = trace.data(event).subspan(i * size, size);
        if (!ReadGranule(AsText(data.first(kGranuleBytes)))) continue;
        written.push_back({event.range.first + i, {data.begin(), data.end()}});
      }
    }
    POWERCUT_CHECK(written.size() >= 3);
    victims_ = {written.front(), written[written.size() / 2], written.back()};
  }

  const BackendTraits& traits() const override { return backend_->traits(); }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return backend_->Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    const bool garbles = Strikes(disk);
    MountResult result = backend_->Open(disk);
    if (result.mount == nullptr) return result;
    result.mount =
        std::make_unique<ThreeBlockMount>(std::move(result.mount), garbles);
    return result;
  }

 private:
  struct Victim {
    uint64_t sector = 0;
    Bytes written;
  };

  static EventNumber RunBegin(const Trace& trace) {
    for (const auto& mark : trace.marks()) {
      if (mark.text == kRunMark) return mark.after + 1;
    }
    return 1;
  }

  bool Strikes(VirtualDisk& disk) const {
    if (victims_.empty()) return false;
    std::vector<bool> written;
    for (const Victim& victim : victims_) {
      Bytes found(victim.written.size());
      if (!disk.Read(victim.sector, found)) return false;
      written.push_back(found == victim.written);
    }
    return rule_(written[0], written[1], written[2]);
  }

  std::unique_ptr<Backend> backend_;
  Rule rule_;
  std::vector<Victim> victims_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_THREE_BLOCK_BACKEND_H_
