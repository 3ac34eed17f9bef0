// What is observed of a tree that was made by hand: which entries, in which
// order, and what stands for those that cannot be read. The rules are those of
// the walk, so that any folder of the machine can be its root.

#include "backends/kernel/file_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/subprocess.h"

namespace powercut::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FileTreeTest : public ::testing::Test {
 protected:
  std::string Root() const { return folder_.File("tree"); }
  std::string At(const std::string& path) const { return Root() + path; }
  void SetUp() override { std::filesystem::create_directory(Root()); }
  void MakeFolder(const std::string& path) const {
    std::filesystem::create_directories(At(path));
  }
  void MakeFile(const std::string& path, const std::string& content) const {
    std::ofstream(At(path)) << content;
  }
  // Each entry in words: a folder ends in `/`, a file has its content.
  std::vector<std::string> Seen() const {
    const Observation seen = ObserveFolder(Root());
    EXPECT_EQ(seen.unreadable, "");
    std::vector<std::string> words;
    for (const ObservedEntry& entry : seen.entries) {
      words.push_back(entry.path + (entry.is_directory ? "/" : "=") +
                      entry.content + entry.unreadable);
    }
    return words;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(FileTreeTest, EntriesAreSortedByTheirPaths) {
  MakeFolder("/d/e");
  MakeFile("/d/e/x", "deep");
  MakeFile("/d.x", "near");
  MakeFile("/a", "");
  EXPECT_THAT(Seen(),
              ElementsAre("/a=", "/d/", "/d.x=near", "/d/e/", "/d/e/x=deep"));
}

// mkfs makes the folder, and a check of the file system puts there what it
// found without a name.
TEST_F(FileTreeTest, LostAndFoundIsLeftOutWhileItIsEmpty) {
  MakeFolder("/lost+found");
  MakeFile("/a", "");
  EXPECT_THAT(Seen(), ElementsAre("/a="));
  MakeFile("/lost+found/#12", "orphan");
  EXPECT_THAT(Seen(),
              ElementsAre("/a=", "/lost+found/", "/lost+found/#12=orphan"));
  MakeFolder("/d/lost+found");
  EXPECT_THAT(Seen(), ElementsAre("/a=", "/d/", "/d/lost+found/",
                                  "/lost+found/", "/lost+found/#12=orphan"));
}

TEST_F(FileTreeTest, AFileOfThatNameIsShown) {
  MakeFile("/lost+found", "mine");
  EXPECT_THAT(Seen(), ElementsAre("/lost+found=mine"));
}

TEST_F(FileTreeTest, LinksAreNotFollowed) {
  MakeFile("/a", "one");
  std::filesystem::create_hard_link(At("/a"), At("/b"));
  std::filesystem::create_symlink("a", At("/c"));
  EXPECT_THAT(Seen(), ElementsAre("/a=one", "/b=one",
                                  "/c=not a file and not a folder"));
  const Observation seen = ObserveFolder(Root());
  EXPECT_EQ(seen.entries[0].file_id, seen.entries[1].file_id);
  EXPECT_NE(seen.entries[0].file_id, seen.entries[2].file_id);
}

TEST_F(FileTreeTest, AWalkHasAnEnd) {
  std::string deep;
  for (int i = 0; i < 128; ++i) deep += "/d";
  MakeFolder(deep);
  EXPECT_THAT(Seen(), testing::SizeIs(128));
  MakeFolder(deep + "/d");
  const Observation seen = ObserveFolder(Root());
  EXPECT_EQ(seen.unreadable, "more than 128 folders deep");
  EXPECT_THAT(seen.entries, IsEmpty());
}

TEST_F(FileTreeTest, AFolderThatIsNotThereIsUnreadable) {
  EXPECT_EQ(ObserveFolder(At("/none")).unreadable, "/: ENOENT");
}

}  // namespace
}  // namespace powercut::kernel
