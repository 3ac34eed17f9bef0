// Writes and reads what a violation shows of its state. Blocks are columns, so
// that a report of a hundred causes stays small. Contents are hex digits, since
// they may be any bytes.

#include "harness/cli/report/shown_json.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kCountMax = uint64_t{1} << 53;
constexpr uint64_t kSmallMax = std::numeric_limits<uint32_t>::max();

std::string HexOf(const std::string& bytes) {
  std::string digits;
  for (const char c : bytes) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  return digits;
}

// The inverse; `std::nullopt` if the text is none that HexOf() makes.
std::optional<std::string> BytesOf(const std::string& digits) {
  if (!IsHex(digits, digits.size()) || digits.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  for (size_t at = 0; at < digits.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(&digits[at], &digits[at] + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

// The name of an enumerator of a small enumeration, read back.
template <typename Enum>
Enum FromName(JsonFields& json, const char* key, Enum last,
              std::string_view (*name_of)(Enum)) {
  const std::string name = json.Text(key);
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  json.Refuse(key, fmt::format("is no word for this: '{}'", name));
  return static_cast<Enum>(0);
}

Json OfVersion(const ShownVersion& version) {
  Json json = {{"is", ShownIsName(version.is)}};
  // These keys stand only where they say something.
  if (version.is == ShownVersion::kUnreadable) {
    json["why"] = EscapeBytes(version.why);
  }
  if (version.is == ShownVersion::kFile) {
    json["size"] = version.size_bytes;
    json["from"] = version.from_byte;
    json["hex"] = HexOf(version.content);
  }
  return json;
}

Json OfNames(const std::vector<ShownName>& names) {
  Json list = Json::array();
  for (const ShownName& name : names) {
    Json wanted = Json::array();
    for (const ShownVersion& version : name.wanted) {
      wanted.push_back(OfVersion(version));
    }
    list.push_back({{"path", EscapeBytes(name.path)},
                    {"found", OfVersion(name.found)},
                    {"wanted", std::move(wanted)}});
  }
  return list;
}

Json OfBlocks(const std::vector<ShownBlock>& blocks) {
  Json json = {{"sector", Json::array()},
               {"newest", Json::array()},
               {"holds", Json::array()},
               {"owner", Json::array()}};
  for (const ShownBlock& block : blocks) {
    json["sector"].push_back(block.sector);
    json["newest"].push_back(block.newest);
    json["holds"].push_back(block.holds);
    json["owner"].push_back(block.owner);
  }
  return json;
}

Json OfTorn(const std::vector<ShownBlock>& blocks) {
  Json list = Json::array();
  for (size_t i = 0; i < blocks.size(); ++i) {
    const ShownBlock& block = blocks[i];
    if (block.torn.count == 0) continue;
    list.push_back({{"block", i},
                    {"first", block.torn.first},
                    {"count", block.torn.count},
                    {"under", block.under}});
  }
  return list;
}

ShownVersion ToVersion(JsonFields& json) {
  ShownVersion version;
  version.is = FromName(json, "is", ShownVersion::kUnreadable, ShownIsName);
  if (version.is == ShownVersion::kUnreadable) version.why = json.Text("why");
  if (version.is != ShownVersion::kFile) return version;
  version.size_bytes = json.Number("size", kCountMax);
  version.from_byte = json.Number("from", version.size_bytes);
  const auto bytes = BytesOf(json.Text("hex"));
  if (!bytes || bytes->size() > version.size_bytes - version.from_byte) {
    json.Refuse("hex", "is not the hex digits of a part of the content");
    return version;
  }
  version.content = *bytes;
  return version;
}

std::vector<ShownName> ToNames(JsonFields& json) {
  std::vector<ShownName> names;
  for (JsonFields& entry : json.Objects("names")) {
    ShownName name;
    name.path = entry.Text("path");
    JsonFields found = entry.Object("found");
    name.found = ToVersion(found);
    for (JsonFields& wanted : entry.Objects("wanted")) {
      name.wanted.push_back(ToVersion(wanted));
    }
    names.push_back(std::move(name));
  }
  return names;
}

void ReadBlocks(JsonFields& json, uint64_t events, ShownState& shown) {
  JsonFields columns = json.Object("blocks");
  const auto sector = columns.Numbers("sector", kCountMax);
  const auto newest = columns.Numbers("newest", events);
  const auto holds = columns.Numbers("holds", events);
  const auto owner = columns.Numbers("owner", shown.owners.size());
  if (newest.size() != sector.size() || holds.size() != sector.size() ||
      owner.size() != sector.size()) {
    columns.Refuse("sector", "the columns have different lengths");
    return;
  }
  for (size_t i = 0; i < sector.size(); ++i) {
    ShownBlock block;
    block.sector = sector[i];
    block.newest = static_cast<EventNumber>(newest[i]);
    block.holds = static_cast<EventNumber>(holds[i]);
    block.owner = static_cast<uint32_t>(owner[i]);
    shown.blocks.push_back(block);
  }
  for (JsonFields& entry : json.Objects("torn")) {
    const uint64_t block = entry.Number("block", kSmallMax);
    if (block >= shown.blocks.size()) {
      entry.Refuse("block", "there is no such block");
      return;
    }
    ShownBlock& torn = shown.blocks[block];
    torn.torn.first = entry.Number("first", kSmallMax);
    torn.torn.count = entry.Number("count", kSmallMax, 1);
    torn.under = static_cast<EventNumber>(entry.Number("under", events));
  }
}

}  // namespace

Json JsonOfShown(const ShownState& shown) {
  Json losses = Json::array();
  for (const ShownLoss& loss : shown.losses) {
    losses.push_back({{"events", loss.events},
                      {"sectors", loss.sectors},
                      {"why", loss.why}});
  }
  Json owners = Json::array();
  for (const std::string& owner : shown.owners) {
    owners.push_back(EscapeBytes(owner));
  }
  return {{"kind", CrashKindName(shown.kind)},
          {"point", shown.point},
          {"marks", shown.marks},
          {"open_blocks", shown.open_blocks},
          {"torn_blocks", shown.torn_blocks},
          {"owners", std::move(owners)},
          {"blocks", OfBlocks(shown.blocks)},
          {"torn", OfTorn(shown.blocks)},
          {"losses", std::move(losses)},
          {"wanted", ShownWantedName(shown.wanted)},
          {"names", OfNames(shown.names)}};
}

ShownState ReadShown(JsonFields& json, uint64_t events) {
  ShownState shown;
  const std::string kind = json.Text("kind");
  if (const auto known = CrashKindFromName(kind)) {
    shown.kind = *known;
  } else {
    json.RefuseType("kind", "process, os or power", kind);
  }
  shown.point = static_cast<EventNumber>(json.Number("point", events));
  shown.marks = static_cast<uint32_t>(json.Number("marks", kSmallMax));
  shown.open_blocks = json.Number("open_blocks", kCountMax);
  shown.torn_blocks = json.Number("torn_blocks", kCountMax);
  shown.owners = json.Texts("owners");
  ReadBlocks(json, events, shown);
  for (JsonFields& entry : json.Objects("losses")) {
    ShownLoss loss;
    for (const uint64_t event : entry.Numbers("events", events)) {
      loss.events.push_back(static_cast<EventNumber>(event));
    }
    loss.sectors = entry.Number("sectors", kCountMax);
    loss.why = entry.Text("why");
    shown.losses.push_back(std::move(loss));
  }
  shown.wanted = FromName(json, "wanted", ShownState::kEnd, ShownWantedName);
  shown.names = ToNames(json);
  return shown;
}

}  // namespace powercut
