// Files without a name: O_TMPFILE, and linkat(2) that names them.
//
// Such a file is made under a hidden name (hidden_name.h), and naming it is a
// rename of that name. What a crash can leave is then what it can leave of a
// file that is made and linked: the new name, if it is there, leads to the
// file, whose bytes follow the rules of every other file; and the hidden name,
// if it is there, is seen by nobody. No rule of a profile makes anything
// durable by the hidden name, since a program cannot sync it: it lies in the
// root directory, and a sync of the file comes before the name that counts.

#include <errno.h>
#include <fmt/format.h>

#include "programs/hidden_name.h"
#include "programs/program_files.h"

namespace powercut::programs {

int ProgramFiles::MakeUnnamed(Node parent, mode_t mode, Node& node) {
  // A crash may have left hidden names, which are in the way of new ones.
  int error = EEXIST;
  while (error == EEXIST) {
    const std::string name = fmt::format("{}{}", kHiddenPrefix, ++unnamed_);
    error = MakeIn(parent, kRootNode, name, mode, 0, "", node);
  }
  if (error == 0) nodes_.at(node).unnamed = true;
  return error;
}

int ProgramFiles::NameUnnamed(Node node, Node new_parent,
                              const std::string& new_name) {
  Node there = 0;
  const int error = Lookup(new_parent, new_name, there);
  if (error != ENOENT) return error == 0 ? EEXIST : error;
  NodeFacts& unnamed = nodes_.at(node);
  const std::string hidden = unnamed.names.begin()->second;
  if (const int failed =
          MoveName(node, kRootNode, hidden, new_parent, new_name)) {
    return failed;
  }
  unnamed.unnamed = false;
  return 0;
}

void ProgramFiles::ForgetUnnamed(Node node) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || !found->second.unnamed) return;
  if (AnyHandleOf(node) != 0 || full_) return;
  Done(files_.Unlink("/" + found->second.names.begin()->second));
  found->second.names.clear();
  found->second.unnamed = false;
}

}  // namespace powercut::programs
