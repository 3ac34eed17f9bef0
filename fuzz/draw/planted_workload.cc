// Draws a random workload and mixes the ops of a scene into it. The two use
// different names, so that neither makes ops of the other fail; they meet only
// in flushes of the root or of the whole volume, and in the journal.

#include "fuzz/draw/planted_workload.h"

#include <string>
#include <utility>
#include <vector>

#include "fuzz/draw/random_workload.h"
#include "harness/base/check.h"

namespace powercut {
namespace {

// Scenes are text, so that they can be read; here ops are needed one by one.
std::vector<Op> OpsOf(const std::string& text) {
  const auto pcut = ParsePcut("powercut 1\nrun\n" + text, "scene.pcut");
  POWERCUT_CHECK(pcut);
  std::vector<Op> ops;
  for (const Statement& statement : pcut->statements) {
    if (statement.kind == Statement::kOp) ops.push_back(statement.op);
  }
  return ops;
}

Statement& Add(Pcut& pcut, Statement::Kind kind) {
  pcut.statements.emplace_back();
  pcut.statements.back().kind = kind;
  return pcut.statements.back();
}

// Adds both lists, each in its order. All ways to mix them are equally likely.
void AddMixed(Chooser& chooser, const std::vector<Op>& a,
              const std::vector<Op>& b, Pcut& pcut) {
  for (size_t i = 0, k = 0; i < a.size() || k < b.size();) {
    const size_t left = a.size() - i + b.size() - k;
    const bool from_a = chooser.Below(left) < a.size() - i;
    Add(pcut, Statement::kOp).op = from_a ? a[i++] : b[k++];
  }
}

}  // namespace

Pcut PlantedWorkload(Chooser& chooser, const SimfsBugScene& scene,
                     size_t init_ops, size_t run_ops) {
  POWERCUT_CHECK(scene.after_failure.empty());
  RandomWorkloadKnobs knobs;
  knobs.init_ops = init_ops;
  knobs.run_ops = run_ops;
  // Few flushes, since a flush of everything hides most bugs.
  knobs.effects_max = 60;
  knobs.flush_percent = 15;
  // The scenes use the directory /d and raw sectors themselves.
  knobs.directories = false;
  knobs.disk = false;
  const Workload around =
      RandomWorkload(chooser, knobs, *FindProfile(scene.profile));
  Pcut pcut;
  Add(pcut, Statement::kVersion);
  Add(pcut, Statement::kBackend).text = "simfs";
  Add(pcut, Statement::kProfile).text = scene.profile;
  Add(pcut, Statement::kCrash).crash_kinds = {CrashKind::kOs,
                                              CrashKind::kPower};
  Add(pcut, Statement::kInit);
  AddMixed(chooser, OpsOf(scene.init), around.init, pcut);
  Add(pcut, Statement::kRun);
  AddMixed(chooser, OpsOf(scene.run), around.run, pcut);
  return pcut;
}

}  // namespace powercut
