// Tests the probe on storage that is scripted: a table of ops that fail for
// want of room, of ops that fail otherwise, and of what is different after the
// remount. Storage with files, with logs and with keys is used in turn.

#include "harness/recover/probe.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/trace/recording_disk.h"

namespace powercut {
namespace {

using Texts = std::vector<std::string>;

// What the storage holds, and what it does wrong.
struct Script {
  Observation volume;
  // The error with which ops of a kind fail.
  std::map<OpKind, std::string> errors;
  std::string shutdown_error;
  // Why the storage cannot be opened again.
  std::string open_failure;
  // Changes what the second mount shows.
  std::function<void(Observation&)> damage;
};

class ScriptedMount : public Mount {
 public:
  ScriptedMount(Script& script, bool again) : s_(script), again_(again) {}

  OpResult Apply(const Op& op, uint64_t, std::string_view content) override {
    if (const auto error = s_.errors.find(op.kind); error != s_.errors.end()) {
      return {error->second};
    }
    Observation& volume = s_.volume;
    if (op.kind == OpKind::kCreate) {
      ObservedEntry entry;
      entry.path = op.names[0];
      // "/.a" comes before the probe's file, and "/b" after it.
      volume.entries.insert(volume.entries.begin() + 1, entry);
    } else if (op.kind == OpKind::kWrite) {
      volume.entries[1].content = content;
      volume.entries[1].size_bytes = content.size();
    } else if (op.kind == OpKind::kLogAppend) {
      Append(op.names[0], content);
    } else if (op.kind == OpKind::kPut) {
      (*volume.keys)[op.names[0]] = op.names[1];
    }
    return {};
  }
  OpResult Shutdown() override { return {s_.shutdown_error}; }
  Observation Observe() override {
    Observation seen = s_.volume;
    if (again_ && s_.damage) s_.damage(seen);
    return seen;
  }

 private:
  void Append(const std::string& name, std::string_view content) {
    for (ObservedLog& log : s_.volume.logs) {
      if (log.name != name) continue;
      const uint64_t lsn =
          log.records.empty() ? 10 : log.records.back().lsn + 10;
      if (log.records.empty()) log.base_lsn = lsn;
      log.records.push_back({lsn, std::string(content), false});
    }
  }

  Script& s_;
  bool again_;
};

class ScriptedBackend : public Backend {
 public:
  ScriptedBackend(Script& script, std::vector<OpKind> ops) : s_(script) {
    traits_.ops = std::move(ops);
  }
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec&) override {
    return std::make_shared<const SparseImage>(512);
  }
  MountResult Open(VirtualDisk&) override {
    if (!s_.open_failure.empty()) return {nullptr, s_.open_failure};
    return {std::make_unique<ScriptedMount>(s_, true), ""};
  }

 private:
  Script& s_;
  BackendTraits traits_;
};

// The script with the ops of each kind of storage, in the order of the probe.
struct Storage {
  Script script;
  std::vector<OpKind> ops;
};

Storage Files() {
  Storage storage;
  ObservedEntry entry;
  entry.path = "/.a";
  entry.content = "old";
  entry.size_bytes = 3;
  storage.script.volume.entries = {entry};
  entry.path = "/b";
  storage.script.volume.entries.push_back(entry);
  storage.ops = {OpKind::kCreate, OpKind::kWrite, OpKind::kFsync};
  return storage;
}

// The first log is empty.
Storage Logs() {
  Storage storage;
  ObservedLog log;
  log.name = "empty";
  storage.script.volume.logs = {log};
  log.name = "used";
  log.base_lsn = 10;
  log.records = {{10, "x", true}, {20, "y", false}};
  log.restart_lsn = 10;
  storage.script.volume.logs.push_back(log);
  storage.ops = {OpKind::kLogOpen, OpKind::kLogAppend, OpKind::kLogFlush};
  return storage;
}

Storage Keys() {
  Storage storage;
  storage.script.volume.keys = std::map<std::string, std::string>{{"a", "1"}};
  storage.ops = {OpKind::kPut, OpKind::kCommit};
  return storage;
}

ProbedVolume Probe(Storage storage) {
  ScriptedBackend backend(storage.script, storage.ops);
  RecordingDisk disk({512, 1}, std::make_shared<const SparseImage>(512));
  const Observation before = storage.script.volume;
  return UseVolume(backend, disk, {},
                   std::make_unique<ScriptedMount>(storage.script, false),
                   before);
}

// The errors that say that there is no room, for each kind of storage.
struct Row {
  Storage storage;
  Texts no_room;
  // What stands before the words about an op that failed.
  Texts prefixes;
};

std::vector<Row> Rows() {
  return {
      {Files(), {"ENOSPC"}, {""}},
      {Logs(), {"STATUS_LOG_FULL", "STATUS_DISK_FULL"}, {"empty: ", "used: "}},
      {Keys(), {}, {""}}};
}

TEST(ProbeTest, SoundStorageIsLeftAsItWas) {
  for (const Row& row : Rows()) {
    const ProbedVolume probed = Probe(row.storage);
    EXPECT_EQ(probed.told, Texts());
    EXPECT_EQ(probed.seen, row.storage.script.volume);
  }
}

// Whichever op finds no room, nothing is wrong with the recovery, and what the
// ops before it did is not shown.
TEST(ProbeTest, StorageWithoutRoomHasNothingWrong) {
  for (const Row& row : Rows()) {
    for (const OpKind kind : row.storage.ops) {
      for (const std::string& error : row.no_room) {
        Storage full = row.storage;
        full.script.errors = {{kind, error}};
        const ProbedVolume probed = Probe(full);
        EXPECT_EQ(probed.told, Texts()) << VerbOf(kind) << " " << error;
        EXPECT_EQ(probed.seen, row.storage.script.volume)
            << VerbOf(kind) << " " << error;
      }
    }
  }
}

TEST(ProbeTest, AnOpThatFailsOtherwiseIsTold) {
  for (const Row& row : Rows()) {
    for (const OpKind kind : row.storage.ops) {
      Storage failing = row.storage;
      failing.script.errors = {{kind, "EIO"}};
      Texts told;
      for (const std::string& prefix : row.prefixes) {
        told.push_back(prefix + std::string(VerbOf(kind)) + ": EIO");
      }
      EXPECT_EQ(Probe(failing).told, told);
      // Logs are looked at again all the same.
      EXPECT_EQ(Probe(failing).seen.probe_failures, Texts()) << VerbOf(kind);
    }
  }
}

TEST(ProbeTest, WhatEndsOrOpensBadlyIsTold) {
  for (const Row& row : Rows()) {
    Storage closing = row.storage;
    closing.script.shutdown_error = "EBUSY";
    EXPECT_EQ(Probe(closing).told, Texts{"EBUSY"});
    Storage opening = row.storage;
    opening.script.open_failure = "mount: EINVAL";
    const ProbedVolume probed = Probe(opening);
    EXPECT_EQ(probed.told, Texts{"remount: mount: EINVAL"});
    // There is no second observation, so that the first one is shown.
    EXPECT_EQ(probed.seen, row.storage.script.volume);
  }
}

// What a second mount shows otherwise, and the words about it.
struct Damage {
  std::function<void(Observation&)> to;
  Texts words;
};

void ExpectWords(const Storage& storage, const std::vector<Damage>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    Storage damaged = storage;
    damaged.script.damage = rows[i].to;
    const ProbedVolume probed = Probe(damaged);
    EXPECT_EQ(probed.told, Texts()) << i;
    EXPECT_EQ(probed.seen.probe_failures, rows[i].words) << i;
  }
}

