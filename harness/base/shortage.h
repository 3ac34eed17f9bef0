// Shortage: the machine has no more of something that nearly every function may
// need, such as processes or descriptors.
//
// A shortage is a harness error, but it is thrown, as std::bad_alloc is: it may
// come up below functions that have no other error to return. The tool's main
// function catches both and ends with exit status 125 (harness/cli/main.cc).

#ifndef POWERCUT_HARNESS_BASE_SHORTAGE_H_
#define POWERCUT_HARNESS_BASE_SHORTAGE_H_

#include <cerrno>
#include <stdexcept>
#include <string>

namespace powercut {

class Shortage : public std::runtime_error {
 public:
  // One line with no trailing period, which names what is short and the remedy.
  explicit Shortage(const std::string& message) : std::runtime_error(message) {}
};

// What to do about a system call that failed for want of something, to follow
// the reason in a message: begins with `; `. Empty if the errno value speaks of
// something else.
inline const char* RemedyForShortage(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
      return "; allow more open files (`ulimit -n`)";
    case EAGAIN:
      return "; allow more processes (`ulimit -u`), or give fewer --jobs";
    case ENOMEM:
      return "; more memory is needed (`ulimit -v`)";
    default:
      return "";
  }
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_SHORTAGE_H_
