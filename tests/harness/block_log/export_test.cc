// Tests that exported logs are accepted by a reader that shares no code with
// the harness, that they hold the same disk and the same promises as the trace,
// and that every difference is reported.

#include "harness/block_log/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/block_log/import.h"
#include "tests/harness/block_log/awkward_trace.h"
#include "tests/harness/block_log/log_entries.h"
#include "tests/harness/block_log/plain_log_reader.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Trace ImportOf(const ExportedLog& exported, const Trace& trace) {
  const Result<BlockLog> log = ReadBlockLog(WriteBlockLog(exported.log));
  EXPECT_TRUE(log);
  ImportOptions options;
  options.disk_bytes = trace.geometry().size_bytes();
  Result<LoadedTrace> loaded = ImportBlockLog(*log, options);
  EXPECT_TRUE(loaded) << MessageOf(loaded);
  return std::move(loaded->trace);
}

void ExpectSameDisk(const Trace& trace, const std::vector<uint8_t>& disk) {
  Bytes expected(trace.geometry().size_bytes());
  ApplyAll(trace).Read(0, expected);
  ASSERT_LE(disk.size(), expected.size());
  const auto reach = static_cast<std::ptrdiff_t>(disk.size());
  EXPECT_TRUE(std::equal(
      disk.begin(), disk.end(), expected.begin(),
      [](uint8_t left, std::byte right) { return std::byte{left} == right; }));
  EXPECT_TRUE(std::all_of(expected.begin() + reach, expected.end(),
                          [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST(ExportLogTest, OtherReadersAcceptItAndSeeTheDisk) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const Trace trace = AwkwardTrace(seed, seed % 7 == 0 ? 0 : 60);
    const Bytes bytes = WriteBlockLog(ExportBlockLog(trace, {}).log);
    const PlainLogReader reader(bytes);
    if (HasFatalFailure()) return;
    ExpectSameDisk(trace, reader.disk());
    const Result<BlockLog> log = ReadBlockLog(bytes);
    ASSERT_TRUE(log);
    EXPECT_TRUE(log->lint.empty());
  }
}

// A trace of what the format can carry: writes at the device, forced writes,
// flushes, discards and marks.
Trace PlainTrace(uint64_t seed) {
  Prng prng(seed);
  const DiskGeometry geometry{.sector_bytes = 512u << prng.Below(4),
                              .sector_count = 2 + prng.Below(50)};
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  if (prng.OneIn(2)) base->Write(512, AwkwardBytes(prng, 512));
  Trace trace(geometry, std::move(base));
  for (uint64_t i = 0; i < 30; ++i) {
    const SectorRange range = AwkwardRange(prng, geometry.sector_count, 6);
    switch (prng.Below(6)) {
      case 0:
        trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
        break;
      case 1:
        trace.AddDiscard(range);
        break;
      case 2:
        trace.AddMark("mark " + std::to_string(i));
        break;
      default:
        trace.AddWrite(range.first,
                       AwkwardBytes(prng, range.count * geometry.sector_bytes),
                       Layer::kDevice);
        if (!prng.OneIn(3)) break;
        SectorSet own;
        own.Add(range);
        trace.AddPersist(Layer::kMedia, &own, std::nullopt);
    }
  }
  return trace;
}

TEST(ExportLogTest, WhatTheFormatCarriesComesBackExactly) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Trace trace = PlainTrace(seed);
    const Trace again = ImportOf(ExportBlockLog(trace, {}), trace);
    trace.AddMark("dm-log-writes-end");
    ExpectSameTrace(again, trace);
    if (HasFatalFailure()) return;
    // Exporting again must not add a second end mark.
    EXPECT_EQ(WriteBlockLog(ExportBlockLog(again, {}).log),
              WriteBlockLog(ExportBlockLog(trace, {}).log));
  }
}

