// The texts of the topics.
//
// They are those of docs/ word for word, without the marks of Markdown: a test
// looks each paragraph and each row up there. A topic is a list of blocks, and
// rows that follow each other make a table, whose labels have one width.

#include "harness/cli/help/help_topics.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cli/terminal/wrapped_text.h"

namespace powercut {
namespace {

const std::vector<TopicBlock>& ExitStatusBlocks() {
  static const std::vector<TopicBlock> blocks = {
      {"0", "it holds, or it is done"},
      {"1", "a violation"},
      {"2",
       "unknown: a bound came first, or an id belongs to another recording"},
      {"3",
       "record, and run where all holds: the trace is written, but the program "
       "failed, was killed, took longer than --timeout, found the disk full, "
       "or changed nothing in the volume (on simfs)"},
      {"125", "it cannot run here: something is missing or not offered"},
      {"128", "an internal error"},
      {"129", "usage: the command line or a file is wrong"},
      {"130",
       "interrupted; check, explore, litmus and minimize keep the results so "
       "far"},
      {"",
       "If several files of one command end differently, the status is the "
       "first of 130, 128, 129, 1, 2, 0 that occurs. 125 is the status only if "
       "no file ran: a file that cannot run here is listed in errors and does "
       "not change the status of the others."},
      {"",
       "If standard output does not take everything that was printed (the disk "
       "is full, the reader of a pipe is gone, the descriptor is closed), the "
       "status is 129 and a message says so: nobody has read the report."},
      {"",
       "replay of a regression ends in 1, since its state is not admissible; "
       "check of the same file ends in 0, since the file expects the "
       "violation."},
      {"", "These numbers are part of the contract."},
  };
  return blocks;
}

const std::vector<TopicBlock>& IdBlocks() {
  static const std::vector<TopicBlock> blocks = {
      {"",
       "An id names one crash state of one recording: "
       "412p-w405,w407:2~7@3f9a01c2 is a power loss after 412 disk events, "
       "where everything persisted but write 405 and the sectors 2 to 7 of "
       "write 407 (counted from 0). k, o and p stand for a crash of the "
       "process, of the operating system and of the power. The digits after @ "
       "are the digest of the recording. 8.10p is a power loss after 8 disk "
       "events and the first 10 of the marks that follow event 8."},
      {"78p@188b34b1",
       "Power loss after 78 disk events; everything persisted."},
      {"57p-w56:0@2a46e7f2",
       "Power loss after 57 events; all persisted but the first sector of "
       "write 56."},
      {"59p+w59:0/1p@2a46e7f2",
       "Power loss after 59 events, where only the first sector of write 59 "
       "persisted among all open blocks; then power loss after the first disk "
       "event of the recovery from that state."},
      {"10.1p-w9@8f211fd9",
       "Power loss after 10 events and the return of the last op; write 9 "
       "lost."},
      {"6k-w6@8f211fd9", "Death of the process after 6 events; write 6 lost."},
      {"7p+w6@8f211fd9",
       "Every open block at its floor, but for the block of write 6."},
      {"",
       "Other spellings of a state are accepted on input. If the digest "
       "belongs to another recording, replay says so and ends in status 2. It "
       "never runs another state instead."},
  };
  return blocks;
}

const std::vector<TopicBlock>& SpaceBlocks() {
  static const std::vector<TopicBlock> blocks = {
      {"",
       "--space (or space in the file) says how far to go at each crash point. "
       "Prefixes are always visited first."},
      {"prefix",
       "everything issued so far has persisted; no write is lost or reordered"},
      {"epoch:K", "up to K writes or blocks are lost, or only K are kept"},
      {"sample:N",
       "N draws, in which each open block holds any of its versions (--seed)"},
      {"exhaustive", "all"},
      {"any of them with +torn:T",
       "in addition, up to T blocks are torn at a sector; this needs blocks of "
       "several sectors (--atomic 4096), since a block of one sector, the "
       "default outside kernels, cannot be torn"},
      {"",
       "If no space is named, exhaustive is explored where all crash points "
       "together have at most 2^14 states (2^12 for programs on simfs, 2^10 "
       "on kernels), and epoch:1 otherwise; the verdict names the space."},
      {"",
       "--nested D crashes again during recovery, D crashes deep. Where a "
       "check command runs, it is part of the recovery: a program recovers its "
       "own files when the check opens them, and a second crash may come at "
       "any write until the volume is unmounted."},
      {"",
       "--max-runs and --budget bound the work. If a bound was hit, the "
       "verdict is unknown unless a violation was found."},
  };
  return blocks;
}

}  // namespace

std::span<const HelpTopic> HelpTopics() {
  static const HelpTopic topics[] = {
      {"exit-status", "what the exit statuses mean", ExitStatusBlocks(),
       "docs/report_json.md, section 6"},
      {"ids", "how crash states are named", IdBlocks(),
       "docs/crash_model.md, section 4"},
      {"spaces", "which crash states --space visits", SpaceBlocks(),
       "docs/crash_model.md, section 5"},
  };
  return topics;
}

const HelpTopic* FindTopic(std::string_view name) {
  const auto topics = HelpTopics();
  const auto found = std::ranges::find(topics, name, &HelpTopic::name);
  return found == topics.end() ? nullptr : &*found;
}

std::string TopicText(const HelpTopic& topic, size_t columns) {
  size_t label_bytes = 0;
  for (const TopicBlock& block : topic.blocks) {
    label_bytes = std::max(label_bytes, block.label.size());
  }
  std::string text =
      fmt::format("powercut help {}: {}\n", topic.name, topic.summary);
  bool row = false;
  for (const TopicBlock& block : topic.blocks) {
    // Rows of one table stand together.
    if (!row || block.label.empty()) text += '\n';
    row = !block.label.empty();
    const std::string label =
        row ? fmt::format("  {:<{}}  ", block.label, label_bytes) : "";
    text += WrappedText(label, block.text, columns);
  }
  return text + fmt::format("\n{} has the whole.\n", topic.document);
}

}  // namespace powercut
