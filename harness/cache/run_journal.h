// RunJournal keeps finished runs in a file, so that an exploration that was
// interrupted or killed can go on where it was.
//
// Runs are kept by the state that they ran on. A second exploration of the same
// context asks for the same states in the same order and finds them in the
// journal. If the file was cut off, or if its end is damaged, it is good up to
// there; the runs that follow are dropped and made again.

#ifndef POWERCUT_HARNESS_CACHE_RUN_JOURNAL_H_
#define POWERCUT_HARNESS_CACHE_RUN_JOURNAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "harness/base/result.h"
#include "harness/disk/content_hash.h"
#include "harness/recover/outcome_codec.h"

namespace powercut {

// The outcome of a run, and what it read and wrote, in the forms of
// harness/recover/outcome_codec.h. The journal does not look into them.
struct JournaledRun {
  std::string outcome;
  std::string access;

  bool operator==(const JournaledRun&) const = default;
};

// Not thread-safe.
class RunJournal {
 public:
  // Opens the journal at `path` and reads all its runs, or begins a new one.
  // `context` is one line that names everything a run depends on except its
  // state.
  // Errors: kStale if the file was written under another context or is no
  // journal; kIo with the path and the reason if the file cannot be read or
  // written, or if another process uses it.
  static Result<std::unique_ptr<RunJournal>> Open(const std::string& path,
                                                  std::string_view context);
  RunJournal(const RunJournal&) = delete;
  RunJournal& operator=(const RunJournal&) = delete;
  ~RunJournal();

  // The run on the state with this key; `nullptr` if there is none. The pointer
  // is valid as long as the journal.
  const JournaledRun* Find(const Hash128& state) const;

  // Appends a run. On return the run survives a kill of this process; it
  // survives a crash of the machine once the system has written the file back.
  // Errors: kIo with the path and the reason; only this run is lost.
  Status Append(const Hash128& state, JournaledRun run);

  // How many runs the journal holds.
  size_t size() const { return runs_.size(); }
  const std::string& path() const { return path_; }

 private:
  RunJournal(std::string path, int descriptor);

  // Writes the first line of a new journal.
  Status Begin(std::string_view context);
  // Reads the runs, and cuts off what is damaged.
  Status Load(std::string_view context);

  std::string path_;
  int descriptor_;
  // Where the next record goes: after all records that are good.
  uint64_t end_ = 0;
  std::unordered_map<Hash128, JournaledRun, Hash128Hasher> runs_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CACHE_RUN_JOURNAL_H_
