// Tests that every cell of the table of primitives, every rule of order and
// every switch matters: if one of them is changed by a step, a litmus test on
// the model fails.
//
// Only steps that some crash could tell count. What an op did is at the host
// when the op has returned, whatever its row says. Data, size, times and names
// therefore go from nothing to the device in one step, except in the row of
// plain writes, which is where the promise of the host comes from.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "backends/registry.h"
#include "harness/litmus/litmus.h"
#include "model/table/primitive_of.h"
#include "model/table/profile.h"
#include "tests/model/litmus_files.h"

namespace powercut {
namespace {

// A test with the profiles that it is run under, and the rows of its ops.
struct Runnable {
  const LitmusFile* file = nullptr;
  std::vector<std::string> profiles;
  std::set<Primitive> rows;
};

// The rows that the ops of a file fall under.
std::set<Primitive> RowsOf(const Workload& workload) {
  std::set<Primitive> rows;
  std::map<std::string, std::vector<std::string>> handles;
  std::set<std::string> directories = {"/"};
  for (const auto* section : {&workload.init, &workload.run}) {
    for (const Op& op : *section) {
      if (op.kind == OpKind::kMkdir) directories.insert(op.names[0]);
      if (op.kind == OpKind::kOpen) {
        handles[op.names[0]] = op.flags;
        if (directories.contains(op.names[1])) directories.insert(op.names[0]);
      }
      const bool named = !op.names.empty();
      const std::vector<std::string> none;
      const auto handle = named ? handles.find(op.names[0]) : handles.end();
      rows.insert(PrimitiveOf(op,
                              handle == handles.end() ? none : handle->second,
                              named && directories.contains(op.names[0])));
    }
  }
  return rows;
}

class LitmusMutants : public testing::Test {
 protected:
  LitmusMutants() : files_(LitmusFiles()) {
    for (const LitmusFile& file : files_) {
      const auto backend = MakeBackend(
          file.workload.backend.empty() ? "simfs" : file.workload.backend);
      EXPECT_TRUE(backend);
      runnables_.push_back(
          {&file,
           LitmusProfiles(file.workload, OfferedProfiles((*backend)->traits()),
                          {}),
           RowsOf(file.workload)});
    }
  }

  using Change = std::function<void(Profile&, PromiseTable&)>;

  // Returns the first test that notices the change, among the tests with an op
  // of `row` (all tests for kWrite). Empty if no test does.
  std::string Killer(Primitive row, const Change& change) const {
    for (const Runnable& runnable : runnables_) {
      if (row != Primitive::kWrite && !runnable.rows.contains(row)) continue;
      for (const std::string& name : runnable.profiles) {
        const Profile* found = FindProfile(name);
        if (found == nullptr) continue;
        Profile profile = *found;
        PromiseTable table = PromisesOf(profile);
        const Profile before = profile;
        const PromiseTable table_before = table;
        change(profile, table);
        if (profile == before && table.coverage == table_before.coverage &&
            table.order == table_before.order) {
          continue;
        }
        const auto run =
            RunLitmusOnModel(runnable.file->workload, profile, table);
        if (!run || run->verdict == LitmusRun::kViolation ||
            run->verdict == LitmusRun::kUnseen) {
          return runnable.file->stem + " under " + name;
        }
      }
    }
    return {};
  }

  std::vector<LitmusFile> files_;
  std::vector<Runnable> runnables_;
};

TEST_F(LitmusMutants, NoTestFailsWithoutAChange) {
  for (const Runnable& runnable : runnables_) {
    for (const std::string& name : runnable.profiles) {
      const Profile* profile = FindProfile(name);
      ASSERT_NE(profile, nullptr) << name;
      const auto run = RunLitmusOnModel(runnable.file->workload, *profile,
                                        PromisesOf(*profile));
      ASSERT_TRUE(run) << run.error().message;
      EXPECT_TRUE(run->verdict == LitmusRun::kOk ||
                  run->verdict == LitmusRun::kUnsupported)
          << runnable.file->stem << " under " << name << ": "
          << LitmusVerdictName(run->verdict) << " " << run->reason;
    }
  }
}

// One step of one cell, as text and as a change, which returns false if the
// cell has no such step.
struct Step {
  std::string name;
  std::function<bool(Coverage&)> take;
};

template <class Value>
std::function<bool(Coverage&)> Along(Value Coverage::* cell,
                                     std::vector<Value> values, int direction) {
  return [=](Coverage& row) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (row.*cell != values[i]) continue;
      const size_t next = i + static_cast<size_t>(direction);
      if (next >= values.size()) return false;
      row.*cell = values[next];
      return true;
    }
    return false;
  };
}

