// What programs do to files while they are recorded, and what they see of them
// after a crash, without the kernel between.

#include "programs/program_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>
#include <sys/xattr.h>

#include <memory>
#include <string>

#include "backends/simfs/simfs_backend.h"
#include "harness/trace/op_history.h"
#include "harness/trace/recording_disk.h"
#include "library/calls/record_calls.h"
#include "programs/program_backend.h"
#include "programs/program_calls.h"
#include "tests/programs/recorded_volume.h"

namespace powercut::programs {
namespace {

std::vector<std::string> NamesIn(ProgramFiles& files) {
  std::vector<ProgramFiles::Entry> entries;
  EXPECT_EQ(files.List(kRootNode, entries), 0);
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

nlink_t LinksOf(ProgramFiles& files, uint64_t node) {
  struct stat facts{};
  EXPECT_EQ(files.Facts(node, facts), 0);
  return facts.st_nlink;
}

// A file of O_TMPFILE has no name until it is linked. The crash after the last
// call of `calls` shows no other name either.
TEST(ProgramFilesTest, FilesWithoutNamesCanGetOne) {
  Recorded volume;
  ProgramFiles& files = volume.files();
  uint64_t node = 0;
  ASSERT_EQ(files.MakeUnnamed(kRootNode, S_IFREG | 0640, node), 0);
  const Handle handle = volume.Open(node);
  volume.Write(node, handle, 0, "text");
  EXPECT_EQ(files.Sync(handle, false), 0);
  EXPECT_THAT(NamesIn(files), testing::IsEmpty());
  EXPECT_EQ(LinksOf(files, node), 0u);
  // Nobody can reach or take the name that simfs knows it by.
  uint64_t other = 0;
  EXPECT_EQ(files.Lookup(kRootNode, ".powercut-unnamed-1", other), ENOENT);
  EXPECT_EQ(files.Make(kRootNode, ".powercut-unnamed-2", S_IFREG | 0644, 0, "",
                       other),
            EINVAL);
  Crashed before(volume.disk().trace(), volume.disk().trace().event_count(),
                 files.calls());
  EXPECT_THAT(NamesIn(before.files()), testing::IsEmpty());

  volume.Make("taken");
  EXPECT_EQ(files.Link(node, kRootNode, "taken"), EEXIST);
  EXPECT_EQ(files.Link(node, kRootNode, "named"), 0);
  EXPECT_EQ(files.Link(node, kRootNode, "again"), 0);
  EXPECT_THAT(NamesIn(files), testing::ElementsAre("again", "named", "taken"));
  EXPECT_EQ(LinksOf(files, node), 2u);
  files.Close(handle);
  Crashed after(volume.disk().trace(), volume.disk().trace().event_count(),
                files.calls());
  EXPECT_THAT(NamesIn(after.files()),
              testing::ElementsAre("again", "named", "taken"));
  EXPECT_EQ(after.PermissionsOf("named"), 0640u);
}

TEST(ProgramFilesTest, FilesWithoutNamesGoWithTheLastHandle) {
  Recorded volume;
  ProgramFiles& files = volume.files();
  uint64_t node = 0;
  ASSERT_EQ(files.MakeUnnamed(kRootNode, S_IFREG | 0640, node), 0);
  const Handle first = volume.Open(node);
  const Handle second = volume.Open(node);
  files.Close(first);
  EXPECT_NE(files.calls().back().op.kind, OpKind::kUnlink);
  files.Close(second);
  EXPECT_EQ(files.calls().back().op.kind, OpKind::kUnlink);
  EXPECT_EQ(files.Link(node, kRootNode, "late"), ENOENT);
}

TEST(ProgramFilesTest, TheCallsAgainMakeTheSameTrace) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  const Handle handle = volume.Open(a);
  volume.Write(a, handle, 0, "some text");
  EXPECT_EQ(volume.files().Sync(handle, /*data_only=*/false), 0);
  EXPECT_EQ(volume.files().Set(a, {.permissions = 0600}, 0), 0);
  volume.Make("d", S_IFDIR | 0755);
  EXPECT_EQ(volume.files().Rename(kRootNode, "a", kRootNode, "b", 0), 0);
  volume.files().AddLine("done");
  EXPECT_EQ(volume.files().SyncVolume(), 0);
  volume.files().Close(handle);

  const std::string bytes = EncodeCalls(volume.files().calls());
  const auto calls = DecodeCalls(bytes);
  ASSERT_TRUE(calls) << calls.error().message;
  EXPECT_EQ(EncodeCalls(*calls), bytes);
  ProgramBackend backend;
  const auto again = RecordCalls(backend, *calls, kGeometry, "linux-man");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->recording.trace.Digest(), volume.disk().trace().Digest());
  EXPECT_THAT(
      again->recording.trace.marks(),
      testing::Contains(testing::Field(&Mark::text, "powercut:ack done")));
}

TEST(ProgramFilesTest, FilesHaveTheNumbersThatTheCallsSay) {
  Recorded volume;
  volume.Make("a");
  volume.Make("d", S_IFDIR | 0755);
  volume.Make("b");
  std::map<std::string, uint32_t> said;
  for (const Call& call : volume.files().calls()) {
    if (call.inode != 0) said[call.op.names.at(0)] = call.inode;
  }
  for (const ObservedEntry& entry : volume.mount().Observe().entries) {
    EXPECT_EQ(said[entry.path], entry.file_id) << entry.path;
  }
  EXPECT_EQ(said.size(), 3u);
}

// The attributes of a file are those that its times in simfs name, so that a
// crash can leave the old ones or the new ones, and never others.
TEST(ProgramFilesTest, ACrashLeavesOldOrNewPermissions) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  const EventNumber made = volume.disk().trace().event_count();
  EXPECT_EQ(volume.files().Set(a, {.permissions = 0600}, 0), 0);
  const EventNumber changed = volume.disk().trace().event_count();
  EXPECT_EQ(volume.files().Set(a, {.permissions = 0640}, 0), 0);
  const EventNumber end = volume.disk().trace().event_count();
  const Trace& trace = volume.disk().trace();
  const Calls& calls = volume.files().calls();
  EXPECT_EQ(Crashed(trace, 0, calls).PermissionsOf("a"), 0u);
  EXPECT_EQ(Crashed(trace, made, calls).PermissionsOf("a"), 0644u);
  EXPECT_EQ(Crashed(trace, changed, calls).PermissionsOf("a"), 0600u);
  EXPECT_EQ(Crashed(trace, end, calls).PermissionsOf("a"), 0640u);
}

