// Tests traces as logs: random traces are encoded and decoded again, marks are
// as documented, and damaged or wrongly written logs are refused.

#include "harness/block_log/trace_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/trace/ack_looks.h"
#include "tests/harness/block_log/awkward_trace.h"
#include "tests/harness/block_log/log_entries.h"

namespace powercut {
namespace {

// Looks of which some need several marks.
std::string SomeLooks(uint64_t seed) {
  AckLooks looks;
  for (uint64_t acks = 1; acks <= seed; ++acks) {
    looks.Add(acks, {{{"/a\n" + std::to_string(acks), false, acks, 1}}, false});
  }
  return looks.text();
}

TEST(TraceLogTest, RandomTracesRoundTrip) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const Trace trace = AwkwardTrace(seed, seed % 7 == 0 ? 0 : 80);
    Prng prng(seed);
    TraceAbout about{.backend = AwkwardText(prng, prng.Below(20)),
                     .pcut = AwkwardText(prng, prng.Below(3000)),
                     .origin = AwkwardText(prng, prng.Below(20)),
                     .writeback = AwkwardText(prng, prng.Below(20)),
                     .looks = seed % 2 == 0 ? "" : SomeLooks(seed)};
    if (prng.OneIn(2)) about.program_end = static_cast<EventNumber>(seed);
    const Bytes bytes = WriteBlockLog(EncodeTrace(trace, about));
    const Result<LoadedTrace> loaded = TraceOfBytes(bytes);
    ASSERT_TRUE(loaded) << MessageOf(loaded);
    EXPECT_EQ(loaded->about, about);
    EXPECT_TRUE(loaded->lint.empty());
    ExpectSameTrace(loaded->trace, trace);
    if (testing::Test::HasFatalFailure()) return;
    EXPECT_EQ(WriteBlockLog(EncodeTrace(loaded->trace, loaded->about)), bytes);
  }
}

// The rules that replay-log and QEMU's log-append require of every entry hold.
TEST(TraceLogTest, OtherToolsCanReadEveryEntry) {
  const BlockLog log = EncodeTrace(AwkwardTrace(5, 300), {});
  for (const BlockLogEntry& entry : log.entries) {
    EXPECT_TRUE(entry.flags != 0 || entry.sector_count != 0);
    EXPECT_EQ(entry.flags & ~uint64_t{15}, 0u);
    EXPECT_TRUE(entry.mark_text.empty() || entry.flags == BlockLogEntry::kMark);
    EXPECT_LE(entry.mark_text.size(), log.sector_bytes - 33u);
  }
}

TEST(TraceLogTest, MarksStandAsDocumented) {
  const BlockLog log =
      EncodeTrace(SmallTrace(), {.backend = "simfs", .pcut = ""});
  std::vector<std::string> texts;
  texts.reserve(log.entries.size());
  for (const BlockLogEntry& entry : log.entries) {
    texts.push_back(entry.flags == BlockLogEntry::kMark
                        ? entry.mark_text
                        : std::to_string(entry.flags) + ":" +
                              std::to_string(entry.sector) + "+" +
                              std::to_string(entry.sector_count));
  }
  ASSERT_EQ(texts.size(), 12u);
  EXPECT_TRUE(texts.back().starts_with("powercut:end entries=11 xxh3="));
  texts.pop_back();
  EXPECT_EQ(texts,
            (std::vector<std::string>{
                "powercut:trace version=1 sector=512 sectors=64",
                "powercut:about backend simfs", "0:0+8", "powercut:base-end",
                "powercut:mark powercut:begin 1", "powercut:layer host",
                "0:3+1", "powercut:persist to=device upto=1 ranges=3+1",
                "1:0+0", "user's own", "4:8+4"}));
}

TEST(TraceLogTest, LongMarksContinue) {
  Trace trace = SmallTrace();
  trace.AddMark(std::string(480, 'x'));
  const BlockLog log = EncodeTrace(trace, {});
  const auto& entries = log.entries;
  EXPECT_EQ(entries[entries.size() - 3].mark_text, std::string(479, 'x'));
  EXPECT_EQ(entries[entries.size() - 2].mark_text, "powercut:+x");
}

