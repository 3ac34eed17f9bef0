// The backend ntfs-3g keeps its contract: formatting, ops and their errors,
// what reaches the disk and when, and observing disks that are damaged at
// random.

#include "backends/ntfs_3g/ntfs_3g_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "tests/throwing_checks.h"

namespace powercut {
namespace {

using ntfs_3g::MakeNtfs3gBackend;

constexpr DiskGeometry kGeometry = {.sector_bytes = 512, .sector_count = 16384};

struct DiskEvent {
  enum Kind : uint8_t { kWrite, kPersist } kind = kWrite;
  Layer layer = Layer::kHost;
  uint64_t first_sector = 0;
  Bytes data;

  bool operator==(const DiskEvent&) const = default;
};

// A disk in memory that remembers the writes and persists that it got, and that
// fails on demand.
class MemoryDisk : public VirtualDisk {
 public:
  explicit MemoryDisk(const SparseImage& image,
                      const DiskGeometry& geometry = kGeometry)
      : geometry_(geometry), bytes_(geometry.size_bytes()) {
    image.Read(0, bytes_);
  }

  const DiskGeometry& geometry() const override { return geometry_; }

  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    if (fail_reads) return Error{ErrorCode::kIo, "injected"};
    std::memcpy(out.data(), &bytes_[first_sector * geometry_.sector_bytes],
                out.size());
    return Ok{};
  }

  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    if (fail_writes) return Error{ErrorCode::kIo, "injected"};
    std::memcpy(&bytes_[first_sector * geometry_.sector_bytes], data.data(),
                data.size());
    if (remember) {
      events.push_back({DiskEvent::kWrite, layer, first_sector,
                        Bytes(data.begin(), data.end())});
    }
    return Ok{};
  }

  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> /*upto*/) override {
    EXPECT_EQ(scope, nullptr);
    if (fail_persists) return Error{ErrorCode::kIo, "injected"};
    events.push_back({DiskEvent::kPersist, to, 0, {}});
    return Ok{};
  }

  Status Discard(SectorRange /*range*/) override { return Ok{}; }
  void Mark(std::string_view /*text*/) override {}

  Bytes& bytes() { return bytes_; }

  std::vector<DiskEvent> events;
  bool remember = true;
  bool fail_reads = false;
  bool fail_writes = false;
  bool fail_persists = false;

 private:
  DiskGeometry geometry_;
  Bytes bytes_;
};

Backend& TheBackend() {
  static const std::unique_ptr<Backend> backend = MakeNtfs3gBackend().value();
  return *backend;
}

const SparseImage& EmptyImage() {
  return *TheBackend().Format({kGeometry, "ntfs-3g"}).value();
}

std::unique_ptr<Mount> MustOpen(VirtualDisk& disk) {
  MountResult result = TheBackend().Open(disk);
  EXPECT_EQ(result.failure, "");
  return std::move(result.mount);
}

Op MakeOp(OpKind kind, std::vector<std::string> names = {},
          std::vector<uint64_t> numbers = {}) {
  Op op;
  op.kind = kind;
  op.names = std::move(names);
  op.numbers = std::move(numbers);
  return op;
}

// Applies an op and returns its error.
std::string Do(Mount& mount, OpKind kind, std::vector<std::string> names = {},
               std::vector<uint64_t> numbers = {}) {
  return mount.Apply(MakeOp(kind, std::move(names), std::move(numbers)), 0, "")
      .error;
}

std::string Write(Mount& mount, const std::string& path, uint64_t offset_bytes,
                  std::string_view content) {
  const Op op = MakeOp(OpKind::kWrite, {path}, {offset_bytes, content.size()});
  return mount.Apply(op, offset_bytes, content).error;
}

std::string PutFile(Mount& mount, const std::string& path,
                    std::string_view content) {
  const std::string error = Do(mount, OpKind::kCreate, {path});
  return error.empty() ? Write(mount, path, 0, content) : error;
}

