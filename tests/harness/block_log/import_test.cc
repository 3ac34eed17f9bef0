// Tests the import of logs that other tools wrote: the golden logs, what
// becomes of each kind of entry, and where the origins differ.

#include "harness/block_log/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/harness/block_log/awkward_trace.h"
#include "tests/harness/block_log/log_entries.h"

namespace powercut {
namespace {

constexpr BlockLogOrigin kOrigins[] = {BlockLogOrigin::kKernel,
                                       BlockLogOrigin::kQemu};

ImportOptions Of(BlockLogOrigin origin) {
  ImportOptions options;
  options.origin = origin;
  return options;
}

// Returns an event in few letters: W3+1, D8+4, P (all to the media), P<2 (up to
// event 2), P3+1 (of these sectors only).
std::string EventText(const Trace& trace, EventNumber number) {
  const DiskEvent& event = trace.event(number);
  const auto range = [](SectorRange sectors) {
    return std::to_string(sectors.first) + "+" + std::to_string(sectors.count);
  };
  if (event.kind == DiskEvent::kWrite) {
    EXPECT_EQ(event.layer, Layer::kDevice);
    return "W" + range(event.range);
  }
  if (event.kind == DiskEvent::kDiscard) return "D" + range(event.range);
  EXPECT_EQ(event.layer, Layer::kMedia);
  std::string text = "P";
  if (event.scope) {
    trace.scope(event).ForEachRange(
        [&](SectorRange sectors) { text += range(sectors); });
  }
  if (event.upto != number) text += "<" + std::to_string(event.upto);
  return text;
}

std::string EventsText(const Trace& trace) {
  std::string text;
  for (EventNumber i = 1; i <= trace.event_count(); ++i) {
    text += (i > 1 ? " " : "") + EventText(trace, i);
  }
  return text;
}

std::string EventsOf(std::vector<BlockLogEntry> entries,
                     const ImportOptions& options) {
  const Result<LoadedTrace> loaded =
      ImportBlockLog(LogOf(std::move(entries)), options);
  return loaded ? EventsText(loaded->trace) : loaded.error().message;
}

struct GoldenLog {
  const char* name;
  size_t entries;       // 0 if the log must be rejected.
  const char* outcome;  // The events, or the error message.
};

class GoldenLogTest : public testing::TestWithParam<GoldenLog> {
 protected:
  static Bytes Contents() {
    return FileBytes(std::filesystem::path(POWERCUT_SOURCE_DIR) /
                     "tests/golden/log" / GetParam().name);
  }
};

TEST_P(GoldenLogTest, IsReadAsItsReadmeSays) {
  const Bytes bytes = Contents();
  const Result<BlockLog> log = ReadBlockLog(bytes);
  if (GetParam().entries == 0) {
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(log.error().message, GetParam().outcome);
    return;
  }
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log->entries.size(), GetParam().entries);
  EXPECT_TRUE(log->lint.empty());
  const Bytes again = WriteBlockLog(*log);
  const Result<BlockLog> log_again = ReadBlockLog(again);
  ASSERT_TRUE(log_again);
  EXPECT_EQ(log_again->entries, log->entries);
  EXPECT_TRUE(std::ranges::equal(ByteSpan(again).subspan(32),
                                 ByteSpan(bytes).subspan(32)));
  for (const BlockLogOrigin origin : kOrigins) {
    const Result<LoadedTrace> loaded = ImportBlockLog(*log, Of(origin));
    ASSERT_TRUE(loaded) << MessageOf(loaded);
    EXPECT_EQ(EventsText(loaded->trace), GetParam().outcome);
    EXPECT_EQ(loaded->about.origin, BlockLogOriginName(origin));
    const Result<LoadedTrace> loaded_again =
        DecodeTrace(EncodeTrace(loaded->trace, loaded->about));
    ASSERT_TRUE(loaded_again) << MessageOf(loaded_again);
    ExpectSameTrace(loaded_again->trace, loaded->trace);
    EXPECT_EQ(loaded_again->about, loaded->about);
  }
}

// A log that is cut short anywhere is refused, and the error names the place.
TEST_P(GoldenLogTest, CutAtEveryByteIsAnErrorWithItsPlace) {
  const Bytes bytes = Contents();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Result<BlockLog> log = ReadBlockLog(ByteSpan(bytes).first(size));
    ASSERT_FALSE(log) << size;
    ASSERT_EQ(log.error().code, ErrorCode::kBadInput);
    ASSERT_TRUE(NamesAPlace(log.error().message)) << log.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenLogTest,
    testing::Values(
        GoldenLog{"qemu_mixed_512.log", 7, "W0+8 W16+1 W32+2 P W64+4 D128+8 P"},
        GoldenLog{"qemu_ss4096_rmw.log", 3, "W0+1 W1+2 P"},
        GoldenLog{"qemu_fua_after_flush.log", 5, "W0+1 P W1+1 W2+1 P"},
        GoldenLog{"kernel_metadata_flag.log", 7,
                  "W0+8 W16+1 W32+2 P W64+4 D128+8 P"},
        GoldenLog{"hand_mark_ok.log", 4, "W0+1 P W1+1 P1+1"},
        GoldenLog{"hand_dax_inline_data_len.log", 2, "W4+2"},
        GoldenLog{"hand_sup_pad_garbage.log", 1, "W0+1"},
        GoldenLog{"hand_zero_entry.log", 0,
                  "entry 0 at byte 512: neither flags nor sectors"},
        GoldenLog{"hand_pad_nonzero.log", 0,
                  "entry 0 at byte 512: non-zero byte after the header"}),
    [](const auto& test) {
      const std::string name = test.param.name;
      return name.substr(0, name.find('.'));
    });

TEST(ImportLogTest, EachKindOfEntry) {
  constexpr uint64_t kFlush = BlockLogEntry::kFlush;
  constexpr uint64_t kFua = BlockLogEntry::kFua;
  constexpr uint64_t kMetadata = BlockLogEntry::kMetadata;
  const ImportOptions kernel = Of(BlockLogOrigin::kKernel);
  const auto one = [&](const BlockLogEntry& entry) {
    return EventsOf({entry}, kernel);
  };
  EXPECT_EQ(one(WriteOf(3, 2)), "W3+2");
  EXPECT_EQ(one(WriteOf(3, 2, kMetadata)), "W3+2");
  EXPECT_EQ(one(FlushOf()), "P");
  EXPECT_EQ(one(WriteOf(3, 2, kFua)), "W3+2 P3+2");
  EXPECT_EQ(one(WriteOf(3, 2, kFua | kMetadata)), "W3+2 P3+2");
  // A preflush covers what was written before it, not what it brings.
  EXPECT_EQ(one(WriteOf(3, 2, kFlush)), "P W3+2");
  EXPECT_EQ(one(WriteOf(3, 2, kFlush | kFua)), "P W3+2 P3+2");
  EXPECT_EQ(one(WriteOf(0, 0, kFlush | kFua)), "P");
  EXPECT_EQ(one(WriteOf(0, 0, kFua)), "");
  EXPECT_EQ(one(DiscardOf(3, 2)), "D3+2");
  EXPECT_EQ(one(DiscardOf(3, 2, kFlush)), "P D3+2");
  EXPECT_EQ(one(DiscardOf(3, 2, kFua)), "D3+2 P3+2");
  EXPECT_EQ(one(MarkOf("mkfs")), "");
}

TEST(ImportLogTest, MarksKeepTheirPlaces) {
  const Result<LoadedTrace> loaded = ImportBlockLog(
      LogOf({MarkOf("a"), WriteOf(0, 1), MarkOf("powercut:ack 1"),
             MarkOf("powercut:begin 1"), FlushOf(), MarkOf("")}),
      Of(BlockLogOrigin::kKernel));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->trace.marks(),
            (std::vector<Mark>{{.after = 0, .text = "a"},
                               {.after = 1, .text = "powercut:ack 1"},
                               {.after = 2, .text = ""}}));
}

