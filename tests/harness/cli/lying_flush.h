// LyingFlush(): a workload with a bug that a test can turn off.

#ifndef POWERCUT_TESTS_HARNESS_CLI_LYING_FLUSH_H_
#define POWERCUT_TESTS_HARNESS_CLI_LYING_FLUSH_H_

#include <string>

namespace powercut {

inline constexpr bool kBug = true;
inline constexpr bool kWorks = false;

// A workload on simfs. With the bug, the disk lies about the flush in it, and
// the violation `lost /f` is found; without, nothing is. `expect` are its last
// lines.
inline std::string LyingFlush(bool bug, const std::string& expect) {
  return std::string("powercut 1\nbackend simfs\nprofile ext4-ordered\n") +
         (bug ? "fault   lie on flush nth=2\n" : "") + R"(crash   power
init
  create /f
run
  write /f 0 1
  fsync /f
)" + expect;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_LYING_FLUSH_H_
