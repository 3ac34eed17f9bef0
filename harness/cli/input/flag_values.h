// The values of flags that CLI11 cannot parse: sizes, durations, shards, faults
// and names. Errors of all functions are kUsage, with the flag, the text and
// the form that is expected, except where stated.

#ifndef POWERCUT_HARNESS_CLI_INPUT_FLAG_VALUES_H_
#define POWERCUT_HARNESS_CLI_INPUT_FLAG_VALUES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/cli/input/flag_table.h"
#include "harness/explore/explore.h"
#include "model/words/op.h"

namespace powercut {

// Returns the bytes that `64K`, `512M` or `2G` stand for: a number up to
// 1,000,000 and a unit. `flag` is what errors name, such as `--cache-size`.
Result<uint64_t> ParseSize(std::string_view flag, const std::string& text);

// Returns the milliseconds that `500ms`, `30s`, `2m` or `1h` stand for: a
// number up to 10^9 and a unit.
Result<uint64_t> ParseDuration(std::string_view flag, const std::string& text);

// Parses the value of --shard, such as `2/8`. An empty text means the whole,
// which is 1/1.
Result<Shard> ParseShard(const std::string& text);

// Parses the values of --fault, in their order.
// Errors: kBadInput: `--fault: column C: REASON; REMEDY`.
Result<std::vector<Op>> ParseFaults(const std::vector<std::string>& texts);

// Whether one value of a flag is of the flag's kind, so that a misspelt value
// is told before a verb begins its work: a time, a size, a space, a kind of
// crash, a fault, an id, or the name of a backend or a profile that powercut
// knows. An empty text and all other kinds pass. `name` is the name of the flag
// that errors show.
// Errors: kUsage or kBadInput, with what was expected, or what was meant.
Status CheckFlagValue(const std::string& name, const DeclaredFlag& flag,
                      const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_FLAG_VALUES_H_