// The states of a power loss right after a flush show what the flush covers.
TEST(ImportLogTest, KernelFlushCoversWhatStandsInFront) {
  const Result<LoadedTrace> loaded = ImportBlockLog(
      LogOf({WriteOf(0, 1), WriteOf(1, 1), WriteOf(2, 1, BlockLogEntry::kFlush),
             WriteOf(3, 1), FlushOf()}),
      Of(BlockLogOrigin::kKernel));
  ASSERT_TRUE(loaded);
  using Sectors = std::vector<uint64_t>;
  EXPECT_EQ(LosableSectors(loaded->trace, 2), (Sectors{0, 1}));
  EXPECT_EQ(LosableSectors(loaded->trace, 4), (Sectors{2}));
  EXPECT_EQ(LosableSectors(loaded->trace, 5), (Sectors{2, 3}));
  EXPECT_EQ(LosableSectors(loaded->trace, 6), (Sectors{}));
}

// The same bytes mean different things. If a write ends while a flush is in
// progress, QEMU logs the write before the flush, and the kernel logs it after.
TEST(ImportLogTest, QemuFlushMayNotCoverTheLastWrites) {
  const BlockLog log = LogOf({WriteOf(0, 1), WriteOf(1, 1), FlushOf(),
                              WriteOf(2, 1), FlushOf(), FlushOf()});
  const Result<LoadedTrace> kernel =
      ImportBlockLog(log, Of(BlockLogOrigin::kKernel));
  ImportOptions options = Of(BlockLogOrigin::kQemu);
  options.race_window = 1;
  const Result<LoadedTrace> qemu = ImportBlockLog(log, options);
  ASSERT_TRUE(kernel && qemu);
  EXPECT_EQ(EventsText(kernel->trace), "W0+1 W1+1 P W2+1 P P");
  EXPECT_EQ(EventsText(qemu->trace), "W0+1 W1+1 P<1 W2+1 P<3 P");
  using Sectors = std::vector<uint64_t>;
  EXPECT_EQ(LosableSectors(kernel->trace, 3), (Sectors{}));
  EXPECT_EQ(LosableSectors(qemu->trace, 3), (Sectors{1}));
  // The next flush covers what the last one did not, except for its own window.
  EXPECT_EQ(LosableSectors(qemu->trace, 5), (Sectors{2}));
  EXPECT_EQ(LosableSectors(qemu->trace, 6), (Sectors{}));
  EXPECT_EQ(qemu->about.origin, "qemu race-window=1");

  options.race_window = 9;
  EXPECT_EQ(EventsOf(log.entries, options), "W0+1 W1+1 P<0 W2+1 P<3 P");
}

