// Encodes and decodes work orders. An order is a sequence of packed values
// (harness/system/packed_bytes.h) in the order of the fields. States travel
// whole, so that the forking process needs no batches of its own. Small numbers
// take one byte, which keeps the order of a usual batch small.

#include "harness/worker/messages.h"

#include "harness/base/check.h"
#include "harness/system/packed_bytes.h"
#include "harness/worker/state_codec.h"

namespace powercut {

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
