// CommandLine and FlagSet: how verbs declare their flags.
//
// The parser is CLI11. One file includes it, and this header offers what the
// verbs need of it: a small file that includes CLI11 takes 10 s of processor
// time to compile (GCC 12 at -O2; 8 s with CLI11 in a precompiled header), and
// 0.4 s without CLI11. What is declared is also kept as a table, flag_table.h.

#ifndef POWERCUT_HARNESS_CLI_INPUT_FLAG_SET_H_
#define POWERCUT_HARNESS_CLI_INPUT_FLAG_SET_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/cli/input/flag_table.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace powercut {

// The options of CLI11, by what their values are.
struct OptionsByValue;

// One declared flag, to which rules are added. A value that breaks a rule is a
// usage error. A Flag is a reference: it may be copied and dropped.
class Flag {
 public:
  Flag(CLI::Option* option, OptionsByValue* options, DeclaredFlag* declared)
      : option_(option), options_(options), declared_(declared) {}

  // The flag must be given.
  Flag& Required();
  // The value is one of these.
  Flag& OneOf(std::vector<std::string> values);
  // The value is at least `min` and at most `max`.
  Flag& Between(int min, int max);
  Flag& Between(double min, double max);
  // A value is split at commas.
  Flag& SplitAtCommas();
  // The verb splits the value at commas itself.
  Flag& HoldsCommas();
  // Each occurrence of the flag takes one value, so that arguments after the
  // value are positional again. A list takes all that follow otherwise.
  Flag& OneValueEach();
  // The values name files that the verb reads, or files that it writes. A file
  // that is written must be none that is read, and no file is written twice:
  // Parse() refuses both.
  Flag& ReadsFile();
  Flag& WritesFile();
  // What kind of value the flag takes, where its type does not say so: a text
  // may be a profile or a time. Parse() refuses what is none, as
  // CheckFlagValue() says.
  Flag& Takes(FlagValue value);
  // The same, with a word that stands for the value in place of that of the
  // kind, such as `BYTES` for a number.
  Flag& Takes(FlagValue value, const std::string& word);
  // Values that the flag takes beside those of its kind.
  Flag& AlsoTakes(std::vector<std::string> values);
  // The flag is seldom needed: --help only names it if all flags of the verb
  // would not fit on a screen, and --help-all explains it.
  Flag& Rare();

 private:
  CLI::Option* option_;
  OptionsByValue* options_;
  DeclaredFlag* declared_;
};

// The flags of one verb.
class FlagSet {
 public:
  FlagSet(CLI::App* verb, OptionsByValue* options, DeclaredVerb* declared,
          const std::deque<DeclaredVerb>* all_verbs)
      : verb_(verb),
        options_(options),
        declared_(declared),
        all_verbs_(all_verbs) {}

  // The verbs of the command line with their flags, those that were added so
  // far and those that will be. The reference is good as long as the
  // CommandLine lives.
  const std::deque<DeclaredVerb>& all_verbs() const { return *all_verbs_; }

  // Declares a flag, to be listed by --help in its group after those declared
  // before. `names` are one or more, as in `-o,--output`; without a dash they
  // name a positional argument. Parsing stores what was given into `value`,
  // which must outlive the CommandLine and keeps its content if nothing was
  // given. The types mean: a text; a switch, which takes no value; a list,
  // whose flag may be repeated; a number, which is refused if it does not fit
  // the type. The value of a flag must not be empty.
  Flag Add(FlagGroup group, const std::string& names, std::string& value,
           const std::string& help);
  Flag Add(FlagGroup group, const std::string& names, bool& value,
           const std::string& help);
  Flag Add(FlagGroup group, const std::string& names,
           std::vector<std::string>& value, const std::string& help);
  Flag Add(FlagGroup group, const std::string& names, uint32_t& value,
           const std::string& help);
  Flag Add(FlagGroup group, const std::string& names, uint64_t& value,
           const std::string& help);
  Flag Add(FlagGroup group, const std::string& names,
           std::optional<uint32_t>& value, const std::string& help);
  Flag Add(FlagGroup group, const std::string& names,
           std::optional<uint64_t>& value, const std::string& help);
  Flag Add(FlagGroup group, const std::string& names, double& value,
           const std::string& help);

 private:
  // Puts the flag into the table.
  Flag Declare(FlagGroup group, const std::string& names,
               const std::string& help, FlagValue value, CLI::Option* option);

  CLI::App* verb_;
  OptionsByValue* options_;
  DeclaredVerb* declared_;
  const std::deque<DeclaredVerb>* all_verbs_;
};

// The verb that prints the texts of --help. One verb must have this name, take
// the name of a verb as an argument, and know the flag --all.
inline constexpr const char* kHelpVerb = "help";

// The command line of the tool, whose first argument is a verb.
class CommandLine {
 public:
  CommandLine();
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Adds a verb, to be listed by --help after those added before. The first
  // line of `help` stands in the list of verbs; `example` is
  // DeclaredVerb::example. Returns its flags, none so far.
  FlagSet AddVerb(const std::string& name, const std::string& help,
                  const std::string& example);

  // The verbs with their flags, in the order in which they were added. The
  // references stay good as long as the CommandLine lives.
  const std::deque<DeclaredVerb>& verbs() const { return verbs_; }

  // Parses the arguments of main(), stores the values of the flags, and returns
  // the name of the verb. A command line with --help, -h or --help-all is taken
  // for one with the verb `help`.
  // Errors: kUsage, in one line that says what was meant if a verb, a flag or a
  // value is misspelt, and where they are listed; or which file would be
  // overwritten. If an output is `-`, standard output is kept for it
  // (KeepStandardOutput()).
  Result<std::string> Parse(int argc, const char* const* argv);

 private:
  // Refuses what is no verb.
  Status CheckVerb(std::string_view word) const;
  // The error of a verb whose arguments did not parse for this reason.
  Error UsageError(const DeclaredVerb& verb, const std::string& reason) const;
  // The same where a flag has too many values or none. `reason` is the text of
  // CLI11, which begins with the name of the flag.
  Error CountError(const DeclaredVerb& verb, const std::string& reason) const;

  std::unique_ptr<CLI::App> app_;
  std::unique_ptr<OptionsByValue> options_;
  std::deque<DeclaredVerb> verbs_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_FLAG_SET_H_
