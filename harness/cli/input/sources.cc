#include "harness/cli/input/sources.h"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "backends/registry.h"
#include "harness/block_log/trace_file.h"
#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/user_file.h"
#include "harness/fault/fault.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

constexpr const char* kDefaultBackend = "ntfs-3g";

Result<SettingOverrides> SettingOverridesOf(const CommonFlags& flags) {
  SettingOverrides setting{flags.profile, {}, flags.atomic_bytes};
  for (const std::string& name : flags.crash_kinds) {
    const auto kind = CrashKindFromName(name);
    if (!kind) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--crash '{}': expected process, os or power", name)};
    }
    setting.crash_kinds.push_back(*kind);
  }
  return setting;
}

Result<ExploreOptions> OptionsOf(const CommonFlags& flags,
                                 const Workload& workload) {
  ExploreOptions options;
  const std::string space = !flags.space.empty() ? flags.space : workload.space;
  if (space.empty()) {
    options.space.mode = ExplorationSpace::kDefault;
  } else {
    POWERCUT_ASSIGN(options.space, ParseExplorationSpace(space));
  }
  options.seed = flags.seed;
  options.jobs = flags.jobs > 0
                     ? flags.jobs
                     : std::max(1u, std::thread::hardware_concurrency());
  options.probe = flags.probe;
  options.max_runs = flags.max_runs;
  options.nested = flags.nested;
  options.doublecheck = flags.doublecheck;
  options.resume = flags.resume;
  if (!flags.cache_size.empty()) {
    POWERCUT_ASSIGN(options.cache_bytes,
                    ParseSize("--cache-size", flags.cache_size));
  }
  if (!flags.copied.empty()) {
    // The command line admits no other names.
    options.copied = CopyModeFromName(flags.copied).value();
  }
  POWERCUT_ASSIGN(options.shard, ParseShard(flags.shard));
  if (!flags.budget.empty()) {
    POWERCUT_ASSIGN(options.budget_ms, ParseDuration("--budget", flags.budget));
  }
  return options;
}

// Those of the command line, behind those of the file.
Status AddFlaggedFaults(const std::string& file, const CommonFlags& flags,
                        bool trace, Source& source) {
  POWERCUT_ASSIGN(source.added_faults, ParseFaults(flags.faults));
  for (const Op& fault : source.added_faults) {
    if (trace && PhaseOf(fault) == FaultPhase::kRun) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--fault '{}': {} is a trace, whose run is over; "
                      "add in=recovery, or give the .pcut file",
                      FaultText(fault), file)};
    }
    source.workload.faults.push_back(fault);
  }
  return Ok{};
}

// What judges a trace beside its mount.
Status AddChecks(const std::string& file, const CommonFlags& flags,
                 const Backend& backend, RunSetting& setting) {
  setting.check = flags.check;
  setting.fsck = flags.fsck;
  if (!flags.check.empty() && !backend.traits().commands) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: --check: no program can run in {}", file,
                             backend.traits().name)};
  }
  if (const Status has = backend.HasChecker(); flags.fsck && !has) {
    return Error{has.error().code,
                 fmt::format("{}: --fsck: {}", file, has.error().message)};
  }
  if (flags.check_timeout.empty()) return Ok{};
  POWERCUT_ASSIGN(const uint64_t timeout_ms,
                  ParseDuration("--check-timeout", flags.check_timeout));
  constexpr uint64_t kTimeoutMsMax = 24 * 3'600'000;
  if (timeout_ms == 0 || timeout_ms > kTimeoutMsMax) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--check-timeout '{}': expected 1ms to 24h",
                             flags.check_timeout)};
  }
  setting.check_timeout_ms = static_cast<uint32_t>(timeout_ms);
  return Ok{};
}

