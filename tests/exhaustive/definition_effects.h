// The definition, first part: what every op issues. This is a flat list of
// effects, each with the effects that it implies, and the memory of the running
// storage, from which the effects are taken.
//
// The definition is written from the rules alone (model/README.md,
// docs/semantics.md 2.2 to 2.4). It shares nothing with the model but the text
// of workloads, the profiles and the contents.

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

// The index of an effect, a file, a generation or a view; kNone if there is
// none.
using Index = size_t;
inline constexpr Index kNone = ~Index{0};
inline constexpr Index kRoot = 0;  // The file that is the root directory.

// Where an atom of a file lies: nowhere (a hole), or in a generation of its
// place, whose first `cut` bytes are visible.
struct Space {
  Index generation = kNone;
  uint64_t cut = 512;

  // A truncation that wrote zeros to this space. The first `cut` bytes of
  // contents older than the effect `by` are visible.
  struct Zeroed {
    Index by = kNone;
    uint64_t cut = 512;
  };
  std::vector<Zeroed> zeroed = {};
};

// Space for one atom. Before anything is written to it, the space shows what
// its place showed before, or anything.
struct Generation {
  Space before;
  bool anything = false;
  Index given_by = kNone;  // The first shape that has the space.
};

struct Shape {
  uint64_t size = 0;
  uint64_t valid = 0;
  std::map<uint64_t, Space> spaces;  // By atom; a missing atom is a hole.
};

enum class Thing : uint8_t { kName, kShape, kAtom, kTimes, kSector };

struct Effect {
  // What the effect changes: the name `text` in directory `file`, the shape or
  // the times of `file`, atom `place` of `file` in `generation`, or sector
  // `place`.
  Thing thing = Thing::kName;
  Index file = kNone;
  std::string text;
  uint64_t place = 0;
  Index generation = kNone;

  // The new value of what is changed.
  Index leads_to = kNone;
  Shape shape;
  std::string bytes;
  // How many of `bytes` were ever written; the rest are zeros.
  uint64_t written = 0;
  uint64_t mtime = 0;

  uint32_t op = 0;
  // The view through which the effect was stored; kNone if it was not.
  Index view = kNone;
  // The effects that must be there if this one is: the one before it on the
  // same object, and what the rules of order say. The set is not closed, and
  // it lacks what metadata_committed adds (Effects::Implied()).
  std::set<Index> implies;
  // The other name of a rename or an exchange, which O-GROUP ties to this one;
  // whether the file that this name led to has that name now, and which file
  // that is; and the later change of this name beside which the tie says
  // nothing (O-HIDDEN).
  Index tied = kNone;
  bool moved = false;
  Index moved_file = kNone;
  Index hidden_by = kNone;
  // For a removal that leaves the file with other names: the older changes of
  // this name, of which one may be seen in its place (O-LEFT).
  std::set<Index> or_shows = {};
  // Whether the effect is a change of a name, or of a size or times that an op
  // set.
  bool journalled = false;

  // What has happened to the effect since; set by Promises
  // (definition_promises.h).
  bool returned = false;  // Whether its op returned with success.
  bool carried = false;   // Whether a view flush handed the store to the host.
  bool tainted = false;
  // Under metadata_committed: whether the log of a sync may hold the change,
  // and whether a sync of the volume covered its op.
  bool logged = false;
  bool committed = false;
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
  std::string memory;  // The bytes as the running system reads them.
  Shape shape;         // The newest shape; its size is that of `memory`.
  // How many bytes of each atom of `memory` were ever written.
  std::map<uint64_t, uint64_t> written = {};
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

  // Appends what `op` issues. Returns the index of its first effect.
  // Requires: the op is not refused; `op` outlives the call.
  Index Issue(const Op& op);

  // From now on every new effect but those on raw sectors implies `covered`.
  void Barrier(std::vector<Index> covered);

  // What the effect implies directly: Effect::implies, the tie of O-GROUP
  // unless a later change may hide it or the file that it moved may be found
  // where it was before (O-LEFT), and for a change that waits for a commit all
  // changes before it but those of sizes.
  std::set<Index> Implied(Index effect) const;
  // The effect and everything that it implies, directly or not.
  std::set<Index> Closure(Index effect) const;

  std::vector<Effect>& all() { return effects_; }
  const std::vector<Effect>& all() const { return effects_; }
  const std::vector<File>& files() const { return files_; }
  const std::vector<Generation>& generations() const { return generations_; }
  const std::vector<View>& views() const { return views_; }

  // The file that a path or an open handle leads to when everything is done;
  // kNone if a path leads nowhere.
  Index Find(std::string_view path_or_handle) const;
  // The open handle of this name; `nullptr` if there is none, as for a path.
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
  // `moves_on` says that a rename gives the file of the name another name.
  Index AddName(std::string_view path, Index file, bool moves_on = false);
  void HideTies(const Effect& next);
  bool MayBeOld(Index file) const;
  void Leave(Effect& removal) const;
  void AddTimes(Index file, uint64_t mtime, bool journalled);
  void AddShape(Index file, const Shape& shape, bool journalled,
                Index view = kNone);
  Index NewGeneration(Generation generation);

  void Create(const std::string& path, bool is_directory);
  void Rename(const std::string& from, const std::string& to);
  void Exchange(const std::string& a, const std::string& b);
  void Write(Index file, uint64_t offset, uint64_t size, Index view);
  void Resize(Index file, uint64_t size, bool set_end_of_file);
  void Shrink(Index file, Shape& shape, uint64_t size);
  // Gives space that nobody wrote to the atoms that begin in [from, to) and
  // have none.
  void GiveAnything(Shape& shape, uint64_t from, uint64_t to);
  void SetValidData(Index file, uint64_t valid);
  void Sectors(bool discard);

  const Profile& profile_;
  const Op* op_ = nullptr;  // The op that is being issued.
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
