// The causes that backends/ntfs_3g/README.md lists, held against the causes
// that workloads show. A cause that is not listed is a new bug of ntfs-3g, and
// a listed cause that no regression shows is a false claim.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fuzz/draw/known_causes.h"
#include "fuzz/draw/workload_mutator.h"

namespace powercut {
namespace {

const std::string kSource = POWERCUT_SOURCE_DIR;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The words in backticks that look like causes. A `*` in such a word stands for
// any op.
std::vector<std::string> ListedCauses(const std::string& text) {
  std::vector<std::string> causes;
  size_t at = 0;
  while ((at = text.find('`', at)) != std::string::npos) {
    const size_t end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    const std::string word = text.substr(at + 1, end - at - 1);
    if (std::count(word.begin(), word.end(), '/') == 3 &&
        word.find(' ') == std::string::npos) {
      causes.push_back(word);
    }
    at = end + 1;
  }
  return causes;
}

bool Covers(const std::string& listed, const std::string& cause) {
  // A listed cause has at most one star.
  const size_t star = listed.find('*');
  if (star == std::string::npos) return listed == cause;
  const std::string before = listed.substr(0, star);
  const std::string after = listed.substr(star + 1);
  if (cause.size() < before.size() + after.size()) return false;
  const std::string op =
      cause.substr(before.size(), cause.size() - before.size() - after.size());
  return cause.starts_with(before) && cause.ends_with(after) &&
         op.find('/') == std::string::npos;
}

bool IsListed(const std::vector<std::string>& listed,
              const std::string& cause) {
  return std::any_of(
      listed.begin(), listed.end(),
      [&](const std::string& entry) { return Covers(entry, cause); });
}

std::vector<std::string> Listed() {
  return ListedCauses(ReadText(kSource + "/backends/ntfs_3g/README.md"));
}

TEST(Ntfs3gCauses, MatchingIsNotVacuous) {
  const std::vector<std::string> listed = {"lost/bystander/*/sync",
                                           "name/target/rename/sync"};
  EXPECT_TRUE(IsListed(listed, "lost/bystander/create/sync"));
  EXPECT_TRUE(IsListed(listed, "name/target/rename/sync"));
  EXPECT_FALSE(IsListed(listed, "lost/bystander/create/none"));
  EXPECT_FALSE(IsListed(listed, "lost/bystander-directory/create/sync"));
  EXPECT_FALSE(IsListed(listed, "name/target/create/sync"));
  EXPECT_FALSE(IsListed(listed, "torn/written/write/sync"));
}

TEST(Ntfs3gCauses, EveryListedOneIsShownByARegression) {
  const std::set<std::string> shown =
      CausesOfRegressions(kSource + "/corpora/regressions");
  ASSERT_FALSE(Listed().empty());
  for (const std::string& entry : Listed()) {
    EXPECT_TRUE(std::any_of(
        shown.begin(), shown.end(),
        [&](const std::string& cause) { return Covers(entry, cause); }))
        << entry << " is in the README, but no regression shows it";
  }
  for (const std::string& cause : shown) {
    EXPECT_TRUE(IsListed(Listed(), cause))
        << cause << " is shown by a regression, but not in the README";
  }
}

TEST(Ntfs3gCauses, RandomWorkloadsShowNoOther) {
  constexpr uint64_t kWorkloads = 40;
  const std::vector<std::string> listed = Listed();
  uint64_t shown = 0;
  for (uint64_t seed = 1; seed <= kWorkloads; ++seed) {
    Prng prng(seed);
    std::string text;
    for (uint64_t i = 3 + prng.Below(12); i > 0; --i) {
      text = MutateWorkload(text, prng);
    }
    for (const Finding& finding : ExploreText(text)) {
      ++shown;
      EXPECT_TRUE(IsListed(listed, finding.violation.cause))
          << "new cause " << finding.violation.cause << " at " << finding.id
          << " of\n"
          << text;
    }
  }
  EXPECT_GT(shown, 0u);
}

}  // namespace
}  // namespace powercut
