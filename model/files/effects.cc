// What ops change: the versions that they append when they begin, and the
// implications between these versions.
//
// Method. Every op is reduced to appends to chains: names, shapes, atoms, times
// and raw sectors. A write first takes the newest content of each atom that it
// touches (what memory holds), puts its own bytes over it, and appends the
// result to the generation of the atom. If the atom has no space, or was cut,
// the write begins a new generation, which becomes visible with the version of
// the shape that gives it space. A crash therefore chooses data and shape
// separately, and bytes that were cut never come back with a later write.
//
// Example: /f has 512 bytes, and the op is `write /f 512 1024` (two atoms).
//   atoms 1, 2   a new generation each, with version 1; version 0 shows zeros,
//                or anything with stale_new_data
//   shape        size 1536; with partial_extend size 1024 before it, from which
//                atom 1 is visible
//   times        the number of the op
// A crash before any flush finds the file with 512 or 1536 bytes (or 1024), and
// each new atom that is visible at version 0 or 1.
//
// Source: docs/semantics.md 2.2 to 2.4 (objects, effects, order).

#include <algorithm>
#include <utility>

#include "harness/base/check.h"
#include "model/files/model_state.h"
#include "model/words/content.h"

namespace powercut {
namespace {

class Effects {
 public:
  Effects(Model::State& state, const Op& op)
      : s_(state), op_(op), own_(state.timelines[op.number].own) {}

  void Apply(const OpPlan& plan) {
    switch (op_.kind) {
      case OpKind::kCreate:
        return Create(op_.names[0], /*is_directory=*/false);
      case OpKind::kMkdir:
        return Create(op_.names[0], /*is_directory=*/true);
      case OpKind::kWrite:
      case OpKind::kAppend:
        Write(s_.TargetOf(op_), plan.offset_bytes, plan.content, /*view=*/0);
        if (!plan.content.empty()) SetTimes(s_.TargetOf(op_), op_.number);
        return;
      case OpKind::kStore: {
        const View& view = s_.views.find(op_.names[0])->second;
        return Write(view.file, plan.offset_bytes, plan.content, view.number);
      }
      case OpKind::kTruncate:
      case OpKind::kSetEndOfFile:
        return Resize(s_.TargetOf(op_), op_.numbers[0]);
      case OpKind::kFallocate:
        return Grow(s_.TargetOf(op_), op_.numbers[0] + op_.numbers[1],
                    /*anything=*/false);
      case OpKind::kSetValidData:
        return SetValid(s_.TargetOf(op_), op_.numbers[0]);
      case OpKind::kRename:
        return Rename(op_.names[0], op_.names[1]);
      case OpKind::kExchange:
        return Exchange(op_.names[0], op_.names[1]);
      case OpKind::kReplaceFile:
        Rename(op_.names[1], op_.names[1] + ".bak");
        return Rename(op_.names[0], op_.names[1]);
      case OpKind::kLink:
        SetName(op_.names[1], s_.tree.Lookup(op_.names[0]));
        return;
      case OpKind::kUnlink:
      case OpKind::kRmdir:
        SetName(op_.names[0], kNoFile);
        return;
      case OpKind::kSetTimes:
        return Journalled(SetTimes(s_.TargetOf(op_), op_.numbers[0]),
                          s_.TargetOf(op_));
      case OpKind::kMap:
        return Map();
      case OpKind::kDiskWrite:
      case OpKind::kDiskDiscard:
        return WriteRaw(plan.content);
      default:
        return ChangeSession();
    }
  }

 private:
  // --- appending ----------------------------------------------------------

  ChainVersion Append(ChainId chain, uint32_t view = 0) {
    const ChainVersion version = s_.chains.Append(chain, op_.number, view);
    own_.push_back(version);
    // Neither a barrier nor a journal of the file system orders raw sectors.
    const ChainKind kind = s_.chains[chain].kind;
    if (kind == ChainKind::kSector) return version;
    for (const ChainVersion& before : s_.behind_barriers) {
      s_.chains.Imply(version, before, OrderRule::kBarrier);
    }
    if (s_.profile->data_ordered) Journal(version);
    return version;
  }

  // Each effect in the journal implies the one before it. One rule for each
  // effect is enough, since the rules form a chain back to the first.
  void Journal(ChainVersion version) {
    if (s_.journal_end) {
      s_.chains.Imply(version, *s_.journal_end, OrderRule::kMetadata);
    }
    s_.journal_end = version;
  }

