// What every op issues, written anew from the rules. Each op is applied to the
// memory of the running storage, and every object that it changes gets an
// effect with its whole new value. Add() makes the effect imply the one before
// it on the same object, and what barriers and journals say.
//
// Lookups go through the whole list of effects. Workloads here have a handful
// of ops, and code that follows the rules word by word is easier to check.

#include "tests/exhaustive/definition_effects.h"

#include <algorithm>
#include <utility>

#include "harness/base/check.h"
#include "model/words/content.h"

namespace powercut::definition {
namespace {

constexpr uint64_t kAtom = 512;
constexpr uint64_t kPage = 4096;

// The atoms that [begin, end) touches.
std::vector<uint64_t> AtomsOf(uint64_t begin, uint64_t end) {
  std::vector<uint64_t> atoms;
  for (uint64_t a = begin / kAtom; a * kAtom < end; ++a) atoms.push_back(a);
  return atoms;
}

}  // namespace

bool Handle::Has(std::string_view flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

Effects::Effects(const Profile& profile) : profile_(profile) {
  files_.push_back({.is_directory = true, .memory = {}, .shape = {}});
}

// --- looking things up -------------------------------------------------------

Index Effects::Lookup(Index directory, std::string_view text) const {
  Index leads_to = kNone;
  for (const Effect& e : effects_) {
    const bool same =
        e.thing == Thing::kName && e.file == directory && e.text == text;
    if (same) leads_to = e.leads_to;
  }
  return leads_to;
}

Effects::Place Effects::PlaceOf(std::string_view path) const {
  const size_t slash = path.rfind('/');
  const std::string_view above = path.substr(0, slash);
  return {above.empty() ? kRoot : Find(above),
          std::string(path.substr(slash + 1))};
}

const Handle* Effects::FindHandle(std::string_view name) const {
  const auto found = handles_.find(name);
  return found == handles_.end() ? nullptr : &found->second;
}

Index Effects::Find(std::string_view name) const {
  if (name == "/") return kRoot;
  if (!name.starts_with('/')) return FindHandle(name)->file;
  const Place place = PlaceOf(name);
  return place.directory == kNone ? kNone : Lookup(place.directory, place.text);
}

std::set<Index> Effects::Implied(Index effect) const {
  const Effect& e = effects_[effect];
  std::set<Index> implied = e.implies;
  const bool says_nothing = e.hidden_by != kNone || MayBeOld(e.moved_file);
  if (e.tied != kNone && !says_nothing) implied.insert(e.tied);
  if (!profile_.metadata_committed || !e.journalled || e.logged) return implied;
  for (Index i = 0; i < effect; ++i) {
    const Effect& earlier = effects_[i];
    if (earlier.journalled && earlier.thing != Thing::kShape) implied.insert(i);
  }
  return implied;
}

std::set<Index> Effects::Closure(Index effect) const {
  std::set<Index> closure;
  std::vector<Index> open = {effect};
  while (!open.empty()) {
    const Index next = open.back();
    open.pop_back();
    if (!closure.insert(next).second) continue;
    const std::set<Index> implied = Implied(next);
    open.insert(open.end(), implied.begin(), implied.end());
  }
  return closure;
}

// --- issuing -----------------------------------------------------------------

Index Effects::Add(Effect effect, bool journalled) {
  const Index index = effects_.size();
  effect.op = op_->number;
  effect.journalled = journalled;
  // A version of an object contains all earlier ones (O-LOC).
  for (Index i = index; i-- > 0;) {
    if (!effects_[i].Changes(effect)) continue;
    effect.implies.insert(i);
    break;
  }
  if (effect.thing != Thing::kSector) {
    effect.implies.insert(before_barriers_.begin(), before_barriers_.end());
    const bool ordered =
        profile_.data_ordered || (profile_.metadata_ordered && journalled);
    if (ordered && last_journalled_ != kNone) {
      effect.implies.insert(last_journalled_);
    }
    if (ordered) last_journalled_ = index;
  }
  effects_.push_back(std::move(effect));
  return index;
}

Index Effects::AddName(std::string_view path, Index file, bool moves_on) {
  Place place = PlaceOf(path);
  Effect e;
  e.thing = Thing::kName;
  e.file = place.directory;
  e.text = std::move(place.text);
  e.leads_to = file;
  if (profile_.metadata_committed && !moves_on) HideTies(e);
  const bool leaves = profile_.metadata_committed &&
                      profile_.left_name_shows_old && file == kNone;
  if (leaves) Leave(e);
  return Add(std::move(e), /*journalled=*/true);
}

// O-HIDDEN. `next` is about to change a name.
void Effects::HideTies(const Effect& next) {
  Index before = kNone;
  for (Index i = 0; i < effects_.size(); ++i) {
    Effect& e = effects_[i];
    if (!e.Changes(next)) continue;
    const Index left = before == kNone ? kNone : effects_[before].leads_to;
    const bool kept = e.moved && left != kNone &&
                      effects_[before].must_survive(CrashKind::kPower);
    const bool same =
        next.leads_to != kNone &&
        (next.leads_to == e.leads_to || (e.moved && next.leads_to == left));
    before = i;
    if (!kept && !same && e.hidden_by == kNone) e.hidden_by = effects_.size();
  }
}

// Whether the file may be found at a name that another file left since.
bool Effects::MayBeOld(Index file) const {
  if (file == kNone) return false;
  return std::ranges::any_of(effects_, [&](const Effect& e) {
    return e.logged && std::ranges::any_of(e.or_shows, [&](Index old) {
             return effects_[old].leads_to == file;
           });
  });
}

// O-LEFT. `removal` is about to take a name from a file.
void Effects::Leave(Effect& removal) const {
  std::vector<Index> changes;
  for (Index i = 0; i < effects_.size(); ++i) {
    if (effects_[i].Changes(removal)) changes.push_back(i);
  }
  if (changes.empty()) return;
  const Index file = effects_[changes.back()].leads_to;
  std::map<std::pair<Index, std::string>, Index> names;
  for (const Effect& e : effects_) {
    if (e.thing == Thing::kName) names[{e.file, e.text}] = e.leads_to;
  }
  names.erase({removal.file, removal.text});
  const bool has_name = std::ranges::any_of(
      names, [&](const auto& name) { return name.second == file; });
  if (!has_name) return;
  for (; !changes.empty(); changes.pop_back()) {
    const Effect& e = effects_[changes.back()];
    if (e.leads_to != kNone && e.leads_to != file) {
      removal.or_shows.insert(changes.back());
    }
    if (e.must_survive(CrashKind::kPower)) break;
  }
}

void Effects::AddTimes(Index file, uint64_t mtime, bool journalled) {
  Effect e;
  e.thing = Thing::kTimes;
  e.file = file;
  e.mtime = mtime;
  Add(std::move(e), journalled);
}

void Effects::AddShape(Index file, const Shape& shape, bool journalled,
                       Index view) {
  Effect e;
  e.thing = Thing::kShape;
  e.file = file;
  e.shape = shape;
  e.view = view;
  const Index index = Add(std::move(e), journalled);
  for (const auto& [place, space] : shape.spaces) {
    Index& given_by = generations_[space.generation].given_by;
    if (given_by == kNone) given_by = index;
  }
  files_[file].shape = shape;
}

Index Effects::NewGeneration(Generation generation) {
  generations_.push_back(generation);
  return generations_.size() - 1;
}

void Effects::Barrier(std::vector<Index> covered) {
  before_barriers_.insert(covered.begin(), covered.end());
}

void Effects::Create(const std::string& path, bool is_directory) {
  files_.push_back({.is_directory = is_directory,
                    .created_by = op_->number,
                    .memory = {},
                    .shape = {}});
  AddName(path, files_.size() - 1);
}

void Effects::Rename(const std::string& from, const std::string& to) {
  const Index moved = Find(from);
  const Index replaced = Find(to);
  if (moved == replaced) return;
  std::set<Index> brought;
  if (replaced != kNone && profile_.replace_brings_data) {
    // The rule asks for the newest shape and data. Taking all effects is the
    // same: earlier ones are implied, or in space that is no longer visible.
    for (Index i = 0; i < effects_.size(); ++i) {
      const Effect& e = effects_[i];
      const bool data = e.thing == Thing::kShape || e.thing == Thing::kAtom;
      if (data && e.file == moved) brought.insert(i);
    }
  }
  const Index there = AddName(to, moved);
  const Index gone = AddName(from, kNone, /*moves_on=*/true);
  effects_[there].implies.merge(brought);
  if (!profile_.rename_leaves_neither) effects_[gone].tied = there;
  if (!profile_.rename_leaves_both) effects_[there].tied = gone;
  effects_[gone].moved = true;
  effects_[gone].moved_file = moved;
}

void Effects::Exchange(const std::string& a, const std::string& b) {
  const Index of_a = Find(a);
  const Index of_b = Find(b);
  if (of_a == of_b) return;
  const Index first = AddName(a, of_b);
  const Index second = AddName(b, of_a);
  if (profile_.rename_leaves_neither || profile_.rename_leaves_both) return;
  effects_[first].tied = second;
  effects_[second].tied = first;
  effects_[first].moved = effects_[second].moved = true;
  effects_[first].moved_file = of_a;
  effects_[second].moved_file = of_b;
}

void Effects::Write(Index id, uint64_t offset, uint64_t size, Index view) {
  if (size == 0) return;
  File& file = files_[id];
  const uint64_t old_size = file.memory.size();
  const uint64_t end = offset + size;
  if (end > old_size) file.memory.resize(end, '\0');
  file.memory.replace(
      offset, size,
      MakeContent(static_cast<uint16_t>(file.created_by),
                  static_cast<uint16_t>(op_->number),
                  static_cast<uint32_t>(op_->Fill()), {offset, size}));

  // Atoms that have no space, or space that was cut, get new space.
  std::map<uint64_t, Space> given;
  for (const uint64_t place : AtomsOf(offset, end)) {
    const auto old = file.shape.spaces.find(place);
    const bool hole = old == file.shape.spaces.end();
    if (!hole && old->second.cut == kAtom) continue;
    Generation generation;
    if (!hole) generation.before = old->second;
    if (hole && profile_.stale_new_data) generation.anything = true;
    given[place] = {NewGeneration(generation), kAtom};
  }

  for (const uint64_t place : AtomsOf(offset, end)) {
    const auto fresh = given.find(place);
    Effect e;
    e.thing = Thing::kAtom;
    e.file = id;
    e.place = place;
    e.generation = fresh == given.end() ? file.shape.spaces.at(place).generation
                                        : fresh->second.generation;
    e.bytes = file.memory.substr(place * kAtom, kAtom);
    e.bytes.resize(kAtom, '\0');
    uint64_t& written = file.written[place];
    written = std::max(written, std::min(end - place * kAtom, kAtom));
    e.written = written;
    e.view = view;
    Add(std::move(e), /*journalled=*/false);
  }

  if (end > old_size || !given.empty()) {
    Shape shape = file.shape;
    for (uint64_t s = (old_size / kAtom + 1) * kAtom;
         s < end && profile_.partial_extend; s += kAtom) {
      shape.size = s;
      shape.valid = std::max(shape.valid, s);
      for (const auto& [place, space] : given) {
        if (place * kAtom < s) shape.spaces[place] = space;
      }
      AddShape(id, shape, /*journalled=*/false, view);
    }
    shape.size = std::max(old_size, end);
    shape.valid = std::max(shape.valid, end);
    for (const auto& [place, space] : given) shape.spaces[place] = space;
    AddShape(id, shape, /*journalled=*/false, view);
  }
  if (view == kNone) AddTimes(id, op_->number, /*journalled=*/false);
}

void Effects::Resize(Index id, uint64_t size, bool set_end_of_file) {
  File& file = files_[id];
  const uint64_t old_size = file.memory.size();
  file.memory.resize(size, '\0');
  for (auto& [place, written] : file.written) {
    const uint64_t begin = place * kAtom;
    written = std::min(written, size > begin ? size - begin : 0);
  }
  Shape shape = file.shape;
  shape.size = size;
  shape.valid = std::min(shape.valid, size);
  if (size < old_size) {
    Shrink(id, shape, size);
  }
  if (size > old_size && set_end_of_file && profile_.stale_set_end_of_file) {
    GiveAnything(shape, old_size, size);
  }
  AddShape(id, shape, /*journalled=*/true);
}

// What lies after the new end is lost for good. Under truncation_writes_zeros
// the page of the end keeps its space and gets zeros after the end, in place.
void Effects::Shrink(Index id, Shape& shape, uint64_t size) {
  const bool zeros = profile_.truncation_writes_zeros;
  const uint64_t kept = zeros ? (size + kPage - 1) / kPage * kPage : size;
  std::erase_if(shape.spaces, [&](const auto& placed) {
    return placed.first * kAtom >= kept;
  });
  for (auto& [place, space] : shape.spaces) {
    const uint64_t begin = place * kAtom;
    if (begin + kAtom <= size) continue;
    const uint64_t count = size > begin ? size - begin : 0;
    if (!zeros || kept == size || space.cut < kAtom) {
      space.cut = std::min(space.cut, count);
      continue;
    }
    Effect e;
    e.thing = Thing::kAtom;
    e.file = id;
    e.place = place;
    e.generation = space.generation;
    if (count > 0) e.bytes = files_[id].memory.substr(begin, count);
    e.bytes.resize(kAtom, '\0');
    e.written = files_[id].written[place];
    space.zeroed.push_back({Add(std::move(e), /*journalled=*/false), count});
  }
}

void Effects::GiveAnything(Shape& shape, uint64_t from, uint64_t to) {
  for (const uint64_t place : AtomsOf(from, to)) {
    if (place * kAtom < from || shape.spaces.contains(place)) continue;
    Generation generation;
    generation.anything = true;
    shape.spaces[place] = {NewGeneration(generation), kAtom};
  }
}

void Effects::SetValidData(Index id, uint64_t valid) {
  Shape shape = files_[id].shape;
  GiveAnything(shape, shape.valid, valid);
  shape.valid = valid;
  AddShape(id, shape, /*journalled=*/true);
}

void Effects::Sectors(bool discard) {
  const uint64_t first = op_->numbers[0];
  const uint64_t count = op_->numbers[1];
  const std::string content =
      discard ? std::string(count * kAtom, '\0')
              : MakeContent(0, static_cast<uint16_t>(op_->number),
                            static_cast<uint32_t>(op_->Fill()),
                            {first * kAtom, count * kAtom});
  // The effects that a preflush carries to the media before the write.
  std::set<Index> before;
  if (op_->HasFlag("preflush")) {
    for (Index i = 0; i < effects_.size(); ++i) {
      if (effects_[i].must_survive(CrashKind::kOs)) before.insert(i);
    }
  }
  for (uint64_t i = 0; i < count; ++i) {
    Effect e;
    e.thing = Thing::kSector;
    e.place = first + i;
    e.bytes = content.substr(i * kAtom, kAtom);
    e.implies = before;
    Add(std::move(e), /*journalled=*/false);
  }
}

Index Effects::Issue(const Op& op) {
  op_ = &op;
  const Index first = effects_.size();
  switch (op.kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
      Create(op.names[0], op.kind == OpKind::kMkdir);
      break;
    case OpKind::kWrite:
    case OpKind::kAppend: {
      const Index file = Find(op.names[0]);
      const Handle* handle = FindHandle(op.names[0]);
      const bool at_end = op.kind == OpKind::kAppend ||
                          (handle != nullptr && handle->Has("append"));
      Write(file, at_end ? files_[file].memory.size() : op.numbers[0],
            op.numbers.back(), kNone);
      break;
    }
    case OpKind::kTruncate:
    case OpKind::kSetEndOfFile: {
      const Index file = Find(op.names[0]);
      if (op.numbers[0] == files_[file].memory.size()) break;
      Resize(file, op.numbers[0], op.kind == OpKind::kSetEndOfFile);
      AddTimes(file, op.number, /*journalled=*/false);
      break;
    }
    case OpKind::kFallocate: {
      const Index file = Find(op.names[0]);
      const uint64_t end = op.numbers[0] + op.numbers[1];
      if (end > files_[file].memory.size()) Resize(file, end, false);
      break;
    }
    case OpKind::kSetValidData:
      SetValidData(Find(op.names[0]), op.numbers[0]);
      break;
    case OpKind::kRename:
      Rename(op.names[0], op.names[1]);
      break;
    case OpKind::kExchange:
      Exchange(op.names[0], op.names[1]);
      break;
    case OpKind::kReplaceFile:
      Rename(op.names[1], op.names[1] + ".bak");
      Rename(op.names[0], op.names[1]);
      break;
    case OpKind::kLink:
      AddName(op.names[1], Find(op.names[0]));
      break;
    case OpKind::kUnlink:
    case OpKind::kRmdir:
      AddName(op.names[0], kNone);
      break;
    case OpKind::kSetTimes:
      AddTimes(Find(op.names[0]), op.numbers[0], /*journalled=*/true);
      break;
    case OpKind::kOpen:
      handles_[op.names[0]] = {Find(op.names[1]), op.flags};
      break;
    case OpKind::kClose:
      handles_.erase(op.names[0]);
      break;
    case OpKind::kMap: {
      const Index file = Find(op.names[1]);
      const uint64_t end = op.numbers[0] + op.numbers[1];
      if (end > files_[file].memory.size()) Resize(file, end, true);
      open_views_[op.names[0]] = views_.size();
      views_.push_back({file, op.numbers[0], op.numbers[1]});
      break;
    }
    case OpKind::kStore: {
      const Index view = FindView(op.names[0]);
      Write(views_[view].file, views_[view].offset + op.numbers[0],
            op.numbers[1], view);
      break;
    }
    case OpKind::kUnmap:
      open_views_.erase(op.names[0]);
      break;
    case OpKind::kDiskWrite:
    case OpKind::kDiskDiscard:
      Sectors(op.kind == OpKind::kDiskDiscard);
      break;
    default:
      break;
  }
  return first;
}

}  // namespace powercut::definition
