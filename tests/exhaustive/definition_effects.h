// The definition, first part: what every op issues. A flat list of effects,
// each with the effects that it implies; and the memory of the storage while it
// runs, which the effects are taken from.
//
// Written from the rules alone (model/README.md, research/semantics.md 2.2 to
// 2.4). It shares nothing with the model but the text of workloads, profiles
// and contents.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_EFFECTS_H_
#define POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_EFFECTS_H_

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut::definition {

// Index of an effect, a file, a generation or a view; kNone: there is none.
using Index = size_t;
inline constexpr Index kNone = ~Index{0};
inline constexpr Index kRoot = 0;  // the file that is the root directory

// Where an atom of a file lies: nowhere (a hole), or in a generation of its
// place, of which the first `cut` bytes count.
struct Space {
  Index generation = kNone;
  uint64_t cut = 512;

  // A truncation that wrote zeros to it: of what is older than that effect the
  // first `cut` bytes count.
  struct Zeroed {
    Index by = kNone;
    uint64_t cut = 512;
  };
  std::vector<Zeroed> zeroed = {};
};

// Space for one atom. Before anything is written to it, it shows what its place
// showed before, or anything.
struct Generation {
  Space before;
  bool anything = false;
  Index given_by = kNone;  // the first shape that has it
};

struct Shape {
  uint64_t size = 0;
  uint64_t valid = 0;
  std::map<uint64_t, Space> spaces;  // by atom; what is missing is a hole
};

enum class Thing : uint8_t { kName, kShape, kAtom, kTimes, kSector };

struct Effect {
  // What it changes: the name `text` in directory `file`, the shape or the
  // times of `file`, atom `place` of `file` in `generation`, sector `place`.
  Thing thing = Thing::kName;
  Index file = kNone;
  std::string text;
  uint64_t place = 0;
  Index generation = kNone;

  // What it becomes.
  Index leads_to = kNone;
  Shape shape;
  std::string bytes;
  uint64_t mtime = 0;

  uint32_t op = 0;
  // Of a store: the view. Else kNone.
  Index view = kNone;
  // "If this is there, so are those": of its own object the one before, and
  // what the orders say. Not closed.
  std::set<Index> implies;

  // What became of it; see definition_promises.h.
  bool returned = false;  // its op did, with success
  bool carried = false;   // a store that a view flush handed to the host
  bool tainted = false;
  std::array<bool, kCrashKinds.size()> must{};

  bool Changes(const Effect& same) const {
    return thing == same.thing && file == same.file && text == same.text &&
           place == same.place && generation == same.generation;
  }
  bool must_survive(CrashKind kind) const {
    return must[static_cast<size_t>(kind)];
  }
};

struct File {
  bool is_directory = false;
  uint32_t created_by = 0;
  std::string memory;  // its bytes, as the running system reads them
  Shape shape;         // newest; its size is that of `memory`
};

struct Handle {
  Index file = kNone;
  std::vector<std::string> flags;
  bool Has(std::string_view flag) const;
};

struct View {
  Index file = kNone;
  uint64_t offset = 0;
  uint64_t size = 0;
};

class Effects {
 public:
  explicit Effects(const Profile& profile);

  // Appends what `op` issues. Returns the first new index.
  // Requires: the op is not refused.
  Index Issue(const Op& op);

  // From now on every effect on the file system implies those.
  void Barrier(std::vector<Index> covered);

  // The effect and all that it implies.
  std::set<Index> Closure(Index effect) const;

  std::vector<Effect>& all() { return effects_; }
  const std::vector<Effect>& all() const { return effects_; }
  const std::vector<File>& files() const { return files_; }
  const std::vector<Generation>& generations() const { return generations_; }
  const std::vector<View>& views() const { return views_; }

  // With everything done: the file at a path or behind a handle, or kNone.
  Index Find(std::string_view path_or_handle) const;
  // Null if it is a path.
  const Handle* FindHandle(std::string_view name) const;
  Index FindView(const std::string& name) const { return open_views_.at(name); }

 private:
  struct Place {
    Index directory = kNone;
    std::string text;
  };
  Place PlaceOf(std::string_view path) const;
  Index Lookup(Index directory, std::string_view text) const;

  Index Add(Effect effect, bool journalled);
  Index AddName(std::string_view path, Index file);
  void AddTimes(Index file, uint64_t mtime, bool journalled);
  void AddShape(Index file, const Shape& shape, bool journalled,
                Index view = kNone);
  Index NewGeneration(Generation generation);

  void Create(const std::string& path, bool is_directory);
  void Rename(const std::string& from, const std::string& to);
  void Write(Index file, uint64_t offset, uint64_t size, Index view);
  void Resize(Index file, uint64_t size, bool set_end_of_file);
  void Shrink(Index file, Shape& shape, uint64_t size);
  // Space that nobody wrote for the atoms that begin in [from, to) and have
  // none.
  void GiveAnything(Shape& shape, uint64_t from, uint64_t to);
  void SetValidData(Index file, uint64_t valid);
  void Sectors(bool discard);

  const Profile& profile_;
  const Op* op_ = nullptr;  // being issued
  std::vector<Effect> effects_;
  std::vector<File> files_;
  std::vector<Generation> generations_;
  std::vector<View> views_;
  std::map<std::string, Handle, std::less<>> handles_;
  std::map<std::string, Index, std::less<>> open_views_;
  Index last_journalled_ = kNone;
  std::set<Index> before_barriers_;
};

}  // namespace powercut::definition

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DEFINITION_EFFECTS_H_