  // Adds an effect to the metadata journal. With data_ordered, Append() has
  // added every effect already.
  void Journalled(ChainVersion version) {
    if (s_.profile->metadata_ordered && !s_.profile->data_ordered) {
      Journal(version);
    }
  }

  // Adds a change of the size or of the times that an op set.
  void Journalled(ChainVersion version, FileId file) {
    Journalled(version);
    if (s_.commits) s_.commits->AddFile(s_.chains, version, op_.number, file);
  }

  // --- names --------------------------------------------------------------

  // What an op that changes a name does to the file of that name.
  enum class NameUse { kOther, kMakesFile, kMovesFileOn };

  std::pair<NameId, ChainVersion> SetName(std::string_view path, FileId file,
                                          NameUse use = NameUse::kOther) {
    const NameId id = s_.tree.NameAt(s_.chains, path);
    Name& name = s_.tree.names[id];
    const FileId before = name.targets.back();
    if (s_.commits && use != NameUse::kMovesFileOn) HideTiesOf(name, file);
    name.targets.push_back(file);
    const ChainVersion version = Append(name.chain);
    Journalled(version);
    if (s_.commits) {
      if (file == kNoFile && s_.profile->left_name_shows_old) {
        Leave(name, before, version.version);
      }
      s_.commits->ChangeName({op_.number, id, name.directory, before, file,
                              use == NameUse::kMakesFile});
      s_.commits->AddName(s_.chains, version, op_.number, id);
    }
    return {id, version};
  }

  // O-LEFT: at `version` the name was taken from `file`. A file without another
  // name is gone, and leaves nothing that a log could have in its place.
  void Leave(Name& name, FileId file, uint32_t version) {
    const bool has_name = std::ranges::any_of(
        s_.tree.names,
        [&](const Name& other) { return other.targets.back() == file; });
    if (!has_name) return;
    const uint32_t certain =
        s_.chains[name.chain].floor(CrashKind::kPower).version;
    if (certain + 1 < version) name.left[version] = {certain, false};
  }

  // Implication::moved, where the profile has O-LEFT.
  std::optional<uint32_t> Movable(FileId file) const {
    if (!s_.profile->left_name_shows_old || file == kNoFile) {
      return std::nullopt;
    }
    return file;
  }

  void AddTie(NameId name, ChainVersion version, bool moved) {
    if (s_.commits) s_.tree.names[name].ties[version.version] = moved;
  }

  // O-HIDDEN: the name is about to lead to `file`, or to nothing.
  void HideTiesOf(Name& name, FileId file) {
    const Chain& chain = s_.chains[name.chain];
    const uint32_t floor = chain.floor(CrashKind::kPower).version;
    std::set<ChainVersion> hidden;
    for (auto tie = name.ties.begin(); tie != name.ties.end();) {
      const auto [version, moved] = *tie;
      const FileId before = name.targets[version - 1];
      // The log says where a file went that had the name for certain, and what
      // names the file has that the name leads to.
      const bool kept = moved && before != kNoFile && floor + 1 >= version;
      const bool same = file != kNoFile && (file == name.targets[version] ||
                                            (moved && file == before));
      if (!kept && !same) hidden.insert({name.chain, version});
      tie = !same ? name.ties.erase(tie) : std::next(tie);
    }
    if (!hidden.empty()) s_.chains.HideGroup(hidden, chain.newest() + 1);
  }

  void Create(std::string_view path, bool is_directory) {
    // The chain of the name is made before those of the file, so that chains
    // are numbered from the name to the file that it leads to.
    s_.tree.NameAt(s_.chains, path);
    const FileId file = s_.tree.AddFile(s_.chains, is_directory, op_.number);
    SetName(path, file, NameUse::kMakesFile);
  }

  void Rename(const std::string& from, const std::string& to) {
    const FileId moved = s_.tree.Lookup(from);
    const FileId replaced = s_.tree.Lookup(to);
    // A rename of a file onto another name of the same file does nothing.
    if (moved == replaced) return;
    const auto [target_id, target] = SetName(to, moved);
    const auto [source_id, source] =
        SetName(from, kNoFile, NameUse::kMovesFileOn);
    AddTie(target_id, target, /*moved=*/false);
    AddTie(source_id, source, /*moved=*/true);
    s_.tree.renames.push_back(
        {op_.number, target_id, target.version, replaced});
    // O-GROUP: each direction is a rule of its own, and each switch lifts one.
    if (!s_.profile->rename_leaves_neither) {
      s_.chains.Imply(source, target, OrderRule::kRenameNeither,
                      Movable(moved));
    }
    if (!s_.profile->rename_leaves_both) {
      s_.chains.Imply(target, source, OrderRule::kRenameBoth);
    }
    if (replaced != kNoFile && s_.profile->replace_brings_data) {
      BringData(target, s_.tree.files[moved]);
    }
  }

