// Observation: what the storage shows after recovery. It is all the model
// gets to see of a crash.

#ifndef POWERCUT_MODEL_WORDS_OBSERVATION_H_
#define POWERCUT_MODEL_WORDS_OBSERVATION_H_

#include <cstdint>
#include <map>
#include <optional>
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
  // Valid data length, of a file, and the time of the last change, where the
  // storage shows them; nothing: they are not judged.
  std::optional<uint64_t> valid_bytes;
  std::optional<uint64_t> mtime;

  bool operator==(const ObservedEntry&) const = default;
};

// One record found in a log.
struct ObservedRecord {
  // The log sequence number, as the log gives it: only its order means
  // anything.
  uint64_t lsn = 0;
  // What was appended. Every record names its op by its content
  // (model/words/content.h).
  std::string content;
  bool restart = false;  // a restart record

  bool operator==(const ObservedRecord&) const = default;
};

// One log, as its reader shows it.
struct ObservedLog {
  std::string name;
  // Empty if the log could be opened and read; else why not.
  std::string unreadable;
  // The base LSN; 0 if no record was ever appended.
  uint64_t base_lsn = 0;
  // The LSN of the restart record that the log leads to; 0 if none.
  uint64_t restart_lsn = 0;
  // From the oldest that can be read (the base, or the archive tail if that is
  // older) to the last, in the log's order.
  std::vector<ObservedRecord> records;

  bool operator==(const ObservedLog&) const = default;
};

struct Observation {
  // Empty if recovery succeeded; else why not, in one line: the volume did not
  // mount, or the tree could not be walked. There are no entries then.
  std::string unreadable;
  // Sorted by path, no duplicates, without the root directory itself.
  std::vector<ObservedEntry> entries;
  // The logs, by name; of storage that keeps logs.
  std::vector<ObservedLog> logs;
  // The raw part of the device, sector by sector from 0, without the zeros at
  // its end; of storage that has one.
  std::string device;
  // The keys and values of a transactional store; nothing: it is none.
  std::optional<std::map<std::string, std::string>> keys;
  // What the user's own check had against it, in one line; empty: nothing, or
  // none ran.
  std::string check;
  // What the storage's own checker found on the disk afterwards, in one line;
  // empty: nothing, or it did not run.
  std::string fsck;
  // What failed in the probe, if one ran: one line each. The entries are then
  // those found after the probe, without the probe's own file.
  std::vector<std::string> probe_failures;

  bool operator==(const Observation&) const = default;

  // The entry at `path`, or null. O(log n).
  const ObservedEntry* Find(const std::string& path) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_OBSERVATION_H_
