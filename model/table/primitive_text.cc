// Puts cells, promises and switches into words.
//
// Method: a promise follows from two cells. Survives() combines how far a kind
// of effect is carried with whether the device is flushed: the host survives
// the process, the device survives the system, and the device with a flush
// survives power loss. Example: `data device, device cache none` promises data
// for a crash of the process or the system, and nothing for power loss.
//
// Which switch changed a cell is found by trying, so that no second table can
// disagree with PromisesOf(): each switch is put into the documented reading
// alone. If none changes the cell, only several together do, and then each is
// taken away from the profile alone.

#include "model/table/primitive_text.h"

#include <algorithm>
#include <utility>

namespace powercut {
namespace {

std::string_view ReachName(Reach reach) {
  constexpr std::array<std::string_view, 3> kNames = {"none", "host", "device"};
  return kNames[static_cast<size_t>(reach)];
}

std::string_view ScopeName(Scope scope) {
  constexpr std::array<std::string_view, 9> kNames = {
      "its own effects", "itself and its file", "the range", "the file",
      "the directory",   "the volume",          "the pages", "the log",
      "nothing"};
  return kNames[static_cast<size_t>(scope)];
}

Reach ReachOf(const Coverage& coverage, Cell cell) {
  switch (cell) {
    case Cell::kData:
      return coverage.data;
    case Cell::kSize:
      return coverage.size;
    case Cell::kTimes:
      return coverage.times;
    case Cell::kNames:
      return coverage.names;
    case Cell::kOwnNames:
      return coverage.own_names;
    case Cell::kRemovedNames:
      return coverage.removed_names;
    case Cell::kMadeName:
      return coverage.made_name;
    case Cell::kViews:
      return coverage.views;
    case Cell::kRecords:
      return coverage.records;
    case Cell::kPointers:
      return coverage.pointers;
    case Cell::kScope:
    case Cell::kNamesAbove:
    case Cell::kDevice:
    case Cell::kBarrier:
      break;
  }
  return Reach::kNone;
}

// Whether the cell says how far effects are carried.
bool IsCarried(Cell cell) {
  return cell != Cell::kScope && cell != Cell::kNamesAbove &&
         cell != Cell::kDevice && cell != Cell::kBarrier;
}

// Whether the cell means only what has its place.
bool IsPlaced(const Coverage& coverage, Cell cell) {
  return coverage.placed_data_only &&
         (cell == Cell::kData || cell == Cell::kViews);
}

// Whether effects that are carried so far survive this crash.
bool Survives(const Coverage& coverage, Reach reach, CrashKind kind) {
  switch (kind) {
    case CrashKind::kProcess:
      return reach >= Reach::kHost;
    case CrashKind::kOs:
      return reach == Reach::kDevice;
    case CrashKind::kPower:
      return reach == Reach::kDevice && coverage.device != DeviceFlush::kNone;
  }
  return false;
}

// The text of a cell as a profile reads it. Texts are compared instead of
// cells: what reads the same is no difference to a reader.
std::string CellIn(const Profile& profile, Primitive id, Cell cell) {
  return CellText(PromisesOf(profile)[id], cell);
}

}  // namespace

std::string_view CellName(Cell cell) {
  constexpr std::array<std::string_view, kCells.size()> kNames = {
      "scope",     "data",        "size",          "times",     "names",
      "own names", "names above", "removed names", "made name", "views",
      "records",   "pointers",    "device cache",  "barrier"};
  return kNames[static_cast<size_t>(cell)];
}

std::string CellText(const Coverage& coverage, Cell cell) {
  switch (cell) {
    case Cell::kScope:
      return std::string(ScopeName(coverage.scope));
    case Cell::kDevice: {
      constexpr std::array<std::string_view, 3> kNames = {"none", "own", "all"};
      std::string text(kNames[static_cast<size_t>(coverage.device)]);
      if (coverage.preflush) text += ", flushed before";
      return text;
    }
    case Cell::kNamesAbove:
      return coverage.names_above ? "yes" : "none";
    case Cell::kBarrier:
      return coverage.barrier ? "yes" : "none";
    default:
      break;
  }
  const Reach reach = ReachOf(coverage, cell);
  std::string text(ReachName(reach));
  if (reach != Reach::kNone && IsPlaced(coverage, cell)) text += " (placed)";
  return text;
}

std::vector<std::string> PromisedBy(Primitive id, const Coverage& coverage,
                                    CrashKind kind) {
  std::vector<std::string> promised;
  for (const Cell cell : kCells) {
    if (!IsCarried(cell)) continue;
    if (!Survives(coverage, ReachOf(coverage, cell), kind)) continue;
    std::string text(CellName(cell));
    // The pages of a process that dies stay with the operating system, so that
    // the place of data matters only for the other crashes.
    if (IsPlaced(coverage, cell) && kind != CrashKind::kProcess) {
      text += " that has its place";
    }
    promised.push_back(std::move(text));
  }
  // A preflush takes earlier writes to the media, but not the write itself.
  const bool before = id == Primitive::kDiskWritePreflush ||
                      id == Primitive::kDiskWriteFuaPreflush;
  if (kind == CrashKind::kPower &&
      (coverage.device == DeviceFlush::kAll || before)) {
    promised.emplace_back(before ? "all at the device before it"
                                 : "all at the device");
  }
  return promised;
}

std::vector<std::string_view> SwitchesBehind(const Profile& profile,
                                             Primitive id, Cell cell) {
  const Profile& documented = DocumentedReading();
  const std::string as_documented = CellIn(documented, id, cell);
  std::vector<std::string_view> behind;
  if (CellIn(profile, id, cell) == as_documented) return behind;
  for (const ProfileSwitch& one : ProfileSwitches()) {
    Profile with = documented;
    with.*one.member = profile.*one.member;
    if (CellIn(with, id, cell) != as_documented) behind.push_back(one.name);
  }
  if (!behind.empty()) return behind;
  // Only several switches together change the cell. Each that the change
  // depends on is named.
  for (const ProfileSwitch& one : ProfileSwitches()) {
    Profile without = profile;
    without.*one.member = documented.*one.member;
    if (CellIn(without, id, cell) != CellIn(profile, id, cell)) {
      behind.push_back(one.name);
    }
  }
  return behind;
}

std::vector<OrderRuleText> OrderRulesOf(const Profile& profile) {
  const OrderRules order = PromisesOf(profile).order;
  std::vector<OrderRuleText> rules = {
      {"barrier", "what is issued after a barrier implies what it covered",
       order.barrier},
      {"preflush", "a preflush write implies what was at the device before it",
       order.preflush},
      {"log_prefix", "a record implies those before it", order.log_prefix},
      {"restart_atomic", "a restart area counts with its record and its base",
       order.restart_atomic},
      {"base_within_log", "a base implies its record", order.base_within_log},
      {"reset_before_records", "a record after a reset implies the reset",
       order.reset_before_records}};
  // The switches of a profile that are rules of order.
  for (const std::string_view name : {"metadata_ordered", "metadata_committed",
                                      "data_ordered", "replace_brings_data"}) {
    const auto switches = ProfileSwitches();
    const auto found =
        std::find_if(switches.begin(), switches.end(),
                     [&](const ProfileSwitch& s) { return s.name == name; });
    rules.push_back({name, found->means, profile.*found->member});
  }
  return rules;
}

}  // namespace powercut