// A trace without a workload: what recovery shows is judged by itself.
Result<Source> OpenBareTrace(const std::string& file, LoadedTrace loaded,
                             const CommonFlags& flags) {
  Source source;
  source.workload.file = file;
  const std::string backend =
      flags.backend.empty() ? loaded.about.backend : flags.backend;
  if (backend.empty()) {
    return Error{ErrorCode::kUsage,
                 file + ": the trace does not say what it is of; say --fs"};
  }
  auto made = MakeBackend(backend, flags.format);
  if (!made) {
    return Error{made.error().code,
                 fmt::format("{}: {}", file, made.error().message)};
  }
  source.backend = std::move(*made);
  source.workload.disk =
      DiskSpec{loaded.trace.geometry().size_bytes(),
               loaded.trace.geometry().sector_bytes, std::nullopt, false};
  POWERCUT_ASSIGN(const SettingOverrides overrides, SettingOverridesOf(flags));
  POWERCUT_ASSIGN(source.setting,
                  ResolveSetting(source.workload, *source.backend, overrides));
  source.setting.judged_by_itself = true;
  POWERCUT_TRY(AddChecks(file, flags, *source.backend, source.setting));
  POWERCUT_TRY(AddFlaggedFaults(file, flags, /*trace=*/true, source));
  POWERCUT_ASSIGN(source.options, OptionsOf(flags, source.workload));
  source.options.probe = flags.check.empty();
  POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                  HistoryOf(loaded.trace, 0, kAnyFaults));
  source.recording = Recording{std::move(loaded.trace), std::move(history), {}};
  return source;
}

}  // namespace

Result<InputFile> ReadInput(const std::string& file) {
  InputFile input{file, {}, {}};
  POWERCUT_ASSIGN(std::string bytes, ReadFile(file));
  if (LooksLikeBlockLog(AsBytes(bytes))) {
    POWERCUT_ASSIGN(input.trace, ParseTraceFile(std::move(bytes), file));
  } else {
    input.text = std::move(bytes);
  }
  return input;
}

Result<Source> OpenSource(InputFile input, const CommonFlags& flags) {
  const std::string& file = input.path;
  std::optional<LoadedTrace>& loaded = input.trace;
  Source source;
  source.text = std::move(input.text);
  std::string backend;
  if (loaded) {
    source.text = loaded->about.pcut;
    backend = loaded->about.backend;
    if (source.text.empty() || !flags.check.empty() || flags.fsck) {
      return OpenBareTrace(file, std::move(*loaded), flags);
    }
  } else if (!flags.check.empty() || flags.fsck) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{}: {} is of traces; a .pcut file is judged by "
                             "the model",
                             file, flags.fsck ? "--fsck" : "--check")};
  }
  POWERCUT_ASSIGN(source.workload, ParseWorkload(source.text, file));
  POWERCUT_TRY(AddFlaggedFaults(file, flags, loaded.has_value(), source));
  if (backend.empty()) backend = source.workload.backend;
  if (!flags.backend.empty()) backend = flags.backend;
  if (backend.empty()) backend = kDefaultBackend;
  auto made = MakeBackend(backend, flags.format);
  if (!made) {
    return Error{made.error().code,
                 fmt::format("{}: {}", file, made.error().message)};
  }
  source.backend = std::move(*made);
  POWERCUT_ASSIGN(const SettingOverrides overrides, SettingOverridesOf(flags));
  POWERCUT_ASSIGN(source.setting,
                  ResolveSetting(source.workload, *source.backend, overrides));
  POWERCUT_ASSIGN(source.options, OptionsOf(flags, source.workload));
  if (loaded) {
    const auto ops = static_cast<uint32_t>(source.workload.init.size() +
                                           source.workload.run.size());
    const auto faults = static_cast<uint32_t>(source.workload.faults.size());
    source.setting.geometry = loaded->trace.geometry();
    POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                    HistoryOf(loaded->trace, ops, faults));
    source.recording =
        Recording{std::move(loaded->trace), std::move(history), {}};
  }
  return source;
}

Result<Source> OpenInput(const std::string& file, const CommonFlags& flags) {
  POWERCUT_ASSIGN(InputFile input, ReadInput(file));
  return OpenSource(std::move(input), flags);
}

Result<Recording> RecordingOf(Source& source) {
  if (source.recording) return *source.recording;
  return Record(*source.backend, source.workload, source.setting);
}

}  // namespace powercut
