// Makes the effects on data and shapes: writes, stores, and changes of size and
// valid length.
//
// A file is cut into atoms of 512 bytes. An atom has a list of generations, one
// for each space that it had, and each generation has a chain of versions.
// The shape says which generations an atom shows, and where each one lies.
//
//   - An overwrite puts a new version into the sector of the newest generation.
//     No record tells of it: the crash alone decides which version is found.
//   - A write to an atom without space begins a generation in a new sector. The
//     record of the new shape gives the space. Data and shape are not tied: a
//     shape that is found before its data shows what the new sector held, zeros
//     or old contents.
//   - A write to an atom that was cut begins a generation in a record. A sector
//     could not be told apart from one not yet written, and would hide the old
//     bytes; a record that is missing lets the generation below show.
//   - After a barrier and under data_journal all data goes into records, since
//     only records can need other records.
//
// Example, spec-strict: /f holds 1024 bytes in the sectors S and T. `truncate
// /f 100` writes a shape in which the generation in S shows 100 bytes and the
// second atom has no space. `write /f 200 10` writes an atom record of a new
// generation, with bytes 0 to 99 as they were, and a shape in which the new
// generation lies over the one in S, which is still cut at 100. A crash that
// leaves this shape without the atom record shows 100 old bytes and then zeros.
//
// Where the profile says that a truncation zeroes the page of the new end, the
// zeros are ordinary versions in place, and the new shape lists the contents
// that they replace (NoteZeroed): where one of them is found, it shows only as
// far as the cut.

#include <algorithm>

#include "backends/simfs/effects.h"
#include "harness/base/check.h"

