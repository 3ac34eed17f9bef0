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
#include "backends/kernel/mounter_messages.h"
#include "backends/kernel/printed_lines.h"
#include "backends/kernel/user_command.h"
#include "harness/recover/outcome_codec.h"
#include "harness/system/message_socket.h"

namespace powercut::kernel {
namespace {

constexpr const char* kOutputFile = "/mnt/output";

std::string Failure(std::string_view what, int error) {
  const char* name = strerrorname_np(error);
  return fmt::format("{}: {} ({})", what, name != nullptr ? name : "?",
                     strerrordesc_np(error));
}

// What a program printed there; a part of it, if it is long.
std::string ReadOutput() {
  constexpr size_t kBytesMax = 1 << 20;
  std::ifstream in(kOutputFile, std::ios::binary);
  std::string text(kBytesMax, '\0');
  in.read(text.data(), kBytesMax);
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

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
  std::string Answer(const MounterRequest& request) {
    switch (request.kind) {
      case MounterRequest::kAttach:
        return loop_.Attach(fmt::format("{}/{}", kShimFolder, FuseFile::kName),
                            static_cast<uint32_t>(request.number));
      case MounterRequest::kMount:
        return MountVolume(request.name, request.text);
      case MounterRequest::kApply:
        return session_->Apply(request.op, request.number, request.text).error;
      case MounterRequest::kObserve:
        return EncodeOutcome(
            {RecoveryOutcome::kObserved, "", ObserveFolder(kVolumeFolder)});
      case MounterRequest::kRun:
        return EncodeCommandEnd(Run(request));
      case MounterRequest::kRunOnDevice:
        return EncodeCommandEnd(RunOnDevice(request));
      case MounterRequest::kUnmount:
        return Unmount();
    }
    return "no such request";
  }

 private:
  std::string MountVolume(const std::string& type, const std::string& options) {
    std::string failure = loop_.Invalidate();
    if (!failure.empty()) return failure;
    // Nothing that reading changes: what is written is the workload's.
    constexpr unsigned long kFlags = MS_NOATIME | MS_NODIRATIME;
    if (mount(loop_.path().c_str(), kVolumeFolder, type.c_str(), kFlags,
              options.c_str()) != 0) {
      return Failure("mount", errno);
    }
    session_.emplace(kVolumeFolder);
    return {};
  }

  CommandEnd Run(const MounterRequest& request) {
    UserCommand command;
    command.words = request.words;
    command.folder = kVolumeFolder;
    command.timeout_ms = request.timeout_ms;
    const std::string acked = fmt::format("{}/acked", kPlaceFolder);
    std::ofstream(acked, std::ios::binary | std::ios::trunc) << request.text;
    command.environment = {
        "POWERCUT_ACKED=" + acked,
        fmt::format("POWERCUT_ACKS={}/{}", kShimFolder, FuseFile::kTextName)};
    if (request.number != 0) command.output = kOutputFile;
    CommandEnd end = RunUserCommand(command);
    if (end.kind == CommandEnd::kEnded && !end.detail.empty() &&
        !command.output.empty()) {
      const std::string line = LastLineOf(ReadOutput());
      if (!line.empty()) end.detail += ": " + line;
    }
    return end;
  }

  CommandEnd RunOnDevice(const MounterRequest& request) {
    // What a mount left in the device's pages is not what is on the disk.
    std::string failure = loop_.Invalidate();
    if (!failure.empty()) return {CommandEnd::kNotStarted, failure};
    UserCommand command;
    command.words = request.words;
    for (std::string& word : command.words) {
      if (word == kDeviceWord) word = loop_.path();
    }
    command.folder = kPlaceFolder;
    command.environment = {"LC_ALL=C"};
    command.timeout_ms = request.timeout_ms;
    command.output = kOutputFile;
    CommandEnd end = RunUserCommand(command);
    if (end.kind == CommandEnd::kEnded && !end.detail.empty()) {
      end.detail += "\n" + Replaced(ReadOutput(), loop_.path(), kDeviceWord);
    }
    return end;
  }

  // Files that the session holds are closed, and processes that hold the volume
  // end.
  std::string Unmount() {
    session_.reset();
    if (umount2(kVolumeFolder, 0) == 0) return {};
    if (errno == EBUSY) {
      kill(-1, SIGKILL);
      while (waitpid(-1, nullptr, 0) > 0) {
      }
      if (umount2(kVolumeFolder, 0) == 0) return {};
    }
    return Failure("unmount", errno);
  }

  LoopDevice loop_;
  std::optional<FileSession> session_;
};

}  // namespace

void RunMounter(int socket) noexcept {
  signal(SIGINT, SIG_IGN);  // the owner decides what Ctrl-C means
  MounterProcess process;
  std::string bytes;
  while (ReceiveMessage(socket, bytes)) {
    const std::string answer = process.Answer(DecodeMounterRequest(bytes));
    if (!SendMessage(socket, answer)) break;
  }
  _exit(0);
}

}  // namespace powercut::kernel
