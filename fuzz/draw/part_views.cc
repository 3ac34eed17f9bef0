// Blanks every part that has a number, and then puts back the parts of one
// number at a time.

#include "fuzz/draw/part_views.h"

#include <string>

#include "fuzz/draw/observed_parts.h"
#include "harness/recover/outcome_codec.h"

namespace powercut {
namespace {

Observation Blank(Observation observation) {
  for (ObservedEntry& entry : observation.entries) {
    entry.mtime.reset();
    entry.unreadable.clear();
    entry.size_bytes = 0;
    entry.valid_bytes.reset();
    entry.content.clear();
  }
  observation.device.clear();
  return observation;
}

}  // namespace

std::set<PartView> ViewsOf(const SeenStates& seen,
                           const IndependentParts& parts) {
  std::set<PartView> views;
  for (const auto& [kind, point, name] : seen.seen) {
    const RecoveryOutcome whole = seen.outcomes[*seen.outcomes.Find(name)];
    const Observation blank = Blank(whole.observation);
    for (uint32_t number = 1; number <= parts.count(); ++number) {
      RecoveryOutcome view = whole;
      for (const ShownPart part : PartsIn(whole.observation)) {
        const uint32_t other = parts.NumberOf(part);
        if (other != 0 && other != number) {
          CopyPart(part, blank, view.observation);
        }
      }
      const std::string text = EncodeOutcome(view);
      views.insert({kind, point, number, HashBytes(AsBytes(text), 0)});
    }
  }
  return views;
}

}  // namespace powercut
