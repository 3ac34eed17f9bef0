// The topics of `powercut help TOPIC`: what all verbs have in common. The texts
// are those of docs/, which tests hold them to.

#ifndef POWERCUT_HARNESS_CLI_HELP_HELP_TOPICS_H_
#define POWERCUT_HARNESS_CLI_HELP_HELP_TOPICS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace powercut {

// A paragraph, or a row of a table if it has a label.
struct TopicBlock {
  std::string_view label;
  std::string_view text;
};

struct HelpTopic {
  std::string name;
  std::string summary;  // one line
  std::vector<TopicBlock> blocks;
  // Where the whole is, such as `docs/report_json.md, section 6`.
  std::string_view document;
};

// Every topic, in the order of --help.
std::span<const HelpTopic> HelpTopics();

// Returns the topic of this name; null if there is none.
const HelpTopic* FindTopic(std::string_view name);

// Returns the text of `powercut help TOPIC`. Lines have at most `columns`
// bytes, longer words aside.
std::string TopicText(const HelpTopic& topic, size_t columns);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_HELP_HELP_TOPICS_H_
