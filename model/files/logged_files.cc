// The log is the least set that holds what was synced and is closed under four
// rules:
//
// * with a file or directory go the directories above it that are new;
// * with a file or directory of which a name was removed or added after its
//   making, go the directories in which it has or had a name;
// * with a directory goes each name in it that changed, and each file that such
//   a name leads to or led to;
// * with a file goes each name of it that changed, and each file that such a
//   name leads to or led to.
//
// Both what is known and what follows from it only grow until the volume is
// synced, so that each change or sync adds what is new, and nothing is looked
// at twice.
//
// Example: /d and /e are old. `rename /d/a /d/b`, `unlink /e/c`, `create /e/n`
// and `fsync /e/n` put /e/n into the log, whose only change is its making, and
// not /e. After `link /e/n /e/m` and another fsync, /e goes with it, and so
// does the removal of /e/c. The rename in /d is in no log.

#include "model/files/logged_files.h"

namespace powercut {

void LoggedFiles::Change(const NameStep& step) {
  steps_.push_back(step);
  if (step.before != kNoFile) {
    directories_of_[step.before].insert(step.directory);
  }
  if (step.after != kNoFile) directories_of_[step.after].insert(step.directory);
  Take(step);
}

void LoggedFiles::Sync(uint32_t op, FileId file) {
  syncs_.push_back({op, file});
  Hold(file);
}

void LoggedFiles::Rebuild() {
  files_of_.clear();
  names_of_.clear();
  names_in_.clear();
  made_.clear();
  moved_.clear();
  held_.clear();
  held_names_.clear();
  above_.clear();
  for (const NameStep& step : steps_) Take(step);
  for (const SyncStep& sync : syncs_) Hold(sync.file);
}

void LoggedFiles::Take(const NameStep& step) {
  std::set<FileId>& files = files_of_[step.name];
  names_in_[step.directory].insert(step.name);
  if (step.makes) made_.insert(step.after);
  bool held = HoldsName(step.name) || Holds(step.directory);
  std::vector<FileId> moved;
  for (const FileId file : {step.before, step.after}) {
    if (file == kNoFile) continue;
    files.insert(file);
    names_of_[file].insert(step.name);
    if (!step.makes && moved_.insert(file).second) moved.push_back(file);
    held = held || Holds(file);
  }
  if (!held) {
    // A directory above a file in the log may have got a new place.
    if (step.after != kNoFile && above_.contains(step.after)) {
      LookAbove(step.directory);
    }
    return;
  }
  if (HoldName(step.name)) {
    for (const FileId other : files) Hold(other);
  }
  for (const FileId file : {step.before, step.after}) {
    if (file == kNoFile) continue;
    Hold(file);
    if (moved_.contains(file)) Hold(step.directory);
  }
  // What was held before it moved brings its other directories now.
  for (const FileId file : moved) {
    for (const FileId directory : directories_of_[file]) Hold(directory);
  }
}

bool LoggedFiles::HoldName(NameId name) {
  if (!held_names_.insert(name).second) return false;
  new_names_.push_back(name);
  return true;
}

void LoggedFiles::Hold(FileId file) {
  std::vector<FileId> open = {file};
  while (!open.empty()) {
    const FileId next = open.back();
    open.pop_back();
    if (!held_.insert(next).second) continue;
    new_files_.push_back(next);
    for (const FileId directory : directories_of_[next]) {
      if (moved_.contains(next)) open.push_back(directory);
      LookAbove(directory);
    }
    for (const auto* names : {&names_of_[next], &names_in_[next]}) {
      for (const NameId name : *names) {
        if (!HoldName(name)) continue;
        const auto& files = files_of_[name];
        open.insert(open.end(), files.begin(), files.end());
      }
    }
  }
}

void LoggedFiles::LookAbove(FileId directory) {
  std::vector<FileId> open = {directory};
  while (!open.empty()) {
    const FileId next = open.back();
    open.pop_back();
    if (!above_.insert(next).second) continue;
    const auto& above = directories_of_[next];
    open.insert(open.end(), above.begin(), above.end());
    if (made_.contains(next)) Hold(next);
  }
}

}  // namespace powercut
