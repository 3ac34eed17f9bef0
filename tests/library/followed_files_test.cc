// How a file is followed over the calls of a program, against a plain table of
// names: which syncs were of the file, what it is called at the crash, and that
// it does not matter in which order somebody asks.

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "library/states/call_losses.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

// A program that writes to /a, and then does random things with four names.
struct Program {
  explicit Program(uint64_t seed) {
    Prng random(seed);
    leads_to = {{"/a", 0}};
    Add(OpKind::kWrite, {"/a"});
    for (int i = 0; i < 12; ++i) {
      const std::string x = Name(random);
      const std::string y = Name(random);
      const bool has_x = leads_to.contains(x);
      const bool has_y = leads_to.contains(y);
      switch (random.Below(7)) {
        case 0:
          if (has_x) continue;
          leads_to[x] = next_file++;
          Add(OpKind::kCreate, {x});
          break;
        case 1:
          if (!has_x || x == y) continue;
          if (has_y && leads_to[x] == leads_to[y]) continue;
          leads_to[y] = leads_to[x];
          leads_to.erase(x);
          Add(OpKind::kRename, {x, y});
          break;
        case 2:
          if (!has_x || has_y) continue;
          leads_to[y] = leads_to[x];
          Add(OpKind::kLink, {x, y});
          break;
        case 3:
          if (!has_x) continue;
          leads_to.erase(x);
          Add(OpKind::kUnlink, {x});
          break;
        case 4:
          if (!has_x || !has_y || x == y) continue;
          std::swap(leads_to[x], leads_to[y]);
          Add(OpKind::kExchange, {x, y});
          break;
        case 5:
          if (!random.OneIn(8)) continue;
          synced = for_macos = true;
          Add(OpKind::kSyncfs, {});
          break;
        default: {
          if (!has_x) continue;
          const OpKind kind = random.OneIn(3)   ? OpKind::kFullFsync
                              : random.OneIn(2) ? OpKind::kFsync
                                                : OpKind::kFdatasync;
          synced |= leads_to[x] == 0;
          for_macos |= leads_to[x] == 0 && kind == OpKind::kFullFsync;
          Add(kind, {x});
        }
      }
      gone |= NamesOfFile().empty();
    }
    // The program goes on, so that the sync is missing and not in flight.
    Add(OpKind::kCreate, {"/other"});
    after.resize(calls.size());
    std::iota(after.begin(), after.end(), 1);
  }

  static std::string Name(Prng& random) {
    return std::string("/") + static_cast<char>('a' + random.Below(4));
  }

  void Add(OpKind kind, std::vector<std::string> names) {
    Call& call = calls.emplace_back();
    call.op.kind = kind;
    call.op.names = std::move(names);
  }

  std::set<std::string> NamesOfFile() const {
    std::set<std::string> names;
    for (const auto& [name, file] : leads_to) {
      if (file == 0) names.insert(name.substr(1));
    }
    return names;
  }

  Calls calls;
  std::vector<EventNumber> after;
  std::map<std::string, int> leads_to;
  int next_file = 1;
  // Whether a sync kept what the file holds, and whether it did so where a sync
  // of a file stops at the cache of the device.
  bool synced = false;
  bool for_macos = false;
  // Whether the file was without a name at some time.
  bool gone = false;
};

Trace TraceOf(const Program& program) {
  Trace trace = EmptyTrace(64);
  for (uint32_t i = 0; i < program.calls.size(); ++i) {
    Write(trace, i, {i}, Layer::kDevice);
  }
  return trace;
}

TEST(FollowedFilesTest, SyncsCountByTheFileThatTheNameLeadsTo) {
  int synced = 0;
  for (uint64_t seed = 0; seed < 6000; ++seed) {
    const Program program(seed);
    if (program.gone) continue;
    const Trace trace = TraceOf(program);
    const auto missing = [&](std::string_view profile) -> std::string {
      const CallLosses losses({program.calls, program.after}, trace,
                              *FindProfile(profile));
      const auto* const loss = losses.LossOf({1, 0}, program.after.back());
      if (loss == nullptr) return "no loss";
      EXPECT_TRUE(program.NamesOfFile().contains(loss->thing.path)) << seed;
      return loss->how.missing;
    };
    EXPECT_EQ(missing("linux-man"), program.synced ? "none" : "fdatasync")
        << seed;
    EXPECT_EQ(missing("macos"), program.for_macos ? "none" : "full_fsync")
        << seed;
    synced += program.synced ? 1 : 0;
  }
  EXPECT_GT(synced, 100);
}

TEST(FollowedFilesTest, TheOrderOfTheQuestionsDoesNotMatter) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Program program(seed);
    const Trace trace = TraceOf(program);
    const IssuedCalls issued{program.calls, program.after};
    const CallLosses one(issued, trace, *FindProfile("linux-man"));
    Prng random(seed);
    for (int i = 0; i < 20; ++i) {
      const auto point =
          static_cast<EventNumber>(1 + random.Below(program.calls.size()));
      const auto event = static_cast<EventNumber>(1 + random.Below(point));
      const WrittenSector write{event, event - 1};
      const CallLosses fresh(issued, trace, *FindProfile("linux-man"));
      const auto* const told = one.LossOf(write, point);
      const auto* const expected = fresh.LossOf(write, point);
      ASSERT_EQ(told != nullptr, expected != nullptr);
      if (told == nullptr) continue;
      EXPECT_EQ(told->thing, expected->thing) << seed;
      EXPECT_EQ(told->how.what, expected->how.what) << seed;
      EXPECT_EQ(told->how.missing, expected->how.missing) << seed;
    }
  }
}

}  // namespace
}  // namespace powercut
