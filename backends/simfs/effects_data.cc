// Data and shapes: writes, stores, sizes.

#include <algorithm>

#include "backends/simfs/effects.h"
#include "harness/base/check.h"

namespace powercut::simfs {
namespace {

// A generation that a cut superseded_contents, or that never began, takes no
// more writes.
bool TakesWrites(const Shape& shape, uint64_t atom) {
  const auto found = shape.atoms.find(atom);
  return found != shape.atoms.end() && found->second.back().cut == kAtom;
}

uint64_t ContentOfNew(bool old_contents) {
  AtomBytes bytes;
  bytes.fill(old_contents ? kOldByte : std::byte{0});
  return ContentOf(bytes);
}

}  // namespace

struct Effects::TouchedAtom {
  uint64_t atom = 0;
  AtomBytes bytes{};
  // The generation it goes to; if it is new, as shapes have it.
  GenerationLayer layer;
  bool fresh = false;
  bool in_records = false;
  bool old_contents = false;  // of a fresh sector
  RecordNumber record = 0;
  uint32_t version = 0;  // in the record
};

AtomBytes Effects::Memory(InodeNumber inode, uint64_t atom) {
  auto& memory = s_.files[inode].memory;
  if (const auto found = memory.find(atom); found != memory.end()) {
    return found->second;
  }
  if (!s_.recovered || !s_.shown.Has(inode)) return {};
  const Result<AtomBytes> found =
      s_.shown.ReadAtom(s_.disk.disk(), inode, atom);
  return found ? *found : AtomBytes{};
}

void Effects::NoteFoundContent(Generation& generation) {
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
      t.layer = shape.atoms.at(t.atom).back();
      Generation& generation = s_.generations.at(t.layer.generation);
      NoteFoundContent(generation);
      t.in_records |= generation.in_records;
    } else {
      t.fresh = true;
      t.layer.generation = batch.NewGeneration();
      // On a cut atom the new generation must show the old bytes until it is
      // written: only a record can be missing without hiding them.
      if (shape.atoms.contains(t.atom)) {
        t.in_records = true;
      } else {
        t.old_contents =
            s_.rules.new_space_is_stale || s_.Has(SimfsBug::kSizeBeforeData);
        t.layer.sector = batch.NewSector(t.old_contents);
      }
    }
    PlaceData(batch, t);
  }
  return touched;
}

// In its sector, or in a record of its own.
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
      if (t.fresh) next.atoms[t.atom].push_back(t.layer);
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
      const auto giving =
          std::find_if(shapes.begin(), shapes.end(), [&](const Shape& shape) {
            const auto found = shape.atoms.find(t.atom);
            return found != shape.atoms.end() &&
                   found->second.back().generation == t.layer.generation;
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
  }
}

std::string Effects::Write(const VersionSource& source, InodeNumber inode,
                           uint64_t offset, std::string_view content) {
  if (content.empty()) return {};
  const bool store = source.view != 0;
  Batch batch(s_);
  std::vector<TouchedAtom> touched = Touch(batch, inode, offset, content);
  const std::vector<Shape> shapes = ShapesOfWrite(
      s_.shown.file(inode).shape, offset + content.size(), touched);
  std::vector<RecordNumber> shape_records;
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

void Effects::CutMemory(LiveFile& file, uint64_t size) {
  file.memory.erase(file.memory.lower_bound((size + kAtom - 1) / kAtom),
                    file.memory.end());
  const auto tail = file.memory.find(size / kAtom);
  if (tail == file.memory.end()) return;
  std::fill(tail->second.begin() + static_cast<ptrdiff_t>(size % kAtom),
            tail->second.end(), std::byte{0});
}

// Forgets what lies beyond the new end, but for what ZeroPage() keeps.
std::vector<Effects::TouchedAtom> Effects::CutShape(Batch& batch,
                                                    InodeNumber inode,
                                                    uint64_t size,
                                                    Shape& shape) {
  if (s_.Has(SimfsBug::kTruncateKeepsBytes)) return {};
  const bool zeroes = s_.rules.truncation_zeroes_page;
  const uint64_t unit = zeroes ? kPage : kAtom;
  const uint64_t kept = (size + unit - 1) / unit * unit;
  shape.atoms.erase(shape.atoms.lower_bound(kept / kAtom), shape.atoms.end());
  if (zeroes) return ZeroPage(batch, inode, size, shape);
  const auto tail = shape.atoms.find(size / kAtom);
  if (tail != shape.atoms.end()) {
    CutAtom(tail->second, static_cast<uint16_t>(size % kAtom));
  }
  return {};
}

// The rest of the page in which the new end lies keeps its space, and gets
// zeros there: data of its own, with no order to the size. What it held before
// is cut by the shape.
std::vector<Effects::TouchedAtom> Effects::ZeroPage(Batch& batch,
                                                    InodeNumber inode,
                                                    uint64_t size,
                                                    Shape& shape) {
  const bool records_only = s_.barrier != 0 || s_.rules.data_journal;
  std::vector<TouchedAtom> touched;
  for (auto at = shape.atoms.lower_bound(size / kAtom); at != shape.atoms.end();
       ++at) {
    const uint64_t begin = at->first * kAtom;
    const auto cut = static_cast<uint16_t>(size > begin ? size - begin : 0);
    if (!TakesWrites(shape, at->first)) {
      CutAtom(at->second, cut);
      continue;
    }
    TouchedAtom& t = touched.emplace_back();
    t.atom = at->first;
    t.layer = at->second.back();
    t.bytes = Memory(inode, t.atom);
    std::fill(t.bytes.begin() + cut, t.bytes.end(), std::byte{0});
    Generation& generation = s_.generations.at(t.layer.generation);
    NoteFoundContent(generation);
    const auto superseded_contents =
        s_.superseded_contents.find(t.layer.sector);
    t.in_records = records_only || generation.in_records ||
                   (superseded_contents != s_.superseded_contents.end() &&
                    superseded_contents->second.contains(ContentOf(t.bytes)));
    PlaceData(batch, t);
    if (!s_.Has(SimfsBug::kTruncateTrustsZeros)) {
      NoteZeroed(t, cut, at->second.back());
    }
  }
  return touched;
}

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

// The atoms that begin in [from, to) and have no space get some that nobody
// wrote.
void Effects::AddStaleSpace(Batch& batch, uint64_t from, uint64_t to,
                            Shape& shape, GivenSpace& given) {
  for (uint64_t atom = (from + kAtom - 1) / kAtom; atom * kAtom < to; ++atom) {
    if (shape.atoms.contains(atom)) continue;
    const GenerationLayer layer{.generation = batch.NewGeneration(),
                                .sector = batch.NewSector(true)};
    shape.atoms[atom] = {layer};
    given.emplace_back(atom, layer);
  }
}

// Generations that begin with the newest shape, not with a write.
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
  // A size that is set is journalled; the time that goes with it is not.
  RecordNumber times = 0;
  if (sets_times) {
    times = batch.AddRecord({TimesChange{inode, source.op}}, false);
  }
  if (std::string error = batch.Commit(); !error.empty()) return error;
  LiveFile& file = s_.files[inode];
  if (size < old_size) CutMemory(file, size);
  AddAtoms(source, inode, batch, zeroed, 0, {});
  done_.shape.push_back(AddVersion(file.shape, source, record));
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
  AddGenerations(inode, given);
  Finish(batch);
  return {};
}

}  // namespace powercut::simfs
