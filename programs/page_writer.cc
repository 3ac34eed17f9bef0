// syncfs(2) has the kernel write out all pages of a file system, and no request
// to sync comes to a server behind FUSE. The server must answer the writes
// while syncfs() waits, hence the second thread.

#include "programs/page_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "harness/base/shortage.h"

namespace powercut::programs {
namespace {

Error Lacks(const char* what, int error) {
  return Error{
      ErrorCode::kMissing,
      fmt::format("mapped files cannot be written out: no {}: {}{}", what,
                  strerrordesc_np(error), RemedyForShortage(error))};
}

// Starts a thread that gets no signals: they are for the main thread.
template <class Function>
std::thread StartThread(Function function) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  int error = 0;
  try {
    thread = std::thread(std::move(function));
  } catch (const std::system_error& e) {
    error = e.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return thread;
}

}  // namespace

PageWriter::PageWriter(FuseVolume& volume, std::string folder)
    : volume_(volume), folder_(std::move(folder)) {}

PageWriter::~PageWriter() {
  if (root_ >= 0) close(root_);
}

Status PageWriter::WriteOut() {
  const int done = eventfd(0, EFD_CLOEXEC);
  if (done < 0) return Lacks("descriptor", errno);
  std::thread thread = StartThread([this, done] {
    if (root_ < 0) root_ = open(folder_.c_str(), O_RDONLY | O_CLOEXEC);
    if (root_ >= 0) syncfs(root_);
    eventfd_write(done, 1);
  });
  const bool started = thread.joinable();
  const Status status = started ? Status(Ok{}) : Lacks("thread", errno);
  pollfd ends[] = {{volume_.fd(), POLLIN, 0}, {done, POLLIN, 0}};
  while (started && (ends[1].revents & POLLIN) == 0) {
    if (poll(ends, 2, -1) <= 0) continue;
    if (ends[0].revents != 0 && !volume_.Serve()) ends[0].fd = -1;
  }
  if (started) thread.join();
  close(done);
  // The kernel waits until it has asked for all writes, not for the answers.
  while (started && poll(ends, 1, 0) > 0) {
    if (!volume_.Serve()) break;
  }
  return status;
}

}  // namespace powercut::programs
