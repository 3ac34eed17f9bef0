// The loop of the process that mounts: take a request, do it by system calls,
// send the answer.
//
// Every call here may wait for the disk, and the owner serves the disk until
// the answer comes. The process keeps the loop device from request to request,
// and a FileSession (handles and views) from a mount to the unmount.
//
// Two rules keep runs the same. The pages of the device are dropped before each
// mount and before each checker, since the owner may have put another disk
// below them. And volumes are mounted with noatime, unless the user asks for
// times, so that observing a volume does not change it.

#include "backends/kernel/mounter_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <string>

#include "backends/kernel/file_session.h"
#include "backends/kernel/file_tree.h"
#include "backends/kernel/fuse_file.h"
#include "backends/kernel/loop_device.h"
#include "backends/kernel/mount_options.h"
#include "backends/kernel/mounter_messages.h"
#include "backends/kernel/printed_lines.h"
#include "backends/kernel/user_command.h"
#include "backends/kernel/volume_parts.h"
#include "backends/kernel/volume_program.h"
#include "harness/recover/outcome_codec.h"
#include "harness/system/message_socket.h"

namespace powercut::kernel {
namespace {

// A failure in one line, such as `mount: EIO (Input/output error)`.
std::string Failure(std::string_view what, int error) {
  const char* name = strerrorname_np(error);
  return fmt::format("{}: {} ({})", what, name != nullptr ? name : "?",
                     strerrordesc_np(error));
}

// Returns the first MiB of what a program printed to kOutputFile.
std::string ReadOutput() {
  constexpr size_t kBytesMax = 1 << 20;
  std::ifstream in(kOutputFile, std::ios::binary);
  std::string text(kBytesMax, '\0');
  in.read(text.data(), kBytesMax);
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

// Returns `text` with each `what` replaced by `by`.
std::string Replaced(std::string text, std::string_view what,
                     std::string_view by) {
  for (size_t at = text.find(what); at != text.npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

class MounterProcess {
 public:
  // Does what is asked and returns the answer (MounterRequest).
  std::string Answer(const MounterRequest& request) {
    switch (request.kind) {
      case MounterRequest::kAttach:
        return loop_.Attach(fmt::format("{}/{}", kShimFolder, FuseFile::kName),
                            static_cast<uint32_t>(request.number),
                            LoopDevice::kDirect);
      case MounterRequest::kMount:
        return MountVolume(request);
      case MounterRequest::kApply:
        return session_->Apply(request.op, request.number, request.text).error;
      case MounterRequest::kObserve:
        return EncodeOutcome(
            {RecoveryOutcome::kObserved, "", ObserveFolder(kVolumeFolder)});
      case MounterRequest::kRun:
        return EncodeCommandEnd(RunInVolume(request, nullptr));
      case MounterRequest::kRunOnDevice:
        return EncodeCommandEnd(RunOnDevice(request));
      case MounterRequest::kMap:
        return EncodeVolumeMap(MapVolume(kVolumeFolder, device_, request.name));
      case MounterRequest::kUnmount:
        return Unmount();
    }
    return "no such request";
  }

 private:
  // Chooses the device that a request is for, with no stale pages. Returns why
  // that failed; empty if it did not.
  std::string UseDevice(const MounterRequest& request) {
    device_ = request.device.empty() ? loop_.path() : request.device;
    return request.device.empty() ? loop_.Invalidate() : "";
  }

  std::string MountVolume(const MounterRequest& request) {
    std::string failure = UseDevice(request);
    if (!failure.empty()) return failure;
    const std::string& type = request.name;
    const auto parsed = ParseMountOptions(request.text);
    if (!parsed) return parsed.error().message;
    if (mount(device_.c_str(), kVolumeFolder, type.c_str(), parsed->flags,
              parsed->data.c_str()) != 0) {
      failure = Failure("mount", errno);
      const std::string word = RefusedByKernel(type, parsed->data);
      if (word.empty()) return failure;
      return fmt::format("{}: {} of this kernel refuses the option `{}`",
                         failure, type, word);
    }
    session_.emplace(kVolumeFolder);
    return {};
  }

  CommandEnd RunOnDevice(const MounterRequest& request) {
    // What a mount left in the pages of the device may differ from the disk.
    std::string failure = UseDevice(request);
    if (!failure.empty()) return {CommandEnd::kNotStarted, failure};
    UserCommand command;
    command.words = request.words;
    for (std::string& word : command.words) {
      if (word == kDeviceWord) word = device_;
    }
    command.folder = kPlaceFolder;
    command.environment = {"LC_ALL=C"};
    command.timeout_ms = request.timeout_ms;
    command.output = kOutputFile;
    CommandEnd end = RunUserCommand(command);
    if (end.kind == CommandEnd::kEnded && !end.detail.empty()) {
      end.detail += "\n" + Replaced(ReadOutput(), device_, kDeviceWord);
    }
    return end;
  }

  // Closes what the session has open, and kills the processes that keep the
  // volume busy.
  std::string Unmount() {
    session_.reset();
    if (umount2(kVolumeFolder, 0) == 0) return {};
    if (errno == EBUSY) {
      // -1 means every process of the PID namespace but this one, its first.
      kill(-1, SIGKILL);
      while (waitpid(-1, nullptr, 0) > 0) {
      }
      if (umount2(kVolumeFolder, 0) == 0) return {};
    }
    // EINVAL: nothing is mounted there.
    if (errno == EINVAL) return "stay mounted; the program unmounted it";
    return Failure("unmount", errno);
  }

  LoopDevice loop_;
  // The path of the device that is mounted or checked.
  std::string device_;
  std::optional<FileSession> session_;
};

}  // namespace

void RunMounter(int socket) noexcept {
  // Ctrl-C reaches this process, too, and the owner decides what it means.
  signal(SIGINT, SIG_IGN);
  MounterProcess process;
  std::string bytes;
  while (ReceiveMessage(socket, bytes)) {
    const std::string answer = process.Answer(DecodeMounterRequest(bytes));
    if (!SendMessage(socket, answer)) break;
  }
  _exit(0);
}

}  // namespace powercut::kernel
