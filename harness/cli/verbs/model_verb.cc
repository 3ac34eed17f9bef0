// `powercut model`: prints the table of primitives, to be compared with the
// documents it was taken from.
//
// A row is a flush primitive; its cells say how far the primitive carries data,
// size, name and so on. A profile reads some cells otherwise than documented,
// by switches. So each cell is printed as the profile reads it, with a star if
// a switch changed it, and the documented value and the switches follow. For
// instance, `size none*` is a cell that the documents grant and this profile
// does not. Without --profile there are no stars.
//
// The table is data of the model (model/table). This file only prints it, as
// text or as JSON.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "harness/cli/terminal/wrapped_text.h"
#include "harness/cli/verbs/verb.h"
#include "model/table/primitive_text.h"

namespace powercut {
namespace {

struct ModelFlags {
  std::string profile;
  std::string primitive;  // part of a name or spelling; empty for all rows
  bool json = false;
};

// This type keeps the keys in the order in which they are added.
using Json = nlohmann::ordered_json;

// Names are searched for without regard to case: FlushFileBuffers, fsync.
std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

// The table as one profile reads it, or as it is documented if the profile is
// `nullptr`.
class Table {
 public:
  explicit Table(const Profile* profile)
      : profile_(profile),
        promises_(
            PromisesOf(profile != nullptr ? *profile : DocumentedReading())) {}

  const Profile* profile() const { return profile_; }

  const Coverage& coverage(const PrimitiveRow& row) const {
    return promises_[row.id];
  }

  std::vector<std::string_view> SwitchesBehindCell(const PrimitiveRow& row,
                                                   Cell cell) const {
    if (profile_ == nullptr) return {};
    return SwitchesBehind(*profile_, row.id, cell);
  }

