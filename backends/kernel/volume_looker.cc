// The process takes a number from its socket, walks the volume, and answers
// with what it saw. It ends when the socket closes or its owner dies.

#include "backends/kernel/volume_looker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "backends/kernel/mounter_messages.h"
#include "backends/kernel/volume_walk.h"
#include "harness/system/message_socket.h"

namespace powercut::kernel {
namespace {

[[noreturn]] void Look(int socket) {
  signal(SIGINT, SIG_IGN);
  std::string bytes;
  while (ReceiveMessage(socket, bytes)) {
    size_t entries_max = 0;
    if (bytes.size() != sizeof(entries_max)) break;
    std::memcpy(&entries_max, bytes.data(), sizeof(entries_max));
    VolumeMap seen;
    seen.look = WalkVolume(kVolumeFolder, entries_max).look;
    if (!SendMessage(socket, EncodeVolumeMap(seen))) break;
  }
  _exit(0);
}

}  // namespace

std::unique_ptr<VolumeLooker> VolumeLooker::Start(
    std::span<const int> descriptors) {
  const auto [ours, theirs] = MessageSocketPair();
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int descriptor : descriptors) close(descriptor);
    close(ours);
    Look(theirs);
  }
  close(theirs);
  if (process < 0) {
    close(ours);
    return nullptr;
  }
  return std::unique_ptr<VolumeLooker>(new VolumeLooker(process, ours));
}

VolumeLooker::~VolumeLooker() {
  close(socket_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

bool VolumeLooker::Ask(size_t entries_max) {
  std::string bytes(sizeof(entries_max), '\0');
  std::memcpy(bytes.data(), &entries_max, sizeof(entries_max));
  return SendMessage(socket_, bytes);
}

std::optional<VolumeLook> VolumeLooker::Take() {
  std::string bytes;
  if (!ReceiveMessage(socket_, bytes)) return std::nullopt;
  auto seen = DecodeVolumeMap(bytes);
  if (!seen) return std::nullopt;
  return std::move(seen->look);
}

}  // namespace powercut::kernel