// The guest sent a write, a flush, a forced write, a write and a flush.
TEST(ImportLogTest, QemuLogsNoSignOfFuaBehindAFlush) {
  const Result<BlockLog> log =
      ReadBlockLog(FileBytes(std::filesystem::path(POWERCUT_SOURCE_DIR) /
                             "tests/golden/log/qemu_fua_after_flush.log"));
  ASSERT_TRUE(log);
  ImportOptions options = Of(BlockLogOrigin::kQemu);
  const Result<LoadedTrace> plain = ImportBlockLog(*log, options);
  options.assume_fua = true;
  const Result<LoadedTrace> assumed = ImportBlockLog(*log, options);
  ASSERT_TRUE(plain && assumed);
  EXPECT_EQ(EventsText(plain->trace), "W0+1 P W1+1 W2+1 P");
  EXPECT_EQ(EventsText(assumed->trace), "W0+1 P0+1 P W1+1 P1+1 W2+1 P");
  using Sectors = std::vector<uint64_t>;
  EXPECT_EQ(LosableSectors(plain->trace, 4), (Sectors{1, 2}));
  EXPECT_EQ(LosableSectors(assumed->trace, 6), (Sectors{2}));
  EXPECT_EQ(assumed->about.origin, "qemu assume-fua");
  // A discard counts as a write of QEMU, too.
  EXPECT_EQ(EventsOf({DiscardOf(0, 1), WriteOf(1, 1)}, options), "D0+1 W1+1");
}

TEST(ImportLogTest, OptionsOfQemuAreRefusedForTheKernel) {
  for (const bool window : {true, false}) {
    ImportOptions options = Of(BlockLogOrigin::kKernel);
    (window ? options.race_window = 1 : options.assume_fua = true);
    const Result<LoadedTrace> loaded =
        ImportBlockLog(LogOf({FlushOf()}), options);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kUsage);
    EXPECT_NE(MessageOf(loaded).find("--origin qemu"), std::string::npos);
  }
}

