// Every verb with a misspelt flag, an unknown value, no argument, and --help:
// one screen, the right exit status, and a way on in each message.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/harness/cli/help/declared_verbs.h"
#include "tests/harness/cli/tool_output.h"
#include "tests/source_tree.h"

namespace powercut {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

// A folder that has nothing but a workload for simfs.
class Place {
 public:
  Place() {
    folder_.Write("w.pcut",
                  "powercut 1\nbackend simfs\ninit\nrun\n  create /a\n");
  }

  Ended RunShell(const std::string& line) const {
    return Subprocess(
               {"/bin/bash", "-c", "cd " + folder_.File("") + " && " + line})
        .Wait();
  }
  Ended Run(const Words& words) const {
    Words command = {"/bin/bash", "-c", "cd \"$0\" && COLUMNS=80 exec \"$@\"",
                     folder_.File(""), POWERCUT_TOOL};
    command.insert(command.end(), words.begin(), words.end());
    return Subprocess(command).Wait();
  }

 private:
  TemporaryFolder folder_;
};

// The arguments that a verb needs, so that what is wrong is the value alone.
Words NeededBy(const std::string& verb) {
  static const std::map<std::string, Words> needed = {
      {"replay", {"w.pcut", "--at", "1p@00000000"}},
      {"explain", {"w.pcut", "--at", "1p@00000000"}},
      {"export", {"w.pcut", "-o", "t"}},
      {"import", {"w.pcut", "-o", "t", "--origin", "qemu"}},
      {"minimize", {"w.pcut", "-o", "t"}},
      {"record", {"-o", "t", "--", "true"}},
      {"run", {"--", "true"}},
      {"model", {}},
      {"ops", {}},
      {"doctor", {}},
      {"help", {}},
  };
  const auto found = needed.find(verb);
  return found == needed.end() ? Words{"w.pcut"} : found->second;
}

// Expects a usage error in one line that says how to go on.
void ExpectWayOn(const Ended& ended, const std::string& verb) {
  ExpectError(ended, kUsage, "");
  EXPECT_THAT(ended.err,
              AnyOf(HasSubstr("`powercut " + verb + " --help`"),
                    HasSubstr("expected "), HasSubstr("did you mean"),
                    HasSubstr("there are"), HasSubstr("there is no"),
                    HasSubstr("is not a fault (error, lie, ")));
}

TEST(EveryVerb, HelpIsOneScreen) {
  const Place place;
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    const Ended help = place.Run({verb.name, "--help"});
    EXPECT_EQ(help.status, kHolds);
    EXPECT_EQ(help.err, "");
    EXPECT_LE(LinesOf(help.out).size(), 50u) << help.out;
    EXPECT_THAT(help.out, HasSubstr("powercut " + verb.name));
    EXPECT_THAT(help.out, HasSubstr("\nExample\n"));
    // The ways to ask are the same text.
    EXPECT_EQ(place.Run({verb.name, "-h"}).out, help.out);
    EXPECT_EQ(place.Run({"help", verb.name}).out, help.out);
    EXPECT_EQ(place.Run({verb.name, "--help-all"}).out,
              place.Run({"help", verb.name, "--all"}).out);
  }
  const Ended help = place.Run({"--help"});
  EXPECT_EQ(help.status, kHolds);
  EXPECT_LE(LinesOf(help.out).size(), 50u);
  EXPECT_EQ(place.Run({"help"}).out, help.out);
}

// Help is printed whatever else is wrong, and not for the command that a verb
// runs.
TEST(EveryVerb, HelpBesideOtherArguments) {
  const Place place;
  EXPECT_EQ(place.Run({"replay", "--help"}).status, kHolds);
  EXPECT_EQ(place.Run({"check", "none.pcut", "--help"}).status, kHolds);
  ExpectError(
      place.Run({"record", "--fs", "nofs", "-o", "t", "--", "sh", "--help"}),
      kUsage, "no backend is named nofs");
}

TEST(EveryVerb, NoArgument) {
  const Place place;
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    const bool needs = std::ranges::any_of(
        verb.flags, [](const DeclaredFlag& flag) { return flag.required; });
    const Ended ended = place.Run({verb.name});
    SCOPED_TRACE(verb.name);
    // There is no folder of tests here, which litmus takes otherwise.
    if (needs || verb.name == "litmus") {
      ExpectWayOn(ended, verb.name);
    } else {
      EXPECT_EQ(ended.status, kHolds) << ended.err;
    }
  }
  ExpectError(place.Run({}), kUsage, "`powercut --help` lists the verbs");
}