// Contents by path. The path of a directory ends in `/`, and the content of an
// entry that cannot be read says why.
using Tree = std::map<std::string, std::string>;

Tree TreeOf(const Observation& observation) {
  Tree tree;
  EXPECT_EQ(observation.unreadable, "");
  for (const ObservedEntry& entry : observation.entries) {
    if (!entry.unreadable.empty()) {
      tree[entry.path] = "unreadable: " + entry.unreadable;
    } else if (entry.is_directory) {
      tree[entry.path + "/"] = "";
    } else {
      EXPECT_EQ(entry.size_bytes, entry.content.size());
      tree[entry.path] = entry.content;
    }
  }
  return tree;
}

// Fills a volume with files inside and outside their records, holes, a
// directory whose index has left its record, links and renames.
void Populate(Mount& mount) {
  EXPECT_EQ(Do(mount, OpKind::kMkdir, {"/d"}), "");
  for (int i = 0; i < 40; ++i) {
    const std::string path = "/d/file_with_a_long_name_" + std::to_string(i);
    EXPECT_EQ(PutFile(mount, path, std::string(i * 37, 'x')), "");
  }
  EXPECT_EQ(PutFile(mount, "/big", std::string(70000, 'b')), "");
  EXPECT_EQ(Write(mount, "/big", 200000, "tail"), "");
  EXPECT_EQ(Do(mount, OpKind::kLink, {"/big", "/d/linked"}), "");
  EXPECT_EQ(Do(mount, OpKind::kRename, {"/d/file_with_a_long_name_3", "/r"}),
            "");
  EXPECT_EQ(PutFile(mount, "/new", "new"), "");
  EXPECT_EQ(Do(mount, OpKind::kRename, {"/new", "/r"}), "");
  EXPECT_EQ(Do(mount, OpKind::kTruncate, {"/big"}, {50001}), "");
}

TEST(Ntfs3gBackend, TraitsNameTheLibrary) {
  const BackendTraits& traits = TheBackend().traits();
  EXPECT_EQ(traits.name, "ntfs-3g");
  EXPECT_EQ(traits.profile, "ntfs-3g");
  EXPECT_NE(traits.description.find("libntfs-3g 20"), std::string::npos);
  EXPECT_EQ(traits.crash_kinds.front(), CrashKind::kPower);
  EXPECT_LE(traits.minimum_disk_bytes, traits.default_disk_bytes);
}

TEST(Ntfs3gBackend, FormatsTheSameBytesEachTime) {
  for (const uint32_t sector_bytes : TheBackend().traits().sector_sizes_bytes) {
    const DiskGeometry geometry = {
        .sector_bytes = sector_bytes,
        .sector_count =
            TheBackend().traits().default_disk_bytes / sector_bytes};
    const auto one = MakeNtfs3gBackend().value()->Format({geometry, "ntfs-3g"});
    const auto two = MakeNtfs3gBackend().value()->Format({geometry, "ntfs-3g"});
    ASSERT_TRUE(one) << one.error().message;
    ASSERT_TRUE(two) << two.error().message;
    EXPECT_TRUE(one.value()->SameBytes(*two.value()));

    Bytes last(sector_bytes);
    one.value()->Read(geometry.size_bytes() - sector_bytes, last);
    EXPECT_FALSE(AllZero(last)) << "no spare boot sector at the end";
  }
}

TEST(Ntfs3gBackend, FormatIsCachedByGeometry) {
  const auto one = TheBackend().Format({kGeometry, "ntfs-3g"});
  const auto two = TheBackend().Format({kGeometry, "ntfs-3g"});
  EXPECT_EQ(one.value().get(), two.value().get());
}

TEST(Ntfs3gBackend, RefusesDisksThatCannotBeFormatted) {
  const auto small = TheBackend().Format({{512, 2048}, "ntfs-3g"});
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().code, ErrorCode::kBadInput);
  EXPECT_NE(small.error().message.find("minimum"), std::string::npos);

  const auto sector = TheBackend().Format({{8192, 2048}, "ntfs-3g"});
  ASSERT_FALSE(sector);
  EXPECT_EQ(sector.error().code, ErrorCode::kBadInput);
}

