// Files that grow in turn keep few pieces, so that what is recorded of them
// grows with what is written and not with its square.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "backends/simfs/layout.h"
#include "backends/simfs/record_catalog.h"
#include "backends/simfs/simfs_backend.h"
#include "harness/recover/crash_disk.h"
#include "harness/trace/recording_disk.h"
#include "model/words/observation.h"

namespace powercut {
namespace {

constexpr DiskGeometry kGeometry = {.sector_bytes = 512, .sector_count = 32768};
constexpr uint64_t kFirstDataSector =
    simfs::kFirstRecordSector +
    (kGeometry.sector_count - simfs::kFirstRecordSector) / 2 /
        simfs::kSegmentSectors * simfs::kSegmentSectors;

// Fails the next writes of records, if it is told to.
class NoRecordsDisk : public VirtualDisk {
 public:
  explicit NoRecordsDisk(RecordingDisk& disk) : disk_(disk) {}

  const DiskGeometry& geometry() const override { return disk_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    return disk_.Read(first_sector, out);
  }
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    if (fails && first_sector < kFirstDataSector) {
      return Error{ErrorCode::kIo, "injected"};
    }
    return disk_.Write(first_sector, data, layer);
  }
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    return disk_.Persist(to, scope, upto);
  }
  Status Discard(SectorRange range) override { return disk_.Discard(range); }
  void Mark(std::string_view text) override { disk_.Mark(text); }

  bool fails = false;

 private:
  RecordingDisk& disk_;
};

// Two files, /a and /b, and what must be in them.
class TwoFiles {
 public:
  explicit TwoFiles(const std::string& profile = "linux-man")
      : backend_(MakeSimfsBackend()),
        disk_(kGeometry, *backend_->Format({kGeometry, profile})),
        failing_(disk_),
        mount_(backend_->Open(failing_).mount) {
    for (const char* path : {"/a", "/b"}) {
      EXPECT_EQ(Do(OpKind::kCreate, path, {}), "");
      contents_[path];
    }
  }

  // The files that recovery finds on a crashed disk.
  TwoFiles(std::shared_ptr<const SparseImage> crashed,
           std::map<std::string, std::string> contents)
      : backend_(MakeSimfsBackend()),
        disk_(kGeometry, std::move(crashed)),
        failing_(disk_),
        mount_(backend_->Open(failing_).mount),
        contents_(std::move(contents)) {}

  // Returns the name of an error, or an empty text.
  std::string Append(const std::string& path, uint64_t size) {
    std::string& content = contents_[path];
    const std::string bytes(size, static_cast<char>('a' + number_ % 26));
    const std::string error =
        Do(OpKind::kWrite, path, {content.size(), size}, bytes);
    if (error.empty()) content += bytes;
    return error;
  }
  void AppendInTurn(size_t times, uint64_t size = 512) {
    for (size_t i = 0; i < times; ++i) {
      for (const char* path : {"/a", "/b"}) {
        ASSERT_EQ(Append(path, size), "");
      }
    }
  }
  void Truncate(const std::string& path, uint64_t size) {
    ASSERT_EQ(Do(OpKind::kTruncate, path, {size}), "");
    contents_[path].resize(size);
  }
  void SyncAll() { ASSERT_EQ(Do(OpKind::kSyncfs, "", {}), ""); }
  void MountAgain() {
    mount_.reset();
    mount_ = backend_->Open(failing_).mount;
  }
  void set_fails(bool fails) { failing_.fails = fails; }

