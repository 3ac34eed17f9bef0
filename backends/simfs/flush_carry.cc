// Carries what a flush covers when it returns, and what an op wrote.
//
// Method. The sectors of the plan go to the device, and the rule says what
// goes to the media: nothing, the same sectors, or everything that was at the
// device when the flush was called. Other ops may have brought more to the
// device between call and return; a flush that is not alone therefore names
// the sectors that were there at the call.

#include "backends/simfs/flush_carry.h"

#include <algorithm>
#include <vector>

#include "backends/simfs/batch.h"
#include "backends/simfs/record_closure.h"

namespace powercut::simfs {
namespace {

// Taints what a failed flush would have covered, older versions included
// (docs/semantics.md 2.6, ERR-UNKNOWN).
std::string Fail(LiveState& state, const FlushPlan& plan) {
  if (state.Has(SimfsBug::kFailedFlushForgotten)) return "EIO";
  std::vector<VersionRef> covered = plan.covered;
  if (plan.left_out_of) {
    const auto all = AllCovered(state, plan.rule, *plan.left_out_of);
    covered.insert(covered.end(), all.begin(), all.end());
  }
  for (const VersionRef& ref : covered) {
    for (uint32_t v = 1; v <= ref.version; ++v) {
      ref.chain->versions[v].tainted = true;
    }
  }
  return "EIO";
}

// Carries the sectors of a plan to the device and, by its rule, to the media.
Status FlushDevice(LiveState& state, const FlushPlan& plan) {
  // If the device got nothing else since the call, one flush of everything says
  // the same as a list of sectors.
  const bool alone = !plan.at_device || state.disk.carries() == plan.carries;
  POWERCUT_TRY(state.disk.Carry(plan.carried, Layer::kDevice));
  if (plan.rule.device == DeviceSync::kOwn) {
    return state.disk.Carry(plan.carried, Layer::kMedia);
  }
  if (plan.rule.device == DeviceSync::kNone) return Ok{};
  if (alone) return state.disk.FlushDevice(plan.called);
  // What other ops brought to the device since the call is not covered.
  SectorVersions all = *plan.at_device;
  for (const auto& [sector, event] : plan.carried) Cover(all, sector, event);
  return state.disk.Carry(all, Layer::kMedia);
}

}  // namespace

std::string CarryOut(LiveState& state, const FlushPlan& plan) {
  if (!FlushDevice(state, plan)) return Fail(state, plan);
  // From now on a flush of the file covers these stores.
  for (const VersionRef& ref : plan.stores) {
    ref.chain->versions[ref.version].carried = true;
  }
  if (plan.volume_sync != 0) state.sync_log.Commit(plan.volume_sync);
  const auto begun = static_cast<OpRunId>(state.op_runs.size() - 1);
  if (plan.rule.scope == FlushScope::kDirectory) {
    state.synced_by_directory = begun;
  }
  if (plan.rule.scope == FlushScope::kView && plan.rule.shape) {
    state.files[plan.inode].synced_by_msync = begun;
  }
  if (!plan.rule.barrier) return {};
  // One record stands for all that the barrier covered, so that later records
  // name one need instead of many.
  Batch batch(state);
  const RecordNumber record =
      batch.AddRecord({VoidChange{}}, /*journalled=*/false, plan.barrier);
  if (std::string error = batch.Commit(); !error.empty()) return error;
  state.barrier = record;
  return {};
}

bool CarryToHost(LiveState& state, const SectorVersions& written) {
  if (written.empty()) return true;
  RecordClosure closure(state, Layer::kHost);
  // The op's own records are found by their sectors. They were written not
  // before the first of these, so that the search can go backwards and stop
  // early.
  EventNumber first = state.disk.now();
  for (const auto& [sector, event] : written) first = std::min(first, event);
  RecordNumber in_order = 0;
  for (RecordNumber number = state.records.last();; --number) {
    const LiveRecord* const record = state.records.Find(number);
    if (record == nullptr || record->event < first) break;
    if (!written.contains(record->sectors.first)) continue;
    closure.Add(number);
    if (record->freed_by == 0) in_order = std::max(in_order, record->after);
  }
  SectorVersions all = written;
  for (const auto& [sector, event] : closure.sectors) {
    Cover(all, sector, event);
  }
  if (!state.disk.Carry(all, Layer::kHost)) return false;
  state.order_at_host = std::max(state.order_at_host, in_order);
  return true;
}

}  // namespace powercut::simfs
