// The part of the C interface that is about worlds: their promises, their files
// and their disk (c_log.cc has their logs). A function checks what it is given,
// tells the log where the call comes from, and calls the class behind it.

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "library/c_handles.h"
#include "library/c_options.h"
#include "library/states/log_backend.h"

using powercut::Call;
using powercut::WorldDisk;
using powercut::WorldFiles;
using powercut::c_interface::BytesAt;
using powercut::c_interface::Failed;
using powercut::c_interface::Guarded;
using powercut::c_interface::Require;
using powercut::c_interface::RequireRoom;
using powercut::c_interface::Room;
using powercut::c_interface::Taken;
using powercut::c_interface::TellPlace;

namespace {

constexpr uint64_t kDefaultDiskBytes = uint64_t{1} << 20;
constexpr uint64_t kDefaultLogBytes = uint64_t{2} << 20;

// Makes what the calls of a world go to. Returns 0 or a negative errno number.
// Requires: the options of the world are valid.
int OpenDoor(pc_world& world, uint32_t door) {
  switch (door) {
    case PC_DOOR_FILES:
      world.own_files = std::make_unique<WorldFiles>(*world.log);
      world.files = world.own_files.get();
      world.files->set_damage(world.damage);
      return 0;
    case PC_DOOR_DISK:
      if (world.disk_bytes == 0) world.disk_bytes = kDefaultDiskBytes;
      world.own_disk =
          std::make_unique<WorldDisk>(world.disk_bytes, *world.log);
      world.disk = world.own_disk.get();
      world.disk->set_damage(world.damage);
      return 0;
    case PC_DOOR_LOGS:
      if (world.disk_bytes == 0) world.disk_bytes = kDefaultLogBytes;
      world.log_disk = powercut::LogDisk({}, world.disk_bytes);
      return powercut::c_interface::BeginLogs(world);
    default:
      return -EINVAL;
  }
}

constexpr unsigned kOpenFlags = PC_READ | PC_WRITE | PC_CREATE | PC_EXCLUSIVE |
                                PC_TRUNCATE | PC_APPEND | PC_DSYNC | PC_SYNC |
                                PC_DIRECT;

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

// A path that the files can have. Throws std::invalid_argument, with what is
// wrong, for another one.
std::string_view PathIn(const char* path) {
  const std::string_view text = path;
  if (!text.starts_with('/')) {
    throw std::invalid_argument(
        fmt::format("the path '{}' is not absolute", text));
  }
  if (("/" + std::string(text) + "/").find("/../") != std::string::npos) {
    throw std::invalid_argument(fmt::format(
        "the path '{}' has `..`, which a world does not know", text));
  }
  return text;
}

int FillFacts(const powercut::FileFacts& known, pc_facts* facts) {
  facts->file_bytes = known.size_bytes;
  facts->number = known.number;
  facts->is_directory = known.is_directory ? 1 : 0;
  return 0;
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
    if (!powercut::c_interface::AreValid(taken)) return -EINVAL;
    auto made = std::make_unique<pc_world>();
    made->log = std::make_unique<powercut::CallLog>();
    made->disk_bytes = taken.disk_bytes;
    made->atomic_bytes = taken.atomic_bytes;
    made->damage.reach = static_cast<powercut::DamageRule::Reach>(taken.damage);
    if (taken.atomic_bytes != 0) made->damage.unit_bytes = taken.atomic_bytes;
    if (const int error = OpenDoor(*made, taken.door)) return error;
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

void pc_at(pc_world* world, const char* file, uint32_t line) {
  if (world != nullptr) world->place = {file, line, nullptr};
}

// --- promises ----------------------------------------------------------------

// Throws std::invalid_argument if the number cannot be promised now.
static void CheckPromise(pc_world& world, Call::Kind kind, uint64_t number) {
  const bool attempted = world.attempted.contains(number);
  if (kind == Call::kAttempt && attempted) {
    throw std::invalid_argument(fmt::format(
        "attempt {} was made before: each number is used once", number));
  }
  // A world whose user never attempts anything may still ask for what must be
  // there.
  if (kind == Call::kAck && !attempted && !world.attempted.empty()) {
    throw std::invalid_argument(
        fmt::format("{} is acknowledged and was not attempted: call "
                    "pc_attempt() before the operation",
                    number));
  }
  if (kind == Call::kAttempt) world.attempted.insert(number);
}

static int AddCall(pc_world* world, Call::Kind kind, uint64_t number,
                   const char* what, const void* address) {
  return static_cast<int>(Guarded(world, what, [&]() -> int64_t {
    // After a crash nothing is promised any more.
    if (world->log == nullptr) return 0;
    CheckPromise(*world, kind, number);
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

// --- files -------------------------------------------------------------------

int pc_open(pc_world* world, const char* path, unsigned flags) {
  return static_cast<int>(PC_CALL("pc_open",
                                  path != nullptr && (flags & ~kOpenFlags) == 0,
                                  Open(PathIn(path), FlagsOf(flags))));
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
                 Write(handle, offset, BytesAt(data, size)));
}
int64_t pc_append(pc_world* world, int handle, const void* data, size_t size) {
  return PC_CALL("pc_append", data != nullptr || size == 0,
                 Append(handle, BytesAt(data, size)));
}
int pc_truncate(pc_world* world, int handle, uint64_t size) {
  return static_cast<int>(PC_CALL("pc_truncate", true, Truncate(handle, size)));
}
int pc_allocate(pc_world* world, int handle, uint64_t offset, uint64_t size) {
  return static_cast<int>(
      PC_CALL("pc_allocate", true, Allocate(handle, offset, size)));
}
int pc_rename(pc_world* world, const char* from, const char* to) {
  return static_cast<int>(PC_CALL("pc_rename", from != nullptr && to != nullptr,
                                  Rename(PathIn(from), PathIn(to))));
}
int pc_exchange(pc_world* world, const char* a, const char* b) {
  return static_cast<int>(PC_CALL("pc_exchange", a != nullptr && b != nullptr,
                                  Exchange(PathIn(a), PathIn(b))));
}
int pc_link(pc_world* world, const char* from, const char* to) {
  return static_cast<int>(PC_CALL("pc_link", from != nullptr && to != nullptr,
                                  Link(PathIn(from), PathIn(to))));
}
int pc_unlink(pc_world* world, const char* path) {
  return static_cast<int>(
      PC_CALL("pc_unlink", path != nullptr, Unlink(PathIn(path))));
}
int pc_mkdir(pc_world* world, const char* path) {
  return static_cast<int>(
      PC_CALL("pc_mkdir", path != nullptr, MakeDirectory(PathIn(path))));
}
int pc_rmdir(pc_world* world, const char* path) {
  return static_cast<int>(
      PC_CALL("pc_rmdir", path != nullptr, RemoveDirectory(PathIn(path))));
}

int64_t pc_list(pc_world* world, const char* path, char* names, size_t size) {
  return Guarded(world, "pc_list", [&]() -> int64_t {
    if (path == nullptr || (names == nullptr && size > 0)) return -EINVAL;
    std::vector<std::string> listed;
    if (world->files == nullptr) return -ENOTSUP;
    const int64_t result = world->files->List(PathIn(path), listed);
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
    Require(path != nullptr, "`path` is NULL");
    RequireRoom(facts, "facts");
    if (world->files == nullptr) return -ENOTSUP;
    powercut::FileFacts known;
    const int64_t result = world->files->Stat(PathIn(path), known);
    return result < 0 ? result : FillFacts(known, facts);
  }));
}
int pc_fstat(pc_world* world, int handle, pc_facts* facts) {
  return static_cast<int>(Guarded(world, "pc_fstat", [&]() -> int64_t {
    RequireRoom(facts, "facts");
    if (world->files == nullptr) return -ENOTSUP;
    powercut::FileFacts known;
    const int64_t result = world->files->StatHandle(handle, known);
    return result < 0 ? result : FillFacts(known, facts);
  }));
}

int pc_sync(pc_world* world, int handle, int kind) {
  if (kind < PC_FSYNC || kind > PC_NT_FILE_DATA_SYNC_ONLY) {
    return static_cast<int>(Guarded(world, "pc_sync", [&]() -> int64_t {
      throw std::invalid_argument(
          fmt::format("there is no kind {}: kinds are PC_FSYNC to "
                      "PC_NT_FILE_DATA_SYNC_ONLY, {} to {}",
                      kind, int{PC_FSYNC}, int{PC_NT_FILE_DATA_SYNC_ONLY}));
    }));
  }
  return static_cast<int>(PC_CALL(
      "pc_sync", true, Sync(handle, static_cast<powercut::SyncKind>(kind))));
}
int pc_sync_range(pc_world* world, int handle, uint64_t offset, uint64_t size) {
  return static_cast<int>(
      PC_CALL("pc_sync_range", true, SyncRange(handle, offset, size)));
}
int pc_sync_all(pc_world* world) {
  if (world != nullptr && world->logs != nullptr) {
    return static_cast<int>(PC_CALL_ON(logs, "pc_sync_all", true, FlushAll()));
  }
  return static_cast<int>(PC_CALL("pc_sync_all", true, SyncAll()));
}
int pc_fail(pc_world* world, int failure, uint64_t passed, uint64_t count) {
  return static_cast<int>(Guarded(world, "pc_fail", [&]() -> int64_t {
    Require(world->log != nullptr,
            "a state that a crash left has no failures of its own");
    Require(failure >= PC_FAIL_SYNC && failure <= PC_FAIL_SYNC_LIES,
            fmt::format("there is no failure {}", failure));
    const bool sync = failure == PC_FAIL_SYNC || failure == PC_FAIL_SYNC_LIES;
    Require(world->disk == nullptr || failure != PC_FAIL_WRITE_SHORT,
            "a raw disk writes all of its sectors or none");
    Require(world->logs == nullptr || sync, "of a log, only flushes can fail");
    const auto kind = static_cast<powercut::CallFailure>(failure);
    if (world->files != nullptr) world->files->Fail(kind, passed, count);
    if (world->disk != nullptr) world->disk->Fail(kind, passed, count);
    if (world->logs != nullptr) world->logs->Fail(kind, passed, count);
    return 0;
  }));
}

int pc_map(pc_world* world, int handle, uint64_t offset, uint64_t size) {
  return static_cast<int>(PC_CALL("pc_map", true, Map(handle, offset, size)));
}
int64_t pc_store(pc_world* world, int view, uint64_t offset, const void* data,
                 size_t size) {
  return PC_CALL("pc_store", data != nullptr || size == 0,
                 Store(view, offset, BytesAt(data, size)));
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
                 Write(first_sector, BytesAt(data, size), fua != 0)));
}
int pc_disk_flush(pc_world* world) {
  return static_cast<int>(PC_CALL_ON(disk, "pc_disk_flush", true, Flush()));
}
int pc_disk_discard(pc_world* world, uint64_t first_sector, uint64_t count) {
  return static_cast<int>(
      PC_CALL_ON(disk, "pc_disk_discard", true, Discard(first_sector, count)));
}

}  // extern "C"
