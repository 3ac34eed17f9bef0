// Tests which files have another time after a call: a table of calls, each with
// the files of which the bytes or the names changed (the time of the last
// change) and those of which anything changed (the time of the status), as on
// Linux.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <time.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/programs/recorded_volume.h"

namespace powercut::programs {
namespace {

using Names = std::set<std::string>;
using Times = std::map<std::string, std::pair<timespec, timespec>>;

bool Differ(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec || a.tv_nsec != b.tv_nsec;
}

// Lets the clock of files go on, however coarse it is.
void AwaitLaterTime() {
  timespec begin{};
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &begin);
  do {
    clock_gettime(CLOCK_REALTIME, &now);
  } while (!Differ(begin, now));
}

// The directories d and e, which is not empty, an empty directory g, and files:
// a and b in d, c in e. The files have 10 bytes and are open.
class Volume {
 public:
  Volume() {
    nodes_["/"] = kRootNode;
    for (const std::string name : {"d", "e", "g"}) {
      Made(name, recorded_.Make(name, S_IFDIR | 0755));
    }
    for (const auto& [name, directory] :
         {std::pair("a", "d"), {"b", "d"}, {"c", "e"}}) {
      uint64_t node = 0;
      EXPECT_EQ(files().Make(At(directory), name, S_IFREG | 0644, 0, "", node),
                0);
      Made(name, node);
      // All stay open, so that they have times without names, too.
      const Handle open = recorded_.Open(node);
      recorded_.Write(node, open, 0, "ten bytes.");
      if (std::string(name) == "a") handle = open;
    }
  }

  ProgramFiles& files() { return recorded_.files(); }
  uint64_t At(const std::string& name) const { return nodes_.at(name); }
  Times TimesNow() {
    Times times;
    for (const auto& [name, node] : nodes_) {
      struct stat facts{};
      EXPECT_EQ(files().Facts(node, facts), 0) << name;
      times[name] = {facts.st_mtim, facts.st_ctim};
    }
    return times;
  }

  // The file a is open through this handle.
  Handle handle = 0;

 private:
  void Made(const std::string& name, uint64_t node) { nodes_[name] = node; }

  Recorded recorded_;
  std::map<std::string, uint64_t> nodes_;
};

struct Row {
  std::string call;
  std::function<int(Volume&)> make;
  // The files with another time of the last change.
  Names changed;
  // The files with another time of the status.
  Names status;
  bool succeeds = true;
};

void ExpectTimes(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.call);
    Volume volume;
    const Times before = volume.TimesNow();
    AwaitLaterTime();
    EXPECT_EQ(row.make(volume) == 0, row.succeeds);
    Names changed;
    Names status;
    for (const auto& [name, times] : volume.TimesNow()) {
      if (Differ(times.first, before.at(name).first)) changed.insert(name);
      if (Differ(times.second, before.at(name).second)) status.insert(name);
    }
    EXPECT_EQ(changed, row.changed);
    EXPECT_EQ(status, row.status);
  }
}

int Make(Volume& v, const std::string& directory, mode_t mode,
         const std::string& name) {
  uint64_t node = 0;
  return v.files().Make(v.At(directory), name, mode, 0, "", node);
}
int Rename(Volume& v, const std::string& from, const std::string& name,
           const std::string& to, const std::string& new_name,
           unsigned flags = 0) {
  return v.files().Rename(v.At(from), name, v.At(to), new_name, flags);
}
int Set(Volume& v, const ProgramFiles::Wanted& wanted) {
  return v.files().Set(v.At("a"), wanted, v.handle);
}

TEST(ProgramTimesTest, CallsOnNamesChangeBothDirectories) {
  const auto x = RENAME_EXCHANGE;
  ExpectTimes({
      {"create",
       [](Volume& v) { return Make(v, "d", S_IFREG | 0644, "n"); },
       {"d"},
       {"d"}},
      {"mkdir",
       [](Volume& v) { return Make(v, "e", S_IFDIR | 0755, "n"); },
       {"e"},
       {"e"}},
      {"unlink",
       [](Volume& v) { return v.files().Unlink(v.At("d"), "b"); },
       {"d"},
       {"b", "d"}},
      {"rmdir",
       [](Volume& v) { return v.files().RemoveDirectory(kRootNode, "g"); },
       {"/"},
       {"/"}},
      {"link",
       [](Volume& v) { return v.files().Link(v.At("a"), v.At("e"), "n"); },
       {"e"},
       {"a", "e"}},
      {"rename in d",
       [](Volume& v) { return Rename(v, "d", "a", "d", "n"); },
       {"d"},
       {"a", "d"}},
      {"rename to e",
       [](Volume& v) { return Rename(v, "d", "a", "e", "n"); },
       {"d", "e"},
       {"a", "d", "e"}},
      {"rename over c",
       [](Volume& v) { return Rename(v, "d", "a", "e", "c"); },
       {"d", "e"},
       {"a", "c", "d", "e"}},
      {"rename of a directory",
       [](Volume& v) { return Rename(v, "/", "g", "e", "n"); },
       {"/", "e"},
       {"/", "e", "g"}},
      {"exchange in d",
       [=](Volume& v) { return Rename(v, "d", "a", "d", "b", x); },
       {"d"},
       {"a", "b", "d"}},
      {"exchange with e",
       [=](Volume& v) { return Rename(v, "d", "a", "e", "c", x); },
       {"d", "e"},
       {"a", "c", "d", "e"}},
  });
}