TEST(Ntfs3gBackend, SmallestDiskWorksAtEverySectorSize) {
  for (const uint32_t sector_bytes : TheBackend().traits().sector_sizes_bytes) {
    const DiskGeometry geometry = {
        .sector_bytes = sector_bytes,
        .sector_count =
            TheBackend().traits().minimum_disk_bytes / sector_bytes};
    const auto image = TheBackend().Format({geometry, "ntfs-3g"});
    ASSERT_TRUE(image) << image.error().message;
    MemoryDisk disk(*image.value(), geometry);
    const auto mount = MustOpen(disk);
    ASSERT_NE(mount, nullptr);
    EXPECT_EQ(PutFile(*mount, "/f", std::string(9000, 'f')), "");
    EXPECT_EQ(Do(*mount, OpKind::kFsync, {"/f"}), "");
    EXPECT_EQ(TreeOf(mount->Observe()), (Tree{{"/f", std::string(9000, 'f')}}));
    EXPECT_EQ(mount->Shutdown().error, "");
  }
}

TEST(Ntfs3gBackend, OpsDoWhatTheySay) {
  MemoryDisk disk(EmptyImage());
  const auto mount = MustOpen(disk);
  EXPECT_EQ(TreeOf(mount->Observe()), Tree{});

  EXPECT_EQ(Do(*mount, OpKind::kCreate, {"/a"}), "");
  EXPECT_EQ(Do(*mount, OpKind::kMkdir, {"/d"}), "");
  EXPECT_EQ(PutFile(*mount, "/d/b", std::string(10000, 'b')), "");
  EXPECT_EQ(Write(*mount, "/a", 3, "xyz"), "");
  const std::string a("\0\0\0xyz", 6);
  Tree expected = {{"/a", a}, {"/d/", ""}, {"/d/b", std::string(10000, 'b')}};
  EXPECT_EQ(TreeOf(mount->Observe()), expected);

  const Op append = MakeOp(OpKind::kAppend, {"/a"}, {3});
  EXPECT_EQ(mount->Apply(append, a.size(), "end").error, "");
  expected["/a"] = a + "end";
  EXPECT_EQ(Do(*mount, OpKind::kTruncate, {"/d/b"}, {4}), "");
  expected["/d/b"] = "bbbb";
  EXPECT_EQ(Do(*mount, OpKind::kTruncate, {"/d/b"}, {6000}), "");
  expected["/d/b"].resize(6000);
  EXPECT_EQ(Do(*mount, OpKind::kLink, {"/a", "/d/a2"}), "");
  expected["/d/a2"] = expected["/a"];
  EXPECT_EQ(TreeOf(mount->Observe()), expected);
  const Observation linked = mount->Observe();
  EXPECT_EQ(linked.Find("/a")->file_id, linked.Find("/d/a2")->file_id);
  EXPECT_NE(linked.Find("/a")->file_id, linked.Find("/d/b")->file_id);

  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/d/b", "/c"}), "");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/c", "/a"}), "");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/d", "/e"}), "");
  EXPECT_EQ(Do(*mount, OpKind::kMkdir, {"/g"}), "");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/e", "/g"}), "");
  expected = {{"/a", expected["/d/b"]}, {"/g/", ""}, {"/g/a2", a + "end"}};
  EXPECT_EQ(TreeOf(mount->Observe()), expected);

  EXPECT_EQ(Do(*mount, OpKind::kUnlink, {"/g/a2"}), "");
  EXPECT_EQ(Do(*mount, OpKind::kRmdir, {"/g"}), "");
  EXPECT_EQ(Do(*mount, OpKind::kUnlink, {"/a"}), "");
  EXPECT_EQ(TreeOf(mount->Observe()), Tree{});
}

