// Writes the acks in force to /mnt/acked and what was attempted to
// /mnt/attempted, names these files and the FUSE file of acks in the
// environment of the program, runs it in /mnt/volume, and says how it ended,
// with the last line that it printed.

#include "backends/kernel/volume_program.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "backends/kernel/call_tracer.h"
#include "backends/kernel/fuse_file.h"
#include "backends/kernel/printed_lines.h"
#include "backends/kernel/user_command.h"
#include "backends/kernel/writeback.h"

namespace powercut::kernel {
namespace {

// Whether the volume has no room, as df counts it: less than a thousandth of
// its blocks, or no inode, is left.
bool VolumeIsFull() {
  struct statvfs room{};
  if (statvfs(kVolumeFolder, &room) != 0) return false;
  return room.f_bavail < room.f_blocks / 1000 ||
         (room.f_files > 0 && room.f_favail == 0);
}

// Writes a text to a file that programs can read, and returns the file's path.
std::string Kept(const char* name, std::string_view text) {
  std::string path = fmt::format("{}/{}", kPlaceFolder, name);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  return path;
}

}  // namespace

CommandEnd RunInVolume(const MounterRequest& request, CallCatcher* catcher) {
  UserCommand command;
  command.words = request.words;
  command.folder = kVolumeFolder;
  command.timeout_ms = request.timeout_ms;
  command.catcher = catcher;
  command.environment = {
      "POWERCUT_ACKED=" + Kept("acked", request.text),
      "POWERCUT_ATTEMPTED=" + Kept("attempted", request.attempted),
      fmt::format("POWERCUT_ACKS={}/{}", kShimFolder, FuseFile::kTextName)};
  if (request.acks_from_stdout) {
    command.standard_output =
        fmt::format("{}/{}", kShimFolder, FuseFile::kTextName);
  }
  const bool quiet = request.number != 0;
  if (quiet) command.output = kOutputFile;
  WritebackDriver driver(request.writeback, request.writeback_seed,
                         kVolumeFolder);
  std::optional<CallTracer> tracer;
  // The other two schedules need no look at the program.
  if (request.writeback == WritebackSchedule::kEager ||
      request.writeback == WritebackSchedule::kRandom) {
    tracer.emplace(
        [&driver](const ChangingCall& call) { driver.AfterCall(call); });
    command.tracer = &*tracer;
  }
  CommandEnd end = RunUserCommand(command);
  if (!quiet) end.volume_full = VolumeIsFull();
  if (end.kind == CommandEnd::kEnded && !end.detail.empty() && quiet) {
    std::ifstream printed(kOutputFile, std::ios::binary);
    const std::string line = LastLineOf(printed);
    if (!line.empty()) end.detail += ": " + line;
  }
  return end;
}

}  // namespace powercut::kernel
