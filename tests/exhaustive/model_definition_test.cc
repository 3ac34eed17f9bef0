// The model held against the definition: at every moment of random workloads,
// under every profile and for every kind of crash, the model lists exactly what
// the definition allows, admits each of these observations, and rejects others.
//
// Method. At each moment the two sets are compared. Check() must then admit a
// share of the members. Observations that a mutator makes from members, by
// exchanging names, sizes, times and atoms, must be admitted if and only if the
// definition allows them. A workload for which anything differs is shrunk op by
// op before it is printed.
//
// One switch of the profile ntfs-3g has no definition (definition.h) and is
// turned off. What stale_data admits is not listed by the model, but judged by
// Check().

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/workload_text.h"
#include "harness/trace/op_history.h"
#include "model/pcut/pcut.h"
#include "tests/exhaustive/disagreement.h"
#include "tests/exhaustive/model_moments.h"
#include "tests/exhaustive/seeds.h"

namespace powercut {
namespace {

constexpr size_t kIdealsMax = 3000;
// About how many members Check() judges at each moment.
constexpr size_t kMembersPerMoment = 30;
constexpr int kMutantsPerMoment = 12;

Profile Defined(Profile profile) {
  profile.rename_leaves_temporary = false;
  return profile;
}

Profile WithoutStaleData(Profile profile) {
  profile.stale_data = false;
  return profile;
}

// Whether `seen` is the same as `allowed` but for bytes that are anything in
// `allowed`.
bool Matches(const Observation& allowed, const Observation& seen) {
  if (allowed.entries.size() != seen.entries.size()) return false;
  Observation same = seen;
  for (size_t i = 0; i < seen.entries.size(); ++i) {
    const std::string& bytes = allowed.entries[i].content;
    std::string& taken = same.entries[i].content;
    if (bytes.size() != taken.size()) return false;
    for (size_t at = 0; at < bytes.size(); ++at) {
      if (bytes[at] == kAnyByte) taken[at] = kAnyByte;
    }
  }
  return ObservationText(allowed) == ObservationText(same);
}

bool SaysAnything(const Observation& observation) {
  return std::any_of(observation.entries.begin(), observation.entries.end(),
                     [](const ObservedEntry& entry) {
                       return entry.content.find(kAnyByte) != std::string::npos;
                     });
}

bool IsAllowed(const Observations& allowed, const Observation& seen) {
  if (allowed.contains(ObservationText(seen))) return true;
  return std::any_of(allowed.begin(), allowed.end(), [&](const auto& member) {
    return SaysAnything(member.second) && Matches(member.second, seen);
  });
}

// Makes observations that differ from a member in a few places. What is put
// there comes from another member, or from no op at all.
class Mutator {
 public:
  Mutator(const Observations& allowed, Chooser& chooser)
      : allowed_(allowed), chooser_(chooser) {}

  Observation Mutant() {
    Observation seen = Any();
    for (uint64_t n = 1 + chooser_.Below(3); n > 0; --n) Change(seen);
    return seen;
  }

 private:
  const Observation& Any() {
    auto member = allowed_.begin();
    std::advance(member,
                 static_cast<ptrdiff_t>(chooser_.Below(allowed_.size())));
    return member->second;
  }

  // Changes one entry. The observation stays a tree: what is in a directory
  // goes with it, and all names of one file show the same.
  void Change(Observation& seen) {
    const Observation& other = Any();
    if (chooser_.OneIn(8)) seen.device = other.device;
    if (seen.entries.empty()) return;
    const ObservedEntry old = seen.entries[chooser_.Below(seen.entries.size())];
    ObservedEntry changed = old;
    ChangeEntry(seen, other, changed);
    const bool gone = changed.path.empty();
    std::erase_if(seen.entries, [&](const ObservedEntry& entry) {
      return gone &&
             (entry.path == old.path || entry.path.starts_with(old.path + "/"));
    });
    for (ObservedEntry& entry : seen.entries) {
      const bool new_file = changed.file_id != old.file_id;
      if (new_file ? entry.path != old.path : entry.file_id != old.file_id) {
        continue;
      }
      std::string path = entry.path;
      entry = changed;
      entry.path = std::move(path);
    }
  }