TEST(Ntfs3gBackend, FailingOpsNameThePosixError) {
  MemoryDisk disk(EmptyImage());
  const auto mount = MustOpen(disk);
  EXPECT_EQ(PutFile(*mount, "/f", "f"), "");
  EXPECT_EQ(Do(*mount, OpKind::kMkdir, {"/d"}), "");
  EXPECT_EQ(PutFile(*mount, "/d/g", "g"), "");
  disk.events.clear();

  EXPECT_EQ(Do(*mount, OpKind::kCreate, {"/f"}), "EEXIST");
  EXPECT_EQ(Do(*mount, OpKind::kCreate, {"/no/f"}), "ENOENT");
  EXPECT_EQ(Do(*mount, OpKind::kCreate, {"/f/x"}), "ENOTDIR");
  EXPECT_EQ(Do(*mount, OpKind::kCreate, {"/" + std::string(256, 'n')}),
            "ENAMETOOLONG");
  EXPECT_EQ(Do(*mount, OpKind::kMkdir, {"/d"}), "EEXIST");
  EXPECT_EQ(Write(*mount, "/no", 0, "x"), "ENOENT");
  EXPECT_EQ(Write(*mount, "/d", 0, "x"), "EISDIR");
  EXPECT_EQ(Do(*mount, OpKind::kTruncate, {"/d"}, {0}), "EISDIR");
  EXPECT_EQ(Do(*mount, OpKind::kLink, {"/d", "/l"}), "EPERM");
  EXPECT_EQ(Do(*mount, OpKind::kLink, {"/f", "/d"}), "EEXIST");
  EXPECT_EQ(Do(*mount, OpKind::kLink, {"/no", "/l"}), "ENOENT");
  EXPECT_EQ(Do(*mount, OpKind::kUnlink, {"/d"}), "EISDIR");
  EXPECT_EQ(Do(*mount, OpKind::kUnlink, {"/no"}), "ENOENT");
  EXPECT_EQ(Do(*mount, OpKind::kRmdir, {"/f"}), "ENOTDIR");
  EXPECT_EQ(Do(*mount, OpKind::kRmdir, {"/d"}), "ENOTEMPTY");
  EXPECT_EQ(Do(*mount, OpKind::kRmdir, {"/"}), "EBUSY");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/no", "/x"}), "ENOENT");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/f", "/d"}), "EISDIR");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/d", "/f"}), "ENOTDIR");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/d", "/d/e"}), "EINVAL");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/d/g", "/d"}), "ENOTEMPTY");
  EXPECT_EQ(Do(*mount, OpKind::kFsync, {"/no"}), "ENOENT");
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/f", "/f"}), "");
  EXPECT_EQ(TreeOf(mount->Observe()),
            (Tree{{"/f", "f"}, {"/d/", ""}, {"/d/g", "g"}}));
}

TEST(Ntfs3gBackend, WritesReachTheHostAndSyncsTheMediaOnce) {
  MemoryDisk disk(EmptyImage());
  const auto mount = MustOpen(disk);
  EXPECT_TRUE(disk.events.empty()) << "mounting a clean disk writes nothing";
  EXPECT_EQ(PutFile(*mount, "/f", "f"), "");
  ASSERT_FALSE(disk.events.empty());
  for (const DiskEvent& event : disk.events) {
    EXPECT_EQ(event.kind, DiskEvent::kWrite);
    EXPECT_EQ(event.layer, Layer::kHost);
  }

  const std::vector<DiskEvent> sync = {
      {DiskEvent::kPersist, Layer::kDevice, 0, {}},
      {DiskEvent::kPersist, Layer::kMedia, 0, {}}};
  for (const OpKind kind :
       {OpKind::kFsync, OpKind::kFdatasync, OpKind::kSyncfs}) {
    EXPECT_EQ(Write(*mount, "/f", 0, "g"), "");
    disk.events.clear();
    const std::vector<std::string> names = kind == OpKind::kSyncfs
                                               ? std::vector<std::string>{}
                                               : std::vector<std::string>{"/f"};
    EXPECT_EQ(Do(*mount, kind, names), "");
    EXPECT_EQ(disk.events, sync);
    EXPECT_EQ(Do(*mount, kind, names), "");
    EXPECT_EQ(disk.events, sync) << "a clean device is synced again";
  }

  Op synchronous = MakeOp(OpKind::kWrite, {"/f"}, {0, 1});
  synchronous.flags = {"dsync"};
  disk.events.clear();
  EXPECT_EQ(mount->Apply(synchronous, 0, "h").error, "");
  ASSERT_GE(disk.events.size(), 3u);
  EXPECT_EQ(disk.events.back(), sync.back());
}

