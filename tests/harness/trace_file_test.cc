// Trace files: random traces there and back, the golden logs, and what damaged,
// cut or unwritable files lead to.

#include "harness/trace_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

namespace fs = std::filesystem;

std::string RandomText(Prng& prng, size_t count) {
  std::string text(count, '\0');
  for (char& c : text) c = static_cast<char>(prng.Below(256));
  return text;
}

// Texts as awkward as they get: ours, empty, NULs, around the limit of a mark.
std::string RandomMark(Prng& prng, uint32_t sector_bytes) {
  constexpr const char* kTexts[] = {
      "",
      "begin 3",
      "powercut:begin 3",
      "powercut:",
      "powercut:+",
      "powercut:base-end",
      "powercut:mark x",
      "dm-log-writes-end",
      "powercut",
      "powercut:end entries=3 xxh3=0000000000000000"};
  const uint64_t limit = sector_bytes - 33;
  switch (prng.Below(4)) {
    case 0:
      return RandomText(prng, prng.Below(40));
    case 1:
      return RandomText(prng, limit - 2 + prng.Below(5));
    case 2:
      return (prng.OneIn(2) ? "powercut:" : "") +
             RandomText(prng, prng.Below(4 * limit));
    default:
      return kTexts[prng.Below(std::size(kTexts))];
  }
}

Bytes RandomBytes(Prng& prng, uint64_t count) {
  Bytes bytes(count);
  if (prng.OneIn(4)) return bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.Next());
  return bytes;
}

SectorRange RandomRange(Prng& prng, uint64_t sector_count, uint64_t longest) {
  const uint64_t first = prng.Below(sector_count);
  return {.first = first,
          .count = 1 + prng.Below(std::min(longest, sector_count - first))};
}

void AddRandomPersist(Trace& trace, Prng& prng) {
  constexpr Layer kTargets[] = {Layer::kHost, Layer::kDevice, Layer::kMedia,
                                Layer::kMedia};
  const Layer to = kTargets[prng.Below(4)];
  std::optional<EventNumber> upto;
  if (prng.OneIn(3)) {
    upto = static_cast<EventNumber>(prng.Below(trace.event_count() + 2));
  }
  if (prng.OneIn(2)) {
    trace.AddPersist(to, nullptr, upto);
    return;
  }
  SectorSet scope;
  // From none to more than one mark can hold.
  for (uint64_t i = prng.Below(prng.OneIn(5) ? 400 : 4); i > 0; --i) {
    scope.Add(RandomRange(prng, trace.geometry().sector_count, 10));
  }
  trace.AddPersist(to, &scope, upto);
}

Trace RandomTrace(uint64_t seed, uint64_t steps) {
  Prng prng(seed);
  const DiskGeometry geometry{.sector_bytes = 512u << prng.Below(4),
                              .sector_count = 1 + prng.Below(3000)};
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  for (uint64_t i = prng.Below(5); i > 0; --i) {
    const uint64_t offset = prng.Below(geometry.size_bytes());
    base->Write(offset,
                RandomBytes(prng, std::min(prng.Below(20000),
                                           geometry.size_bytes() - offset)));
  }
  Trace trace(geometry, std::move(base));
  for (uint64_t i = 0; i < steps; ++i) {
    const SectorRange range = RandomRange(prng, geometry.sector_count, 6);
    switch (prng.Below(6)) {
      case 0:
        AddRandomPersist(trace, prng);
        break;
      case 1:
        trace.AddDiscard(
            RandomRange(prng, geometry.sector_count, geometry.sector_count));
        break;
      case 2:
        trace.AddMark(RandomMark(prng, geometry.sector_bytes));
        break;
      default:
        trace.AddWrite(range.first,
                       RandomBytes(prng, range.count * geometry.sector_bytes),
                       static_cast<Layer>(prng.Below(3)));
    }
  }
  return trace;
}

void ExpectSame(const Trace& left, const Trace& right) {
  ASSERT_EQ(left.geometry(), right.geometry());
  ASSERT_TRUE(left.base().SameBytes(right.base()));
  ASSERT_EQ(left.event_count(), right.event_count());
  for (EventNumber i = 1; i <= left.event_count(); ++i) {
    const DiskEvent& event = left.event(i);
    ASSERT_EQ(event, right.event(i)) << "event " << i;
    if (event.kind == DiskEvent::kWrite) {
      ASSERT_TRUE(
          std::ranges::equal(left.data(event), right.data(right.event(i))));
    }
    if (event.scope) {
      ASSERT_EQ(left.scope(event), right.scope(right.event(i)));
    }
  }
  ASSERT_EQ(left.marks(), right.marks());
  ASSERT_EQ(left.Digest(), right.Digest());
}