  // Each name takes what the other one led to. O-GROUP ties the two as those of
  // a rename.
  void Exchange(const std::string& a, const std::string& b) {
    const FileId of_a = s_.tree.Lookup(a);
    const FileId of_b = s_.tree.Lookup(b);
    if (of_a == of_b) return;
    const auto [first_id, first] = SetName(a, of_b);
    const auto [second_id, second] = SetName(b, of_a);
    AddTie(first_id, first, /*moved=*/true);
    AddTie(second_id, second, /*moved=*/true);
    // A half of it leaves one file at both names, and the other at none.
    if (s_.profile->rename_leaves_neither || s_.profile->rename_leaves_both) {
      return;
    }
    s_.chains.Imply(first, second, OrderRule::kRenameNeither, Movable(of_a));
    s_.chains.Imply(second, first, OrderRule::kRenameBoth, Movable(of_b));
  }

  // rename_data: the target implies the newest shape and the newest data.
  void BringData(ChainVersion target, const File& file) {
    const auto imply = [&](ChainId chain) {
      s_.chains.Imply(target, {chain, s_.chains[chain].newest()},
                      OrderRule::kReplaceData);
    };
    imply(file.shape);
    for (const auto& [index, place] : file.atoms) {
      imply(place.generations.back().chain);
    }
  }

  // --- shapes -------------------------------------------------------------

  ChainVersion AddShape(File& file, Shape shape, uint32_t view = 0) {
    const ChainVersion version = Append(file.shape, view);
    if (shape.size_bytes < file.shapes.back().size_bytes) {
      file.shrunk_at_shapes.push_back(version.version);
    }
    file.shapes.push_back(shape);
    return version;
  }

  ChainVersion SetTimes(FileId id, uint64_t mtime) {
    File& file = s_.tree.files[id];
    file.mtimes.push_back(mtime);
    return Append(file.times);
  }

  void Resize(FileId id, uint64_t size) {
    File& file = s_.tree.files[id];
    const Shape& newest = file.shapes.back();
    if (size == newest.size_bytes) return;
    if (size > newest.size_bytes) {
      Grow(id, size, op_.kind == OpKind::kSetEndOfFile);
    } else {
      // The cuts need the number that AddShape() will give to the new version.
      const uint32_t shape = s_.chains[file.shape].newest() + 1;
      CutBeyond(file, size, shape);
      Journalled(AddShape(file, {size, std::min(size, newest.valid_bytes)}),
                 id);
    }
    SetTimes(id, op_.number);
  }

  // Cuts every atom that has bytes after the new end. `shape` is the version of
  // the shape that the cut will be.
  void CutBeyond(File& file, uint64_t size, uint32_t shape) {
    uint64_t zeroed_to = 0;
    if (s_.profile->truncation_writes_zeros) {
      zeroed_to = (size + kPageBytes - 1) / kPageBytes * kPageBytes;
    }
    for (auto& [index, place] : file.atoms) {
      const uint64_t begin = index * kAtomBytes;
      if (begin + kAtomBytes <= size) continue;
      // A hole has nothing to cut.
      if (ViewOf(place, shape).generation == nullptr) continue;
      Cut cut{shape, static_cast<uint32_t>(size > begin ? size - begin : 0)};
      if (begin < zeroed_to && HasSpace(place, shape)) {
        cut.before_version = WriteZeros(place, cut).version;
      }
      place.cuts.push_back(cut);
    }
  }

  // Appends to the present space what a truncation writes in place: the newest
  // content up to the cut, and zeros after it. Bytes after the content of a
  // version read as zeros anyway.
  ChainVersion WriteZeros(AtomPlace& place, const Cut& cut) {
    std::string content = NewestContent(place, cut.from_shape);
    if (content.size() > cut.bytes) content.resize(cut.bytes);
    Generation& generation = place.generations.back();
    generation.contents.push_back(std::move(content));
    return Append(generation.chain);
  }

