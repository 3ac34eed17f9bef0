// Files that are read as a whole, and files that appear as a whole: a new file
// gets its name when it is complete and synced, and has no name before. Its
// folder is synced, too, so that the new file is there after a crash.

#ifndef POWERCUT_HARNESS_SYSTEM_ATOMIC_FILE_H_
#define POWERCUT_HARNESS_SYSTEM_ATOMIC_FILE_H_

#include <memory>
#include <string>

#include "harness/base/bytes.h"
#include "harness/base/result.h"

namespace powercut {

class NewFile {
 public:
  // Makes a file that has no name yet in the folder of `path`, so that a
  // process that is killed leaves no file. First removes `PATH.incomplete`,
  // which an earlier process may have left; if that is a symbolic link, the
  // link is removed, not its target.
  //
  // Where the file system does not support files that have no name, the new
  // file is called `PATH.incomplete` until Commit().
  // Errors: kIo with the path and the system's reason, also if something other
  // than a regular file is at `path`.
  static Result<std::unique_ptr<NewFile>> Create(const std::string& path);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  // Unless Commit() succeeded, the new file is gone afterwards.
  ~NewFile();

  // A descriptor that is open for writing. This object owns it.
  int fd() const { return fd_; }

  // Syncs the file, gives it its name, in place of any file that has this name
  // now, and syncs the folder. If the name was taken, the new file is called
  // `PATH.incomplete` between two system calls; it is complete then, but a
  // process that is killed right there leaves it. Requires: called once.
  // Errors: kIo with the path and the system's reason.
  Status Commit();

 private:
  explicit NewFile(const std::string& path);
  Status GiveName();

  std::string path_;
  std::string incomplete_;
  int fd_ = -1;
  // Whether the file is at `incomplete_` now.
  bool named_ = false;
};

// Succeeds if NewFile could put a file at `path` now, so that a long command
// can complain before its work. Leaves `path` as it is. Where the file system
// does not support files that have no name, `PATH.incomplete` is made and
// removed again, in place of one that an earlier process may have left.
// Errors: kIo with the path and the system's reason.
Status CheckNewFile(const std::string& path);

// The bytes of a file, up to the size that it had when it was opened.
// Errors: kIo with the path and the system's reason; kBadInput if it is not a
// regular file.
Result<Bytes> ReadWholeFile(const std::string& path);

// Makes or replaces a file through NewFile, so that `path` never shows a part
// of `bytes`.
// Errors: kIo with the path and the system's reason.
Status WriteWholeFile(const std::string& path, ByteSpan bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_ATOMIC_FILE_H_