TEST(Ntfs3gBackend, WritesAreSplitAtPages) {
  MemoryDisk disk(EmptyImage());
  const auto mount = MustOpen(disk);
  EXPECT_EQ(PutFile(*mount, "/f", std::string(32768, 'a')), "");
  disk.events.clear();
  EXPECT_EQ(Write(*mount, "/f", 1024, std::string(8192, 'b')), "");
  std::vector<size_t> data_writes;
  for (const DiskEvent& event : disk.events) {
    const std::string_view text = AsText(event.data);
    if (text.find_first_not_of('b') == text.npos) {
      data_writes.push_back(text.size());
    }
  }
  EXPECT_EQ(data_writes, (std::vector<size_t>{3072, 4096, 1024}));
}

TEST(Ntfs3gBackend, RenameOverParksTheOldFileUnderAnotherName) {
  MemoryDisk disk(EmptyImage());
  const auto mount = MustOpen(disk);
  EXPECT_EQ(PutFile(*mount, "/a", "old"), "");
  EXPECT_EQ(PutFile(*mount, "/b", "new"), "");
  Bytes bytes = disk.bytes();
  disk.events.clear();
  EXPECT_EQ(Do(*mount, OpKind::kRename, {"/b", "/a"}), "");

  std::vector<Tree> trees;
  for (const DiskEvent& event : disk.events) {
    std::copy(event.data.begin(), event.data.end(),
              bytes.begin() + event.first_sector * kGeometry.sector_bytes);
    MemoryDisk crashed(EmptyImage());
    crashed.bytes() = bytes;
    MountResult result = TheBackend().Open(crashed);
    ASSERT_EQ(result.failure, "");
    const Tree tree = TreeOf(result.mount->Observe());
    if (trees.empty() || trees.back() != tree) trees.push_back(tree);
  }
  const std::string parked = "/a.ntfs-3g-0000000001";
  const auto without_a = [&](const Tree& tree) {
    return tree.contains(parked) && !tree.contains("/a");
  };
  EXPECT_TRUE(std::ranges::any_of(trees, without_a))
      << "the window that the real driver leaves";
  EXPECT_EQ(trees.back(), (Tree{{"/a", "new"}}));
}

