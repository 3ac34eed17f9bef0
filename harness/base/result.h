// Result<T>: a value, or the harness error that kept us from having one.
//
// Three kinds of bad news are never mixed. A *finding* (the storage under test
// broke a promise) is an ordinary value, model/words/violation.h. A *harness
// error* (bad input, missing tool, failed I/O) is an Error in a Result. A *bug
// of ours* is a POWERCUT_CHECK (harness/base/check.h).
//
// The member names are those of std::expected, which C++20 does not have.

#ifndef POWERCUT_HARNESS_BASE_RESULT_H_
#define POWERCUT_HARNESS_BASE_RESULT_H_

#include <string>
#include <utility>
#include <variant>

#include "harness/base/check.h"

namespace powercut {

// The closed list of harness errors. Each has one exit status of the command
// line (harness/cli/exit_status.h).
enum class ErrorCode {
  kUsage,        // a flag or an argument is wrong
  kBadInput,     // a file is malformed, or says what cannot be done
  kIo,           // reading or writing a file failed
  kFull,         // a disk has no room (an injected fault)
  kUnsupported,  // the backend or this version does not offer it
  kMissing,      // a program, a library or a privilege is missing here
  kStale,        // an id belongs to another recording
  kInternal,     // a self-check failed: the harness is at fault
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  // One line, no trailing period, names the place and the remedy.
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that functions can return either.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // Requires: has_value().
  T& value() & {
    POWERCUT_CHECK(has_value());
    return std::get<0>(state_);
  }
  const T& value() const& {
    POWERCUT_CHECK(has_value());
    return std::get<0>(state_);
  }
  T&& value() && {
    POWERCUT_CHECK(has_value());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Requires: !has_value().
  const Error& error() const {
    POWERCUT_CHECK(!has_value());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

struct Ok {};

// A Result without a value.
using Status = Result<Ok>;

}  // namespace powercut

// Returns the error of `expression` (a Result or Status) to the caller, if it
// is one.
#define POWERCUT_TRY(expression)                           \
  do {                                                     \
    if (auto powercut_try = (expression); !powercut_try) { \
      return powercut_try.error();                         \
    }                                                      \
  } while (false)

#define POWERCUT_CONCAT_2(a, b) a##b
#define POWERCUT_CONCAT(a, b) POWERCUT_CONCAT_2(a, b)

// `POWERCUT_ASSIGN(auto x, F())`: x is F()'s value, or F()'s error is returned.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes none.
#define POWERCUT_ASSIGN(declaration, expression)                   \
  auto POWERCUT_CONCAT(powercut_result_, __LINE__) = (expression); \
  if (!POWERCUT_CONCAT(powercut_result_, __LINE__)) {              \
    return POWERCUT_CONCAT(powercut_result_, __LINE__).error();    \
  }                                                                \
  declaration = std::move(POWERCUT_CONCAT(powercut_result_, __LINE__)).value()
// NOLINTEND(bugprone-macro-parentheses)

#endif  // POWERCUT_HARNESS_BASE_RESULT_H_
