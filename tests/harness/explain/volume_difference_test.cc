// Tests the words for how two trees differ.

#include "harness/explain/volume_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace powercut {
namespace {

ObservedEntry File(const std::string& path, const std::string& content) {
  ObservedEntry entry;
  entry.path = path;
  entry.content = content;
  entry.size_bytes = content.size();
  return entry;
}
ObservedEntry Folder(const std::string& path) {
  ObservedEntry entry;
  entry.path = path;
  entry.is_directory = true;
  return entry;
}
ObservedEntry Damaged(const std::string& path) {
  ObservedEntry entry;
  entry.path = path;
  entry.unreadable = "EUCLEAN";
  return entry;
}

std::vector<std::string> Difference(std::vector<ObservedEntry> state,
                                    std::vector<ObservedEntry> end) {
  Observation first;
  first.entries = std::move(state);
  Observation second;
  second.entries = std::move(end);
  return DifferenceOf(first, second);
}

TEST(VolumeDifferenceTest, EqualTreesDoNotDiffer) {
  EXPECT_TRUE(Difference({}, {}).empty());
  EXPECT_TRUE(Difference({Folder("/d"), File("/d/a", "x"), Damaged("/e")},
                         {Folder("/d"), File("/d/a", "x"), Damaged("/e")})
                  .empty());
}

TEST(VolumeDifferenceTest, NamesSizesAndContentsAreTold) {
  EXPECT_THAT(
      Difference(
          {File("/a", "abc"), File("/c", "abc"), File("/d", "abX"),
           File("/f", ""), Folder("/g"), Damaged("/h"), File("/z", "Xbc")},
          {File("/a", "abc"), File("/b", "1"), File("/c", "abcdef"),
           File("/d", "abc"), File("/g", "x"), File("/h", "x"),
           File("/z", "abcd")}),
      testing::ElementsAre(
          "/b  missing", "/c  3 bytes, 6 at the end",
          "/d  other content from byte 2", "/f  not there at the end",
          "/g  a directory, a file at the end",
          "/h  EUCLEAN, readable at the end",
          "/z  3 bytes, 4 at the end; other content from byte 0"));
}

// Entries of two sorts are told, whichever of them is the folder.
TEST(VolumeDifferenceTest, EachSortIsToldForEachSide) {
  EXPECT_THAT(Difference({File("/a", "x"), Folder("/b"), File("/c", "x")},
                         {Folder("/a"), File("/b", ""), Damaged("/c")}),
              testing::ElementsAre("/a  a file, a directory at the end",
                                   "/b  a directory, a file at the end",
                                   "/c  readable, EUCLEAN at the end"));
}

}  // namespace
}  // namespace powercut
