// The one file that knows CLI11. Each method passes its arguments on. What
// CLI11 does not do well is done here: telling a misspelt verb or flag, saying
// how a value is wrong in few words, or that there are too many or none, and
// seeing to it that no output replaces an input. The texts of help are made
// elsewhere, by the verb `help`, to which every --help is passed on.

#include "harness/cli/input/flag_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include <CLI/CLI.hpp>

#include "harness/cli/input/flag_values.h"
#include "harness/cli/input/user_file.h"
#include "model/words/tokens.h"

namespace powercut {

struct OptionsByValue {
  // They name files that are read or written.
  std::vector<CLI::Option*> read;
  std::vector<CLI::Option*> written;
  // All options, with what was declared of them.
  std::vector<std::pair<const CLI::Option*, const DeclaredFlag*>> all;
};

namespace {

// A file that an argument names.
struct NamedFile {
  std::string flag;
  std::string path;
};

std::vector<NamedFile> FilesOf(const std::vector<CLI::Option*>& options) {
  std::vector<NamedFile> files;
  for (const CLI::Option* option : options) {
    for (const std::string& path : option->results()) {
      files.push_back({option->get_name(), path});
    }
  }
  return files;
}

// Refuses what would destroy a file of the user's: an output that is an input
// under whatever name, or that is two outputs.
Status CheckFilesApart(const OptionsByValue& arguments) {
  const std::vector<NamedFile> read = FilesOf(arguments.read);
  const std::vector<NamedFile> written = FilesOf(arguments.written);
  for (size_t i = 0; i < written.size(); ++i) {
    const NamedFile& output = written[i];
    for (const NamedFile& input : read) {
      if (!WritingReplaces(output.path, input.path)) continue;
      return Error{ErrorCode::kUsage,
                   fmt::format("{} {}: would replace the input {}; name "
                               "another file",
                               output.flag, output.path, input.path)};
    }
    for (size_t j = 0; j < i; ++j) {
      if (!WritingReplaces(output.path, written[j].path)) continue;
      return Error{ErrorCode::kUsage,
                   fmt::format("{} {}: is the file of {}, too; name another "
                               "file",
                               output.flag, output.path, written[j].flag)};
    }
  }
  return Ok{};
}

// Refuses values that are not of the kind of their flag.
Status CheckValues(const OptionsByValue& options) {
  for (const auto& [option, declared] : options.all) {
    for (const std::string& value : option->results()) {
      for (size_t at = 0; at <= value.size();) {
        const size_t comma =
            declared->commas ? value.find(',', at) : value.npos;
        const size_t end = std::min(comma, value.size());
        POWERCUT_TRY(CheckFlagValue(option->get_name(), *declared,
                                    value.substr(at, end - at)));
        at = end + 1;
      }
    }
  }
  return Ok{};
}

// Refuses a flag whose value is empty, as `--json "$OUT"` has it in a script
// that did not set OUT. An argument without a flag may be empty: it may be a
// word of a command.
void RefuseEmpty(CLI::Option* option, const DeclaredFlag* declared) {
  option->check([declared](const std::string& value) {
    if (!value.empty() || declared->positional()) return std::string();
    return fmt::format("the value is empty; {}",
                       declared->required ? "write one" : "leave the flag out");
  });
}

// Refuses what is no number of this type, in words of our own: CLI11 takes -1
// for 2^64 - 1 and says nothing of the numbers that there are.
template <class Number>
CLI::Option* WholeNumber(CLI::Option* option) {
  return option->check([](const std::string& value) {
    // RefuseEmpty() says what is wrong with it.
    if (value.empty()) return std::string();
    Number number = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error == std::errc() && stop == end) return std::string();
    return fmt::format("'{}': expected a whole number from 0 to {}", value,
                       std::numeric_limits<Number>::max());
  });
}

}  // namespace

Flag& Flag::Required() {
  option_->required();
  declared_->required = true;
  return *this;
}

Flag& Flag::OneOf(std::vector<std::string> values) {
  option_->check([values](const std::string& value) {
    if (std::ranges::find(values, value) != values.end()) return std::string();
    return fmt::format("'{}': expected {}{}", value, fmt::join(values, ", "),
                       DidYouMean(value, values));
  });
  declared_->choices = std::move(values);
  return Takes(FlagValue::kChoice, "WORD");
}

Flag& Flag::Between(int min, int max) {
  option_->check(CLI::Range(min, max));
  return *this;
}