// A trace with one of everything, in few bytes.
Trace SmallTrace() {
  const DiskGeometry geometry{.sector_bytes = 512, .sector_count = 64};
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  base->Write(2560, AsBytes("formatted"));
  Trace trace(geometry, std::move(base));
  trace.AddMark("powercut:begin 1");
  trace.AddWrite(3, Bytes(512, std::byte{0x11}), Layer::kHost);
  SectorSet scope;
  scope.Add({.first = 3, .count = 1});
  trace.AddPersist(Layer::kDevice, &scope, 1);
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  trace.AddMark("user's own");
  trace.AddDiscard({.first = 8, .count = 4});
  return trace;
}

Bytes SmallFile() {
  return WriteLog(LogOfTrace(SmallTrace(), {.backend = "simfs", .pcut = ""}));
}

// ReadLog and TraceOfLog in one.
Result<LoadedTrace> TraceOfBytes(ByteSpan bytes) {
  POWERCUT_ASSIGN(const Log log, ReadLog(bytes));
  return TraceOfLog(log);
}

std::string MessageOf(const Result<LoadedTrace>& result) {
  return result ? "" : result.error().message;
}

bool NamesAPlace(const std::string& message) {
  return (message.starts_with("entry ") ||
          message.starts_with("superblock ")) &&
         message.find("at byte ") != std::string::npos;
}

Bytes FileBytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const ByteSpan bytes = AsBytes(text);
  return {bytes.begin(), bytes.end()};
}

TEST(TraceFileTest, RandomTracesRoundTrip) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const Trace trace = RandomTrace(seed, seed % 7 == 0 ? 0 : 80);
    Prng prng(seed);
    const TraceAbout about{.backend = RandomText(prng, prng.Below(20)),
                           .pcut = RandomText(prng, prng.Below(3000))};
    const Bytes bytes = WriteLog(LogOfTrace(trace, about));
    const Result<LoadedTrace> loaded = TraceOfBytes(bytes);
    ASSERT_TRUE(loaded) << MessageOf(loaded);
    EXPECT_EQ(loaded->about, about);
    EXPECT_TRUE(loaded->lint.empty());
    ExpectSame(loaded->trace, trace);
    if (testing::Test::HasFatalFailure()) return;
    EXPECT_EQ(WriteLog(LogOfTrace(loaded->trace, loaded->about)), bytes);
  }
}

// What replay-log and QEMU's log-append require of every entry.
TEST(TraceFileTest, OtherToolsCanReadEveryEntry) {
  const Log log = LogOfTrace(RandomTrace(5, 300), {});
  for (const LogEntry& entry : log.entries) {
    EXPECT_TRUE(entry.flags != 0 || entry.sector_count != 0);
    EXPECT_EQ(entry.flags & ~uint64_t{15}, 0u);
    EXPECT_TRUE(entry.mark_text.empty() || entry.flags == LogEntry::kMark);
    EXPECT_LE(entry.mark_text.size(), log.sector_bytes - 33u);
  }
}