TEST(EveryVerb, MisspeltVerbs) {
  const Place place;
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    // The second letter is lost.
    const std::string word = verb.name.substr(0, 1) + verb.name.substr(2);
    const Ended ended = place.Run({word});
    ExpectError(ended, kUsage, "did you mean `");
    EXPECT_THAT(ended.err, HasSubstr("`powercut --help` lists them"));
  }
  ExpectError(place.Run({"chekc"}), kUsage, "did you mean `check`?");
  ExpectError(place.Run({"frobnicate"}), kUsage,
              "no verb is named 'frobnicate' (`powercut --help` lists them)");
  ExpectError(place.Run({"help", "exit"}), kUsage,
              "did you mean `exit-status`?");
  ExpectError(place.Run({"help", "spacse"}), kUsage, "did you mean `spaces`?");
}

TEST(EveryVerb, MisspeltFlags) {
  const Place place;
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    for (const DeclaredFlag& flag : verb.flags) {
      const std::string& name = flag.names.back();
      // A letter of a name of two could be that of another one.
      if (flag.positional() || name.size() < 6) continue;
      // The last letter but one is lost.
      std::string misspelt = name;
      misspelt.erase(misspelt.size() - 2, 1);
      Words words = {verb.name, misspelt};
      if (flag.value != FlagValue::kNone) words[1] += "=1";
      SCOPED_TRACE(verb.name + " " + misspelt);
      const Ended ended = place.Run(words);
      ExpectError(ended, kUsage,
                  verb.name + " has no flag '" + misspelt +
                      "'; did you mean `" + name + "`?");
      EXPECT_THAT(ended.err, HasSubstr("(`powercut " + verb.name +
                                       " --help` lists the flags)"));
    }
    ExpectError(place.Run({verb.name, "--frobnicate-it"}), kUsage,
                verb.name + " has no flag '--frobnicate-it' (`powercut " +
                    verb.name + " --help`");
  }
}

TEST(EveryVerb, UnknownValues) {
  const Place place;
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    for (const DeclaredFlag& flag : verb.flags) {
      // What a text or a file means shows only when it is used.
      const bool listed =
          flag.value == FlagValue::kChoice ||
          flag.value == FlagValue::kNumber ||
          flag.value == FlagValue::kBackend ||
          flag.value == FlagValue::kProfile ||
          flag.value == FlagValue::kSpace ||
          flag.value == FlagValue::kCrashKind ||
          flag.value == FlagValue::kFault || flag.value == FlagValue::kSize ||
          flag.value == FlagValue::kTime || flag.value == FlagValue::kStateId;
      if (flag.positional() || !listed) continue;
      Words words = {verb.name, flag.names.back() + "=zzz"};
      // A flag that is needed has a good value otherwise.
      const Words needed = NeededBy(verb.name);
      for (size_t i = 0; i < needed.size(); ++i) {
        const bool this_flag =
            std::ranges::find(flag.names, needed[i]) != flag.names.end();
        if (this_flag) {
          ++i;
        } else {
          words.push_back(needed[i]);
        }
      }
      SCOPED_TRACE(testing::PrintToString(words));
      const Ended ended = place.Run(words);
      ExpectWayOn(ended, verb.name);
      EXPECT_THAT(ended.err, HasSubstr("zzz"));
    }
  }
}

// What a script writes whose variable is not set.
TEST(EveryVerb, EmptyValues) {
  const Place place;
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    for (const DeclaredFlag& flag : verb.flags) {
      if (flag.positional() || flag.value == FlagValue::kNone) continue;
      Words words = {verb.name};
      const Words needed = NeededBy(verb.name);
      for (size_t i = 0; i < needed.size(); ++i) {
        const bool this_flag =
            std::ranges::find(flag.names, needed[i]) != flag.names.end();
        if (this_flag) {
          ++i;
        } else {
          words.push_back(needed[i]);
        }
      }
      words.insert(words.begin() + 1, {flag.names.back(), ""});
      SCOPED_TRACE(testing::PrintToString(words));
      ExpectError(place.Run(words), kUsage,
                  flag.required ? ": the value is empty; write one"
                                : ": the value is empty; leave the flag out");
    }
  }
  // A word of a command may be empty.
  EXPECT_EQ(place.Run({"run", "--", "sh", "-c", ":>f", ""}).status, kHolds);
}

TEST(EveryVerb, FlagsGivenTwiceOrWithoutTheirValue) {
  const Place place;
  const auto twice = [&](const std::string& flag, const std::string& value) {
    ExpectError(
        place.Run({"check", "w.pcut", flag, value, "--quiet", flag, value}),
        kUsage, "powercut: " + flag + " is given twice; leave one out");
  };
  twice("--backend", "simfs");
  twice("--jobs", "2");
  twice("--json", "report");
  ExpectError(place.Run({"check", "w.pcut", "--json"}), kUsage,
              "--json: the value is missing; write `--json FILE`");
  ExpectError(place.Run({"check", "w.pcut", "--budget"}), kUsage,
              "--budget: the value is missing; write `--budget TIME`");
  ExpectError(place.Run({"check", "w.pcut", "--color"}), kUsage,
              "--color: the value is missing; write `--color WORD`");
  // A switch has no value, so that a second one changes nothing.
  EXPECT_EQ(place.Run({"check", "w.pcut", "--quiet", "--quiet"}).status,
            kHolds);
}

