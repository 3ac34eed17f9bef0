// Files without a name: O_TMPFILE, and the names that linkat(2) gives them.
//
// A file that is made without a name gets a hidden one (hidden_name.h), since
// simfs knows files by their names. Linking the file is a link as every other
// one, after which the hidden name is removed. So a crash leaves of the new
// name what it leaves of a link: no sync of another directory brings it, as it
// would if the hidden name were renamed. Whether the hidden name survives makes
// no difference to anybody.
//
// Example: `open(".", O_TMPFILE)`, `fsync`, and linkat() to /d/f are the calls
// `create /.powercut-unnamed-1`, `fsync`, `link /.powercut-unnamed-1 /d/f` and
// `unlink /.powercut-unnamed-1`. A sync of / covers the last one alone.

#include <errno.h>
#include <fmt/format.h>

#include <utility>

#include "programs/hidden_name.h"
#include "programs/program_files.h"

namespace powercut::programs {

int ProgramFiles::MakeUnnamed(Node parent, mode_t mode, Node& node) {
  // A crash may have left hidden names, which are in the way of new ones.
  int error = EEXIST;
  std::string name;
  while (error == EEXIST) {
    name = fmt::format("{}{}", kHiddenPrefix, ++unnamed_);
    error = MakeIn(parent, kRootNode, name, mode, 0, "", node);
  }
  if (error == 0) nodes_.at(node).hidden_name = std::move(name);
  return error;
}

void ProgramFiles::RemoveHiddenName(Node node) {
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || found->second.hidden_name.empty()) return;
  // On a full disk the name stays there, and is as hidden as before.
  Done(files_.Unlink("/" + found->second.hidden_name));
  found->second.names.erase({kRootNode, found->second.hidden_name});
  found->second.hidden_name.clear();
}

}  // namespace powercut::programs
