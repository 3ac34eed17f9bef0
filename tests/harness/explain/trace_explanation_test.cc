// Tests which flushes an explanation of a trace names: the last one before the
// crash, and those after it up to the first with which the check would hold.
// Traces are drawn at random, and a check holds once a disk has all that was
// written up to some event.

#include "harness/explain/trace_explanation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/trace/acks.h"
#include "harness/trace/op_history.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

// Event N writes the word N, so that the greatest word on a disk says which
// events it has.
class NewestMount : public Mount {
 public:
  NewestMount(uint64_t newest, uint64_t enough)
      : newest_(newest), enough_(enough) {}

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  Observation Observe() override { return {}; }
  OpResult Shutdown() override { return {}; }
  Result<CommandEnd> RunCommand(const Command&) override {
    return CommandEnd{CommandEnd::kEnded,
                      newest_ >= enough_ ? "" : "exit status 1: too old"};
  }

 private:
  uint64_t newest_;
  uint64_t enough_;
};

class NewestBackend : public Backend {
 public:
  explicit NewestBackend(uint64_t enough) : enough_(enough) {
    traits_.crash_kinds = {CrashKind::kPower};
  }

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    Bytes bytes(disk.geometry().size_bytes());
    EXPECT_TRUE(disk.Read(0, bytes));
    return {std::make_unique<NewestMount>(std::ranges::max(WordsOf(bytes)),
                                          enough_),
            ""};
  }

 private:
  BackendTraits traits_;
  uint64_t enough_;
};

constexpr uint64_t kSectors = 4;

Trace RandomFlushes(Prng& prng) {
  constexpr Layer kWritten[] = {Layer::kProcess, Layer::kHost, Layer::kDevice};
  constexpr Layer kCarriedTo[] = {Layer::kHost, Layer::kDevice, Layer::kMedia};
  Trace trace = EmptyTrace(kSectors);
  trace.AddMark(kRunMark);
  for (size_t n = 10 + prng.Below(15); n > 0; --n) {
    if (prng.OneIn(4)) trace.AddMark(LineMark("ack"));
    if (prng.OneIn(2)) {
      Write(trace, prng.Below(kSectors), Words(1, trace.event_count() + 1),
            kWritten[prng.Below(3)]);
      continue;
    }
    SectorSet some;
    some.Add({prng.Below(kSectors), 1});
    trace.AddPersist(kCarriedTo[prng.Below(3)], prng.OneIn(2) ? &some : nullptr,
                     std::nullopt);
  }
  return trace;
}

bool IsFlushOfTheMedia(const DiskEvent& event) {
  return event.kind == DiskEvent::kPersist && event.layer == Layer::kMedia;
}

// What `trace` holds of the disk after `point` events if nothing is lost.
uint64_t NewestAt(const Trace& trace, EventNumber point) {
  EventNumber newest = 0;
  std::vector<EventNumber> sectors(kSectors, 0);
  for (EventNumber e = 1; e <= point; ++e) {
    const DiskEvent& event = trace.event(e);
    if (event.kind == DiskEvent::kWrite) sectors[event.range.first] = e;
  }
  for (const EventNumber e : sectors) newest = std::max(newest, e);
  return newest;
}

uint64_t AcksAt(const Trace& trace, EventNumber point) {
  uint64_t acks = 0;
  for (const Mark& mark : trace.marks()) {
    acks += mark.after <= point && mark.text == LineMark("ack") ? 1 : 0;
  }
  return acks;
}

void ExpectFlushesRight(const Trace& trace, EventNumber point, uint64_t enough,
                        const TraceExplanation& why) {
  std::optional<EventNumber> last;
  for (EventNumber e = 1; e <= point; ++e) {
    if (IsFlushOfTheMedia(trace.event(e))) last = e;
  }
  EXPECT_EQ(why.last_flush, last);
  std::vector<EventNumber> later;
  for (EventNumber e = point + 1; e <= trace.event_count(); ++e) {
    if (!IsFlushOfTheMedia(trace.event(e))) continue;
    later.push_back(e);
    if (NewestAt(trace, e) >= enough || later.size() == kLaterFlushesMax) break;
  }
  ASSERT_EQ(why.later_flushes.size(), later.size());
  for (size_t i = 0; i < later.size(); ++i) {
    const LaterFlush& flush = why.later_flushes[i];
    EXPECT_EQ(flush.event, later[i]);
    EXPECT_EQ(flush.holds, NewestAt(trace, later[i]) >= enough);
    EXPECT_EQ(flush.acks, AcksAt(trace, later[i]));
    const auto id = ParseStateId(flush.id);
    ASSERT_TRUE(id) << flush.id;
    EXPECT_EQ(id->steps[0].point, later[i]);
    EXPECT_EQ(id->digest, trace.Digest());
  }
}

TEST(TraceExplanationTest, TheFlushesAroundTheCrashAreNamed) {
  Prng prng(3);
  const Workload workload;
  uint64_t flushes = 0;
  for (int n = 0; n < 40; ++n) {
    const Trace trace = RandomFlushes(prng);
    auto history = HistoryOf(trace, 0);
    ASSERT_TRUE(history) << history.error().message;
    const auto point =
        static_cast<EventNumber>(prng.Below(trace.event_count() + 1));
    const uint64_t enough = 1 + prng.Below(trace.event_count() + 2);
    NewestBackend backend(enough);
    RunSetting setting;
    setting.profile = FindProfile("posix-minimal");
    setting.geometry = trace.geometry();
    setting.atomic_bytes = kSectorBytes;
    setting.crash_kinds = {CrashKind::kPower};
    setting.oracle = CheckOracle{.command = "newest"};
    const Recording recording{trace, *history, {}, {}};
    const RecordedRun run{backend, workload, setting, recording};
    CrashStep step;
    step.point = point;
    step.marks = static_cast<uint32_t>(
        std::ranges::count(trace.marks(), point, &Mark::after));
    const auto why = ExplainTrace(run, {{step}, trace.Digest()}, {});
    ASSERT_TRUE(why) << why.error().message;
    SCOPED_TRACE(n);
    ExpectFlushesRight(trace, point, enough, *why);
    flushes += why->later_flushes.size();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(flushes, 40u);
}

}  // namespace
}  // namespace powercut
