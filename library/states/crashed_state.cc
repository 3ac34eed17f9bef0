// Compares what was recovered with the prefixes of the attempts.
//
// Example: attempts 1, 2 and 3 were made, and 1 was acknowledged. What is found
// must equal the dump of the prefix {1}, {1, 2} or {1, 2, 3}. If it equals that
// of the empty prefix, attempt 1 is lost; if it equals none, it is damaged.

#include "library/states/crashed_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "library/states/log_backend.h"

namespace powercut {

CrashedState::CrashedState(CrashedVolume& volume,
                           const PromiseTimeline& timeline,
                           const PrefixDumps* dumps, bool writes)
    : volume_(volume),
      dumps_(dumps),
      promises_(timeline.At(volume.acked.size(), volume.attempted.size())) {
  if (auto* const mount = dynamic_cast<simfs::SimfsMount*>(&volume.mount)) {
    base_.emplace(*mount);
    files_.emplace(*base_, writes ? &log_ : nullptr);
  } else if (auto* const logs = dynamic_cast<LogMount*>(&volume.mount)) {
    logs_ = &logs->logs();
  } else {
    disk_.emplace(volume.disk);
  }
}

// A second mount does the writes. The files go on reading through the first
// one, and what they read there does not change: simfs never uses a sector
// again, and what was overwritten is in memory.
Status CrashedState::WriteBack() {
  if (log_.calls().empty()) return Ok{};
  const std::unique_ptr<Mount> writer = volume_.mount_again();
  if (writer == nullptr) {
    return Error{ErrorCode::kInternal, "the crashed disk does not mount again"};
  }
  for (const Call& call : log_.calls()) {
    const OpResult result =
        writer->Apply(call.op, call.offset_bytes, call.content);
    if (result.ok() || IsSync(call)) continue;
    return Error{
        result.error == "ENOSPC" ? ErrorCode::kFull : ErrorCode::kInternal,
        fmt::format("`{}` of the recovery returned {} on the disk",
                    CallText(call), result.error)};
  }
  return Ok{};
}

void CrashedState::Say(SaidViolation violation) {
  violations_.push_back(std::move(violation));
}

void CrashedState::Found(std::string_view dump) {
  if (dump_) {
    return Say({"found-twice", "found() was called twice in one state", "", 0});
  }
  dump_ = HashBytes(AsBytes(dump), /*seed=*/0);
  if (dumps_ == nullptr) return;
  const std::vector<uint64_t>& attempts = dumps_->attempts;
  const size_t shortest = promises_.shortest();
  // Whatever was acknowledged was attempted.
  const size_t longest = std::max(promises_.attempts(), shortest);
  const auto name = [&](size_t length) {
    return length == 0 ? std::string("before any attempt")
                       : fmt::format("after attempt {}", attempts[length - 1]);
  };
  if (const auto equal = dumps_->lengths.find(*dump_);
      equal != dumps_->lengths.end()) {
    const std::vector<size_t>& lengths = equal->second;
    const auto next = std::ranges::lower_bound(lengths, shortest);
    if (next != lengths.end() && *next <= longest) return;
    if (next != lengths.begin()) {
      return Say({"acknowledged-is-lost",
                  fmt::format("what was recovered is what there was {}, but "
                              "attempt {} was acknowledged",
                              name(*std::prev(next)), attempts[shortest - 1]),
                  "", 0});
    }
  }
  if (attempts.empty()) {
    return Say({"no-prefix",
                "what was recovered is not what there is at the end, and "
                "nothing else is known: found() needs attempt(n) before each "
                "operation",
                "", 0});
  }
  Say({"no-prefix",
       fmt::format("what was recovered is not what any prefix of the attempts "
                   "gives: neither what there was {} nor any state up to {}",
                   name(shortest), name(longest)),
       "", 0});
}

}  // namespace powercut
