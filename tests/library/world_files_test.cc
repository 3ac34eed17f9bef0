// What programs see in a world is what simfs shows once the calls ran there:
// random calls, compared at the end.

#include "library/files/world_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>

#include "backends/simfs/simfs_backend.h"
#include "harness/base/prng.h"
#include "library/calls/record_calls.h"

namespace powercut {
namespace {

constexpr DiskGeometry kGeometry{512, 64 << 11};

std::string Content(WorldFiles& files, const std::string& path) {
  const int64_t handle = files.Open(path, {.write = false});
  EXPECT_GT(handle, 0) << path;
  FileFacts facts;
  const auto h = static_cast<WorldFiles::Handle>(handle);
  EXPECT_EQ(files.StatHandle(h, facts), 0);
  std::string content(facts.size_bytes, '?');
  EXPECT_EQ(files.Read(h, 0, std::as_writable_bytes(std::span(content))),
            static_cast<int64_t>(content.size()));
  files.Close(h);
  return content;
}

void AddTree(WorldFiles& files, const std::string& directory,
             std::map<std::string, std::string>& tree) {
  std::vector<std::string> names;
  ASSERT_EQ(files.List(directory, names), 0);
  for (const std::string& name : names) {
    const std::string path = (directory == "/" ? "" : directory) + "/" + name;
    FileFacts facts;
    ASSERT_EQ(files.Stat(path, facts), 0);
    if (facts.is_directory) {
      tree[path] = "directory";
      AddTree(files, path, tree);
    } else {
      tree[path] = "file " + Content(files, path);
    }
  }
}

class RandomCalls {
 public:
  RandomCalls(WorldFiles& files, uint64_t seed)
      : files_(files), random_(seed) {}

  void Make(int count) {
    for (int i = 0; i < count; ++i) One();
    for (const auto& handle : handles_) files_.Close(handle);
  }

