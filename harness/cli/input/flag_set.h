// CommandLine and FlagSet: how verbs declare their flags.
//
// The parser is CLI11. One file includes it, and this header offers what the
// verbs need of it: a small file that includes CLI11 takes 10 s of processor
// time to compile (GCC 12 at -O2; 8 s with CLI11 in a precompiled header), and
// 0.4 s without CLI11. The text of --help and of usage errors is that of CLI11.

#ifndef POWERCUT_HARNESS_CLI_INPUT_FLAG_SET_H_
#define POWERCUT_HARNESS_CLI_INPUT_FLAG_SET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace powercut {

// The flags that name files.
struct FileArguments;

// One declared flag, to which rules are added. A value that breaks a rule is a
// usage error. A Flag is a reference: it may be copied and dropped.
class Flag {
 public:
  Flag(CLI::Option* option, FileArguments* files)
      : option_(option), files_(files) {}

  // The flag must be given.
  Flag& Required();
  // The value is one of these.
  Flag& OneOf(std::vector<std::string> values);
  // The value is at least `min` and at most `max`.
  Flag& Between(int min, int max);
  Flag& Between(double min, double max);
  // The value is not empty. `remedy` follows `is empty; ` in the error.
  Flag& NotEmpty(const std::string& remedy);
  // A value is split at commas.
  Flag& SplitAtCommas();
  // Each occurrence of the flag takes one value, so that arguments after the
  // value are positional again. A list takes all that follow otherwise.
  Flag& OneValueEach();
  // The values name files that the verb reads, or files that it writes. A file
  // that is written must be none that is read, and no file is written twice:
  // Parse() refuses both.
  Flag& ReadsFile();
  Flag& WritesFile();

 private:
  CLI::Option* option_;
  FileArguments* files_;
};

// The flags of one verb.
class FlagSet {
 public:
  FlagSet(CLI::App* verb, FileArguments* files) : verb_(verb), files_(files) {}

  // Declares a flag, to be listed by --help after those declared before.
  // `names` are one or more, as in `-o,--output`; without a dash they name a
  // positional argument. Parsing stores what was given into `value`, which
  // must outlive the CommandLine and keeps its content if nothing was given.
  // The types mean: a text; a switch, which takes no value; a list, whose flag
  // may be repeated; a number, which is refused if it does not fit the type.
  Flag Add(const std::string& names, std::string& value,
           const std::string& help);
  Flag Add(const std::string& names, bool& value, const std::string& help);
  Flag Add(const std::string& names, std::vector<std::string>& value,
           const std::string& help);
  Flag Add(const std::string& names, uint32_t& value, const std::string& help);
  Flag Add(const std::string& names, uint64_t& value, const std::string& help);
  Flag Add(const std::string& names, std::optional<uint32_t>& value,
           const std::string& help);
  Flag Add(const std::string& names, std::optional<uint64_t>& value,
           const std::string& help);
  Flag Add(const std::string& names, double& value, const std::string& help);

 private:
  CLI::App* verb_;
  FileArguments* files_;
};

// The command line of a tool whose first argument is a verb.
class CommandLine {
 public:
  // `help` stands at the top of --help.
  CommandLine(const std::string& tool, const std::string& help);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Adds a verb, to be listed by --help after those added before. Returns its
  // flags, none so far.
  FlagSet AddVerb(const std::string& name, const std::string& help);

  // Parses the arguments of main(), stores the values of the flags, and returns
  // the name of the verb; `std::nullopt` if --help was asked for, which has
  // been printed to standard output then.
  // Errors: kUsage, with a message that says where the flags are listed, or
  // which file would be overwritten. If an output is `-`, standard output is
  // kept for it (KeepStandardOutput()).
  Result<std::optional<std::string>> Parse(int argc, const char* const* argv);

 private:
  std::unique_ptr<CLI::App> app_;
  std::unique_ptr<FileArguments> files_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_FLAG_SET_H_