// All contents that a power loss at the end may leave, by sector.
std::map<uint64_t, std::set<uint32_t>> PossibleContents(const Trace& trace) {
  const CrashSpace space(trace, kSectorBytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(trace.event_count());
  std::map<uint64_t, std::set<uint32_t>> contents;
  for (Slot slot = 0; slot < space.slot_count(); ++slot) {
    for (auto v = cursor.floor(slot); v <= cursor.newest(slot); ++v) {
      contents[space.block(slot)].insert(LoadLittleEndian<uint32_t>(
          ByteSpan(space.versions(slot)[v].content, kSectorBytes), 0));
    }
  }
  return contents;
}

bool IsWithin(const std::map<uint64_t, std::set<uint32_t>>& inner,
              const std::map<uint64_t, std::set<uint32_t>>& outer) {
  return std::ranges::all_of(inner, [&](const auto& entry) {
    const auto found = outer.find(entry.first);
    return found != outer.end() &&
           std::ranges::includes(found->second, entry.second);
  });
}

bool HasPart(const std::vector<std::string>& lines, const std::string& part) {
  return std::ranges::any_of(lines, [&](const std::string& line) {
    return line.find(part) != std::string::npos;
  });
}

// If a log promises more or less than its trace, the export reports it.
TEST(ExportLogTest, NoPromiseChangesUnsaid) {
  Prng prng(7);
  uint64_t equal = 0;
  uint64_t more = 0;
  uint64_t less = 0;
  for (uint64_t i = 0; i < 20'000 / kSlowdown; ++i) {
    const Trace trace = RandomTrace(prng);
    const ExportedLog exported = ExportBlockLog(trace, {});
    const auto of_trace = PossibleContents(trace);
    const auto of_log = PossibleContents(ImportOf(exported, trace));
    const bool says_more = HasPart(exported.losses, "promises more") ||
                           HasPart(exported.losses, "promise more");
    const bool says_less = HasPart(exported.losses, "promises less");
    const bool is_more = !IsWithin(of_trace, of_log);
    const bool is_less = !IsWithin(of_log, of_trace);
    ASSERT_TRUE(says_more || !is_more) << "trace " << i;
    ASSERT_TRUE(says_less || !is_less) << "trace " << i;
    ++(is_more ? more : is_less ? less : equal);
  }
  // The comparison shows something only if all three cases occurred.
  EXPECT_GT(equal, 1000 / kSlowdown);
  EXPECT_GT(more, 100 / kSlowdown);
  EXPECT_GT(less, 100 / kSlowdown);
}

std::vector<std::string> LossesOf(const Trace& trace) {
  return ExportBlockLog(trace, {}).losses;
}

// A trace that writes its whole disk, so that the log tells the disk's size.
Trace FullTrace() {
  Trace trace = EmptyTrace(4);
  Write(trace, 0, {1, 2, 3, 4}, Layer::kDevice);
  return trace;
}

TEST(ExportLogTest, EachLossIsSaid) {
  EXPECT_THAT(LossesOf(FullTrace()), IsEmpty());

  Trace base = TraceOver({1, 0, 0, 0});
  Write(base, 0, {1, 2, 3, 4}, Layer::kDevice);
  EXPECT_THAT(LossesOf(base), ElementsAre(StartsWith("1 write and a flush for "
                                                     "the disk before")));
  Trace host = FullTrace();
  Write(host, 1, {5}, Layer::kHost);
  Write(host, 2, {6}, Layer::kProcess);
  EXPECT_THAT(LossesOf(host), ElementsAre(StartsWith("2 writes at the host")));
  host.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  EXPECT_THAT(LossesOf(host),
              ElementsAre(HasSubstr("at the host"),
                          StartsWith("1 flush after writes that had not")));

  Trace late = FullTrace();
  late.AddPersist(Layer::kMedia, nullptr, 0);
  EXPECT_THAT(LossesOf(late),
              ElementsAre(StartsWith("1 flush of what was written up to")));

  Trace narrow = FullTrace();
  const SectorSet some = SetOf({1, 2});
  narrow.AddPersist(Layer::kMedia, &some, std::nullopt);
  EXPECT_THAT(LossesOf(narrow),
              ElementsAre(StartsWith("1 persist of named sectors")));

  Trace above = FullTrace();
  above.AddPersist(Layer::kDevice, nullptr, std::nullopt);
  above.AddPersist(Layer::kHost, &some, std::nullopt);
  EXPECT_THAT(LossesOf(above),
              ElementsAre(StartsWith("2 persists to the host or the device")));

  Trace discard = FullTrace();
  discard.AddDiscard({.first = 0, .count = 1});
  EXPECT_THAT(LossesOf(discard), ElementsAre(StartsWith("1 discard: ")));

  Trace small = EmptyTrace(4);
  Write(small, 0, {1}, Layer::kDevice);
  EXPECT_THAT(LossesOf(small),
              ElementsAre("the disk's size, 2048 bytes, is not in the log: its "
                          "entries reach to byte 512"));
  TraceAbout about;
  about.pcut = "powercut 1\n";
  EXPECT_THAT(ExportBlockLog(FullTrace(), about).losses,
              ElementsAre(StartsWith("where the trace comes from")));
}

TEST(ExportLogTest, MarksFitOrAreCutAndSaid) {
  Trace trace = FullTrace();
  trace.AddMark(std::string(479, 'x'));
  trace.AddMark("powercut:begin 1");
  EXPECT_THAT(LossesOf(trace), IsEmpty());
  trace.AddMark(std::string(480, 'y'));
  trace.AddMark(std::string("a\0b", 3));
  trace.AddMark("powercut:end entries=1");
  const ExportedLog exported = ExportBlockLog(trace, {});
  EXPECT_THAT(exported.losses, ElementsAre(StartsWith("2 marks cut"),
                                           StartsWith("1 mark left out")));
  const Bytes bytes = WriteBlockLog(exported.log);
  EXPECT_THAT(PlainLogReader(bytes).marks(),
              ElementsAre(std::string(479, 'x'), "powercut:begin 1",
                          std::string(479, 'y'), "a", "dm-log-writes-end"));
}

// A write that is followed by a persist of just its sectors becomes a forced
// write, whatever its layer.
TEST(ExportLogTest, ForcedWritesAreFua) {
  const auto flags = [](const Trace& trace) {
    std::vector<uint64_t> all;
    for (const BlockLogEntry& entry : ExportBlockLog(trace, {}).log.entries) {
      all.push_back(entry.flags);
    }
    return all;
  };
  using Flags = std::vector<uint64_t>;
  const SectorSet own = SetOf({0, 1, 2, 3});
  Trace fua = EmptyTrace(4);
  Write(fua, 0, {1, 2, 3, 4}, Layer::kHost);
  fua.AddPersist(Layer::kMedia, &own, std::nullopt);
  EXPECT_EQ(flags(fua), (Flags{BlockLogEntry::kFua, BlockLogEntry::kMark}));
  EXPECT_THAT(LossesOf(fua), IsEmpty());

  Trace marked = FullTrace();
  marked.AddMark("between");
  marked.AddPersist(Layer::kMedia, &own, std::nullopt);
  EXPECT_EQ(flags(marked),
            (Flags{0, BlockLogEntry::kMark, BlockLogEntry::kMark}));
  Trace early = FullTrace();
  early.AddPersist(Layer::kMedia, &own, 0);
  EXPECT_EQ(flags(early), (Flags{0, BlockLogEntry::kMark}));
  EXPECT_THAT(LossesOf(early), ElementsAre(HasSubstr("promises less")));
}

}  // namespace
}  // namespace powercut
