// Reports that are written and read again are the same bytes, and a damaged
// report is one precise error.

#include "harness/cli/report/report_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "harness/base/prng.h"
#include "tests/harness/cli/checking.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

// A report of one shard of several, with findings of several shapes.
Report ReportWithFindings() {
  const SimfsScene scene({SimfsBug::kFsyncSkipsDevice});
  ExploreOptions options = ListingOptions("epoch:1");
  options.shard = {1, 2};
  Report report = scene.Check(options);
  EXPECT_FALSE(report.workloads[0].exploration.findings.empty());
  report.errors = {{"no.pcut", kExitUsage, "no.pcut: No such file"}};
  return report;
}

std::string Again(const std::string& text) {
  const Result<Report> report = ReadReport(text, "r.json");
  EXPECT_TRUE(report) << report.error().message;
  return report ? JsonReport(*report) : "";
}

std::string ErrorOf(const std::string& text) {
  const Result<Report> report = ReadReport(text, "r.json");
  EXPECT_FALSE(report) << text;
  if (report) return "";
  EXPECT_EQ(report.error().code, ErrorCode::kBadInput);
  return report.error().message;
}

TEST(ReportJsonTest, ReadingAndWritingAgainChangesNothing) {
  for (size_t bug = 0; bug < kSimfsBugCount; ++bug) {
    const SimfsScene scene({static_cast<SimfsBug>(bug)});
    ExploreOptions options = ListingOptions("epoch:1+torn:1");
    for (const uint32_t count : {1, 3}) {
      options.shard = {count, count};
      const std::string text = JsonReport(scene.Check(options));
      EXPECT_EQ(Again(text), text);
    }
  }
  const std::string text = JsonReport(ReportWithFindings());
  EXPECT_EQ(Again(text), text);
}

// All that a failure block needs comes back, too.
TEST(ReportJsonTest, FailureBlocksComeBack) {
  Report report = ReportWithFindings();
  Result<Report> again = ReadReport(JsonReport(report), "r.json");
  ASSERT_TRUE(again);
  CheckedWorkload& before = report.workloads[0];
  CheckedWorkload& after = again->workloads[0];
  EXPECT_EQ(Conclude(after, {}).text, Conclude(before, {}).text);
  EXPECT_EQ(after.exploration.run_keys, before.exploration.run_keys);
  EXPECT_FALSE(after.exploration.run_keys.empty());
  EXPECT_EQ(after.expectations, before.expectations);
  EXPECT_EQ(after.shard, before.shard);
}

TEST(ReportJsonTest, StatesAreInAnOrderOfTheirOwn) {
  Report report = ReportWithFindings();
  std::vector<std::string>& states =
      report.workloads[0].exploration.findings[0].states;
  const uint32_t digest = report.workloads[0].exploration.digest;
  const auto id = [&](const std::string& step) {
    return fmt::format("{}@{:08x}", step, digest);
  };
  states = {id("10p"),      id("9p-w4,w5"), id("9p-w4"),    id("9.2p-w1"),
            id("9.10p-w1"), id("11k"),      id("7o-w2:1~3")};
  report.workloads[0].exploration.findings[0].found_at = {"z", "b", "b", "a",
                                                          "b", "c", "b"};
  const Json json = Json::parse(JsonReport(report));
  EXPECT_EQ(json["workloads"][0]["violations"][0]["states"],
            (std::vector<std::string>{id("11k"), id("7o-w2:1~3"), id("9p-w4"),
                                      id("9p-w4,w5"), id("9.2p-w1"),
                                      id("9.10p-w1"), id("10p")}));
  // The texts are in the order of the states that show them first.
  EXPECT_EQ(json["workloads"][0]["violations"][0]["found_texts"],
            (std::vector<std::string>{"c", "b", "a", "z"}));
  EXPECT_EQ(json["workloads"][0]["violations"][0]["found_of_states"],
            (std::vector<int>{0, 1, 1, 1, 2, 1, 3}));
}

