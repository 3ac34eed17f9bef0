// A filled-in outcome is named by the certificate of its run and the contents
// that were copied, so that equal bytes are filled in once.

#include "harness/explore/filled_outcomes.h"

#include <cstddef>
#include <optional>
#include <vector>

#include "harness/base/check.h"
#include "harness/recover/fill_copies.h"

namespace powercut {
namespace {

// How many filled-in outcomes are remembered.
constexpr size_t kFilledMax = 1 << 20;

}  // namespace

OutcomeId FilledOutcomes::Of(const CachedRun& run, const CrashState& state) {
  if (run.copied.empty()) return run.outcome;
  std::vector<ContentId> contents;
  for (const Slot slot : run.copied) {
    contents.push_back(contents_.In(state, slot));
  }
  // The certificate and the copied contents name disjoint sets of blocks, so
  // that their keys can be combined by exclusive or.
  const Hash128 key = run.key ^ CertificateKey(contents_, contents);
  const auto known = filled_.find(key);
  if (known != filled_.end()) return known->second;
  // Only memory is lost: an outcome that was dropped is filled in once more.
  if (filled_.size() >= kFilledMax) filled_.clear();
  const CrashSpace& space = contents_.space();
  Bytes block(space.block_bytes());
  const auto bytes_of = [&](uint64_t number) {
    const std::optional<Slot> slot = space.FindSlot(number);
    POWERCUT_CHECK(slot);
    ReadChoice(space, contents_.ChoiceIn(state, *slot), block);
    return ByteSpan(block);
  };
  const OutcomeId outcome = pool_.AddOutcome(
      FillCopies(pool_.outcomes()[run.outcome], run.copies, bytes_of));
  filled_.emplace(key, outcome);
  return outcome;
}

}  // namespace powercut