// Returns the cells that a row can have, by its scope. The other cells are
// about effects that the primitive does not have, and the model does not read
// them.
std::set<std::string> CellsOf(const PrimitiveRow& row) {
  if (row.family == Family::kStores) return {};  // No backend has stores yet.
  if (row.id == Primitive::kWrite) {
    return {"data", "size", "times", "names", "views"};
  }
  switch (row.coverage.scope) {
    case Scope::kOwn:
      if (row.family == Family::kBlocks) return {"data", "device", "preflush"};
      return {"data", "size", "times", "device", "placed_data_only"};
    case Scope::kSyncedWrite:
    case Scope::kRange:
    case Scope::kFile: {
      std::set<std::string> cells = {
          "data",          "size",     "times",  "names",
          "removed_names", "views",    "device", "placed_data_only",
          "barrier",       "made_name"};
      // The directories above are looked at only where names are covered, which
      // is what full flushes do.
      const bool full = row.coverage.data == Reach::kDevice &&
                        row.coverage.times == Reach::kDevice &&
                        row.coverage.device != DeviceFlush::kNone;
      if (full) cells.insert("names_above");
      if (row.coverage.scope == Scope::kSyncedWrite) {
        cells.erase("views");
        cells.erase("barrier");
      }
      return cells;
    }
    case Scope::kDirectory:
      return {"times", "names", "own_names", "names_above", "device"};
    case Scope::kVolume:
      if (row.id != Primitive::kSyncfs) {
        return {"data", "size", "times", "names", "views", "device"};
      }
      return {"data",  "size",    "times",    "names",
              "views", "records", "pointers", "device"};
    case Scope::kView:
      return {"size",   "times",     "views",
              "device", "made_name", "placed_data_only"};
    case Scope::kLog:
      return {"records", "pointers", "device"};
    case Scope::kDevice:
      return {"device"};
  }
  return {};
}

std::vector<Step> StepsOf(const PrimitiveRow& row) {
  const bool plain = row.id == Primitive::kWrite;
  const bool view = row.coverage.scope == Scope::kView;
  const std::vector<Reach> far = {Reach::kNone, Reach::kDevice};
  const std::vector<Reach> near = {Reach::kNone, Reach::kHost, Reach::kDevice};
  const std::vector<DeviceFlush> flushes = {
      DeviceFlush::kNone, DeviceFlush::kOwn, DeviceFlush::kAll};
  std::vector<Step> steps;
  for (const int direction : {-1, 1}) {
    const std::string how = direction < 0 ? " weaker" : " stronger";
    const auto& reach = plain ? near : far;
    steps.push_back({"data" + how, Along(&Coverage::data, reach, direction)});
    steps.push_back({"size" + how, Along(&Coverage::size, reach, direction)});
    steps.push_back({"times" + how, Along(&Coverage::times, reach, direction)});
    steps.push_back({"names" + how, Along(&Coverage::names, reach, direction)});
    steps.push_back(
        {"own_names" + how, Along(&Coverage::own_names, far, direction)});
    steps.push_back({"removed_names" + how,
                     Along(&Coverage::removed_names, far, direction)});
    steps.push_back(
        {"made_name" + how, Along(&Coverage::made_name, far, direction)});
    steps.push_back(
        {"views" + how,
         Along(&Coverage::views, plain || view ? near : far, direction)});
    steps.push_back(
        {"records" + how, Along(&Coverage::records, near, direction)});
    steps.push_back(
        {"pointers" + how, Along(&Coverage::pointers, near, direction)});
    steps.push_back(
        {"device" + how, Along(&Coverage::device, flushes, direction)});
    const std::vector<bool> bits = {false, true};
    steps.push_back(
        {"names_above" + how, Along(&Coverage::names_above, bits, direction)});
    steps.push_back({"placed_data_only" + how,
                     Along(&Coverage::placed_data_only, bits, -direction)});
    steps.push_back(
        {"preflush" + how, Along(&Coverage::preflush, bits, direction)});
    steps.push_back(
        {"barrier" + how, Along(&Coverage::barrier, bits, direction)});
  }
  const std::set<std::string> cells = CellsOf(row);
  std::erase_if(steps, [&](const Step& step) {
    return !cells.contains(step.name.substr(0, step.name.find(' ')));
  });
  return steps;
}

// The steps that no test can tell, each with the reason.
const std::map<std::string, std::string>& Equivalent();

