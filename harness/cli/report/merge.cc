// Merges in two steps. First it is checked that the reports are the shards of
// one check: traits (all that must be equal) are compared with those of one
// shard, each part must be there once, and a file that failed must have failed
// everywhere. Then each workload is summed up over the shards.
//
// The counts of states add up, since each crash point belongs to one shard. The
// counts of runs do not: two shards may have made the same run. A report of a
// shard therefore lists a key for each of its runs that is not nested, and the
// merged count is the number of different keys, plus the nested runs. For
// instance, shards with keys {a, b} and {b, c} made 3 runs, not 4.

#include "harness/cli/report/merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "harness/space/state_id.h"

namespace powercut {
namespace {

// Something that must be equal in all shards, with its name for messages.
struct Trait {
  const char* name;
  std::string value;

  bool operator==(const Trait&) const = default;
};

std::vector<Trait> TraitsOf(const Report& report) {
  return {{"version", report.version},
          {"seed", std::to_string(report.seed)},
          {"number of shards", std::to_string(report.shard.count)}};
}

std::string ExpectationsText(const std::vector<Expectation>& expectations) {
  std::string text = "none";
  for (const Expectation& e : expectations) {
    text += fmt::format("; line {} {} {} {}", e.line, e.ok, e.kind, e.path);
  }
  return text;
}

// A fault of the run fired as often in each shard, since each recorded the same
// run. A fault of recovery fired in the states of one shard, and is left out.
std::string FaultsText(const std::vector<FaultCount>& faults) {
  std::string text = "none";
  for (const FaultCount& fault : faults) {
    text += fmt::format("; line {} {} {}", fault.line, fault.text,
                        fault.recovery ? 0 : fault.fired);
  }
  return text;
}

std::vector<Trait> TraitsOf(const CheckedWorkload& checked) {
  const Exploration& e = checked.exploration;
  std::vector<std::string_view> kinds;
  for (const CrashKind kind : checked.crash_kinds) {
    kinds.push_back(CrashKindName(kind));
  }
  return {{"file", checked.file},
          {"content of the .pcut", checked.pcut_hash},
          {"backend", checked.backend},
          {"profile", checked.profile},
          {"--crash", fmt::format("{}", fmt::join(kinds, ","))},
          {"--space", ExplorationSpaceText(checked.space)},
          {"--atomic", std::to_string(checked.atomic_bytes)},
          {"--nested", std::to_string(checked.nested)},
          {"--copied", std::string(CopyModeName(e.copied))},
          {"--parts", e.parts_apart > 0 ? "apart" : "together"},
          {"--probe", checked.probe ? "on" : "off"},
          {"--from", checked.from.empty() ? "not given" : checked.from},
          {"writeback", checked.writeback},
          {"flags of replay", checked.replay_flags},
          {"faults", FaultsText(e.faults)},
          {"expectations", ExpectationsText(checked.expectations)},
          {"recording", fmt::format("{:08x}", e.digest)},
          {"events", std::to_string(e.events)},
          {"writes", std::to_string(e.writes)},
          {"flushes", std::to_string(e.flushes)},
          {"crash points", std::to_string(e.crash_points)}};
}

// Compares the traits of two reports. `subject` begins the message: the file of
// a workload and `: `, or empty for the whole report.
Status CheckTraits(const std::vector<Trait>& a, const std::string& name_a,
                   const std::vector<Trait>& b, const std::string& name_b,
                   const std::string& subject) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    return Error{
        ErrorCode::kBadInput,
        fmt::format("{}: {}{} '{}', but '{}' in {}: not shards of one check",
                    name_b, subject, b[i].name, b[i].value, a[i].value,
                    name_a)};
  }
  return Ok{};
}

// Checks that each part is there once, and sorts the parts by index.
Status CheckParts(std::vector<NamedReport>& shards) {
  for (const NamedReport& shard : shards) {
    POWERCUT_TRY(CheckTraits(TraitsOf(shards[0].report), shards[0].name,
                             TraitsOf(shard.report), shard.name, ""));
  }
  const auto index = [](const NamedReport& s) { return s.report.shard.index; };
  // A multimap keeps shards of one index in the order of the command line, so
  // that the message about them is always the same.
  std::multimap<uint32_t, NamedReport> by_index;
  for (NamedReport& shard : shards) {
    by_index.emplace(index(shard), std::move(shard));
  }
  shards.clear();
  for (auto& [number, shard] : by_index) shards.push_back(std::move(shard));
  const uint32_t count = shards[0].report.shard.count;
  std::vector<std::string> missing;
  uint32_t next = 1;
  // A message is one line, even if 1000 shards are missing.
  constexpr size_t kShown = 10;
  for (size_t i = 0; i < shards.size(); ++i) {
    if (i > 0 && index(shards[i]) == index(shards[i - 1])) {
      return Error{
          ErrorCode::kBadInput,
          fmt::format("shard {}/{} is there twice: {} and {}", index(shards[i]),
                      count, shards[i - 1].name, shards[i].name)};
    }
    for (; next < index(shards[i]) && missing.size() < kShown; ++next) {
      missing.push_back(fmt::format("{}/{}", next, count));
    }
    next = index(shards[i]) + 1;
  }
  for (; next <= count && missing.size() < kShown; ++next) {
    missing.push_back(fmt::format("{}/{}", next, count));
  }
  if (missing.empty()) return Ok{};
  const size_t all = count - shards.size();
  return Error{
      ErrorCode::kMissing,
      fmt::format("shard{} {}{} {} missing", all == 1 ? "" : "s",
                  fmt::join(missing, ", "),
                  all > missing.size()
                      ? fmt::format(" and {} more", all - missing.size())
                      : "",
                  all == 1 ? "is" : "are")};
}