  // Whether the mount, a scan of its disk, and a mount that knows the trace all
  // show what was written.
  bool ShowsAll() {
    const Observation live = mount_->Observe();
    SparseImage image(disk_.live());
    CrashDisk scanned(image, kGeometry, 512, 0);
    CrashDisk known(image, kGeometry, 512, 0);
    const StudiedTrace studied(*backend_, disk_.trace());
    const bool scan_agrees = backend_->Open(scanned).mount->Observe() == live;
    backend_->ExpectCrashOf(disk_.trace(), events());
    const bool known_agrees = backend_->Open(known).mount->Observe() == live;
    return scan_agrees && known_agrees &&
           std::ranges::all_of(contents_, [&](const auto& file) {
             return live.Find(file.first)->content == file.second;
           });
  }
  const std::map<std::string, std::string>& contents() const {
    return contents_;
  }
  EventNumber events() const { return disk_.trace().event_count(); }
  // What a crash leaves that loses everything after event `point` but the data
  // of the last writes.
  std::shared_ptr<const SparseImage> CrashedAfter(EventNumber point) const {
    auto image = std::make_shared<SparseImage>(disk_.live());
    for (EventNumber n = point + 1; n <= events(); ++n) {
      const DiskEvent& event = disk_.trace().event(n);
      if (event.kind != DiskEvent::kWrite) continue;
      if (event.range.first < simfs::kFirstRecordSector) continue;
      if (event.range.first >= kFirstDataSector && n + 100 > events()) continue;
      Bytes before(event.range.count * 512);
      disk_.trace().base().Read(event.range.first * 512, before);
      image->Write(event.range.first * 512, before);
    }
    return image;
  }
  // Whether each data sector that was written held zeros or old contents
  // before.
  bool WroteToFreshSectors() const {
    for (EventNumber n = 1; n <= events(); ++n) {
      const DiskEvent& event = disk_.trace().event(n);
      if (event.kind != DiskEvent::kWrite) continue;
      if (event.range.first < kFirstDataSector) continue;
      Bytes before(event.range.count * 512);
      disk_.trace().base().Read(event.range.first * 512, before);
      if (!std::ranges::all_of(before, [](std::byte byte) {
            return byte == std::byte{0} || byte == simfs::kOldByte;
          })) {
        return false;
      }
    }
    return true;
  }
  // Whether no two pieces have a generation in common.
  bool GenerationsAreApart() const {
    const auto catalog = simfs::RecordCatalog::Of(disk_.trace());
    std::set<simfs::GenerationId> seen;
    for (const simfs::InodeNumber inode :
         {simfs::kRootInode + 1, simfs::kRootInode + 2}) {
      const auto& shape = catalog->ShapesOf(inode)->back().change.shape;
      for (const simfs::AtomRun& run : shape.atoms.runs()) {
        for (uint32_t i = 0; i < run.count; ++i) {
          if (!seen.insert(run.generation + i).second) return false;
        }
      }
    }
    return true;
  }
  // The pieces of /a.
  size_t Pieces() const {
    const auto catalog = simfs::RecordCatalog::Of(disk_.trace());
    const simfs::InodeNumber a = simfs::kRootInode + 1;
    return catalog->ShapesOf(a)->back().change.shape.atoms.runs().size();
  }
  uint64_t RecordBytes() const {
    uint64_t bytes = 0;
    const auto catalog = simfs::RecordCatalog::Of(disk_.trace());
    for (const auto& record : catalog->records()) bytes += record.bytes.size();
    return bytes;
  }
  // How often the data sector was written that was written most often.
  size_t WritesOfOneSector() const {
    std::map<uint64_t, size_t> writes;
    size_t most = 0;
    for (EventNumber n = 1; n <= events(); ++n) {
      const DiskEvent& event = disk_.trace().event(n);
      if (event.kind != DiskEvent::kWrite) continue;
      for (uint64_t s = event.range.first; s < event.range.end(); ++s) {
        if (s >= kFirstDataSector) most = std::max(most, ++writes[s]);
      }
    }
    return most;
  }

 private:
  std::string Do(OpKind kind, const std::string& path,
                 std::vector<uint64_t> numbers, const std::string& bytes = "") {
    Op op;
    op.kind = kind;
    op.number = ++number_;
    if (!path.empty()) op.names = {path};
    op.numbers = std::move(numbers);
    const uint64_t offset = op.numbers.empty() ? 0 : op.numbers[0];
    return mount_->Apply(op, offset, bytes).error;
  }

  std::unique_ptr<Backend> backend_;
  RecordingDisk disk_;
  NoRecordsDisk failing_;
  std::unique_ptr<Mount> mount_;
  std::map<std::string, std::string> contents_;
  uint32_t number_ = 0;
};