  void ChangeEntry(const Observation& seen, const Observation& other,
                   ObservedEntry& entry) {
    const ObservedEntry* same = other.Find(entry.path);
    switch (chooser_.Below(8)) {
      case 0:
        entry.path.clear();
        return;
      case 1:
        if (!entry.is_directory) ChangeAtom(entry, same);
        return;
      case 2:
        if (entry.is_directory) return;
        entry.size_bytes = chooser_.OneIn(2) && same != nullptr
                               ? same->size_bytes
                               : chooser_.Below(entry.size_bytes + 2);
        entry.content.resize(entry.size_bytes, '\0');
        return;
      case 3:
        if (same != nullptr) entry.mtime = same->mtime;
        return;
      case 4:
        if (entry.mtime) entry.mtime = *entry.mtime + 1;
        return;
      case 5:
        if (same != nullptr) entry.valid_bytes = same->valid_bytes;
        return;
      case 6:
        if (!entry.is_directory) entry.valid_bytes = entry.size_bytes;
        return;
      default: {
        // The entry becomes another name of an equal file, or ceases to be a
        // name of its own file.
        const auto& twin = seen.entries[chooser_.Below(seen.entries.size())];
        ObservedEntry renamed = twin;
        renamed.path = entry.path;
        renamed.file_id = entry.file_id;
        entry.file_id = renamed == entry && twin.file_id != entry.file_id
                            ? twin.file_id
                            : next_file_id_++;
        return;
      }
    }
  }

  void ChangeAtom(ObservedEntry& entry, const ObservedEntry* same) {
    if (entry.content.empty()) return;
    const size_t at = chooser_.Below((entry.content.size() + 511) / 512) * 512;
    if (same != nullptr && same->content.size() > at && chooser_.OneIn(2)) {
      const std::string other = same->content.substr(at, 512);
      const size_t count = std::min(other.size(), entry.content.size() - at);
      entry.content.replace(at, count, other, 0, count);
      return;
    }
    const size_t end = std::min(entry.content.size(), at + 512);
    const size_t byte = at + chooser_.Below(end - at);
    entry.content[byte] = chooser_.OneIn(2) ? '\0' : 'x';
  }

  const Observations& allowed_;
  Chooser& chooser_;
  uint64_t next_file_id_ = 1'000'000;
};

std::string Violations(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& v : violations) {
    text +=
        v.path + ": admissible " + v.admissible + ", found " + v.found + "\n";
  }
  return text;
}

struct Counts {
  size_t moments = 0;
  size_t too_large = 0;
  size_t observations = 0;
  size_t mutants_admitted = 0;
  size_t mutants_rejected = 0;
};

// Says what is wrong at one moment; empty if nothing is. `admitted` is
// `defined` with what stale_data admits.
std::string JudgeMoment(const Model& model, const Observations& defined,
                        const Observations& admitted, CrashKind kind,
                        Chooser& chooser, Counts& counts) {
  const auto listed = ModelObservations(model, kind, 64 * kIdealsMax);
  if (!listed) return "the model gives up\n";
  std::string wrong =
      Difference({"the definition", defined}, {"the model", *listed});
  if (!wrong.empty()) return wrong;
  counts.observations += defined.size();
  const uint64_t one_in = 1 + defined.size() / kMembersPerMoment;
  for (const auto& [text, observation] : defined) {
    if (!chooser.OneIn(one_in)) continue;
    wrong = Violations(model.Check(observation, kind));
    if (!wrong.empty())
      return "Check() rejects what it lists:\n" + text + wrong;
  }
  Mutator mutator(admitted, chooser);
  for (int i = 0; i < kMutantsPerMoment; ++i) {
    const Observation mutant = mutator.Mutant();
    const bool allowed = IsAllowed(admitted, mutant);
    const std::string violations = Violations(model.Check(mutant, kind));
    ++(allowed ? counts.mutants_admitted : counts.mutants_rejected);
    if (allowed == violations.empty()) continue;
    return (allowed ? "Check() rejects what is allowed:\n"
                    : "Check() admits what is not allowed:\n") +
           ObservationText(mutant) + violations;
  }
  return {};
}

// Says what is wrong with a workload at the first moment where anything is;
// empty if nothing is.
std::string Judge(const Workload& workload, const Profile& profile,
                  uint64_t seed, Counts& counts) {
  const PromiseTable table = PromisesOf(profile);
  const Profile listed = WithoutStaleData(profile);
  const std::vector<HistoryEvent> history = ExpectedHistory(workload);
  ModelCursor cursor(workload, profile, history);
  SeededChooser chooser(seed);
  bool running = false;
  for (size_t moment = 0; moment <= history.size(); ++moment) {
    if (moment > 0 && history[moment - 1].kind == HistoryEvent::kRun) {
      running = true;
    }
    if (!running) continue;
    cursor.MoveTo(moment);
    for (const CrashKind kind : kCrashKinds) {
      const auto defined = DefinedObservations(workload, table, listed,
                                               std::span(history).first(moment),
                                               kind, kIdealsMax);
      const auto admitted =
          profile.stale_data
              ? DefinedObservations(workload, table, profile,
                                    std::span(history).first(moment), kind,
                                    kIdealsMax)
              : defined;
      ++counts.moments;
      if (!defined) {
        ++counts.too_large;
        continue;
      }
      const std::string wrong = JudgeMoment(cursor.model(), *defined, *admitted,
                                            kind, chooser, counts);
      if (wrong.empty()) continue;
      return std::string(CrashKindName(kind)) + " crash " +
             MomentText(workload, history, moment) + ":\n" + wrong;
    }
  }
  return {};
}

// `adjust` changes the profile that was drawn, so that what the test is about
// has a meaning.
void HoldAgainstTheDefinition(
    uint64_t seed, RandomWorkloadKnobs knobs, uint64_t usual,
    const std::function<void(Profile&)>& adjust = {}) {
  Counts counts;
  for (uint64_t i = 0; i < WorkOf(usual); ++i) {
    SeededChooser chooser(Seed(seed + i));
    Profile profile = Defined(MixedProfile(chooser));
    if (adjust) adjust(profile);
    const Workload workload = RandomWorkload(chooser, knobs, profile);
    const uint64_t judged_by = chooser.Below(uint64_t{1} << 32);
    if (Judge(workload, profile, judged_by, counts).empty()) continue;
    Counts none;
    FAIL() << "workload " << Seed(seed + i) << '\n'
           << Shrunk(workload, profile, [&](const Workload& less) {
                return Judge(less, profile, judged_by, none);
              });
  }
  std::printf(
      "%zu moments, %zu too large; %zu observations allowed; mutants: %zu "
      "allowed, %zu not\n",
      counts.moments, counts.too_large, counts.observations,
      counts.mutants_admitted, counts.mutants_rejected);
  EXPECT_GT(counts.mutants_rejected * 5, counts.mutants_admitted);
  EXPECT_LT(counts.too_large * 4, counts.moments);
}

TEST(ModelDefinitionTest, TinyWorkloads) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 2;
  knobs.run_ops = 4;
  HoldAgainstTheDefinition(1'000'000, knobs, 1000);
}

