// Observation: what the storage shows after recovery. It is all the model
// gets to see of a crash.

#ifndef POWERCUT_MODEL_OBSERVATION_H_
#define POWERCUT_MODEL_OBSERVATION_H_

#include <cstdint>
#include <string>
#include <vector>

namespace powercut {

// One name found in the tree.
struct ObservedEntry {
  std::string path;  // absolute, raw bytes
  bool is_directory = false;
  // Equal for two names of one file, different for different files of one
  // observation; carries no meaning between observations.
  uint64_t file_id = 0;
  // Empty if the entry could be opened and read whole; else why not (one
  // line), and `size_bytes` and `content` say nothing.
  std::string unreadable;
  uint64_t size_bytes = 0;
  // size_bytes bytes, of a file; empty of a directory.
  std::string content;

  bool operator==(const ObservedEntry&) const = default;
};

struct Observation {
  // Empty if recovery succeeded; else why not, in one line: the volume did not
  // mount, or the tree could not be walked. There are no entries then.
  std::string unreadable;
  // Sorted by path, no duplicates, without the root directory itself.
  std::vector<ObservedEntry> entries;
  // What failed in the probe, if one ran: one line each. The entries are then
  // those found after the probe, without the probe's own file.
  std::vector<std::string> probe_failures;

  bool operator==(const Observation&) const = default;

  // The entry at `path`, or null. O(log n).
  const ObservedEntry* Find(const std::string& path) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_OBSERVATION_H_
