// Tests the bounds of timelines: of how many events, notes and bytes of a text
// they are, and what stands for more.

#include "harness/cli/report/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "backends/simfs/simfs_backend.h"
#include "harness/trace/acks.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

Timeline TimelineFor(Trace trace) {
  const auto backend = MakeSimfsBackend();
  const Workload workload;
  RunSetting setting;
  setting.geometry = trace.geometry();
  const Recording recording{std::move(trace), {}, {}};
  return TimelineOf({*backend, workload, setting, recording}, {});
}

// A trace of so many writes, discards and flushes.
Trace ManyEvents(uint64_t events) {
  Prng prng(events);
  Trace trace = EmptyTrace(64);
  for (uint64_t i = 0; i < events; ++i) {
    if (prng.OneIn(3)) {
      const SectorSet some = SetOf({prng.Below(64)});
      trace.AddPersist(prng.OneIn(2) ? Layer::kMedia : Layer::kDevice,
                       prng.OneIn(2) ? &some : nullptr, std::nullopt);
    } else if (prng.OneIn(3)) {
      trace.AddDiscard({prng.Below(60), 1 + prng.Below(4)});
    } else {
      Write(trace, prng.Below(64), {1}, Layer::kHost);
    }
  }
  return trace;
}

TEST(TimelineTest, TheMostEventsHaveAPlaceEach) {
  const Timeline timeline = TimelineFor(ManyEvents(kTimelineEventsMax));
  EXPECT_EQ(timeline.step, 1u);
  EXPECT_EQ(timeline.kinds.size(), kTimelineEventsMax);
  EXPECT_EQ(timeline.layers.size(), kTimelineEventsMax);
  EXPECT_EQ(timeline.first.size(), kTimelineEventsMax);
  EXPECT_EQ(timeline.count.size(), kTimelineEventsMax);
  EXPECT_TRUE(timeline.writes.empty());
}

// Each group is counted anew, sector by sector.
TEST(TimelineTest, MoreEventsAreGroups) {
  const Trace trace = ManyEvents(kTimelineEventsMax + 1);
  const Timeline timeline = TimelineFor(trace);
  EXPECT_EQ(timeline.step, 11u);
  EXPECT_TRUE(timeline.kinds.empty());
  const size_t groups = (kTimelineEventsMax + 1 + 10) / 11;
  ASSERT_EQ(timeline.writes.size(), groups);
  ASSERT_EQ(timeline.flushes.size(), groups);
  ASSERT_EQ(timeline.first.size(), groups);
  ASSERT_EQ(timeline.count.size(), groups);
  for (size_t group = 0; group < groups; ++group) {
    std::set<uint64_t> sectors;
    uint64_t writes = 0;
    uint64_t flushes = 0;
    const auto begin = static_cast<EventNumber>(group * 11 + 1);
    const EventNumber end = std::min(begin + 11, trace.event_count() + 1);
    for (EventNumber n = begin; n < end; ++n) {
      const DiskEvent& event = trace.event(n);
      if (event.kind == DiskEvent::kPersist) {
        flushes += event.layer == Layer::kMedia && !event.scope ? 1 : 0;
        continue;
      }
      ++writes;
      for (uint64_t s = event.range.first; s < event.range.end(); ++s) {
        sectors.insert(s);
      }
    }
    ASSERT_EQ(timeline.writes[group], writes) << group;
    ASSERT_EQ(timeline.flushes[group], flushes) << group;
    ASSERT_EQ(timeline.first[group], sectors.empty() ? 0 : *sectors.begin());
    ASSERT_EQ(timeline.count[group],
              sectors.empty() ? 0 : *sectors.rbegin() - *sectors.begin() + 1);
  }
}

TEST(TimelineTest, NotesThatAreLeftOutAreCounted) {
  for (const size_t more : {0, 1, 3}) {
    Trace trace = EmptyTrace(1);
    for (size_t i = 0; i < kTimelineNotesMax + more; ++i) {
      trace.AddMark(LineMark(std::to_string(i)));
    }
    const Timeline timeline = TimelineFor(std::move(trace));
    ASSERT_EQ(timeline.acks.size(), kTimelineNotesMax);
    EXPECT_EQ(timeline.acks.back().text, std::to_string(kTimelineNotesMax - 1));
    EXPECT_EQ(timeline.left_out, more);
  }
}

TEST(TimelineTest, LongTextsAreCut) {
  Trace trace = EmptyTrace(1);
  const std::string longest(kTimelineTextBytesMax, 'x');
  trace.AddMark(LineMark(longest));
  trace.AddMark(LineMark(longest + "y"));
  const Timeline timeline = TimelineFor(std::move(trace));
  ASSERT_EQ(timeline.acks.size(), 2u);
  EXPECT_EQ(timeline.acks[0].text, longest);
  EXPECT_EQ(timeline.acks[1].text, longest + "...");
}

}  // namespace
}  // namespace powercut
