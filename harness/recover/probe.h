// The probe uses a recovered volume, remounts it and looks again, because
// cross-linked clusters and wrong bitmaps show only at the next write
// (docs/crash_model.md 2).

#ifndef POWERCUT_HARNESS_RECOVER_PROBE_H_
#define POWERCUT_HARNESS_RECOVER_PROBE_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/backend.h"

namespace powercut {

struct ProbedVolume {
  // What is in the volume after the probe, except the probe's own file and
  // records; Observation::probe_failures says what was wrong. If no
  // second observation could be made, this is what was there before.
  Observation seen;
  // What the storage itself reported as failed, one text each.
  std::vector<std::string> told;
};

// The tree, and each of `paths` that the tree does not list but that opens by
// its name.
Observation LookAt(Mount& mount, const std::vector<std::string>& paths);

// Writes and syncs a file, remounts, and compares what is there with `before`.
// If the storage keeps logs and no files, appends a record to each log instead.
// `paths` are those of LookAt(). The mount is used up.
// Requires: `mount` is a mount of `disk` that shows `before`.
ProbedVolume UseVolume(Backend& backend, VirtualDisk& disk,
                       const std::vector<std::string>& paths,
                       std::unique_ptr<Mount> mount, Observation before);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_PROBE_H_