  // Lengthens the file if it is shorter. If `anything`, the new bytes may show
  // anything where the profile has stale_set_end_of_file.
  void Grow(FileId id, uint64_t size, bool anything) {
    File& file = s_.tree.files[id];
    const Shape newest = file.shapes.back();
    if (size <= newest.size_bytes) return;
    const ChainVersion version = AddShape(file, {size, newest.valid_bytes});
    if (anything && s_.profile->stale_set_end_of_file) {
      GiveAnything(file, newest.size_bytes, size, version.version);
    }
    Journalled(version, id);
  }

  // R-SVD holds in every profile, so that no switch is asked.
  void SetValid(FileId id, uint64_t valid) {
    File& file = s_.tree.files[id];
    // A copy: AddShape() appends to the vector that holds the shape.
    const Shape newest = file.shapes.back();
    const ChainVersion version = AddShape(file, {newest.size_bytes, valid});
    GiveAnything(file, newest.valid_bytes, valid, version.version);
    Journalled(version, id);
  }

  // Gives space that nobody wrote to those atoms that begin in [from, to) and
  // have none.
  void GiveAnything(File& file, uint64_t from, uint64_t to, uint32_t shape) {
    // An atom that `from` lies in was there before and keeps what it shows.
    const uint64_t first = (from + kAtomBytes - 1) / kAtomBytes;
    for (uint64_t index = first; index * kAtomBytes < to; ++index) {
      AtomPlace& place = file.atoms[index];
      if (ViewOf(place, shape).generation != nullptr) continue;
      place.generations.push_back(
          {s_.chains.Add(ChainKind::kAtom, 0), shape, {}, /*anything=*/true});
    }
  }

  void Map() {
    const auto handle = s_.handles.find(op_.names[1]);
    const FileId file = handle != s_.handles.end()
                            ? handle->second.file
                            : s_.tree.Lookup(op_.names[1]);
    Grow(file, op_.numbers[0] + op_.numbers[1], /*anything=*/true);
    s_.views[op_.names[0]] = {++s_.views_made, file, op_.numbers[0],
                              op_.numbers[1]};
  }

  // --- data ---------------------------------------------------------------

  // Whether a write can go to the space that the atom has. A space that was cut
  // does not count: what was cut would come back with the write.
  static bool HasSpace(const AtomPlace& place, uint32_t shape) {
    const AtomView view = ViewOf(place, shape);
    return view.generation != nullptr && view.limit_bytes == kAtomBytes;
  }

  // What memory holds of an atom: the newest version that is visible.
  static std::string NewestContent(const AtomPlace& place, uint32_t shape) {
    AtomView view = ViewOf(place, shape);
    // A generation without content shows what the one before it shows, as far
    // as neither is cut.
    uint32_t limit = static_cast<uint32_t>(kAtomBytes);
    while (view.generation != nullptr && view.generation->contents.empty()) {
      limit = std::min(limit, view.limit_bytes);
      view = ViewBefore(place, *view.generation);
    }
    if (view.generation == nullptr) return {};
    limit = std::min(limit, view.limit_bytes);
    return view.generation->contents.back().substr(0, limit);
  }

  void Write(FileId id, uint64_t offset, std::string_view content,
             uint32_t view) {
    if (content.empty()) return;
    const uint64_t end = offset + content.size();
    // All new contents are made first, from the shape before the write: it is
    // the shape under which memory is read.
    std::vector<std::pair<uint64_t, std::string>> atoms;
    const uint32_t old_shape = s_.chains[s_.tree.files[id].shape].newest();
    for (uint64_t at = offset; at < end;) {
      const uint64_t index = at / kAtomBytes;
      const uint64_t stop = std::min(end, (index + 1) * kAtomBytes);
      const uint64_t from = at % kAtomBytes;
      std::string bytes =
          NewestContent(s_.tree.files[id].atoms[index], old_shape);
      bytes.resize(std::max<uint64_t>(bytes.size(), from + stop - at));
      bytes.replace(from, stop - at, content.substr(at - offset, stop - at));
      atoms.emplace_back(index, std::move(bytes));
      at = stop;
    }
    File& file = s_.tree.files[id];
    const Space space = SpaceFor(file, atoms, end);
    for (size_t i = 0; i < atoms.size(); ++i) {
      AtomPlace& place = file.atoms[atoms[i].first];
      if (space.from_shape[i] != 0) {
        const bool hole = ViewOf(place, old_shape).generation == nullptr;
        place.generations.push_back({s_.chains.Add(ChainKind::kAtom, 0),
                                     space.from_shape[i],
                                     {},
                                     hole && s_.profile->stale_new_data});
      }
      Generation& generation = place.generations.back();
      generation.contents.push_back(std::move(atoms[i].second));
      Append(generation.chain, view);
    }
    for (const Shape& shape : space.shapes) AddShape(file, shape, view);
  }