// CLI::Range takes `nan`, which is neither below nor above anything.
Flag& Flag::Between(double min, double max) {
  option_->check([min, max](const std::string& value) {
    double number = 0;
    const bool within = CLI::detail::lexical_cast(value, number) &&
                        number >= min && number <= max;
    return within ? std::string()
                  : fmt::format("'{}': expected a number from {} to {}", value,
                                min, max);
  });
  return *this;
}

Flag& Flag::SplitAtCommas() {
  option_->delimiter(',');
  declared_->commas = true;
  return *this;
}

Flag& Flag::HoldsCommas() {
  declared_->commas = true;
  return *this;
}

Flag& Flag::OneValueEach() {
  option_->allow_extra_args(false);
  return *this;
}

Flag& Flag::ReadsFile() {
  options_->read.push_back(option_);
  return Takes(FlagValue::kFile);
}

Flag& Flag::WritesFile() {
  options_->written.push_back(option_);
  return Takes(FlagValue::kFile);
}

Flag& Flag::Takes(FlagValue value) {
  return Takes(value, std::string(FlagValueWord(value)));
}

Flag& Flag::Takes(FlagValue value, const std::string& word) {
  declared_->value = value;
  // The name of a positional argument is the word for its value.
  declared_->value_word = declared_->positional() ? declared_->names[0] : word;
  return *this;
}

Flag& Flag::AlsoTakes(std::vector<std::string> values) {
  declared_->more_values = std::move(values);
  return *this;
}

Flag& Flag::Rare() {
  declared_->rare = true;
  return *this;
}

Flag FlagSet::Declare(FlagGroup group, const std::string& names,
                      const std::string& help, FlagValue value,
                      CLI::Option* option) {
  DeclaredFlag& declared = declared_->flags.emplace_back();
  for (size_t at = 0; at <= names.size();) {
    const size_t end = std::min(names.find(',', at), names.size());
    declared.names.push_back(names.substr(at, end - at));
    at = end + 1;
  }
  declared.group = group;
  declared.help = help;
  options_->all.emplace_back(option, &declared);
  RefuseEmpty(option, &declared);
  Flag flag(option, options_, &declared);
  return flag.Takes(value);
}

Flag FlagSet::Add(FlagGroup group, const std::string& names, std::string& value,
                  const std::string& help) {
  return Declare(group, names, help, FlagValue::kText,
                 verb_->add_option(names, value, help));
}

Flag FlagSet::Add(FlagGroup group, const std::string& names, bool& value,
                  const std::string& help) {
  return Declare(group, names, help, FlagValue::kNone,
                 verb_->add_flag(names, value, help));
}

Flag FlagSet::Add(FlagGroup group, const std::string& names,
                  std::vector<std::string>& value, const std::string& help) {
  const Flag flag = Declare(group, names, help, FlagValue::kText,
                            verb_->add_option(names, value, help));
  declared_->flags.back().list = true;
  return flag;
}

Flag FlagSet::Add(FlagGroup group, const std::string& names, uint32_t& value,
                  const std::string& help) {
  return Declare(group, names, help, FlagValue::kNumber,
                 WholeNumber<uint32_t>(verb_->add_option(names, value, help)));
}

Flag FlagSet::Add(FlagGroup group, const std::string& names, uint64_t& value,
                  const std::string& help) {
  return Declare(group, names, help, FlagValue::kNumber,
                 WholeNumber<uint64_t>(verb_->add_option(names, value, help)));
}

Flag FlagSet::Add(FlagGroup group, const std::string& names,
                  std::optional<uint32_t>& value, const std::string& help) {
  return Declare(group, names, help, FlagValue::kNumber,
                 WholeNumber<uint32_t>(verb_->add_option(names, value, help)));
}

Flag FlagSet::Add(FlagGroup group, const std::string& names,
                  std::optional<uint64_t>& value, const std::string& help) {
  return Declare(group, names, help, FlagValue::kNumber,
                 WholeNumber<uint64_t>(verb_->add_option(names, value, help)));
}

Flag FlagSet::Add(FlagGroup group, const std::string& names, double& value,
                  const std::string& help) {
  return Declare(group, names, help, FlagValue::kNumber,
                 verb_->add_option(names, value, help));
}

CommandLine::CommandLine()
    : app_(std::make_unique<CLI::App>("", "powercut")),
      options_(std::make_unique<OptionsByValue>()) {
  app_->require_subcommand(1);
  // Verbs inherit both flags.
  app_->set_help_flag("-h,--help", "");
  app_->set_help_all_flag("--help-all", "");
}

