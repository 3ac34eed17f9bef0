// The failure block: the text that shows a finding in every verb
// (docs/crash_model.md 6).

#ifndef POWERCUT_HARNESS_JUDGE_FAILURE_BLOCK_H_
#define POWERCUT_HARNESS_JUDGE_FAILURE_BLOCK_H_

#include <string>

#include "harness/judge/finding.h"

namespace powercut {

// The word, in single quotes if a shell would read it otherwise.
std::string ShellWord(const std::string& word);

// The name of a file as such a word, which no command takes for a flag. The
// name `-`, which stands for standard input, stays as it is.
std::string FileWord(const std::string& file);

// The command that replays the state of a finding: one line for a shell,
// without its end. The parameters are those of FailureBlock().
std::string ReplayCommand(const Finding& finding, const std::string& file,
                          const std::string& replay_flags,
                          const std::string& replay_file = {});

// The block of a finding; it ends in a line break. `file` is the workload as
// the user named it. `replay_file` is the file that `replay` must be given, if
// this is another one; otherwise empty. `replay_flags` are the flags that
// `replay` needs to run under the same setting, with a leading space, or empty.
//
//   FILE:14: violation: name /a
//     op 9       rename /b /a         not returned
//     promise    /a from op 4, durable since event 96 (op 5, fsync /a)
//     crash      131p: power was lost after 131 disk events; everything ...
//     admissible /a is op 4's or op 9's
//     found      /a missing
//     cause      name/target/rename/fsync   in 12 states
//     replay     powercut replay FILE --at 131p@3f9a01c2
//
// A row `fault` for each fault comes after `crash`, then a row `lost` for each
// of Finding::lost_files, a row `unissued` for each of Finding::unissued and a
// row `missing` for each of Finding::missing. A row `excuse` comes after
// `cause` if there are excuses.
std::string FailureBlock(const Finding& finding, const std::string& file,
                         const std::string& replay_flags,
                         const std::string& replay_file = {});

// The same proof as one paragraph, except the op, the cause and the replay
// line.
std::string Explanation(const Finding& finding);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_FAILURE_BLOCK_H_
