// The C interface: it checks what it is given, calls the classes of the
// library, and lets no exception through. A pc_world is one of two: a world of
// the user's, which keeps its calls, or the files of the state that a loop
// hands out, which belong to the loop.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "harness/base/limits.h"
#include "library/calls/call_log.h"
#include "library/files/world_disk.h"
#include "library/files/world_files.h"
#include "library/include/powercut/powercut.h"
#include "library/states/crash_now.h"
#include "library/states/state_loop.h"

using powercut::ByteSpan;
using powercut::Call;
using powercut::CallPlace;
using powercut::MutableByteSpan;
using powercut::WorldDisk;
using powercut::WorldFiles;

struct pc_world {
  // Only a world of the user's has a log.
  std::unique_ptr<powercut::CallLog> log{};
  std::unique_ptr<WorldFiles> own_files{};
  std::unique_ptr<WorldDisk> own_disk{};
  // What calls go to: the own ones, or those of a state. At most one of both.
  WorldFiles* files = nullptr;
  WorldDisk* disk = nullptr;
  uint64_t disk_bytes = 0;
  uint32_t atomic_bytes = 0;
  bool started = false;
  CallPlace place{};
  std::string error{};
};

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

int Failed(pc_world* world, int64_t result, const char* what) {
  const auto error = static_cast<int>(-result);
  try {
    world->error = std::string(what) + ": " + strerrordesc_np(error);
  } catch (...) {
    world->error.clear();
  }
  return -error;
}

// Tells the log where the call comes from, if there is a log.
void TellPlace(pc_world* world, const void* address) {
  CallPlace place = std::exchange(world->place, {});
  if (world->log == nullptr) return;
  if (place.file == nullptr) place.address = address;
  world->log->set_place(place);
}

template <class Do>
int64_t Guarded(pc_world* world, const char* what, Do&& act) {
  if (world == nullptr) return -EINVAL;
  try {
    const int64_t result = act();
    return result < 0 ? Failed(world, result, what) : result;
  } catch (const std::bad_alloc&) {
    return Failed(world, -ENOMEM, what);
  } catch (const std::invalid_argument& wrong) {
    Failed(world, -EINVAL, what);
    world->error = std::string(what) + ": " + wrong.what();
    return -EINVAL;
  } catch (const std::exception& thrown) {
    Failed(world, -EIO, what);
    world->error = std::string(what) + ": " + thrown.what();
    return -EIO;
  }
}

// Runs a call on files, or on a disk, if the world has that door and no pointer
// is NULL.
#define PC_CALL_ON(door, what, valid, expression)  \
  [&, address = __builtin_return_address(0)] {     \
    return Guarded(world, what, [&]() -> int64_t { \
      if (world->door == nullptr) return -ENOTSUP; \
      if (!(valid)) return -EINVAL;                \
      TellPlace(world, address);                   \
      return world->door->expression;              \
    });                                            \
  }()
#define PC_CALL(what, valid, expression) \
  PC_CALL_ON(files, what, valid, expression)

ByteSpan Bytes(const void* data, size_t size) {
  return {static_cast<const std::byte*>(data), size};
}
MutableByteSpan Room(void* buffer, size_t size) {
  return {static_cast<std::byte*>(buffer), size};
}

powercut::OpenFlags FlagsOf(unsigned flags) {
  powercut::OpenFlags open;
  open.read = (flags & PC_READ) != 0;
  open.write = (flags & PC_WRITE) != 0;
  open.append = (flags & PC_APPEND) != 0;
  open.create = (flags & PC_CREATE) != 0;
  open.exclusive = (flags & PC_EXCLUSIVE) != 0;
  open.truncate = (flags & PC_TRUNCATE) != 0;
  open.dsync = (flags & PC_DSYNC) != 0;
  open.sync = (flags & PC_SYNC) != 0;
  open.direct = (flags & PC_DIRECT) != 0;
  return open;
}

int FillFacts(const powercut::FileFacts& known, pc_facts* facts) {
  facts->file_bytes = known.size_bytes;
  facts->number = known.number;
  facts->is_directory = known.is_directory ? 1 : 0;
  return 0;
}

// Copies as much of a caller's struct as both sides know.
template <class Options>
Options Taken(const Options* given, const Options& defaults) {
  Options taken = defaults;
  if (given != nullptr) {
    std::memcpy(&taken, given, std::min(given->size, sizeof(Options)));
    taken.size = sizeof(Options);
  }
  return taken;
}

std::vector<std::string> AllProfiles() {
  return powercut::MakeSimfsBackend()->traits().profiles;
}

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
  return profiles;
}

