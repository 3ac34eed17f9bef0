// The failure block: the same everywhere, made here (design.md section 10).

#ifndef POWERCUT_HARNESS_JUDGE_FAILURE_BLOCK_H_
#define POWERCUT_HARNESS_JUDGE_FAILURE_BLOCK_H_

#include <string>

#include "harness/judge/finding.h"

namespace powercut {

// Quotes a word for a shell if it needs it.
std::string ShellWord(const std::string& word);

// `file` is the workload as the user named it; `replay_flags` what `replay`
// needs beside it and the id to run under the same setting (with a leading
// space), or empty. Ends in a line break.
//
//   FILE:14: violation: name /a
//     op 9       rename /b /a         not returned
//     promise    /a from op 4, durable since event 96 (op 5, fsync /a)
//     crash      131p                 everything issued persisted
//     admissible /a is op 4's or op 9's
//     found      /a missing
//     replay     powercut replay FILE --at 131p@3f9a01c2
// `replay_file`: what replays it, if that is another file.
std::string FailureBlock(const Finding& finding, const std::string& file,
                         const std::string& replay_flags,
                         const std::string& replay_file = {});

// The whole proof as one paragraph.
std::string Explanation(const Finding& finding);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_FAILURE_BLOCK_H_