namespace powercut::simfs {
namespace {

// Returns whether a write to the atom is a new version of its newest
// generation. It is not if the atom has no space, or if a cut has ended the
// generation.
bool TakesWrites(const Shape& shape, uint64_t atom) {
  GenerationLayer plain;
  const AtomLayers layers = shape.atoms.Find(atom, plain);
  return !layers.empty() && layers.back().cut == kAtom;
}

// Returns the content of a data sector that was never written.
uint64_t ContentOfNew(bool old_contents) {
  AtomBytes bytes;
  bytes.fill(old_contents ? kOldByte : std::byte{0});
  return ContentOf(bytes);
}

}  // namespace

// One atom that an op writes.
struct Effects::TouchedAtom {
  uint64_t atom = 0;
  // All bytes of the atom after the write.
  AtomBytes bytes{};
  // The generation that the bytes go to, as shapes describe it.
  GenerationLayer layer;
  // True if the generation is new.
  bool fresh = false;
  bool in_records = false;
  // True if a new sector holds old contents rather than zeros.
  bool old_contents = false;
  // The atom record and the version in it; 0 for data in place.
  RecordNumber record = 0;
  uint32_t version = 0;
};

AtomBytes Effects::Memory(InodeNumber inode, uint64_t atom) {
  auto& memory = s_.files[inode].memory;
  if (const auto found = memory.find(atom); found != memory.end()) {
    return found->second;
  }
  // After a recovery the disk has what was written before the mount. On a fresh
  // disk an atom without an entry is zeros.
  if (!s_.recovered || !s_.shown.Has(inode)) return {};
  const Result<AtomBytes> found =
      s_.shown.ReadAtom(s_.disk.disk(), inode, atom);
  return found ? *found : AtomBytes{};
}

void Effects::NoteFoundContent(Generation& generation) {
  // Conditions name contents. The first write replaces what was found, so that
  // this is the last moment to learn its content.
  const bool found = s_.recovered && generation.chain.newest() == 0;
  if (!found || generation.sector == 0) return;
  AtomBytes bytes;
  if (!s_.disk.Read(generation.sector, bytes)) return;
  generation.chain.versions[0].content = ContentOf(bytes);
}

std::vector<Effects::TouchedAtom> Effects::Touch(Batch& batch,
                                                 InodeNumber inode,
                                                 uint64_t offset,
                                                 std::string_view content) {
  const Shape& shape = s_.shown.file(inode).shape;
  const bool records_only = s_.barrier != 0 || s_.rules.data_journal;
  std::vector<TouchedAtom> touched;
  const uint64_t end = offset + content.size();
  for (uint64_t at = offset; at < end;) {
    TouchedAtom& t = touched.emplace_back();
    t.atom = at / kAtom;
    t.bytes = Memory(inode, t.atom);
    const uint64_t stop = std::min(end, (t.atom + 1) * kAtom);
    const ByteSpan part = AsBytes(content.substr(at - offset, stop - at));
    std::copy(part.begin(), part.end(), t.bytes.begin() + at % kAtom);
    at = stop;
    t.in_records = records_only;
    if (TakesWrites(shape, t.atom)) {
      t.layer = shape.atoms.At(t.atom).back();
      Generation& generation = s_.generations.at(t.layer.generation);
      NoteFoundContent(generation);
      t.in_records |= generation.in_records;
    } else {
      t.fresh = true;
      // Over a cut atom the old bytes must show until the new ones are there.
      // Only a record can be missing without hiding them.
      if (shape.atoms.Has(t.atom)) {
        t.in_records = true;
        t.layer.generation = batch.NewGeneration();
      } else {
        t.old_contents =
            s_.rules.new_space_is_stale || s_.Has(SimfsBug::kSizeBeforeData);
        const Batch::Space space =
            batch.NewSpace(inode, t.atom, t.old_contents);
        t.layer.generation = space.generation;
        t.layer.sector = space.sector;
      }
    }
    PlaceData(batch, t);
  }
  return touched;
}

// Adds the bytes to the batch: in their sector, or in a record of their own.
void Effects::PlaceData(Batch& batch, TouchedAtom& touched) {
  if (!touched.in_records) {
    batch.AddData(touched.layer.sector, touched.bytes);
    return;
  }
  touched.version = 1;
  if (!touched.fresh) {
    const Generation& generation = s_.generations.at(touched.layer.generation);
    touched.version = generation.found_version + generation.chain.newest() + 1;
  }
  touched.record = batch.AddRecord(
      {AtomChange{touched.layer.generation, touched.version, touched.bytes}},
      false);
}

// Returns the shapes that a write goes through; none if it stays inside space
// that the file has. Under extends_in_parts a write that makes the file longer
// passes every multiple of an atom on its way, and a crash may leave any of
// them.
std::vector<Shape> Effects::ShapesOfWrite(
    const Shape& shape, uint64_t end,
    const std::vector<TouchedAtom>& touched) const {
  std::vector<Shape> shapes;
  const bool grows = end > shape.size;
  const bool gives_space = std::any_of(touched.begin(), touched.end(),
                                       [](const auto& t) { return t.fresh; });
  if (!grows && !gives_space) return shapes;
  Shape next = shape;
  size_t given = 0;
  const auto add = [&](uint64_t size, uint64_t written_to) {
    next.size = std::max(next.size, size);
    next.valid = std::max(next.valid, written_to);
    for (; given < touched.size() && touched[given].atom * kAtom < written_to;
         ++given) {
      const TouchedAtom& t = touched[given];
      if (!t.fresh) continue;
      AtomMap layers = next.atoms.At(t.atom);
      layers.push_back(t.layer);
      next.atoms.Set(t.atom, std::move(layers));
    }
    shapes.push_back(next);
  };
  if (grows && s_.rules.extends_in_parts) {
    for (uint64_t size = (shape.size / kAtom + 1) * kAtom; size < end;
         size += kAtom) {
      add(size, size);
    }
  }
  add(end, end);
  return shapes;
}

// Adds the versions of atoms that were written. `shapes` are those of the
// write, the first of which is version `first_shape` of the file's shape.
void Effects::AddAtoms(const VersionSource& source, InodeNumber inode,
                       const Batch& batch, std::vector<TouchedAtom>& touched,
                       uint32_t first_shape, const std::vector<Shape>& shapes) {
  LiveFile& file = s_.files[inode];
  for (const TouchedAtom& t : touched) {
    Generation& generation = s_.generations[t.layer.generation];
    if (t.fresh) {
      generation.inode = inode;
      generation.atom = t.atom;
      generation.sector = t.layer.sector;
      generation.chain.versions[0].content = ContentOfNew(t.old_contents);
      // A flush of placed data asks whether the shape that gave the space is
      // durable.
      const auto giving =
          std::find_if(shapes.begin(), shapes.end(), [&](const Shape& shape) {
            GenerationLayer plain;
            const AtomLayers layers = shape.atoms.Find(t.atom, plain);
            return !layers.empty() &&
                   layers.back().generation == t.layer.generation;
          });
      POWERCUT_CHECK(giving != shapes.end());
      generation.given_by =
          first_shape + static_cast<uint32_t>(giving - shapes.begin());
      file.generations[t.atom].push_back(t.layer.generation);
    }
    generation.in_records |= t.in_records;
    if (t.record != 0) {
      AddVersion(generation.chain, source, t.record);
    } else {
      generation.chain.versions.push_back(
          {.source = source,
           .event = batch.EventOf(generation.sector),
           .content = ContentOf(t.bytes)});
    }
    done_.data.push_back({t.layer.generation, generation.chain.newest()});
    file.memory[t.atom] = t.bytes;
    file.open_atoms.insert(t.atom);
  }
}

std::string Effects::Write(const VersionSource& source, InodeNumber inode,
                           uint64_t offset, std::string_view content) {
  if (content.empty()) return {};
  // A store changes no times (docs/semantics.md 2.2).
  const bool store = source.view != 0;
  Batch batch(s_);
  std::vector<TouchedAtom> touched = Touch(batch, inode, offset, content);
  const std::vector<Shape> shapes = ShapesOfWrite(
      s_.shown.file(inode).shape, offset + content.size(), touched);
  std::vector<RecordNumber> shape_records;
  // Sizes and times that a write changes are not in the journal: they follow
  // when the data is written out.
  for (const Shape& shape : shapes) {
    shape_records.push_back(
        batch.AddRecord({ShapeChange{inode, shape}}, /*journalled=*/false));
  }
  RecordNumber times = 0;
  if (!store) {
    times = batch.AddRecord({TimesChange{inode, source.op}}, false);
  }
  if (std::string error = batch.Commit(); !error.empty()) return error;
  LiveFile& file = s_.files[inode];
  const uint32_t first_shape = file.shape.newest() + 1;
  for (const RecordNumber record : shape_records) {
    done_.shape.push_back(AddVersion(file.shape, source, record));
  }
  AddAtoms(source, inode, batch, touched, first_shape, shapes);
  if (times != 0) {
    done_.times.push_back(AddVersion(file.times, source, times));
  }
  Finish(batch);
  return {};
}

// Cut bytes read as zeros if the file grows again.
void Effects::CutMemory(LiveFile& file, uint64_t size) {
  file.ahead = {};
  file.memory.erase(file.memory.lower_bound((size + kAtom - 1) / kAtom),
                    file.memory.end());
  const auto tail = file.memory.find(size / kAtom);
  if (tail == file.memory.end()) return;
  std::fill(tail->second.begin() + static_cast<ptrdiff_t>(size % kAtom),
            tail->second.end(), std::byte{0});
}

// Takes the space beyond the new end out of the shape, except for what
// ZeroPage() keeps. Returns the atoms that were zeroed.
std::vector<Effects::TouchedAtom> Effects::CutShape(Batch& batch,
                                                    InodeNumber inode,
                                                    uint64_t size,
                                                    Shape& shape) {
  if (s_.Has(SimfsBug::kTruncateKeepsBytes)) return {};
  const bool zeroes = s_.rules.truncation_zeroes_page;
  const uint64_t unit = zeroes ? kPage : kAtom;
  const uint64_t kept = (size + unit - 1) / unit * unit;
  shape.atoms.EraseFrom(kept / kAtom);
  if (zeroes) return ZeroPage(batch, inode, size, shape);
  AtomMap tail = shape.atoms.At(size / kAtom);
  if (!tail.empty()) {
    CutAtom(tail, static_cast<uint16_t>(size % kAtom));
    shape.atoms.Set(size / kAtom, std::move(tail));
  }
  return {};
}

// Zeroes the page of the new end from there on. The page keeps its space, and
// the zeros are data with no order to the new size. The new shape cuts what the
// page held before, so that old bytes never show under the new size.
std::vector<Effects::TouchedAtom> Effects::ZeroPage(Batch& batch,
                                                    InodeNumber inode,
                                                    uint64_t size,
                                                    Shape& shape) {
  const bool records_only = s_.barrier != 0 || s_.rules.data_journal;
  std::vector<TouchedAtom> touched;
  // At most one page: the space beyond it is gone.
  std::map<uint64_t, AtomMap> kept;
  shape.atoms.ForEach(
      [&](uint64_t atom, AtomLayers layers) {
        kept[atom].assign(layers.begin(), layers.end());
        return true;
      },
      size / kAtom);
  for (auto& [atom, layers] : kept) {
    const uint64_t begin = atom * kAtom;
    const auto cut = static_cast<uint16_t>(size > begin ? size - begin : 0);
    if (!TakesWrites(shape, atom)) {
      CutAtom(layers, cut);
      shape.atoms.Set(atom, layers);
      continue;
    }
    TouchedAtom& t = touched.emplace_back();
    t.atom = atom;
    t.layer = layers.back();
    t.bytes = Memory(inode, t.atom);
    std::fill(t.bytes.begin() + cut, t.bytes.end(), std::byte{0});
    Generation& generation = s_.generations.at(t.layer.generation);
    NoteFoundContent(generation);
    // The zeros may bring back contents that the condition of a record asks to
    // be gone. In place they would make that record no longer count.
    const auto superseded_contents =
        s_.superseded_contents.find(t.layer.sector);
    t.in_records = records_only || generation.in_records ||
                   (superseded_contents != s_.superseded_contents.end() &&
                    superseded_contents->second.contains(ContentOf(t.bytes)));
    PlaceData(batch, t);
    if (!s_.Has(SimfsBug::kTruncateTrustsZeros)) {
      NoteZeroed(t, cut, layers.back());
      shape.atoms.Set(atom, layers);
    }
  }
  return touched;
}

// Lists in the shape what a crash can leave in place of the zeros, with the cut
// as far as it may show. An earlier truncation may have listed the same content
// already; the smaller cut holds.
void Effects::NoteZeroed(const TouchedAtom& touched, uint16_t cut,
                         GenerationLayer& layer) const {
  if (touched.in_records) {
    layer.zeroed.push_back({.before_version = touched.version, .cut = cut});
    return;
  }
  const Generation& generation = s_.generations.at(layer.generation);
  const auto& versions = generation.chain.versions;
  const uint32_t newest = generation.chain.newest();
  for (uint32_t old = DurableVersion(s_, generation, newest); old <= newest;
       ++old) {
    const uint64_t content = versions[old].content;
    if (content == ContentOf(touched.bytes)) continue;
    const auto known =
        std::ranges::find(layer.zeroed, content, &ZeroedOver::content);
    if (known == layer.zeroed.end()) {
      layer.zeroed.push_back({.content = content, .cut = cut});
    } else {
      known->cut = std::min(known->cut, cut);
    }
  }
}

// Gives space with old contents to the atoms that begin in [from, to) and have
// no space. An atom that begins before `from` keeps its space and its zeros.
void Effects::AddStaleSpace(Batch& batch, uint64_t from, uint64_t to,
                            Shape& shape, GivenSpace& given) {
  for (uint64_t atom = (from + kAtom - 1) / kAtom; atom * kAtom < to; ++atom) {
    if (shape.atoms.Has(atom)) continue;
    const GenerationLayer layer{.generation = batch.NewGeneration(),
                                .sector = batch.NewSector(true)};
    shape.atoms.Set(atom, {layer});
    given.emplace_back(atom, layer);
  }
}

// Adds generations that begin with the newest shape and not with a write.
void Effects::AddGenerations(InodeNumber inode, const GivenSpace& given) {
  LiveFile& file = s_.files[inode];
  for (const auto& [atom, layer] : given) {
    Generation& generation = s_.generations[layer.generation];
    generation.inode = inode;
    generation.atom = atom;
    generation.sector = layer.sector;
    generation.given_by = file.shape.newest();
    generation.chain.versions[0].content = ContentOfNew(true);
    file.generations[atom].push_back(layer.generation);
  }
}

std::string Effects::Resize(const VersionSource& source, InodeNumber inode,
                            uint64_t size, Resizing how) {
  Shape shape = s_.shown.file(inode).shape;
  const uint64_t old_size = shape.size;
  if (size == old_size) return {};
  const bool sets_times =
      how == Resizing::kTruncate || how == Resizing::kSetEndOfFile;
  const bool gives_space =
      how == Resizing::kSetEndOfFile || how == Resizing::kMap;
  Batch batch(s_);
  GivenSpace given;
  std::vector<TouchedAtom> zeroed;
  shape.size = size;
  if (size < old_size) {
    shape.valid = std::min(shape.valid, size);
    zeroed = CutShape(batch, inode, size, shape);
  } else if (gives_space && s_.rules.set_size_is_stale) {
    AddStaleSpace(batch, old_size, size, shape, given);
  }
  const RecordNumber record =
      batch.AddRecord({ShapeChange{inode, shape}}, /*journalled=*/true);
  // A size that an op sets is in the journal, the time that changes with it is
  // not (docs/semantics.md 2.4, meta_total).
  RecordNumber times = 0;
  if (sets_times) {
    times = batch.AddRecord({TimesChange{inode, source.op}}, false);
  }
  if (std::string error = batch.Commit(); !error.empty()) return error;
  LiveFile& file = s_.files[inode];
  if (size < old_size) CutMemory(file, size);
  AddAtoms(source, inode, batch, zeroed, 0, {});
  done_.shape.push_back(AddVersion(file.shape, source, record));
  NoteSet(source, inode, record);
  if (how == Resizing::kFallocate) file.fallocated_shape = file.shape.newest();
  AddGenerations(inode, given);
  if (times != 0) {
    done_.times.push_back(AddVersion(file.times, source, times));
  }
  Finish(batch);
  return {};
}

std::string Effects::SetValidData(const VersionSource& source,
                                  InodeNumber inode, uint64_t valid) {
  Shape shape = s_.shown.file(inode).shape;
  Batch batch(s_);
  GivenSpace given;
  AddStaleSpace(batch, shape.valid, valid, shape, given);
  shape.valid = valid;
  const RecordNumber record =
      batch.AddRecord({ShapeChange{inode, shape}}, /*journalled=*/true);
  if (std::string error = batch.Commit(); !error.empty()) return error;
  LiveFile& file = s_.files[inode];
  done_.shape.push_back(AddVersion(file.shape, source, record));
  NoteSet(source, inode, record);
  AddGenerations(inode, given);
  Finish(batch);
  return {};
}

}  // namespace powercut::simfs