 private:
  const Profile* profile_;
  PromiseTable promises_;
};

// The cells of a row, such as `data device; size none*`. A cell that is `none`
// is left out, unless a switch made it so or it is the cell of the device.
std::string CellsText(const Table& table, const PrimitiveRow& row) {
  std::string text;
  for (const Cell cell : kCells) {
    const std::string value = CellText(table.coverage(row), cell);
    const bool changed = !table.SwitchesBehindCell(row, cell).empty();
    if (value == "none" && !changed && cell != Cell::kDevice) continue;
    if (!text.empty()) text += "; ";
    text += fmt::format("{} {}{}", CellName(cell), value, changed ? "*" : "");
  }
  return text;
}

// What a row promises for each crash kind, which follows from its cells.
std::string PromisedText(const Coverage& coverage, Primitive id) {
  std::string text;
  for (const CrashKind kind : kCrashKinds) {
    const auto promised = PromisedBy(id, coverage, kind);
    text += fmt::format(
        "{}{}: {}", text.empty() ? "" : "; ", CrashKindName(kind),
        promised.empty() ? "nothing"
                         : fmt::format("{}", fmt::join(promised, ", ")));
  }
  return text;
}

void PrintRow(const Table& table, const PrimitiveRow& row) {
  const auto line = [](std::string_view label, std::string_view text) {
    std::fputs(WrappedText(fmt::format("    {:<11}", label), text).c_str(),
               stdout);
  };
  std::fputs(fmt::format("\n  {:<52} {}\n", row.name, row.pcut).c_str(),
             stdout);
  line("reaches", CellsText(table, row));
  for (const Cell cell : kCells) {
    const auto switches = table.SwitchesBehindCell(row, cell);
    if (switches.empty()) continue;
    line("  *",
         fmt::format("{}: documented {}; {}", CellName(cell),
                     CellText(row.coverage, cell), fmt::join(switches, ", ")));
  }
  line("promised", PromisedText(table.coverage(row), row.id));
  line("completes", row.completes);
  line("invalid", row.invalid);
  line("errors", row.errors);
  line("supported", row.file_systems);
  line("source", row.source);
}

void PrintProfile(const Profile& profile) {
  std::printf("profile %s\n", profile.name.c_str());
  const auto line = [](std::string_view label, std::string_view text) {
    std::fputs(WrappedText(fmt::format("  {:<9}", label), text).c_str(),
               stdout);
  };
  line("is", profile.describes);
  line("source", profile.source);
}

// The switches and rules of order of a profile, the ones that are off included.
void PrintSwitches(const Profile& profile) {
  std::printf("\nswitches\n");
  for (const ProfileSwitch& one : ProfileSwitches()) {
    std::fputs(
        fmt::format("  {:<4}{}\n", profile.*one.member ? "on" : "off", one.name)
            .c_str(),
        stdout);
    std::fputs(WrappedText(std::string(8, ' '),
                           fmt::format("{} [{}]", one.means, one.source))
                   .c_str(),
               stdout);
  }
  std::printf("\norder\n");
  for (const OrderRuleText& rule : OrderRulesOf(profile)) {
    std::fputs(WrappedText(fmt::format("  {:<4}{:<22} ", rule.on ? "on" : "off",
                                       rule.name),
                           rule.words)
                   .c_str(),
               stdout);
  }
}

void PrintProfiles() {
  std::printf("\nprofiles (--profile P shows what one makes of the rows)\n");
  for (const Profile& profile : Profiles()) {
    std::fputs(
        WrappedText(fmt::format("  {:<16} ", profile.name), profile.describes)
            .c_str(),
        stdout);
  }
}

// Prints rows by family, in the order of the table.
void PrintTable(const Table& table,
                const std::vector<const PrimitiveRow*>& rows) {
  if (table.profile() != nullptr) {
    PrintProfile(*table.profile());
    // A reader who asks for some rows did not ask for all switches.
    if (rows.size() == kPrimitiveCount) PrintSwitches(*table.profile());
    std::printf("\n* read otherwise than documented, by the switches named\n");
  }
  bool first = table.profile() == nullptr;
  for (size_t f = 0; f < kFamilyCount; ++f) {
    const auto family = static_cast<Family>(f);
    bool headed = false;
    for (const PrimitiveRow* row : rows) {
      if (row->family != family) continue;
      if (!headed) {
        std::printf("%s%s\n", first ? "" : "\n",
                    std::string(FamilyName(family)).c_str());
        headed = true;
        first = false;
      }
      PrintRow(table, *row);
    }
  }
}

Json OfRow(const Table& table, const PrimitiveRow& row) {
  const Coverage& coverage = table.coverage(row);
  Json reaches = Json::object();
  Json changed = Json::array();
  for (const Cell cell : kCells) {
    reaches[std::string(CellName(cell))] = CellText(coverage, cell);
    const auto switches = table.SwitchesBehindCell(row, cell);
    if (switches.empty()) continue;
    changed.push_back({{"cell", CellName(cell)},
                       {"documented", CellText(row.coverage, cell)},
                       {"switches", switches}});
  }
  Json promised = Json::object();
  for (const CrashKind kind : kCrashKinds) {
    promised[std::string(CrashKindName(kind))] =
        PromisedBy(row.id, coverage, kind);
  }
  return {{"name", row.name},           {"family", FamilyName(row.family)},
          {"pcut", row.pcut},           {"reaches", reaches},
          {"changed", changed},         {"promised", promised},
          {"completes", row.completes}, {"invalid", row.invalid},
          {"errors", row.errors},       {"file_systems", row.file_systems},
          {"source", row.source}};
}

Json OfProfile(const Profile& profile) {
  Json switches = Json::array();
  for (const ProfileSwitch& one : ProfileSwitches()) {
    switches.push_back({{"name", one.name},
                        {"on", profile.*one.member},
                        {"widens", one.widens},
                        {"means", one.means},
                        {"source", one.source}});
  }
  Json order = Json::array();
  for (const OrderRuleText& rule : OrderRulesOf(profile)) {
    order.push_back(
        {{"name", rule.name}, {"on", rule.on}, {"means", rule.words}});
  }
  return {{"name", profile.name},
          {"describes", profile.describes},
          {"source", profile.source},
          {"switches", switches},
          {"order", order}};
}

void PrintJson(const Table& table,
               const std::vector<const PrimitiveRow*>& rows) {
  Json primitives = Json::array();
  for (const PrimitiveRow* row : rows) {
    primitives.push_back(OfRow(table, *row));
  }
  const Json profile =
      table.profile() == nullptr ? Json() : OfProfile(*table.profile());
  const Json all = {
      {"powercut", 1}, {"profile", profile}, {"primitives", primitives}};
  std::printf("%s\n", all.dump().c_str());
}

// The rows whose name or spelling in a `.pcut` contains `name`; all if it is
// empty. No row at all is an error, since the name was misspelt then.
Result<std::vector<const PrimitiveRow*>> RowsNamed(const std::string& name) {
  std::vector<const PrimitiveRow*> rows;
  for (const PrimitiveRow& row : PrimitiveRows()) {
    const std::string wanted = Lower(name);
    const bool named = Lower(row.name).find(wanted) != std::string::npos ||
                       Lower(row.pcut).find(wanted) != std::string::npos;
    if (named) rows.push_back(&row);
  }
  if (!rows.empty()) return rows;
  return Error{ErrorCode::kUsage,
               fmt::format("--primitive '{}': no row has that in its name or "
                           "its spelling; `powercut model` lists them",
                           name)};
}

Result<ExitStatus> Show(const ModelFlags& flags) {
  const Profile* profile = nullptr;
  if (!flags.profile.empty()) {
    profile = FindProfile(flags.profile);
    if (profile == nullptr) {
      return Error{ErrorCode::kUsage,
                   "--profile: " + UnknownProfile(flags.profile)};
    }
  }
  POWERCUT_ASSIGN(const std::vector<const PrimitiveRow*> rows,
                  RowsNamed(flags.primitive));
  const Table table(profile);
  if (flags.json) {
    PrintJson(table, rows);
    return kExitHolds;
  }
  PrintTable(table, rows);
  if (profile == nullptr && flags.primitive.empty()) PrintProfiles();
  return kExitHolds;
}

class ModelVerb : public Verb {
 public:
  ModelVerb()
      : Verb("model", "what each flush primitive promises, with its sources",
             "powercut model --primitive FILE_DATA_ONLY") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kStorage, "--profile", flags_.profile,
             "as this profile reads")
        .Takes(FlagValue::kProfile);
    flags.Add(FlagGroup::kInput, "--primitive", flags_.primitive,
              "only rows with this in their name");
    flags.Add(FlagGroup::kOutput, "--json", flags_.json, "as data");
  }

  Result<ExitStatus> Run() const override { return Show(flags_); }

 private:
  ModelFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeModelVerb() { return std::make_unique<ModelVerb>(); }

}  // namespace powercut
