#include "harness/cli/input/sources.h"

#include <errno.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "backends/registry.h"
#include "harness/block_log/trace_file.h"
#include "harness/fault/fault.h"
#include "harness/judge/failure_block.h"
#include "harness/system/atomic_file.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

constexpr const char* kDefaultBackend = "ntfs-3g";

Error SystemError(const std::string& path) {
  return {ErrorCode::kIo, fmt::format("{}: {}", path, strerror(errno))};
}

Result<uint64_t> ParseDuration(const char* flag, const std::string& text) {
  uint64_t value = 0;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(
      stop, static_cast<size_t>(text.data() + text.size() - stop));
  const uint64_t scale = unit == "ms"  ? 1
                         : unit == "s" ? 1000
                         : unit == "m" ? 60'000
                         : unit == "h" ? 3'600'000
                                       : 0;
  if (error != std::errc() || scale == 0 || value > 1'000'000'000) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} '{}': expected a time such as 500ms, 30s, 2m "
                             "or 1h",
                             flag, text)};
  }
  return value * scale;
}

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
  options.run.probe = flags.probe;
  options.bounds.max_runs = flags.max_runs;
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
    POWERCUT_ASSIGN(options.bounds.budget_ms,
                    ParseDuration("--budget", flags.budget));
  }
  return options;
}

bool IsSpecialFile(const std::string& path) {
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  return type == std::filesystem::file_type::character ||
         type == std::filesystem::file_type::fifo ||
         type == std::filesystem::file_type::socket;
}

bool LooksLikeTrace(std::string_view text) {
  constexpr std::string_view kMagic("rhswfsj\0", 8);
  return text.starts_with(kMagic);
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Error{ErrorCode::kIo, path + ": is a directory"};
  }
  if (std::filesystem::is_character_file(path, error) ||
      std::filesystem::is_block_file(path, error)) {
    return Error{ErrorCode::kIo,
                 path + ": is a device; copy what is on it to a file first"};
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return SystemError(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return SystemError(path);
  return text;
}

Status WriteFile(const std::string& path, std::string_view text) {
  // A pipe or a device keeps its place: a new file would take it.
  if (!IsSpecialFile(path)) return WriteWholeFile(path, AsBytes(text));
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  return out ? Status(Ok{}) : SystemError(path);
}

Status CheckWritable(const std::string& path) {
  return IsSpecialFile(path) ? Status(Ok{}) : CheckNewFile(path);
}

namespace {

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
  CheckOracle check;
  check.command = flags.check;
  check.fsck = flags.fsck;
  if (!flags.check.empty() && !backend.traits().commands) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: --check: no program can run in {}", file,
                             backend.traits().name)};
  }
  if (const Status has = backend.HasChecker(); flags.fsck && !has) {
    return Error{has.error().code,
                 fmt::format("{}: --fsck: {}", file, has.error().message)};
  }
  setting.oracle = check;
  if (flags.check_timeout.empty()) return Ok{};
  POWERCUT_ASSIGN(const uint64_t timeout_ms,
                  ParseDuration("--check-timeout", flags.check_timeout));
  constexpr uint64_t kTimeoutMsMax = 24 * 3'600'000;
  if (timeout_ms == 0 || timeout_ms > kTimeoutMsMax) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--check-timeout '{}': expected 1ms to 24h",
                             flags.check_timeout)};
  }
  check.timeout_ms = static_cast<uint32_t>(timeout_ms);
  setting.oracle = check;
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
  POWERCUT_TRY(AddChecks(file, flags, *source.backend, source.setting));
  POWERCUT_TRY(AddFlaggedFaults(file, flags, /*trace=*/true, source));
  POWERCUT_ASSIGN(source.options, OptionsOf(flags, source.workload));
  source.options.run.probe = flags.check.empty();
  POWERCUT_ASSIGN(std::vector<HistoryEvent> history,
                  HistoryOf(loaded.trace, 0, kAnyFaults));
  source.recording = Recording{std::move(loaded.trace), std::move(history), {}};
  return source;
}

}  // namespace

