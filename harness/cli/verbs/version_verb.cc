// `powercut version`, which `powercut --version` is another spelling of: says
// which powercut this is, and what it has and reads.
//
// Everything follows from the build, so that one program gives one answer. The
// exception is the module of ntfs-3g, which is listed where it can be opened.
// CMake defines the words about the build for this file alone: another commit
// compiles no other file again.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "backends/registry.h"
#include "harness/cli/verbs/verb.h"
#include "model/table/profile.h"

namespace powercut {
namespace {

// This type keeps the keys in the order in which they are added.
using Json = nlohmann::ordered_json;

// The numbers of the formats that this program reads and writes. They are the
// `powercut` of a report, the `powercut` of a workload and the version of a
// log; the tests hold them against what the program writes.
constexpr int kPcutFormat = 1;
constexpr int kReportFormat = 1;
constexpr int kTraceFormat = 1;

// Empty if the build was not told.
constexpr const char* kCommit = POWERCUT_COMMIT;

void PrintText() {
  const std::string commit = kCommit;
  std::printf("powercut %s\n", POWERCUT_VERSION);
  std::printf("commit    %s\n",
              commit.empty() ? "not recorded by this build" : kCommit);
  std::printf("compiler  %s\n", POWERCUT_COMPILER);
  std::printf("build     %s\n", POWERCUT_BUILD_TYPE);
  std::printf("formats   pcut %d, report %d, trace %d\n", kPcutFormat,
              kReportFormat, kTraceFormat);
}

void PrintJson() {
  const std::string commit = kCommit;
  Json backends = Json::array();
  for (const BackendOps& backend : ListBackendOps()) {
    backends.push_back(backend.name);
  }
  Json profiles = Json::array();
  for (const Profile& profile : Profiles()) profiles.push_back(profile.name);
  const Json all = {{"powercut", kReportFormat},
                    {"version", POWERCUT_VERSION},
                    {"commit", commit.empty() ? Json() : Json(commit)},
                    {"compiler", POWERCUT_COMPILER},
                    {"build", POWERCUT_BUILD_TYPE},
                    {"backends", std::move(backends)},
                    {"profiles", std::move(profiles)},
                    {"formats",
                     {{"pcut", kPcutFormat},
                      {"report", kReportFormat},
                      {"trace", kTraceFormat}}}};
  std::printf("%s\n", all.dump().c_str());
}

class VersionVerb : public Verb {
 public:
  VersionVerb()
      : Verb("version", "which powercut this is, and what it has and reads",
             "powercut version --json") {}

  void DeclareFlags(FlagSet& flags) override {
    flags.Add(FlagGroup::kOutput, "--json", json_, "as data");
  }

  Result<ExitStatus> Run() const override {
    if (json_) {
      PrintJson();
    } else {
      PrintText();
    }
    return kExitHolds;
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeVersionVerb() {
  return std::make_unique<VersionVerb>();
}

}  // namespace powercut