TEST(ModelDefinitionTest, LongerWorkloads) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 4;
  knobs.run_ops = 7;
  HoldAgainstTheDefinition(2'000'000, knobs, 500);
}

TEST(ModelDefinitionTest, ManyFlushes) {
  RandomWorkloadKnobs knobs;
  knobs.run_ops = 8;
  knobs.flush_percent = 60;
  HoldAgainstTheDefinition(3'000'000, knobs, 500);
}

TEST(ModelDefinitionTest, FlushesThatFail) {
  RandomWorkloadKnobs knobs;
  knobs.run_ops = 7;
  knobs.flush_percent = 60;
  knobs.failed_flushes = true;
  HoldAgainstTheDefinition(4'000'000, knobs, 500);
}

// Workloads that random drawing seldom makes.
TEST(ModelDefinitionTest, RareWorkloads) {
  const std::vector<std::string> workloads = {
      // A store that one view flush carried is flushed by another one.
      "init\n create /f\n write /f 0 512\nrun\n map v /f 0 512\n"
      " store v 0 512\n flush_view v 0 0\n msync v 0 512\n",
      "init\n create /f\n write /f 0 512\nrun\n map v /f 0 512\n"
      " map w /f 0 512\n store v 0 512\n flush_view w 0 0\n"
      " nt_flush /f file_data_only\n flush_view v 0 0\n disk_flush\n",
      // The store is not placed at the first view flush, but at the second.
      "init\n create /f\nrun\n map v /f 0 512\n store v 0 512\n"
      " flush_view v 0 0\n nt_flush /f no_sync\n flush_view v 0 0\n",
      "init\n create /f\nrun\n map v /f 0 512\n store v 0 512\n"
      " flush_view v 0 0\n fdatasync /f\n flush_view v 0 0\n"
      " disk_flush\n",
      // Stores and writes to one atom.
      "init\n create /f\n write /f 0 512\nrun\n map v /f 0 512\n"
      " store v 0 16\n write /f 16 16\n store v 32 16\n nt_flush /f\n",
      // A flush fails after another one has reached the device.
      "init\n create /f\n write /f 0 512\nrun\n write /f 0 512\n"
      " nt_flush /f no_sync\n nt_flush /f -> EIO\n nt_flush /f\n",
      "init\n create /f\n write /f 0 512\nrun\n write /f 0 512\n"
      " nt_flush /f file_data_only -> EIO\n fsync /f\n disk_flush\n",
      // A file is cut, grows, and is cut again.
      "init\n create /f\n write /f 0 512\nrun\n truncate /f 100\n"
      " write /f 50 100\n truncate /f 60\n append /f 10\n",
      "init\n create /f\n write /f 0 512\nrun\n truncate /f 100\n"
      " write /f 50 100\n truncate /f 0\n append /f 10\n",
      // Barriers and preflushes concern files and raw sectors.
      "init\n create /f\n write /f 0 512\nrun\n write /f 0 512\n"
      " barrier_fsync /f\n create /g\n disk_write 0 1\n"
      " barrier_fsync /g\n create /h\n",
      "init\n create /f\n write /f 0 512\nrun\n write /f 0 512\n"
      " nt_flush /f no_sync\n disk_write 0 1 preflush\n",
      // A range up to the end leaves what lies before it.
      "init\n create /f\n write /f 0 4608\nrun\n write /f 0 512\n"
      " write /f 4096 512\n sync_file_range /f 4096 0\n",
      // An atom that is a hole, with an end of the file in it.
      "init\n create /f\n truncate /f 100\nrun\n set_end_of_file /f 700\n",
      "init\n create /f\n truncate /f 1000\nrun\n set_valid_data /f 100\n"
      " set_valid_data /f 700\n",
      // A write with both flags.
      "run\n disk_write 0 1\n disk_write 1 1 fua preflush\n",
      // A directory is made, filled and renamed.
      "run\n mkdir /d\n create /d/a\n rename /d /e\n fsync /e/a\n",
      // The directory above is under way, or a flush of its name failed.
      "run\n start 1 mkdir /d\n create /d/a\n fsync /d/a\n wait 1\n",
      "run\n mkdir /d\n fsync / -> EIO\n create /d/a\n fsync /d/a\n",
      // A directory that was made takes the place of another one.
      "init\n mkdir /d\nrun\n mkdir /e\n rename /e /d\n create /d/a\n"
      " fsync /d/a\n",
      // A name is removed twice, and once more after the flush.
      "init\n create /f\n link /f /g\nrun\n unlink /g\n link /f /g\n"
      " unlink /g\n fsync /f\n",
      "init\n create /f\nrun\n open h /f\n unlink /f\n create /f\n"
      " fsync h\n",
      "init\n create /f\n create /g\nrun\n open h /f\n rename /g /f\n"
      " fsync h\n",
      "init\n create /a\n create /b\nrun\n replace_file /a /b\n"
      " fsync /b\n create /a\n replace_file /a /b\n",
  };
  Counts counts;
  for (const std::string& text : workloads) {
    const auto workload = ParseWorkload("powercut 1\n" + text, "rare.pcut");
    ASSERT_TRUE(workload) << workload.error().message;
    for (const Profile& named : Profiles()) {
      const Profile profile = Defined(named);
      // These two profiles refuse some of the flushes.
      if (profile.name == "refs" || profile.name == "exfat") continue;
      EXPECT_EQ(Judge(*workload, profile, 1, counts), "")
          << profile.name << '\n'
          << text;
    }
  }
}

