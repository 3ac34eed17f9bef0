// Adds up the sizes of the crash spaces of all points and kinds, and hands the
// exploration itself to an Explorer.

#include "harness/explore/explore.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "harness/explore/explorer.h"
#include "harness/explore/resume.h"
#include "harness/space/crash_space.h"
#include "harness/space/explored_points.h"

namespace powercut {
namespace {

// Adds 2^log2 to a sum that is itself kept as log2; negative infinity is 0.
void AddPowerOfTwo(double& sum_log2, double log2) {
  const double larger = std::max(sum_log2, log2);
  const double smaller = std::min(sum_log2, log2);
  sum_log2 = larger + std::log2(1 + std::exp2(smaller - larger));
}

}  // namespace

SpaceSize SizeOfSpace(const Recording& recording, const RunSetting& setting) {
  const CrashSpace space(recording.trace, setting.atomic_bytes);
  const std::vector<CrashPoint> points = CrashPointsOf(recording);
  const ExploredPoints explored(recording.trace, setting.finishes_calls);
  SpaceSize size;
  size.log2 = -std::numeric_limits<double>::infinity();
  std::vector<bool> open(points.size(), false);
  for (const CrashKind kind : setting.crash_kinds) {
    PointCursor cursor(space, kind);
    for (size_t i = 0; i < points.size(); ++i) {
      if (!explored.Has(kind, points[i].after)) continue;
      cursor.MoveTo(points[i].after);
      AddPowerOfTwo(size.log2, cursor.SpaceLog2());
      if (!cursor.open().empty()) open[i] = true;
    }
  }
  size.open_points =
      static_cast<uint64_t>(std::count(open.begin(), open.end(), true));
  return size;
}

Result<Exploration> Explore(const RecordedRun& run,
                            const ExploreOptions& options) {
  const StudiedTrace studied(run.backend, run.trace());
  POWERCUT_ASSIGN(const std::unique_ptr<RunJournal> journal,
                  OpenKeptRuns(run, options));
  return Explorer(run, options, journal.get()).Run();
}

}  // namespace powercut
