// A seccomp filter stops the calls and tells a listener, which is made in the
// child and sent to the parent through a socket. Calls of 32-bit programs
// are not told.

#include "backends/kernel/call_catcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <tuple>
#include <utility>

#include "backends/kernel/seccomp_steps.h"
#include "harness/system/message_socket.h"

namespace powercut::kernel {
namespace {

// The lower half of an argument. Both architectures are little-endian.
constexpr sock_filter LoadArgument(size_t number) {
  return Load(offsetof(seccomp_data, args) + number * sizeof(uint64_t));
}

// Makes the filter that stops the calls; those of mmap(2) only if `maps`.
// Returns its listener; -1 and errno if that failed.
int MakeListener(bool maps) {
  constexpr uint32_t kNoCall = ~uint32_t{0};
  const uint32_t map = maps ? __NR_mmap : kNoCall;
  sock_filter steps[] = {
      Load(offsetof(seccomp_data, arch)),
      IfEqual(kOwnArchitecture, 0, 7),
      Load(offsetof(seccomp_data, nr)),
      IfEqual(__NR_sync, 6, 0),
      IfEqual(__NR_syncfs, 5, 0),
      IfEqual(map, 0, 3),
      LoadArgument(3),
      IfAnyBit(MAP_ANONYMOUS, 1, 0),
      IfAnyBit(MAP_SHARED, 1, 0),
      Return(SECCOMP_RET_ALLOW),
      Return(SECCOMP_RET_USER_NOTIF),
  };
  const sock_fprog program = {sizeof(steps) / sizeof(steps[0]), steps};
  return static_cast<int>(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
              SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER,
              &program));
}

// Returns a descriptor of a thread; -1 and errno if that failed: EINVAL if the
// thread is not the first of its process and the kernel is older than 6.9.
int OpenThread(pid_t thread) {
  constexpr unsigned kThread = O_EXCL;  // PIDFD_THREAD
  const long descriptor = syscall(SYS_pidfd_open, thread, kThread);
  if (descriptor >= 0 || errno != EINVAL) return static_cast<int>(descriptor);
  return static_cast<int>(syscall(SYS_pidfd_open, thread, 0));
}

// A message of one byte with room for a descriptor.
struct DescriptorMessage {
  DescriptorMessage() {
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
  }
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
};

}  // namespace

CallCatcher::CallCatcher(std::string folder, Listener listener)
    : folder_(std::move(folder)), told_(std::move(listener)) {
  std::tie(parent_, child_) = MessageSocketPair();
}

CallCatcher::~CallCatcher() {
  for (const int descriptor : {child_, parent_, listener_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

int CallCatcher::Catch() const {
  const int listener = MakeListener(static_cast<bool>(told_.map));
  if (listener < 0) return errno;
  DescriptorMessage message;
  cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(part), &listener, sizeof(int));
  const int error = sendmsg(child_, &message.header, 0) == 1 ? 0 : errno;
  close(listener);
  return error;
}

int CallCatcher::Attach() {
  // If the child sent nothing, the end of the socket is read.
  close(std::exchange(child_, -1));
  DescriptorMessage message;
  const ssize_t received = recvmsg(parent_, &message.header, MSG_CMSG_CLOEXEC);
  const cmsghdr* const part = CMSG_FIRSTHDR(&message.header);
  if (received < 0) return errno;
  if (received == 0 || part == nullptr) return ENOTCONN;
  memcpy(&listener_, CMSG_DATA(part), sizeof(int));
  return 0;
}

bool CallCatcher::IsOfVolume(pid_t thread, int descriptor) const {
  const int process_fd = OpenThread(thread);
  // A kernel that knows no descriptors of threads. Nobody can say which volume
  // the thread means; here, all the files of a program are in this one.
  if (process_fd < 0) return errno == EINVAL;
  const auto copy =
      static_cast<int>(syscall(SYS_pidfd_getfd, process_fd, descriptor, 0));
  close(process_fd);
  if (copy < 0) return false;
  struct stat file{};
  struct stat volume{};
  const bool same = fstat(copy, &file) == 0 &&
                    stat(folder_.c_str(), &volume) == 0 &&
                    file.st_dev == volume.st_dev;
  close(copy);
  return same;
}

bool CallCatcher::Serve() {
  pollfd waits = {listener_, POLLIN, 0};
  if (poll(&waits, 1, 0) < 0 || (waits.revents & POLLIN) == 0) {
    return (waits.revents & (POLLHUP | POLLERR)) == 0;
  }
  seccomp_notif call{};
  if (ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
    // The thread was killed while it waited.
    return errno == ENOENT || errno == EINTR;
  }
  seccomp_notif_resp answer{};
  answer.id = call.id;
  const bool maps = call.data.nr == __NR_mmap;
  const auto descriptor = static_cast<int>(call.data.args[maps ? 4 : 0]);
  const bool of_volume = call.data.nr == __NR_sync ||
                         IsOfVolume(static_cast<pid_t>(call.pid), descriptor);
  if (of_volume && maps) told_.map();
  if (of_volume && !maps) {
    answer.error = -told_.sync();
  } else {
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  }
  // Nobody waits for the answer if the thread was killed meanwhile.
  ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  return true;
}

}  // namespace powercut::kernel
