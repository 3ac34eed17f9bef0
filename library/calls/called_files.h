// CalledFiles: which file each call was about, and the names that files had
// between the calls. A path says little of that: a rename takes a file to
// another path, and an open handle may belong to a file that has no name any
// more.

#ifndef POWERCUT_LIBRARY_CALLS_CALLED_FILES_H_
#define POWERCUT_LIBRARY_CALLS_CALLED_FILES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "library/calls/call.h"

namespace powercut {

// Files and directories alike are files here.
class CalledFiles {
 public:
  using File = uint32_t;
  static constexpr File kNoFile = ~File{0};

  // A path that no call made is that of a file which was there before.
  // `calls` need not outlive this object. O(calls * log(names)); a rename of a
  // directory costs O(names), too.
  explicit CalledFiles(const Calls& calls);

  // The file that the call is about: the one that it renames, links, removes,
  // makes, opens, writes to or syncs; of an exchange, that with the first name.
  // kNoFile if it is about none, as syncfs is. Calls are numbered from 0.
  // Requires: there is such a call.
  File Of(size_t call) const { return files_[call]; }
  // The file of the call that had the name when so many calls had been made. An
  // exchange has two files; every other call has that of Of() alone. kNoFile if
  // none had the name. Requires: as Of().
  File WithName(std::string_view name, size_t call, size_t calls) const;
  // The names that the file had when so many calls had been made, the oldest
  // one first; those that it had last if they are gone. Not empty.
  // Requires: it is a file of this object. O(log(changes of its names)).
  const std::vector<std::string>& NamesAfter(size_t calls, File file) const;
  // Whether the file had that name then. Requires: as NamesAfter().
  bool HadName(std::string_view name, size_t calls, File file) const;

 private:
  // Names from some number of calls on.
  struct Names {
    size_t from = 0;
    std::vector<std::string> names;
  };

  // What is at a path, and the path that it gets.
  struct NewName {
    std::string to;
    File file = kNoFile;
  };
  using Moves = std::map<std::string, NewName>;

  File At(const std::string& path);
  File New(const std::string& path);
  File OfOperand(const std::string& name);
  void Give(const std::string& path, File file);
  void Take(const std::string& path);
  void TakeTree(const std::string& top, const std::string& to, Moves& moves);
  void Put(const Moves& moves);
  void Move(const std::string& from, const std::string& to);
  void Exchange(const std::string& a, const std::string& b);
  File Make(const Op& op);
  std::vector<std::string>& NamesNow(File file);

  // By call.
  std::vector<File> files_;
  // By call that is an exchange: the file with the second name.
  std::map<size_t, File> others_;
  // By file, in the order of time.
  std::vector<std::vector<Names>> names_;
  // What is there when `made_` calls were made.
  size_t made_ = 0;
  std::map<std::string, File, std::less<>> at_;
  // By the name of a handle or view.
  std::map<std::string, File, std::less<>> open_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_CALLS_CALLED_FILES_H_
