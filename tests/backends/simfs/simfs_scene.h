// SimfsScene runs ops on simfs through a recording disk, recovers every state
// that a crash can leave of them, and puts what is found into words.

#ifndef POWERCUT_TESTS_BACKENDS_SIMFS_SIMFS_SCENE_H_
#define POWERCUT_TESTS_BACKENDS_SIMFS_SIMFS_SCENE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backends/simfs/layout.h"
#include "backends/simfs/simfs_backend.h"
#include "harness/base/prng.h"
#include "harness/recover/crash_disk.h"
#include "harness/space/crash_space.h"
#include "harness/trace/recording_disk.h"
#include "model/pcut/pcut.h"

namespace powercut {

inline constexpr DiskGeometry kSimfsGeometry = {.sector_bytes = 512,
                                                .sector_count = 512};

// Records lie before this sector, and data lies from it on.
inline constexpr uint64_t kFirstDataSector =
    simfs::kFirstRecordSector + 3 * simfs::kSegmentSectors;

// Returns bytes in words, one word for each run of equal bytes: the number of
// the op that wrote them, 0 for zeros, ? for old contents of the disk, then the
// length. `1:512` is 512 bytes of op 1.
inline std::string ContentInWords(std::string_view content) {
  std::string words;
  for (size_t at = 0; at < content.size();) {
    const char byte = content[at];
    const size_t end =
        std::min(content.find_first_not_of(byte, at), content.size());
    words += words.empty() ? "" : " ";
    words += byte == '\xa5' ? "?" : std::to_string(int{byte});
    words += ":" + std::to_string(end - at);
    at = end;
  }
  return words;
}

// What words of an observation show beside names, sizes and contents.
struct Shown {
  bool valid = false;
  bool mtime = false;
};

inline std::string InWords(const Observation& observation, Shown shown = {}) {
  std::string words = observation.unreadable;
  for (const ObservedEntry& entry : observation.entries) {
    words += (words.empty() ? "" : "; ") + entry.path;
    words +=
        entry.is_directory ? "/" : " [" + ContentInWords(entry.content) + "]";
    if (shown.valid && entry.valid_bytes) {
      words += " v" + std::to_string(*entry.valid_bytes);
    }
    if (shown.mtime && entry.mtime) {
      words += " m" + std::to_string(*entry.mtime);
    }
  }
  if (!observation.device.empty()) {
    words += "; raw [" + ContentInWords(observation.device) + "]";
  }
  return words;
}

// A disk that fails the next `fail_next` persists to the device or the media,
// and loses the next `lose_next` writes of data without a word.
class FailingDisk : public VirtualDisk {
 public:
  explicit FailingDisk(RecordingDisk& disk) : disk_(disk) {}

  const DiskGeometry& geometry() const override { return disk_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    return disk_.Read(first_sector, out);
  }
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    if (lose_next > 0 && first_sector >= kFirstDataSector) {
      --lose_next;
      // The write still is an event of the trace, which storage counts.
      Bytes old(data.size());
      POWERCUT_TRY(disk_.Read(first_sector, old));
      return disk_.Write(first_sector, old, layer);
    }
    return disk_.Write(first_sector, data, layer);
  }
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    if (fail_next > 0 && to >= Layer::kDevice) {
      --fail_next;
      return Error{ErrorCode::kIo, "injected"};
    }
    return disk_.Persist(to, scope, upto);
  }
  Status Discard(SectorRange range) override { return disk_.Discard(range); }
  void Mark(std::string_view text) override { disk_.Mark(text); }

  int fail_next = 0;
  int lose_next = 0;

 private:
  RecordingDisk& disk_;
};

class SimfsScene {
 public:
  explicit SimfsScene(const std::string& profile, SimfsBugs bugs = {})
      : backend_(MakeSimfsBackend(std::move(bugs))),
        disk_(kSimfsGeometry, *backend_->Format({kSimfsGeometry, profile})),
        failing_(disk_) {
    MountAgain();
  }

  // Ends the mount as the death of its process does, and recovers the live
  // disk.
  void MountAgain() {
    mount_ = nullptr;
    MountResult mounted = backend_->Open(failing_);
    EXPECT_NE(mounted.mount, nullptr) << mounted.failure;
    mount_ = std::move(mounted.mount);
  }

  // Runs ops, one in each line, and syncs. Each op must return what its `->`
  // says. Crashes are examined from the end of the sync on.
  SimfsScene& Init(const std::string& ops) {
    RunLines(ops);
    Op sync;
    sync.kind = OpKind::kSyncfs;
    EXPECT_TRUE(mount_->Apply(sync, 0, {}).ok());
    gap_begin_ = disk_.trace().event_count();
    return *this;
  }
  // Runs ops without a sync. Crashes are examined from the return of the last
  // op on.
  SimfsScene& Run(const std::string& ops) {
    RunLines(ops);
    gap_begin_ = disk_.trace().event_count();
    return *this;
  }
  // Runs one op. Crashes are examined from its begin on.
  SimfsScene& During(const std::string& op) {
    gap_begin_ = disk_.trace().event_count();
    const EventNumber begin = gap_begin_;
    RunLines(op);
    gap_begin_ = begin;
    return *this;
  }
  SimfsScene& FailNext(int persists) {
    failing_.fail_next = persists;
    return *this;
  }

  SimfsScene& LoseNext(int writes) {
    failing_.lose_next = writes;
    return *this;
  }

  // Returns what every crash of that kind can leave, from where crashes are
  // examined up to the last event.
  std::set<std::string> After(CrashKind kind, Shown shown = {}) {
    std::set<std::string> found;
    const CrashSpace space(disk_.trace(), 512);
    PointCursor cursor(space, kind);
    for (EventNumber point = gap_begin_; point <= disk_.trace().event_count();
         ++point) {
      cursor.MoveTo(point);
      AddStates(space, cursor, shown, found);
    }
    return found;
  }
  std::set<std::string> AfterPower(Shown shown = {}) {
    return After(CrashKind::kPower, shown);
  }

