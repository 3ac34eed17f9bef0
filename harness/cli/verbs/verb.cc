// What all verbs have in common: a name, a help text, and one form of error
// message.

#include "harness/cli/verbs/verb.h"

#include <cstdio>
#include <utility>

namespace powercut {

Verb::Verb(std::string name, std::string help)
    : name_(std::move(name)), help_(std::move(help)) {}

ExitStatus Fail(const Error& error) {
  std::fprintf(stderr, "powercut: %s\n", error.message.c_str());
  return ExitStatusOf(error.code);
}

}  // namespace powercut