// Names on a broken disk are any bytes.
TEST(ReportJsonTest, BytesThatAreNoText) {
  const std::string kTexts[] = {"/\xff",
                                "/a\xc3",
                                "/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
                                "/\xed\xa0\x80",
                                "/\xc0\x80\xf5\x80\x80\x80",
                                "/\\x41 \\\\x41 \\xZZ \\x4",
                                "/\\\xff\\x",
                                std::string("/\0\n\"\x7f", 5)};
  for (const std::string& text : kTexts) {
    EXPECT_EQ(UnescapeBytes(EscapeBytes(text)), text);
    Report report = ReportWithFindings();
    CheckedWorkload& checked = report.workloads[0];
    checked.file = text;
    checked.exploration.findings[0].violation.path = text;
    checked.exploration.findings[0].violation.found = text + " missing";
    const std::string json = JsonReport(report);
    EXPECT_EQ(Again(json), json);
    const Result<Report> again = ReadReport(json, "r.json");
    ASSERT_TRUE(again);
    const CheckedWorkload& back = again->workloads[0];
    EXPECT_EQ(back.file, text);
    EXPECT_EQ(back.exploration.findings[0].violation.path, text);
  }
  EXPECT_EQ(EscapeBytes("/\xff\\x41"), "/\\xff\\x5cx41");
  EXPECT_EQ(EscapeBytes("/\xc3\xa4\\"), "/\xc3\xa4\\");
  Prng prng(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (uint64_t n = prng.Below(8); n > 0; --n) {
      constexpr std::string_view kLikely = "\\x5cf\xc3\xa4\xe2\x82\xed\xf0\xff";
      bytes += kLikely[prng.Below(kLikely.size())];
    }
    const std::string text = EscapeBytes(bytes);
    EXPECT_EQ(UnescapeBytes(text), bytes);
    EXPECT_NO_THROW(Json(text).dump());
  }
}

