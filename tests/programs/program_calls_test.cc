// The calls of a program as bytes: each kind of call comes back as it was, and
// bytes that no recording makes are refused, whichever rule they break.

#include "programs/program_calls.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/system/packed_bytes.h"
#include "programs/file_attributes.h"

namespace powercut::programs {
namespace {

Call CallOf(OpKind kind, std::vector<std::string> names,
            std::vector<uint64_t> numbers = {}) {
  Call call;
  call.process = 12;
  call.program = "sh";
  call.op.kind = kind;
  call.op.names = std::move(names);
  call.op.numbers = std::move(numbers);
  call.path = call.op.names.empty() ? "" : call.op.names[0];
  return call;
}

Call WriteOf(const std::string& content, uint64_t offset) {
  Call call = CallOf(OpKind::kWrite, {"h1"}, {offset, content.size()});
  call.content = content;
  call.offset_bytes = offset;
  return call;
}

std::string PackedAttributes() {
  FileAttributes attributes;
  attributes.mode = 0100644;
  attributes.target = "x";
  std::string bytes;
  PackedWriter out(bytes);
  WriteAttributes(attributes, out);
  return bytes;
}

Calls AllCalls() {
  Calls calls = {CallOf(OpKind::kCreate, {"/f"}),
                 CallOf(OpKind::kMkdir, {"/d"}),
                 WriteOf("text", 512),
                 CallOf(OpKind::kTruncate, {"h1"}, {3}),
                 CallOf(OpKind::kFallocate, {"/f"}, {0, 4096}),
                 CallOf(OpKind::kRename, {"/f", "/d/g"}),
                 CallOf(OpKind::kLink, {"/d/g", "/h"}),
                 CallOf(OpKind::kUnlink, {"/h"}),
                 CallOf(OpKind::kRmdir, {"/d"}),
                 CallOf(OpKind::kSetTimes, {"/d/g"}, {77}),
                 CallOf(OpKind::kOpen, {"h2", "/d/g"}),
                 CallOf(OpKind::kClose, {"h2"}),
                 CallOf(OpKind::kFsync, {"h1"}),
                 CallOf(OpKind::kFdatasync, {"/d/g"}),
                 CallOf(OpKind::kSyncfs, {}),
                 CallOf(OpKind::kExchange, {"/a", "/b"})};
  calls[0].inode = 9;
  calls[0].attributes = PackedAttributes();
  calls[10].op.flags = {"direct"};
  Call line;
  line.kind = Call::kLine;
  line.content = "1";
  calls.push_back(line);
  return calls;
}

bool IsRefused(const Calls& calls) { return !DecodeCalls(EncodeCalls(calls)); }

TEST(CallBytesTest, EachKindOfCallComesBack) {
  for (const bool fails : {false, true}) {
    Calls calls = AllCalls();
    calls[12].fails = fails;
    calls[13].lies = fails;
    const std::string bytes = EncodeCalls(calls);
    const auto again = DecodeCalls(bytes);
    ASSERT_TRUE(again);
    ASSERT_EQ(again->size(), calls.size());
    EXPECT_EQ(EncodeCalls(*again), bytes);
    for (size_t i = 0; i < calls.size(); ++i) {
      EXPECT_EQ((*again)[i].op.kind, calls[i].op.kind);
      EXPECT_EQ((*again)[i].op.names, calls[i].op.names);
      EXPECT_EQ((*again)[i].op.numbers, calls[i].op.numbers);
      EXPECT_EQ((*again)[i].op.flags, calls[i].op.flags);
      EXPECT_EQ((*again)[i].op.number, i + 1);
      EXPECT_EQ((*again)[i].content, calls[i].content);
      EXPECT_EQ((*again)[i].fails, calls[i].fails);
      EXPECT_EQ((*again)[i].lies, calls[i].lies);
    }
    // No byte may be missing, and none may follow.
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(DecodeCalls(bytes.substr(0, size))) << size;
    }
    EXPECT_FALSE(DecodeCalls(bytes + '\0'));
  }
}

TEST(CallBytesTest, WhatNoRecordingMakesIsRefused) {
  using Change = std::function<void(Calls&)>;
  const std::vector<Change> kChanges = {
      [](Calls& c) { c[0].kind = Call::kAttempt; },
      [](Calls& c) { c[0].kind = Call::kStart; },
      [](Calls& c) { c[14].op.kind = OpKind::kRemount; },
      [](Calls& c) { c[14].op.kind = OpKind::kDiskFlush; },
      [](Calls& c) { c[0].op.names[0] = ""; },
      [](Calls& c) { c[0].op.names[0] = "f"; },
      [](Calls& c) { c[0].op.names[0] = "h"; },
      [](Calls& c) { c[0].op.names[0] = std::string("/a\0b", 4); },
      [](Calls& c) { c[5].op.names[1] = "g"; },
      [](Calls& c) { c[2].op.numbers[0] = 513; },
      [](Calls& c) { c[2].op.numbers[1] = 5; },
      [](Calls& c) { c[2].content = "texts"; },
      [](Calls& c) { c[0].attributes.pop_back(); },
      [](Calls& c) { c[0].attributes += "x"; },
      // Only a sync can fail as planned.
      [](Calls& c) { c[0].fails = true; },
      [](Calls& c) { c[11].lies = true; },
  };
  EXPECT_FALSE(IsRefused(AllCalls()));
  for (size_t i = 0; i < kChanges.size(); ++i) {
    Calls calls = AllCalls();
    kChanges[i](calls);
    EXPECT_TRUE(IsRefused(calls)) << "change " << i;
  }
}

// The newer version is for calls of which one failed.
TEST(CallBytesTest, TheVersionIsThatOfTheCalls) {
  Calls calls = {CallOf(OpKind::kFsync, {"h1"})};
  calls[0].fails = true;
  std::string bytes = EncodeCalls(calls);
  ASSERT_TRUE(DecodeCalls(bytes));
  bytes.back() = 0;
  EXPECT_FALSE(DecodeCalls(bytes));
}

}  // namespace
}  // namespace powercut::programs
