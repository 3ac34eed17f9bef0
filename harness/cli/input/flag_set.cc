// The one file that knows CLI11. Each method passes its arguments on. What
// CLI11 does not do well is done here: telling a misspelt verb, saying how a
// value is wrong in few words, and seeing to it that no output replaces an
// input.

#include "harness/cli/input/flag_set.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <limits>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "harness/cli/input/user_file.h"

namespace powercut {

struct FileArguments {
  std::vector<CLI::Option*> read;
  std::vector<CLI::Option*> written;
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
Status CheckFilesApart(const FileArguments& arguments) {
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

// Refuses what is no number of this type, in words of our own: CLI11 takes -1
// for 2^64 - 1 and says nothing of the numbers that there are.
template <class Number>
CLI::Option* WholeNumber(CLI::Option* option) {
  return option->check([](const std::string& value) {
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
  return *this;
}

Flag& Flag::OneOf(std::vector<std::string> values) {
  option_->check(CLI::IsMember(std::move(values)));
  return *this;
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

Flag& Flag::NotEmpty(const std::string& remedy) {
  option_->check([remedy](const std::string& value) {
    return value.empty() ? "is empty; " + remedy : std::string();
  });
  return *this;
}

Flag& Flag::SplitAtCommas() {
  option_->delimiter(',');
  return *this;
}

Flag& Flag::OneValueEach() {
  option_->allow_extra_args(false);
  return *this;
}

Flag& Flag::ReadsFile() {
  files_->read.push_back(option_);
  return *this;
}

Flag& Flag::WritesFile() {
  files_->written.push_back(option_);
  return *this;
}

Flag FlagSet::Add(const std::string& names, std::string& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help), files_);
}

Flag FlagSet::Add(const std::string& names, bool& value,
                  const std::string& help) {
  return Flag(verb_->add_flag(names, value, help), files_);
}

Flag FlagSet::Add(const std::string& names, std::vector<std::string>& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help), files_);
}

Flag FlagSet::Add(const std::string& names, uint32_t& value,
                  const std::string& help) {
  return Flag(WholeNumber<uint32_t>(verb_->add_option(names, value, help)),
              files_);
}

Flag FlagSet::Add(const std::string& names, uint64_t& value,
                  const std::string& help) {
  return Flag(WholeNumber<uint64_t>(verb_->add_option(names, value, help)),
              files_);
}

Flag FlagSet::Add(const std::string& names, std::optional<uint32_t>& value,
                  const std::string& help) {
  return Flag(WholeNumber<uint32_t>(verb_->add_option(names, value, help)),
              files_);
}

Flag FlagSet::Add(const std::string& names, std::optional<uint64_t>& value,
                  const std::string& help) {
  return Flag(WholeNumber<uint64_t>(verb_->add_option(names, value, help)),
              files_);
}

Flag FlagSet::Add(const std::string& names, double& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help), files_);
}

CommandLine::CommandLine(const std::string& tool, const std::string& help)
    : app_(std::make_unique<CLI::App>(help, tool)),
      files_(std::make_unique<FileArguments>()) {
  app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

// CLI11 owns the subcommand, and the FlagSet only points to it. CLI11 prints
// the description of a verb in the list of all verbs, too, so that only the
// first line is the description; what follows stands after the flags of the
// verb.
FlagSet CommandLine::AddVerb(const std::string& name, const std::string& help) {
  const size_t end = help.find('\n');
  CLI::App* verb = app_->add_subcommand(name, help.substr(0, end));
  if (end != std::string::npos) {
    verb->footer(help.substr(help.find_first_not_of('\n', end)));
  }
  return {verb, files_.get()};
}

Result<std::optional<std::string>> CommandLine::Parse(int argc,
                                                      const char* const* argv) {
  // CLI11 would say that a verb is required, and not that this word is not
  // one.
  const std::string verb = argc > 1 ? argv[1] : "-";
  const auto is_verb = [&](const CLI::App* known) {
    return known->get_name() == verb;
  };
  if (verb[0] != '-' && app_->get_subcommands(is_verb).empty()) {
    return Error{ErrorCode::kUsage,
                 fmt::format("no verb is named '{}' (`powercut --help` lists "
                             "them)",
                             verb)};
  }
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports a request for help as an error, too.
    if (error.get_exit_code() == 0) {
      std::ostringstream help;
      app_->exit(error, help, help);
      std::fputs(help.str().c_str(), stdout);
      return std::optional<std::string>();
    }
    return Error{
        ErrorCode::kUsage,
        fmt::format("{} (`powercut --help` lists the flags)", error.what())};
  }
  POWERCUT_TRY(CheckFilesApart(*files_));
  for (const NamedFile& file : FilesOf(files_->written)) {
    if (file.path != kStandardName) continue;
    KeepStandardOutput();
    break;
  }
  // require_subcommand() saw to it that there is one.
  return std::optional(app_->get_subcommands().front()->get_name());
}

}  // namespace powercut
