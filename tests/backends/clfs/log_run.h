// Runs log ops on the backend clfs beside LogModel, and shows what recovery
// finds on every disk that a crash could leave of them.

#ifndef POWERCUT_TESTS_BACKENDS_CLFS_LOG_RUN_H_
#define POWERCUT_TESTS_BACKENDS_CLFS_LOG_RUN_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/clfs/clfs_backend.h"
#include "backends/clfs/clfs_log.h"
#include "harness/recover/crash_disk.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_image.h"
#include "harness/trace/recording_disk.h"
#include "model/logs/log_model.h"
#include "model/pcut/pcut.h"

namespace powercut {

inline constexpr const char* kRunLog = "L";
inline constexpr DiskGeometry kLogGeometry = {
    .sector_bytes = 512, .sector_count = clfs::kVolumeBytesMin / 512};

inline PromiseTable StrictTable() {
  return PromisesOf(*FindProfile("spec-strict"));
}

// Makes a workload of ops in the text of `.pcut` files, one in each line.
inline Workload LogWorkload(const std::string& init, const std::string& run) {
  const std::string text =
      "powercut 1\nbackend clfs\ninit\n" + init + "run\n" + run;
  Result<Workload> workload = ParseWorkload(text, "test.pcut");
  EXPECT_TRUE(workload) << text << workload.error().message;
  return workload ? std::move(*workload) : Workload{};
}

// Returns one log in words, such as `base 1 restart 3: 1 2 3r`, where `r` marks
// a restart record.
inline std::string LogText(const ObservedLog& log) {
  std::string text = "base " + std::to_string(log.base_lsn) + " restart " +
                     std::to_string(log.restart_lsn) + ":";
  for (const ObservedRecord& record : log.records) {
    text += " " + std::to_string(record.lsn) + (record.restart ? "r" : "");
  }
  return text;
}

inline std::set<std::string> Texts(const std::vector<ObservedLog>& logs) {
  std::set<std::string> texts;
  for (const ObservedLog& log : logs) texts.insert(LogText(log));
  return texts;
}

// The crash points between two marks: a crash at any of them meets the same
// history.
struct LogMoment {
  EventNumber first_point = 0;
  EventNumber last_point = 0;
  LogModel model;
  // The op that began or returned last.
  std::string after;
};

struct LogRun {
  Trace trace;
  std::vector<LogMoment> moments;
  // What each op returned; entry I belongs to op I + 1.
  std::vector<std::string> results;
  Observation live;
};

// Runs a workload: `init`, a sync, `run`. Every op must end as the model
// predicts.
inline LogRun RunLog(Backend& backend, const Workload& workload,
                     const PromiseTable& table = StrictTable()) {
  const auto base = backend.Format({kLogGeometry, "spec-strict"});
  EXPECT_TRUE(base);
  RecordingDisk disk(kLogGeometry, *base);
  MountResult mounted = backend.Open(disk);
  EXPECT_NE(mounted.mount, nullptr) << mounted.failure;
  LogModel model(table);
  uint64_t now = 0;
  std::vector<LogMoment> moments;
  std::vector<std::string> results;
  std::map<uint64_t, uint32_t> started;
  const auto mark = [&](const std::string& after) {
    const EventNumber point = disk.trace().event_count();
    if (!moments.empty()) moments.back().last_point = point;
    moments.push_back({point, point, model, after});
  };
  const auto run = [&](const Op& op) {
    if (op.kind == OpKind::kWait) {
      const OpResult result = mounted.mount->Wait(op.numbers.at(0));
      model.End(started.at(op.numbers.at(0)), result.ok(), ++now);
      results.push_back(result.error);
      mark(OpText(op));
      return;
    }
    const std::string planned = model.PlanError(op);
    std::string content;
    const bool writes =
        op.kind == OpKind::kLogAppend || op.kind == OpKind::kLogRestart;
    if (writes && planned.empty()) content = model.ContentOf(op);
    model.Begin(op, ++now);
    mark("begin " + OpText(op));
    const OpResult result = op.start ? mounted.mount->Start(op, 0, content)
                                     : mounted.mount->Apply(op, 0, content);
    EXPECT_EQ(result.error, planned) << OpText(op);
    results.push_back(result.error);
    if (op.start && result.ok()) {
      started[*op.start] = op.number;
      return;
    }
    model.End(op.number, result.ok(), ++now);
    mark("end " + OpText(op));
  };
  for (const Op& op : workload.init) run(op);
  Op sync;
  EXPECT_TRUE(mounted.mount->Apply(sync, 0, {}).ok());
  model.EndInit();
  moments.clear();
  mark("init");
  for (const Op& op : workload.run) run(op);
  moments.back().last_point = disk.trace().event_count();
  Observation live = mounted.mount->Observe();
  mounted.mount.reset();
  return {disk.trace(), std::move(moments), std::move(results),
          std::move(live)};
}

// Every disk that a crash could leave of a run, and what recovery finds on it.
// Each disk is recovered once.
class LogCrashes {
 public:
  // `backend` and `run` must outlive this object.
  LogCrashes(Backend& backend, const LogRun& run, bool probe = false)
      : backend_(backend), space_(run.trace, 512) {
    options_.probe = probe;
  }

