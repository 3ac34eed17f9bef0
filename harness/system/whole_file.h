// Files as a whole: read at once, and there at once or not at all.

#ifndef POWERCUT_HARNESS_SYSTEM_WHOLE_FILE_H_
#define POWERCUT_HARNESS_SYSTEM_WHOLE_FILE_H_

#include <string>

#include "harness/base/bytes.h"
#include "harness/base/result.h"

namespace powercut {

// Errors: kIo with the path and the system's reason; kBadInput: not a regular
// file.
Result<Bytes> ReadWholeFile(const std::string& path);

// Synced; it has its name when it is whole (harness/system/new_file.h).
// Errors: kIo with the path and the system's reason.
Status WriteWholeFile(const std::string& path, ByteSpan bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_WHOLE_FILE_H_
