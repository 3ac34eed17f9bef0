// Reads the blocks and the losses of a state off its crash space, as `explain`
// does, and lets shown_names.cc find the names.
//
// Example: at `9p-w8` the blocks of the sectors 75 and 1032 are open. The first
// one holds what event 9 wrote, its newest version. The second one holds what
// event 3 wrote, and event 8 is its newest, so that it lost something.

#include "harness/explain/shown_states.h"

#include <algorithm>
#include <map>
#include <utility>

#include "harness/explain/file_losses.h"
#include "harness/explain/loss_reader.h"
#include "harness/explain/shown_names.h"
#include "harness/space/state_id.h"

namespace powercut {
namespace {

bool LostSomething(const ShownBlock& block) {
  return block.holds != block.newest || block.torn.count > 0;
}

// Leaves out blocks beyond the bound, those that lost nothing first.
void Shorten(std::vector<ShownBlock>& blocks) {
  if (blocks.size() <= kShownBlocksMax) return;
  std::ranges::sort(blocks, {}, [](const ShownBlock& block) {
    return std::pair(!LostSomething(block), block.sector);
  });
  blocks.resize(kShownBlocksMax);
  std::ranges::sort(blocks, {}, &ShownBlock::sector);
}

std::vector<ShownBlock> BlocksOf(const CrashState& state,
                                 const PointCursor& cursor) {
  const CrashSpace& space = cursor.space();
  const CrashState from_newest = FromOrigin(state, CrashState::kNewest, cursor);
  std::vector<ShownBlock> blocks;
  for (const Slot slot : cursor.open()) {
    const auto versions = space.versions(slot);
    ShownBlock block;
    block.sector = space.block(slot) * space.sectors_per_block();
    block.newest = versions[cursor.newest(slot)].event;
    block.holds = block.newest;
    const auto choice = std::ranges::lower_bound(from_newest.choices, slot, {},
                                                 &BlockChoice::slot);
    if (choice != from_newest.choices.end() && choice->slot == slot) {
      block.holds = versions[choice->version].event;
      block.torn = choice->torn;
      if (choice->torn.count > 0) block.under = versions[choice->under].event;
    }
    blocks.push_back(block);
  }
  Shorten(blocks);
  return blocks;
}

std::vector<ShownLoss> LossesOf(const CrashState& state,
                                const PointCursor& cursor) {
  const LossReader reader(cursor.space().trace(), state.point, state.kind);
  std::map<std::string, ShownLoss> by_reason;
  size_t looked_at = 0;
  for (const auto& [event, range] : LostSectorsOf(state, cursor)) {
    // The reason costs a walk over the events that follow.
    if (looked_at++ == kShownBlocksMax) break;
    const std::string why = reader.Why(event, range);
    ShownLoss& loss = by_reason[why];
    loss.why = why;
    loss.sectors += range.count;
    loss.events.push_back(event);
  }
  std::vector<ShownLoss> losses;
  for (auto& [why, loss] : by_reason) {
    std::ranges::sort(loss.events);
    const auto repeated = std::ranges::unique(loss.events);
    loss.events.erase(repeated.begin(), repeated.end());
    losses.push_back(std::move(loss));
  }
  std::ranges::sort(losses, {}, [](const ShownLoss& loss) {
    return std::pair(loss.events[0], loss.why);
  });
  if (losses.size() > kShownLossesMax) losses.resize(kShownLossesMax);
  return losses;
}

// Names the owners of blocks, each text once.
Status NameOwners(LossNamer& namer, uint32_t sectors_per_block,
                  ShownState& shown) {
  std::vector<SectorRange> ranges;
  for (const ShownBlock& block : shown.blocks) {
    ranges.push_back({block.sector, sectors_per_block});
  }
  POWERCUT_ASSIGN(const std::vector<std::string> owners,
                  namer.OwnersOf(shown.point, ranges));
  std::map<std::string, uint32_t> known;
  for (size_t i = 0; i < owners.size(); ++i) {
    if (owners[i].empty()) continue;
    const auto [entry, added] = known.try_emplace(
        owners[i], static_cast<uint32_t>(shown.owners.size() + 1));
    if (added) shown.owners.push_back(owners[i]);
    shown.blocks[i].owner = entry->second;
  }
  return Ok{};
}

// A mount of a similar state could do the same to this process.
bool IsHarmless(const Finding& finding) {
  const ViolationKind kind = finding.violation.kind;
  return kind != ViolationKind::kDied && kind != ViolationKind::kHang;
}

}  // namespace

Status ShowStates(const RecordedRun& run, const RunOptions& options,
                  std::span<Finding> findings) {
  if (findings.empty()) return Ok{};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  LossNamer namer(run);
  Status named = Ok{};
  for (Finding& finding : findings) {
    const auto id = ParseStateId(finding.id);
    if (!id || id->digest != run.trace().Digest()) continue;
    PointCursor cursor(space, id->steps[0].kind);
    const auto state = ResolveStep(id->steps[0], cursor);
    if (!state) continue;
    ShownState shown;
    shown.point = state->point;
    shown.marks = state->marks;
    shown.kind = state->kind;
    shown.open_blocks = cursor.open().size();
    shown.torn_blocks = TornBlocks(*state, cursor);
    shown.blocks = BlocksOf(*state, cursor);
    shown.losses = LossesOf(*state, cursor);
    // Storage that runs programs can say who owns what, and mounts elsewhere.
    if (run.backend.traits().commands && IsHarmless(finding)) {
      named = NameOwners(namer, space.sectors_per_block(), shown);
      if (!named) break;
    }
    // Nobody may fork while a helper of the backend runs.
    run.backend.ReleaseHelpers();
    if (IsHarmless(finding)) ShowNames(run, options, *id, finding, shown);
    run.backend.ReleaseHelpers();
    finding.shown = std::move(shown);
  }
  run.backend.ReleaseHelpers();
  return named;
}

}  // namespace powercut
