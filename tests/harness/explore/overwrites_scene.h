// A workload with four overwrites, two of which each sync covers, for tests of
// causes.

#ifndef POWERCUT_TESTS_HARNESS_EXPLORE_OVERWRITES_SCENE_H_
#define POWERCUT_TESTS_HARNESS_EXPLORE_OVERWRITES_SCENE_H_

namespace powercut {

inline constexpr const char* kOverwrites = R"(powercut 1
backend simfs
profile spec-strict
init
  create /a
  write  /a 0 2048
run
  write  /a 0 512
  write  /a 512 512
  fsync  /a
  write  /a 1024 512
  write  /a 1536 512
  fsync  /a
)";

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_EXPLORE_OVERWRITES_SCENE_H_
