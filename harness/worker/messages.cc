// Encodes and decodes work orders. An order is a sequence of packed values
// (harness/system/packed_bytes.h) in the order of the fields. States travel
// whole, so that the forking process needs no batches of its own. Small numbers
// take one byte, which keeps the order of a usual batch small.

#include "harness/worker/messages.h"

#include "harness/base/check.h"
#include "harness/system/packed_bytes.h"

namespace powercut {

namespace {

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

}  // namespace

void EncodeWorkOrder(uint32_t worker, std::span<const Hash128> learned,
                     const Batch& batch, const BatchPart& part,
                     std::string& out) {
  out.clear();
  PackedWriter writer(out);
  writer.Number(worker);
  writer.Number(learned.size());
  writer.Raw(std::as_bytes(learned));
  const size_t states = part.to - part.from;
  writer.Number(states == 1 ? 1 : 0);
  writer.Number(part.runs == BatchRuns::kUndecided ? states : 0);
  writer.Number(part.size());
  for (size_t i = 0; i < part.size(); ++i) WriteState(writer, batch[part[i]]);
}

WorkOrder DecodeWorkOrder(std::string_view bytes) {
  PackedReader in(bytes);
  WorkOrder order;
  order.worker = static_cast<uint32_t>(in.Number());
  order.learned.resize(in.Count(sizeof(Hash128)));
  // memcpy() must not be called with the null pointers of empty spans.
  const ByteSpan hashes = in.Raw(order.learned.size() * sizeof(Hash128));
  if (!hashes.empty()) {
    std::memcpy(order.learned.data(), hashes.data(), hashes.size());
  }
  order.alone = in.Number() != 0;
  order.filtered = in.Number();
  // A state is at least five numbers of at least one byte each.
  constexpr uint64_t kLeastStateBytes = 5;
  order.states.resize(in.Count(kLeastStateBytes));
  for (CrashState& state : order.states) state = ReadState(in);
  POWERCUT_CHECK(in.Finished());
  return order;
}

}  // namespace powercut
