// The one file that knows CLI11. Each method passes its arguments on; what
// CLI11 does not do well is done here, which is telling a misspelt verb.

#include "harness/cli/input/flag_set.h"

#include <fmt/format.h>

#include <utility>

#include <CLI/CLI.hpp>

namespace powercut {

Flag& Flag::Required() {
  option_->required();
  return *this;
}

Flag& Flag::OneOf(std::vector<std::string> values) {
  option_->check(CLI::IsMember(std::move(values)));
  return *this;
}

// Two overloads, since CLI11 shows the type of the bounds in --help.
Flag& Flag::Between(int min, int max) {
  option_->check(CLI::Range(min, max));
  return *this;
}

Flag& Flag::Between(double min, double max) {
  option_->check(CLI::Range(min, max));
  return *this;
}

Flag& Flag::NotNegative() {
  option_->check(CLI::NonNegativeNumber);
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

Flag FlagSet::Add(const std::string& names, std::string& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help));
}

Flag FlagSet::Add(const std::string& names, bool& value,
                  const std::string& help) {
  return Flag(verb_->add_flag(names, value, help));
}

Flag FlagSet::Add(const std::string& names, std::vector<std::string>& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help));
}

Flag FlagSet::Add(const std::string& names, uint32_t& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help));
}

Flag FlagSet::Add(const std::string& names, uint64_t& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help));
}

Flag FlagSet::Add(const std::string& names, std::optional<uint32_t>& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help));
}

Flag FlagSet::Add(const std::string& names, std::optional<uint64_t>& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help));
}

Flag FlagSet::Add(const std::string& names, double& value,
                  const std::string& help) {
  return Flag(verb_->add_option(names, value, help));
}

CommandLine::CommandLine(const std::string& tool, const std::string& help)
    : app_(std::make_unique<CLI::App>(help, tool)) {
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
  return FlagSet(verb);
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
      app_->exit(error);
      return std::optional<std::string>();
    }
    return Error{
        ErrorCode::kUsage,
        fmt::format("{} (`powercut --help` lists the flags)", error.what())};
  }
  // require_subcommand() saw to it that there is one.
  return std::optional(app_->get_subcommands().front()->get_name());
}

}  // namespace powercut