TEST(ModelDefinitionTest, OneFileCutAndRegrown) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 2;
  knobs.run_ops = 6;
  knobs.files = 1;
  knobs.effects_max = 12;
  knobs.directories = false;
  knobs.disk = false;
  knobs.focus = {OpKind::kWrite, OpKind::kAppend, OpKind::kTruncate,
                 OpKind::kSetEndOfFile, OpKind::kSetValidData};
  HoldAgainstTheDefinition(5'000'000, knobs, 500);
}

// Ends of files that lie within an atom, where the atom is a hole: what is
// given to the file after that end must not show before it. The drawn profiles
// have the switch that lets such space show anything.
TEST(ModelDefinitionTest, HolesFromOddSizes) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 2;
  knobs.run_ops = 4;
  knobs.files = 1;
  knobs.effects_max = 8;
  knobs.disputed_ops = true;
  knobs.directories = false;
  knobs.disk = false;
  knobs.overlap = false;
  knobs.focus = {OpKind::kTruncate, OpKind::kSetEndOfFile,
                 OpKind::kSetEndOfFile, OpKind::kSetValidData, OpKind::kMap};
  knobs.focus_percent = 80;
  HoldAgainstTheDefinition(9'000'000, knobs, 500, [](Profile& profile) {
    profile.stale_set_end_of_file = true;
  });
}

