// Names a journal for each workload and shard, and writes into its context line
// everything that a run depends on except its state. A journal with another
// context is refused, since its runs could be wrong here.

#include "harness/explore/resume.h"

#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "harness/disk/content_hash.h"
#include "harness/explore/parts_apart.h"
#include "harness/fault/fault.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

// Only faults of recovery change what a run on a given disk does.
std::string FaultsText(const Workload& workload) {
  std::string text;
  for (const Op& fault : FaultsIn(workload.faults, FaultPhase::kRecovery)) {
    text += ", " + OpText(fault);
  }
  return text;
}

// A check's verdict depends on the command and on the acks and attempts that it
// was told.
std::string OracleText(const Oracle& oracle, const Trace& trace) {
  const CheckOracle* check = CheckOf(oracle);
  if (check == nullptr) return "";
  std::string text = check->fsck ? ", fsck" : "";
  if (check->command.empty()) return text;
  const Hash128 lines = HashOfLines(trace);
  return text + fmt::format(", check {}, acks {:016x}{:016x}", check->command,
                            lines.high, lines.low);
}

// Runs say for which parts they read a block, by the parts' numbers.
std::string PartsText(const RecordedRun& run, const ExploreOptions& options) {
  const auto parts = PartsApart(run, options);
  if (parts == nullptr) return "";
  const std::string text = parts->Text();
  const Hash128 hash = HashBytes(AsBytes(text), 0);
  return fmt::format(", parts {:016x}{:016x}", hash.high, hash.low);
}

}  // namespace

Result<std::unique_ptr<RunJournal>> OpenKeptRuns(
    const RecordedRun& run, const ExploreOptions& options) {
  if (options.resume.empty()) return std::unique_ptr<RunJournal>();
  if (mkdir(options.resume.c_str(), 0777) != 0 && errno != EEXIST) {
    return Error{ErrorCode::kIo,
                 fmt::format("{}: {}", options.resume, strerror(errno))};
  }
  std::string name = run.workload.file;
  // The workload's path becomes one file name in the folder.
  std::replace(name.begin(), name.end(), '/', '_');
  if (options.shard.count > 1) {
    name += fmt::format(".{}of{}", options.shard.index, options.shard.count);
  }
  const std::string context = fmt::format(
      "{}: {}; profile {}, {}-byte blocks, probe {}, nested {}{}, recording "
      "{:08x}{}",
      POWERCUT_VERSION, run.backend.traits().description,
      run.setting.profile->name, run.setting.atomic_bytes, options.run.probe,
      options.nested > 0, PartsText(run, options), run.trace().Digest(),
      FaultsText(run.workload) + OracleText(run.setting.oracle, run.trace()));
  return RunJournal::Open(options.resume + "/" + name + ".runs", context);
}

}  // namespace powercut
