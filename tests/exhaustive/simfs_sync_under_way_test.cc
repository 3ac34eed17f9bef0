// simfs held against the model where names change while a sync is under way: on
// btrfs its log may hold what begins before it returns.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "harness/base/prng.h"
#include "model/pcut/pcut.h"
#include "tests/exhaustive/disagreement.h"
#include "tests/exhaustive/seeds.h"
#include "tests/exhaustive/simfs_comparison.h"

namespace powercut {
namespace {

// A text of ops on names that all succeed. No name changes between the last
// sync of the volume and the sync that is under way: of a rename from there
// that the ops during the sync hide (O-HIDDEN), the model admits more than
// simfs leaves.
class NameOps {
 public:
  explicit NameOps(uint64_t seed) : prng_(seed) {}

  std::string Workload() {
    std::string text = "powercut 1\nbackend simfs\ninit\n";
    text += Make("/d", true) + Make("/d/f", false) + Make("/g", false);
    text += "syncfs\nrun\n";
    text += "start 1 fsync " + Pick(prng_.OneIn(4)) + "\n";
    for (uint64_t n = 2 + prng_.Below(2); n > 0; --n) text += NextOp();
    return text + "wait 1\n";
  }

 private:
  std::string Make(const std::string& path, bool directory) {
    directories_[path] = directory;
    return (directory ? "mkdir " : "create ") + path + "\n";
  }
  std::string NextOp() {
    switch (prng_.Below(6)) {
      case 0:
        return Make(NewPath(), true);
      case 1:
        return Make(NewPath(), false);
      case 2: {
        const std::string from = Pick(false);
        const std::string to = NewPath();
        directories_[to] = false;
        return "link " + from + " " + to + "\n";
      }
      case 3: {
        const std::string gone = Pick(false);
        // The last file stays, so that each op finds one.
        if (FilesLeft() < 2) return "";
        directories_.erase(gone);
        return "unlink " + gone + "\n";
      }
      default:
        return Rename();
    }
  }
  std::string Rename() {
    const std::string from = Pick(prng_.OneIn(3));
    const std::string to = NewPath();
    if (to.starts_with(from + '/')) return "";
    std::map<std::string, bool> moved;
    for (const auto& [path, directory] : directories_) {
      const bool below = path == from || path.starts_with(from + '/');
      moved[below ? to + path.substr(from.size()) : path] = directory;
    }
    directories_ = std::move(moved);
    return "rename " + from + " " + to + "\n";
  }
  size_t FilesLeft() const {
    size_t files = 0;
    for (const auto& [path, directory] : directories_) files += !directory;
    return files;
  }
  // A path that is there; of a file where there is no directory.
  std::string Pick(bool directory) {
    std::vector<std::string> paths;
    for (const auto& [path, is_directory] : directories_) {
      if (is_directory == directory) paths.push_back(path);
    }
    return paths.empty() ? Pick(false) : paths[prng_.Below(paths.size())];
  }
  std::string NewPath() {
    std::vector<std::string> above = {""};
    for (const auto& [path, directory] : directories_) {
      if (directory) above.push_back(path);
    }
    return above[prng_.Below(above.size())] + "/n" + std::to_string(++names_);
  }

  Prng prng_;
  // Whether each path that is there is a directory.
  std::map<std::string, bool> directories_;
  int names_ = 0;
};

TEST(SimfsCommitsTest, ASyncUnderWayLogsWhatBegins) {
  const auto backend = MakeBackend("simfs");
  ASSERT_TRUE(backend) << backend.error().message;
  const Profile& btrfs = *FindProfile("btrfs");
  ComparisonCounts counts;
  for (uint64_t i = 0; i < WorkOf(1000); ++i) {
    const std::string text = NameOps(Seed(i)).Workload();
    const auto workload = ParseWorkload(text, "");
    ASSERT_TRUE(workload) << workload.error().message << '\n' << text;
    ASSERT_EQ(SimfsComparison(**backend, btrfs, counts).Judge(*workload), "")
        << "workload " << i << '\n'
        << text;
  }
  EXPECT_LT(counts.too_large * 4, counts.moments);
}

}  // namespace
}  // namespace powercut
