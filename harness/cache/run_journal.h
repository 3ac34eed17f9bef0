// RunJournal: finished runs in a file, so that an exploration that was
// interrupted, or killed, goes on where it was.
//
// Runs are kept by the state that they ran on; a second exploration of the same
// context asks the same states in the same order and finds them there. A file
// that was cut off, or whose end is damaged, is good up to there: what follows
// is dropped and run again.

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

// Outcome and access in the forms of harness/recover/outcome_codec.h and
// harness/recover/outcome_codec.h.
struct JournaledRun {
  std::string outcome;
  std::string access;

  bool operator==(const JournaledRun&) const = default;
};

// Not thread-safe.
class RunJournal {
 public:
  // Opens the journal at `path`, or begins it. `context` names all that a run
  // depends on beside its state; one line.
  // Errors: kStale: it was written under another context, or is none of ours;
  // kIo: with the path and the system's reason; another process uses it.
  static Result<std::unique_ptr<RunJournal>> Open(const std::string& path,
                                                  std::string_view context);
  RunJournal(const RunJournal&) = delete;
  RunJournal& operator=(const RunJournal&) = delete;
  ~RunJournal();

  // The run on the state with this key; null if there is none.
  const JournaledRun* Find(const Hash128& state) const;

  // Appends a run. It survives a kill of this process from now on, and a crash
  // of the machine from the system's next write-back on.
  // Errors: kIo: nothing is lost but this run.
  Status Append(const Hash128& state, JournaledRun run);

  size_t size() const { return runs_.size(); }
  const std::string& path() const { return path_; }

 private:
  RunJournal(std::string path, int descriptor);

  Status Begin(std::string_view context);
  Status Load(std::string_view context);

  std::string path_;
  int descriptor_;
  uint64_t end_ = 0;  // of what is good
  std::unordered_map<Hash128, JournaledRun, Hash128Hasher> runs_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CACHE_RUN_JOURNAL_H_
