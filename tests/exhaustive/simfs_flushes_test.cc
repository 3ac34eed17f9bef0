// Each kind of flush after each kind of change, under each profile: the crashes
// of simfs leave exactly what the model admits. Random workloads come to most
// of these in a few profiles only.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "backends/simfs/profile_rules.h"
#include "harness/base/sanitizer.h"
#include "model/pcut/pcut.h"
#include "tests/exhaustive/simfs_comparison.h"

namespace powercut {
namespace {

constexpr const char* kInit =
    "powercut 1\nbackend simfs\ninit\ncreate /f\nwrite /f 0 1024\nmkdir /d\n"
    "create /d/g\nrun\n";

// Some changes, and the file or directory that is flushed after them.
struct Changes {
  const char* ops;
  const char* flushed;
};
constexpr Changes kChanges[] = {
    {"write /f 0 512\n", "/f"},
    {"write /f 512 1024\n", "/f"},
    {"create /n\nwrite /n 0 512\n", "/n"},
    {"rename /d/g /n\n", "/n"},
    {"write /d/g 0 512\nrename /d/g /f\n", "/f"},
    {"link /f /d/l\n", "/f"},
    {"link /f /l\nunlink /f\n", "/l"},
    {"exchange /f /d/g\n", "/f"},
    {"truncate /f 100\n", "/f"},
    {"truncate /f 100\nwrite /f 100 500\n", "/f"},
    {"set_end_of_file /f 1700\n", "/f"},
    {"set_times /f 77\n", "/f"},
    {"mkdir /d/e\ncreate /d/e/h\n", "/d/e/h"},
    {"rename /d /e\nwrite /e/g 0 512\n", "/e/g"},
};
constexpr const char* kFlushes[] = {
    "fsync %",
    "fdatasync %",
    "full_fsync %",
    "barrier_fsync %",
    "sync_file_range % 0 0",
    "sync_file_range % 0 512",
    "syncfs",
    "disk_flush",
    "nt_flush %",
    "nt_flush % file_data_only",
    "nt_flush % no_sync",
    "nt_flush % file_data_sync_only",
    "nt_flush volume",
    "flush_file_buffers %",
    "flush_file_buffers volume",
};

class SimfsFlushesTest : public ::testing::TestWithParam<std::string> {
 protected:
  const Profile& profile() const { return *FindProfile(GetParam()); }

  void Compare(const std::string& run) {
    // As WorkOf() does it.
    if (kSanitized && ++asked_ % 20 != 0) return;
    const auto workload = ParseWorkload(kInit + run, "");
    ASSERT_TRUE(workload) << workload.error().message << '\n' << run;
    EXPECT_EQ(SimfsComparison(*backend_, profile(), counts_).Judge(*workload),
              "")
        << run;
  }
  // The line of a flush of a path. Where the profile refuses it, the line says
  // so.
  std::string Line(std::string flush, const std::string& path) const {
    const size_t at = flush.find('%');
    if (at != flush.npos) flush.replace(at, 1, path);
    const bool refused =
        profile().name == "exfat" && flush.ends_with("file_data_sync_only");
    return flush + (refused ? " -> STATUS_NOT_SUPPORTED\n" : "\n");
  }

  std::unique_ptr<Backend> backend_ = MakeBackend("simfs").value();
  ComparisonCounts counts_;
  uint64_t asked_ = 0;
};

TEST_P(SimfsFlushesTest, OfEachChange) {
  for (const Changes& changes : kChanges) {
    for (const char* const flush : kFlushes) {
      Compare(changes.ops + Line(flush, changes.flushed));
    }
  }
  EXPECT_EQ(counts_.too_large, 0u);
}

TEST_P(SimfsFlushesTest, OfDirectories) {
  for (const char* const ops :
       {"create /d/n\n", "unlink /d/g\n", "rename /d/g /n\n",
        "mkdir /d/e\nrename /f /d/e/f\n", "link /f /d/l\nset_times /d 77\n"}) {
    for (const char* const flush :
         {"fsync /d", "fdatasync /d", "full_fsync /d", "nt_flush /d",
          "nt_flush /d file_data_only", "nt_flush /d no_sync",
          "flush_file_buffers /d"}) {
      Compare(ops + Line(flush, ""));
    }
  }
  EXPECT_EQ(counts_.too_large, 0u);
}

TEST_P(SimfsFlushesTest, OfStores) {
  for (const char* const ops :
       {"map V /f 0 1024\nstore V 0 512\n",
        "map V /f 0 2048\nstore V 900 600\n",
        "map V /f 0 1024\nmap W /f 0 1024\nstore V 0 512\nstore W 512 512\n"}) {
    for (const char* const flush : kFlushes) Compare(ops + Line(flush, "/f"));
    for (const char* const flush : {"flush_view V 0 0", "flush_view V 0 512",
                                    "msync V 0 0", "msync V 0 0 async"}) {
      Compare(ops + Line(flush, "/f"));
      Compare(ops + Line(flush, "/f") + "flush_file_buffers /f\n");
    }
  }
  EXPECT_EQ(counts_.too_large, 0u);
}

TEST_P(SimfsFlushesTest, ByHandlesThatWriteThrough) {
  for (const char* const mode :
       {"write_through", "no_buffering", "write_through no_buffering", "direct",
        "dsync", "sync", "append", "append dsync"}) {
    for (const char* const write : {"write H 0 512\n", "write H 512 1024\n"}) {
      Compare(std::string("open H /f ") + mode + '\n' + write);
    }
  }
  for (const char* const mode : {"dsync", "sync"}) {
    Compare(std::string("write /f 512 1024 ") + mode + '\n');
  }
  EXPECT_EQ(counts_.too_large, 0u);
}

std::vector<std::string> ProfilesOfSimfs() {
  std::vector<std::string> names;
  for (const simfs::ProfileRules& rules : simfs::AllProfileRules()) {
    names.emplace_back(rules.profile);
  }
  return names;
}

std::string ProfileName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Profiles, SimfsFlushesTest,
                         ::testing::ValuesIn(ProfilesOfSimfs()), ProfileName);

}  // namespace
}  // namespace powercut
