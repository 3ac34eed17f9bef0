// The probe: uses a recovered volume, remounts it and looks again. Cross-linked
// clusters and wrong bitmaps show only on the next write.

#ifndef POWERCUT_HARNESS_RECOVER_PROBE_H_
#define POWERCUT_HARNESS_RECOVER_PROBE_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/backend.h"

namespace powercut {

struct ProbedVolume {
  // What is in the volume after the probe, without the probe's own file and
  // records; Observation::probe_failures says what was wrong.
  Observation seen;
  // What the storage itself said had failed.
  std::vector<std::string> told;
};

// The tree, with those of `paths` that it does not list but that open by name.
Observation LookAt(Mount& mount, const std::vector<std::string>& paths);

// Writes and syncs a file, remounts, and holds what is there against `before`;
// if the storage keeps logs and no files, appends a record to each log instead.
// Requires: `mount` is a mount of `disk` that shows `before`.
ProbedVolume UseVolume(Backend& backend, VirtualDisk& disk,
                       const std::vector<std::string>& paths,
                       std::unique_ptr<Mount> mount, Observation before);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_PROBE_H_