TEST(ImportLogTest, DiskIsAsBigAsTheEntriesOrAsSaid) {
  const BlockLog log = LogOf({WriteOf(3, 2), DiscardOf(90, 10), FlushOf()});
  ImportOptions options = Of(BlockLogOrigin::kKernel);
  EXPECT_EQ(ImportBlockLog(log, options)->trace.geometry(),
            (DiskGeometry{.sector_bytes = 512, .sector_count = 100}));
  options.disk_bytes = 1 << 20;
  EXPECT_EQ(ImportBlockLog(log, options)->trace.geometry(),
            (DiskGeometry{.sector_bytes = 512, .sector_count = 2048}));
  options.disk_bytes = 51200;
  EXPECT_EQ(ImportBlockLog(log, options)->trace.geometry(),
            (DiskGeometry{.sector_bytes = 512, .sector_count = 100}));
  for (const uint64_t wrong : {51199u, 50688u, 51300u}) {
    options.disk_bytes = wrong;
    const Result<LoadedTrace> loaded = ImportBlockLog(log, options);
    ASSERT_FALSE(loaded) << wrong;
    EXPECT_EQ(loaded.error().code, ErrorCode::kUsage);
    EXPECT_TRUE(MessageOf(loaded).starts_with("--size "));
  }
}

// A flush and a mark may name any sector: they bring no data there.
TEST(ImportLogTest, OnlyWhatBringsDataNeedsRoom) {
  for (BlockLogEntry entry : {FlushOf(), MarkOf("here")}) {
    for (const uint64_t sector : {uint64_t{0}, uint64_t{4}, uint64_t{5},
                                  uint64_t{1} << 40, ~uint64_t{0}}) {
      entry.sector = sector;
      for (const std::vector<BlockLogEntry>& entries :
           {std::vector{entry, WriteOf(3, 2)},
            std::vector{WriteOf(3, 2), entry},
            std::vector{WriteOf(0, 1), entry, DiscardOf(1, 4)}}) {
        const auto loaded =
            ImportBlockLog(LogOf(entries), Of(BlockLogOrigin::kKernel));
        ASSERT_TRUE(loaded) << MessageOf(loaded);
        EXPECT_EQ(loaded->trace.geometry().sector_count, 5u) << sector;
      }
    }
  }
}

TEST(ImportLogTest, WhatNoTraceCanHoldIsRefusedAtItsPlace) {
  const auto message = [](BlockLog log) {
    return MessageOf(ImportBlockLog(log, Of(BlockLogOrigin::kKernel)));
  };
  EXPECT_EQ(message(LogOf({WriteOf(0, 1), DiscardOf(1, uint64_t{1} << 32)})),
            "entry 1 at byte 1536: a disk of 4294967297 sectors of 512 bytes "
            "is over 2 TiB");
  BlockLog small = LogOf({FlushOf()});
  small.sector_bytes = 64;
  EXPECT_EQ(message(small),
            "entry 0 at byte 64: a trace has sectors of 512 to 4096 bytes, "
            "not 64");
  std::vector<BlockLogEntry> wide(
      20, DiscardOf(0, uint64_t{1} << 32, BlockLogEntry::kFua));
  EXPECT_EQ(message(LogOf(wide)),
            "entry 16 at byte 8704: the log's FUA entries cover too many "
            "sectors");
}

TEST(ImportLogTest, TracesOfPowercutAreNoLogsOfOthers) {
  BlockLog log = EncodeTrace(SmallTrace(), {});
  EXPECT_EQ(MessageOf(ImportBlockLog(log, Of(BlockLogOrigin::kKernel))),
            "entry 0 at byte 512: a trace of powercut's own, which needs no "
            "import");
  log.entries.erase(log.entries.begin());
  EXPECT_NE(MessageOf(ImportBlockLog(log, Of(BlockLogOrigin::kKernel)))
                .find("this log does not"),
            std::string::npos);
}

TEST(ImportLogTest, BaseOfAnExportIsTheBaseAgain) {
  const auto base_text = [](std::vector<BlockLogEntry> entries) {
    const Result<LoadedTrace> loaded =
        ImportBlockLog(LogOf(std::move(entries)), Of(BlockLogOrigin::kKernel));
    EXPECT_TRUE(loaded);
    const SparseImage empty(loaded->trace.geometry().size_bytes());
    return std::string(loaded->trace.base().SameBytes(empty) ? "empty: "
                                                             : "base: ") +
           EventsText(loaded->trace);
  };
  const BlockLogEntry end = MarkOf("powercut:base-end");
  EXPECT_EQ(
      base_text({WriteOf(0, 1), WriteOf(4, 1), FlushOf(), end, WriteOf(1, 1)}),
      "base: W1+1");
  EXPECT_EQ(base_text({WriteOf(0, 1), end, FlushOf()}), "empty: W0+1 P");
  EXPECT_EQ(base_text({WriteOf(0, 1, BlockLogEntry::kFua), FlushOf(), end}),
            "empty: W0+1 P0+1 P");
  EXPECT_EQ(base_text({WriteOf(0, 1), FlushOf(), MarkOf("mkfs")}),
            "empty: W0+1 P");
}

