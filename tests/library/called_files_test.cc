// Which file a call was about, beside what a real file system says: random
// calls are made in a folder of this machine, where the number of an inode says
// which file it is.

#include "library/calls/called_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using testing::ElementsAre;

Call CallOf(OpKind kind, std::vector<std::string> names) {
  Call call;
  call.op.kind = kind;
  call.op.names = std::move(names);
  return call;
}

// Makes calls in a folder, and keeps those that succeeded with the number of
// the inode that each was about. Inodes stay open, so that no number is used
// twice.
class Folder {
 public:
  ~Folder() {
    for (const int file : held_) close(file);
  }

  const Calls& calls() const { return calls_; }
  const std::vector<ino_t>& inodes() const { return inodes_; }

  void Create(const std::string& path) {
    const int file =
        open(Real(path).c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) return;
    held_.push_back(file);
    Keep(CallOf(OpKind::kCreate, {path}), At(path));
  }
  void MakeDirectory(const std::string& path) {
    if (mkdir(Real(path).c_str(), 0700) != 0) return;
    held_.push_back(open(Real(path).c_str(), O_RDONLY | O_CLOEXEC));
    Keep(CallOf(OpKind::kMkdir, {path}), At(path));
  }
  void Open(const std::string& path) {
    const int file = open(Real(path).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    held_.push_back(file);
    const std::string handle = "h" + std::to_string(file);
    Keep(CallOf(OpKind::kOpen, {handle, path}), At(path));
    opened_.emplace_back(handle, file);
  }
  void Rename(const std::string& from, const std::string& to, bool exchange) {
    const ino_t inode = At(from);
    const unsigned flags = exchange ? RENAME_EXCHANGE : 0;
    if (renameat2(AT_FDCWD, Real(from).c_str(), AT_FDCWD, Real(to).c_str(),
                  flags) != 0) {
      return;
    }
    Keep(CallOf(exchange ? OpKind::kExchange : OpKind::kRename, {from, to}),
         inode);
  }
  void Link(const std::string& from, const std::string& to) {
    if (link(Real(from).c_str(), Real(to).c_str()) != 0) return;
    Keep(CallOf(OpKind::kLink, {from, to}), At(to));
  }
  void Remove(const std::string& path) {
    const ino_t inode = At(path);
    if (unlink(Real(path).c_str()) == 0) {
      Keep(CallOf(OpKind::kUnlink, {path}), inode);
    } else if (rmdir(Real(path).c_str()) == 0) {
      Keep(CallOf(OpKind::kRmdir, {path}), inode);
    }
  }
  // A sync through a handle, whatever became of the path.
  void SyncOpened(Prng& prng) {
    if (opened_.empty()) return;
    const auto& [handle, file] = opened_[prng.Below(opened_.size())];
    struct stat facts{};
    fstat(file, &facts);
    Keep(CallOf(OpKind::kFsync, {handle}), facts.st_ino);
  }

  // The inode at a path; 0 if there is none.
  ino_t At(const std::string& path) const {
    struct stat facts{};
    return lstat(Real(path).c_str(), &facts) == 0 ? facts.st_ino : 0;
  }

 private:
  std::string Real(const std::string& path) const {
    return folder_.File(path.substr(1));
  }
  void Keep(Call call, ino_t inode) {
    calls_.push_back(std::move(call));
    inodes_.push_back(inode);
  }

  TemporaryFolder folder_;
  Calls calls_;
  std::vector<ino_t> inodes_;
  std::vector<int> held_;
  std::vector<std::pair<std::string, int>> opened_;
};

std::string RandomPath(Prng& prng) {
  const std::string name(1, static_cast<char>('a' + prng.Below(3)));
  return prng.OneIn(2) ? "/" + name
                       : std::string(prng.OneIn(2) ? "/d/" : "/e/") + name;
}

void RandomCall(Prng& prng, Folder& folder) {
  const std::string path = RandomPath(prng);
  const std::string other = RandomPath(prng);
  switch (prng.Below(9)) {
    case 0:
    case 1:
      return folder.Create(path);
    case 2:
      return folder.MakeDirectory(prng.OneIn(2) ? "/d" : "/e");
    case 3:
      return folder.Open(path);
    case 4:
      return folder.Rename(path, other, prng.OneIn(4));
    case 5:
      return folder.Rename("/d", "/e", prng.OneIn(2));
    case 6:
      return folder.Link(path, other);
    case 7:
      return folder.Remove(path);
    default:
      return folder.SyncOpened(prng);
  }
}

TEST(CalledFilesTest, EachCallIsOfTheFileThatTheMachineHasThere) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Prng prng(seed);
    Folder folder;
    for (int i = 0; i < 60; ++i) RandomCall(prng, folder);
    const CalledFiles files(folder.calls());
    std::map<ino_t, CalledFiles::File> known;
    for (size_t i = 0; i < folder.calls().size(); ++i) {
      const auto [entry, added] =
          known.try_emplace(folder.inodes()[i], files.Of(i));
      ASSERT_EQ(entry->second, files.Of(i))
          << "seed " << seed << ", call " << i << ": "
          << CallText(folder.calls()[i]);
    }
    std::map<CalledFiles::File, ino_t> inodes;
    for (const auto& [inode, file] : known) {
      ASSERT_TRUE(inodes.try_emplace(file, inode).second)
          << "seed " << seed << ": one file for two inodes";
      // What is there at the end has the names that the file says.
      const size_t end = folder.calls().size();
      const std::vector<std::string>& names = files.NamesAfter(end, file);
      ASSERT_FALSE(names.empty());
      const bool there = folder.At(names.front()) == inode;
      for (const std::string& name : names) {
        if (!there) continue;
        EXPECT_EQ(folder.At(name), inode) << seed << " " << name;
      }
    }
    // And each name belongs to a file that has it.
    for (const char* top : {"/", "/d/", "/e/"}) {
      for (const char* name : {"a", "b", "c"}) {
        const std::string path = std::string(top) + name;
        const auto file = known.find(folder.At(path));
        if (file == known.end()) continue;
        EXPECT_TRUE(files.HadName(path, folder.calls().size(), file->second))
            << seed << " " << path;
      }
    }
  }
}

