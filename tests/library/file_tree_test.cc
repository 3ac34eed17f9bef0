// FileTree against a plain picture of files, over a base and without one.

#include "library/files/file_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>

#include "harness/base/prng.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;

// A base with one directory and the files that a test gives it.
class PlainBase : public FileBase {
 public:
  explicit PlainBase(std::map<std::string, std::string> files)
      : files_(std::move(files)) {}

  BaseId root() const override { return 1; }
  std::vector<BaseEntry> EntriesOf(BaseId) override {
    ++listings;
    std::vector<BaseEntry> entries;
    BaseId id = 2;
    for (const auto& [name, content] : files_) {
      entries.push_back({name, id++, false});
    }
    return entries;
  }
  std::optional<BaseEntry> Lookup(BaseId, const std::string& name) override {
    ++lookups;
    BaseId id = 2;
    for (const auto& [known, content] : files_) {
      if (known == name) return BaseEntry{name, id, false};
      ++id;
    }
    return std::nullopt;
  }
  uint64_t SizeOf(BaseId file) override { return ContentOf(file).size(); }
  Status Read(BaseId file, uint64_t offset_bytes,
              MutableByteSpan out) override {
    ++reads;
    if (broken) return Error{ErrorCode::kIo, "broken"};
    std::ranges::copy(
        AsBytes(ContentOf(file)).subspan(offset_bytes, out.size()),
        out.begin());
    return Ok{};
  }

  int listings = 0;
  int lookups = 0;
  int reads = 0;
  bool broken = false;

 private:
  const std::string& ContentOf(BaseId file) {
    return std::next(files_.begin(), file - 2)->second;
  }
  std::map<std::string, std::string> files_;
};

std::string ContentOf(FileTree& tree, FileNode& file) {
  std::string content(tree.SizeOf(file) + 10, '?');
  uint64_t bytes = 0;
  EXPECT_EQ(
      tree.Read(file, 0, std::as_writable_bytes(std::span(content)), bytes), 0);
  content.resize(bytes);
  return content;
}

TEST(FileTreeTest, ErrorsAreThoseOfLinux) {
  FileTree tree;
  FileNodePtr node;
  EXPECT_EQ(tree.Find("a", node), EINVAL);
  EXPECT_EQ(tree.Find("/a", node), ENOENT);
  EXPECT_EQ(tree.Create("/d/a", node), ENOENT);
  EXPECT_EQ(tree.MakeDirectory("/d"), 0);
  EXPECT_EQ(tree.MakeDirectory("/d"), EEXIST);
  EXPECT_EQ(tree.Create("/d/a", node), 0);
  EXPECT_EQ(tree.Create("/d/a", node), EEXIST);
  EXPECT_EQ(tree.Find("/d/a/b", node), ENOTDIR);
  EXPECT_EQ(tree.RemoveDirectory("/d"), ENOTEMPTY);
  EXPECT_EQ(tree.RemoveDirectory("/d/a"), ENOTDIR);
  EXPECT_EQ(tree.Unlink("/d"), EISDIR);
  EXPECT_EQ(tree.Rename("/d", "/d/below"), EINVAL);
  EXPECT_EQ(tree.Rename("/d/a", "/d"), EISDIR);
  EXPECT_EQ(tree.Rename("/none", "/b"), ENOENT);
  EXPECT_EQ(tree.Exchange("/d", "/d/a"), EINVAL);
  EXPECT_EQ(tree.Exchange("/d/a", "/d"), EINVAL);
  EXPECT_EQ(tree.Exchange("/d/a", "/none"), ENOENT);
  EXPECT_EQ(tree.Exchange("/", "/d"), EBUSY);
  EXPECT_EQ(tree.Link("/d", "/e"), EPERM);
  EXPECT_EQ(tree.Link("/d/a", "/a"), 0);
  EXPECT_EQ(tree.Link("/d/a", "/a"), EEXIST);
  EXPECT_EQ(tree.Rename("/d/a", "/a"), 0);  // Two names of one file.
  // A file and a directory can take each other's place.
  EXPECT_EQ(tree.Exchange("/a", "/d"), 0);
  EXPECT_EQ(tree.Find("/a/a", node), 0);
  EXPECT_EQ(tree.Exchange("/a", "/d"), 0);
  EXPECT_EQ(tree.Unlink("/d/a"), 0);
  EXPECT_EQ(tree.RemoveDirectory("/d"), 0);
  EXPECT_EQ(tree.RemoveDirectory("/"), EBUSY);
  EXPECT_EQ(tree.Find(std::string(300, 'x').insert(0, "/"), node),
            ENAMETOOLONG);
}

