// What a wrong option is answered with names the option, what it was and what
// there is. Profiles and spaces are checked by the exploration, which knows
// them, so that a wrong one is an error of the report.

#include "library/c_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "backends/simfs/simfs_backend.h"
#include "harness/base/limits.h"
#include "harness/explore/explore_options.h"
#include "library/states/log_backend.h"

namespace powercut::c_interface {
namespace {

constexpr uint64_t kDefaultBudgetMs = 10'000;
constexpr uint32_t kDefaultStateTimeoutMs = 10'000;
constexpr uint32_t kSectorBytes = 512;
constexpr unsigned kCrashKinds =
    PC_CRASH_POWER | PC_CRASH_OS | PC_CRASH_PROCESS;

std::vector<std::string> ProfilesIn(const char* text) {
  if (text == nullptr) return {"spec-strict"};
  if (std::string_view(text) == "all") return AllProfiles();
  std::vector<std::string> profiles;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    profiles.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (profiles.empty()) {
    throw std::invalid_argument("profiles names none");
  }
  return profiles;
}

// What is wrong with options; empty if nothing is.
std::string WrongIn(const pc_explore_options& asked) {
  const auto above = [](std::string_view option, uint64_t value, uint64_t max) {
    return fmt::format("{} is {}: the most is {}", option, value, max);
  };
  if ((asked.crash_kinds & ~kCrashKinds) != 0) {
    return fmt::format(
        "crash_kinds is {:#x}: it has the bits PC_CRASH_POWER, PC_CRASH_OS and "
        "PC_CRASH_PROCESS, and no others",
        asked.crash_kinds);
  }
  if (asked.isolation > PC_IN_PROCESS) {
    return fmt::format("isolation is {}: expected PC_FORKED or PC_IN_PROCESS",
                       asked.isolation);
  }
  if (asked.jobs > kJobsMax) return above("jobs", asked.jobs, kJobsMax);
  if (asked.nested > kNestedMax) {
    return above("nested", asked.nested, kNestedMax);
  }
  if (asked.audit > 1) return above("audit", asked.audit, 1);
  return "";
}

uint64_t LeastDiskBytes(uint32_t door) {
  switch (door) {
    case PC_DOOR_FILES:
      return MakeSimfsBackend()->traits().minimum_disk_bytes;
    case PC_DOOR_LOGS:
      return clfs::kVolumeBytesMin;
    default:
      return kSectorBytes;
  }
}

}  // namespace

bool AreValid(const pc_world_options& options) {
  if (options.door > PC_DOOR_LOGS) return false;
  if (options.damage > PC_DAMAGE_NEIGHBOURS) return false;
  // What lies beside a record on the disk is the log's own.
  if (options.door == PC_DOOR_LOGS && options.damage != PC_DAMAGE_NONE) {
    return false;
  }
  const uint64_t disk = options.disk_bytes;
  if (disk != 0 &&
      (disk % kSectorBytes != 0 || disk < LeastDiskBytes(options.door) ||
       disk > kDiskBytesMax)) {
    return false;
  }
  const uint32_t atomic = options.atomic_bytes;
  return atomic == 0 || (std::has_single_bit(atomic) &&
                         atomic >= kSectorBytes && atomic <= kAtomicBytesMax);
}

std::vector<std::string> AllProfiles() {
  return powercut::MakeSimfsBackend()->traits().profiles;
}

LoopOptions LoopOptionsOf(const pc_world& world,
                          const pc_explore_options& asked) {
  if (const std::string wrong = WrongIn(asked); !wrong.empty()) {
    throw std::invalid_argument(wrong);
  }
  LoopOptions options;
  options.profiles = ProfilesIn(asked.profiles);
  if (asked.space != nullptr) options.space = asked.space;
  if (asked.crash_kinds != 0) {
    options.crash_kinds.clear();
    const auto add = [&](unsigned bit, CrashKind kind) {
      if ((asked.crash_kinds & bit) != 0) options.crash_kinds.push_back(kind);
    };
    add(PC_CRASH_POWER, CrashKind::kPower);
    add(PC_CRASH_OS, CrashKind::kOs);
    add(PC_CRASH_PROCESS, CrashKind::kProcess);
  }
  options.raw_disk = world.disk != nullptr;
  if (world.logs != nullptr) options.logs = {world.log_disk};
  options.disk_bytes = world.disk_bytes;
  options.atomic_bytes = world.atomic_bytes;
  options.damage = world.damage;
  options.budget_ms = asked.budget_ms == 0 ? kDefaultBudgetMs : asked.budget_ms;
  if (asked.runs_max != 0) options.runs_max = asked.runs_max;
  options.seed = asked.seed;
  const uint32_t processors = std::max(1u, std::thread::hardware_concurrency());
  options.jobs = asked.isolation == PC_IN_PROCESS ? 0
                 : asked.jobs == 0                ? processors
                                                  : asked.jobs;
  options.state_timeout_ms = asked.state_timeout_ms == 0
                                 ? kDefaultStateTimeoutMs
                                 : asked.state_timeout_ms;
  options.nested = asked.nested;
  options.audit = asked.audit != 0;
  if (asked.at != nullptr) {
    options.at = asked.at;
  } else if (const char* at = std::getenv("POWERCUT_AT")) {
    options.at = at;
  }
  return options;
}

}  // namespace powercut::c_interface
