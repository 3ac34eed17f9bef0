// The table of primitives in words: what a cell says, what a row promises for
// which crash, and what a profile makes of it by which switch. For printing;
// the model itself reads model/table/primitives.h.

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

// The cells of a row that can be carried somewhere.
enum class Cell : uint8_t {
  kScope,
  kData,
  kSize,
  kTimes,
  kNames,
  kViews,
  kRecords,
  kPointers,
  kDevice,  // the device's cache
  kBarrier,
};
inline constexpr std::array kCells = {
    Cell::kScope,  Cell::kData,   Cell::kSize,    Cell::kTimes,
    Cell::kNames,  Cell::kViews,  Cell::kRecords, Cell::kPointers,
    Cell::kDevice, Cell::kBarrier};

// `data`, `size`, ..., `device cache`.
std::string_view CellName(Cell cell);
// `none`, `host`, `device (placed)`; of the device cache `none`, `own`, `all`.
std::string CellText(const Coverage& coverage, Cell cell);

// What a return with success promises for this crash, by kind of effect, e.g.
// `data`, `size`; `all at the device` where earlier writes of others are
// meant. Empty: nothing.
std::vector<std::string> PromisedBy(Primitive id, const Coverage& coverage,
                                    CrashKind kind);

// The switches that make a profile read a cell otherwise than its document
// does: each alone, put as the profile has it into the documented reading,
// changes the cell. In order of declaration; empty if the cell is as
// documented.
std::vector<std::string_view> SwitchesBehind(const Profile& profile,
                                             Primitive id, Cell cell);

// A rule of order by name, in words, and whether a profile has it: those that
// hold everywhere, and those that are switches.
struct OrderRuleText {
  std::string_view name;
  std::string_view words;
  bool on = false;
};
std::vector<OrderRuleText> OrderRulesOf(const Profile& profile);

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVE_TEXT_H_