TEST(Ntfs3gBackend, RecordingTwiceGivesTheSameEvents) {
  std::vector<std::vector<DiskEvent>> runs;
  for (int run = 0; run < 2; ++run) {
    MemoryDisk disk(EmptyImage());
    const auto mount = MustOpen(disk);
    Populate(*mount);
    EXPECT_EQ(Do(*mount, OpKind::kSyncfs), "");
    runs.push_back(disk.events);
  }
  EXPECT_GT(runs[0].size(), 200u);
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(Ntfs3gBackend, TheTreeIsThereAfterRemounting) {
  MemoryDisk disk(EmptyImage());
  auto mount = MustOpen(disk);
  Populate(*mount);
  const Tree live = TreeOf(mount->Observe());
  EXPECT_EQ(live.size(), 43u);
  EXPECT_EQ(live.at("/r"), "new");
  EXPECT_EQ(live.at("/d/linked").size(), 50001u);
  EXPECT_EQ(mount->Shutdown().error, "");
  mount = MustOpen(disk);
  EXPECT_EQ(TreeOf(mount->Observe()), live);
}

TEST(Ntfs3gBackend, EndingWithoutShutdownWritesNothing) {
  MemoryDisk disk(EmptyImage());
  auto mount = MustOpen(disk);
  EXPECT_EQ(PutFile(*mount, "/f", "f"), "");
  disk.events.clear();
  mount.reset();
  EXPECT_TRUE(disk.events.empty());
  mount = MustOpen(disk);
  EXPECT_EQ(TreeOf(mount->Observe()), (Tree{{"/f", "f"}}));
}

TEST(Ntfs3gBackend, DiskFaultsBecomeEio) {
  MemoryDisk disk(EmptyImage());
  const auto mount = MustOpen(disk);
  EXPECT_EQ(PutFile(*mount, "/f", "f"), "");
  disk.fail_persists = true;
  EXPECT_EQ(Do(*mount, OpKind::kFsync, {"/f"}), "EIO");
  disk.fail_persists = false;
  disk.fail_writes = true;
  EXPECT_EQ(Write(*mount, "/f", 0, "g"), "EIO");
  disk.fail_writes = false;

  MemoryDisk unreadable(EmptyImage());
  unreadable.fail_reads = true;
  const MountResult result = TheBackend().Open(unreadable);
  EXPECT_EQ(result.mount, nullptr);
  EXPECT_EQ(result.failure, "mount: EIO (Input/output error)");
}

TEST(Ntfs3gBackend, ADiskOfZerosDoesNotMount) {
  MemoryDisk disk(SparseImage(kGeometry.size_bytes()));
  const MountResult result = TheBackend().Open(disk);
  EXPECT_EQ(result.mount, nullptr);
  EXPECT_EQ(result.failure, "mount: EINVAL (Invalid argument)");
}

// The sectors that the events wrote, sorted: they hold the tree. Most of the
// image was never written, and damage there would show nothing.
std::vector<uint64_t> WrittenSectors(const std::vector<DiskEvent>& events) {
  std::vector<uint64_t> sectors;
  for (const DiskEvent& event : events) {
    const uint64_t count = event.data.size() / kGeometry.sector_bytes;
    for (uint64_t i = 0; i < count; ++i) {
      sectors.push_back(event.first_sector + i);
    }
  }
  std::ranges::sort(sectors);
  const auto repeated = std::ranges::unique(sectors);
  sectors.erase(repeated.begin(), repeated.end());
  return sectors;
}

TEST(Ntfs3gBackend, DamagedDisksAreObservedWithoutHarm) {
  MemoryDisk source(EmptyImage());
  auto mount = MustOpen(source);
  Populate(*mount);
  EXPECT_EQ(mount->Shutdown().error, "");
  const std::vector<uint64_t> sectors = WrittenSectors(source.events);

  int mounted = 0;
  int with_unreadable_entries = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Prng prng(seed);
    MemoryDisk disk(EmptyImage());
    disk.bytes() = source.bytes();
    for (uint64_t flips = 1 + prng.Below(8); flips > 0; --flips) {
      const uint64_t sector = sectors[prng.Below(sectors.size())];
      const uint64_t offset =
          sector * kGeometry.sector_bytes + prng.Below(kGeometry.sector_bytes);
      disk.bytes()[offset] ^= std::byte(1 + prng.Below(255));
    }
    const MountResult result = TheBackend().Open(disk);
    EXPECT_NE(result.mount == nullptr, result.failure.empty());
    if (result.mount == nullptr) continue;
    ++mounted;
    const Observation observation = result.mount->Observe();
    with_unreadable_entries += std::ranges::any_of(
        observation.entries,
        [](const ObservedEntry& entry) { return !entry.unreadable.empty(); });
  }
  EXPECT_GT(mounted, 100);
  EXPECT_GT(with_unreadable_entries, 10);
}

}  // namespace
}  // namespace powercut