TEST(TraceLogTest, EveryTruncationIsRejectedWithItsPlace) {
  const Bytes bytes = SmallFile();
  ASSERT_TRUE(TraceOfBytes(bytes));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Result<LoadedTrace> loaded =
        TraceOfBytes(ByteSpan(bytes).first(size));
    ASSERT_FALSE(loaded) << size;
    ASSERT_EQ(loaded.error().code, ErrorCode::kBadInput);
    ASSERT_TRUE(NamesAPlace(MessageOf(loaded))) << MessageOf(loaded);
  }
}

TEST(TraceLogTest, EveryChangedByteIsFound) {
  Bytes bytes = SmallFile();
  for (size_t i = 0; i < bytes.size(); ++i) {
    // The kernel leaves these bytes uninitialised, so that nobody checks them.
    if (i >= 28 && i < 32) continue;
    for (const uint8_t flip : {0x01, 0x02, 0x10, 0x20, 0x80, 0xff}) {
      bytes[i] ^= std::byte{flip};
      const Result<LoadedTrace> loaded = TraceOfBytes(bytes);
      ASSERT_FALSE(loaded) << "byte " << i << " xor " << int{flip};
      ASSERT_TRUE(NamesAPlace(MessageOf(loaded))) << MessageOf(loaded);
      bytes[i] ^= std::byte{flip};
    }
  }
}

TEST(TraceLogTest, NoEntryMayBeMissingOrMoved) {
  const BlockLog log = EncodeTrace(SmallTrace(), {});
  for (int i = 0; i < std::ssize(log.entries); ++i) {
    BlockLog without = log;
    without.entries.erase(without.entries.begin() + i);
    EXPECT_FALSE(DecodeTrace(without)) << i;
    if (i == 0) continue;
    BlockLog swapped = log;
    std::swap(swapped.entries[i - 1], swapped.entries[i]);
    EXPECT_FALSE(DecodeTrace(swapped)) << i;
  }
  BlockLog cut = log;
  cut.entries.pop_back();
  EXPECT_NE(MessageOf(DecodeTrace(cut)).find("incomplete"), std::string::npos);
  BlockLog behind = log;
  behind.entries.push_back(log.entries[1]);
  EXPECT_NE(MessageOf(DecodeTrace(behind)).find("incomplete"),
            std::string::npos);
}

// Gives a log whose entries were changed a fitting end mark, so that only the
// change can be wrong. The error about the end mark quotes the fitting mark.
Result<LoadedTrace> TraceOfChangedLog(BlockLog log) {
  const std::string message = MessageOf(DecodeTrace(log));
  const size_t begin = message.find("`powercut:end entries=");
  if (begin != std::string::npos) {
    log.entries.back() =
        MarkOf(message.substr(begin + 1, message.size() - begin - 2));
  }
  return DecodeTrace(log);
}

// Returns the error of decoding a small trace with `text` as a mark at entry
// `at`.
std::string MessageForMark(const std::string& text, ptrdiff_t at,
                           bool replace) {
  BlockLog log = EncodeTrace(SmallTrace(), {});
  if (replace) log.entries.erase(log.entries.begin() + at);
  log.entries.insert(log.entries.begin() + at, MarkOf(text));
  return MessageOf(TraceOfChangedLog(std::move(log)));
}

TEST(TraceMarksTest, MalformedFirstMarksAreRejected) {
  const auto message = [](const std::string& text) {
    return MessageForMark(text, 0, true);
  };
  EXPECT_EQ(message("powercut:trace version=1 sector=512 sectors=64"), "");
  EXPECT_EQ(message("powercut:trace version=2 shape=round"),
            "entry 0 at byte 512: trace version 2; this powercut reads 1");
  for (const char* text :
       {"powercut:trace version=1", "powercut:trace version=",
        "powercut:trace version=1 sector=512 sectors=64 ",
        "powercut:trace version=1 sector=1024 sectors=64",
        "powercut:trace version=1 sector=512 sectors=18446744073709551615",
        "powercut:trace version=1 sector=512 sectors=4294967297",
        "powercut:trace version=1 sector=0 sectors=64",
        "powercut:trace version=1 sector=512 sectors=-1", "powercut:trace",
        "hello"}) {
    EXPECT_TRUE(NamesAPlace(message(text))) << text;
  }
}