// The shard that knows the files of the check: one that was not interrupted, or
// else the one with the most files.
const NamedReport& FullestOf(const std::vector<NamedReport>& shards) {
  const auto rank = [](const NamedReport& s) {
    return std::pair(!s.report.interrupted,
                     s.report.workloads.size() + s.report.errors.size());
  };
  return *std::max_element(shards.begin(), shards.end(),
                           [&](const NamedReport& a, const NamedReport& b) {
                             return rank(a) < rank(b);
                           });
}

// A failure that only this shard had. The status in the report is turned back
// into a code that leads to the same status.
Error FailureOf(const NamedReport& shard, const FailedFile& failed) {
  ErrorCode code = ErrorCode::kBadInput;
  if (failed.status == kExitCannotRun) code = ErrorCode::kMissing;
  if (failed.status == kExitInternal) code = ErrorCode::kInternal;
  if (failed.status == kExitUnknown) code = ErrorCode::kStale;
  return {code, fmt::format("{}: shard {}/{} failed: {}; run it again",
                            shard.name, shard.report.shard.index,
                            shard.report.shard.count, failed.message)};
}

// Checks that the same files failed in both shards, as far as an interrupted
// shard came.
Status CheckFailures(const NamedReport& full, const NamedReport& shard) {
  const auto& want = full.report.errors;
  const auto& have = shard.report.errors;
  const size_t both = std::min(want.size(), have.size());
  for (size_t i = 0; i < both; ++i) {
    if (!(want[i] == have[i])) return FailureOf(shard, have[i]);
  }
  if (have.size() > both) return FailureOf(shard, have[both]);
  if (want.size() > both && !shard.report.interrupted) {
    return FailureOf(full, want[both]);
  }
  return Ok{};
}

// An interrupted shard may have fewer workloads, but not others.
Status CheckWorkloads(const NamedReport& full, const NamedReport& shard) {
  POWERCUT_TRY(CheckFailures(full, shard));
  const auto& want = full.report.workloads;
  const auto& have = shard.report.workloads;
  for (size_t i = 0; i < std::min(want.size(), have.size()); ++i) {
    POWERCUT_TRY(CheckTraits(TraitsOf(want[i]), full.name, TraitsOf(have[i]),
                             shard.name, have[i].file + ": "));
  }
  if (have.size() == want.size()) return Ok{};
  if (have.size() < want.size() && shard.report.interrupted) return Ok{};
  return Error{ErrorCode::kBadInput,
               fmt::format("{}: {} workloads, but {} in {}: not shards of one "
                           "check",
                           shard.name, have.size(), want.size(), full.name)};
}

// The rank of a finding among the findings of its cause; the least is shown.
auto PlaceOf(const Finding& finding) {
  // Reports hold only ids that are well formed.
  const StateId id = ParseStateId(finding.id).value();
  const CrashStep& step = id.steps[0];
  std::string text = CrashStepText(step);
  for (size_t i = 1; i < id.steps.size(); ++i) {
    text += "/" + CrashStepText(id.steps[i]);
  }
  return std::tuple(id.steps.size(), finding.lost_blocks, step.point,
                    step.marks, text);
}

// Adds a finding to the finding of its cause, and shows the simpler of the two.
void AddFinding(std::map<std::string, Finding>& findings, Finding finding) {
  const auto [entry, added] =
      findings.try_emplace(finding.violation.cause, finding);
  if (added) return;
  Finding& shown = entry->second;
  const uint64_t count = shown.count + finding.count;
  std::vector<std::string> states = std::move(shown.states);
  states.insert(states.end(), finding.states.begin(), finding.states.end());
  std::vector<std::string> found_at = std::move(shown.found_at);
  found_at.insert(found_at.end(), finding.found_at.begin(),
                  finding.found_at.end());
  if (PlaceOf(finding) < PlaceOf(shown)) shown = std::move(finding);
  shown.count = count;
  shown.states = std::move(states);
  shown.found_at = std::move(found_at);
}

// Whether an exploration counts a finding among kCausesShownMax: it does so
// before findings are confirmed, and obligations are not among them.
bool IsBounded(const Finding& finding) {
  return finding.violation.kind != ViolationKind::kNondeterministic &&
         finding.violation.kind != ViolationKind::kUnflushed;
}