Result<Source> OpenSource(const std::string& file, const CommonFlags& flags) {
  Source source;
  POWERCUT_ASSIGN(source.text, ReadFile(file));
  std::optional<LoadedTrace> loaded;
  std::string backend;
  if (LooksLikeTrace(source.text)) {
    POWERCUT_ASSIGN(loaded, LoadTrace(file));
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

Result<uint64_t> ParseSize(std::string_view flag, const std::string& text) {
  uint64_t value = 0;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(
      stop, static_cast<size_t>(text.data() + text.size() - stop));
  const int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 0;
  if (error != std::errc() || shift == 0 || value > 1'000'000) {
    return Error{ErrorCode::kUsage,
                 fmt::format("{} '{}': expected a size such as 64K, 512M or "
                             "2G",
                             flag, text)};
  }
  return value << shift;
}

Result<std::optional<LoadedTrace>> OpenImported(const std::string& file) {
  POWERCUT_ASSIGN(const std::string text, ReadFile(file));
  if (!LooksLikeTrace(text)) return std::optional<LoadedTrace>();
  POWERCUT_ASSIGN(LoadedTrace loaded, LoadTrace(file));
  if (loaded.about.origin.empty()) return std::optional<LoadedTrace>();
  return std::optional<LoadedTrace>(std::move(loaded));
}

Result<LoadedTrace> OpenTrace(const std::string& file,
                              const CommonFlags& flags) {
  POWERCUT_ASSIGN(const std::string text, ReadFile(file));
  if (LooksLikeTrace(text)) return LoadTrace(file);
  POWERCUT_ASSIGN(Source source, OpenSource(file, flags));
  POWERCUT_ASSIGN(Recording recording, RecordingOf(source));
  TraceAbout about;
  about.backend = source.backend->traits().name;
  about.pcut = source.text;
  return LoadedTrace{.trace = std::move(recording.trace),
                     .about = std::move(about),
                     .lint = {}};
}

Result<Shard> ParseShard(const std::string& text) {
  Shard shard;
  if (text.empty()) return shard;
  const char* const end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, shard.index);
  if (error == std::errc() && slash != end && *slash == '/') {
    const auto [stop, error_2] = std::from_chars(slash + 1, end, shard.count);
    if (error_2 == std::errc() && stop == end && shard.index >= 1 &&
        shard.index <= shard.count) {
      return shard;
    }
  }
  return Error{ErrorCode::kUsage,
               fmt::format("--shard '{}': expected I/N, part I of N parts from "
                           "1/N to N/N, such as 2/8",
                           text)};
}

Result<std::vector<Op>> ParseFaults(const std::vector<std::string>& texts) {
  std::vector<Op> faults;
  for (const std::string& text : texts) {
    POWERCUT_ASSIGN(Op fault, ParseFault(text, "--fault: column "));
    faults.push_back(std::move(fault));
  }
  return faults;
}

std::string FaultFlagsText(const std::vector<std::string>& texts) {
  std::string flags;
  for (const std::string& text : texts) flags += " --fault " + ShellWord(text);
  return flags;
}

Result<std::string> TextWithFaults(const std::string& text,
                                   const std::string& file,
                                   const std::vector<Op>& faults) {
  if (faults.empty()) return text;
  POWERCUT_ASSIGN(Pcut pcut, ParsePcut(text, file));
  AddFaults(faults, pcut);
  return PrintPcut(pcut);
}

Result<Recording> RecordingOf(Source& source) {
  if (source.recording) return *source.recording;
  return Record(*source.backend, source.workload, source.setting);
}

std::string FormatText(const FormatOptions& options) {
  std::string text;
  if (!options.mkfs.empty()) text += " --mkfs " + ShellWord(options.mkfs);
  if (!options.mount.empty()) text += " --mount " + ShellWord(options.mount);
  return text;
}

std::string ReplayFlagsText(const CommonFlags& flags) {
  std::string text;
  if (!flags.backend.empty()) text += " --backend " + flags.backend;
  text += FormatText(flags.format);
  if (!flags.profile.empty()) text += " --profile " + flags.profile;
  if (flags.atomic_bytes) {
    text += fmt::format(" --atomic {}", *flags.atomic_bytes);
  }
  if (flags.probe) text += " --probe";
  if (!flags.check.empty()) text += " --check " + ShellWord(flags.check);
  if (!flags.check_timeout.empty()) {
    text += " --check-timeout " + flags.check_timeout;
  }
  if (flags.fsck) text += " --fsck";
  return text + FaultFlagsText(flags.faults);
}

}  // namespace powercut
