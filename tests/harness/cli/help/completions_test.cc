// The completions that the build made, in the shells themselves.

#include "harness/cli/help/completions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "harness/cli/help/known_values.h"
#include "harness/space/exploration_space.h"
#include "tests/harness/cli/help/declared_verbs.h"
#include "tests/source_tree.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

const std::string kShare = POWERCUT_SHARE;

// A folder with the files a.pcut and b.trace, and the folder kept.
class Place {
 public:
  Place() {
    folder_.Write("a.pcut", "");
    folder_.Write("b.trace", "");
    std::filesystem::create_directory(folder_.File("kept"));
  }
  std::string path() const { return folder_.File(""); }

 private:
  TemporaryFolder folder_;
};

// What bash proposes for the line up to the cursor at its end.
std::vector<std::string> Bash(const std::string& line) {
  const Place place;
  const Ended ended =
      Subprocess({"/bin/bash", "--norc", "-c",
                  R"(cd "$1" && source "$2" || exit 1
                     complete -p powercut | grep -q -- '-F _powercut' || exit 2
                     COMP_LINE=$3 COMP_POINT=${#3}
                     _powercut
                     [ ${#COMPREPLY[@]} -eq 0 ] ||
                       printf '%s\n' "${COMPREPLY[@]}")",
                  "bash", place.path(),
                  kShare + "/bash-completion/completions/powercut", line})
          .Wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  return LinesOf(ended.out);
}

TEST(BashCompletion, Verbs) {
  EXPECT_THAT(Bash("powercut che"), ElementsAre("check"));
  EXPECT_THAT(Bash("powercut re"),
              ElementsAre("replay", "regress", "record", "report"));
  std::vector<std::string> verbs;
  for (const DeclaredVerb& verb : DeclaredVerbs()) verbs.push_back(verb.name);
  EXPECT_EQ(Bash("powercut "), verbs);
}

TEST(BashCompletion, EveryFlagOfEveryVerb) {
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    std::vector<std::string> flags;
    for (const DeclaredFlag& flag : verb.flags) {
      if (flag.positional()) continue;
      flags.insert(flags.end(), flag.names.begin(), flag.names.end());
    }
    flags.insert(flags.end(), {"--help", "--help-all"});
    EXPECT_EQ(Bash("powercut " + verb.name + " x -"), flags);
  }
  EXPECT_THAT(Bash("powercut check --spa"), ElementsAre("--space"));
}

TEST(BashCompletion, Values) {
  EXPECT_THAT(Bash("powercut check --profile ext4-o"),
              ElementsAre("ext4-ordered"));
  EXPECT_THAT(Bash("powercut check --profile=ext4-o"),
              ElementsAre("ext4-ordered"));
  EXPECT_THAT(Bash("powercut check --fs sim"), ElementsAre("simfs"));
  EXPECT_THAT(Bash("powercut litmus --backend mod"), ElementsAre("model"));
  EXPECT_THAT(Bash("powercut check --copied "),
              ElementsAre("apart", "filled", "read"));
  EXPECT_THAT(Bash("powercut explore t --profile xfs,li"),
              ElementsAre("xfs,linux-man", "xfs,linux"));
  EXPECT_THAT(Bash("powercut check --fault lie"),
              ElementsAre("lie\\ on\\ flush"));
  // bash has broken the word after the colon.
  EXPECT_THAT(Bash("powercut check --space epoch:2"), ElementsAre("2"));
  EXPECT_THAT(Bash("powercut check --jobs "), IsEmpty());
}

TEST(BashCompletion, FilesFoldersAndCommands) {
  EXPECT_THAT(Bash("powercut check "),
              UnorderedElementsAre("a.pcut", "b.trace", "kept"));
  EXPECT_THAT(Bash("powercut check --json b"), ElementsAre("b.trace"));
  EXPECT_THAT(Bash("powercut check --resume "), ElementsAre("kept"));
  EXPECT_THAT(Bash("powercut record -o t -- ec"), Contains("echo"));
  EXPECT_THAT(Bash("powercut record -o t -- echo --spa"), IsEmpty());
}

TEST(FishCompletion, VerbsFlagsAndValues) {
  constexpr const char* kFish = "/usr/bin/fish";
  if (!std::filesystem::exists(kFish)) {
    GTEST_SKIP() << kFish << " is not there (Debian package fish)";
  }
  const auto fish = [](const std::string& line) {
    const Place place;
    const Ended ended =
        Subprocess({"/usr/bin/env", "HOME=" + place.path(), kFish,
                    "--no-config", "-c",
                    "cd " + place.path() + "; source " + kShare +
                        "/fish/vendor_completions.d/powercut.fish; "
                        "complete -C '" +
                        line + "'"})
            .Wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    std::vector<std::string> words;
    // An explanation follows a tab.
    for (const std::string& row : LinesOf(ended.out)) {
      words.push_back(row.substr(0, row.find('\t')));
    }
    return words;
  };
  EXPECT_THAT(fish("powercut che"), ElementsAre("check"));
  EXPECT_THAT(fish("powercut check --spa"), ElementsAre("--space"));
  EXPECT_THAT(fish("powercut check --profile ext4-o"),
              ElementsAre("ext4-ordered"));
  EXPECT_THAT(fish("powercut check --space ex"), ElementsAre("exhaustive"));
  EXPECT_THAT(fish("powercut explore t --profile xfs,linux-"),
              ElementsAre("xfs,linux-man"));
  EXPECT_THAT(fish("powercut check --fault lie"), ElementsAre("lie on flush"));
  EXPECT_THAT(fish("powercut check a"), ElementsAre("a.pcut"));
  EXPECT_THAT(fish("powercut check --resume "), ElementsAre("kept/"));
  EXPECT_THAT(fish("powercut "), Not(Contains("a.pcut")));
  EXPECT_THAT(fish("powercut show --"), Not(Contains("--space")));
}

TEST(ZshCompletion, VerbsFlagsAndValues) {
  constexpr const char* kZsh = "/usr/bin/zsh";
  if (!std::filesystem::exists(kZsh)) {
    GTEST_SKIP() << kZsh << " is not there (Debian package zsh)";
  }
  // Types the words into an interactive zsh, where `^` is the tab key, and
  // returns the words that a command `powercut` then gets.
  const auto zsh = [](const std::string& typed) {
    const Place place;
    const Ended ended = Subprocess({"/usr/bin/env", "TERM=xterm", kZsh, "-fc",
                                    R"zsh(zmodload zsh/zpty
                       zpty inner zsh -f -i
                       folder=$2/zsh/site-functions
                       zpty -w inner "PS1= fpath=($folder \$fpath)"
                       zpty -w inner "autoload -Uz compinit; compinit -u -D"
                       zpty -w inner 'powercut() { print -rn -- "GOT <$*> " }'
                       zpty -w inner "cd $1; print REA''DY"
                       zpty -r inner text '*READY*'
                       zpty -w inner "${3//^/$(printf "\t")}"
                       zpty -r inner text '*GOT <*> *'
                       print -r -- "${${text##*GOT <}%%> *}"
                       zpty -d inner)zsh",
                                    "zsh", place.path(), kShare, typed})
                            .Wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  };
  EXPECT_EQ(zsh("powercut che^--spa^exh^a^"),
            "check --space=exhaustive a.pcut\n");
  EXPECT_EQ(zsh("powercut explore --profile xfs,linux-^--fault lie^"),
            "explore --profile xfs,linux-man --fault lie on flush\n");
  EXPECT_EQ(zsh("powercut record -o b^-- ech^"), "record -o b.trace -- echo\n");
}

TEST(KnownValues, AreTaken) {
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    for (const DeclaredFlag& flag : verb.flags) {
      const std::vector<std::string> values = KnownValues(flag);
      if (flag.value == FlagValue::kBackend) {
        EXPECT_THAT(values, Contains("simfs"));
      }
      if (flag.value != FlagValue::kSpace) continue;
      for (const std::string& value : values) {
        EXPECT_TRUE(ParseExplorationSpace(value).has_value()) << value;
      }
    }
  }
}

}  // namespace
}  // namespace powercut
