// Tests which states of a raw disk crash_now() knows by name, and that each is
// the disk that the name says.

#include "library/states/crash_now.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/space/state_id.h"
#include "library/files/world_disk.h"
#include "library/states/profile_run.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 4;

class CrashNowNamesTest : public testing::Test {
 protected:
  // Sector 0 is written and flushed; sector 1 is written once after that, and
  // sector 2 twice.
  CrashNowNamesTest() : disk_(kSectors * 512, log_) {
    options_.profiles = {"posix-minimal"};
    options_.raw_disk = true;
    options_.disk_bytes = kSectors * 512;
    Write(0, 1);
    EXPECT_EQ(disk_.Flush(), 0);
    Write(1, 2);
    Write(2, 3);
    Write(2, 4);
    const auto run =
        ProfileRun::Record(log_.calls(), options_, "posix-minimal",
                           [](CrashedVolume&) -> std::string { return ""; });
    EXPECT_TRUE(run) << run.error().message;
    digest_ = (*run)->trace().Digest();
    end_ = std::to_string((*run)->trace().event_count());
  }

  std::string WithDigest(const std::string& steps) const {
    StateId id;
    id.digest = digest_;
    return steps + StateIdText(id);
  }
  // The first bytes of the sectors, as digits; the error if there is one.
  std::string Shown(const std::string& which) {
    const auto image = CrashedDiskNow(log_.calls(), options_, which);
    if (!image) {
      EXPECT_EQ(image.error().code, ErrorCode::kUsage) << which;
      return image.error().message;
    }
    std::string shown;
    for (uint64_t sector = 0; sector < kSectors; ++sector) {
      Bytes bytes(512);
      (*image)->Read(sector * 512, bytes);
      shown += static_cast<char>('0' + static_cast<int>(bytes[0]));
    }
    return shown;
  }

  CallLog log_;
  WorldDisk disk_;
  LoopOptions options_;
  uint32_t digest_ = 0;
  std::string end_;

 private:
  void Write(uint64_t sector, int content) {
    EXPECT_EQ(disk_.Write(sector, Bytes(512, static_cast<std::byte>(content)),
                          /*fua=*/false),
              0);
  }
};

TEST_F(CrashNowNamesTest, WordsNameStates) {
  EXPECT_EQ(Shown("all"), "1240");
  EXPECT_EQ(Shown("none"), "1000");
  std::set<std::string> seen;
  for (int seed = 0; seed < 60; ++seed) {
    const std::string which = "random:" + std::to_string(seed);
    const std::string shown = Shown(which);
    EXPECT_EQ(Shown(which), shown);
    seen.insert(shown);
  }
  // Sector 1 has two versions, and sector 2 has three.
  EXPECT_EQ(seen, (std::set<std::string>{"1000", "1030", "1040", "1200", "1230",
                                         "1240"}));
}

TEST_F(CrashNowNamesTest, IdsNameStates) {
  EXPECT_EQ(Shown(WithDigest(end_ + "p")), "1240");
  EXPECT_EQ(Shown(WithDigest(end_ + "o")), "1240");
  const std::string first = std::to_string(std::stoi(end_) - 2);
  EXPECT_EQ(Shown(WithDigest(end_ + "p-w" + first)), "1040");
  EXPECT_EQ(Shown(WithDigest(end_ + "p-w" + end_)), "1230");
  EXPECT_EQ(Shown(WithDigest(end_ + "p+w" + first)), "1200");
}

TEST_F(CrashNowNamesTest, OtherTextsAreRefused) {
  for (const char* which : {"", "some", "All", "none ", "random", "random:",
                            "random:x", "random:1x", "random: 1", "random:-1",
                            "random:99999999999999999999", "1p", "@00000000"}) {
    EXPECT_NE(Shown(which).find("there is no state"), std::string::npos)
        << which << ": " << Shown(which);
  }
  const std::string other = "belongs to other calls";
  StateId id;
  id.digest = digest_ ^ 1;
  EXPECT_NE(Shown(end_ + "p" + StateIdText(id)).find(other), std::string::npos);
  // A crash during recovery: nothing recovers here.
  EXPECT_NE(Shown(WithDigest(end_ + "p/0p")).find(other), std::string::npos);
  EXPECT_NE(Shown(WithDigest("99p")), "1240");
}

}  // namespace
}  // namespace powercut