 private:
  std::string Path() {
    const std::string name = std::string("/") + "abc"[random_.Below(3)];
    return random_.Below(3) == 0 ? "/d" + name : name;
  }
  ByteSpan Data() {
    data_.assign(random_.Below(2'000), 'x');
    for (char& c : data_) c = static_cast<char>('a' + random_.Below(26));
    return AsBytes(data_);
  }
  void One() {
    if (handles_.empty() || random_.Below(4) == 0) return Names();
    const auto handle = handles_[random_.Below(handles_.size())];
    switch (random_.Below(9)) {
      case 0:
      case 1:
        files_.Write(handle, random_.Below(5'000), Data());
        break;
      case 2:
        files_.Append(handle, Data());
        break;
      case 3:
        files_.Truncate(handle, random_.Below(6'000));
        break;
      case 4:
        files_.Allocate(handle, random_.Below(3'000), 1 + random_.Below(3'000));
        break;
      case 5:
        files_.Sync(handle, static_cast<SyncKind>(random_.Below(8)));
        break;
      case 6: {
        const int64_t view = files_.Map(handle, 4096 * random_.Below(2),
                                        1 + random_.Below(1'000));
        if (view < 0) break;
        views_.push_back(static_cast<WorldFiles::View>(view));
        break;
      }
      case 7:
        files_.SyncRange(handle, random_.Below(1'000), random_.Below(1'000));
        break;
      default:
        files_.SyncAll();
    }
    if (!views_.empty() && random_.Below(2) == 0) UseView();
  }
  // A view may be older than a truncation of its file.
  void UseView() {
    const size_t at = random_.Below(views_.size());
    files_.Store(views_[at], random_.Below(500), Data());
    files_.SyncView(views_[at], 0, 1, random_.Below(2) == 0);
    if (random_.Below(4) > 0) return;
    files_.Unmap(views_[at]);
    views_.erase(views_.begin() + static_cast<ptrdiff_t>(at));
  }
  void Names() {
    switch (random_.Below(9)) {
      case 0:
        files_.MakeDirectory("/d");
        break;
      case 1:
        files_.Rename(Path(), Path());
        break;
      case 2:
        files_.Link(Path(), Path());
        break;
      case 3:
        files_.Unlink(Path());
        break;
      case 4:
        files_.Rename("/d", "/e");
        break;
      case 5:
        files_.RemoveDirectory("/d");
        break;
      case 6:
        files_.Exchange(random_.Below(4) == 0 ? "/d" : Path(), Path());
        break;
      default: {
        OpenFlags flags;
        flags.create = true;
        flags.truncate = random_.Below(4) == 0;
        flags.append = random_.Below(4) == 0;
        flags.dsync = random_.Below(4) == 0;
        const int64_t handle = files_.Open(Path(), flags);
        if (handle > 0) {
          handles_.push_back(static_cast<WorldFiles::Handle>(handle));
        }
      }
    }
  }

  WorldFiles& files_;
  Prng random_;
  std::string data_;
  std::vector<WorldFiles::Handle> handles_;
  std::vector<WorldFiles::View> views_;
};

TEST(WorldFilesTest, SimfsShowsWhatTheWorldShows) {
  const auto backend = MakeSimfsBackend();
  size_t calls = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    CallLog log;
    WorldFiles files(log);
    RandomCalls(files, seed).Make(40);
    std::map<std::string, std::string> tree;
    AddTree(files, "/", tree);
    const std::string profile =
        backend->traits().profiles[seed % backend->traits().profiles.size()];
    const auto recorded =
        RecordCalls(*backend, log.calls(), kGeometry, profile);
    ASSERT_TRUE(recorded) << "seed " << seed << " " << profile << ": "
                          << recorded.error().message;
    std::map<std::string, std::string> shown;
    for (const ObservedEntry& entry : recorded->live.entries) {
      shown[entry.path] =
          entry.is_directory ? "directory" : "file " + entry.content;
    }
    ASSERT_EQ(shown, tree) << "seed " << seed << " " << profile;
    ASSERT_EQ(recorded->events_after.size(), log.calls().size());
    calls += log.calls().size();
  }
  EXPECT_GT(calls, 2'000u);
}

// A view ends where the file ends now: a store or a load beyond that fails and
// changes nothing, and works again once the file has grown.
TEST(WorldFilesTest, ViewsEndWhereTheirFileEnds) {
  CallLog log;
  WorldFiles files(log);
  const auto file =
      static_cast<WorldFiles::Handle>(files.Open("/f", {.create = true}));
  EXPECT_EQ(files.Truncate(file, 1000), 0);
  EXPECT_EQ(files.Map(file, 0, 1001), -EINVAL);
  const auto view = static_cast<WorldFiles::View>(files.Map(file, 0, 1000));
  EXPECT_EQ(files.Store(view, 996, AsBytes("abcd")), 4);
  EXPECT_EQ(files.Store(view, 997, AsBytes("abcd")), -EFAULT);
  EXPECT_EQ(files.Truncate(file, 998), 0);
  Bytes bytes(4);
  EXPECT_EQ(files.Store(view, 996, AsBytes("abcd")), -EFAULT);
  EXPECT_EQ(files.Load(view, 996, bytes), -EFAULT);
  EXPECT_EQ(files.Store(view, 996, AsBytes("yz")), 2);
  EXPECT_EQ(Content(files, "/f"), std::string(996, '\0') + "yz");
  EXPECT_EQ(files.Truncate(file, 1000), 0);
  EXPECT_EQ(files.Load(view, 996, bytes), 4);
  EXPECT_EQ(AsText(bytes), std::string("yz\0\0", 4));
  EXPECT_EQ(files.Store(view, 996, AsBytes("abcd")), 4);
  EXPECT_EQ(files.SyncView(view, 0, 1001, false), -ENOMEM);
}

// Each combination of flags on a file, on a directory and on a name that is
// free: whether it opens, what is left of the file and what the handle allows.
TEST(WorldFilesTest, FlagsOfOpenTogether) {
  for (const bool read : {false, true}) {
    for (uint32_t bits = 0; bits < 32; ++bits) {
      OpenFlags flags;
      flags.read = read;
      flags.write = (bits & 1) != 0;
      flags.create = (bits & 2) != 0;
      flags.exclusive = (bits & 4) != 0;
      flags.truncate = (bits & 8) != 0;
      flags.append = (bits & 16) != 0;
      SCOPED_TRACE(bits);
      CallLog log;
      WorldFiles files(log);
      const auto made =
          static_cast<WorldFiles::Handle>(files.Open("/f", {.create = true}));
      ASSERT_EQ(files.Write(made, 0, AsBytes("abc")), 3);
      ASSERT_EQ(files.MakeDirectory("/d"), 0);
      const bool refused = flags.create && flags.exclusive;
      if (refused) {
        EXPECT_EQ(files.Open("/f", flags), -EEXIST);
        EXPECT_EQ(files.Open("/d", flags), -EEXIST);
      } else {
        const int64_t directory = files.Open("/d", flags);
        EXPECT_EQ(std::min<int64_t>(directory, 0), flags.write ? -EISDIR : 0);
      }
      const int64_t fresh = files.Open("/new", flags);
      EXPECT_EQ(std::min<int64_t>(fresh, 0), flags.create ? 0 : -ENOENT);
      if (refused) {
        EXPECT_EQ(Content(files, "/f"), "abc");
        continue;
      }
      const int64_t opened = files.Open("/f", flags);
      ASSERT_GT(opened, 0);
      const auto handle = static_cast<WorldFiles::Handle>(opened);
      // A handle that does not write cuts nothing.
      std::string content = flags.truncate && flags.write ? "" : "abc";
      EXPECT_EQ(Content(files, "/f"), content);
      Bytes byte(1);
      EXPECT_EQ(files.Read(handle, 0, byte),
                read ? static_cast<int64_t>(content.empty() ? 0 : 1) : -EBADF);
      const int64_t written = files.Write(handle, 1, AsBytes("z"));
      EXPECT_EQ(written, flags.write ? 1 : -EBADF);
      if (flags.write && flags.append) {
        content += "z";
      } else if (flags.write) {
        content = content.empty() ? std::string("\0z", 2) : "azc";
      }
      EXPECT_EQ(Content(files, "/f"), content);
    }
  }
}

TEST(WorldFilesTest, AFailedSyncIsToldAndKept) {
  CallLog log;
  WorldFiles files(log);
  const auto handle =
      static_cast<WorldFiles::Handle>(files.Open("/f", {.create = true}));
  files.Fail(CallFailure::kSync, 0, 1);
  EXPECT_EQ(files.Sync(handle, SyncKind::kFsync), -EIO);
  EXPECT_EQ(files.Sync(handle, SyncKind::kFsync), 0);
  const auto backend = MakeSimfsBackend();
  const auto recorded =
      RecordCalls(*backend, log.calls(), kGeometry, "ext4-ordered");
  ASSERT_TRUE(recorded) << recorded.error().message;
}

TEST(WorldFilesTest, WritesFailWhereTheyAreToldTo) {
  CallLog log;
  WorldFiles files(log);
  const auto handle =
      static_cast<WorldFiles::Handle>(files.Open("/f", {.create = true}));
  files.Fail(CallFailure::kWrite, 1, 2);
  EXPECT_EQ(files.Write(handle, 0, AsBytes("abcd")), 4);
  EXPECT_EQ(files.Write(handle, 0, AsBytes("xxxx")), -EIO);
  EXPECT_EQ(files.Append(handle, AsBytes("xxxx")), -EIO);
  EXPECT_EQ(files.Write(handle, 4, AsBytes("e")), 1);
  files.Fail(CallFailure::kWriteFull, 0, 1);
  EXPECT_EQ(files.Write(handle, 0, AsBytes("xxxx")), -ENOSPC);
  files.Fail(CallFailure::kWriteShort, 0, 1);
  EXPECT_EQ(files.Write(handle, 0, AsBytes("ABC")), 1);
  EXPECT_EQ(Content(files, "/f"), "Abcde");
}

}  // namespace
}  // namespace powercut
