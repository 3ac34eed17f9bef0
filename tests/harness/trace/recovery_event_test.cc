// Tests the events of a recovery: they are noted, workers report them, and they
// make a trace again that ends in the image that the recovery left.

#include "harness/trace/recovery_event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "harness/recover/crash_disk.h"
#include "harness/worker/worker_pool.h"
#include "tests/harness/cache/content_backend.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

// Does to a disk what the trace did to its own.
void Repeat(const Trace& trace, VirtualDisk& disk) {
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    const DiskEvent& event = trace.event(number);
    switch (event.kind) {
      case DiskEvent::kWrite:
        ASSERT_TRUE(
            disk.Write(event.range.first, trace.data(event), event.layer));
        break;
      case DiskEvent::kPersist:
        // The default limit is the event's own number.
        ASSERT_TRUE(disk.Persist(
            event.layer, event.scope ? &trace.scope(event) : nullptr,
            event.upto == number ? std::nullopt : std::optional(event.upto)));
        break;
      case DiskEvent::kDiscard:
        ASSERT_TRUE(disk.Discard(event.range));
        break;
    }
  }
}

Trace TraceOver(const SparseImage& base, const DiskGeometry& geometry,
                const std::vector<RecoveryEvent>& events) {
  Trace trace(geometry, std::make_shared<const SparseImage>(base));
  for (const RecoveryEvent& event : events) AddEvent(event, trace);
  return trace;
}

TEST(RecoveryEventTest, TheEventsAreTheTraceOfTheRecovery) {
  Prng prng(11);
  for (uint64_t i = 0; i < 2000 / kSlowdown; ++i) {
    const Trace trace = RandomTrace(prng);
    SparseImage image = trace.base();
    CrashDisk disk(image, trace.geometry(), kSectorBytes, 0);
    disk.set_keep_events(true);
    Repeat(trace, disk);
    const Trace again =
        TraceOver(trace.base(), trace.geometry(), disk.events());
    ASSERT_EQ(again.Digest(), trace.Digest());
    ASSERT_TRUE(ApplyAll(again).SameBytes(image));
    disk.Reset();
    EXPECT_TRUE(disk.events().empty());
  }
}

TEST(RecoveryEventTest, OnlyWhatIsAskedForAndOnlyUpToTheObservation) {
  SparseImage image(4 * kSectorBytes);
  CrashDisk disk(image, {kSectorBytes, 4}, kSectorBytes, 0);
  ASSERT_TRUE(disk.Write(0, SectorsOf({1}), Layer::kHost));
  EXPECT_TRUE(disk.events().empty());
  disk.Reset();
  disk.set_keep_events(true);
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(disk.Write(0, SectorsOf({1}), Layer::kHost));
    disk.ObservationBegins();
    ASSERT_TRUE(disk.Write(1, SectorsOf({1}), Layer::kHost));
    ASSERT_TRUE(disk.Persist(Layer::kMedia, nullptr, std::nullopt));
    ASSERT_TRUE(disk.Discard({0, 4}));
    EXPECT_EQ(disk.events().size(), 1u);
    disk.Reset();
  }
}

TEST(RecoveryEventTest, RequestsThatFailAreNoEvents) {
  SparseImage image(4 * kSectorBytes);
  CrashDisk disk(image, {kSectorBytes, 4}, kSectorBytes, 1);
  disk.set_keep_events(true);
  ASSERT_TRUE(disk.Write(0, SectorsOf({1}), Layer::kHost));
  EXPECT_FALSE(disk.Write(1, SectorsOf({1}), Layer::kHost));
  EXPECT_FALSE(disk.Persist(Layer::kMedia, nullptr, std::nullopt));
  EXPECT_FALSE(disk.Discard({0, 4}));
  EXPECT_EQ(disk.events().size(), 1u);
}

// --- through workers --------------------------------------------------------