TEST_F(LitmusMutants, EveryStepOfEveryCellIsNoticed) {
  std::set<std::string> survivors;
  size_t mutants = 0;
  for (const PrimitiveRow& row : PrimitiveRows()) {
    for (const Step& step : StepsOf(row)) {
      bool taken = false;
      const std::string killer =
          Killer(row.id, [&](Profile&, PromiseTable& table) {
            taken =
                step.take(table.coverage[static_cast<size_t>(row.id)]) || taken;
          });
      if (!taken) continue;
      ++mutants;
      const std::string name = std::string(row.name) + ": " + step.name;
      if (killer.empty()) survivors.insert(name);
    }
  }
  RecordProperty("mutants", static_cast<int>(mutants));
  RecordProperty("survivors", static_cast<int>(survivors.size()));
  std::printf("%zu mutants, %zu that no test can tell\n", mutants,
              survivors.size());
  for (const std::string& name : survivors) {
    EXPECT_TRUE(Equivalent().contains(name)) << "not noticed: " << name;
  }
  for (const auto& [name, why] : Equivalent()) {
    EXPECT_TRUE(survivors.contains(name)) << "is noticed after all: " << name;
  }
}

TEST_F(LitmusMutants, EveryRuleOfOrderIsNoticed) {
  const std::vector<std::pair<std::string, bool OrderRules::*>> rules = {
      {"barrier", &OrderRules::barrier},
      {"preflush", &OrderRules::preflush},
      {"log_prefix", &OrderRules::log_prefix},
      {"restart_atomic", &OrderRules::restart_atomic},
      {"base_within_log", &OrderRules::base_within_log},
      {"reset_before_records", &OrderRules::reset_before_records},
  };
  for (const auto& [name, member] : rules) {
    EXPECT_NE(Killer(Primitive::kWrite,
                     [&](Profile&, PromiseTable& table) {
                       table.order.*member = false;
                     }),
              "")
        << name;
  }
}

// Each switch is flipped in every profile. The switches that only ntfs-3g has
// on are covered by its own tests (tests/pipeline/planted_bugs_test.cc).
TEST_F(LitmusMutants, EverySwitchIsNoticed) {
  const std::set<std::string_view> of_ntfs_3g = {
      "fsync_covers_volume", "rename_leaves_temporary", "stale_data"};
  const std::set<std::string_view> nowhere = {"failed_flush_keeps_dirty",
                                              "fsync_is_void"};
  for (const ProfileSwitch& one : ProfileSwitches()) {
    for (const bool value : {false, true}) {
      if (of_ntfs_3g.contains(one.name)) continue;
      // simfs leaves nothing of what this switch admits, so that no litmus test
      // can show it. LeftNames and ModelDefinitionTest notice it.
      if (one.member == &Profile::left_name_shows_old) continue;
      // No profile has this switch on, so that turning it off changes nothing.
      if (!value && nowhere.contains(one.name)) continue;
      // Only ext4-journal has this switch on, and data_ordered, which is on
      // there, too, promises the same. DefinitionTest and DataAtoms turn it on
      // alone.
      if (!value && one.name == "replace_brings_data") continue;
      const std::string killer =
          Killer(Primitive::kWrite, [&](Profile& profile, PromiseTable& table) {
            profile.*one.member = value;
            table = PromisesOf(profile);
          });
      EXPECT_NE(killer, "") << one.name << (value ? " on" : " off");
    }
  }
}

const std::map<std::string, std::string>& Equivalent() {
  const std::string media =
      "all that the row covers is on the media when it returns, so that no "
      "order can be seen behind it";
  const std::string alone = "a log's disk has nothing else at the device";
  const std::string nothing = "the row covers nothing that it could carry";
  static const std::map<std::string, std::string> list = {
      {"NtFlushBuffersFile: barrier stronger", media},
      {"NtFlushBuffersFileEx 0: barrier stronger", media},
      {"NtFlushBuffersFileEx FILE_DATA_SYNC_ONLY: barrier stronger", media},
      {"FlushFileBuffers: barrier stronger", media},
      {"F_FULLFSYNC: barrier stronger", media},
      {"ReserveAndAppendLog: device stronger", nothing},
      {"ReserveAndAppendLog FORCE_APPEND: device stronger", alone},
      {"ReserveAndAppendLog FORCE_FLUSH: device stronger", alone},
      {"FlushLogBuffers, ClfsFlushBuffers: device stronger", alone},
      {"FlushLogToLsn, ClfsFlushToLsn: device stronger", alone},
      {"FlushLogToLsn CLFS_LSN_NULL: device stronger", alone},
      {"WriteLogRestartArea: device stronger", alone},
      {"AdvanceLogBase: device stronger", nothing},
      {"AdvanceLogBase: records stronger", nothing},
      {"SetLogArchiveTail: device stronger", nothing},
      {"SetLogArchiveTail: records stronger", nothing},
      {"CloseAndResetLogFile: device stronger", nothing},
      {"CloseAndResetLogFile: records stronger", nothing},
      {"block write, PREFLUSH and FUA: device stronger",
       "the preflush has taken to the media what was at the device"},
      {"msync MS_ASYNC: device stronger", nothing},
      {"msync MS_ASYNC: placed_data_only weaker", nothing},
  };
  return list;
}

}  // namespace
}  // namespace powercut