TEST(ProgramFilesTest, LinksAndExtendedAttributesComeBack) {
  Recorded volume;
  uint64_t link = 0;
  EXPECT_EQ(
      volume.files().Make(kRootNode, "link", S_IFLNK | 0777, 0, "a/b", link),
      0);
  const uint64_t a = volume.Make("a");
  EXPECT_EQ(volume.files().SetExtended(a, "user.x", "value", 0), 0);
  EXPECT_EQ(volume.files().SetExtended(a, "user.x", "v", XATTR_CREATE), EEXIST);
  EXPECT_EQ(volume.files().SetExtended(a, "user.y", "v", XATTR_REPLACE),
            ENODATA);
  EXPECT_EQ(volume.files().Set(a, {.changed_ns = 1'000'000'007}, 0), 0);
  Crashed crashed(volume.disk().trace(), volume.disk().trace().event_count(),
                  volume.files().calls());
  std::vector<ProgramFiles::Entry> entries;
  EXPECT_EQ(crashed.files().List(kRootNode, entries), 0);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].type, mode_t{S_IFLNK});
  uint64_t node = 0;
  std::string text;
  ASSERT_EQ(crashed.files().Lookup(kRootNode, "link", node), 0);
  EXPECT_EQ(crashed.files().ReadLink(node, text), 0);
  EXPECT_EQ(text, "a/b");
  ASSERT_EQ(crashed.files().Lookup(kRootNode, "a", node), 0);
  EXPECT_EQ(crashed.files().GetExtended(node, "user.x", text), 0);
  EXPECT_EQ(text, "value");
  struct stat facts{};
  EXPECT_EQ(crashed.files().Facts(node, facts), 0);
  EXPECT_EQ(facts.st_mtim.tv_sec, 1);
  EXPECT_EQ(facts.st_mtim.tv_nsec, 7);
}

TEST(ProgramFilesTest, AFileWithoutANameLivesAsLongAsItIsOpen) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  const Handle handle = volume.Open(a);
  EXPECT_EQ(volume.files().Unlink(kRootNode, "a"), 0);
  volume.Write(a, handle, 0, "still here");
  Bytes out(20);
  size_t bytes = 0;
  EXPECT_EQ(volume.files().Read(handle, 0, out, bytes), 0);
  EXPECT_EQ(AsText(ByteSpan(out).first(bytes)), "still here");
  struct stat facts{};
  EXPECT_EQ(volume.files().Facts(a, facts), 0);
  EXPECT_EQ(facts.st_nlink, 0u);
  EXPECT_EQ(facts.st_size, 10);
  uint64_t node = 0;
  EXPECT_EQ(volume.files().Lookup(kRootNode, "a", node), ENOENT);
}

