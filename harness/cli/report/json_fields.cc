// Reads JSON values with exact errors. A place is a path from the file to the
// value, such as `r.json: workloads[0].space`: each object knows its own place,
// and hands it on, extended by the key, to the objects in it.

#include "harness/cli/report/json_fields.h"

#include <fmt/format.h>

#include <utility>

#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

using Json = JsonFields::Json;

// Reports have up to three decimals, which a double of this size still holds.
constexpr double kRealMax = 1e12;

// What a missing key reads as, for functions that return references.
const Json& NullJson() {
  static const Json null;
  return null;
}

// A value for an error message: the type of an object or a list, the text of
// anything else, cut if it is long.
std::string Words(const Json& value) {
  if (value.is_null()) return "nothing";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  const std::string text =
      value.dump(-1, ' ', true, Json::error_handler_t::replace);
  constexpr size_t kShown = 40;
  return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
}

}  // namespace

bool IsHex(const std::string& text, size_t digits) {
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

JsonFields::JsonFields(const Json& value, std::string place,
                       std::optional<Error>& error)
    : value_(&value), place_(std::move(place)), error_(&error) {
  if (value.is_object() || error) return;
  error_->emplace(Error{
      ErrorCode::kBadInput,
      fmt::format("{}: expected an object, found {}", place_, Words(value))});
}

std::string JsonFields::PlaceOf(const std::string& key) const {
  // The place of the whole report is `FILE:`.
  return place_ + (place_.ends_with(':') ? " " : ".") + key;
}

// Later errors may be consequences of the first.
void JsonFields::Refuse(const std::string& key, const std::string& message) {
  if (error_->has_value()) return;
  error_->emplace(Error{ErrorCode::kBadInput,
                        fmt::format("{}: {}", PlaceOf(key), message)});
}

void JsonFields::RefuseType(const std::string& key, const std::string& expected,
                            const Json& found) {
  Refuse(key, fmt::format("expected {}, found {}", expected, Words(found)));
}

bool JsonFields::Has(const char* key) const {
  return value_->is_object() && value_->contains(key);
}

const Json& JsonFields::At(const char* key) {
  if (!Has(key)) return NullJson();
  return (*value_)[key];
}

uint64_t JsonFields::Number(const char* key, uint64_t max, uint64_t min) {
  const Json& value = At(key);
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number >= min && number <= max) return number;
  }
  RefuseType(key, fmt::format("a number from {} to {}", min, max), value);
  return min;
}

double JsonFields::Real(const char* key) {
  const Json& value = At(key);
  if (value.is_number()) {
    const auto number = value.get<double>();
    if (number >= 0 && number <= kRealMax) return number;
  }
  RefuseType(key, "a number from 0 to 10^12", value);
  return 0;
}

bool JsonFields::Flag(const char* key) {
  const Json& value = At(key);
  if (value.is_boolean()) return value.get<bool>();
  RefuseType(key, "true or false", value);
  return false;
}

std::string JsonFields::Text(const char* key) {
  const Json& value = At(key);
  if (value.is_string()) return UnescapeBytes(value.get<std::string>());
  RefuseType(key, "a text", value);
  return "";
}

std::string JsonFields::Hex(const char* key, size_t digits) {
  const Json& value = At(key);
  if (value.is_string() && IsHex(value.get<std::string>(), digits)) {
    return value.get<std::string>();
  }
  RefuseType(key, fmt::format("{} hex digits", digits), value);
  return std::string(digits, '0');
}

std::vector<std::string> JsonFields::Texts(const char* key) {
  const Json& list = At(key);
  std::vector<std::string> texts;
  if (!list.is_array()) {
    RefuseType(key, "a list of texts", list);
    return texts;
  }
  for (const Json& value : list) {
    if (!value.is_string()) {
      RefuseType(fmt::format("{}[{}]", key, texts.size()), "a text", value);
      return texts;
    }
    texts.push_back(UnescapeBytes(value.get<std::string>()));
  }
  return texts;
}

std::vector<uint64_t> JsonFields::Numbers(const char* key, uint64_t max) {
  const Json& list = At(key);
  std::vector<uint64_t> numbers;
  if (!list.is_array()) {
    RefuseType(key, "a list of numbers", list);
    return numbers;
  }
  for (const Json& value : list) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > max) {
      RefuseType(fmt::format("{}[{}]", key, numbers.size()),
                 fmt::format("a number from 0 to {}", max), value);
      return numbers;
    }
    numbers.push_back(value.get<uint64_t>());
  }
  return numbers;
}

// The constructor refuses a value that is no object.
JsonFields JsonFields::Object(const char* key) {
  return {At(key), PlaceOf(key), *error_};
}

std::vector<JsonFields> JsonFields::Objects(const char* key) {
  const Json& list = At(key);
  std::vector<JsonFields> objects;
  if (!list.is_array()) {
    RefuseType(key, "a list of objects", list);
    return objects;
  }
  for (const Json& value : list) {
    objects.emplace_back(
        value, PlaceOf(fmt::format("{}[{}]", key, objects.size())), *error_);
  }
  return objects;
}

}  // namespace powercut