CommandLine::~CommandLine() = default;

// CLI11 owns the subcommand, and the FlagSet only points to it.
FlagSet CommandLine::AddVerb(const std::string& name, const std::string& help,
                             const std::string& example) {
  const size_t end = help.find('\n');
  DeclaredVerb& declared = verbs_.emplace_back();
  declared.name = name;
  declared.summary = help.substr(0, end);
  declared.example = example;
  if (end != std::string::npos) {
    declared.about = help.substr(help.find_first_not_of('\n', end));
  }
  return {app_->add_subcommand(name), options_.get(), &declared, &verbs_};
}

// CLI11 would say that a verb is required, and not that this word is not one.
Status CommandLine::CheckVerb(std::string_view word) const {
  std::vector<std::string_view> names;
  for (const DeclaredVerb& verb : verbs_) names.push_back(verb.name);
  if (std::ranges::find(names, word) != names.end()) return Ok{};
  return Error{ErrorCode::kUsage,
               fmt::format("no verb is named '{}'{} (`powercut --help` lists "
                           "them)",
                           word, DidYouMean(word, names))};
}

Error CommandLine::UsageError(const DeclaredVerb& verb,
                              const std::string& reason) const {
  // An unknown flag comes first: what is required may be missing because its
  // flag is misspelt.
  std::string text = reason;
  for (const std::string& rest : app_->get_subcommand(verb.name)->remaining()) {
    const std::string name = rest.substr(0, rest.find('='));
    if (!name.starts_with('-') || name == "-" || name == "--") continue;
    std::vector<std::string_view> names = {"--help", "--help-all"};
    for (const DeclaredFlag& flag : verb.flags) {
      names.insert(names.end(), flag.names.begin(), flag.names.end());
    }
    text = fmt::format("{} has no flag '{}'{}", verb.name, name,
                       DidYouMean(name, names));
    break;
  }
  return {ErrorCode::kUsage,
          fmt::format("{} (`powercut {} --help` lists the flags)", text,
                      verb.name)};
}

Error CommandLine::CountError(const DeclaredVerb& verb,
                              const std::string& reason) const {
  // CLI11 has the name of the flag only in the text, before a colon.
  const std::string name = reason.substr(0, reason.find(':'));
  const CLI::Option* const option =
      app_->get_subcommand(verb.name)->get_option_no_throw(name);
  for (const auto& [known, declared] : options_->all) {
    if (known != option) continue;
    return UsageError(
        verb, option->results().size() > 1
                  ? fmt::format("{} is given twice; leave one out", name)
                  : fmt::format("{}: the value is missing; write `{} {}`", name,
                                name, declared->value_word));
  }
  return UsageError(verb, reason);
}

Result<std::string> CommandLine::Parse(int argc, const char* const* argv) {
  const std::string word = argc > 1 ? argv[1] : "-";
  if (!word.starts_with('-')) POWERCUT_TRY(CheckVerb(word));
  const auto verb = std::ranges::find(verbs_, word, &DeclaredVerb::name);
  const auto help = [&](bool all) {
    std::vector<const char*> words = {argv[0], kHelpVerb};
    if (verb != verbs_.end()) words.push_back(verb->name.c_str());
    if (all) words.push_back("--all");
    return Parse(static_cast<int>(words.size()), words.data());
  };
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return help(false);
  } catch (const CLI::CallForAllHelp&) {
    return help(true);
  } catch (const CLI::ArgumentMismatch& error) {
    if (verb != verbs_.end()) return CountError(*verb, error.what());
    return Error{ErrorCode::kUsage, error.what()};
  } catch (const CLI::ParseError& error) {
    if (verb != verbs_.end()) return UsageError(*verb, error.what());
    return Error{ErrorCode::kUsage,
                 fmt::format("{} (`powercut --help` lists the verbs)",
                             argc > 1 ? error.what() : "a verb is required")};
  }
  POWERCUT_TRY(CheckValues(*options_));
  POWERCUT_TRY(CheckFilesApart(*options_));
  for (const NamedFile& file : FilesOf(options_->written)) {
    if (file.path != kStandardName) continue;
    KeepStandardOutput();
    break;
  }
  // require_subcommand() saw to it that there is one.
  return app_->get_subcommands().front()->get_name();
}

}  // namespace powercut
