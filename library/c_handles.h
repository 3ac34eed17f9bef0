// The handles of the C interface, and what its functions share.
//
// A pc_world is one of two: a world of the user's, which keeps its calls, or
// the files, the disk or the logs of the state that a loop hands out, which
// belong to the loop.

#ifndef POWERCUT_LIBRARY_C_HANDLES_H_
#define POWERCUT_LIBRARY_C_HANDLES_H_

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

#include "library/calls/call_log.h"
#include "library/files/world_disk.h"
#include "library/files/world_files.h"
#include "library/files/world_logs.h"
#include "library/include/powercut/powercut.h"

struct pc_world {
  // Only a world of the user's has a log.
  std::unique_ptr<powercut::CallLog> log{};
  std::unique_ptr<powercut::WorldFiles> own_files{};
  std::unique_ptr<powercut::WorldDisk> own_disk{};
  std::unique_ptr<powercut::WorldLogs> own_logs{};
  // What calls go to: the own ones, or those of a state. At most one of them.
  powercut::WorldFiles* files = nullptr;
  powercut::WorldDisk* disk = nullptr;
  powercut::WorldLogs* logs = nullptr;
  // The disk on which own logs began.
  std::shared_ptr<const powercut::SparseImage> log_disk{};
  uint64_t disk_bytes = 0;
  uint32_t atomic_bytes = 0;
  powercut::DamageRule damage{};
  bool started = false;
  std::unordered_set<uint64_t> attempted{};
  powercut::CallPlace place{};
  std::string error{};
};

namespace powercut::c_interface {

// Notes what went wrong, for pc_last_error(), and returns `result`, which is
// the negative of an errno number.
inline int Failed(pc_world* world, int64_t result, const char* what) {
  const auto error = static_cast<int>(-result);
  try {
    world->error = std::string(what) + ": " + strerrordesc_np(error);
  } catch (...) {
    world->error.clear();
  }
  return -error;
}

// Runs a function of the interface and lets no exception through: each becomes
// the negative of an errno number. A world that is `nullptr` is -EINVAL.
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

// Whether a struct that is filled in is there and as large as its fields.
template <class Out>
bool HasRoom(const Out* out) {
  return out != nullptr && out->size >= sizeof(Out);
}

// Ends a function that runs in Guarded() with -EINVAL and the reason.
inline void Require(bool good, const std::string& why) {
  if (!good) throw std::invalid_argument(why);
}
// The same for a struct that is filled in, which the caller names `name`.
template <class Out>
void RequireRoom(const Out* out, const std::string& name) {
  Require(out != nullptr, "`" + name + "` is NULL");
  Require(HasRoom(out), "the size in `" + name + "` is " +
                            std::to_string(out->size) + ", and " +
                            std::to_string(sizeof(Out)) +
                            " are needed: set it with the initializer");
}

// Tells the log where the call comes from, if there is a log.
inline void TellPlace(pc_world* world, const void* address) {
  CallPlace place = std::exchange(world->place, {});
  if (world->log == nullptr) return;
  if (place.file == nullptr) place.address = address;
  world->log->set_place(place);
}

// Opens the logs on world.log_disk. Returns 0 or a negative errno number.
inline int BeginLogs(pc_world& world) {
  world.own_logs =
      std::make_unique<WorldLogs>(world.log_disk, *world.log, ClfsBug::kNone);
  world.logs = world.own_logs.get();
  return static_cast<int>(world.logs->status());
}

inline ByteSpan BytesAt(const void* data, size_t size) {
  return {static_cast<const std::byte*>(data), size};
}
inline MutableByteSpan Room(void* buffer, size_t size) {
  return {static_cast<std::byte*>(buffer), size};
}

}  // namespace powercut::c_interface

// Runs a call on the files, the disk or the logs of a world, if it has that
// door and no pointer is NULL.
#define PC_CALL_ON(door, what, valid, expression)                         \
  [&, address = __builtin_return_address(0)] {                            \
    return powercut::c_interface::Guarded(world, what, [&]() -> int64_t { \
      if (world->door == nullptr) return -ENOTSUP;                        \
      if (!(valid)) return -EINVAL;                                       \
      powercut::c_interface::TellPlace(world, address);                   \
      return world->door->expression;                                     \
    });                                                                   \
  }()
#define PC_CALL(what, valid, expression) \
  PC_CALL_ON(files, what, valid, expression)

#endif  // POWERCUT_LIBRARY_C_HANDLES_H_
