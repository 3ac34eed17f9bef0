// What users are told of planted bugs, as fixed text: for the scene of each bug
// of simfs, and for a few workloads with faults and conditions, the findings of
// all three kinds of crash with every row of their failure blocks.
// tests/golden/findings.txt holds the text. If it differs, the new text is
// written to the temporary folder of the tests; look at the difference, and
// copy it to that place if it is right.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/simfs_bug_scenes.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

// The findings without the digest and the ids that hold it, since these would
// change with every byte that simfs writes elsewhere.
std::string FindingsIn(Backend& backend, const std::string& text,
                       const std::string& space, uint32_t nested) {
  const Result<Recorded> recorded =
      RecordWorkload(backend, MustParse("powercut 1\n" + text));
  if (!recorded) return recorded.error().message + "\n";
  ExploreOptions options = Options(space, 1);
  options.nested = nested;
  options.list_states = true;
  const RecordedRun run{backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const Result<Exploration> e = Explore(run, options);
  if (!e) return e.error().message + "\n";
  std::string words;
  for (const Finding& finding : e->findings) {
    Finding shown = finding;
    shown.id = shown.id.substr(0, shown.id.find('@'));
    words += fmt::format(
        "lost {}, {} states, last {}: {}\n{}", shown.lost_blocks, shown.count,
        shown.states.back().substr(0, shown.states.back().find('@')),
        shown.found_at.back(), FailureBlock(shown, "FILE", ""));
  }
  return words.empty() ? "nothing\n" : words;
}

std::string SceneText(const SimfsBugScene& scene) {
  return fmt::format("profile {}\ncrash process,os,power\ninit\n{}run\n{}\n",
                     scene.profile, scene.init, scene.run);
}

TEST(FindingsText, IsWhatItWas) {
  std::string text;
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    const auto backend = MakeSimfsBackend({scene.bug});
    text +=
        fmt::format("== {}\n{}", scene.run,
                    FindingsIn(*backend, SceneText(scene), "exhaustive", 0));
  }
  const auto simfs = MakeSimfsBackend();
  const std::string files =
      "profile ext4-ordered\ncrash process,os,power\n{}"
      "init\n create /f\n write /f 0 1024\nrun\n write /f 0 1024\n fsync /f\n"
      " append /f 512\n{}";
  const auto add = [&](const std::string& head, const std::string& tail,
                       const std::string& space, uint32_t nested) {
    text += fmt::format(
        "== {}{}{} nested {}\n{}", head, tail, space, nested,
        FindingsIn(*simfs, fmt::format(fmt::runtime(files), head, tail), space,
                   nested));
  };
  add("fault lie on flush times=always in=run\n", "", "exhaustive", 0);
  add("fault lie on flush nth=1 in=run\n", "", "epoch:1", 0);
  add("fault delay on write nth=1 in=run\n", "", "exhaustive", 0);
  add("fault tear on write nth=2 in=run\n", "", "exhaustive", 0);
  add("fault misdirect on write nth=1 in=run\n", "", "exhaustive", 0);
  add("fault flip on read nth=4 in=recovery\n", "", "prefix", 0);
  add("fault error on read nth=4 in=recovery\n", "", "prefix", 0);
  add("", "forbid size /f = 1536\n", "exhaustive", 0);
  add("", "forbid size /f = 1536\n", "epoch:2", 0);
  add("", "forbid size /f = 1024\n", "sample:40", 0);
  add("", "forbid size /f = 1024\n", "prefix", 1);
  const std::string path = "tests/golden/findings.txt";
  const std::string known =
      ReadWholeFile(std::string(POWERCUT_SOURCE_DIR) + "/" + path);
  if (known == text) return;
  const std::string fresh = ::testing::TempDir() + "findings.txt";
  std::ofstream(fresh, std::ios::binary) << text;
  FAIL() << path << " is out of date: see " << fresh;
}

}  // namespace
}  // namespace powercut
