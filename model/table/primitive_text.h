// The table of primitives in words: what a cell says, what a row promises for
// which crash, and what a profile makes of it by which switch. For printing and
// for explanations; the model itself reads model/table/primitives.h.

#ifndef POWERCUT_MODEL_TABLE_PRIMITIVE_TEXT_H_
#define POWERCUT_MODEL_TABLE_PRIMITIVE_TEXT_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"
#include "model/table/primitives.h"

namespace powercut {

// The cells of a row, in the order in which they are printed.
enum class Cell : uint8_t {
  kScope,
  kData,
  kSize,
  kTimes,
  kNames,
  kOwnNames,
  kNamesAbove,
  kRemovedNames,
  kMadeName,
  kViews,
  kRecords,
  kPointers,
  kDevice,  // the device's cache
  kBarrier,
};
inline constexpr std::array kCells = {
    Cell::kScope,    Cell::kData,     Cell::kSize,       Cell::kTimes,
    Cell::kNames,    Cell::kOwnNames, Cell::kNamesAbove, Cell::kRemovedNames,
    Cell::kMadeName, Cell::kViews,    Cell::kRecords,    Cell::kPointers,
    Cell::kDevice,   Cell::kBarrier};

// Returns `data`, `size`, ..., `device cache`.
std::string_view CellName(Cell cell);
// Returns what a cell says: `none`, `host`, `device` or `device (placed)`; for
// the cache of the device `none`, `own` or `all`, with `, flushed before` for a
// preflush; for the scope its words; for the barrier `yes` or `none`.
std::string CellText(const Coverage& coverage, Cell cell);

// Returns what a return with success promises for this kind of crash, one entry
// for each kind of effect, such as `data` or `data that has its place`. The
// last entry is `all at the device` if earlier writes of others are promised,
// too, or `all at the device before it` for a preflush. Empty if the row
// promises nothing for this crash.
std::vector<std::string> PromisedBy(Primitive id, const Coverage& coverage,
                                    CrashKind kind);

// Returns the switches that make a profile read a cell otherwise than its
// document does, in the order of their declaration; empty if the cell is as
// documented. These are the switches that change the cell when one of them
// alone is put into the documented reading, as the profile has it. If there is
// none, since only several together change the cell, these are the switches
// that the profile could not give up without changing the cell.
// Cost: O(switches times rows).
std::vector<std::string_view> SwitchesBehind(const Profile& profile,
                                             Primitive id, Cell cell);

// A rule of order in words.
struct OrderRuleText {
  std::string_view name;
  std::string_view words;
  // Whether the profile has it.
  bool on = false;
};
// Returns the rules that hold everywhere, then those that are switches.
std::vector<OrderRuleText> OrderRulesOf(const Profile& profile);

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVE_TEXT_H_
