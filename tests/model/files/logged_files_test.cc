// LoggedFiles against its four rules, taken literally: random changes of names,
// syncs and commits, after each of which the log must hold what the rules give
// when they are applied until nothing is added.

#include "model/files/logged_files.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

struct Log {
  std::set<FileId> files;
  std::set<NameId> names;

  bool operator==(const Log&) const = default;
};

// What has happened, and the log that follows from it.
class PlainLog {
 public:
  void Change(const NameStep& step) {
    steps_.push_back(step);
    for (const FileId file : {step.before, step.after}) {
      if (file != kNoFile) directories_of_[file].insert(step.directory);
    }
  }

  void Sync(uint32_t op, FileId file) { syncs_.emplace_back(op, file); }

  void Forget(uint32_t upto) {
    std::erase_if(steps_,
                  [&](const NameStep& step) { return step.op <= upto; });
    std::erase_if(syncs_, [&](const auto& sync) { return sync.first <= upto; });
  }

  Log Held() const {
    Log log;
    for (const auto& [op, file] : syncs_) log.files.insert(file);
    // Sets only grow, so that a pass that adds nothing is the last one.
    for (size_t size = 0; size != log.files.size() + log.names.size();) {
      size = log.files.size() + log.names.size();
      for (const FileId file : std::set(log.files)) {
        AddDirectories(file, log);
        for (const NameStep& step : steps_) {
          const bool of_file = step.directory == file || step.before == file ||
                               step.after == file;
          if (of_file) log.names.insert(step.name);
        }
      }
      for (const NameStep& step : steps_) {
        if (!log.names.contains(step.name)) continue;
        for (const FileId file : {step.before, step.after}) {
          if (file != kNoFile) log.files.insert(file);
        }
      }
    }
    return log;
  }

 private:
  bool IsNew(FileId file) const {
    return std::ranges::any_of(steps_, [&](const NameStep& step) {
      return step.makes && step.after == file;
    });
  }

  bool WasMoved(FileId file) const {
    return std::ranges::any_of(steps_, [&](const NameStep& step) {
      return !step.makes && (step.before == file || step.after == file);
    });
  }

  std::set<FileId> DirectoriesOf(FileId file) const {
    const auto found = directories_of_.find(file);
    return found == directories_of_.end() ? std::set<FileId>() : found->second;
  }

  void AddDirectories(FileId file, Log& log) const {
    if (WasMoved(file)) log.files.merge(DirectoriesOf(file));
    std::set<FileId> above = DirectoriesOf(file);
    for (size_t size = 0; size != above.size();) {
      size = above.size();
      for (const FileId directory : std::set(above)) {
        above.merge(DirectoriesOf(directory));
      }
    }
    for (const FileId directory : above) {
      if (IsNew(directory)) log.files.insert(directory);
    }
  }

  std::vector<NameStep> steps_;
  std::vector<std::pair<uint32_t, FileId>> syncs_;
  std::map<FileId, std::set<FileId>> directories_of_;
};

// A tree in which names come and go, with some old files and directories.
class RandomTree {
 public:
  explicit RandomTree(uint64_t seed) : random_(seed) {
    directories_ = {kRootDirectory, 1, 2};
    Lead(kRootDirectory, 0, 1);
    Lead(kRootDirectory, 1, 2);
    for (FileId file = 3; file < 6; ++file) Lead(file % 3, 2, file);
    next_file_ = 6;
  }

  // The changes of one random op.
  std::vector<NameStep> Step(uint32_t op) {
    const FileId from = AnyDirectory();
    const FileId to = AnyDirectory();
    const NameId old_name = NameIn(from);
    const NameId new_name = NameIn(to);
    const FileId there = At(old_name);
    if (there == kNoFile || random_.OneIn(4)) {
      if (At(new_name) != kNoFile) return {};
      const FileId made = next_file_++;
      if (random_.OneIn(2)) directories_.push_back(made);
      return {Set(op, to, new_name, made, true)};
    }
    const bool directory = std::ranges::count(directories_, there) > 0;
    switch (random_.Below(5)) {
      case 0:
        if (directory) return {};
        return {Set(op, from, old_name, kNoFile, false)};
      case 1:
        if (directory || At(new_name) != kNoFile) return {};
        return {Set(op, to, new_name, there, false)};
      default:
        if (old_name == new_name || IsBelow(to, there)) return {};
        if (std::ranges::count(directories_, At(new_name)) > 0) return {};
        return {Set(op, from, old_name, kNoFile, false),
                Set(op, to, new_name, there, false)};
    }
  }

  FileId AnyFile() { return static_cast<FileId>(random_.Below(next_file_)); }
  Prng& random() { return random_; }

 private:
  static constexpr NameId kNamesOfDirectory = 4;

  void Lead(FileId directory, NameId number, FileId file) {
    leads_to_[directory * kNamesOfDirectory + number] = file;
  }
  FileId AnyDirectory() {
    return directories_[random_.Below(directories_.size())];
  }
  NameId NameIn(FileId directory) {
    return directory * kNamesOfDirectory +
           static_cast<NameId>(random_.Below(kNamesOfDirectory));
  }
  FileId At(NameId name) const {
    const auto found = leads_to_.find(name);
    return found == leads_to_.end() ? kNoFile : found->second;
  }
  bool IsBelow(FileId directory, FileId top) const {
    if (directory == top) return true;
    for (const auto& [name, file] : leads_to_) {
      if (file == directory) return IsBelow(name / kNamesOfDirectory, top);
    }
    return false;
  }
  NameStep Set(uint32_t op, FileId directory, NameId name, FileId file,
               bool makes) {
    const NameStep step{op, name, directory, At(name), file, makes};
    leads_to_[name] = file;
    return step;
  }

  Prng random_;
  std::vector<FileId> directories_;
  std::map<NameId, FileId> leads_to_;
  FileId next_file_ = 0;
};

TEST(LoggedFiles, HoldWhatTheRulesGive) {
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    RandomTree tree(seed);
    LoggedFiles files;
    PlainLog plain;
    // What was told to be new since the log was last emptied.
    Log told;
    for (uint32_t op = 1; op < 30; ++op) {
      if (tree.random().OneIn(5)) {
        const FileId synced = tree.AnyFile();
        files.Sync(op, synced);
        plain.Sync(op, synced);
      } else if (tree.random().OneIn(15)) {
        const auto upto = static_cast<uint32_t>(tree.random().Below(op));
        files.Forget([&](uint32_t of) { return of <= upto; });
        plain.Forget(upto);
        told = {};
      } else {
        for (const NameStep& step : tree.Step(op)) {
          files.Change(step);
          plain.Change(step);
        }
      }
      const Log expected = plain.Held();
      Log held;
      for (FileId file = 0; file < 40; ++file) {
        if (files.Holds(file)) held.files.insert(file);
      }
      for (NameId name = 0; name < 160; ++name) {
        if (files.HoldsName(name)) held.names.insert(name);
      }
      ASSERT_EQ(held.files, expected.files) << "seed " << seed << " op " << op;
      ASSERT_EQ(held.names, expected.names) << "seed " << seed << " op " << op;
      for (const FileId file : files.TakeNewFiles()) told.files.insert(file);
      for (const NameId name : files.TakeNewNames()) told.names.insert(name);
      ASSERT_EQ(told, expected) << "seed " << seed << " op " << op;
    }
  }
}

}  // namespace
}  // namespace powercut
