// Every option of a world and of an exploration in the C interface, just within
// its range and just beyond.

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "powercut/powercut.h"

namespace {

int NewWorld(const std::function<void(pc_world_options&)>& set) {
  pc_world_options options = PC_WORLD_OPTIONS;
  set(options);
  pc_world* world = nullptr;
  const int result = pc_world_new(&options, &world);
  EXPECT_EQ(world == nullptr, result != 0);
  pc_world_free(world);
  return result;
}

TEST(OptionRangesTest, OfTheDiskOfAWorld) {
  constexpr uint64_t kMost = uint64_t{2} << 40;
  struct Door {
    uint32_t number = 0;
    uint64_t least = 0;
  };
  // The least volume of logs is not in the header: 0 stands for not tried.
  for (const Door door : {Door{PC_DOOR_FILES, 128 << 10},
                          Door{PC_DOOR_DISK, 512}, Door{PC_DOOR_LOGS, 0}}) {
    const auto with = [&](uint64_t bytes) {
      return NewWorld([&](pc_world_options& options) {
        options.door = door.number;
        options.disk_bytes = bytes;
      });
    };
    EXPECT_EQ(with(0), 0);
    EXPECT_EQ(with(4 << 20), 0);
    EXPECT_EQ(with((4 << 20) + 1), -EINVAL);
    EXPECT_EQ(with((4 << 20) + 511), -EINVAL);
    EXPECT_EQ(with(kMost + 512), -EINVAL);
    if (door.least == 0) continue;
    EXPECT_EQ(with(door.least), 0) << door.number;
    EXPECT_EQ(with(door.least - 512), door.least > 512 ? -EINVAL : 0);
    EXPECT_EQ(with(kMost), 0) << door.number;
  }
  EXPECT_EQ(NewWorld([](auto& options) { options.door = 3; }), -EINVAL);
}

TEST(OptionRangesTest, OfTheBlocksOfAWorld) {
  for (uint32_t bytes = 256; bytes <= 4 << 20; bytes *= 2) {
    const bool good = bytes >= 512 && bytes <= 1 << 20;
    const auto with = [&](uint32_t atomic) {
      return NewWorld([&](auto& options) { options.atomic_bytes = atomic; });
    };
    EXPECT_EQ(with(bytes), good ? 0 : -EINVAL) << bytes;
    EXPECT_EQ(with(bytes + bytes / 2), -EINVAL) << bytes;
  }
  for (uint32_t damage = 0; damage <= 3; ++damage) {
    for (const uint32_t door : {PC_DOOR_FILES, PC_DOOR_DISK, PC_DOOR_LOGS}) {
      const bool good = damage <= PC_DAMAGE_NEIGHBOURS &&
                        (door != PC_DOOR_LOGS || damage == PC_DAMAGE_NONE);
      const int result = NewWorld([&](pc_world_options& options) {
        options.door = door;
        options.damage = damage;
      });
      EXPECT_EQ(result, good ? 0 : -EINVAL) << damage << " " << door;
    }
  }
}

TEST(OptionRangesTest, OfAnExploration) {
  struct Case {
    std::function<void(pc_explore_options&)> set;
    // The words of the refusal; empty if the value is in its range.
    std::string refusal;
  };
  const std::vector<Case> kCases = {
      {[](auto& o) { o.crash_kinds = 7; }, ""},
      {[](auto& o) { o.crash_kinds = 8; }, "crash_kinds is 0x8"},
      {[](auto& o) { o.isolation = PC_IN_PROCESS; }, ""},
      {[](auto& o) { o.isolation = PC_IN_PROCESS + 1; }, "isolation is 2"},
      {[](auto& o) { o.jobs = 1024; }, ""},
      {[](auto& o) { o.jobs = 1025; }, "jobs is 1025: the most is 1024"},
      {[](auto& o) { o.nested = 8; }, ""},
      {[](auto& o) { o.nested = 9; }, "nested is 9: the most is 8"},
      {[](auto& o) { o.audit = 1; }, ""},
      {[](auto& o) { o.audit = 2; }, "audit is 2: the most is 1"},
  };
  pc_world* world = nullptr;
  ASSERT_EQ(pc_world_new(nullptr, &world), 0);
  for (const Case& one : kCases) {
    pc_explore_options options{};
    options.size = sizeof(options);
    one.set(options);
    pc_states* states = nullptr;
    const int result = pc_explore(world, &options, &states);
    EXPECT_EQ(result, one.refusal.empty() ? 0 : -EINVAL) << one.refusal;
    if (!one.refusal.empty()) {
      EXPECT_NE(std::string(pc_last_error(world)).find(one.refusal),
                std::string::npos)
          << pc_last_error(world);
    }
    pc_states_free(states);
  }
  pc_world_free(world);
}

}  // namespace
