// RunSetting: what a workload is run and judged under. It is worked out from
// the command line, the file and the backend.

#ifndef POWERCUT_HARNESS_RECORD_RUN_SETTING_H_
#define POWERCUT_HARNESS_RECORD_RUN_SETTING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/record/oracle.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

struct RunSetting {
  // Never `nullptr` in what ResolveSetting() returns.
  const Profile* profile = nullptr;
  // BackendTraits::profile_note if the profile is the backend's claim. Empty if
  // the file or a flag names the profile.
  std::string profile_note;
  DiskGeometry geometry;
  // The bytes that the device writes whole: the size of a block.
  uint32_t atomic_bytes = 0;
  // Which crashes are explored, in this order; not empty.
  std::vector<CrashKind> crash_kinds;
  // BackendTraits::finishes_calls.
  bool finishes_calls = false;
  Oracle oracle{};
};

// What the command line gives in place of the file.
struct SettingOverrides {
  std::string profile;                 // Empty if not given.
  std::vector<CrashKind> crash_kinds;  // Empty if not given.
  std::optional<uint32_t> atomic_bytes;
};

// The setting of a workload on a backend: an override beats the file, and the
// file beats the backend's claim. The oracle is the model.
// Errors: kUnsupported: an op, crash kind or disk that the backend does not
// offer; kBadInput: an op or disk that cannot be; kUsage: an unknown profile or
// a wrong block size. Each message names what there is.
Result<RunSetting> ResolveSetting(const Workload& workload,
                                  const Backend& backend,
                                  const SettingOverrides& overrides);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_RUN_SETTING_H_
