// The little that has to be known of a storage to draw ops that can succeed:
// names, sizes, handles and views, with everything done. Approximate: what an
// op returns is Model::Plan()'s to say.

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
  // Whether the op is well formed: the handles and views that it names are
  // open, and those that it opens are not.
  bool Named(const Op& op) const;
  // Whether the op would succeed.
  // Requires: Named(op).
  bool Fits(const Op& op) const;
  // Does it, and returns how many effects it has. Requires: Fits(op).
  size_t Do(const Op& op);

  // What is there to draw from, in a fixed order.
  std::vector<std::string> FilePaths() const;
  std::vector<std::string> DirectoryPaths() const;
  std::vector<std::string> Handles() const;
  std::vector<std::string> Views() const;
  // The path, handle or word `volume` leads somewhere.
  bool Exists(const std::string& name) const {
    return name == "/" || name == "volume" || Find(name).has_value();
  }
  // Two names of one file, or one name.
  bool SameFile(const std::string& a, const std::string& b) const {
    return a == b || (Find(a) && Find(a) == Find(b));
  }
  // Of a file, by path, handle or view; 0 if there is none.
  uint64_t SizeOf(const std::string& name) const;
  uint64_t ValidOf(const std::string& name) const;

 private:
  struct Node {
    bool is_directory = false;
    uint64_t size = 0;
    uint64_t valid = 0;
  };
  struct Handle {
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
  // Whether a new name can be made there.
  bool Free(const std::string& path) const;
  bool InView(const Op& op) const;
  void Move(const std::string& from, const std::string& to);
  size_t Write(size_t node, uint64_t offset, uint64_t size);
  void Resize(size_t node, uint64_t size);

  std::vector<Node> nodes_;
  std::map<std::string, size_t> paths_;
  std::map<std::string, Handle> handles_;
  std::map<std::string, View> views_;
};

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_SHADOW_STORAGE_H_