TEST(ProgramTimesTest, CallsOnBytesChangeTheFile) {
  size_t count = 0;
  Bytes out(10);
  const auto allocate = [](Volume& v, int mode, uint64_t at, uint64_t bytes) {
    return v.files().Allocate(v.At("a"), v.handle, mode, at, bytes);
  };
  const Names a = {"a"};
  ExpectTimes({
      {"write",
       [&](Volume& v) {
         return v.files().Write(v.At("a"), v.handle, 0, Bytes(1), count);
       },
       a, a},
      {"cut", [](Volume& v) { return Set(v, {.size_bytes = 3}); }, a, a},
      {"grow", [](Volume& v) { return Set(v, {.size_bytes = 30}); }, a, a},
      {"open to cut",
       [](Volume& v) { return v.files().Open(v.At("a"), O_TRUNC, v.handle); },
       a, a},
      {"allocate", [=](Volume& v) { return allocate(v, 0, 0, 20); }, a, a},
      {"zero",
       [=](Volume& v) { return allocate(v, FALLOC_FL_ZERO_RANGE, 0, 5); }, a,
       a},
      {"punch",
       [=](Volume& v) {
         return allocate(v, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5);
       },
       a, a},
      {"read",
       [&](Volume& v) { return v.files().Read(v.handle, 0, out, count); },
       {},
       {}},
      {"sync",
       [](Volume& v) { return v.files().Sync(v.handle, false); },
       {},
       {}},
      {"open",
       [](Volume& v) { return v.files().Open(v.At("a"), O_RDWR, v.handle); },
       {},
       {}},
      {"keep size",
       [=](Volume& v) { return allocate(v, FALLOC_FL_KEEP_SIZE, 0, 90); },
       {},
       {}},
  });
}

TEST(ProgramTimesTest, CallsOnAttributesChangeTheStatus) {
  const Names a = {"a"};
  ExpectTimes({
      {"chmod", [](Volume& v) { return Set(v, {.permissions = 0600}); }, {}, a},
      {"chown", [](Volume& v) { return Set(v, {.owner = 7}); }, {}, a},
      {"chgrp", [](Volume& v) { return Set(v, {.group = 7}); }, {}, a},
      {"atime", [](Volume& v) { return Set(v, {.accessed_ns = 7}); }, {}, a},
      {"mtime", [](Volume& v) { return Set(v, {.changed_ns = 7}); }, a, a},
      {"touch", [](Volume& v) { return Set(v, {.changed_now = true}); }, a, a},
      {"setxattr",
       [](Volume& v) {
         return v.files().SetExtended(v.At("a"), "user.x", "1", 0);
       },
       {},
       a},
  });
}

TEST(ProgramTimesTest, CallsThatFailChangeNothing) {
  ExpectTimes({
      {"create",
       [](Volume& v) { return Make(v, "d", S_IFREG | 0644, "a"); },
       {},
       {},
       false},
      {"unlink",
       [](Volume& v) { return v.files().Unlink(v.At("d"), "n"); },
       {},
       {},
       false},
      {"rmdir",
       [](Volume& v) { return v.files().RemoveDirectory(kRootNode, "d"); },
       {},
       {},
       false},
      {"link",
       [](Volume& v) { return v.files().Link(v.At("a"), v.At("e"), "c"); },
       {},
       {},
       false},
      {"rename",
       [](Volume& v) { return Rename(v, "d", "n", "e", "c"); },
       {},
       {},
       false},
      {"rename without replacing",
       [](Volume& v) {
         return Rename(v, "d", "a", "e", "c", RENAME_NOREPLACE);
       },
       {},
       {},
       false},
      {"exchange",
       [](Volume& v) { return Rename(v, "d", "a", "e", "n", RENAME_EXCHANGE); },
       {},
       {},
       false},
      {"rename to itself",
       [](Volume& v) { return Rename(v, "d", "a", "d", "a"); },
       {},
       {}},
      {"removexattr",
       [](Volume& v) { return v.files().RemoveExtended(v.At("a"), "user.x"); },
       {},
       {},
       false},
  });
}

}  // namespace
}  // namespace powercut::programs