TEST(TraceMarksTest, MalformedEventMarksAreRejected) {
  const auto message = [](const std::string& text) {
    return MessageForMark(text, 6, false);
  };
  EXPECT_EQ(message("powercut:persist to=media upto=2 all"), "");
  EXPECT_EQ(message("powercut:persist to=host upto=0 ranges="), "");
  EXPECT_EQ(message("powercut:persist to=host upto=0 ranges=0+1,2+62"), "");
  EXPECT_EQ(message("powercut:layer process"), "");
  for (const char* text :
       {"powercut:", "powercut:hello", "powercut:layer media",
        "powercut:layer hosts", "powercut:persist to=process upto=0 all",
        "powercut:persist to=media upto=3 all",
        "powercut:persist to=media upto=1", "powercut:persist to=media all",
        "powercut:persist to=host upto=0 ranges=0+1,",
        "powercut:persist to=host upto=0 ranges=0+0",
        "powercut:persist to=host upto=0 ranges=0+1,1+1",
        "powercut:persist to=host upto=0 ranges=5+1,2+1",
        "powercut:persist to=host upto=0 ranges=2+63",
        "powercut:persist to=host upto=0 ranges=18446744073709551615+2",
        "powercut:base-end"}) {
    EXPECT_TRUE(NamesAPlace(message(text))) << text;
  }
}

TEST(TraceMarksTest, UnknownAboutIsLint) {
  BlockLog log = EncodeTrace(SmallTrace(), {});
  log.entries.insert(log.entries.begin() + 1,
                     MarkOf("powercut:about colour blue"));
  const Result<LoadedTrace> loaded = TraceOfChangedLog(std::move(log));
  ASSERT_TRUE(loaded) << MessageOf(loaded);
  EXPECT_EQ(loaded->lint.size(), 1u);
  ExpectSameTrace(loaded->trace, SmallTrace());
}

TEST(TraceMarksTest, EntriesThatPowercutDoesNotWriteAreRejected) {
  for (const uint64_t flags :
       {BlockLogEntry::kFua, BlockLogEntry::kFlush, BlockLogEntry::kMetadata}) {
    BlockLog log = EncodeTrace(SmallTrace(), {});
    log.entries[5].flags = flags;
    ASSERT_EQ(log.entries[5].sector_count, 1u);
    EXPECT_NE(MessageOf(TraceOfChangedLog(log)).find("no entry with flags"),
              std::string::npos);
  }
  BlockLog beyond = EncodeTrace(SmallTrace(), {});
  beyond.entries[5].sector = 64;
  EXPECT_NE(MessageOf(TraceOfChangedLog(beyond)).find("beyond the disk"),
            std::string::npos);
}

TEST(TraceLogTest, LogsOfOthersAreForImport) {
  for (const BlockLog& log : {LogOf({}), LogOf({WriteOf(0, 1), FlushOf()})}) {
    const Result<LoadedTrace> loaded = DecodeTrace(log);
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(MessageOf(loaded).starts_with("entry 0 at byte 512: "));
    EXPECT_NE(MessageOf(loaded).find("powercut import"), std::string::npos);
  }
}

// A hostile file cannot make the decoder take memory out of proportion.
TEST(TraceMarksTest, ScopesAreBounded) {
  const DiskGeometry geometry{.sector_bytes = 512,
                              .sector_count = uint64_t{1} << 32};
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  BlockLog log = EncodeTrace(trace, {});
  log.entries.insert(
      log.entries.end() - 1, 100,
      MarkOf("powercut:persist to=media upto=0 ranges=0+4294967296"));
  EXPECT_NE(MessageOf(TraceOfChangedLog(log)).find("too many sectors"),
            std::string::npos);
}

}  // namespace
}  // namespace powercut