  // Returns log2 of the number of states at the last event.
  double SpaceLog2(CrashKind kind) const {
    const CrashSpace space(disk_.trace(), 512);
    PointCursor cursor(space, kind);
    cursor.MoveTo(disk_.trace().event_count());
    return cursor.SpaceLog2();
  }

  Observation Live() { return mount_->Observe(); }
  // Returns what recovery finds on the live disk.
  Observation Reopened() {
    SparseImage image(disk_.live());
    CrashDisk disk(image, kSimfsGeometry, 512, 0);
    MountResult mounted = backend_->Open(disk);
    EXPECT_NE(mounted.mount, nullptr) << mounted.failure;
    return mounted.mount->Observe();
  }
  // Returns one disk that a loss of power after the last op can leave. If the
  // disk `lies`, no flush keeps anything.
  SparseImage RandomCrash(Prng& random, bool lies = false) const {
    return RandomCrashAt(disk_.trace().event_count(), random, lies);
  }
  // The same for a loss of power after this event.
  SparseImage RandomCrashAt(EventNumber point, Prng& random,
                            bool lies = false) const {
    const CrashSpace space(disk_.trace(), 512);
    PointCursor cursor(space, CrashKind::kPower);
    cursor.MoveTo(point);
    SparseImage image(disk_.live());
    for (Slot slot = 0; slot < space.slot_count(); ++slot) {
      const VersionIndex floor = lies ? 0 : cursor.floor(slot);
      const VersionIndex version = static_cast<VersionIndex>(
          floor + random.Below(cursor.newest(slot) - floor + 1));
      image.Write(space.block(slot) * 512,
                  {space.versions(slot)[version].content, 512});
    }
    return image;
  }
  Mount& mount() { return *mount_; }
  const Trace& trace() const { return disk_.trace(); }
  const SparseImage& live_disk() const { return disk_.live(); }
  Backend& backend() { return *backend_; }
  // The number of the next op.
  uint32_t next_op = 1;
  // What the ops returned, each with a `;` after it.
  std::string results;
  // If true, results need not be as expected.
  bool lenient = false;

 private:
  // Parses all lines so far, since a line may name what an earlier one opened,
  // and runs the new ones.
  void RunLines(const std::string& ops) {
    lines_ += ops + "\n";
    const auto workload = ParseWorkload("powercut 1\nrun\n" + lines_, "scene");
    ASSERT_TRUE(workload) << workload.error().message;
    for (; next_op <= workload->run.size(); ++next_op) {
      RunOp(workload->run[next_op - 1]);
    }
  }

  void RunOp(const Op& op) {
    uint64_t size = 0;
    uint64_t offset = op.numbers.empty() ? 0 : op.numbers[0];
    switch (op.kind) {
      case OpKind::kWrite:
      case OpKind::kStore:
        size = op.numbers[1];
        break;
      case OpKind::kAppend: {
        const Observation live = mount_->Observe();
        const ObservedEntry* entry = live.Find(op.names[0]);
        ASSERT_NE(entry, nullptr);
        offset = entry->size_bytes;
        size = op.numbers[0];
        break;
      }
      case OpKind::kDiskWrite:
        size = op.numbers[1] * 512;
        break;
      default:
        break;
    }
    // Every byte that an op writes is its number.
    const std::string content(size, static_cast<char>(op.number));
    const OpResult result = op.start ? mount_->Start(op, offset, content)
                                     : mount_->Apply(op, offset, content);
    const std::string expected =
        op.expected.kind == ExpectedResult::kNamed ? op.expected.name : "";
    results += result.error + ";";
    if (!lenient) {
      EXPECT_EQ(result.error, expected) << OpText(op);
    }
  }

  // Adds what recovery shows for every choice of a version of each open block.
  // The choices are counted through like the digits of a number.
  void AddStates(const CrashSpace& space, const PointCursor& cursor,
                 Shown shown, std::set<std::string>& found) {
    const std::vector<Slot> open(cursor.open().begin(), cursor.open().end());
    ASSERT_LT(cursor.SpaceLog2(), 17) << "the scene is too large";
    SparseImage image(disk_.trace().base());
    const auto put = [&](Slot slot, VersionIndex version) {
      image.Write(space.block(slot) * 512,
                  {space.versions(slot)[version].content, 512});
    };
    std::vector<VersionIndex> chosen(open.size());
    for (Slot slot = 0; slot < space.slot_count(); ++slot) {
      put(slot, cursor.floor(slot));
    }
    for (size_t i = 0; i < open.size(); ++i) chosen[i] = cursor.floor(open[i]);
    for (;;) {
      CrashDisk disk(image, kSimfsGeometry, 512, 0);
      MountResult mounted = backend_->Open(disk);
      ASSERT_NE(mounted.mount, nullptr) << mounted.failure;
      found.insert(InWords(mounted.mount->Observe(), shown));
      size_t digit = 0;
      while (digit < open.size() &&
             chosen[digit] == cursor.newest(open[digit])) {
        chosen[digit] = cursor.floor(open[digit]);
        put(open[digit], chosen[digit]);
        ++digit;
      }
      if (digit == open.size()) return;
      put(open[digit], ++chosen[digit]);
    }
  }

  std::unique_ptr<Backend> backend_;
  RecordingDisk disk_;
  FailingDisk failing_;
  std::unique_ptr<Mount> mount_;
  EventNumber gap_begin_ = 0;
  std::string lines_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_BACKENDS_SIMFS_SIMFS_SCENE_H_
