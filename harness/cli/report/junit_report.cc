// Writes JUnit reports, which have no standard.
//
// Only what every known dialect has is written: `testsuites`, `testsuite` with
// `properties`, and `testcase` with `failure`, `error`, `skipped` and
// `system-out`. So the ids of causes are properties of the suite, since many
// readers refuse properties of a case. There is no time stamp: a report is the
// same bytes for the same input, except for `time`.
//
// A server fails a build for a case that fails. So a case fails only for what
// makes the exit status 1: a cause that the file expects passes, and a cause
// that the baseline knows is skipped.

#include "harness/cli/report/junit_report.h"

#include <fmt/format.h>

#include "harness/cli/report/xml_text.h"
#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

// The cases of a suite, as XML, and how many there are of each sort.
struct Cases {
  std::string xml;
  size_t all = 0;
  size_t failures = 0;
  size_t errors = 0;
  size_t skipped = 0;
};

class SuiteWriter {
 public:
  // `name` is the name of the suite and the class of its cases.
  explicit SuiteWriter(std::string name) : name_(std::move(name)) {}

  void Pass(const std::string& name, const std::string& output = {}) {
    Add(name, Output(output));
  }

  void Skip(const std::string& name, const std::string& reason,
            const std::string& output = {}) {
    ++cases_.skipped;
    Add(name, XmlElement("skipped", {{"message", reason}}) + Output(output));
  }

  void Fail(const std::string& name, const std::string& message,
            const std::string& type, const std::string& text) {
    ++cases_.failures;
    Add(name, XmlElement("failure", {{"message", message}, {"type", type}},
                         XmlText(text)));
  }

  void Err(const std::string& name, const std::string& message) {
    ++cases_.errors;
    Add(name, XmlElement("error", {{"message", message}, {"type", "error"}},
                         XmlText(message)));
  }

  bool empty() const { return cases_.all == 0; }

  // Returns the suite and adds its counts to `totals`. `attributes` follow the
  // counts, and `properties` are XML.
  std::string Finish(const XmlAttributes& attributes,
                     const std::string& properties, Cases& totals) const {
    totals.all += cases_.all;
    totals.failures += cases_.failures;
    totals.errors += cases_.errors;
    XmlAttributes all = AttributesOf(name_, cases_);
    all.emplace_back("skipped", fmt::to_string(cases_.skipped));
    all.insert(all.end(), attributes.begin(), attributes.end());
    return XmlElement("testsuite", all, "\n" + properties + cases_.xml);
  }

  // The attributes that a suite and the list of suites have in common.
  static XmlAttributes AttributesOf(const std::string& name,
                                    const Cases& cases) {
    return {{"name", name},
            {"tests", fmt::to_string(cases.all)},
            {"failures", fmt::to_string(cases.failures)},
            {"errors", fmt::to_string(cases.errors)}};
  }

 private:
  static std::string Output(const std::string& text) {
    return text.empty() ? "" : XmlElement("system-out", {}, XmlText(text));
  }

  void Add(const std::string& name, const std::string& content) {
    ++cases_.all;
    cases_.xml += XmlElement("testcase", {{"name", name}, {"classname", name_}},
                             content.empty() ? "" : "\n" + content);
  }

  std::string name_;
  Cases cases_;
};

std::string Property(const std::string& name, const std::string& value) {
  return XmlElement("property", {{"name", name}, {"value", value}});
}

std::string PropertiesOf(const CheckedWorkload& checked, uint64_t seed,
                         const std::string& version) {
  const Exploration& e = checked.exploration;
  std::string xml =
      Property("version", version) + Property("backend", checked.backend) +
      Property("profile", checked.profile) +
      Property("verdict", checked.verdict) +
      Property("seed", fmt::to_string(seed)) +
      Property("digest", fmt::format("{:08x}", e.digest)) +
      Property("space", ExplorationSpaceText(checked.space)) +
      Property("space_log2", fmt::format("{:.2f}", ShownLog2(e.space_log2))) +
      Property("exhausted", e.exhausted ? "true" : "false") +
      Property("states", fmt::to_string(e.states)) +
      Property("crash_points", fmt::to_string(e.crash_points)) +
      Property("runs", fmt::to_string(e.runs));
  if (!e.bound.empty()) xml += Property("bound", e.bound);
  if (!checked.profile_note.empty()) {
    xml += Property("profile_note", checked.profile_note);
  }
  if (checked.shard.count > 1) {
    xml += Property("shard", fmt::format("{}/{}", checked.shard.index,
                                         checked.shard.count));
  }
  for (const Finding& finding : e.findings) {
    xml += Property("id " + finding.violation.cause, finding.id);
  }
  return XmlElement("properties", {}, "\n" + xml);
}

void AddFinding(const CheckedWorkload& checked, size_t index,
                SuiteWriter& suite) {
  const Finding& finding = checked.exploration.findings[index];
  const Violation& violation = finding.violation;
  const std::string block = FailureBlock(
      finding, checked.file, checked.replay_flags, checked.replay_file);
  switch (checked.standings[index]) {
    case Standing::kExpected:
      return suite.Pass(violation.cause, block);
    case Standing::kKnown:
      return suite.Skip(violation.cause, "the baseline knows this cause",
                        block);
    case Standing::kNew:
      return suite.Fail(violation.cause, ViolationTitle(violation),
                        std::string(ViolationKindName(violation.kind)), block);
  }
}

std::string SuiteOf(const CheckedWorkload& checked, const Report& report,
                    Cases& totals) {
  SuiteWriter suite(fmt::format("{} under {}", checked.file, checked.profile));
  const Exploration& e = checked.exploration;
  POWERCUT_CHECK(checked.standings.size() == e.findings.size());
  for (size_t i = 0; i < e.findings.size(); ++i) AddFinding(checked, i, suite);
  for (const UnmetExpectation& unmet : checked.unmet) {
    const std::string line = UnmetText(checked, unmet);
    suite.Fail(line, line, "expect", line);
  }
  for (const UnshownCause& one : e.unshown) {
    suite.Skip(one.cause,
               fmt::format("not confirmed: a cause beyond the first {}, in {} "
                           "states",
                           kCausesShownMax, one.count));
  }
  if (checked.verdict == "unknown") {
    suite.Skip("holds", UnknownReason(checked));
  } else if (suite.empty()) {
    suite.Pass("holds");
  }
  return suite.Finish({{"time", fmt::format("{:.3f}", checked.elapsed_s)}},
                      PropertiesOf(checked, report.seed, report.version),
                      totals);
}

// What cannot run here, or ends without an answer, says nothing against the
// storage; any other error is one.
std::string SuiteOf(const FailedFile& failed, Cases& totals) {
  SuiteWriter suite(failed.file);
  const bool unanswered =
      failed.status == kExitCannotRun || failed.status == kExitUnknown;
  if (unanswered) {
    suite.Skip("check", failed.message);
  } else {
    suite.Err("check", failed.message);
  }
  return suite.Finish({}, {}, totals);
}

}  // namespace

std::string JunitReport(const Report& report) {
  Cases totals;
  std::string suites;
  for (const CheckedWorkload& checked : report.workloads) {
    suites += SuiteOf(checked, report, totals);
  }
  for (const FailedFile& failed : report.errors) {
    suites += SuiteOf(failed, totals);
  }
  if (report.interrupted) {
    SuiteWriter suite("powercut");
    suite.Skip("interrupted", "files after the last one were not checked");
    suites += suite.Finish({}, {}, totals);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         XmlElement("testsuites", SuiteWriter::AttributesOf("powercut", totals),
                    "\n" + suites);
}

}  // namespace powercut