constexpr uint64_t kDefaultDiskBytes = uint64_t{1} << 20;
constexpr uint64_t kDefaultBudgetMs = 10'000;
constexpr uint32_t kDefaultStateTimeoutMs = 10'000;

powercut::LoopOptions LoopOptionsOf(const pc_world& world,
                                    const pc_explore_options& asked) {
  powercut::LoopOptions options;
  options.profiles = ProfilesIn(asked.profiles);
  if (asked.space != nullptr) options.space = asked.space;
  if (asked.crash_kinds != 0) {
    options.crash_kinds.clear();
    const auto add = [&](unsigned bit, powercut::CrashKind kind) {
      if ((asked.crash_kinds & bit) != 0) options.crash_kinds.push_back(kind);
    };
    add(PC_CRASH_POWER, powercut::CrashKind::kPower);
    add(PC_CRASH_OS, powercut::CrashKind::kOs);
    add(PC_CRASH_PROCESS, powercut::CrashKind::kProcess);
  }
  options.raw_disk = world.disk != nullptr;
  options.disk_bytes = world.disk_bytes;
  options.atomic_bytes = world.atomic_bytes;
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

}  // namespace

extern "C" {

// --- worlds ------------------------------------------------------------------

int pc_world_new(const pc_world_options* options, pc_world** world) {
  if (world == nullptr) return -EINVAL;
  *world = nullptr;
  if (options != nullptr && options->size < sizeof(size_t)) return -EINVAL;
  try {
    const pc_world_options taken = Taken(options, PC_WORLD_OPTIONS);
    auto made = std::make_unique<pc_world>();
    made->log = std::make_unique<powercut::CallLog>();
    made->disk_bytes = taken.disk_bytes;
    made->atomic_bytes = taken.atomic_bytes;
    if (taken.door == PC_DOOR_DISK) {
      if (made->disk_bytes == 0) made->disk_bytes = kDefaultDiskBytes;
      if (made->disk_bytes % WorldDisk::kSectorBytes != 0 ||
          made->disk_bytes > powercut::kDiskBytesMax) {
        return -EINVAL;
      }
      made->own_disk =
          std::make_unique<WorldDisk>(made->disk_bytes, *made->log);
      made->disk = made->own_disk.get();
    } else if (taken.door == PC_DOOR_FILES) {
      made->own_files = std::make_unique<WorldFiles>(*made->log);
      made->files = made->own_files.get();
    } else {
      return -EINVAL;
    }
    *world = made.release();
    return 0;
  } catch (...) {
    return -ENOMEM;
  }
}

void pc_world_free(pc_world* world) {
  // The world of a state belongs to its loop.
  if (world != nullptr && world->log != nullptr) delete world;
}

const char* pc_last_error(const pc_world* world) {
  return world == nullptr ? "the world is NULL" : world->error.c_str();
}

const char* pc_version(void) { return POWERCUT_VERSION; }

const char* pc_profile(size_t index) {
  // Made once, and never changed: the one thing that all worlds share.
  static const std::vector<std::string> profiles = AllProfiles();
  return index < profiles.size() ? profiles[index].c_str() : nullptr;
}

void pc_at(pc_world* world, const char* file, uint32_t line) {
  if (world != nullptr) world->place = {file, line, nullptr};
}

// --- promises ----------------------------------------------------------------

static int AddCall(pc_world* world, Call::Kind kind, uint64_t number,
                   const char* what, const void* address) {
  return static_cast<int>(Guarded(world, what, [&]() -> int64_t {
    // After a crash nothing is promised any more.
    if (world->log == nullptr) return 0;
    TellPlace(world, address);
    Call call;
    call.kind = kind;
    call.number = number;
    world->log->Add(std::move(call));
    return 0;
  }));
}

int pc_attempt(pc_world* world, uint64_t number) {
  return AddCall(world, Call::kAttempt, number, "pc_attempt",
                 __builtin_return_address(0));
}

int pc_ack(pc_world* world, uint64_t number) {
  return AddCall(world, Call::kAck, number, "pc_ack",
                 __builtin_return_address(0));
}

int pc_start(pc_world* world) {
  if (world != nullptr && world->started) {
    return Failed(world, -EALREADY, "pc_start");
  }
  const int result =
      AddCall(world, Call::kStart, 0, "pc_start", __builtin_return_address(0));
  if (result == 0) world->started = true;
  return result;
}

int pc_crash_now(pc_world* world, const char* profile, const char* which,
                 pc_world** crashed) {
  if (crashed == nullptr) return -EINVAL;
  *crashed = nullptr;
  if (world == nullptr || world->log == nullptr || which == nullptr) {
    return -EINVAL;
  }
  return static_cast<int>(Guarded(world, "pc_crash_now", [&]() -> int64_t {
    pc_world_options options = PC_WORLD_OPTIONS;
    options.disk_bytes = world->disk_bytes;
    options.atomic_bytes = world->atomic_bytes;
    options.door = world->disk != nullptr ? PC_DOOR_DISK : PC_DOOR_FILES;
    pc_world* made = nullptr;
    if (const int error = pc_world_new(&options, &made)) return error;
    pc_explore_options asked = PC_EXPLORE_OPTIONS;
    asked.profiles = profile;
    const powercut::Status copied = powercut::CrashNow(
        world->log->calls(), LoopOptionsOf(*world, asked), which,
        made->own_files.get(), made->own_disk.get(), *made->log);
    if (!copied) {
      delete made;
      throw std::invalid_argument(copied.error().message);
    }
    made->started = true;
    *crashed = made;
    return 0;
  }));
}

// --- files -------------------------------------------------------------------

int pc_open(pc_world* world, const char* path, unsigned flags) {
  return static_cast<int>(
      PC_CALL("pc_open", path != nullptr, Open(path, FlagsOf(flags))));
}
int pc_close(pc_world* world, int handle) {
  return static_cast<int>(PC_CALL("pc_close", true, Close(handle)));
}
int64_t pc_read(pc_world* world, int handle, void* buffer, size_t size,
                uint64_t offset) {
  return PC_CALL("pc_read", buffer != nullptr || size == 0,
                 Read(handle, offset, Room(buffer, size)));
}
int64_t pc_write(pc_world* world, int handle, const void* data, size_t size,
                 uint64_t offset) {
  return PC_CALL("pc_write", data != nullptr || size == 0,
                 Write(handle, offset, Bytes(data, size)));
}
int64_t pc_append(pc_world* world, int handle, const void* data, size_t size) {
  return PC_CALL("pc_append", data != nullptr || size == 0,
                 Append(handle, Bytes(data, size)));
}
int pc_truncate(pc_world* world, int handle, uint64_t size) {
  return static_cast<int>(PC_CALL("pc_truncate", true, Truncate(handle, size)));
}
int pc_allocate(pc_world* world, int handle, uint64_t offset, uint64_t size) {
  return static_cast<int>(
      PC_CALL("pc_allocate", true, Allocate(handle, offset, size)));
}
int pc_rename(pc_world* world, const char* from, const char* to) {
  return static_cast<int>(
      PC_CALL("pc_rename", from != nullptr && to != nullptr, Rename(from, to)));
}
int pc_link(pc_world* world, const char* from, const char* to) {
  return static_cast<int>(
      PC_CALL("pc_link", from != nullptr && to != nullptr, Link(from, to)));
}
int pc_unlink(pc_world* world, const char* path) {
  return static_cast<int>(PC_CALL("pc_unlink", path != nullptr, Unlink(path)));
}
int pc_mkdir(pc_world* world, const char* path) {
  return static_cast<int>(
      PC_CALL("pc_mkdir", path != nullptr, MakeDirectory(path)));
}
int pc_rmdir(pc_world* world, const char* path) {
  return static_cast<int>(
      PC_CALL("pc_rmdir", path != nullptr, RemoveDirectory(path)));
}

int64_t pc_list(pc_world* world, const char* path, char* names, size_t size) {
  return Guarded(world, "pc_list", [&]() -> int64_t {
    if (path == nullptr || (names == nullptr && size > 0)) return -EINVAL;
    std::vector<std::string> listed;
    if (world->files == nullptr) return -ENOTSUP;
    const int64_t result = world->files->List(path, listed);
    if (result < 0) return result;
    size_t all = 0;
    for (const std::string& name : listed) {
      const size_t bytes = name.size() + 1;
      if (all + bytes <= size) std::memcpy(names + all, name.c_str(), bytes);
      all += bytes;
    }
    return static_cast<int64_t>(all);
  });
}

int pc_stat(pc_world* world, const char* path, pc_facts* facts) {
  return static_cast<int>(Guarded(world, "pc_stat", [&]() -> int64_t {
    if (path == nullptr || facts == nullptr) return -EINVAL;
    if (world->files == nullptr) return -ENOTSUP;
    powercut::FileFacts known;
    const int64_t result = world->files->Stat(path, known);
    return result < 0 ? result : FillFacts(known, facts);
  }));
}
int pc_fstat(pc_world* world, int handle, pc_facts* facts) {
  return static_cast<int>(Guarded(world, "pc_fstat", [&]() -> int64_t {
    if (facts == nullptr) return -EINVAL;
    if (world->files == nullptr) return -ENOTSUP;
    powercut::FileFacts known;
    const int64_t result = world->files->StatHandle(handle, known);
    return result < 0 ? result : FillFacts(known, facts);
  }));
}

int pc_sync(pc_world* world, int handle, int kind) {
  return static_cast<int>(
      PC_CALL("pc_sync", kind >= PC_FSYNC && kind <= PC_NT_FILE_DATA_SYNC_ONLY,
              Sync(handle, static_cast<powercut::SyncKind>(kind))));
}
int pc_sync_range(pc_world* world, int handle, uint64_t offset, uint64_t size) {
  return static_cast<int>(
      PC_CALL("pc_sync_range", true, SyncRange(handle, offset, size)));
}
int pc_sync_all(pc_world* world) {
  return static_cast<int>(PC_CALL("pc_sync_all", true, SyncAll()));
}
int pc_fail(pc_world* world, int failure, uint64_t passed, uint64_t count) {
  if (world == nullptr || world->own_files == nullptr) return -EINVAL;
  if (failure < PC_FAIL_SYNC || failure > PC_FAIL_WRITE_SHORT) {
    return Failed(world, -EINVAL, "pc_fail");
  }
  world->own_files->Fail(static_cast<powercut::CallFailure>(failure), passed,
                         count);
  return 0;
}

int pc_map(pc_world* world, int handle, uint64_t offset, uint64_t size) {
  return static_cast<int>(PC_CALL("pc_map", true, Map(handle, offset, size)));
}
int64_t pc_store(pc_world* world, int view, uint64_t offset, const void* data,
                 size_t size) {
  return PC_CALL("pc_store", data != nullptr || size == 0,
                 Store(view, offset, Bytes(data, size)));
}
int64_t pc_load(pc_world* world, int view, uint64_t offset, void* buffer,
                size_t size) {
  return PC_CALL("pc_load", buffer != nullptr || size == 0,
                 Load(view, offset, Room(buffer, size)));
}
int pc_msync(pc_world* world, int view, uint64_t offset, uint64_t size,
             int async) {
  return static_cast<int>(
      PC_CALL("pc_msync", true, SyncView(view, offset, size, async != 0)));
}
int pc_unmap(pc_world* world, int view) {
  return static_cast<int>(PC_CALL("pc_unmap", true, Unmap(view)));
}

// --- a raw disk --------------------------------------------------------------

int pc_disk_read(pc_world* world, uint64_t first_sector, void* buffer,
                 size_t size) {
  return static_cast<int>(PC_CALL_ON(disk, "pc_disk_read", buffer != nullptr,
                                     Read(first_sector, Room(buffer, size))));
}
int pc_disk_write(pc_world* world, uint64_t first_sector, const void* data,
                  size_t size, int fua) {
  return static_cast<int>(
      PC_CALL_ON(disk, "pc_disk_write", data != nullptr,
                 Write(first_sector, Bytes(data, size), fua != 0)));
}
int pc_disk_flush(pc_world* world) {
  return static_cast<int>(PC_CALL_ON(disk, "pc_disk_flush", true, Flush()));
}
int pc_disk_discard(pc_world* world, uint64_t first_sector, uint64_t count) {
  return static_cast<int>(
      PC_CALL_ON(disk, "pc_disk_discard", true, Discard(first_sector, count)));
}

// --- states ------------------------------------------------------------------

int pc_explore(pc_world* world, const pc_explore_options* options,
               pc_states** states) {
  if (states == nullptr) return -EINVAL;
  *states = nullptr;
  if (world == nullptr || world->log == nullptr) return -EINVAL;
  if (options != nullptr && options->size < sizeof(size_t)) return -EINVAL;
  return static_cast<int>(Guarded(world, "pc_explore", [&]() -> int64_t {
    const pc_explore_options taken = Taken(options, PC_EXPLORE_OPTIONS);
    powercut::LoopOptions asked = LoopOptionsOf(*world, taken);
    if (asked.profiles.empty()) return -EINVAL;
    *states = new pc_states(world->log->calls(), std::move(asked));
    return 0;
  }));
}

pc_world* pc_next(pc_states* states) {
  if (states == nullptr) return nullptr;
  powercut::CrashedState* const state = states->loop.Next();
  states->world.files = state == nullptr ? nullptr : state->files();
  states->world.disk = state == nullptr ? nullptr : state->disk();
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
    state->Say({cause, text == nullptr ? "" : text, file == nullptr ? "" : file,
                line});
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
  if (states == nullptr || counts == nullptr) return -EINVAL;
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
  if (states == nullptr || finding == nullptr) return -EINVAL;
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
  if (states == nullptr || audited == nullptr) return -EINVAL;
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
