// Logs of others: the golden ones, and what becomes of each kind of entry.

#include "harness/import_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/harness/awkward_trace.h"

namespace powercut {
namespace {

struct GoldenLog {
  const char* name;
  size_t entries;      // 0: must be rejected
  const char* reason;  // part of the message
};

class GoldenLogTest : public testing::TestWithParam<GoldenLog> {};

TEST_P(GoldenLogTest, IsReadAsItsReadmeSays) {
  const std::filesystem::path folder =
      std::filesystem::path(POWERCUT_SOURCE_DIR) / "tests/golden/log";
  const Bytes bytes = FileBytes(folder / GetParam().name);
  const Result<Log> log = ReadLog(bytes);
  if (GetParam().entries == 0) {
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::kBadInput);
    EXPECT_EQ(log.error().message, GetParam().reason);
    return;
  }
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log->entries.size(), GetParam().entries);
  EXPECT_TRUE(log->lint.empty());
  const Bytes again = WriteLog(*log);
  const Result<Log> log_again = ReadLog(again);
  ASSERT_TRUE(log_again);
  EXPECT_EQ(log_again->entries, log->entries);
  EXPECT_TRUE(std::ranges::equal(ByteSpan(again).subspan(32),
                                 ByteSpan(bytes).subspan(32)));

  const Result<LoadedTrace> loaded = TraceOfLog(*log);
  ASSERT_TRUE(loaded) << MessageOf(loaded);
  const Result<LoadedTrace> loaded_again =
      TraceOfLog(LogOfTrace(loaded->trace, loaded->about));
  ASSERT_TRUE(loaded_again) << MessageOf(loaded_again);
  ExpectSameTrace(loaded_again->trace, loaded->trace);
}

INSTANTIATE_TEST_SUITE_P(
    All, GoldenLogTest,
    testing::Values(
        GoldenLog{"qemu_mixed_512.log", 7, ""},
        GoldenLog{"qemu_ss4096_rmw.log", 3, ""},
        GoldenLog{"qemu_fua_after_flush.log", 5, ""},
        GoldenLog{"kernel_metadata_flag.log", 7, ""},
        GoldenLog{"hand_mark_ok.log", 4, ""},
        GoldenLog{"hand_dax_inline_data_len.log", 2, ""},
        GoldenLog{"hand_sup_pad_garbage.log", 1, ""},
        GoldenLog{"hand_zero_entry.log", 0,
                  "entry 0 at byte 512: neither flags nor sectors"},
        GoldenLog{"hand_pad_nonzero.log", 0,
                  "entry 0 at byte 512: non-zero byte behind the header"}),
    [](const auto& test) {
      const std::string name = test.param.name;
      return name.substr(0, name.find('.'));
    });

TEST(ForeignLogTest, BecomesTheEventsOfADevice) {
  Log log;
  log.entries.resize(5);
  log.entries[0].sector = 10;
  log.entries[0].sector_count = 2;
  log.entries[0].payload = Bytes(1024);
  log.entries[1].flags = LogEntry::kMark;
  log.entries[1].data_len = 16;
  log.entries[1].mark_text = "powercut:begin 1";
  log.entries[2].flags = LogEntry::kFlush | LogEntry::kFua;
  log.entries[2].sector_count = 1;
  log.entries[2].payload = Bytes(512);
  log.entries[3].flags = LogEntry::kDiscard;
  log.entries[3].sector = 90;
  log.entries[3].sector_count = 10;
  log.entries[4].flags = LogEntry::kFlush;
  const Result<LoadedTrace> loaded = TraceOfLog(log);
  ASSERT_TRUE(loaded) << MessageOf(loaded);
  const Trace& trace = loaded->trace;
  EXPECT_EQ(trace.geometry(),
            (DiskGeometry{.sector_bytes = 512, .sector_count = 100}));
  ASSERT_EQ(trace.event_count(), 6u);
  EXPECT_EQ(trace.event(1).layer, Layer::kDevice);
  EXPECT_EQ(trace.event(2).kind, DiskEvent::kPersist);
  EXPECT_FALSE(trace.event(2).scope.has_value());
  EXPECT_EQ(trace.event(3).kind, DiskEvent::kWrite);
  EXPECT_EQ(trace.event(4).kind, DiskEvent::kPersist);
  EXPECT_EQ(trace.scope(trace.event(4)).size(), 1u);
  EXPECT_EQ(trace.event(5).kind, DiskEvent::kDiscard);
  EXPECT_EQ(trace.event(6).upto, 6u);
  EXPECT_EQ(trace.marks(),
            (std::vector<Mark>{{.after = 1, .text = "powercut:begin 1"}}));
}

}  // namespace
}  // namespace powercut