// What Linux answers to these paths; it was asked for each of them.
TEST(FileTreeTest, SlashesAndDotsAreThoseOfLinux) {
  FileTree tree;
  FileNodePtr node;
  ASSERT_EQ(tree.MakeDirectory("//d//"), 0);
  ASSERT_EQ(tree.Create("/d/./f", node), 0);
  EXPECT_EQ(tree.Find("//d/.//f", node), 0);
  EXPECT_EQ(tree.Find("/d/", node), 0);
  EXPECT_EQ(tree.Find("/d/.", node), 0);
  EXPECT_EQ(tree.Find("/.", node), 0);
  EXPECT_EQ(tree.Find("/d/f/", node), ENOTDIR);
  EXPECT_EQ(tree.Find("/d/f/.", node), ENOTDIR);
  EXPECT_EQ(tree.Find("/none/", node), ENOENT);
  EXPECT_EQ(tree.Create("/none/", node), EISDIR);
  EXPECT_EQ(tree.MakeDirectory("/none/."), ENOENT);
  EXPECT_EQ(tree.MakeDirectory("/d/."), EEXIST);
  EXPECT_EQ(tree.Rename("/d/f", "/none/"), ENOTDIR);
  EXPECT_EQ(tree.Rename("/d/f/", "/none"), ENOTDIR);
  EXPECT_EQ(tree.Rename("/d/.", "/none"), EBUSY);
  EXPECT_EQ(tree.Rename("/d", "/none/."), ENOENT);
  EXPECT_EQ(tree.Rename("/d/", "/e/"), 0);
  EXPECT_EQ(tree.Link("/e/f", "/none/"), ENOENT);
  EXPECT_EQ(tree.Link("/e/f/", "/none"), ENOTDIR);
  EXPECT_EQ(tree.Unlink("/e/f/"), ENOTDIR);
  EXPECT_EQ(tree.Unlink("/e//f"), 0);
  EXPECT_EQ(tree.RemoveDirectory("/e/."), EINVAL);
  EXPECT_EQ(tree.RemoveDirectory("/e/"), 0);
  EXPECT_EQ(tree.Find("/e/..", node), EINVAL);

  EXPECT_EQ(FileTree::PlainPath("/"), "/");
  EXPECT_EQ(FileTree::PlainPath("//./"), "/");
  EXPECT_EQ(FileTree::PlainPath("//d/.//f/"), "/d/f");
  EXPECT_EQ(FileTree::PlainPath("/.d/f..g"), "/.d/f..g");
}

TEST(FileTreeTest, ANodeLivesAsLongAsItsHandle) {
  FileTree tree;
  FileNodePtr node;
  ASSERT_EQ(tree.Create("/a", node), 0);
  ASSERT_EQ(tree.Write(*node, 0, AsBytes("kept")), 0);
  ASSERT_EQ(tree.Unlink("/a"), 0);
  EXPECT_EQ(ContentOf(tree, *node), "kept");
}

