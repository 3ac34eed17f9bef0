// Tests which numbers and sectors a mount of simfs takes for free: those above
// everything that any record on the disk names, whether the record counts or
// not. Records are drawn at random and written as a mount writes them.

#include "backends/simfs/record_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/layout.h"
#include "harness/base/prng.h"
#include "harness/trace/recording_disk.h"

namespace powercut::simfs {
namespace {

constexpr DiskGeometry kGeometry = {.sector_bytes = 512, .sector_count = 2048};

class RecordScanTest : public testing::Test {
 protected:
  RecordScanTest() {
    Restart();
    RecordingDisk disk(kGeometry, Image());
    layout_ = ReadSimfsLayout(disk).value();
  }

  // Writes a record after the ones before it, and notes what it names.
  void Write(Prng& prng) {
    Record record;
    record.number = next_record_++;
    // Some records do not count.
    if (prng.OneIn(4)) record.needs = {record.number + 1000};
    for (uint64_t n = 1 + prng.Below(3); n > 0; --n) {
      record.changes.push_back(Draw(prng));
    }
    const Bytes bytes = EncodeRecord(record, layout_.nonce, next_sector_);
    image_->Write(next_sector_ * kSimfsSectorBytes, bytes);
    next_sector_ += bytes.size() / kSimfsSectorBytes;
    expected_.next_record = next_record_;
    expected_.next_record_sector = next_sector_;
    // A crash may lose a record.
    if (prng.OneIn(5)) ++next_sector_;
  }

  void ExpectScanned() {
    RecordingDisk disk(kGeometry, Image());
    const auto scan = ScanRecords(disk, layout_, {});
    ASSERT_TRUE(scan) << scan.error().message;
    EXPECT_EQ(scan->next_record, expected_.next_record);
    EXPECT_EQ(scan->next_record_sector, expected_.next_record_sector);
    EXPECT_EQ(scan->next_inode, expected_.next_inode);
    EXPECT_EQ(scan->next_generation, expected_.next_generation);
    EXPECT_EQ(scan->next_zero_sector, expected_.next_zero_sector);
    EXPECT_EQ(scan->next_old_sector, expected_.next_old_sector);
    dropped += scan->dropped.size();
  }

  // Begins with an empty volume.
  void Restart() {
    image_.emplace(*FormatSimfs(kGeometry, "linux-man"));
    next_record_ = 1;
    next_sector_ = kFirstRecordSector;
    expected_ = {};
    expected_.next_zero_sector = layout_.zero_first;
    expected_.next_old_sector = layout_.old_first;
  }

  size_t dropped = 0;

 private:
  std::shared_ptr<const SparseImage> Image() const {
    return std::make_shared<const SparseImage>(*image_);
  }

  InodeNumber UseInode(Prng& prng) {
    const auto inode = static_cast<InodeNumber>(2 + prng.Below(60));
    expected_.next_inode = std::max(expected_.next_inode, inode + 1);
    return inode;
  }
  void UseGeneration(GenerationId generation) {
    expected_.next_generation =
        std::max(expected_.next_generation, generation + 1);
  }
  void UseSector(uint64_t sector) {
    uint64_t& next = sector < layout_.old_first ? expected_.next_zero_sector
                                                : expected_.next_old_sector;
    next = std::max(next, sector + 1);
  }

  Change Draw(Prng& prng) {
    switch (prng.Below(4)) {
      case 0:
        return NameChange{.name = "n", .inode = UseInode(prng)};
      case 1:
        return TimesChange{UseInode(prng), 7};
      case 2: {
        const auto generation = static_cast<GenerationId>(1 + prng.Below(200));
        UseGeneration(generation);
        return AtomChange{.generation = generation, .version = 1};
      }
      default:
        return ShapeChange{UseInode(prng), DrawShape(prng)};
    }
  }

  // A file of a run of atoms, and of one atom that is written over. A run may
  // begin among the sectors of zeros and end among those of old contents.
  Shape DrawShape(Prng& prng) {
    Shape shape;
    const auto draw_sector = [&] {
      return static_cast<uint32_t>(layout_.old_first - 20 + prng.Below(40));
    };
    AtomRun run{.first = 0,
                .count = static_cast<uint32_t>(1 + prng.Below(20)),
                .generation = static_cast<GenerationId>(1 + prng.Below(200)),
                .sector = prng.OneIn(3) ? 0u : draw_sector()};
    shape.atoms.SetRun(run);
    UseGeneration(run.generation + run.count - 1);
    for (uint32_t i = 0; i < run.count && run.sector != 0; ++i) {
      UseSector(run.sector + i);
    }
    if (prng.OneIn(2)) {
      AtomMap layers;
      for (int layer = 0; layer < 2; ++layer) {
        layers.push_back({static_cast<GenerationId>(1 + prng.Below(200)),
                          prng.OneIn(3) ? 0u : draw_sector()});
        UseGeneration(layers.back().generation);
        if (layers.back().sector != 0) UseSector(layers.back().sector);
      }
      shape.atoms.Set(run.count + 3, layers);
    }
    shape.size = shape.valid = (run.count + 4) * kAtom;
    return shape;
  }

  std::optional<SparseImage> image_;
  SimfsLayout layout_;
  RecordNumber next_record_ = 1;
  uint64_t next_sector_ = kFirstRecordSector;
  RecordScan expected_;
};

TEST_F(RecordScanTest, WhatAnyRecordNamesIsNotFree) {
  Prng prng(11);
  for (int scene = 0; scene < 400; ++scene) {
    SCOPED_TRACE(scene);
    Restart();
    for (uint64_t records = prng.Below(6); records > 0; --records) Write(prng);
    ExpectScanned();
    if (HasFailure()) return;
  }
  EXPECT_GT(dropped, 50u);
}

}  // namespace
}  // namespace powercut::simfs
