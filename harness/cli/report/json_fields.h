// JsonFields: a JSON object that is read key by key. The readers of reports
// need no error handling of their own: the first error is kept, with the place
// of the value, and reading goes on with empty values to its end.

#ifndef POWERCUT_HARNESS_CLI_REPORT_JSON_FIELDS_H_
#define POWERCUT_HARNESS_CLI_REPORT_JSON_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "harness/base/result.h"

namespace powercut {

class JsonFields {
 public:
  // Not nlohmann::ordered_json, whose objects copy their values as they grow: a
  // copy of a deeply nested value takes more stack than there is.
  using Json = nlohmann::json;

  // Reads `value`, which error messages call `place`. `error` takes the first
  // error; a `value` that is no object is one. `value` and `error` must outlive
  // this object.
  JsonFields(const Json& value, std::string place, std::optional<Error>& error);

  bool Has(const char* key) const;

  // Each of these returns the value of a key. A key that is missing, or whose
  // value is of another type or out of range, is an error; the result is then
  // `min`, 0, false, empty, or zeros for Hex().

  // An integer from `min` to `max`.
  uint64_t Number(const char* key, uint64_t max, uint64_t min = 0);
  // A number from 0 to 10^12.
  double Real(const char* key);
  bool Flag(const char* key);
  // A text, with its escaped bytes as bytes again (UnescapeBytes()).
  std::string Text(const char* key);
  // Exactly `digits` lower-case hex digits.
  std::string Hex(const char* key, size_t digits);
  std::vector<std::string> Texts(const char* key);
  // A list of integers from 0 to `max`.
  std::vector<uint64_t> Numbers(const char* key, uint64_t max);
  // These refer to parts of `value`.
  JsonFields Object(const char* key);
  std::vector<JsonFields> Objects(const char* key);

  // Keeps the error `PLACE.KEY: MESSAGE`, unless there is one already.
  void Refuse(const std::string& key, const std::string& message);
  // Calls Refuse() with the message `expected EXPECTED, found ...`.
  void RefuseType(const std::string& key, const std::string& expected,
                  const Json& found);

 private:
  // The JSON null if there is no such key.
  const Json& At(const char* key);
  std::string PlaceOf(const std::string& key) const;

  const Json* value_;
  std::string place_;
  std::optional<Error>* error_;
};

// Whether `text` consists of exactly `digits` lower-case hex digits.
bool IsHex(const std::string& text, size_t digits);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_JSON_FIELDS_H_
