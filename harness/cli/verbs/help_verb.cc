// `powercut help`: prints what --help prints, and the topics that all verbs
// have in common.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "harness/cli/help/help_text.h"
#include "harness/cli/help/help_topics.h"
#include "harness/cli/terminal/terminal_traits.h"
#include "harness/cli/verbs/verb.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

class HelpVerb : public Verb {
 public:
  HelpVerb()
      : Verb(kHelpVerb, "explain a verb, or what all verbs have in common",
             "powercut help spaces") {}

  void DeclareFlags(FlagSet& flags) override {
    verbs_ = &flags.all_verbs();
    flags.Add(FlagGroup::kInput, "VERB|TOPIC", of_,
              "what to explain; default: the list of verbs and topics");
    flags.Add(FlagGroup::kOutput, "--all", all_,
              "also the flags that are seldom needed");
  }

  Result<ExitStatus> Run() const override {
    const size_t columns = TextColumns();
    const auto verb = std::ranges::find(*verbs_, of_, &DeclaredVerb::name);
    if (of_.empty()) {
      std::fputs(ToolHelp(*verbs_, columns).c_str(), stdout);
    } else if (verb != verbs_->end()) {
      std::fputs(VerbHelp(*verb, columns, all_).c_str(), stdout);
    } else if (const HelpTopic* topic = FindTopic(of_)) {
      std::fputs(TopicText(*topic, columns).c_str(), stdout);
    } else {
      return NothingOfTheName();
    }
    return kExitHolds;
  }

 private:
  Error NothingOfTheName() const {
    std::vector<std::string_view> names;
    for (const DeclaredVerb& verb : *verbs_) names.push_back(verb.name);
    for (const HelpTopic& topic : HelpTopics()) names.push_back(topic.name);
    // The beginning of a name is nearer to it than spelling says.
    const auto begun = std::ranges::find_if(
        names, [this](std::string_view name) { return name.starts_with(of_); });
    const std::string meant = begun == names.end()
                                  ? DidYouMean(of_, names)
                                  : fmt::format("; did you mean `{}`?", *begun);
    return {ErrorCode::kUsage,
            fmt::format("no verb and no topic is named '{}'{} (`powercut help` "
                        "lists them)",
                        of_, meant)};
  }

  // The verbs of the command line.
  const std::deque<DeclaredVerb>* verbs_ = nullptr;
  std::string of_;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeHelpVerb() { return std::make_unique<HelpVerb>(); }

}  // namespace powercut
