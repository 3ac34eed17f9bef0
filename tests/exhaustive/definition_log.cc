// Goes over all names again and again, and adds to the files in the log what
// the rules add, until nothing is new.

#include "tests/exhaustive/definition_log.h"

#include <map>
#include <string>
#include <utility>

namespace powercut::definition {
namespace {

class Log {
 public:
  Log(const Effects& effects, std::set<Index> synced)
      : effects_(effects), held_(std::move(synced)) {
    std::map<std::pair<Index, std::string>, Index> leads_to;
    for (const Effect& e : effects.all()) {
      if (e.thing != Thing::kName) continue;
      const auto name = std::pair(e.file, e.text);
      const auto [before, first] = leads_to.try_emplace(name, kNone);
      Note(e, before->second);
      before->second = e.leads_to;
    }
    for (size_t size = 0; size != held_.size();) {
      size = held_.size();
      for (const Index file : std::set(held_)) AddDirectories(file);
      for (const auto& [name, files] : changed_) {
        if (IsLogged(name)) held_.insert(files.begin(), files.end());
      }
    }
  }

  bool Has(const Effect& e) const {
    return e.thing == Thing::kName ? IsLogged({e.file, e.text})
                                   : held_.contains(e.file);
  }

 private:
  using Name = std::pair<Index, std::string>;

  void Note(const Effect& e, Index before) {
    const bool makes =
        e.leads_to != kNone && e.op == effects_.files()[e.leads_to].created_by;
    for (const Index file : {before, e.leads_to}) {
      if (file == kNone) continue;
      directories_[file].insert(e.file);
      if (e.committed) continue;
      changed_[{e.file, e.text}].insert(file);
      (makes ? made_ : moved_).insert(file);
    }
  }

  bool IsLogged(const Name& name) const {
    if (held_.contains(name.first)) return true;
    const auto files = changed_.find(name);
    if (files == changed_.end()) return false;
    for (const Index file : files->second) {
      if (held_.contains(file)) return true;
    }
    return false;
  }

  void AddDirectories(Index file) {
    const std::set<Index> directories = directories_[file];
    if (moved_.contains(file)) {
      held_.insert(directories.begin(), directories.end());
    }
    std::set<Index> above;
    std::set<Index> next = directories;
    while (!next.empty()) {
      const Index directory = next.extract(next.begin()).value();
      if (!above.insert(directory).second) continue;
      if (made_.contains(directory)) held_.insert(directory);
      next.insert(directories_[directory].begin(),
                  directories_[directory].end());
    }
  }

  const Effects& effects_;
  std::set<Index> held_;
  // By file: the directories in which it has or had a name.
  std::map<Index, std::set<Index>> directories_;
  // By name that changed: what it led to before and after.
  std::map<Name, std::set<Index>> changed_;
  // The files that were made, and those of which another change of a name is
  // not committed.
  std::set<Index> made_;
  std::set<Index> moved_;
};

}  // namespace

std::set<Index> LoggedChanges(const Effects& effects,
                              const std::set<Index>& synced) {
  const Log log(effects, synced);
  std::set<Index> changes;
  for (Index i = 0; i < effects.all().size(); ++i) {
    const Effect& e = effects.all()[i];
    if (e.journalled && !e.committed && log.Has(e)) changes.insert(i);
  }
  return changes;
}

}  // namespace powercut::definition
