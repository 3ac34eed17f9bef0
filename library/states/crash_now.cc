// Records the calls, runs one state in this process, and copies what is there
// where a recovery would look at it. The copy is made by calls on the new
// world, so that its own crashes are recorded and explored like those of any
// other world: these calls are its set-up, and a call `start` ends it.

#include "library/states/crash_now.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/recover/recovery_runner.h"
#include "library/states/profile_run.h"

namespace powercut {
namespace {

// Copies the files below a directory into a world.
class FileCopier {
 public:
  FileCopier(WorldFiles& from, WorldFiles& to) : from_(from), to_(to) {}

  // Errors: the negative of an errno number, or 0.
  int64_t Copy(const std::string& directory) {
    std::vector<std::string> names;
    int64_t result = from_.List(directory.empty() ? "/" : directory, names);
    for (const std::string& name : names) {
      if (result < 0) return result;
      result = CopyOne(directory + "/" + name);
    }
    return result;
  }

 private:
  int64_t CopyOne(const std::string& path) {
    FileFacts facts;
    if (const int64_t error = from_.Stat(path, facts)) return error;
    if (facts.is_directory) {
      if (const int64_t error = to_.MakeDirectory(path)) return error;
      return Copy(path);
    }
    const auto [first, added] = copied_.try_emplace(facts.number, path);
    if (!added) return to_.Link(first->second, path);
    const int64_t source = from_.Open(path, {.write = false});
    const int64_t target = to_.Open(path, {.create = true, .exclusive = true});
    if (source < 0 || target < 0) return std::min(source, target);
    Bytes content(facts.size_bytes);
    const auto in = static_cast<WorldFiles::Handle>(source);
    const auto out = static_cast<WorldFiles::Handle>(target);
    int64_t result = from_.Read(in, 0, content);
    if (result >= 0) result = to_.Write(out, 0, content);
    from_.Close(in);
    to_.Close(out);
    return result < 0 ? result : 0;
  }

  WorldFiles& from_;
  WorldFiles& to_;
  // By the number of the file: the name under which it was copied.
  std::map<uint64_t, std::string> copied_;
};

// Copies all sectors that are not zeros.
int64_t CopyDisk(WorldDisk& from, WorldDisk& to) {
  const uint64_t sectors = from.size_bytes() / WorldDisk::kSectorBytes;
  Bytes sector(WorldDisk::kSectorBytes);
  for (uint64_t n = 0; n < sectors; ++n) {
    if (const int error = from.Read(n, sector)) return error;
    if (AllZero(sector)) continue;
    if (const int error = to.Write(n, sector, /*fua=*/false)) return error;
  }
  return 0;
}

std::optional<uint64_t> SeedIn(std::string_view which) {
  constexpr std::string_view kRandom = "random:";
  if (!which.starts_with(kRandom)) return std::nullopt;
  which.remove_prefix(kRandom.size());
  uint64_t seed = 0;
  const auto end =
      std::from_chars(which.data(), which.data() + which.size(), seed);
  const bool whole = end.ec == std::errc() && !which.empty() &&
                     end.ptr == which.data() + which.size();
  return whole ? std::optional(seed) : std::nullopt;
}

Result<CrashState> StateNamed(const std::string& which, ProfileRun& run,
                              const CrashSpace& space) {
  CrashState state;
  state.point = run.trace().event_count();
  if (which == "all") return state;
  if (which == "none") {
    state.origin = CrashState::kFloor;
    return state;
  }
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(state.point);
  if (const auto seed = SeedIn(which)) {
    Prng random(*seed);
    for (const Slot slot : cursor.open()) {
      const VersionIndex floor = cursor.floor(slot);
      const VersionIndex newest = cursor.newest(slot);
      const auto version =
          static_cast<VersionIndex>(floor + random.Below(newest - floor + 1));
      if (version < newest) state.choices.push_back({slot, version, {}, 0});
    }
    return state;
  }
  const auto id = ParseStateId(which);
  if (!id) {
    return Error{ErrorCode::kUsage,
                 fmt::format("there is no state '{}': expected none, all, "
                             "random:SEED or an id",
                             which)};
  }
  if (id->digest != run.trace().Digest() || id->steps.size() != 1) {
    return Error{ErrorCode::kUsage,
                 fmt::format("the id {} belongs to other calls", which)};
  }
  PointCursor of_kind(space, id->steps[0].kind);
  return ResolveStep(id->steps[0], of_kind);
}

// Runs the one state, and calls `copy` where a recovery would look at it.
Status RunState(const Calls& calls, const LoopOptions& options,
                const std::string& which,
                const std::function<int64_t(CrashedVolume&)>& copy) {
  int64_t copied = 0;
  POWERCUT_ASSIGN(const std::unique_ptr<ProfileRun> run,
                  ProfileRun::Record(calls, options, options.profiles.at(0),
                                     [&](CrashedVolume& volume) -> std::string {
                                       copied = copy(volume);
                                       return "";
                                     }));
  const RecordedRun recorded = run->run();
  const CrashSpace space(run->trace(), recorded.setting.atomic_bytes);
  POWERCUT_ASSIGN(const CrashState state, StateNamed(which, *run, space));
  RecoveryRunner runner(recorded.backend, space,
                        WorkerOptionsOf(recorded, RunOptions{}));
  RunAccess access;
  const RecoveryOutcome outcome = runner.Run(state, access);
  if (outcome.kind != RecoveryOutcome::kObserved || copied < 0 ||
      !outcome.observation.unreadable.empty()) {
    return Error{ErrorCode::kInternal,
                 fmt::format("the crashed disk cannot be copied: {}{}",
                             outcome.detail, outcome.observation.unreadable)};
  }
  return Ok{};
}

}  // namespace

Status CrashNow(const Calls& calls, const LoopOptions& options,
                const std::string& which, WorldFiles* files, WorldDisk* disk,
                CallLog& log) {
  const PromiseTimeline timeline(calls);
  POWERCUT_TRY(RunState(calls, options, which, [&](CrashedVolume& volume) {
    CrashedState state(volume, timeline, nullptr, false);
    return files != nullptr ? FileCopier(*state.files(), *files).Copy("")
                            : CopyDisk(*state.disk(), *disk);
  }));
  Call start;
  start.kind = Call::kStart;
  log.Add(std::move(start));
  return Ok{};
}

Result<std::shared_ptr<const SparseImage>> CrashedDiskNow(
    const Calls& calls, const LoopOptions& options, const std::string& which) {
  auto image = std::make_shared<SparseImage>(options.disk_bytes);
  POWERCUT_TRY(RunState(calls, options, which, [&](CrashedVolume& volume) {
    Bytes sector(volume.disk.geometry().sector_bytes);
    for (uint64_t n = 0; n < volume.disk.geometry().sector_count; ++n) {
      if (!volume.disk.Read(n, sector)) return int64_t{-EIO};
      if (!AllZero(sector)) image->Write(n * sector.size(), sector);
    }
    return int64_t{0};
  }));
  return std::shared_ptr<const SparseImage>(std::move(image));
}

}  // namespace powercut
