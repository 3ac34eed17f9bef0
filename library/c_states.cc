// The part of the C interface that is about states: one crash now, the loop
// over all of them, and its report. A function checks its pointers, and asks
// the loop for the rest. What it returns a pointer to is kept with the states.

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "library/c_handles.h"
#include "library/c_options.h"
#include "library/states/crash_now.h"
#include "library/states/state_loop.h"

using powercut::c_interface::AllProfiles;
using powercut::c_interface::Guarded;
using powercut::c_interface::HasRoom;
using powercut::c_interface::LoopOptionsOf;
using powercut::c_interface::Require;
using powercut::c_interface::Taken;

struct pc_states {
  pc_states(powercut::Calls calls, powercut::LoopOptions options)
      : loop(std::move(calls), std::move(options)) {}

  powercut::StateLoop loop;
  // The world of the current state.
  pc_world world;
  std::string report{};
  std::vector<std::string> blocks{};
};

namespace {

constexpr const char* kNoCalls =
    "this is a state that pc_next() returned: its crashes are explored with "
    "pc_explore_options.nested";

// Makes of a new world what a crash leaves of another one. Throws if there is
// no such state.
void Crash(const pc_world& world, const powercut::LoopOptions& options,
           const char* which, pc_world& made) {
  const auto checked = [](const auto& result) {
    if (!result) throw std::invalid_argument(result.error().message);
  };
  const powercut::Calls& calls = world.log->calls();
  if (world.logs == nullptr) {
    return checked(powercut::CrashNow(calls, options, which,
                                      made.own_files.get(), made.own_disk.get(),
                                      *made.log));
  }
  auto disk = powercut::CrashedDiskNow(calls, options, which);
  checked(disk);
  made.log_disk = *disk;
  if (powercut::c_interface::BeginLogs(made) < 0) {
    throw std::invalid_argument("the crashed disk has no logs");
  }
  powercut::Call start;
  start.kind = powercut::Call::kStart;
  made.log->Add(std::move(start));
}

}  // namespace