TEST(SimfsPieces, OfFilesThatGrowInTurnAreFew) {
  TwoFiles once;
  once.AppendInTurn(500);
  TwoFiles twice;
  twice.AppendInTurn(1000);
  EXPECT_LE(twice.Pieces(), 120u);
  // The square would be four times as much.
  EXPECT_LT(twice.RecordBytes(), once.RecordBytes() * 5 / 2);
}

TEST(SimfsPieces, OfFilesThatWereCutAreFewAgain) {
  TwoFiles files;
  files.AppendInTurn(300);
  files.Truncate("/a", 0);
  files.Truncate("/b", 0);
  files.AppendInTurn(300);
  EXPECT_LE(files.Pieces(), 120u);
}

// A short file is laid out as it always was, so that recordings of short
// workloads keep their ids.
TEST(SimfsPieces, OfShortFilesAreAsManyAsWrites) {
  TwoFiles files;
  files.AppendInTurn(64);
  EXPECT_EQ(files.Pieces(), 64u);
  files.AppendInTurn(1);
  EXPECT_EQ(files.Pieces(), 65u);
  files.AppendInTurn(8);
  EXPECT_LE(files.Pieces(), 67u);
}

TEST(SimfsPieces, ShowWhatWasWritten) {
  const auto backend = MakeSimfsBackend();
  for (const std::string& profile : backend->traits().profiles) {
    SCOPED_TRACE(profile);
    TwoFiles files(profile);
    files.AppendInTurn(90);
    files.AppendInTurn(30, 1300);
    EXPECT_TRUE(files.ShowsAll());
    files.Truncate("/a", 700);
    files.AppendInTurn(100);
    EXPECT_TRUE(files.ShowsAll());
    files.SyncAll();
    files.MountAgain();
    files.AppendInTurn(10);
    EXPECT_TRUE(files.ShowsAll());
    if (HasFailure()) return;
  }
}

// Data of a write that failed may lie in its sectors, which no other write may
// get.
TEST(SimfsPieces, SectorsOfAFailedWriteAreNotUsedAgain) {
  TwoFiles files;
  files.AppendInTurn(60);
  for (int i = 0; i < 40; ++i) {
    files.set_fails(true);
    EXPECT_EQ(files.Append("/a", 512), "EIO");
    files.set_fails(false);
    files.AppendInTurn(2);
  }
  EXPECT_EQ(files.WritesOfOneSector(), 1u);
  EXPECT_TRUE(files.GenerationsAreApart());
  EXPECT_TRUE(files.ShowsAll());
}

// Data of writes that a crash lost may lie in any sector, so that none is kept
// without a look.
TEST(SimfsPieces, AfterACrashOnlyFreshSectorsAreGiven) {
  TwoFiles files;
  files.AppendInTurn(80);
  files.SyncAll();
  const EventNumber point = files.events();
  const auto durable = files.contents();
  files.AppendInTurn(100);
  TwoFiles crashed(files.CrashedAfter(point), durable);
  crashed.AppendInTurn(150);
  EXPECT_TRUE(crashed.WroteToFreshSectors());
  EXPECT_TRUE(crashed.ShowsAll());
}

// Space that is kept for one file is lost to the others, which must be little.
TEST(SimfsPieces, LittleOfTheDiskIsLost) {
  TwoFiles files("spec-strict");
  const uint64_t data = kGeometry.sector_count - kFirstDataSector;
  uint64_t written = 0;
  std::string error;
  constexpr uint64_t kSectors = 16;
  for (; error.empty(); written += kSectors) {
    error =
        files.Append(written / kSectors % 2 == 0 ? "/a" : "/b", kSectors * 512);
  }
  EXPECT_EQ(error, "ENOSPC");
  EXPECT_LE(files.Pieces(), 120u);
  // A quarter of the data sectors is kept for old contents.
  EXPECT_GT(written, data * 3 / 4 * 4 / 5);
  EXPECT_TRUE(files.ShowsAll());
}

}  // namespace
}  // namespace powercut
