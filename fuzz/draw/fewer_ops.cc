// Brute force over the subsets of the ops of a workload. A subset is a number
// with one bit for each op. Each subset is printed and parsed again, so that it
// is judged as a file that a person would write.

#include "fuzz/draw/fewer_ops.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "harness/base/check.h"
#include "harness/record/recording.h"

namespace powercut {
namespace {

size_t OpsIn(const Pcut& pcut) {
  return static_cast<size_t>(
      std::count_if(pcut.statements.begin(), pcut.statements.end(),
                    [](const Statement& statement) {
                      return statement.kind == Statement::kOp;
                    }));
}

bool Shows(Backend& backend, const Pcut& pcut, const std::string& cause,
           const ExplorationSpace& space) {
  const auto causes = CausesShown(backend, pcut, space);
  return causes && causes->contains(cause);
}

}  // namespace

std::optional<std::set<std::string>> CausesShown(
    Backend& backend, const Pcut& pcut, const ExplorationSpace& space) {
  const auto workload = ParseWorkload(PrintPcut(pcut), "less.pcut");
  if (!workload) return std::nullopt;
  const auto setting = ResolveSetting(*workload, backend, {});
  if (!setting) return std::nullopt;
  const auto recording = Record(backend, *workload, *setting);
  if (!recording) return std::nullopt;
  ExploreOptions options;
  // Each exploration is short, and there may be thousands: no process is
  // forked.
  options.jobs = 0;
  options.space = space;
  const auto exploration =
      Explore({backend, *workload, *setting, *recording}, options);
  POWERCUT_CHECK(exploration && exploration->exhausted);
  std::set<std::string> causes;
  for (const Finding& finding : exploration->findings) {
    causes.insert(finding.violation.cause);
  }
  return causes;
}

Pcut WithOps(const Pcut& pcut, uint64_t ops) {
  Pcut left;
  for (const Statement& statement : pcut.statements) {
    // Statements that are no ops, such as `init` and `run`, always stay.
    if (statement.kind == Statement::kOp) {
      const bool stays = (ops & 1) != 0;
      ops >>= 1;
      if (!stays) continue;
    }
    left.statements.push_back(statement);
  }
  return left;
}

std::optional<Pcut> OneOpLess(Backend& backend, const Pcut& pcut,
                              const std::string& cause,
                              const ExplorationSpace& space) {
  const size_t count = OpsIn(pcut);
  POWERCUT_CHECK(count <= 64);
  for (size_t i = 0; i < count; ++i) {
    Pcut less = WithOps(pcut, ~(uint64_t{1} << i));
    if (Shows(backend, less, cause, space)) return less;
  }
  return std::nullopt;
}

size_t FewestOps(Backend& backend, const Pcut& pcut, const std::string& cause,
                 const ExplorationSpace& space) {
  const size_t count = OpsIn(pcut);
  POWERCUT_CHECK(count <= 16);
  const uint64_t subsets = uint64_t{1} << count;
  // The whole workload shows the cause, as the caller promises.
  for (size_t size = 0; size < count; ++size) {
    for (uint64_t ops = 0; ops < subsets; ++ops) {
      if (static_cast<size_t>(std::popcount(ops)) != size) continue;
      if (Shows(backend, WithOps(pcut, ops), cause, space)) return size;
    }
  }
  return count;
}

}  // namespace powercut