TEST(ReportJsonTest, WhatIsNoReport) {
  EXPECT_EQ(ErrorOf(""), "r.json: not JSON: byte 1 of 0");
  EXPECT_EQ(ErrorOf("{\"powercut\":1,}"), "r.json: not JSON: byte 15 of 15");
  EXPECT_EQ(ErrorOf("{\"powercut\":1e999}"),
            "r.json: not JSON: a number overflows");
  EXPECT_THAT(ErrorOf(std::string(100'000, '[')), HasSubstr("not JSON"));
  for (const std::string text :
       {"3", "[]", "{}", "{\"tests\":[]}", "{\"powercut\":1}"}) {
    EXPECT_EQ(ErrorOf(text),
              "r.json: not a report written by `powercut check --json`");
  }
  const std::string deep =
      std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(ErrorOf("{\"powercut\":" + deep + ",\"workloads\":0}"),
            "r.json: powercut: expected a number from 0 to 9007199254740992, "
            "found a list");
  EXPECT_EQ(ErrorOf("{\"powercut\":2,\"workloads\":[]}"),
            "r.json: powercut: this powercut reads reports of format 1");
}

// Damages each value of a report in turn: takes it out, and replaces it by
// values of other types.
class Damage {
 public:
  explicit Damage(Json whole) : whole_(std::move(whole)) { Visit(""); }

  size_t refused() const { return refused_; }

 private:
  using Pointer = Json::json_pointer;

  void Visit(const std::string& path) {
    const Json value = whole_.at(Pointer(path));
    if (!path.empty() && !IsDerived(path)) Break(path, value);
    if (value.is_object()) {
      for (const auto& [key, member] : value.items()) Visit(path + "/" + key);
    } else if (value.is_array()) {
      for (size_t i = 0; i < std::min<size_t>(value.size(), 2); ++i) {
        Visit(path + "/" + std::to_string(i));
      }
    }
  }

  // Whether a value is a text for people that is made from other values.
  static bool IsDerived(const std::string& path) {
    return path.ends_with("/explanation");
  }

  // The place in messages: `workloads[0].space` for `/workloads/0/space`.
  static std::string PlaceOf(const std::string& path) {
    std::string place;
    size_t at = 1;
    while (at <= path.size()) {
      const size_t end = std::min(path.find('/', at), path.size());
      const std::string part = path.substr(at, end - at);
      if (std::isdigit(static_cast<unsigned char>(part[0])) != 0) {
        place += "[" + part + "]";
      } else {
        place += (place.empty() ? "" : ".") + part;
      }
      at = end + 1;
    }
    return place;
  }

  void Break(const std::string& path, const Json& value) {
    for (const Json& other : {Json(nullptr), Json(-1), Json(0.5), Json("\x01"),
                              Json(true), Json::array({3}), Json::object()}) {
      if (other.type() == value.type()) continue;
      // Numbers of seconds and sizes of spaces have decimals.
      if (value.is_number() && other == Json(0.5) &&
          (path.ends_with("elapsed_s") || path.ends_with("log2"))) {
        continue;
      }
      Json damaged = whole_;
      damaged[Pointer(path)] = other;
      Refused(damaged, path);
    }
    const Pointer pointer(path);
    // A list may be shorter, and some keys need not be there.
    if (!whole_[pointer.parent_pointer()].is_object() ||
        path.ends_with("/shard") || path.ends_with("/promised_at") ||
        path.ends_with("/standing")) {
      return;
    }
    Json damaged = whole_;
    damaged[pointer.parent_pointer()].erase(pointer.back());
    Refused(damaged, path);
  }

  void Refused(const Json& damaged, const std::string& path) {
    const std::string error = ErrorOf(damaged.dump());
    ++refused_;
    if (error == "r.json: not a report written by `powercut check --json`") {
      EXPECT_TRUE(path == "/powercut" || path == "/workloads");
      return;
    }
    EXPECT_THAT(error, StartsWith("r.json: " + PlaceOf(path)));
  }

  Json whole_;
  size_t refused_ = 0;
};

TEST(ReportJsonTest, EveryDamagedValueIsNamedWithItsPlace) {
  const Damage damage(Json::parse(JsonReport(ReportWithFindings())));
  EXPECT_GT(damage.refused(), 400u);
}

TEST(ReportJsonTest, ValuesThatCannotBe) {
  const Json whole = Json::parse(JsonReport(ReportWithFindings()));
  const auto with = [&](const std::string& path, const Json& value) {
    Json damaged = whole;
    damaged[Json::json_pointer(path)] = value;
    return ErrorOf(damaged.dump());
  };
  const std::string w = "/workloads/0";
  EXPECT_THAT(with("/verdict", "fine"), HasSubstr("verdict: expected ok,"));
  EXPECT_THAT(with(w + "/digest", "1234"), HasSubstr("8 hex digits"));
  EXPECT_THAT(with(w + "/space/mode", "all"), HasSubstr("space.mode: "));
  EXPECT_THAT(with(w + "/runs", -1), HasSubstr("workloads[0].runs: "));
  EXPECT_THAT(with(w + "/runs", 99'999), HasSubstr("workloads[0].cached: "));
  EXPECT_THAT(with(w + "/space/copied", "no"), HasSubstr("space.copied: "));
  EXPECT_THAT(with(w + "/cached", 99'999), HasSubstr("workloads[0].cached"));
  EXPECT_THAT(with(w + "/shard/index", 3), HasSubstr("from 1 to 2, found 3"));
  EXPECT_THAT(with(w + "/shard/index", 2), HasSubstr("shard of the report"));
  EXPECT_THAT(with(w + "/shard/run_keys/1", std::string(32, '0')),
              HasSubstr("run_keys[1]: the keys must ascend"));
  EXPECT_THAT(with(w + "/shard/run_keys", Json::array()),
              HasSubstr("run_keys: 0 keys of "));
  EXPECT_THAT(with(w + "/crash_kinds/0", "flood"), HasSubstr("process, os"));
  EXPECT_THAT(with(w + "/violations/0/kind", "x"),
              HasSubstr("violations[0].kind: no kind of violation is 'x'"));
  EXPECT_THAT(with(w + "/violations/0/id", "12"),
              HasSubstr("workloads[0].violations[0].id: "));
  EXPECT_THAT(with(w + "/violations/0/states/0", "12p@00000000"),
              HasSubstr("states[0]: 12p@00000000 belongs to recording"));
  EXPECT_THAT(with("/errors/0/status", 0), HasSubstr("errors[0].status: "));
}

// Bytes are changed, cut or doubled anywhere. The result is an error or a
// report, never a crash.
TEST(ReportJsonTest, RandomDamage) {
  const std::string whole = JsonReport(ReportWithFindings());
  Prng prng(1);
  size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = whole;
    for (uint64_t n = 1 + prng.Below(3); n > 0 && !text.empty(); --n) {
      const size_t at = prng.Below(text.size());
      constexpr std::string_view kBytes = "{}[],:\"0123e-.\\x\xff\0tn";
      const size_t size = std::min<size_t>(prng.Below(20), text.size() - at);
      switch (prng.Below(4)) {
        case 0:
          text[at] = kBytes[prng.Below(kBytes.size())];
          break;
        case 1:
          text.erase(at, size);
          break;
        case 2:
          text.insert(at, text.substr(at, size));
          break;
        default:
          text.resize(at + 1);
      }
    }
    const Result<Report> report = ReadReport(text, "r.json");
    if (report) {
      // A report that was accepted can be written.
      EXPECT_EQ(Again(JsonReport(*report)), JsonReport(*report));
      continue;
    }
    ++refused;
    EXPECT_THAT(report.error().message, StartsWith("r.json: "));
    EXPECT_EQ(report.error().message.find('\n'), std::string::npos);
  }
  EXPECT_GT(refused, 1500u);
}

}  // namespace
}  // namespace powercut