TEST(ProgramFilesTest, AFileThatAnotherOneReplacedIsAFileOfItsOwn) {
  Recorded volume;
  ProgramFiles& files = volume.files();
  const uint64_t old = volume.Make("a");
  const Handle of_old = volume.Open(old);
  const uint64_t fresh = volume.Make("b");
  volume.Write(fresh, volume.Open(fresh), 0, "the new one");
  ASSERT_EQ(files.Rename(kRootNode, "b", kRootNode, "a", 0), 0);
  volume.Write(old, of_old, 0, "the old");
  EXPECT_EQ(files.Set(old, {.permissions = 0600, .size_bytes = 3}, of_old), 0);
  struct stat facts{};
  EXPECT_EQ(files.Facts(old, facts), 0);
  EXPECT_EQ(facts.st_nlink, 0u);
  EXPECT_EQ(facts.st_size, 3);
  EXPECT_EQ(facts.st_mode & 07777, 0600u);
  EXPECT_EQ(files.Facts(fresh, facts), 0);
  EXPECT_EQ(facts.st_nlink, 1u);
  EXPECT_EQ(facts.st_size, 11);
  EXPECT_EQ(facts.st_mode & 07777, 0644u);
  // What was done to the old file must not reach the name after a crash either.
  Crashed crashed(volume.disk().trace(), volume.disk().trace().event_count(),
                  files.calls());
  EXPECT_EQ(crashed.PermissionsOf("a"), 0644u);
}

TEST(ProgramFilesTest, RenamesDoWhatTheirFlagsSay) {
  Recorded volume;
  volume.Make("a");
  const uint64_t b = volume.Make("b", S_IFREG | 0600);
  constexpr unsigned kNoReplace = 1;
  constexpr unsigned kExchange = 2;
  ProgramFiles& files = volume.files();
  EXPECT_EQ(files.Rename(kRootNode, "a", kRootNode, "b", kNoReplace), EEXIST);
  EXPECT_EQ(files.Rename(kRootNode, "a", kRootNode, "b", kExchange), 0);
  EXPECT_EQ(files.calls().back().op.kind, OpKind::kExchange);
  uint64_t node = 0;
  EXPECT_EQ(files.Lookup(kRootNode, "a", node), 0);
  EXPECT_EQ(node, b);
  Crashed after(volume.disk().trace(), volume.disk().trace().event_count(),
                files.calls());
  EXPECT_EQ(after.PermissionsOf("a"), 0600u);
  EXPECT_EQ(after.PermissionsOf("b"), 0644u);
  EXPECT_EQ(files.Rename(kRootNode, "a", kRootNode, "no", kExchange), ENOENT);
  constexpr unsigned kWhiteout = 4;
  EXPECT_EQ(files.Rename(kRootNode, "a", kRootNode, "c", kWhiteout), EINVAL);
  EXPECT_EQ(files.Rename(kRootNode, "b", kRootNode, "c", kNoReplace), 0);
  EXPECT_EQ(files.Rename(kRootNode, "a", kRootNode, "b", 0), 0);
  EXPECT_EQ(files.Link(b, kRootNode, "b2"), 0);
  // Two names of one file: POSIX does nothing.
  EXPECT_EQ(files.Rename(kRootNode, "b", kRootNode, "b2", 0), 0);
  EXPECT_EQ(files.Lookup(kRootNode, "b", node), 0);
  EXPECT_EQ(node, b);
  // The flag refuses a name that is there, whatever it leads to; an exchange of
  // the two succeeds and changes nothing.
  EXPECT_EQ(files.Rename(kRootNode, "b", kRootNode, "b2", kNoReplace), EEXIST);
  EXPECT_EQ(files.Rename(kRootNode, "b", kRootNode, "b2", kExchange), 0);
}

TEST(ProgramFilesTest, HolesAreZeros) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  const Handle handle = volume.Open(a);
  volume.Write(a, handle, 0, std::string(3000, 'x'));
  constexpr int kHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  EXPECT_EQ(volume.files().Allocate(a, handle, kHole, 1000, 9000), 0);
  EXPECT_EQ(
      volume.files().Allocate(a, handle, FALLOC_FL_COLLAPSE_RANGE, 0, 4096),
      EOPNOTSUPP);
  Bytes out(4000);
  size_t bytes = 0;
  EXPECT_EQ(volume.files().Read(handle, 0, out, bytes), 0);
  EXPECT_EQ(std::string(AsText(ByteSpan(out).first(bytes))),
            std::string(1000, 'x') + std::string(2000, '\0'));
}