TEST(FileTreeTest, ABaseIsAskedForWhatIsLookedAtAlone) {
  PlainBase base({{"a", "content of a"}, {"b", "content of b"}});
  FileTree tree(base);
  FileNodePtr node;
  ASSERT_EQ(tree.Find("/a", node), 0);
  EXPECT_EQ(base.lookups, 1);
  EXPECT_EQ(base.reads, 0);
  EXPECT_EQ(ContentOf(tree, *node), "content of a");
  EXPECT_EQ(base.reads, 1);
  EXPECT_EQ(base.listings, 0);
  // What was taken away is not asked for again.
  ASSERT_EQ(tree.Unlink("/b"), 0);
  EXPECT_EQ(tree.Find("/b", node), ENOENT);
  EXPECT_EQ(base.lookups, 2);
  std::vector<std::string> names;
  FileNodePtr root;
  ASSERT_EQ(tree.Find("/", root), 0);
  ASSERT_EQ(tree.List(*root, names), 0);
  EXPECT_THAT(names, ElementsAre("a"));
}

TEST(FileTreeTest, ABaseThatCannotBeReadIsAnError) {
  PlainBase base({{"a", std::string(9000, 'a')}});
  base.broken = true;
  FileTree tree(base);
  FileNodePtr node;
  ASSERT_EQ(tree.Find("/a", node), 0);
  std::string out(10, ' ');
  uint64_t bytes = 0;
  EXPECT_EQ(tree.Read(*node, 0, std::as_writable_bytes(std::span(out)), bytes),
            EIO);
  EXPECT_EQ(tree.failed_reads(), 1u);
  base.broken = false;
  EXPECT_EQ(ContentOf(tree, *node), std::string(9000, 'a'));
}

// What is only overwritten decides nothing.
TEST(FileTreeTest, AWriteReadsNothing) {
  PlainBase base({{"a", std::string(9000, 'a')}});
  FileTree tree(base);
  FileNodePtr node;
  ASSERT_EQ(tree.Find("/a", node), 0);
  ASSERT_EQ(tree.Write(*node, 100, AsBytes(std::string(5000, 'b'))), 0);
  std::string out(5000, ' ');
  uint64_t bytes = 0;
  ASSERT_EQ(
      tree.Read(*node, 100, std::as_writable_bytes(std::span(out)), bytes), 0);
  EXPECT_EQ(out, std::string(5000, 'b'));
  EXPECT_EQ(base.reads, 0);
  ASSERT_EQ(tree.Read(*node, 99, std::as_writable_bytes(std::span(out)), bytes),
            0);
  EXPECT_EQ(out[0], 'a');
  EXPECT_EQ(base.reads, 1);
}

// Random writes, truncations and reads of one file, over a base of each size,
// against a string.
TEST(FileTreeTest, BytesAreThoseOfAPlainString) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Prng random(seed);
    std::string plain(random.Below(3) == 0 ? 0 : random.Below(20'000), ' ');
    for (char& c : plain) c = static_cast<char>('a' + random.Below(26));
    PlainBase base({{"f", plain}});
    FileTree tree(base);
    FileNodePtr file;
    ASSERT_EQ(tree.Find("/f", file), 0);
    for (int step = 0; step < 30; ++step) {
      const uint64_t at = random.Below(24'000);
      switch (random.Below(3)) {
        case 0: {
          std::string data(random.Below(9'000), 'A');
          for (char& c : data) c = static_cast<char>('A' + random.Below(26));
          ASSERT_EQ(tree.Write(*file, at, AsBytes(data)), 0);
          if (!data.empty()) {
            plain.resize(std::max(plain.size(), at + data.size()), '\0');
            plain.replace(at, data.size(), data);
          }
          break;
        }
        case 1:
          ASSERT_EQ(tree.Truncate(*file, at), 0);
          plain.resize(at, '\0');
          break;
        default: {
          std::string out(random.Below(9'000), '?');
          uint64_t bytes = 0;
          ASSERT_EQ(tree.Read(*file, at, std::as_writable_bytes(std::span(out)),
                              bytes),
                    0);
          out.resize(bytes);
          ASSERT_EQ(out, at < plain.size() ? plain.substr(at, out.size()) : "")
              << "seed " << seed << " step " << step;
          const uint64_t there = at < plain.size() ? plain.size() - at : 0;
          ASSERT_LE(bytes, there);
        }
      }
    }
    ASSERT_EQ(ContentOf(tree, *file), plain) << "seed " << seed;
  }
}

}  // namespace
}  // namespace powercut
