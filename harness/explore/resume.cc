#include "harness/explore/resume.h"

#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "harness/fault/fault.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

std::string FaultsText(const Workload& workload) {
  std::string text;
  for (const Op& fault : FaultsIn(workload.faults, FaultPhase::kRecovery)) {
    text += ", " + OpText(fault);
  }
  return text;
}

// What a check says belongs to it alone, and to the acks that it was told.
std::string CheckText(const RunSetting& setting, const Trace& trace) {
  std::string text = setting.fsck ? ", fsck" : "";
  if (setting.check.empty()) return text;
  const Hash128 acks = HashOfAcks(trace);
  return text + fmt::format(", check {}, acks {:016x}{:016x}", setting.check,
                            acks.high, acks.low);
}

}  // namespace

Result<std::unique_ptr<RunJournal>> OpenKeptRuns(
    const Backend& backend, const Workload& workload, const RunSetting& setting,
    const Recording& recording, const ExploreOptions& options) {
  if (options.resume.empty()) return std::unique_ptr<RunJournal>();
  if (mkdir(options.resume.c_str(), 0777) != 0 && errno != EEXIST) {
    return Error{ErrorCode::kIo,
                 fmt::format("{}: {}", options.resume, strerror(errno))};
  }
  std::string name = workload.file;
  std::replace(name.begin(), name.end(), '/', '_');
  if (options.shard.count > 1) {
    name += fmt::format(".{}of{}", options.shard.index, options.shard.count);
  }
  const std::string context = fmt::format(
      "{}: {}; profile {}, {}-byte blocks, probe {}, nested {}, recording "
      "{:08x}{}",
      POWERCUT_VERSION, backend.traits().description, setting.profile->name,
      setting.atomic_bytes, options.probe, options.nested > 0,
      recording.trace.Digest(),
      FaultsText(workload) + CheckText(setting, recording.trace));
  return RunJournal::Open(options.resume + "/" + name + ".runs", context);
}

}  // namespace powercut
