// The names of a recorded volume against a plain table: after random calls that
// make, link, rename, exchange and remove names in two directories, every name
// is listed with its file, and every file says what it is.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "harness/base/sanitizer.h"
#include "programs/program_files.h"
#include "tests/programs/recorded_volume.h"

namespace powercut::programs {
namespace {

struct File {
  uint64_t node = 0;
  mode_t mode = 0;
  dev_t device = 0;
};
// By directory and name.
using Place = std::pair<uint64_t, std::string>;
using Names = std::map<Place, File>;

class RandomNames {
 public:
  explicit RandomNames(uint64_t seed)
      : random_(seed),
        directories_{kRootNode, volume_.Make("d", S_IFDIR | 0755)} {}

  void Step() {
    const Place x = AnyPlace();
    const Place y = AnyPlace();
    const auto at_x = names_.find(x);
    const auto at_y = names_.find(y);
    const bool has_x = at_x != names_.end();
    const bool has_y = at_y != names_.end();
    switch (random_.Below(5)) {
      case 0:
        return Make(x, has_x);
      case 1:
        EXPECT_EQ(files().Unlink(x.first, x.second), has_x ? 0 : ENOENT);
        if (has_x) names_.erase(at_x);
        return;
      case 2:
        if (!has_x) return;
        EXPECT_EQ(files().Link(at_x->second.node, y.first, y.second),
                  has_y ? EEXIST : 0);
        names_.emplace(y, at_x->second);
        return;
      case 3: {
        const bool keeps = random_.OneIn(2);
        const int error = !has_x ? ENOENT : keeps && has_y ? EEXIST : 0;
        EXPECT_EQ(files().Rename(x.first, x.second, y.first, y.second,
                                 keeps ? RENAME_NOREPLACE : 0),
                  error);
        // Renaming a file onto another name of it does nothing.
        if (error != 0 || (has_y && at_x->second.node == at_y->second.node)) {
          return;
        }
        names_[y] = at_x->second;
        names_.erase(x);
        return;
      }
      default:
        EXPECT_EQ(files().Rename(x.first, x.second, y.first, y.second,
                                 RENAME_EXCHANGE),
                  has_x && has_y ? 0 : ENOENT);
        if (has_x && has_y) std::swap(at_x->second, at_y->second);
    }
  }

  void Compare() {
    for (const uint64_t directory : directories_) {
      std::vector<ProgramFiles::Entry> entries;
      ASSERT_EQ(files().List(directory, entries), 0);
      Names listed;
      for (const auto& entry : entries) {
        if ((entry.type & S_IFMT) == S_IFDIR) continue;
        listed[{directory, entry.name}] = {entry.node, entry.type};
      }
      size_t expected = 0;
      for (const auto& [place, file] : names_) {
        if (place.first != directory) continue;
        ++expected;
        ASSERT_TRUE(listed.contains(place)) << place.second;
        EXPECT_EQ(listed[place].node, file.node) << place.second;
        EXPECT_EQ(listed[place].mode & S_IFMT, file.mode & S_IFMT);
        uint64_t node = 0;
        EXPECT_EQ(files().Lookup(directory, place.second, node), 0);
        EXPECT_EQ(node, file.node);
        ExpectFacts(file);
      }
      ASSERT_EQ(listed.size(), expected);
    }
  }

 private:
  ProgramFiles& files() { return volume_.files(); }

  Place AnyPlace() {
    return {directories_[random_.Below(2)],
            std::string(1, static_cast<char>('a' + random_.Below(3)))};
  }

  void Make(const Place& place, bool taken) {
    File file;
    const bool device = random_.OneIn(3);
    file.mode = (device ? S_IFCHR : S_IFREG) | 0640;
    file.device = device ? makedev(1, 3) : 0;
    EXPECT_EQ(files().Make(place.first, place.second, file.mode, file.device,
                           "", file.node),
              taken ? EEXIST : 0);
    if (!taken) names_[place] = file;
  }

  void ExpectFacts(const File& file) {
    nlink_t links = 0;
    for (const auto& [place, other] : names_) links += other.node == file.node;
    struct stat facts;
    // What was there before must not shine through.
    facts.st_size = 99;
    ASSERT_EQ(files().Facts(file.node, facts), 0);
    EXPECT_EQ(facts.st_ino, file.node);
    EXPECT_EQ(facts.st_nlink, links);
    EXPECT_EQ(facts.st_mode, file.mode);
    EXPECT_EQ(facts.st_rdev, file.device);
    EXPECT_EQ(facts.st_size, 0);
  }

  Recorded volume_;
  Prng random_;
  std::vector<uint64_t> directories_;
  Names names_;
};

TEST(ProgramNamesTest, AreThoseOfAPlainTable) {
  for (uint64_t seed = 0; seed < (kSanitized ? 4 : 40); ++seed) {
    RandomNames names(seed);
    for (int step = 0; step < 40; ++step) {
      names.Step();
      names.Compare();
      if (testing::Test::HasFailure()) {
        FAIL() << "seed " << seed << " step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace powercut::programs
