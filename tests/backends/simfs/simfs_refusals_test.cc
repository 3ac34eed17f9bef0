// Which ops are refused, and with which error. simfs decides that by its own
// live state and the model by its plan, so that the two can be held against
// each other: after the same ops, each op is tried with every operand that is
// special to it (a name that leads to the same file, a directory that is not
// empty, a length of exactly the size, an end beyond all offsets). The random
// workloads draw few ops that are refused.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/files/model.h"
#include "model/words/tokens.h"
#include "tests/backends/simfs/simfs_scene.h"

namespace powercut {
namespace {

using ::testing::UnorderedElementsAre;

// The file /f is 2000 bytes long, of which 700 are valid.
constexpr const char* kBefore =
    "create /f\ntruncate /f 2000\nset_valid_data /f 700\nlink /f /h\n"
    "create /g\nlink /f /g.bak\nmkdir /d\ncreate /d/x\nmkdir /e\n"
    "mkdir /h.bak\nopen R /f read_only\nopen W /f\nmap V /f 0 1500\n";

constexpr const char* kPaths[] = {"/",     "/f",   "/h",     "/g",  "/g.bak",
                                  "/d",    "/d/x", "/d/y",   "/e",  "/no",
                                  "/no/y", "/f/y", "/d/x/y", "/e/y"};
constexpr const char* kFiles[] = {"/f", "/g", "/d", "/no", "R", "W"};

using LineList = std::vector<std::string>;

void AddNameLines(LineList& lines) {
  for (const char* verb :
       {"create", "mkdir", "unlink", "rmdir", "fsync", "fdatasync", "nt_flush",
        "flush_file_buffers", "close", "unmap"}) {
    for (const char* path : kPaths) {
      lines.push_back(fmt::format("{} {}", verb, path));
    }
    for (const char* handle : {"R", "W", "V", "volume"}) {
      lines.push_back(fmt::format("{} {}", verb, handle));
    }
  }
  for (const char* verb : {"rename", "link", "replace_file"}) {
    for (const char* from : kPaths) {
      for (const char* to : kPaths) {
        lines.push_back(fmt::format("{} {} {}", verb, from, to));
      }
    }
  }
}

void AddSizeLines(LineList& lines) {
  for (const char* verb : {"truncate", "set_end_of_file", "set_valid_data",
                           "append", "set_times"}) {
    for (const char* file : kFiles) {
      for (const int number : {0, 1, 699, 700, 701, 1999, 2000, 2001}) {
        lines.push_back(fmt::format("{} {} {}", verb, file, number));
      }
    }
  }
}

void AddRangeLines(LineList& lines) {
  for (const char* file : kFiles) {
    for (const int first : {0, 700, 2000, 2001}) {
      for (const int size : {0, 1, 2000}) {
        for (const char* verb : {"write", "fallocate", "sync_file_range"}) {
          lines.push_back(fmt::format("{} {} {} {}", verb, file, first, size));
        }
      }
    }
    // The numbers of the text format end at 2^63 - 1.
    constexpr uint64_t kMost = kMaxTextNumber;
    for (const auto& [first, size] : {std::pair{kMost, uint64_t{0}},
                                      {kMost, 1},
                                      {kMost - 1, 1},
                                      {kMost, kMost},
                                      {1, kMost},
                                      {0, kMost}}) {
      lines.push_back(
          fmt::format("sync_file_range {} {} {}", file, first, size));
    }
  }
}

void AddViewLines(LineList& lines) {
  for (const char* file : kFiles) {
    for (const int first : {0, 1, 512, 4095, 4096, 8192}) {
      for (const int size : {0, 1, 1999, 2000, 2001, 4096, 4097}) {
        lines.push_back(fmt::format("map N {} {} {}", file, first, size));
      }
    }
  }
  for (const char* verb : {"store", "msync", "flush_view"}) {
    for (const int first : {0, 1, 1499, 1500, 1501, 4095, 4096, 4097}) {
      for (const int size : {0, 1, 2, 1499, 1500, 1501, 4096}) {
        lines.push_back(fmt::format("{} V {} {}", verb, first, size));
      }
    }
  }
}

// The lines that are tried, each alone after kBefore.
LineList Lines() {
  LineList lines;
  AddNameLines(lines);
  AddSizeLines(lines);
  AddRangeLines(lines);
  AddViewLines(lines);
  return lines;
}

// A fresh simfs and the model, which go through the same ops.
class Pair {
 public:
  Pair(Backend& backend, const Workload& workload, const Profile& profile)
      : model_(workload, profile),
        image_(*backend.Format({kSimfsGeometry, profile.name}).value()),
        disk_(image_, kSimfsGeometry, 512, 0),
        mount_(backend.Open(disk_).mount) {}

  // Runs the op on both. Returns the two results, each `ok` or an error.
  std::pair<std::string, std::string> Run(const Op& op) {
    const OpPlan plan = model_.Plan(op);
    model_.Begin(op.number);
    const OpResult result = mount_->Apply(op, plan.offset_bytes, plan.content);
    model_.End(op.number, result.ok());
    return {plan.error.empty() ? "ok" : plan.error,
            result.ok() ? "ok" : result.error};
  }
  std::string Difference() const {
    return model_.CompareLive(mount_->Observe());
  }

 private:
  Model model_;
  SparseImage image_;
  CrashDisk disk_;
  std::unique_ptr<Mount> mount_;
};

TEST(SimfsRefusals, AreThoseOfTheModel) {
  const auto backend = MakeSimfsBackend();
  for (const char* name : {"spec-strict", "ntfs"}) {
    const Profile& profile = *FindProfile(name);
    std::set<std::string> results;
    for (const std::string& line : Lines()) {
      // The grammar lets some lines pass only if they expect an error. What it
      // refuses then, too, never reaches storage.
      const std::string text =
          fmt::format("powercut 1\nrun\n{}{}", kBefore, line);
      auto workload = ParseWorkload(text + "\n", "refusals");
      if (!workload) workload = ParseWorkload(text + " -> error\n", "refusals");
      if (!workload) continue;
      Pair pair(*backend, *workload, profile);
      for (const Op& op : workload->run) {
        const auto [planned, result] = pair.Run(op);
        // The model does not know how much room there is.
        if (result == "EFBIG" || result == "ENOSPC") continue;
        EXPECT_EQ(planned, result) << name << ": " << OpText(op);
        if (op.number == workload->run.size()) results.insert(result);
      }
      EXPECT_EQ(pair.Difference(), "") << name << ": " << line;
    }
    EXPECT_THAT(results, UnorderedElementsAre("ok", "EBADF", "EBUSY", "EEXIST",
                                              "EINVAL", "EISDIR", "ENOENT",
                                              "ENOTDIR", "ENOMEM", "ENOTEMPTY",
                                              "EPERM", "STATUS_ACCESS_DENIED",
                                              "STATUS_ACCESS_VIOLATION",
                                              "STATUS_INVALID_PARAMETER"));
  }
}

}  // namespace
}  // namespace powercut
