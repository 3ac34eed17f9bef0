// Verb: what `powercut NAME ...` does. A verb is one file of this folder, which
// holds its flags and runs it; verb_list.cc knows the list of verbs and nothing
// else of them. To add a flag, change the verb's file, docs and tests; to add a
// verb, add a file and name its function in verb_list.cc.

#ifndef POWERCUT_HARNESS_CLI_VERBS_VERB_H_
#define POWERCUT_HARNESS_CLI_VERBS_VERB_H_

#include <functional>
#include <memory>
#include <string>

#include "harness/base/result.h"
#include "harness/cli/exit_status.h"
#include "harness/cli/input/flag_set.h"

namespace powercut {

class Verb {
 public:
  // `help` is what --help says of the verb; its first line stands in the list
  // of all verbs, too. `example` is a command line of docs/manual.md, which
  // --help shows; the test holds that the manual has it.
  Verb(std::string name, std::string help, std::string example);
  virtual ~Verb() = default;
  Verb(const Verb&) = delete;
  Verb& operator=(const Verb&) = delete;

  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  const std::string& example() const { return example_; }

  // Declares the flags in the order in which --help lists them. They refer to
  // members of the verb, which parsing sets.
  virtual void DeclareFlags(FlagSet& flags) = 0;

  // Does the work with the flags as parsed. Prints results to standard output,
  // notes and progress to standard error, and returns the exit status.
  // Errors: what kept the verb from its work, for Fail().
  virtual Result<ExitStatus> Run() const = 0;

 private:
  std::string name_;
  std::string help_;
  std::string example_;
};

// Calls `work` and returns its result. A shortage of memory, processes or
// descriptors in it becomes an error of code kMissing that names what is short;
// any other exception is a bug of powercut and becomes kInternal.
Result<ExitStatus> WithShortages(
    const std::function<Result<ExitStatus>()>& work);

// Prints `powercut: MESSAGE` to standard error, in one line that is not too
// long to read, and returns the exit status of the error's code.
ExitStatus Fail(const Error& error);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_VERB_H_
