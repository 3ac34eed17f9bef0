// JsonFields: an object of a report, read key by key. The first thing that is
// wrong is kept, with its place; what is read after that is empty.

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
  // Not the ordered one: its objects copy their values as they grow, and a copy
  // of one that is nested deep takes more stack than there is.
  using Json = nlohmann::json;

  // `error` takes the first error. All must outlive this object.
  JsonFields(const Json& value, std::string place, std::optional<Error>& error);

  bool Has(const char* key) const;
  // A number from `min` to `max`.
  uint64_t Number(const char* key, uint64_t max, uint64_t min = 0);
  // From 0 to 10^12.
  double Real(const char* key);
  bool Flag(const char* key);
  std::string Text(const char* key);
  // Exactly `digits` lower-case hex digits.
  std::string Hex(const char* key, size_t digits);
  std::vector<std::string> Texts(const char* key);
  JsonFields Object(const char* key);
  std::vector<JsonFields> Objects(const char* key);

  // Says that the value of a key cannot be: `PLACE.KEY: MESSAGE`.
  void Refuse(const std::string& key, const std::string& message);
  // As Refuse(), for a value of the wrong kind.
  void RefuseType(const std::string& key, const std::string& expected,
                  const Json& found);

 private:
  // Null if there is none.
  const Json& At(const char* key);
  std::string PlaceOf(const std::string& key) const;

  const Json* value_;
  std::string place_;
  std::optional<Error>* error_;
};

// Whether `text` is that many lower-case hex digits.
bool IsHex(const std::string& text, size_t digits);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_JSON_FIELDS_H_