extern "C" {

const char* pc_version(void) { return POWERCUT_VERSION; }

const char* pc_profile(size_t index) {
  // Made once, and never changed: the one thing that all worlds share.
  static const std::vector<std::string> profiles = AllProfiles();
  return index < profiles.size() ? profiles[index].c_str() : nullptr;
}

int pc_crash_now(pc_world* world, const char* profile, const char* which,
                 pc_world** crashed) {
  if (crashed != nullptr) *crashed = nullptr;
  return static_cast<int>(Guarded(world, "pc_crash_now", [&]() -> int64_t {
    Require(crashed != nullptr, "`crashed` is NULL");
    Require(which != nullptr, "`which` is NULL");
    Require(world->log != nullptr, kNoCalls);
    pc_world_options options = PC_WORLD_OPTIONS;
    options.disk_bytes = world->disk_bytes;
    options.atomic_bytes = world->atomic_bytes;
    options.damage = world->damage.reach;
    options.door = world->logs != nullptr   ? PC_DOOR_LOGS
                   : world->disk != nullptr ? PC_DOOR_DISK
                                            : PC_DOOR_FILES;
    pc_world* raw = nullptr;
    if (const int error = pc_world_new(&options, &raw)) return error;
    std::unique_ptr<pc_world> made(raw);
    pc_explore_options asked = PC_EXPLORE_OPTIONS;
    asked.profiles = profile;
    const powercut::LoopOptions taken = LoopOptionsOf(*world, asked);
    if (taken.profiles.size() != 1) {
      throw std::invalid_argument("one crash has one profile");
    }
    Crash(*world, taken, which, *made);
    made->started = true;
    *crashed = made.release();
    return 0;
  }));
}

// --- states ------------------------------------------------------------------

int pc_explore(pc_world* world, const pc_explore_options* options,
               pc_states** states) {
  if (states != nullptr) *states = nullptr;
  return static_cast<int>(Guarded(world, "pc_explore", [&]() -> int64_t {
    Require(states != nullptr, "`states` is NULL");
    Require(world->log != nullptr, kNoCalls);
    Require(options == nullptr || options->size >= sizeof(size_t),
            "options.size is too small: set it with PC_EXPLORE_OPTIONS");
    const pc_explore_options taken = Taken(options, PC_EXPLORE_OPTIONS);
    powercut::LoopOptions asked = LoopOptionsOf(*world, taken);
    *states = new pc_states(world->log->calls(), std::move(asked));
    return 0;
  }));
}

pc_world* pc_next(pc_states* states) {
  if (states == nullptr) return nullptr;
  powercut::CrashedState* const state = states->loop.Next();
  states->world.files = state == nullptr ? nullptr : state->files();
  states->world.disk = state == nullptr ? nullptr : state->disk();
  states->world.logs = state == nullptr ? nullptr : state->logs();
  return state == nullptr ? nullptr : &states->world;
}

void pc_stop(pc_states* states) {
  if (states != nullptr) states->loop.Stop();
}

void pc_states_free(pc_states* states) {
  if (states == nullptr) return;
  states->loop.Stop();
  delete states;
}

int pc_must_have(const pc_states* states, uint64_t number) {
  if (states == nullptr) return 0;
  const auto* const state = const_cast<pc_states*>(states)->loop.state();
  return state != nullptr && state->promises().Acked(number) ? 1 : 0;
}

int pc_may_have(const pc_states* states, uint64_t number) {
  if (states == nullptr) return 0;
  const auto* const state = const_cast<pc_states*>(states)->loop.state();
  return state != nullptr && state->promises().Attempted(number) ? 1 : 0;
}

int pc_violation(pc_states* states, const char* cause, const char* text,
                 const char* file, uint32_t line) {
  if (states == nullptr || cause == nullptr) return -EINVAL;
  powercut::CrashedState* const state = states->loop.state();
  if (state == nullptr) return -EINVAL;
  try {
    state->Say({*cause == '\0' ? "unnamed" : cause, text == nullptr ? "" : text,
                file == nullptr ? "" : file, line});
    return 0;
  } catch (...) {
    return -ENOMEM;
  }
}

int pc_found(pc_states* states, const void* dump, size_t size) {
  if (states == nullptr || (dump == nullptr && size > 0)) return -EINVAL;
  powercut::CrashedState* const state = states->loop.state();
  if (state == nullptr) return -EINVAL;
  try {
    state->Found({static_cast<const char*>(dump), size});
    return 0;
  } catch (...) {
    return -ENOMEM;
  }
}

pc_verdict pc_result(const pc_states* states) {
  if (states == nullptr) return PC_FAILED;
  switch (states->loop.report().verdict) {
    case powercut::LoopVerdict::kHolds:
      return PC_HOLDS;
    case powercut::LoopVerdict::kViolation:
      return PC_VIOLATES;
    case powercut::LoopVerdict::kUnknown:
      return PC_UNKNOWN;
    case powercut::LoopVerdict::kError:
      return PC_FAILED;
  }
  return PC_FAILED;
}

const char* pc_report(const pc_states* states) {
  if (states == nullptr) return "";
  try {
    auto* const own = const_cast<pc_states*>(states);
    own->report = powercut::ReportText(states->loop.report());
    return own->report.c_str();
  } catch (...) {
    return "";
  }
}

int pc_count(const pc_states* states, pc_counts* counts) {
  if (states == nullptr || !HasRoom(counts)) return -EINVAL;
  const powercut::LoopReport& report = states->loop.report();
  counts->states = report.states();
  counts->runs = report.runs();
  counts->findings = report.findings.size();
  counts->space_log2 = 0;
  for (const powercut::LoopPart& part : report.parts) {
    counts->space_log2 = std::max(counts->space_log2, part.space_log2);
  }
  return 0;
}

int pc_get_finding(const pc_states* states, size_t index, pc_finding* finding) {
  if (states == nullptr || !HasRoom(finding)) return -EINVAL;
  const auto& findings = states->loop.report().findings;
  if (index >= findings.size()) return -ERANGE;
  try {
    auto& blocks = const_cast<pc_states*>(states)->blocks;
    while (blocks.size() < findings.size()) {
      // Pointers into these texts were given out: none may move.
      blocks.reserve(findings.size());
      blocks.push_back(powercut::FindingText(findings[blocks.size()]));
    }
    const powercut::LoopFinding& found = findings[index];
    finding->profile = found.profile.c_str();
    finding->cause = found.cause.c_str();
    finding->id = found.id.c_str();
    finding->text = blocks[index].c_str();
    finding->file = found.file.c_str();
    finding->line = found.line;
    finding->states = found.states;
    return 0;
  } catch (...) {
    return -ENOMEM;
  }
}

int pc_get_audited(const pc_states* states, size_t index, pc_audited* audited) {
  if (states == nullptr || !HasRoom(audited)) return -EINVAL;
  const auto& audit = states->loop.report().audit;
  if (index >= audit.size()) return -ERANGE;
  const powercut::AuditedSync& sync = audit[index];
  audited->need = static_cast<pc_need>(sync.need);
  audited->profile = sync.profile.c_str();
  audited->call = sync.call.c_str();
  audited->place = sync.place.c_str();
  audited->cause = sync.cause.c_str();
  return 0;
}

}  // extern "C"