TEST(ProbeTest, EachDifferenceOfFilesHasItsWords) {
  const std::string own = "the file that the probe wrote ";
  const std::string other = "writing another file changed ";
  ObservedEntry more;
  more.path = "/c";
  ExpectWords(
      Files(),
      {{[](Observation& o) { o.entries.erase(o.entries.begin() + 1); },
        {own + "is missing after a remount"}},
       {[](Observation& o) { o.entries[1].content[12387] ^= 1; },
        {own + "came back changed"}},
       {[](Observation& o) { o.entries[1].unreadable = "EIO"; },
        {own + "came back changed"}},
       {[](Observation& o) { o.entries[0].content = "new"; }, {other + "/.a"}},
       {[](Observation& o) { o.entries[2].mtime = 7; }, {other + "/b"}},
       {[](Observation& o) { o.entries.pop_back(); }, {other + "/b"}},
       {[&](Observation& o) { o.entries.push_back(more); }, {other + "/c"}},
       {[](Observation& o) { o.entries.clear(); },
        {own + "is missing after a remount", other + "/.a"}}});
}

TEST(ProbeTest, EachDifferenceOfLogsHasItsWords) {
  const std::string last =
      "the record that the probe appended is not the last one";
  const std::string above =
      "the record that the probe appended has an LSN that is not above the "
      "others";
  const std::string changed = "appending a record changed the log";
  ExpectWords(
      Logs(),
      {{[](Observation& o) { o.logs[0].records.clear(); }, {"empty: " + last}},
       {[](Observation& o) { o.logs[1].records.pop_back(); },
        {"used: " + last}},
       {[](Observation& o) { o.logs[1].records.back().content += "x"; },
        {"used: " + last}},
       {[](Observation& o) { o.logs[1].records.back().lsn = 20; },
        {"used: " + above}},
       {[](Observation& o) { o.logs[1].records[0].lsn = 31; },
        {"used: " + above}},
       {[](Observation& o) { o.logs[1].records[0].content = "z"; },
        {"used: " + changed}},
       {[](Observation& o) { o.logs[1].base_lsn = 20; }, {"used: " + changed}},
       {[](Observation& o) { o.logs[1].restart_lsn = 0; },
        {"used: " + changed}},
       {[](Observation& o) { o.logs[0].base_lsn = 1; },
        {"empty: " + changed}}});
}

// A log that cannot be read before is left alone, and one that is gone
// afterwards leaves nothing to compare.
TEST(ProbeTest, LogsThatAreDamagedAreNotUsed) {
  Storage storage = Logs();
  storage.script.volume.logs[0].unreadable = "STATUS_LOG_METADATA_CORRUPT";
  storage.script.errors = {};
  const ProbedVolume probed = Probe(storage);
  EXPECT_EQ(probed.told, Texts());
  EXPECT_EQ(probed.seen, storage.script.volume);
  Storage losing = Logs();
  losing.script.damage = [](Observation& o) { o.logs.pop_back(); };
  EXPECT_EQ(Probe(losing).told, Texts{"remount: "});
}

TEST(ProbeTest, EachDifferenceOfKeysHasItsWords) {
  const std::string missing = "the key that the probe put is missing";
  const std::string changed = "putting another key changed the store";
  ExpectWords(Keys(),
              {{[](Observation& o) { o.keys->erase(kProbePath); }, {missing}},
               {[](Observation& o) { (*o.keys)["a"] = "2"; }, {changed}},
               {[](Observation& o) { (*o.keys)["b"] = "1"; }, {changed}},
               {[](Observation& o) { o.keys->clear(); }, {missing, changed}}});
}

}  // namespace
}  // namespace powercut