TEST(ProgramFilesTest, AFullDiskStaysFull) {
  Recorded volume({512, 256});
  const uint64_t a = volume.Make("a");
  const Handle handle = volume.Open(a);
  int error = 0;
  size_t written = 0;
  for (int i = 0; i < 1000 && error == 0; ++i) {
    error = volume.files().Write(a, handle, 0, AsBytes(std::string(4096, 'x')),
                                 written);
  }
  EXPECT_EQ(error, ENOSPC);
  EXPECT_TRUE(volume.files().full());
  uint64_t node = 0;
  EXPECT_EQ(volume.files().Make(kRootNode, "b", S_IFREG | 0644, 0, "", node),
            ENOSPC);
}

TEST(ProgramFilesTest, ARecoveryChangesMemoryOnly) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  const Handle handle = volume.Open(a);
  volume.Write(a, handle, 0, "before");
  const Trace& trace = volume.disk().trace();
  Crashed crashed(trace, trace.event_count(), volume.files().calls());
  uint64_t node = 0;
  ASSERT_EQ(crashed.files().Lookup(kRootNode, "a", node), 0);
  Handle own = 0;
  ASSERT_EQ(crashed.files().Open(node, O_RDWR, own), 0);
  size_t written = 0;
  EXPECT_EQ(crashed.files().Write(node, own, 0, AsBytes("after!"), written), 0);
  EXPECT_EQ(crashed.files().Set(node, {.permissions = 0400}, own), 0);
  EXPECT_EQ(crashed.PermissionsOf("a"), 0400u);
  EXPECT_TRUE(crashed.files().calls().empty());
}

// Calls without failures have the bytes that earlier versions read.
TEST(ProgramCallsTest, FailuresOfSyncsAreKept) {
  Recorded volume;
  volume.files().Plan({CallFailure::kSync, 1, 1});
  volume.files().Plan({CallFailure::kSyncLies, 2, 1});
  const Handle handle = volume.Open(volume.Make("a"));
  EXPECT_EQ(volume.files().Sync(handle, true), 0);
  EXPECT_EQ(EncodeCalls(volume.files().calls())[0], 1);
  EXPECT_EQ(volume.files().Sync(handle, true), EIO);
  EXPECT_EQ(volume.files().Sync(handle, true), 0);
  const std::string bytes = EncodeCalls(volume.files().calls());
  EXPECT_EQ(bytes[0], 2);
  const auto calls = DecodeCalls(bytes);
  ASSERT_TRUE(calls) << calls.error().message;
  ASSERT_GE(calls->size(), 3u);
  const Calls last(calls->end() - 3, calls->end());
  EXPECT_FALSE(last[0].fails || last[0].lies);
  EXPECT_TRUE(last[1].fails && !last[1].lies);
  EXPECT_TRUE(!last[2].fails && last[2].lies);
}

// Bytes of the version with failures in which nothing failed would be written
// in the first version, so they are not what powercut wrote.
TEST(ProgramCallsTest, CallsHaveOneVersion) {
  Call sync;
  sync.op.kind = OpKind::kSyncfs;
  std::string bytes = EncodeCalls({sync});
  ASSERT_TRUE(DecodeCalls(bytes));
  bytes[0] = 2;
  bytes += '\0';  // the call did not fail
  EXPECT_FALSE(DecodeCalls(bytes));
  bytes.back() = 1;  // it failed
  EXPECT_TRUE(DecodeCalls(bytes));
  EXPECT_TRUE(DecodeCalls(std::string_view("\1\0", 2)));
  EXPECT_FALSE(DecodeCalls(std::string_view("\2\0", 2)));
}

// A number that does not fit is refused; it is not cut to one that does.
TEST(ProgramCallsTest, NumbersAreNotCut) {
  Call line;
  line.kind = Call::kLine;
  const std::string bytes = EncodeCalls({line});
  ASSERT_TRUE(DecodeCalls(bytes));
  ASSERT_EQ(bytes[2], Call::kLine);
  // The number 256 + kLine, in two groups of seven bits.
  const std::string wider =
      bytes.substr(0, 2) +
      std::string{static_cast<char>(0x80 | Call::kLine), static_cast<char>(2)} +
      bytes.substr(3);
  EXPECT_FALSE(DecodeCalls(wider));
}

TEST(ProgramCallsTest, DamagedBytesAreRefused) {
  Recorded volume;
  const uint64_t a = volume.Make("a");
  const Handle handle = volume.Open(a);
  volume.Write(a, handle, 0, "text");
  volume.files().AddLine("ack");
  const std::string bytes = EncodeCalls(volume.files().calls());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeCalls(bytes.substr(0, size))) << size;
  }
  // No damage of one byte makes it crash; many make no sense.
  size_t refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    refused += DecodeCalls(damaged) ? 0 : 1;
  }
  EXPECT_GT(refused, bytes.size() / 4);
}

}  // namespace
}  // namespace powercut::programs
