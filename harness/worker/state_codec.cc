// Writes the fields in their order. Slots of choices ascend, so that the steps
// between them are written.

#include "harness/worker/state_codec.h"

namespace powercut {

void WriteState(PackedWriter& out, const CrashState& state) {
  out.Number(state.point);
  out.Number(state.marks);
  out.Number(static_cast<uint64_t>(state.kind));
  out.Number(state.origin);
  out.Number(state.choices.size());
  // Slots ascend, so that steps between them are small numbers.
  uint64_t before = 0;
  for (const BlockChoice& choice : state.choices) {
    out.Step(before, choice.slot);
    before = choice.slot;
    out.Number(choice.version);
    out.Number(choice.torn.first);
    out.Number(choice.torn.count);
    out.Number(choice.under);
  }
}

CrashState ReadState(PackedReader& in) {
  CrashState state;
  state.point = static_cast<EventNumber>(in.Number());
  state.marks = static_cast<uint32_t>(in.Number());
  state.kind = static_cast<CrashKind>(in.Number());
  state.origin = static_cast<CrashState::Origin>(in.Number());
  // A choice is five numbers of at least one byte each.
  constexpr uint64_t kLeastChoiceBytes = 5;
  state.choices.resize(in.Count(kLeastChoiceBytes));
  uint64_t before = 0;
  for (BlockChoice& choice : state.choices) {
    before = in.Step(before);
    choice.slot = static_cast<Slot>(before);
    choice.version = static_cast<VersionIndex>(in.Number());
    choice.torn.first = in.Number();
    choice.torn.count = in.Number();
    choice.under = static_cast<VersionIndex>(in.Number());
  }
  return state;
}

}  // namespace powercut
