// What the ops of a workload have made so far, as far as the text alone says:
// names, sizes, handles, views and logs. BuildWorkload() asks whether an op or
// a condition speaks of something that is not there. A line like that is a
// mistake of its writer: it would fail, or never hold, for a reason that nobody
// meant. The minimizer asks the same of ops from which it has removed others.

#ifndef POWERCUT_MODEL_PCUT_PCUT_SCOPE_H_
#define POWERCUT_MODEL_PCUT_PCUT_SCOPE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "model/words/condition.h"
#include "model/words/op.h"

namespace powercut {

// A value: copying it gives an independent one.
class PcutScope {
 public:
  // What is wrong, and in which column of its line; the column is 0 if the op
  // was not parsed from text.
  struct Complaint {
    size_t column = 0;
    std::string message;
  };
  // `std::nullopt` if nothing is wrong.
  using Verdict = std::optional<Complaint>;

  // Judges an op by the ops before it, then adds what it makes. An op whose
  // arguments are wrong is accepted if it expects an error, and makes nothing
  // then. An op that names what was never opened, or was closed, is never
  // accepted.
  // Requires: the op follows its signature (model/words/op.h).
  // Cost: O(log n); a rename also takes time for the names below it.
  Verdict Add(const Op& op);

  // Judges a condition by all ops that were added. It may name any path that
  // was ever there, and any log that was opened.
  // Cost: O(log n) for each test; O(n) for a path that no op names.
  Verdict Check(const Condition& condition) const;

 private:
  using FileNumber = size_t;

  struct View {
    FileNumber file = 0;
    uint64_t size_bytes = 0;
  };
  struct Log {
    uint64_t records = 0;
    std::set<std::string, std::less<>> areas;
  };
  // The names of one kind that are open, and those that were ever closed. A
  // name that was opened again is in both.
  template <class Value>
  struct Named {
    std::map<std::string, Value, std::less<>> open;
    std::set<std::string, std::less<>> closed;
  };
  // How messages speak of a kind: `handle`, `open`, `close`.
  struct Words {
    std::string_view noun;
    std::string_view opener;
    std::string_view closer;
  };

  Verdict CheckUnderWay(const Op& op) const;
  Verdict CheckNames(const Op& op) const;
  Verdict CheckArea(const Op& op) const;
  Verdict CheckArguments(const Op& op) const;
  Verdict CheckMap(const Op& op) const;
  Verdict CheckRange(const Op& op) const;
  Verdict CheckRecord(const Op& op) const;
  Verdict CheckPath(const Condition& condition, const std::string& path) const;

  template <class Value>
  Verdict CheckOpen(const Named<Value>& names, const Words& words,
                    const std::string& name, size_t column) const;

  void Make(const Op& op);
  void MakeNames(const Op& op);
  void MakeSizes(const Op& op);
  void MakeViewsAndLogs(const Op& op);
  void AddName(const std::string& path, FileNumber file);
  void Rename(const std::string& from, const std::string& to);
  void Exchange(const std::string& a, const std::string& b);

  // Returns the file that a path or handle stands for, or `std::nullopt` if the
  // text does not say.
  std::optional<FileNumber> FileOf(const std::string& name) const;

  // The paths that are there now, each with its file.
  std::map<std::string, FileNumber, std::less<>> names_;
  // Every path that was ever there.
  std::set<std::string, std::less<>> ever_;
  std::set<std::string, std::less<>> symlinks_;
  // The most bytes that each file can hold now. Files of unknown size are
  // missing.
  std::map<FileNumber, uint64_t> size_bytes_;
  FileNumber next_file_ = 1;
  Named<std::optional<FileNumber>> handles_;
  Named<View> views_;
  Named<Log> logs_;
  std::set<std::string, std::less<>> handles_that_append_;
  // The numbers of `start` lines that are not waited for yet.
  std::set<uint64_t> under_way_;
  // Whether an op on the transactional store was added.
  bool has_store_ = false;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_PCUT_PCUT_SCOPE_H_
