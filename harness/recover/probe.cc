// Uses files or logs, by what the backend offers, and compares: the new content
// must be back after the remount, and all else must be as it was.

#include "harness/recover/probe.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "model/words/content.h"

namespace powercut {
namespace {

constexpr uint64_t kProbeBytes = 3 * 4096 + 100;

Op ProbeOp(OpKind kind) {
  Op op;
  op.kind = kind;
  if (kind != OpKind::kSyncfs) op.names = {kProbePath};
  return op;
}

struct ProbeUse {
  std::string failure;  // empty: it worked
  bool full = false;    // there was no room for the file: no fault of recovery
};

// Uses the mount: a new file with a few blocks, synced.
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

// Takes the probe's own file out of the observation, and says how it differs
// from what was written.
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

// The first path that two observations do not agree on; empty if none.
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

// Uses a log: a record, flushed.
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

// Takes the probe's own record out of a log, if it is there: one whose append
// or flush failed may be. Returns its LSN.
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

// The same, and says how it differs from what was appended, and the rest from
// what was there before.
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
    // One that cannot be read is a matter of its own.
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
  return UseFiles(backend, disk, paths, std::move(mount), std::move(before));
}

}  // namespace powercut
