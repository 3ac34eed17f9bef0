// Result<T>: a value, or the harness error that prevented it.
//
// Three kinds of bad news are never mixed. A *violation* (the storage under
// test broke a promise) is an ordinary value, model/words/violation.h. A
// *harness error* (bad input, missing tool, failed I/O) is an Error in a
// Result. A *bug* of powercut itself fails a POWERCUT_CHECK
// (harness/base/check.h).
//
// The members are named after those of std::expected, which C++20 does not
// have.

#ifndef POWERCUT_HARNESS_BASE_RESULT_H_
#define POWERCUT_HARNESS_BASE_RESULT_H_

#include <string>
#include <utility>
#include <variant>

#include "harness/base/check.h"

namespace powercut {

// The closed list of harness errors. harness/cli/exit_status.h gives each an
// exit status.
enum class ErrorCode {
  kUsage,        // A flag or an argument is wrong.
  kBadInput,     // A file is malformed, or asks for what cannot be done.
  kIo,           // Reading or writing a file, or a virtual disk, failed.
  kFull,         // A virtual disk has no room (an injected fault).
  kUnsupported,  // The backend or this version does not offer it.
  kMissing,      // A program, a library or a privilege is missing here.
  // An id or a folder of runs belongs to another recording, or a bound or an
  // interrupt ended the work before there was an answer.
  kStale,
  kInternal,  // A self-check failed: powercut itself is at fault.
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  // One line with no trailing period. It names the place of the error and, if
  // there is one, the remedy.
  std::string message;
};

// Owns its value or its error. The accessors of the side that is not held fail
// a POWERCUT_CHECK.
template <class T>
class [[nodiscard]] Result {
 public:
  // The constructors are implicit, so that a function can return a T or an
  // Error.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // The value, also through `*` and `->`. Requires: has_value().
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

// The value of a success that has nothing to return.
struct Ok {};

using Status = Result<Ok>;

}  // namespace powercut

// If `expression` (a Result or Status) is an error, the enclosing function
// returns that error. Otherwise the value is dropped.
#define POWERCUT_TRY(expression)                           \
  do {                                                     \
    if (auto powercut_try = (expression); !powercut_try) { \
      return powercut_try.error();                         \
    }                                                      \
  } while (false)

#define POWERCUT_CONCAT_2(a, b) a##b
#define POWERCUT_CONCAT(a, b) POWERCUT_CONCAT_2(a, b)

// `POWERCUT_ASSIGN(auto x, F());` declares x as F()'s value. If F() gives an
// error, the enclosing function returns that error. The first argument may also
// name an existing variable. The macro is several statements: it must not be
// the body of an `if` that has no braces.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes none.
#define POWERCUT_ASSIGN(declaration, expression)                   \
  auto POWERCUT_CONCAT(powercut_result_, __LINE__) = (expression); \
  if (!POWERCUT_CONCAT(powercut_result_, __LINE__)) {              \
    return POWERCUT_CONCAT(powercut_result_, __LINE__).error();    \
  }                                                                \
  declaration = std::move(POWERCUT_CONCAT(powercut_result_, __LINE__)).value()
// NOLINTEND(bugprone-macro-parentheses)

#endif  // POWERCUT_HARNESS_BASE_RESULT_H_