// The mark `run` follows the mark that was named; events and digest stay.
TEST(ImportLogTest, CrashesBeginAtAMark) {
  const BlockLog log =
      LogOf({WriteOf(0, 1), MarkOf("mkfs"), FlushOf(), WriteOf(1, 1),
             MarkOf("mkfs"), WriteOf(2, 1), MarkOf("dm-log-writes-end")});
  const auto plain = ImportBlockLog(log, Of(BlockLogOrigin::kKernel));
  ASSERT_TRUE(plain);
  const auto marks_from = [&](const std::string& from) {
    ImportOptions options = Of(BlockLogOrigin::kKernel);
    options.from = from;
    const auto loaded = ImportBlockLog(log, options);
    if (!loaded) return loaded.error().message;
    EXPECT_EQ(loaded->trace.Digest(), plain->trace.Digest());
    EXPECT_EQ(EventsText(loaded->trace), EventsText(plain->trace));
    std::string text;
    for (const Mark& mark : loaded->trace.marks()) {
      text += std::to_string(mark.after) + mark.text + " ";
    }
    return text;
  };
  EXPECT_EQ(marks_from(""), "1mkfs 3mkfs 4dm-log-writes-end ");
  EXPECT_EQ(marks_from("mkfs"),
            "1mkfs 1powercut:run 3mkfs 4dm-log-writes-end ");
  EXPECT_EQ(marks_from("mkfs#2"),
            "1mkfs 3mkfs 3powercut:run 4dm-log-writes-end ");
  EXPECT_EQ(marks_from("mkfs#3"),
            "--from 'mkfs#3': there is no such mark; the marks are mkfs (2 "
            "times)");
  EXPECT_NE(marks_from("dm-log-writes-end").find("no such mark"),
            std::string::npos);
}

// Crashes cannot begin where the kernel ended the log, however often it says
// so. Anywhere else the mark is one of the program's.
TEST(ImportLogTest, MarksAtTheEndOfTheLogAreNone) {
  const std::string end = "dm-log-writes-end";
  const auto import = [&](const std::vector<std::string>& marks) {
    std::vector<BlockLogEntry> entries = {WriteOf(0, 1)};
    for (const std::string& mark : marks) entries.push_back(MarkOf(mark));
    ImportOptions options = Of(BlockLogOrigin::kKernel);
    options.from = end;
    return ImportBlockLog(LogOf(entries), options).has_value();
  };
  EXPECT_FALSE(import({"a"}));
  EXPECT_FALSE(import({"a", end}));
  EXPECT_FALSE(import({"a", end, end}));
  EXPECT_FALSE(import({end, end, end}));
  EXPECT_TRUE(import({end, "a"}));
  EXPECT_TRUE(import({end, "a", end, end}));
}

TEST(ImportLogTest, AnImageIsTheBase) {
  auto image = std::make_shared<SparseImage>(64 * 512);
  const Bytes sector(512, std::byte{7});
  image->Write(5 * 512, sector);
  ImportOptions options = Of(BlockLogOrigin::kKernel);
  options.base = image;
  options.disk_bytes = image->size_bytes();
  const BlockLog log = LogOf({WriteOf(0, 1), FlushOf()});
  const auto loaded = ImportBlockLog(log, options);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->trace.base().SameBytes(*image));
  EXPECT_EQ(EventsText(loaded->trace), "W0+1 P");
  EXPECT_EQ(MessageOf(ImportBlockLog(LogOf({WriteOf(64, 1)}), options)),
            "a disk of 32768 bytes, with the image of --base on it: the log's "
            "entries reach to byte 33280; --size gives the disk more room "
            "after the image, if it is the image of this disk");
  EXPECT_EQ(MessageOf(ImportBlockLog(
                LogOf({WriteOf(0, 1), FlushOf(), MarkOf("powercut:base-end")}),
                options)),
            "--base: the log itself begins with the disk, up to its mark "
            "`powercut:base-end`");
}

}  // namespace
}  // namespace powercut
