# Makes the C++ file OUTPUT of page.html with page.css and the scripts SCRIPTS in
# it, in their order. All lie in FOLDER. The page is cut where the JSON report is
# put in.
file(READ ${FOLDER}/page.html html)
file(READ ${FOLDER}/page.css css)
set(js "")
foreach(script IN LISTS SCRIPTS)
  file(READ ${FOLDER}/${script} text)
  string(APPEND js "${text}\n")
endforeach()
string(REPLACE "@STYLE@" "${css}" page "${html}")
string(REPLACE "@SCRIPT@" "${js}" page "${page}")
string(FIND "${page}" "@REPORT@" at)
if(at EQUAL -1)
  message(FATAL_ERROR "page.html has no @REPORT@")
endif()
string(SUBSTRING "${page}" 0 ${at} before)
math(EXPR at "${at} + 8")
string(SUBSTRING "${page}" ${at} -1 after)
# The elements of an array of lines.
function(literal name text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\",\n    \"" text "${text}")
  set(${name} "\"${text}\"" PARENT_SCOPE)
endfunction()
literal(before "${before}")
literal(after "${after}")
file(WRITE ${OUTPUT} "// Made by embed_page.cmake.

#include \"harness/cli/report/page_text.h\"

namespace powercut {
namespace {

constexpr std::string_view kBefore[] = {
    ${before}};
constexpr std::string_view kAfter[] = {
    ${after}};

}  // namespace

const std::span<const std::string_view> kPageBeforeReport = kBefore;
const std::span<const std::string_view> kPageAfterReport = kAfter;

}  // namespace powercut
")
