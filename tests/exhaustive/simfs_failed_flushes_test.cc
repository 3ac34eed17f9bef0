// A flush that failed, and another one after it, under each profile: no flush
// covers by itself what an earlier one failed to carry. The crashes of simfs
// leave exactly what the model admits.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "backends/registry.h"
#include "backends/simfs/profile_rules.h"
#include "harness/base/sanitizer.h"
#include "model/pcut/pcut.h"
#include "tests/exhaustive/simfs_comparison.h"

namespace powercut {
namespace {

constexpr const char* kInit =
    "powercut 1\nbackend simfs\nfault error on flush nth=1 times=1 in=run\n"
    "init\ncreate /f\nwrite /f 0 1024\nrun\n";

struct Changes {
  const char* ops;
  bool stores = false;
};
constexpr Changes kChanges[] = {
    {"write /f 512 1024\n"},
    {"truncate /f 100\n"},
    {"rename /f /g\nlink /g /f\n"},
    {"map V /f 0 2048\nstore V 900 600\n", true},
    {"map V /f 0 2048\nstore V 900 600\nwrite /f 0 512\n", true},
};
constexpr const char* kFailing[] = {"fsync /f", "syncfs", "msync V 0 0",
                                    "nt_flush /f", "full_fsync /f"};
constexpr const char* kLater[] = {
    "fsync /f",    "fdatasync /f",       "full_fsync /f",    "syncfs",
    "nt_flush /f", "msync V 0 0",        "flush_view V 0 0", "barrier_fsync /f",
    "disk_flush",  "write /f 0 512 sync"};

constexpr size_t kOneOf = kSanitized ? 61 : 6;

bool UsesView(const std::string& op) { return op.find(" V ") != op.npos; }

std::string TextOf(const std::string& changes, const std::string& failing,
                   const std::string& later) {
  return kInit + changes + failing + " -> error\n" + later + "\n";
}

std::string Judged(const std::string& text, const Profile& profile) {
  static const auto backend = MakeBackend("simfs").value();
  const auto workload = ParseWorkload(text, "");
  if (!workload) return workload.error().message;
  ComparisonCounts counts;
  return SimfsComparison(*backend, profile, counts).Judge(*workload);
}

TEST(SimfsFailedFlushesTest, LaterFlushesCoverWhatTheModelSays) {
  size_t asked = 0;
  size_t compared = 0;
  for (const simfs::ProfileRules& rules : simfs::AllProfileRules()) {
    const Profile& profile = *FindProfile(rules.profile);
    for (const Changes& changes : kChanges) {
      for (const char* const failing : kFailing) {
        for (const char* const later : kLater) {
          if (!changes.stores && (UsesView(failing) || UsesView(later))) {
            continue;
          }
          // One of six, others for each profile, take a sixth of the time.
          if (++asked % kOneOf != 0) continue;
          const std::string text = TextOf(changes.ops, failing, later);
          EXPECT_EQ(Judged(text, profile), "") << profile.name << '\n' << text;
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, kSanitized ? 10u : 100u);
}

// What a failed flush was to bring by an order alone is covered by a later one
// that is called for it.
TEST(SimfsFailedFlushesTest, LeaveWhatTheyWereNotCalledFor) {
  size_t compared = 0;
  for (const simfs::ProfileRules& rules : simfs::AllProfileRules()) {
    const Profile& profile = *FindProfile(rules.profile);
    for (const char* const changes :
         {"create /g\ncreate /h\n", "link /f /g\ncreate /h\n",
          "write /f 0 512\ncreate /g\nrename /g /h\ncreate /g\n",
          "create /g\nwrite /g 0 512\ncreate /h\nwrite /h 0 512\n"}) {
      for (const char* const later : {"fsync /g", "fsync /f", "syncfs"}) {
        const std::string text = TextOf(changes, "fsync /h", later);
        const std::string judged = Judged(text, profile);
        // Where fsync carries nothing to the device, it cannot fail.
        if (judged.find("returned success") != judged.npos) continue;
        EXPECT_EQ(judged, "") << profile.name << '\n' << text;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 100u);
}

// A store in two pages made the file longer, and the flush of one of the pages
// failed.
TEST(SimfsFailedFlushesTest, OfOnePageTaintTheSizeForTheOther) {
  for (const simfs::ProfileRules& rules : simfs::AllProfileRules()) {
    const Profile& profile = *FindProfile(rules.profile);
    for (const char* const failing : {"msync V 0 4096", "msync V 4096 512"}) {
      for (const char* const later :
           {"msync V 0 4096", "msync V 4096 512", "flush_view V 4096 512"}) {
        const std::string text =
            TextOf("map V /f 0 8192\nstore V 4000 300\n", failing, later);
        EXPECT_EQ(Judged(text, profile), "") << profile.name << '\n' << text;
      }
    }
  }
}

}  // namespace
}  // namespace powercut