  // Calls `visit` with what recovery finds in each state of each point of a
  // moment.
  void ForEach(const LogMoment& moment, CrashKind kind,
               const std::function<void(const Observation&)>& visit) {
    ForEachState(moment, kind, [&](const std::vector<VersionIndex>& versions) {
      visit(Found(versions));
    });
  }

  // Calls `visit` with the disk of each state of each point of a moment, before
  // any recovery.
  void ForEachImage(const LogMoment& moment, CrashKind kind,
                    const std::function<void(SparseImage)>& visit) {
    ForEachState(moment, kind, [&](const std::vector<VersionIndex>& versions) {
      visit(ImageOf(versions));
    });
  }

  // Returns how many different disks were recovered so far.
  uint64_t states() const { return found_.size(); }

  // Returns log2 of the number of states at the point that has most.
  double Log2Max() const {
    double most = 0;
    for (const CrashKind kind : kCrashKinds) {
      PointCursor cursor(space_, kind);
      for (EventNumber p = 1; p <= space_.trace().event_count(); ++p) {
        cursor.MoveTo(p);
        most = std::max(most, cursor.SpaceLog2());
      }
    }
    return most;
  }

 private:
  void ForEachState(
      const LogMoment& moment, CrashKind kind,
      const std::function<void(const std::vector<VersionIndex>&)>& visit) {
    PointCursor cursor(space_, kind);
    for (EventNumber point = moment.first_point; point <= moment.last_point;
         ++point) {
      cursor.MoveTo(point);
      std::vector<VersionIndex> versions;
      for (Slot slot = 0; slot < space_.slot_count(); ++slot) {
        versions.push_back(cursor.floor(slot));
      }
      bool more = true;
      while (more) {
        visit(versions);
        more = false;
        for (const Slot slot : cursor.open()) {
          if (versions[slot]++ < cursor.newest(slot)) {
            more = true;
            break;
          }
          versions[slot] = cursor.floor(slot);
        }
      }
    }
  }

  const Observation& Found(const std::vector<VersionIndex>& versions) {
    const auto known = found_.find(versions);
    if (known != found_.end()) return known->second;
    SparseImage image = ImageOf(versions);
    CrashDisk disk(image, kLogGeometry, 512, 0);
    return found_
        .emplace(versions, Recover(backend_, disk, options_).observation)
        .first->second;
  }

  SparseImage ImageOf(const std::vector<VersionIndex>& versions) const {
    SparseImage image(space_.trace().base());
    for (Slot slot = 0; slot < space_.slot_count(); ++slot) {
      const BlockVersion& version = space_.versions(slot)[versions[slot]];
      image.Write(space_.block(slot) * 512, {version.content, 512});
    }
    return image;
  }

  Backend& backend_;
  CrashSpace space_;
  RecoveryOptions options_;
  std::map<std::vector<VersionIndex>, Observation> found_;
};

// Returns the one log of an observation, `nullptr` if there is none.
inline const ObservedLog* TheLog(const Observation& observation) {
  return observation.logs.empty() ? nullptr : &observation.logs[0];
}

// Returns what is wrong with an observation after a crash at this moment: the
// kind of violation, then the details. Empty if the observation is admissible.
inline std::string WrongWith(const LogMoment& moment, CrashKind kind,
                             const Observation& seen) {
  if (!seen.unreadable.empty()) return "unreadable: " + seen.unreadable;
  if (!seen.probe_failures.empty()) return "probe: " + seen.probe_failures[0];
  const ObservedLog* log = TheLog(seen);
  const auto violations = log == nullptr ? moment.model.CheckMissing(kind)
                                         : moment.model.Check(*log, kind);
  if (violations.empty()) return "";
  return std::string(ViolationKindName(violations[0].kind)) + ": " +
         violations[0].found + "; " + violations[0].admissible;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_BACKENDS_CLFS_LOG_RUN_H_
