// Tests a recorded volume whose disk is full: every call that would change
// something is refused and changes nothing, and what is there can be read. And
// tests handles that several processes share on a file without a name.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/programs/recorded_volume.h"

namespace powercut::programs {
namespace {

// A directory d with a file a, which is open, and a file b. The disk has no
// room left.
class FullVolume {
 public:
  FullVolume() {
    d = volume_.Make("d", S_IFDIR | 0755);
    EXPECT_EQ(files().Make(d, "a", S_IFREG | 0644, 0, "", a), 0);
    b = volume_.Make("b");
    empty = volume_.Make("empty", S_IFDIR | 0755);
    handle = volume_.Open(a);
    volume_.Write(a, handle, 0, "ten bytes.");
    const uint64_t large = volume_.Make("large");
    const Handle of_large = volume_.Open(large);
    const std::string much(1 << 16, 'm');
    size_t written = 0;
    int error = 0;
    for (uint64_t at = 0; error == 0 && at < (64 << 20); at += much.size()) {
      error = files().Write(large, of_large, at, AsBytes(much), written);
    }
    EXPECT_EQ(error, ENOSPC);
    EXPECT_TRUE(files().full());
  }

  ProgramFiles& files() { return volume_.files(); }
  // Names, sizes, permissions and numbers of names, and the content of a.
  std::string Shown() {
    std::string shown;
    for (const uint64_t directory : {uint64_t{kRootNode}, d, empty}) {
      std::vector<ProgramFiles::Entry> entries;
      EXPECT_EQ(files().List(directory, entries), 0);
      for (const ProgramFiles::Entry& entry : entries) {
        struct stat facts{};
        EXPECT_EQ(files().Facts(entry.node, facts), 0);
        shown += entry.name + " " + std::to_string(facts.st_size) + " " +
                 std::to_string(facts.st_mode) + " " +
                 std::to_string(facts.st_nlink) + "\n";
      }
    }
    Bytes content(20);
    size_t bytes = 0;
    EXPECT_EQ(files().Read(handle, 0, content, bytes), 0);
    return shown + std::string(AsText(ByteSpan(content).first(bytes)));
  }

  uint64_t d = 0;
  uint64_t a = 0;
  uint64_t b = 0;
  uint64_t empty = 0;
  Handle handle = 0;

 private:
  Recorded volume_{{512, 4096}};
};

TEST(ProgramFullTest, NothingChangesOnAFullDisk) {
  FullVolume v;
  ProgramFiles& files = v.files();
  const std::string before = v.Shown();
  EXPECT_TRUE(before.ends_with("ten bytes.")) << before;
  uint64_t node = 0;
  size_t written = 0;
  Handle handle = 0;
  const std::vector<std::pair<const char*, std::function<int()>>> calls = {
      {"create",
       [&] { return files.Make(v.d, "n", S_IFREG | 0644, 0, "", node); }},
      {"mkdir",
       [&] { return files.Make(v.d, "n", S_IFDIR | 0755, 0, "", node); }},
      {"symlink",
       [&] { return files.Make(v.d, "n", S_IFLNK | 0777, 0, "x", node); }},
      {"tmpfile", [&] { return files.MakeUnnamed(v.d, S_IFREG | 0600, node); }},
      {"unlink", [&] { return files.Unlink(kRootNode, "b"); }},
      {"rmdir", [&] { return files.RemoveDirectory(kRootNode, "empty"); }},
      {"link", [&] { return files.Link(v.a, kRootNode, "n"); }},
      {"rename", [&] { return files.Rename(v.d, "a", v.empty, "n", 0); }},
      {"replace", [&] { return files.Rename(v.d, "a", kRootNode, "b", 0); }},
      {"exchange",
       [&] { return files.Rename(v.d, "a", kRootNode, "b", RENAME_EXCHANGE); }},
      {"write",
       [&] { return files.Write(v.a, v.handle, 0, Bytes(1), written); }},
      {"cut", [&] { return files.Set(v.a, {.size_bytes = 1}, v.handle); }},
      {"cut b", [&] { return files.Set(v.b, {.size_bytes = 1}, 0); }},
      {"open to cut",
       [&] { return files.Open(v.a, O_RDWR | O_TRUNC, handle); }},
      {"allocate", [&] { return files.Allocate(v.a, v.handle, 0, 0, 4096); }},
      {"chmod", [&] { return files.Set(v.a, {.permissions = 0600}, 0); }},
      {"setxattr", [&] { return files.SetExtended(v.a, "user.x", "1", 0); }},
  };
  for (const auto& [name, call] : calls) {
    EXPECT_EQ(call(), ENOSPC) << name;
    EXPECT_EQ(v.Shown(), before) << name;
  }
  EXPECT_EQ(files.Open(v.b, O_RDONLY, handle), 0);
  files.Close(handle);
  EXPECT_EQ(v.Shown(), before);
}

// A file that has no name any more is opened through its handle, as often as
// anybody likes. The handle is closed with the last of them.
TEST(SharedHandleTest, LivesAsLongAsAnybodyHasIt) {
  for (int shares = 0; shares <= 4; ++shares) {
    SCOPED_TRACE(shares);
    Recorded volume;
    ProgramFiles& files = volume.files();
    const uint64_t a = volume.Make("a");
    const Handle handle = volume.Open(a);
    volume.Write(a, handle, 0, "x");
    ASSERT_EQ(files.Unlink(kRootNode, "a"), 0);
    const auto readable = [&] {
      Bytes out(1);
      size_t bytes = 0;
      return files.Read(handle, 0, out, bytes) == 0 && bytes == 1;
    };
    for (int i = 0; i < shares; ++i) {
      Handle shared = 0;
      ASSERT_EQ(files.Open(a, O_RDWR, shared), 0);
      EXPECT_EQ(shared, handle);
    }
    for (int i = 0; i <= shares; ++i) {
      EXPECT_TRUE(readable()) << i;
      files.Close(handle);
    }
    EXPECT_FALSE(readable());
    Handle again = 0;
    EXPECT_EQ(files.Open(a, O_RDWR, again), ESTALE);
  }
}

}  // namespace
}  // namespace powercut::programs
