// Uses the volume, remounts it, and compares two observations, one from before
// and one from after: what the probe wrote must be back, and everything else
// must be as it was. Storage with files gets one new file, storage that keeps
// logs and no files gets one record in each log, and a store gets one key.
//
// What the probe itself made is taken out of the second observation before the
// model sees it, since no op of the workload made it. If the storage fails
// while it is used, its own words are reported (`told`). If no second
// observation could be made, the volume is shown as it was before. A full
// volume or log is no failure.
//
// Example: after recovery the volume's bitmap says that a cluster of /a is
// free. The file /a reads well, but the probe's file is given that cluster, and
// after the remount /a has other bytes: "writing another file changed /a".

#include "harness/recover/probe.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "model/words/content.h"

namespace powercut {
namespace {

// A few blocks and a part of one, so that whole blocks and a tail are used.
constexpr uint64_t kProbeBytes = 3 * 4096 + 100;

Op ProbeOp(OpKind kind) {
  Op op;
  op.kind = kind;
  if (kind != OpKind::kSyncfs) op.names = {kProbePath};
  return op;
}

struct ProbeUse {
  // What failed, in words. Empty if all worked.
  std::string failure;
  // Whether there was no room, which is no fault of recovery.
  bool full = false;
};

// Uses the mount: makes a new file with a few blocks, and syncs it.
ProbeUse UseMount(Mount& mount, const std::string& content) {
  Op write = ProbeOp(OpKind::kWrite);
  write.numbers = {0, content.size()};
  for (const Op& op :
       {ProbeOp(OpKind::kCreate), write, ProbeOp(OpKind::kFsync)}) {
    const bool is_write = op.kind == OpKind::kWrite;
    const OpResult result =
        mount.Apply(op, 0, is_write ? content : std::string());
    if (result.error == "ENOSPC") return {"", true};
    if (!result.ok()) {
      return {std::string(VerbOf(op.kind)) + ": " + result.error, false};
    }
  }
  return {};
}

// Takes the probe's own file out of the observation, and says how the file
// differs from what was written; empty if it does not.
std::string TakeProbeFile(Observation& observation,
                          const std::string& content) {
  const auto found = std::find_if(
      observation.entries.begin(), observation.entries.end(),
      [](const ObservedEntry& entry) { return entry.path == kProbePath; });
  if (found == observation.entries.end()) return "is missing after a remount";
  const bool same = found->unreadable.empty() && found->content == content;
  observation.entries.erase(found);
  return same ? "" : "came back changed";
}

// The first path on which two observations do not agree; empty if they agree.
std::string FirstChangedPath(const Observation& before,
                             const Observation& after) {
  for (const ObservedEntry& entry : before.entries) {
    const ObservedEntry* same = after.Find(entry.path);
    if (same == nullptr || !(*same == entry)) return entry.path;
  }
  for (const ObservedEntry& entry : after.entries) {
    if (before.Find(entry.path) == nullptr) return entry.path;
  }
  return {};
}

ProbedVolume UseFiles(Backend& backend, VirtualDisk& disk,
                      const std::vector<std::string>& paths,
                      std::unique_ptr<Mount> mount, Observation before) {
  const std::string content = MakeContent(0xffff, 0xffff, 0, {0, kProbeBytes});
  ProbeUse use = UseMount(*mount, content);
  if (use.failure.empty()) use.failure = mount->Shutdown().error;
  mount.reset();
  if (!use.failure.empty()) return {std::move(before), {use.failure}};
  MountResult again = backend.Open(disk);
  Observation after;
  if (again.mount != nullptr) after = LookAt(*again.mount, paths);
  if (again.mount == nullptr || !after.unreadable.empty()) {
    return {std::move(before),
            {"remount: " + again.failure + after.unreadable}};
  }
  // If the volume was full, a part of the file may be there, and is taken out,
  // too.
  const std::string lost = TakeProbeFile(after, content);
  std::vector<std::string> failures;
  if (!use.full && !lost.empty()) {
    failures.push_back("the file that the probe wrote " + lost);
  }
  const std::string changed = FirstChangedPath(before, after);
  if (!changed.empty()) {
    failures.push_back("writing another file changed " + changed);
  }
  after.probe_failures = std::move(failures);
  return {std::move(after), {}};
}

// --- logs -------------------------------------------------------------------

bool KeepsOnlyLogs(const BackendTraits& traits) {
  const auto offers = [&](OpKind kind) {
    return std::find(traits.ops.begin(), traits.ops.end(), kind) !=
           traits.ops.end();
  };
  return offers(OpKind::kLogAppend) && !offers(OpKind::kCreate);
}

// Uses a log: appends a record and flushes it.
ProbeUse UseLog(Mount& mount, const std::string& log,
                const std::string& content) {
  Op open;
  open.kind = OpKind::kLogOpen;
  Op append;
  append.kind = OpKind::kLogAppend;
  append.numbers = {content.size()};
  Op flush;
  flush.kind = OpKind::kLogFlush;
  for (Op* op : {&open, &append, &flush}) {
    op->names = {log};
    const bool is_append = op->kind == OpKind::kLogAppend;
    const OpResult result =
        mount.Apply(*op, 0, is_append ? content : std::string());
    if (result.error == "STATUS_LOG_FULL" ||
        result.error == "STATUS_DISK_FULL") {
      return {"", true};
    }
    if (!result.ok()) {
      return {log + ": " + std::string(VerbOf(op->kind)) + ": " + result.error,
              false};
    }
  }
  return {};
}

// Takes the probe's own record out of a log, and returns the record's log
// sequence number; `std::nullopt` if it is not there. A record whose append or
// flush failed may be there or not.
std::optional<uint64_t> DropProbeRecord(ObservedLog& after,
                                        const std::string& content) {
  if (after.records.empty() || after.records.back().content != content) {
    return std::nullopt;
  }
  const uint64_t lsn = after.records.back().lsn;
  after.records.pop_back();
  // The first record of a log is its base.
  if (after.base_lsn == lsn) after.base_lsn = 0;
  return lsn;
}

// Takes the probe's own record out of a log, and says what is wrong with the
// record or with the other ones; empty if all is well.
std::string TakeProbeRecord(const ObservedLog& before, ObservedLog& after,
                            const std::string& content) {
  const std::optional<uint64_t> lsn = DropProbeRecord(after, content);
  if (!lsn) {
    return "the record that the probe appended is not the last one";
  }
  for (const auto& log : {before, after}) {
    for (const ObservedRecord& record : log.records) {
      if (record.lsn >= *lsn) {
        return "the record that the probe appended has an LSN that is not "
               "above the others";
      }
    }
  }
  return after == before ? "" : "appending a record changed the log";
}

ProbedVolume UseLogs(Backend& backend, VirtualDisk& disk,
                     std::unique_ptr<Mount> mount, Observation before) {
  const std::string content = MakeContent(0xffff, 0xffff, 0, {0, 64});
  std::vector<std::string> told;
  std::vector<bool> used;
  for (const ObservedLog& log : before.logs) {
    // A log that cannot be read is a violation already, so it is not used.
    ProbeUse use = {"", true};
    if (log.unreadable.empty()) use = UseLog(*mount, log.name, content);
    if (!use.failure.empty()) told.push_back(use.failure);
    used.push_back(use.failure.empty() && !use.full);
  }
  const OpResult shut = mount->Shutdown();
  if (!shut.ok()) told.push_back(shut.error);
  mount.reset();
  MountResult again = backend.Open(disk);
  Observation after;
  if (again.mount != nullptr) after = again.mount->Observe();
  if (again.mount == nullptr || after.logs.size() != before.logs.size()) {
    return {std::move(before),
            {"remount: " + again.failure + after.unreadable}};
  }
  std::vector<std::string> failures;
  for (size_t i = 0; i < before.logs.size(); ++i) {
    if (!used[i]) {
      // The append may have got through all the same; the model must not see
      // it.
      DropProbeRecord(after.logs[i], content);
      continue;
    }
    const std::string wrong =
        TakeProbeRecord(before.logs[i], after.logs[i], content);
    if (!wrong.empty()) failures.push_back(before.logs[i].name + ": " + wrong);
  }
  after.probe_failures = std::move(failures);
  return {std::move(after), std::move(told)};
}

// Storage that is a store of keys gets one key more, which is committed.
ProbedVolume UseStore(Backend& backend, VirtualDisk& disk,
                      std::unique_ptr<Mount> mount, Observation before) {
  Op put;
  put.kind = OpKind::kPut;
  put.names = {kProbePath, "used"};
  Op commit;
  commit.kind = OpKind::kCommit;
  std::string failure;
  for (const Op& op : {put, commit}) {
    const std::string error = mount->Apply(op, 0, {}).error;
    if (failure.empty() && !error.empty()) {
      failure = std::string(VerbOf(op.kind)) + ": " + error;
    }
  }
  if (failure.empty()) failure = mount->Shutdown().error;
  mount.reset();
  if (!failure.empty()) return {std::move(before), {failure}};
  MountResult again = backend.Open(disk);
  Observation after;
  if (again.mount != nullptr) after = again.mount->Observe();
  if (again.mount == nullptr || !after.keys) {
    return {std::move(before),
            {"remount: " + again.failure + after.unreadable}};
  }
  if (after.keys->erase(kProbePath) == 0) {
    after.probe_failures.emplace_back("the key that the probe put is missing");
  }
  if (after.keys != before.keys) {
    after.probe_failures.emplace_back("putting another key changed the store");
  }
  return {std::move(after), {}};
}

}  // namespace

Observation LookAt(Mount& mount, const std::vector<std::string>& paths) {
  Observation observation = mount.Observe();
  if (observation.unreadable.empty())
    mount.AddUnlistedPaths(paths, observation);
  return observation;
}

ProbedVolume UseVolume(Backend& backend, VirtualDisk& disk,
                       const std::vector<std::string>& paths,
                       std::unique_ptr<Mount> mount, Observation before) {
  if (KeepsOnlyLogs(backend.traits())) {
    return UseLogs(backend, disk, std::move(mount), std::move(before));
  }
  if (before.keys) {
    return UseStore(backend, disk, std::move(mount), std::move(before));
  }
  return UseFiles(backend, disk, paths, std::move(mount), std::move(before));
}

}  // namespace powercut
