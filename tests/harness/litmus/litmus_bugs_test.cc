// Tests that the litmus tests catch bugs planted in simfs and clfs, and that
// every litmus test holds if no bug is planted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends/clfs/clfs_backend.h"
#include "backends/simfs/simfs_backend.h"
#include "harness/litmus/litmus.h"
#include "tests/model/litmus_files.h"

namespace powercut {
namespace {

using MakeBackendFn = std::function<std::unique_ptr<Backend>()>;

// Returns what is wrong with the first test of the backend `name` that does not
// hold. Empty if all hold.
std::string FirstFailure(const std::string& name, const MakeBackendFn& make) {
  static const std::vector<LitmusFile> files = LitmusFiles();
  const std::unique_ptr<Backend> backend = make();
  for (const LitmusFile& file : files) {
    if (file.workload.backend != name) continue;
    for (const std::string& profile : LitmusProfiles(
             file.workload, OfferedProfiles(backend->traits()), {})) {
      LitmusOptions options;
      options.jobs = 0;
      const auto run = RunLitmus(*backend, file.workload, profile, options);
      const std::string where = file.stem + " under " + profile + ": ";
      if (!run) return where + run.error().message;
      if (run->verdict == LitmusRun::kViolation ||
          run->verdict == LitmusRun::kUnseen) {
        return where + std::string(LitmusVerdictName(run->verdict));
      }
    }
  }
  return {};
}

TEST(LitmusBugs, NothingFailsWithoutABug) {
  EXPECT_EQ(FirstFailure("simfs", [] { return MakeSimfsBackend(); }), "");
  EXPECT_EQ(FirstFailure("clfs", [] { return MakeClfsBackend(); }), "");
}

TEST(LitmusBugs, EveryBugOfSimfsIsCaught) {
  for (size_t i = 0; i < kSimfsBugCount; ++i) {
    const auto bug = static_cast<SimfsBug>(i);
    const std::string caught =
        FirstFailure("simfs", [&] { return MakeSimfsBackend({bug}); });
    EXPECT_NE(caught, "") << "simfs bug " << i << " is not caught";
    std::printf("simfs bug %2zu: %.150s\n", i, caught.c_str());
  }
}

TEST(LitmusBugs, EveryBugOfClfsIsCaught) {
  for (const ClfsBug bug : kClfsBugs) {
    const std::string caught =
        FirstFailure("clfs", [&] { return MakeClfsBackend(bug); });
    EXPECT_NE(caught, "") << "clfs bug " << static_cast<int>(bug)
                          << " is not caught";
    std::printf("clfs bug %2d: %.150s\n", static_cast<int>(bug),
                caught.c_str());
  }
}

}  // namespace
}  // namespace powercut
