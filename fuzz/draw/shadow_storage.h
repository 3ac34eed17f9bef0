// ShadowStorage is a sketch of a storage after all ops so far: names, sizes,
// handles and views. It is what one has to know to draw ops that can succeed.
// The sketch is approximate; Model::Plan() decides what an op returns.

#ifndef POWERCUT_FUZZ_DRAW_SHADOW_STORAGE_H_
#define POWERCUT_FUZZ_DRAW_SHADOW_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/words/op.h"

namespace powercut {

class ShadowStorage {
 public:
  // Whether the op is well formed: the handles and views that it uses are open,
  // and those that it opens are not.
  bool Named(const Op& op) const;
  // Whether the op would succeed, as far as the sketch knows.
  // Requires: Named(op).
  bool Fits(const Op& op) const;
  // Does the op and returns how many effects it has, counted as in
  // RandomWorkloadKnobs::effects_max. Requires: Fits(op).
  size_t Do(const Op& op);

  // The names that there are, in a fixed order. DirectoryPaths() begins with
  // the root.
  std::vector<std::string> FilePaths() const;
  std::vector<std::string> DirectoryPaths() const;
  std::vector<std::string> Handles() const;
  std::vector<std::string> Views() const;
  // Whether the path or handle leads somewhere; the word `volume` does.
  bool Exists(const std::string& name) const {
    return name == "/" || name == "volume" || Find(name).has_value();
  }
  // Whether the two are equal, or names of one file.
  bool SameFile(const std::string& a, const std::string& b) const {
    return a == b || (Find(a) && Find(a) == Find(b));
  }
  // The size of the file that a path or handle leads to, or of the part of a
  // view that lies within its file. 0 if the name leads nowhere.
  uint64_t SizeOf(const std::string& name) const;
  // The valid length of the file that a path or handle leads to. 0 if the name
  // leads nowhere.
  uint64_t ValidOf(const std::string& name) const;

 private:
  // A file or a directory. Files that have no name any more stay.
  struct Node {
    bool is_directory = false;
    // The size in bytes, and how many of them were written (valid length).
    uint64_t size = 0;
    uint64_t valid = 0;
  };
  struct Handle {
    // The index of the file in nodes_.
    size_t node = 0;
    std::vector<std::string> flags;
    bool Has(const std::string& flag) const;
  };
  struct View {
    size_t node = 0;
    uint64_t offset = 0;
    uint64_t size = 0;
  };

  std::optional<size_t> Find(const std::string& path_or_handle) const;
  bool IsFile(const std::string& name) const;
  bool IsDirectory(const std::string& name) const;
  bool ReadOnly(const std::string& name) const;
  // Whether a new name can be made at this path.
  bool Free(const std::string& path) const;
  // Whether the range of the op lies in its view and, for a store, in the file.
  bool InView(const Op& op) const;
  // Renames `from`, with everything below it. What was at `to` is replaced.
  void Move(const std::string& from, const std::string& to);
  // Grows a file for a write; returns the effects of the write.
  size_t Write(size_t node, uint64_t offset, uint64_t size);
  void Resize(size_t node, uint64_t size);

  std::vector<Node> nodes_;
  std::map<std::string, size_t> paths_;
  std::map<std::string, Handle> handles_;
  std::map<std::string, View> views_;
};

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_SHADOW_STORAGE_H_
