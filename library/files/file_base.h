// FileBase: files and directories as something else holds them, which a
// FileTree shows and changes a copy of.

#ifndef POWERCUT_LIBRARY_FILES_FILE_BASE_H_
#define POWERCUT_LIBRARY_FILES_FILE_BASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/bytes.h"
#include "harness/base/result.h"

namespace powercut {

// A file or a directory of a base. Two names of one file have one number.
using BaseId = uint32_t;

struct BaseEntry {
  std::string name;
  BaseId id = 0;
  bool is_directory = false;
};

// Not thread-safe. Answers never change, so that what was asked once need not
// be asked again.
class FileBase {
 public:
  FileBase() = default;
  FileBase(const FileBase&) = delete;
  FileBase& operator=(const FileBase&) = delete;
  virtual ~FileBase() = default;

  virtual BaseId root() const = 0;
  // Sorted by name.
  virtual std::vector<BaseEntry> EntriesOf(BaseId directory) = 0;
  // `std::nullopt` if the directory has no such name.
  virtual std::optional<BaseEntry> Lookup(BaseId directory,
                                          const std::string& name) = 0;
  virtual uint64_t SizeOf(BaseId file) = 0;
  // Fills `out` with the bytes from `offset_bytes` on, which lie within the
  // file.
  // Errors: kIo.
  virtual Status Read(BaseId file, uint64_t offset_bytes,
                      MutableByteSpan out) = 0;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_FILES_FILE_BASE_H_
