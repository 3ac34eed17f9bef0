// Takes any bytes for a workload. Parsing must neither crash nor hang. Accepted
// text must print to text that parses to the same statements and prints as
// itself. Refused text must have an error that names the file.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/check.h"
#include "model/pcut/pcut.h"

namespace {

// Line numbers are no part of the meaning, and printing changes them.
powercut::Pcut WithoutLines(powercut::Pcut pcut) {
  for (powercut::Statement& statement : pcut.statements) {
    statement.line = 0;
    statement.op.line = 0;
    statement.outcome.line = 0;
    statement.expectation.line = 0;
  }
  return pcut;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string file = "fuzz.pcut";
  const auto parsed = powercut::ParsePcut(text, file);
  if (!parsed) {
    POWERCUT_CHECK(parsed.error().code == powercut::ErrorCode::kBadInput);
    POWERCUT_CHECK(parsed.error().message.starts_with(file + ':'));
    return 0;
  }
  const std::string printed = powercut::PrintPcut(*parsed);
  const auto again = powercut::ParsePcut(printed, file);
  POWERCUT_CHECK(again.has_value());
  POWERCUT_CHECK(WithoutLines(*again) == WithoutLines(*parsed));
  POWERCUT_CHECK(powercut::PrintPcut(*again) == printed);

  const auto workload = powercut::BuildWorkload(*parsed, file);
  // The ops of `init` and `run` are numbered through from 1.
  if (workload) {
    const size_t ops = workload->init.size() + workload->run.size();
    for (size_t number = 1; number <= ops; ++number) {
      const auto wanted = static_cast<uint32_t>(number);
      POWERCUT_CHECK(workload->OpNumber(wanted).number == wanted);
    }
    POWERCUT_CHECK(workload->cut <= workload->run.size());
  }
  return 0;
}
