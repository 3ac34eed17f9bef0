// LoggedFiles: which files and directories the log of a sync may hold
// (metadata_committed).
//
// A file system that commits its metadata can answer the sync of one file
// without a commit: it writes the file to a log, and with it whatever the file
// could not be found or read without. This class says what that may be at most.
// It remembers the names that changed since the last sync of the volume, and
// the files that were synced.
//
// Source: docs/semantics.md 2.4, O-LOGGED. This header is internal to the
// model.

#ifndef POWERCUT_MODEL_FILES_LOGGED_FILES_H_
#define POWERCUT_MODEL_FILES_LOGGED_FILES_H_

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "model/files/objects.h"

namespace powercut {

// A name that an op changed, and what it led to before and after.
struct NameStep {
  uint32_t op = 0;
  NameId name = 0;
  FileId directory = kRootDirectory;
  FileId before = kNoFile;
  FileId after = kNoFile;
  // Whether the op made the file that the name leads to now.
  bool makes = false;
};

class LoggedFiles {
 public:
  void Change(const NameStep& step);
  // A sync of one file or directory begins.
  void Sync(uint32_t op, FileId file);

  // Forgets the changes and the syncs for which `committed` is true. A commit
  // empties the log.
  template <class Committed>
  void Forget(const Committed& committed) {
    std::erase_if(steps_, [&](const auto& step) { return committed(step.op); });
    std::erase_if(syncs_, [&](const auto& sync) { return committed(sync.op); });
    Rebuild();
  }

  // Whether the log may hold the file or directory, or a change of the name.
  bool Holds(FileId file) const { return held_.contains(file); }
  bool HoldsName(NameId name) const { return held_names_.contains(name); }

  // Return what was added since the last call, each file or name at least once.
  std::vector<FileId> TakeNewFiles() { return std::exchange(new_files_, {}); }
  std::vector<NameId> TakeNewNames() { return std::exchange(new_names_, {}); }

 private:
  struct SyncStep {
    uint32_t op = 0;
    FileId file = kNoFile;
  };

  void Rebuild();
  void Take(const NameStep& step);
  // Adds a file to the log, and all that goes with it.
  void Hold(FileId file);
  // The same for a name. Returns whether it was not there yet.
  bool HoldName(NameId name);
  // Looks at a directory above a file in the log, and at those above it.
  void LookAbove(FileId directory);

  std::vector<NameStep> steps_;
  std::vector<SyncStep> syncs_;
  // By file: the directories in which it has or had a name. Not forgotten.
  std::map<FileId, std::set<FileId>> directories_of_;
  // What follows from `steps_`.
  // By changed name: the files that it leads to or led to.
  std::map<NameId, std::set<FileId>> files_of_;
  std::map<FileId, std::set<NameId>> names_of_;
  std::map<FileId, std::set<NameId>> names_in_;
  std::set<FileId> made_;
  // The files of which a name changed otherwise than by the making of the file.
  std::set<FileId> moved_;
  // What follows from both.
  std::set<FileId> held_;
  std::set<NameId> held_names_;
  std::set<FileId> above_;
  std::vector<FileId> new_files_;
  std::vector<NameId> new_names_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_LOGGED_FILES_H_
