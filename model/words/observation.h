// Observation: what the storage shows after recovery. It is all that the model
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
  std::string path;  // absolute, in raw bytes
  bool is_directory = false;
  // Equal for two names of one file, different for different files of one
  // observation. The numbers themselves mean nothing.
  uint64_t file_id = 0;
  // Empty if the entry could be opened and read whole. Otherwise one line that
  // says why not; `size_bytes` and `content` are then meaningless.
  std::string unreadable;
  uint64_t size_bytes = 0;
  // The `size_bytes` bytes of a file; empty for a directory.
  std::string content;
  // The valid data length of a file; `std::nullopt` if the storage does not
  // show it, in which case it is not judged.
  std::optional<uint64_t> valid_bytes;
  // The time of the last change; `std::nullopt` if the storage does not show
  // it, in which case it is not judged.
  std::optional<uint64_t> mtime;

  bool operator==(const ObservedEntry&) const = default;
};

// One record found in a log.
struct ObservedRecord {
  // The log sequence number as the log gives it. The model only compares it
  // with the other LSNs of this log.
  uint64_t lsn = 0;
  // The bytes that were appended. They name the op that appended them
  // (model/words/content.h).
  std::string content;
  // Whether the log marks this as a restart record.
  bool restart = false;

  bool operator==(const ObservedRecord&) const = default;
};

// One log, as its reader shows it.
struct ObservedLog {
  std::string name;
  // Empty if the log could be opened and read; otherwise why not.
  std::string unreadable;
  // The base LSN; 0 if no record was ever appended.
  uint64_t base_lsn = 0;
  // The LSN of the restart record that the log leads to; 0 if there is none.
  uint64_t restart_lsn = 0;
  // The records from the oldest that can be read (the base, or the archive tail
  // if that is older) to the last, in the log's order.
  std::vector<ObservedRecord> records;

  bool operator==(const ObservedLog&) const = default;
};

// One whole observation. Equality compares every field, file ids and LSNs
// included.
struct Observation {
  // Empty if recovery succeeded. Otherwise one line that says why not (the
  // volume did not mount, or the tree could not be walked), and there are no
  // entries.
  std::string unreadable;
  // Sorted by path (bytewise), without duplicates and without the root
  // directory itself.
  std::vector<ObservedEntry> entries;
  // The logs, sorted by name; empty if the storage keeps no logs.
  std::vector<ObservedLog> logs;
  // The raw part of the device, sector by sector from 0, without the zeros at
  // its end; empty if the storage has no raw part.
  std::string device;
  // The keys and values of a transactional store; `std::nullopt` if the storage
  // is no such store.
  std::optional<std::map<std::string, std::string>> keys;
  // What failed in the probe, one line each; empty if none ran. If one ran to
  // its end, this observation is the one after it, without the probe's own file
  // and records.
  std::vector<std::string> probe_failures;

  bool operator==(const Observation&) const = default;

  // Returns the entry at `path`, or `nullptr` if there is none. The pointer is
  // valid until `entries` changes. Cost: O(log n).
  const ObservedEntry* Find(const std::string& path) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_OBSERVATION_H_
