// Which bytes a report shows of a file that has more of them: those around the
// first difference to anything that would have been right.

#include "harness/explain/shown_names.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "harness/space/crash_state.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

// The file /f, which was flushed, and two overwrites of an atom that were not.
class Scene {
 public:
  Scene(uint64_t first, uint64_t second)
      : recorded_(RecordWorkload(*backend_,
                                 MustParse(fmt::format(
                                     "powercut 1\nbackend simfs\ninit\n"
                                     "  create /f\n  write /f 0 8192\n"
                                     "  fsync /f\nrun\n"
                                     "  write /f {} 512\n  write /f {} 512\n",
                                     first, second)))
                      .value()) {}

  // The file in each state that a loss of power after both writes may leave.
  std::vector<ShownName> Shown() {
    const Trace& trace = recorded_.recording.trace;
    const EventNumber end = trace.event_count();
    PointCursor cursor(space_, CrashKind::kPower);
    cursor.MoveTo(end);
    const std::vector<Slot> open(cursor.open().begin(), cursor.open().end());
    std::vector<ShownName> shown;
    for (uint32_t lost = 0; lost < 1u << open.size(); ++lost) {
      CrashState state{end, 0, CrashKind::kPower, CrashState::kNewest, {}};
      for (size_t i = 0; i < open.size(); ++i) {
        if ((lost >> i & 1) == 0) continue;
        state.choices.push_back({open[i], cursor.floor(open[i]), {}, 0});
      }
      CrashStep step = CanonicalStep(state, cursor);
      for (const Mark& mark : trace.marks()) {
        step.marks += mark.after == end ? 1 : 0;
      }
      Finding finding;
      finding.violation.path = "/f";
      ShownState of_state;
      ShowNames({*backend_, recorded_.workload, recorded_.setting,
                 recorded_.recording},
                {}, {{step}, trace.Digest()}, finding, of_state);
      EXPECT_EQ(of_state.wanted, ShownState::kAdmissible);
      EXPECT_EQ(of_state.names.size(), 1u);
      shown.push_back(std::move(of_state.names.at(0)));
    }
    return shown;
  }

 private:
  std::unique_ptr<Backend> backend_ = MakeSimfsBackend();
  Recorded recorded_;
  CrashSpace space_{recorded_.recording.trace, recorded_.setting.atomic_bytes};
};

// Whatever was found, it differs from what the model admits beside it in the
// first atom that was overwritten.
TEST(ShownNamesTest, TheFirstDifferenceIsShown) {
  for (const auto& [first, second] : {std::pair<uint64_t, uint64_t>{1024, 6144},
                                      {6144, 1024},
                                      {0, 7680},
                                      {7680, 0},
                                      {4096, 4608},
                                      {4608, 4096}}) {
    const uint64_t at = std::min(first, second);
    const uint64_t from = at > 64 ? at - 64 : 0;
    const std::vector<ShownName> shown = Scene(first, second).Shown();
    EXPECT_GE(shown.size(), 4u);
    for (const ShownName& name : shown) {
      EXPECT_EQ(name.wanted.size(), 4u);
      EXPECT_EQ(name.found.size_bytes, 8192u);
      EXPECT_EQ(name.found.from_byte, from) << first << ' ' << second;
      EXPECT_EQ(name.found.content.size(),
                std::min<uint64_t>(kShownContentBytesMax, 8192 - from));
      uint64_t differ = 0;
      for (const ShownVersion& wanted : name.wanted) {
        EXPECT_EQ(wanted.from_byte, from) << first << ' ' << second;
        differ += wanted.content != name.found.content ? 1 : 0;
      }
      EXPECT_GE(differ, 2u) << first << ' ' << second;
    }
  }
}

}  // namespace
}  // namespace powercut