// Adds up the shards of one workload.
class Sum {
 public:
  // Takes from one shard what all have in common, and counts from zero.
  explicit Sum(const CheckedWorkload& first) : whole_(first) {
    Exploration& e = whole_.exploration;
    whole_.shard = {};
    whole_.elapsed_s = 0;
    whole_.standings.clear();
    e.states = 0;
    e.runs = 0;
    e.nested_states = 0;
    e.nested_runs = 0;
    e.doublechecked = 0;
    e.reordered_runs = 0;
    e.evicted = 0;
    e.recoveries = {};
    e.run_keys.clear();
    for (FaultCount& fault : e.faults) {
      if (fault.recovery) fault.fired = 0;
    }
    e.findings.clear();
    e.unshown.clear();
    e.exhausted = true;
    e.interrupted = false;
    e.bound.clear();
  }

  void Add(CheckedWorkload part) {
    Exploration& e = part.exploration;
    whole_.elapsed_s += part.elapsed_s;
    whole_.exploration.states += e.states;
    runs_ += e.runs;
    whole_.exploration.nested_states += e.nested_states;
    whole_.exploration.nested_runs += e.nested_runs;
    whole_.exploration.doublechecked += e.doublechecked;
    whole_.exploration.reordered_runs += e.reordered_runs;
    whole_.exploration.evicted += e.evicted;
    whole_.exploration.recoveries += e.recoveries;
    for (size_t i = 0; i < e.faults.size(); ++i) {
      if (!e.faults[i].recovery) continue;
      whole_.exploration.faults[i].fired += e.faults[i].fired;
    }
    keys_.insert(keys_.end(), e.run_keys.begin(), e.run_keys.end());
    if (!e.exhausted) Bound(e.bound);
    whole_.exploration.interrupted |= e.interrupted;
    for (Finding& finding : e.findings) {
      AddFinding(findings_, std::move(finding));
    }
    for (const UnshownCause& one : e.unshown) unshown_[one.cause] += one.count;
  }

  // Adds a shard that was interrupted before it came to this workload.
  void AddUnbegun() {
    Bound("interrupted");
    whole_.exploration.interrupted = true;
  }

  // Ends the sum. Findings are in the order of their causes.
  CheckedWorkload Take() {
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    Exploration& e = whole_.exploration;
    // A single shard, 1/1, lists no keys, and its runs are those of the whole.
    e.runs = keys_.empty() ? runs_ : keys_.size() + e.nested_runs;
    e.bound = fmt::format("{}", fmt::join(bounds_, ", "));
    TakeCauses(e);
    return std::move(whole_);
  }

 private:
  // Shows the first kCausesShownMax causes of the whole. A cause that is among
  // them is among the first of each shard that has it, too, so that its states
  // are all known.
  void TakeCauses(Exploration& e) {
    size_t shown = 0;
    for (auto& [cause, finding] : findings_) {
      if (IsBounded(finding) && shown++ >= kCausesShownMax) {
        unshown_[cause] += finding.count;
        continue;
      }
      // This happens only if the check does not say the same each time.
      const auto more = unshown_.find(cause);
      if (more != unshown_.end()) {
        finding.count += more->second;
        unshown_.erase(more);
      }
      e.findings.push_back(std::move(finding));
    }
    for (const auto& [cause, count] : unshown_) {
      e.unshown.push_back({cause, count});
    }
  }

  void Bound(const std::string& bound) {
    whole_.exploration.exhausted = false;
    if (std::find(bounds_.begin(), bounds_.end(), bound) == bounds_.end()) {
      bounds_.push_back(bound);
    }
  }

  CheckedWorkload whole_;
  uint64_t runs_ = 0;
  std::vector<Hash128> keys_;
  std::vector<std::string> bounds_;  // without repetition, by shard
  std::map<std::string, Finding> findings_;
  // How many states have each cause that some shard did not show.
  std::map<std::string, uint64_t> unshown_;
};

}  // namespace

Result<Report> MergeReports(std::vector<NamedReport> shards) {
  POWERCUT_CHECK(!shards.empty());
  POWERCUT_TRY(CheckParts(shards));
  const NamedReport& full = FullestOf(shards);
  for (const NamedReport& shard : shards) {
    POWERCUT_TRY(CheckWorkloads(full, shard));
  }
  Report whole;
  whole.version = full.report.version;
  whole.seed = full.report.seed;
  whole.errors = full.report.errors;
  std::vector<Sum> sums;
  for (const CheckedWorkload& checked : full.report.workloads) {
    sums.emplace_back(checked);
  }
  for (NamedReport& shard : shards) {
    whole.interrupted |= shard.report.interrupted;
    auto& workloads = shard.report.workloads;
    for (size_t i = 0; i < sums.size(); ++i) {
      if (i < workloads.size()) {
        sums[i].Add(std::move(workloads[i]));
      } else {
        sums[i].AddUnbegun();
      }
    }
  }
  for (Sum& sum : sums) whole.workloads.push_back(sum.Take());
  return whole;
}

}  // namespace powercut
