// What the ops of a workload have made so far, as far as the text alone says:
// names, sizes, handles, views, logs. BuildWorkload asks it whether an op or a
// condition speaks of something that is not there, since such a line is a slip
// of the pen and would be judged as something else.

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

class PcutScope {
 public:
  // What is wrong, and in which column; 0 if the op was not parsed from text.
  struct Complaint {
    size_t column = 0;
    std::string message;
  };
  using Verdict = std::optional<Complaint>;

  // Judges an op by what stands before it, then adds what it makes. An op
  // whose arguments are wrong passes if it expects an error; one that names
  // what was never opened, or was closed, does not.
  // Cost: O(log n); of a rename, the names below it.
  Verdict Add(const Op& op);

  // Judges a condition by all ops added. Every name that was ever there does.
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
  // Names of one kind, and those of them that were closed.
  template <class Value>
  struct Named {
    std::map<std::string, Value, std::less<>> open;
    std::set<std::string, std::less<>> closed;
  };
  struct Words {
    std::string_view noun;
    std::string_view opener;
    std::string_view closer;
  };

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

  // The file that a path or handle stands for; nothing if the text does not
  // say.
  std::optional<FileNumber> FileOf(const std::string& name) const;

  std::map<std::string, FileNumber, std::less<>> names_;
  // Every name that was ever there.
  std::set<std::string, std::less<>> ever_;
  std::set<std::string, std::less<>> symlinks_;
  // The most bytes a file can hold now.
  std::map<FileNumber, uint64_t> size_bytes_;
  FileNumber next_file_ = 1;
  Named<std::optional<FileNumber>> handles_;
  Named<View> views_;
  Named<Log> logs_;
  std::set<std::string, std::less<>> handles_that_append_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_PCUT_PCUT_SCOPE_H_
