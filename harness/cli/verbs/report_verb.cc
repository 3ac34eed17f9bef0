// `powercut report`: makes a page to look at of a JSON report, the same one
// that
// `--html` writes beside `--json`.

#include <memory>
#include <string>

#include "harness/cli/input/user_file.h"
#include "harness/cli/report/html_report.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

class ReportVerb : public Verb {
 public:
  ReportVerb()
      : Verb("report", "make a page to look at of a JSON report",
             "powercut report report.json --html report.html") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "JSON", json_,
             "written by --json of check, explore, run, merge or litmus")
        .Required()
        .ReadsFile();
    flags.Add(FlagGroup::kOutput, "--html", html_, "write the page here")
        .Required()
        .WritesFile();
  }

  Result<ExitStatus> Run() const override {
    POWERCUT_TRY(CheckWritable(html_));
    POWERCUT_ASSIGN(const std::string text, ReadFile(json_));
    POWERCUT_TRY(CheckIsReport(text, json_));
    POWERCUT_TRY(WriteFile(html_, HtmlPage(text)));
    return kExitHolds;
  }

 private:
  std::string json_;
  std::string html_;
};

}  // namespace

std::unique_ptr<Verb> MakeReportVerb() {
  return std::make_unique<ReportVerb>();
}

}  // namespace powercut
