// Tests the looks at names that a recording keeps: what was added is found
// again, bounds end the looks, and texts that no recorder wrote are refused.

#include "harness/trace/ack_looks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

VolumeEntry File(const std::string& path, uint64_t size_bytes,
                 int64_t changed_ns = 7) {
  return {path, false, size_bytes, changed_ns};
}
VolumeEntry Folder(const std::string& path) { return {path, true, 0, 5}; }

// Random looks: names come, go and change from look to look.
std::vector<VolumeLook> RandomLooks(uint64_t seed, size_t count) {
  Prng prng(seed);
  const std::vector<std::string> names = {"/a",     "/b c",  "/d",
                                          "/d/\n-", "/d/\\", "/look 3"};
  std::vector<VolumeLook> looks;
  for (size_t i = 0; i < count; ++i) {
    VolumeLook look;
    for (const std::string& name : names) {
      if (prng.Below(3) == 0) continue;
      look.entries.push_back(
          prng.Below(4) == 0 ? Folder(name)
                             : File(name, prng.Below(3),
                                    static_cast<int64_t>(prng.Below(3)) - 1));
    }
    std::ranges::sort(look.entries, {}, &VolumeEntry::path);
    looks.push_back(std::move(look));
  }
  return looks;
}

TEST(AckLooksTest, EachLookIsFoundAgainAlsoAfterParsing) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<VolumeLook> looks = RandomLooks(seed, 12);
    AckLooks kept;
    // Some acks have no look of their own.
    for (size_t i = 0; i < looks.size(); ++i) kept.Add(2 * i + 1, looks[i]);
    const auto parsed = AckLooks::Parse(kept.text());
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->text(), kept.text());
    EXPECT_EQ(parsed->last(), 2 * looks.size() - 1);
    for (size_t i = 0; i < looks.size(); ++i) {
      EXPECT_EQ(parsed->At(2 * i + 1), looks[i]);
      EXPECT_EQ(parsed->At(2 * i + 2), std::nullopt);
    }
    EXPECT_EQ(parsed->At(0), std::nullopt);
  }
}

TEST(AckLooksTest, OnlyWhatChangedIsWritten) {
  AckLooks looks;
  looks.Add(1, {{Folder("/d"), File("/d/a", 3)}, false});
  looks.Add(2, {{Folder("/d"), File("/d/b", 0)}, false});
  EXPECT_EQ(looks.text(),
            "look 1\nd 5 /d\nf 3 7 /d/a\nlook 2\nf 0 7 /d/b\n- /d/a\n");
}

TEST(AckLooksTest, ALookThatWasCutEndsTheLooks) {
  AckLooks looks;
  looks.Add(1, {{File("/a", 1)}, false});
  EXPECT_EQ(looks.EntriesLeft(), AckLooks::kEntriesMax);
  looks.Add(2, {{File("/b", 1)}, /*cut=*/true});
  EXPECT_TRUE(looks.bounded());
  EXPECT_EQ(looks.EntriesLeft(), 0u);
  EXPECT_EQ(looks.last(), 1u);
  EXPECT_EQ(looks.At(2), std::nullopt);
  const auto parsed = AckLooks::Parse(looks.text());
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->bounded());
  EXPECT_EQ(parsed->At(1)->entries.size(), 1u);
}

TEST(AckLooksTest, TooManyVisitsEndTheLooks) {
  AckLooks looks;
  VolumeLook look;
  for (int i = 0; i < 4000; ++i) {
    look.entries.push_back(File("/" + std::to_string(10000 + i), 0));
  }
  uint64_t acks = 0;
  while (looks.EntriesLeft() >= look.entries.size()) looks.Add(++acks, look);
  EXPECT_EQ(acks, AckLooks::kVisitsMax / 4000);
  // The last look uses up the bound, and says that there will be no other.
  ASSERT_EQ(acks * 4000, AckLooks::kVisitsMax);
  EXPECT_TRUE(looks.bounded());
  EXPECT_TRUE(looks.text().ends_with("\nbounded\n"));
  EXPECT_LT(looks.text().size(), AckLooks::kTextBytesMax);
}

TEST(AckLooksTest, WrongTextsAreRefusedByLine) {
  const std::map<std::string, std::string> wrong = {
      {"f 1 2 /a\n", "line 1"},
      {"look 0\n", "line 1"},
      {"look 1\nlook 1\n", "line 2"},
      {"look 1", "line 0"},
      {"look 1\nf 1 /a\n", "line 2"},
      {"look 1\nf 1 2 a\n", "line 2"},
      {"look 1\nf -1 2 /a\n", "line 2"},
      {"look 1\nd 2 /a\\x\n", "line 2"},
      {"look 1\nd 2 /a\\\n", "line 2"},
      {"look 1\n- /a\n", "line 2"},
      {"look 1\nbounded\nlook 2\n", "line 2"},
      {"look 99999999999999999999\n", "line 1"},
  };
  for (const auto& [text, place] : wrong) {
    SCOPED_TRACE(text);
    const auto parsed = AckLooks::Parse(text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ErrorCode::kBadInput);
    EXPECT_NE(parsed.error().message.find(place), std::string::npos)
        << parsed.error().message;
  }
  EXPECT_TRUE(AckLooks::Parse(""));
}

// Damage is refused or gives other names, and never more than that.
TEST(AckLooksTest, FlippedBytesAreHarmless) {
  AckLooks looks;
  uint64_t acks = 0;
  for (const VolumeLook& look : RandomLooks(3, 8)) looks.Add(++acks, look);
  const std::string text = looks.text();
  for (size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto parsed = AckLooks::Parse(damaged);
      if (!parsed) continue;
      for (uint64_t i = 1; i <= acks; ++i) parsed->At(i);
    }
  }
}

}  // namespace
}  // namespace powercut