  // The versions of the shape that a write adds.
  struct Space {
    std::vector<Shape> shapes;
    // For each atom of the write, the version that gives it new space; 0 if it
    // has space.
    std::vector<uint32_t> from_shape;
  };

  Space SpaceFor(File& file,
                 const std::vector<std::pair<uint64_t, std::string>>& atoms,
                 uint64_t end) {
    const Shape old = file.shapes.back();
    const uint32_t old_version = s_.chains[file.shape].newest();
    Space space;
    space.from_shape.assign(atoms.size(), 0);
    std::vector<bool> needs(atoms.size());
    bool any = false;
    for (size_t i = 0; i < atoms.size(); ++i) {
      needs[i] = !HasSpace(file.atoms[atoms[i].first], old_version);
      any = any || needs[i];
    }
    const auto give = [&](uint64_t size) {
      space.shapes.push_back(
          {std::max(old.size_bytes, size), std::max(old.valid_bytes, size)});
      for (size_t i = 0; i < atoms.size(); ++i) {
        const bool below = atoms[i].first * kAtomBytes < size;
        if (needs[i] && below && space.from_shape[i] == 0) {
          space.from_shape[i] =
              old_version + static_cast<uint32_t>(space.shapes.size());
        }
      }
    };
    // Under partial_extend the file grows atom by atom, in order, so that a
    // crash can leave any multiple of 512 in between.
    if (end > old.size_bytes && s_.profile->partial_extend) {
      for (uint64_t size = (old.size_bytes / kAtomBytes + 1) * kAtomBytes;
           size < end; size += kAtomBytes) {
        give(size);
      }
    }
    // A write into a hole changes the shape, too, although the size stays.
    if (end > old.size_bytes || any) give(end);
    return space;
  }

  // A write or a discard of raw sectors. A discard has no content and writes
  // zeros (R-DISCARD).
  void WriteRaw(const std::string& content) {
    // What a preflush covers is at the device now and not on the media: the new
    // sectors imply it (O-DEV).
    std::vector<ChainVersion> at_device;
    const Primitive primitive = s_.timelines[op_.number].primitive;
    if (s_.promises[primitive].preflush && s_.promises.order.preflush) {
      for (ChainId id = 0; id < s_.chains.size(); ++id) {
        const Chain& chain = s_.chains[id];
        const uint32_t version = chain.floor(CrashKind::kOs).version;
        if (version > chain.floor(CrashKind::kPower).version) {
          at_device.push_back({id, version});
        }
      }
    }
    for (uint64_t i = 0; i < op_.numbers[1]; ++i) {
      const auto [entry, added] =
          s_.tree.sectors.try_emplace(op_.numbers[0] + i);
      RawSector& sector = entry->second;
      if (added) {
        sector.chain = s_.chains.Add(ChainKind::kSector, 0);
        sector.contents.emplace_back();
      }
      sector.contents.push_back(
          content.empty() ? std::string()
                          : content.substr(i * kAtomBytes, kAtomBytes));
      const ChainVersion version = Append(sector.chain);
      for (const ChainVersion& before : at_device) {
        s_.chains.Imply(version, before, OrderRule::kPreflush);
      }
    }
  }

  // --- handles, views, mounts ---------------------------------------------

  void ChangeSession() {
    switch (op_.kind) {
      case OpKind::kOpen:
        s_.handles[op_.names[0]] = {s_.tree.Lookup(op_.names[1]), op_.flags};
        break;
      case OpKind::kClose:
        s_.handles.erase(op_.names[0]);
        break;
      case OpKind::kUnmap:
        s_.views.erase(op_.names[0]);
        break;
      case OpKind::kRemount:
        s_.read_only = op_.HasFlag("read_only");
        break;
      case OpKind::kDismount:
        s_.dismounted = true;
        break;
      default:
        break;
    }
  }

  Model::State& s_;
  const Op& op_;
  std::vector<ChainVersion>& own_;
};

}  // namespace

void Model::State::Apply(const Op& op, const OpPlan& plan) {
  Effects(*this, op).Apply(plan);
}

}  // namespace powercut