// A backend whose recovery writes what a trace wrote; its mount writes, too.
class RepairingBackend : public ContentBackend {
 public:
  explicit RepairingBackend(const Trace& repair) : repair_(repair) {}

  MountResult Open(VirtualDisk& disk) override {
    Bytes sector(kContentGeometry.sector_bytes);
    EXPECT_TRUE(disk.Read(2, sector));  // Nothing has touched this sector.
    MountResult result = ContentBackend::Open(disk);
    Repeat(repair_, disk);
    EXPECT_TRUE(disk.Read(40, sector));
    result.mount = std::make_unique<WritingMount>(disk);
    return result;
  }

 private:
  class WritingMount : public ContentMount {
   public:
    explicit WritingMount(VirtualDisk& disk) : ContentMount("x"), disk_(disk) {}
    Observation Observe() override {
      EXPECT_TRUE(disk_.Discard({0, kContentGeometry.sector_count}));
      return ContentMount::Observe();
    }

   private:
    VirtualDisk& disk_;
  };

  const Trace& repair_;
};

Trace SomeRepair() {
  Trace repair(kContentGeometry, std::make_shared<const SparseImage>(
                                     kContentGeometry.size_bytes()));
  SectorSet scope;
  scope.Add({5, 2});
  scope.Add({60, 4});
  const Bytes sectors(3 * kContentGeometry.sector_bytes, std::byte{9});
  repair.AddWrite(5, sectors, Layer::kHost);
  repair.AddPersist(Layer::kMedia, &scope, 1);
  repair.AddDiscard({6, 1});
  repair.AddWrite(0, sectors, Layer::kDevice);
  repair.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  return repair;
}

std::vector<RunResult> RunRepairs(const Trace& repair, const CrashSpace& space,
                                  WorkerPool::Options options) {
  RepairingBackend backend(repair);
  WorkerPool pool(backend, space, std::move(options));
  std::vector<RunResult> all;
  pool.set_done([&](const Batch&, std::vector<RunResult>& results) {
    std::move(results.begin(), results.end(), std::back_inserter(all));
  });
  const CrashState first = {1, 0, CrashKind::kPower, CrashState::kNewest, {}};
  CrashState second = first;
  second.point = 2;
  pool.Submit({first, second});
  pool.Drain();
  all.push_back(pool.RunAlone(first));
  return all;
}

TEST(RunResultTest, TellsReadsAndWritesWithAndWithoutWorkers) {
  Trace trace = TraceOfDeeds({Deed::kWork, Deed::kWork});
  trace.AddWrite(40, Bytes(kContentGeometry.sector_bytes), Layer::kHost);
  const CrashSpace space(trace, kContentGeometry.sector_bytes);
  const Trace repair = SomeRepair();
  for (const uint32_t jobs : {0, 1, 2}) {
    WorkerPool::Options options;
    options.jobs = jobs;
    EXPECT_EQ(RunRepairs(repair, space, options)[0].reads, RunReads{});
    EXPECT_TRUE(RunRepairs(repair, space, options)[0].writes.empty());
    options.report_reads = true;
    for (const RunResult& result : RunRepairs(repair, space, options)) {
      EXPECT_EQ(result.reads.blocks, (std::vector<uint64_t>{0, 40}));
      EXPECT_TRUE(result.writes.empty());
    }
    options.all_reads = true;
    for (const RunResult& result : RunRepairs(repair, space, options)) {
      EXPECT_EQ(result.reads.blocks, (std::vector<uint64_t>{2, 0, 40}));
    }
    options.report_reads = false;
    options.report_writes = true;
    for (const RunResult& result : RunRepairs(repair, space, options)) {
      EXPECT_EQ(result.reads, RunReads{});
      EXPECT_EQ(
          TraceOver(repair.base(), kContentGeometry, result.writes).Digest(),
          repair.Digest());
    }
  }
}

}  // namespace
}  // namespace powercut