TEST(EveryVerb, MisspeltValues) {
  const Place place;
  const auto meant = [&](const Words& words, const std::string& value) {
    ExpectError(place.Run(words), kUsage, "; did you mean `" + value + "`?");
  };
  meant({"check", "w.pcut", "--copied", "aprt"}, "apart");
  meant({"check", "w.pcut", "--profile", "etx4-ordered"}, "ext4-ordered");
  meant({"check", "w.pcut", "--backend", "simf"}, "simfs");
  meant({"litmus", "w.pcut", "--profile", "linux-mna"}, "linux-man");
  meant({"litmus", "w.pcut", "--backend", "clsf"}, "clfs");
  meant({"model", "--profile", "xsf"}, "xfs");
  meant({"record", "--fs", "etx4", "-o", "t", "--", "true"}, "ext4");
  meant({"check", "w.pcut", "--color", "alwyas"}, "always");
  meant({"check", "w.pcut", "--fault", "lie on flsh"}, "flush");
}

TEST(EveryVerb, ColorsAreForVerdictsOnly) {
  const Place place;
  const Ended plain = place.Run({"check", "w.pcut"});
  EXPECT_THAT(plain.out, HasSubstr("w.pcut: ok: simfs"));
  EXPECT_EQ(place.Run({"check", "w.pcut", "--color", "never"}).out, plain.out);
  EXPECT_THAT(place.Run({"check", "w.pcut", "--color", "always"}).out,
              HasSubstr("w.pcut: \033[32mok\033[0m: simfs"));
}

// The words `environment`, then the tool on a terminal.
std::string OnTerminal(const Place& place, const std::string& environment) {
  return place
      .RunShell("env " + environment + " script -qec '" + POWERCUT_TOOL +
                " check --quiet w.pcut' /dev/null")
      .out;
}

TEST(EveryVerb, ColorsAreForTerminalsThatTakeThem) {
  const Place place;
  constexpr const char* kGreen = "\033[32mok\033[0m";
  EXPECT_THAT(OnTerminal(place, "TERM=xterm"), HasSubstr(kGreen));
  EXPECT_THAT(OnTerminal(place, "TERM=xterm NO_COLOR="), HasSubstr(kGreen));
  for (const char* environment :
       {"TERM=xterm NO_COLOR=1", "TERM=dumb", "-u TERM"}) {
    const std::string out = OnTerminal(place, environment);
    EXPECT_THAT(out, HasSubstr("w.pcut: ok: simfs")) << environment;
    EXPECT_EQ(out.find('\033'), out.npos) << out;
  }
}

// A time that makes no sense is told before the program runs.
TEST(EveryVerb, RunChecksItsValuesFirst) {
  const Place place;
  ExpectError(place.Run({"run", "--crash", "flood", "--", "true"}), kUsage,
              "--crash 'flood': expected process, os or power");
  ExpectError(place.Run({"run", "--budget", "3", "--", "true"}), kUsage,
              "--budget '3': expected a time");
  ExpectError(place.Run({"replay", "w.pcut", "--at", "1p@00000000",
                         "--check-timeout", "soon"}),
              kUsage, "--check-timeout 'soon': expected a time");
}

// Two patterns of a shell may match one file.
TEST(EveryVerb, OneFileTwiceIsCheckedOnce) {
  const Place place;
  const Ended once = place.Run({"check", "--quiet", "w.pcut"});
  const Ended twice = place.Run({"check", "--quiet", "w.pcut", "w.pcut"});
  EXPECT_EQ(twice.out, once.out);
  EXPECT_EQ(twice.err,
            "powercut: w.pcut: note: the file is named twice, and is checked "
            "once\n");
}

TEST(EveryVerb, NoProgramRunsInAWorkloadOfSimfs) {
  const Place place;
  const std::string digest =
      place.Run({"show", "w.pcut"}).out.substr(sizeof("recording ") - 1, 8);
  ExpectError(
      place.Run({"replay", "w.pcut", "--at", "0p@" + digest, "--shell"}),
      kCannotRun,
      "--shell: no program can run in simfs on the files of a workload; "
      "`powercut record` makes a recording of a program");
}

// `--crash os FILE` once took the file for a second kind of crash.
TEST(EveryVerb, CrashTakesOneValue) {
  const Place place;
  EXPECT_EQ(place.Run({"check", "--crash", "os,power", "w.pcut"}).status,
            kHolds);
}

}  // namespace
}  // namespace powercut
