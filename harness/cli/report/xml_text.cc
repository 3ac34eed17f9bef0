// Writes XML. EscapeBytes() makes bytes UTF-8 first; what XML forbids on top of
// that is escaped in the same way, so that one rule reads both back.

#include "harness/cli/report/xml_text.h"

#include <fmt/format.h>

#include "harness/base/utf8.h"
#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

// Whether XML 1.0 allows a character, which is given as UTF-8.
bool IsXmlCharacter(std::string_view character) {
  if (character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf") return false;
  const auto first = static_cast<unsigned char>(character[0]);
  return first >= 0x20 || first == '\t' || first == '\n' || first == '\r';
}

// A parser makes a line feed of a carriage return, and spaces of tabs and line
// breaks in an attribute, unless they are references.
std::string Escaped(const std::string& bytes, bool attribute) {
  const std::string text = EscapeBytes(bytes);
  std::string xml;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view character = rest.substr(0, Utf8CharacterBytes(rest));
    rest.remove_prefix(character.size());
    const char c = character[0];
    if (!IsXmlCharacter(character)) {
      for (const char byte : character) {
        xml += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    } else if (c == '&') {
      xml += "&amp;";
    } else if (c == '<') {
      xml += "&lt;";
    } else if (c == '>') {
      xml += "&gt;";
    } else if (c == '\r' ||
               (attribute && (c == '"' || c == '\t' || c == '\n'))) {
      xml += fmt::format("&#{};", static_cast<int>(c));
    } else {
      xml += character;
    }
  }
  return xml;
}

}  // namespace

std::string XmlText(const std::string& bytes) {
  return Escaped(bytes, /*attribute=*/false);
}

std::string XmlElement(std::string_view name, const XmlAttributes& attributes,
                       std::string_view content) {
  std::string xml = fmt::format("<{}", name);
  for (const auto& [key, value] : attributes) {
    xml += fmt::format(" {}=\"{}\"", key, Escaped(value, /*attribute=*/true));
  }
  return content.empty() ? xml + "/>\n"
                         : fmt::format("{}>{}</{}>\n", xml, content, name);
}

}  // namespace powercut