TEST(TraceFileTest, MarksStandAsDocumented) {
  const Log log = LogOfTrace(SmallTrace(), {.backend = "simfs", .pcut = ""});
  std::vector<std::string> texts;
  texts.reserve(log.entries.size());
  for (const LogEntry& entry : log.entries) {
    texts.push_back(entry.flags == LogEntry::kMark
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

TEST(TraceFileTest, LongMarksContinue) {
  Trace trace = SmallTrace();
  trace.AddMark(std::string(480, 'x'));
  const Log log = LogOfTrace(trace, {});
  const auto& entries = log.entries;
  EXPECT_EQ(entries[entries.size() - 3].mark_text, std::string(479, 'x'));
  EXPECT_EQ(entries[entries.size() - 2].mark_text, "powercut:+x");
}

TEST(TraceFileTest, EveryTruncationIsRejectedWithItsPlace) {
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

TEST(TraceFileTest, EveryChangedByteIsFound) {
  Bytes bytes = SmallFile();
  for (size_t i = 0; i < bytes.size(); ++i) {
    // Bytes that the kernel leaves uninitialised.
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

TEST(TraceFileTest, NoEntryMayBeMissingOrMoved) {
  const Log log = LogOfTrace(SmallTrace(), {});
  for (int i = 0; i < std::ssize(log.entries); ++i) {
    Log without = log;
    without.entries.erase(without.entries.begin() + i);
    EXPECT_FALSE(TraceOfLog(without)) << i;
    if (i == 0) continue;
    Log swapped = log;
    std::swap(swapped.entries[i - 1], swapped.entries[i]);
    EXPECT_FALSE(TraceOfLog(swapped)) << i;
  }
  Log cut = log;
  cut.entries.pop_back();
  EXPECT_NE(MessageOf(TraceOfLog(cut)).find("incomplete"), std::string::npos);
  Log behind = log;
  behind.entries.push_back(log.entries[1]);
  EXPECT_NE(MessageOf(TraceOfLog(behind)).find("incomplete"),
            std::string::npos);
}

struct GoldenLog {
  const char* name;
  size_t entries;      // 0: must be rejected
  const char* reason;  // part of the message
};

class GoldenLogTest : public testing::TestWithParam<GoldenLog> {};

TEST_P(GoldenLogTest, IsReadAsItsReadmeSays) {
  const fs::path folder = fs::path(POWERCUT_SOURCE_DIR) / "tests/golden/log";
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
  ExpectSame(loaded_again->trace, loaded->trace);
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

// One log of two entries at 512 bytes per sector, to be damaged.
Bytes TwoEntryLog() {
  Log log;
  log.entries.resize(2);
  log.entries[0].sector = 1;
  log.entries[0].sector_count = 1;
  log.entries[0].payload = Bytes(512);
  log.entries[1].flags = LogEntry::kMark;
  log.entries[1].data_len = 4;
  log.entries[1].mark_text = "mkfs";
  return WriteLog(log);
}

struct Damage {
  const char* what;
  size_t offset;
  uint64_t value;
  const char* message;
};

class DamagedLogTest : public testing::TestWithParam<Damage> {};

TEST_P(DamagedLogTest, IsRejectedWithPlaceAndReason) {
  Bytes bytes = TwoEntryLog();
  StoreLittleEndian<uint64_t>(bytes, GetParam().offset, GetParam().value);
  const Result<Log> log = ReadLog(bytes);
  ASSERT_FALSE(log) << GetParam().what;
  EXPECT_EQ(log.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedLogTest,
    testing::Values(
        Damage{"magic", 0, 1,
               "superblock at byte 0: not a dm-log-writes log (wrong magic)"},
        Damage{"version", 8, 2, "superblock at byte 8: version 2, not 1"},
        Damage{"count", 16, 3,
               "entry 2 at byte 2048: truncated: 0 bytes left for a header of "
               "512"},
        Damage{"sector size 16", 24, 16,
               "superblock at byte 24: sector size 16 is not a power of two "
               "from 32 to 8388608"},
        Damage{"sector size 513", 24, 513,
               "superblock at byte 24: sector size 513 is not a power of two "
               "from 32 to 8388608"},
        Damage{"sector size 2^24", 24, 1 << 24,
               "superblock at byte 24: sector size 16777216 is not a power of "
               "two from 32 to 8388608"},
        Damage{"large sector", 24, 1 << 20,
               "superblock at byte 0: the file ends after 2048 bytes of a "
               "sector of 1048576"},
        Damage{"superblock padding", 32, 1,
               "superblock at byte 32: non-zero byte behind the fields"},
        Damage{"overflow", 520, UINT64_MAX,
               "entry 0 at byte 512: 18446744073709551615 sectors from 1 on "
               "overflow"},
        Damage{"sectors", 520, uint64_t{1} << 55,
               "entry 0 at byte 512: 36028797018963968 sectors of data, but "
               "the file ends 1024 bytes behind the header"},
        Damage{"flag", 528, 64, "entry 0 at byte 512: unknown flag bits 0x40"},
        Damage{"data_len", 536, 513,
               "entry 0 at byte 512: data_len 513 is more than the 1 sectors "
               "that follow"},
        Damage{"mark with sectors", 1544, 1,
               "entry 1 at byte 1536: a mark of 1 sectors"},
        Damage{"mark with flush", 1552, 9,
               "entry 1 at byte 1536: a mark with other flags (0x9)"},
        Damage{"long mark", 1560, 480,
               "entry 1 at byte 1536: a mark text of 480 bytes does not fit "
               "its sector"},
        Damage{"short mark", 1560, 3,
               "entry 1 at byte 1536: non-zero byte behind the mark's text"}));

TEST(DamagedLogTest, ZeroSuperblockWasNeverCompleted) {
  const Result<Log> log = ReadLog(Bytes(2048));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().message,
            "superblock at byte 0: all zero: the log was never completed");
}

TEST(DamagedLogTest, EntriesBehindTheCountAreLint) {
  Bytes bytes = TwoEntryLog();
  StoreLittleEndian<uint64_t>(bytes, 16, 1);
  const Result<Log> log = ReadLog(bytes);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->entries.size(), 1u);
  ASSERT_EQ(log->lint.size(), 1u);
  EXPECT_TRUE(log->lint[0].starts_with("entry 1 at byte 1536: 512 bytes"));
}

LogEntry MarkOf(const std::string& text) {
  LogEntry mark;
  mark.flags = LogEntry::kMark;
  mark.data_len = text.size();
  mark.mark_text = text;
  return mark;
}

// Gives a log whose entries were changed a fitting end mark, so that only the
// change can be wrong: the error about the end mark quotes the fitting one.
Result<LoadedTrace> TraceOfChangedLog(Log log) {
  const std::string message = MessageOf(TraceOfLog(log));
  const size_t begin = message.find("`powercut:end entries=");
  if (begin != std::string::npos) {
    log.entries.back() =
        MarkOf(message.substr(begin + 1, message.size() - begin - 2));
  }
  return TraceOfLog(log);
}

// What comes of a small trace with `text` as a mark at entry `at`.
std::string MessageForMark(const std::string& text, ptrdiff_t at,
                           bool replace) {
  Log log = LogOfTrace(SmallTrace(), {});
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
  Log log = LogOfTrace(SmallTrace(), {});
  log.entries.insert(log.entries.begin() + 1,
                     MarkOf("powercut:about colour blue"));
  const Result<LoadedTrace> loaded = TraceOfChangedLog(std::move(log));
  ASSERT_TRUE(loaded) << MessageOf(loaded);
  EXPECT_EQ(loaded->lint.size(), 1u);
  ExpectSame(loaded->trace, SmallTrace());
}

TEST(TraceMarksTest, EntriesThatPowercutDoesNotWriteAreRejected) {
  for (const uint64_t flags :
       {LogEntry::kFua, LogEntry::kFlush, LogEntry::kMetadata}) {
    Log log = LogOfTrace(SmallTrace(), {});
    log.entries[5].flags = flags;
    ASSERT_EQ(log.entries[5].sector_count, 1u);
    EXPECT_NE(MessageOf(TraceOfChangedLog(log)).find("no entry with flags"),
              std::string::npos);
  }
  Log beyond = LogOfTrace(SmallTrace(), {});
  beyond.entries[5].sector = 64;
  EXPECT_NE(MessageOf(TraceOfChangedLog(beyond)).find("beyond the disk"),
            std::string::npos);
}

// A hostile file may not ask for memory out of proportion.
TEST(TraceMarksTest, ScopesAreBounded) {
  const DiskGeometry geometry{.sector_bytes = 512,
                              .sector_count = uint64_t{1} << 32};
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  Log log = LogOfTrace(trace, {});
  log.entries.insert(
      log.entries.end() - 1, 100,
      MarkOf("powercut:persist to=media upto=0 ranges=0+4294967296"));
  EXPECT_NE(MessageOf(TraceOfChangedLog(log)).find("too many sectors"),
            std::string::npos);
}

class TraceFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (fs::temp_directory_path() / "powercut_trace_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const char* name) const { return folder_ / name; }
  size_t FileCount() const {
    return std::distance(fs::directory_iterator(folder_), {});
  }

  fs::path folder_;
};

TEST_F(TraceFilesTest, SavedTraceIsLoaded) {
  const Trace trace = RandomTrace(3, 50);
  const TraceAbout about{.backend = "simfs", .pcut = "write a 0 b\n"};
  ASSERT_TRUE(SaveTrace(trace, about, Path("a.trace")));
  EXPECT_EQ(FileCount(), 1u);
  const Result<LoadedTrace> loaded = LoadTrace(Path("a.trace"));
  ASSERT_TRUE(loaded) << MessageOf(loaded);
  ExpectSame(loaded->trace, trace);
  EXPECT_EQ(loaded->about, about);
}

TEST_F(TraceFilesTest, LeftoverIncompleteFileIsReplacedNotFollowed) {
  std::ofstream(Path("precious")) << "precious";
  fs::create_symlink(Path("precious"), Path("a.trace.incomplete"));
  ASSERT_TRUE(SaveTrace(SmallTrace(), {}, Path("a.trace")));
  EXPECT_TRUE(LoadTrace(Path("a.trace")));
  EXPECT_EQ(AsText(FileBytes(Path("precious"))), "precious");
  EXPECT_FALSE(fs::is_symlink(Path("a.trace")));
  EXPECT_EQ(FileCount(), 2u);
}

TEST_F(TraceFilesTest, UnwritablePathIsAnIoError) {
  const std::string path = Path("missing/a.trace");
  const Status saved = SaveTrace(SmallTrace(), {}, path);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kIo);
  EXPECT_NE(saved.error().message.find(path), std::string::npos);
  EXPECT_NE(saved.error().message.find("No such file"), std::string::npos);

  fs::create_directories(Path("b.trace.incomplete/x"));
  EXPECT_FALSE(SaveTrace(SmallTrace(), {}, Path("b.trace")));
  EXPECT_FALSE(fs::exists(Path("b.trace")));
}

TEST_F(TraceFilesTest, FailedRenameLeavesNothing) {
  fs::create_directories(Path("a.trace/x"));
  const Status saved = SaveTrace(SmallTrace(), {}, Path("a.trace"));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kIo);
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(TraceFilesTest, FailedWriteLeavesNothingAndKeepsTheOldFile) {
  ASSERT_TRUE(SaveTrace(SmallTrace(), {}, Path("a.trace")));
  // A limit on file sizes stands for a full disk.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit limit = old_limit;
  limit.rlim_cur = 2000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const Status saved = SaveTrace(RandomTrace(1, 50), {}, Path("a.trace"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kIo);
  EXPECT_EQ(FileCount(), 1u);
  const Result<LoadedTrace> loaded = LoadTrace(Path("a.trace"));
  ASSERT_TRUE(loaded);
  ExpectSame(loaded->trace, SmallTrace());
}

TEST_F(TraceFilesTest, LoadErrorsBeginWithThePath) {
  EXPECT_TRUE(MessageOf(LoadTrace(Path("none"))).starts_with(Path("none: ")));
  EXPECT_EQ(LoadTrace(Path("none")).error().code, ErrorCode::kIo);
  EXPECT_EQ(MessageOf(LoadTrace(folder_)),
            folder_.string() + ": not a regular file");
  std::ofstream(Path("short")) << "short";
  EXPECT_EQ(MessageOf(LoadTrace(Path("short"))),
            Path("short: superblock at byte 0: the file ends after 5 bytes"));
  Log log = LogOfTrace(SmallTrace(), {});
  log.entries.pop_back();
  const Bytes bytes = WriteLog(log);
  std::ofstream(Path("cut"), std::ios::binary) << AsText(bytes);
  EXPECT_TRUE(
      MessageOf(LoadTrace(Path("cut"))).starts_with(Path("cut: entry 9 at ")));
}

TEST(TraceTest, DigestFollowsEventsNotMarks) {
  Trace trace = SmallTrace();
  const uint32_t before = trace.Digest();
  EXPECT_EQ(before, SmallTrace().Digest());
  trace.AddMark("more");
  EXPECT_EQ(trace.Digest(), before);
  trace.AddPersist(Layer::kMedia, nullptr, 4);
  const uint32_t with_upto_4 = trace.Digest();
  EXPECT_NE(with_upto_4, before);
  Trace other = SmallTrace();
  other.AddPersist(Layer::kMedia, nullptr, 3);
  EXPECT_NE(other.Digest(), with_upto_4);
}

TEST(TraceTest, ApplyAllReplaysWritesAndDiscards) {
  const Trace trace = RandomTrace(11, 200);
  const DiskGeometry& geometry = trace.geometry();
  Bytes flat(geometry.size_bytes());
  trace.base().Read(0, flat);
  for (EventNumber i = 1; i <= trace.event_count(); ++i) {
    const DiskEvent& event = trace.event(i);
    const MutableByteSpan rest = MutableByteSpan(flat).subspan(
        event.range.first * geometry.sector_bytes);
    if (event.kind == DiskEvent::kWrite) {
      std::ranges::copy(trace.data(event), rest.begin());
    } else if (event.kind == DiskEvent::kDiscard) {
      std::ranges::fill(rest.first(event.range.count * geometry.sector_bytes),
                        std::byte{0});
    }
  }
  SparseImage expected(geometry.size_bytes());
  expected.Write(0, flat);
  EXPECT_TRUE(ApplyAll(trace).SameBytes(expected));
}

TEST(TraceTest, ApplyAllDiscardsAHugeDisk) {
  const DiskGeometry geometry{.sector_bytes = 512,
                              .sector_count = uint64_t{1} << 32};
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  base->Write(uint64_t{1} << 40, AsBytes("gone"));
  base->Write(512 - 4, AsBytes("kept"));
  Trace trace(geometry, base);
  trace.AddDiscard({.first = 1, .count = geometry.sector_count - 1});
  SparseImage expected(geometry.size_bytes());
  expected.Write(512 - 4, AsBytes("kept"));
  EXPECT_TRUE(ApplyAll(trace).SameBytes(expected));
}

}  // namespace
}  // namespace powercut
