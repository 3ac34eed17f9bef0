// What all verbs have in common: a name, a help text, one form of error
// message, and what follows from a shortage.

#include "harness/cli/verbs/verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "harness/base/shortage.h"

namespace powercut {

Verb::Verb(std::string name, std::string help, std::string example)
    : name_(std::move(name)),
      help_(std::move(help)),
      example_(std::move(example)) {}

namespace {

// Messages echo what the user gave, which may be a megabyte long or hold
// control characters. The place is at the beginning and the reason at the end.
std::string OneLine(std::string text) {
  constexpr size_t kBytesMax = 1000;
  constexpr size_t kBeginBytes = 400;
  constexpr size_t kEndBytes = 300;
  if (text.size() > kBytesMax) {
    text = fmt::format("{} [{} bytes] {}", text.substr(0, kBeginBytes),
                       text.size() - kBeginBytes - kEndBytes,
                       text.substr(text.size() - kEndBytes));
  }
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

Result<ExitStatus> WithShortages(
    const std::function<Result<ExitStatus>()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kMissing,
                 "out of memory: give powercut more (`ulimit -v`), or less to "
                 "do (a smaller disk or --space, fewer --jobs)"};
  } catch (const Shortage& shortage) {
    return Error{ErrorCode::kMissing, shortage.what()};
  } catch (const std::exception& error) {
    return Error{ErrorCode::kInternal,
                 std::string("internal error: ") + error.what()};
  }
}

ExitStatus Fail(const Error& error) {
  std::fprintf(stderr, "powercut: %s\n", OneLine(error.message).c_str());
  return ExitStatusOf(error.code);
}

}  // namespace powercut
