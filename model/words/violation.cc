// Names the kinds of violations and their causes. The words are read back from
// workloads and baselines, so that they must not change between versions.

#include "model/words/violation.h"

#include <algorithm>
#include <array>

namespace powercut {
namespace {

// In the order of ViolationKind; the assertion below notices a kind that was
// added without a name.
constexpr std::array<std::string_view, 20> kKindNames = {
    "lost",  "ghost",      "stale",     "torn",     "regress",
    "name",  "size",       "time",      "gap",      "restart",
    "base",  "unreadable", "died",      "hang",     "error",
    "check", "fsck",       "unflushed", "unstable", "nondeterministic",
};
static_assert(kKindNames.size() ==
              static_cast<size_t>(ViolationKind::kNondeterministic) + 1);

// In the order of Role.
constexpr std::array<std::string_view, 7> kRoleNames = {
    "volume", "target", "source", "written", "bystander", "stranger", "probe",
};

}  // namespace

std::string_view ViolationKindName(ViolationKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

std::optional<ViolationKind> ViolationKindFromName(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<ViolationKind>(found - kKindNames.begin());
}

std::string MakeCause(const CauseParts& parts) {
  std::string cause(ViolationKindName(parts.kind));
  cause += '/';
  cause += kRoleNames[static_cast<size_t>(parts.role)];
  if (parts.is_directory) cause += "-directory";
  cause += '/';
  cause += parts.op ? VerbOf(*parts.op) : "start";
  cause += '/';
  // One word for every flush of the volume: which of them was the last does not
  // tell two bugs apart, and a baseline should not grow with it.
  if (parts.volume_guarantee) {
    cause += "sync";
  } else {
    cause += parts.guarantee ? VerbOf(*parts.guarantee) : "none";
  }
  return cause;
}

}  // namespace powercut
