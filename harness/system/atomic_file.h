// Files that are read as a whole, and files that appear as a whole: a new file
// has its name once it is complete and synced, and none before.

#ifndef POWERCUT_HARNESS_SYSTEM_ATOMIC_FILE_H_
#define POWERCUT_HARNESS_SYSTEM_ATOMIC_FILE_H_

#include <memory>
#include <string>

#include "harness/base/bytes.h"
#include "harness/base/result.h"

namespace powercut {

class NewFile {
 public:
  // Makes a file without a name in the folder of `path`, so that a process that
  // is killed leaves none. Removes `PATH.incomplete`, which an earlier run may
  // have left; a link there is not followed.
  //
  // Where the file system knows no files without names, it is called
  // `PATH.incomplete` meanwhile.
  // Errors: kIo with the path and the system's reason; what is there is no
  // regular file.
  static Result<std::unique_ptr<NewFile>> Create(const std::string& path);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  // Without Commit(), nothing stays.
  ~NewFile();

  // Open for writing.
  int fd() const { return fd_; }

  // Syncs the file and gives it its name, in place of what has it now. If there
  // is such a file, it is `PATH.incomplete` between two system calls: whole,
  // but a process that is killed right there leaves it.
  // Errors: kIo with the path and the system's reason.
  Status Commit();

 private:
  explicit NewFile(const std::string& path);
  Status GiveName();

  std::string path_;
  std::string incomplete_;
  int fd_ = -1;
  bool named_ = false;  // it is at `incomplete_`
};

// Errors: kIo with the path and the system's reason, if NewFile cannot put a
// file there now. Changes nothing.
Status CheckNewFile(const std::string& path);

// Errors: kIo with the path and the system's reason; kBadInput: not a regular
// file.
Result<Bytes> ReadWholeFile(const std::string& path);

// Synced; it has its name when it is whole (harness/system/atomic_file.h).
// Errors: kIo with the path and the system's reason.
Status WriteWholeFile(const std::string& path, ByteSpan bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_ATOMIC_FILE_H_
