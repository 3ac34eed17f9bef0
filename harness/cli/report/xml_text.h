// XML as text: elements, attributes and texts, for reports that other tools
// read.

#ifndef POWERCUT_HARNESS_CLI_REPORT_XML_TEXT_H_
#define POWERCUT_HARNESS_CLI_REPORT_XML_TEXT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace powercut {

// Escapes any bytes as the text of an element. Bytes that are no UTF-8, and
// characters that XML 1.0 forbids even as references (control characters
// except tab and line breaks, U+FFFE, U+FFFF), become `\xHH` for each byte, as
// EscapeBytes() writes them, so that UnescapeBytes() of what an XML parser
// reads gives `bytes` back.
// Source: Extensible Markup Language 1.0, fifth edition, 2.2.
std::string XmlText(const std::string& bytes);

// The names of attributes with their values, which may be any bytes.
using XmlAttributes = std::vector<std::pair<std::string_view, std::string>>;

// An element in one or more lines, which ends in a line break. `content` is XML
// already; an empty one gives an empty-element tag.
std::string XmlElement(std::string_view name, const XmlAttributes& attributes,
                       std::string_view content = {});

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_XML_TEXT_H_