TEST(CalledFilesTest, NamesHoldFromTheCallThatGaveThem) {
  const Calls calls = {CallOf(OpKind::kCreate, {"/f.new"}),
                       CallOf(OpKind::kOpen, {"h1", "/f.new"}),
                       CallOf(OpKind::kRename, {"/f.new", "/f"}),
                       CallOf(OpKind::kLink, {"/f", "/g"}),
                       CallOf(OpKind::kFsync, {"h1"}),
                       CallOf(OpKind::kUnlink, {"/f"}),
                       CallOf(OpKind::kUnlink, {"/g"}),
                       CallOf(OpKind::kSyncfs, {}),
                       CallOf(OpKind::kCreate, {"/f"})};
  const CalledFiles files(calls);
  const CalledFiles::File file = files.Of(0);
  EXPECT_EQ(files.Of(4), file);
  EXPECT_EQ(files.Of(7), CalledFiles::kNoFile);
  EXPECT_NE(files.Of(8), file);
  EXPECT_THAT(files.NamesAfter(1, file), ElementsAre("/f.new"));
  EXPECT_THAT(files.NamesAfter(2, file), ElementsAre("/f.new"));
  EXPECT_THAT(files.NamesAfter(3, file), ElementsAre("/f"));
  EXPECT_THAT(files.NamesAfter(4, file), ElementsAre("/f", "/g"));
  EXPECT_THAT(files.NamesAfter(6, file), ElementsAre("/g"));
  // The name that it had last stays.
  EXPECT_THAT(files.NamesAfter(9, file), ElementsAre("/g"));
}

TEST(CalledFilesTest, AnExchangeIsOfTwoFiles) {
  const Calls calls = {CallOf(OpKind::kCreate, {"/a"}),
                       CallOf(OpKind::kCreate, {"/b"}),
                       CallOf(OpKind::kExchange, {"/a", "/b"})};
  const CalledFiles files(calls);
  EXPECT_EQ(files.Of(2), files.Of(0));
  EXPECT_EQ(files.WithName("/b", 2, 3), files.Of(0));
  EXPECT_EQ(files.WithName("/a", 2, 3), files.Of(1));
  EXPECT_EQ(files.WithName("/a", 2, 2), files.Of(0));
  EXPECT_EQ(files.WithName("/c", 2, 3), CalledFiles::kNoFile);
}

}  // namespace
}  // namespace powercut
