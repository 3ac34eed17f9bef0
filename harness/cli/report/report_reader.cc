// Reads reports: any bytes give a report or one precise error.
//
// Each function is the inverse of one in report_json.cc. The functions return
// values and no errors: JsonFields keeps the first error, with its place, and
// ReadReport() returns it in the end. Beyond types and ranges it is checked
// what `merge` relies on: ids are well formed and belong to the recording, keys
// of runs ascend and are as many as the runs, a shard is within its count, and
// `cached` agrees with `states` and `runs`.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "harness/cli/report/json_fields.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/report/shown_json.h"
#include "harness/cli/report/timeline_json.h"
#include "harness/space/state_id.h"

namespace powercut {
namespace {

// Thousands of such counts can be added without overflow, and readers of JSON
// that take all numbers for doubles read them exactly.
constexpr uint64_t kCountMax = uint64_t{1} << 53;
constexpr uint64_t kSmallMax = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kLineMax = std::numeric_limits<int>::max();

uint64_t FromHex(std::string_view digits) {
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

// Checks that an id parses and belongs to the recording with this digest.
void CheckId(JsonFields& json, const std::string& key, const std::string& id,
             uint32_t digest) {
  const auto parsed = ParseStateId(id);
  if (!parsed) {
    json.Refuse(key, parsed.error().message);
  } else if (parsed->digest != digest) {
    json.Refuse(key, fmt::format("{} belongs to recording {:08x}, and this is "
                                 "one of {:08x}",
                                 id, parsed->digest, digest));
  }
}

// Reads the states of a finding, and what was found at each.
void ReadStates(JsonFields& json, uint32_t digest, Finding& finding) {
  finding.states = json.Texts("states");
  for (size_t i = 0; i < finding.states.size(); ++i) {
    CheckId(json, fmt::format("states[{}]", i), finding.states[i], digest);
  }
  const std::vector<std::string> texts = json.Texts("found_texts");
  const std::vector<uint64_t> text_of_state =
      json.Numbers("found_of_states", kCountMax);
  if (text_of_state.size() != finding.states.size()) {
    json.Refuse("found_of_states",
                fmt::format("{} numbers for {} states", text_of_state.size(),
                            finding.states.size()));
    return;
  }
  for (size_t i = 0; i < text_of_state.size(); ++i) {
    if (text_of_state[i] >= texts.size()) {
      json.Refuse(fmt::format("found_of_states[{}]", i),
                  fmt::format("there is no text {}", text_of_state[i]));
      return;
    }
    finding.found_at.push_back(texts[text_of_state[i]]);
  }
}

// `explanation` is not read: it is composed again from the other keys.
Finding ToFinding(JsonFields& json, uint32_t digest, uint64_t events) {
  Finding finding;
  Violation& violation = finding.violation;
  const std::string kind = json.Text("kind");
  if (const auto known = ViolationKindFromName(kind)) {
    violation.kind = *known;
  } else {
    json.Refuse("kind", fmt::format("no kind of violation is '{}'", kind));
  }
  violation.cause = json.Text("cause");
  violation.path = json.Text("path");
  violation.op = static_cast<uint32_t>(json.Number("op", kSmallMax));
  violation.admissible = json.Text("admissible");
  violation.found = json.Text("found");
  finding.line = static_cast<int>(json.Number("line", kLineMax));
  finding.id = json.Text("id");
  CheckId(json, "id", finding.id, digest);
  finding.count = json.Number("count", kCountMax, 1);
  finding.excuses = json.Texts("excuses");
  finding.op_text = json.Text("op_text");
  finding.promise = json.Text("promise");
  finding.crash = json.Text("crash");
  finding.faults = json.Texts("faults");
  finding.lost_files = json.Texts("lost_files");
  finding.unissued = json.Texts("unissued");
  finding.lost_blocks = json.Number("lost_blocks", kCountMax);
  finding.recovery_file = json.Text("recovery_file");
  finding.recovery_id = json.Text("recovery_id");
  ReadStates(json, digest, finding);
  if (json.Has("promised_at")) {
    finding.promised_at =
        static_cast<EventNumber>(json.Number("promised_at", events));
  }
  if (json.Has("missing")) finding.missing = json.Texts("missing");
  if (json.Has("shown")) {
    JsonFields shown = json.Object("shown");
    finding.shown = ReadShown(shown, events);
  }
  return finding;
}

std::vector<UnshownCause> ToUnshown(JsonFields& json) {
  std::vector<UnshownCause> unshown;
  for (JsonFields& entry : json.Objects("unshown")) {
    UnshownCause one;
    one.cause = entry.Text("cause");
    one.count = entry.Number("count", kCountMax, 1);
    if (!unshown.empty() && one.cause <= unshown.back().cause) {
      entry.Refuse("cause", "the causes must ascend");
    }
    unshown.push_back(std::move(one));
  }
  return unshown;
}

std::vector<Expectation> ToExpectations(JsonFields& json) {
  std::vector<Expectation> expectations;
  for (JsonFields& entry : json.Objects("expect")) {
    Expectation e;
    e.line = static_cast<int>(entry.Number("line", kLineMax));
    e.ok = entry.Flag("ok");
    e.kind = entry.Text("kind");
    e.path = entry.Text("path");
    expectations.push_back(std::move(e));
  }
  return expectations;
}

std::vector<FaultCount> ToFaults(JsonFields& json) {
  std::vector<FaultCount> faults;
  for (JsonFields& entry : json.Objects("faults")) {
    FaultCount fault;
    fault.text = entry.Text("fault");
    fault.line = static_cast<int>(entry.Number("line", kLineMax));
    const std::string phase = entry.Text("in");
    fault.recovery = phase == "recovery";
    if (!fault.recovery && phase != "run") {
      entry.Refuse("in", "is neither run nor recovery");
    }
    fault.fired = entry.Number("fired", kCountMax);
    faults.push_back(std::move(fault));
  }
  return faults;
}

// A report of the whole has no shard, so that the count is at least 2.
Shard ToShard(JsonFields& json) {
  Shard shard;
  shard.count = static_cast<uint32_t>(json.Number("count", kSmallMax, 2));
  shard.index = static_cast<uint32_t>(json.Number("index", shard.count, 1));
  return shard;
}

// `runs` is the number of runs that are not nested.
std::vector<Hash128> ToRunKeys(JsonFields& json, uint64_t runs) {
  std::vector<Hash128> keys;
  for (const std::string& text : json.Texts("run_keys")) {
    const std::string key = fmt::format("run_keys[{}]", keys.size());
    if (!IsHex(text, 32)) {
      json.RefuseType(key, "32 hex digits", text);
      return keys;
    }
    const std::string_view digits = text;
    const Hash128 hash{FromHex(digits.substr(0, 16)),
                       FromHex(digits.substr(16))};
    if (!keys.empty() && hash <= keys.back()) {
      json.Refuse(key, "the keys must ascend");
    }
    keys.push_back(hash);
  }
  if (keys.size() != runs) {
    json.Refuse("run_keys",
                fmt::format("{} keys of {} runs", keys.size(), runs));
  }
  return keys;
}

void ReadSpace(JsonFields& json, CheckedWorkload& checked) {
  JsonFields space = json.Object("space");
  checked.exploration.space_log2 = space.Real("log2");
  checked.exploration.open_points = space.Number("open_points", kCountMax);
  if (auto spec = ParseExplorationSpace(space.Text("mode"))) {
    checked.space = *spec;
  } else {
    space.Refuse("mode", spec.error().message);
  }
  checked.atomic_bytes =
      static_cast<uint32_t>(space.Number("atomic", kSmallMax));
  checked.exploration.exhausted = space.Flag("exhausted");
  checked.nested = static_cast<uint32_t>(space.Number("nested", kSmallMax));
  if (const auto copied = CopyModeFromName(space.Text("copied"))) {
    checked.exploration.copied = *copied;
  } else {
    space.Refuse("copied", "is none of apart, filled and read");
  }
  checked.exploration.parts_apart =
      static_cast<uint32_t>(space.Number("parts", kSmallMax));
}

RecoveryCounts ToRecoveries(JsonFields& json) {
  JsonFields fields = json.Object("recoveries");
  RecoveryCounts counts;
  counts.needed = fields.Number("needed", kCountMax);
  counts.repeated = fields.Number("repeated", kCountMax);
  counts.canaries = fields.Number("canaries", kCountMax);
  counts.doublechecks = fields.Number("doublechecks", kCountMax);
  counts.confirmations = fields.Number("confirmations", kCountMax);
  if (fields.Number("all", kCountMax) != counts.all()) {
    fields.Refuse("all", "is not the sum of the others");
  }
  return counts;
}

// Counts that are part of another count are at most that.
void ReadCounts(JsonFields& json, Exploration& e) {
  e.digest = static_cast<uint32_t>(FromHex(json.Hex("digest", 8)));
  e.events = json.Number("events", kCountMax);
  e.writes = json.Number("writes", kCountMax);
  e.flushes = json.Number("flushes", kCountMax);
  e.crash_points = json.Number("crash_points", kCountMax);
  e.bound = json.Text("bound");
  e.states = json.Number("states", kCountMax);
  e.faults = ToFaults(json);
  e.runs = json.Number("runs", kCountMax);
  if (json.Number("cached", kCountMax) != CachedStates(e)) {
    json.Refuse("cached", "is not `states` - `runs`");
  }
  e.nested_states = json.Number("nested_states", e.states);
  e.nested_runs = json.Number("nested_runs", e.runs);
  e.doublechecked = json.Number("doublechecked", kCountMax);
  e.reordered_runs = json.Number("reordered_runs", kCountMax);
  e.evicted = json.Number("evicted", kCountMax);
  e.recoveries = ToRecoveries(json);
  e.interrupted = json.Flag("interrupted");
}

// Verdicts are kept as text, which Conclude() replaces after merging.
std::string ToVerdict(JsonFields& json) {
  std::string verdict = json.Text("verdict");
  if (verdict != "ok" && verdict != "violation" && verdict != "unknown") {
    json.RefuseType("verdict", "ok, violation or unknown", verdict);
  }
  return verdict;
}

std::vector<CrashKind> ToCrashKinds(JsonFields& json) {
  std::vector<CrashKind> kinds;
  for (const std::string& name : json.Texts("crash_kinds")) {
    if (const auto kind = CrashKindFromName(name)) {
      kinds.push_back(*kind);
    } else {
      json.RefuseType("crash_kinds", "process, os or power", name);
    }
  }
  return kinds;
}

// A report without standings has none at all.
void ReadStanding(JsonFields& json, std::vector<Standing>& standings) {
  if (!json.Has("standing")) return;
  const std::string name = json.Text("standing");
  if (const auto known = StandingFromName(name)) {
    standings.push_back(*known);
  } else {
    json.RefuseType("standing", "new, expected or known", name);
  }
}

CheckedWorkload ToWorkload(JsonFields json) {
  CheckedWorkload checked;
  Exploration& e = checked.exploration;
  checked.file = json.Text("file");
  checked.pcut_hash = json.Hex("pcut_hash", 32);
  checked.backend = json.Text("backend");
  checked.profile = json.Text("profile");
  if (json.Has("profile_note")) {
    checked.profile_note = json.Text("profile_note");
  }
  checked.verdict = ToVerdict(json);
  ReadSpace(json, checked);
  ReadCounts(json, e);
  checked.elapsed_s = json.Real("elapsed_s");
  checked.crash_kinds = ToCrashKinds(json);
  checked.probe = json.Flag("probe");
  if (json.Has("from")) checked.from = json.Text("from");
  if (json.Has("writeback")) {
    checked.writeback = json.Text("writeback");
    checked.unmount_only = json.Flag("unmount_only");
    checked.schedule = json.Hex("schedule", 8);
  }
  checked.replay_flags = json.Text("replay_flags");
  checked.expectations = ToExpectations(json);
  if (json.Has("shard")) {
    JsonFields shard = json.Object("shard");
    checked.shard = ToShard(shard);
    e.run_keys = ToRunKeys(shard, e.runs - e.nested_runs);
  }
  if (json.Has("replay_file")) checked.replay_file = json.Text("replay_file");
  // Numbers of events have 32 bits.
  const uint64_t events = std::min(e.events, kSmallMax);
  if (json.Has("timeline")) {
    JsonFields timeline = json.Object("timeline");
    checked.timeline = ReadTimeline(timeline, events);
  }
  for (JsonFields& violation : json.Objects("violations")) {
    e.findings.push_back(ToFinding(violation, e.digest, events));
    ReadStanding(violation, checked.standings);
  }
  if (!checked.standings.empty() &&
      checked.standings.size() != e.findings.size()) {
    json.Refuse("violations", "some have a standing and others have none");
  }
  e.unshown = ToUnshown(json);
  return checked;
}

// The status must be one that an error leads to (ExitStatusOf()), or `merge`
// would end with a status that does not exist.
FailedFile ToFailedFile(JsonFields& json) {
  FailedFile failed;
  failed.file = json.Text("file");
  failed.status = static_cast<ExitStatus>(json.Number("status", 255));
  if (failed.status != kExitUnknown && failed.status != kExitCannotRun &&
      failed.status != kExitInternal && failed.status != kExitUsage) {
    json.Refuse("status", "is not the status of an error");
  }
  failed.message = json.Text("message");
  return failed;
}

Regression ToRegression(JsonFields& json) {
  Regression regression;
  regression.file = json.Text("file");
  const std::string became = json.Text("became");
  if (const auto kind = RegressionKindFromName(became)) {
    regression.kind = *kind;
  } else {
    json.RefuseType("became", "holds, fixed, back, stale or unknown", became);
  }
  regression.reasons = json.Texts("reasons");
  return regression;
}

Report ToReport(JsonFields& json) {
  Report report;
  report.version = json.Text("version");
  report.verdict = ToVerdict(json);
  report.seed = json.Number("seed", std::numeric_limits<uint64_t>::max());
  report.interrupted = json.Flag("interrupted");
  if (json.Has("shard")) {
    JsonFields shard = json.Object("shard");
    report.shard = ToShard(shard);
  }
  for (JsonFields& workload : json.Objects("workloads")) {
    report.workloads.push_back(ToWorkload(workload));
    if (report.workloads.back().shard != report.shard) {
      workload.Refuse("shard", "is not the shard of the report");
    }
  }
  for (JsonFields& failed : json.Objects("errors")) {
    report.errors.push_back(ToFailedFile(failed));
  }
  if (json.Has("regressions")) {
    for (JsonFields& one : json.Objects("regressions")) {
      report.regressions.push_back(ToRegression(one));
    }
  }
  return report;
}

// Parsing throws two kinds of exceptions: errors of the grammar have a place in
// the text, numbers beyond the range of a double have none.
Result<JsonFields::Json> ParseJson(const std::string& text,
                                   const std::string& name) {
  try {
    return JsonFields::Json::parse(text);
  } catch (const JsonFields::Json::parse_error& error) {
    return Error{ErrorCode::kBadInput,
                 fmt::format("{}: not JSON: byte {} of {}", name, error.byte,
                             text.size())};
  } catch (const JsonFields::Json::exception&) {
    return Error{ErrorCode::kBadInput, name + ": not JSON: a number overflows"};
  }
}

}  // namespace

Result<Report> ReadReport(const std::string& text, const std::string& name) {
  POWERCUT_ASSIGN(const JsonFields::Json json, ParseJson(text, name));
  if (!json.is_object() || !json.contains("powercut") ||
      !json.contains("workloads")) {
    return Error{ErrorCode::kBadInput,
                 name + ": not a report written by `powercut check --json`"};
  }
  std::optional<Error> error;
  JsonFields fields(json, name + ":", error);
  if (fields.Number("powercut", kCountMax) != 1) {
    fields.Refuse("powercut", "this powercut reads reports of format 1");
  }
  Report report = ToReport(fields);
  if (error) return *error;
  return report;
}

}  // namespace powercut