// Bytes at the ends of files that were never written, or that a cut took away.
TEST(ModelDefinitionTest, StaleData) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 2;
  knobs.run_ops = 5;
  knobs.files = 1;
  knobs.effects_max = 8;
  knobs.directories = false;
  knobs.disk = false;
  knobs.overlap = false;
  knobs.focus = {OpKind::kWrite, OpKind::kAppend, OpKind::kTruncate,
                 OpKind::kTruncate, OpKind::kSetEndOfFile};
  knobs.focus_percent = 80;
  HoldAgainstTheDefinition(12'000'000, knobs, 800,
                           [](Profile& profile) { profile.stale_data = true; });
}

// Ranges of sync_file_range over data that is placed in two pages.
TEST(ModelDefinitionTest, RangesOfTwoPages) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 5;
  knobs.run_ops = 5;
  knobs.files = 1;
  knobs.effects_max = 8;
  knobs.flush_percent = 50;
  knobs.directories = false;
  knobs.views = false;
  knobs.handles = false;
  knobs.disk = false;
  knobs.focus = {OpKind::kWrite, OpKind::kSyncFileRange};
  knobs.focus_percent = 90;
  HoldAgainstTheDefinition(10'000'000, knobs, 500, [](Profile& profile) {
    profile.range_sync_reaches_device = true;
    profile.overwrite_in_place = true;
  });
}

// Flushes of files that were moved, linked and removed, and of directories:
// their names, those above, and those that are gone.
TEST(ModelDefinitionTest, FlushesOfNames) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 4;
  knobs.run_ops = 6;
  knobs.files = 3;
  knobs.flush_percent = 50;
  knobs.views = false;
  knobs.disk = false;
  knobs.focus = {OpKind::kMkdir,    OpKind::kCreate, OpKind::kRename,
                 OpKind::kRename,   OpKind::kLink,   OpKind::kUnlink,
                 OpKind::kExchange, OpKind::kFsync,  OpKind::kFsync,
                 OpKind::kFsync};
  knobs.focus_percent = 90;
  HoldAgainstTheDefinition(11'000'000, knobs, 1000, [](Profile& profile) {
    profile.fsync_covers_volume = false;
    profile.fsync_is_void = false;
    profile.flush_covers_names = true;
  });
}

// What a sync may log, and what then waits for a commit all the same: names,
// sizes and times in several directories, with syncs of one of them.
TEST(ModelDefinitionTest, ChangesInTheLogOfASync) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 5;
  knobs.run_ops = 6;
  knobs.files = 3;
  knobs.flush_percent = 30;
  knobs.views = false;
  knobs.disk = false;
  knobs.focus = {OpKind::kMkdir,  OpKind::kCreate,   OpKind::kRename,
                 OpKind::kRename, OpKind::kLink,     OpKind::kUnlink,
                 OpKind::kFsync,  OpKind::kTruncate, OpKind::kSyncfs};
  knobs.focus_percent = 90;
  HoldAgainstTheDefinition(13'000'000, knobs, 1000, [](Profile& profile) {
    profile.metadata_committed = true;
    profile.metadata_ordered = false;
    profile.data_ordered = false;
    profile.fsync_covers_volume = false;
  });
}

TEST(ModelDefinitionTest, NamesAndDirectories) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 4;
  knobs.run_ops = 6;
  knobs.files = 3;
  knobs.views = false;
  knobs.handles = false;
  knobs.disk = false;
  knobs.focus = {OpKind::kRename, OpKind::kExchange, OpKind::kReplaceFile,
                 OpKind::kLink, OpKind::kFsync};
  HoldAgainstTheDefinition(6'000'000, knobs, 500);
}

TEST(ModelDefinitionTest, Views) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 3;
  knobs.run_ops = 9;
  knobs.files = 1;
  knobs.directories = false;
  knobs.disk = false;
  knobs.failed_flushes = true;
  knobs.focus = {OpKind::kMap,    OpKind::kStore,     OpKind::kStore,
                 OpKind::kMsync,  OpKind::kFlushView, OpKind::kFlushView,
                 OpKind::kNtFlush};
  HoldAgainstTheDefinition(7'000'000, knobs, 500);
}

TEST(ModelDefinitionTest, DeviceFlushes) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 2;
  knobs.run_ops = 7;
  knobs.directories = false;
  knobs.views = false;
  knobs.focus = {OpKind::kDiskWrite,    OpKind::kDiskWrite, OpKind::kDiskFlush,
                 OpKind::kBarrierFsync, OpKind::kNtFlush,   OpKind::kWrite,
                 OpKind::kSyncFileRange};
  HoldAgainstTheDefinition(8'000'000, knobs, 500);
}

}  // namespace
}  // namespace powercut
