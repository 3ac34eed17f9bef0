// Makes files of records, and finds the bytes of a file.
//
// Each change replaces what was shown of its object. The bytes of an atom are
// looked for from its newest layer down. A record of
// the generation comes first, then the sector of the generation; a layer that
// has neither lets the layer below it show, and every layer on the way cuts.
//
// Example: an atom has the layers {generation 1, sector 1032, cut 100} and
// {generation 2, no sector, cut 512}. With an atom record of generation 2, its
// 512 bytes show. If a crash lost that record, the first 100 bytes of sector
// 1032 show, and zeros after them.

#include "backends/simfs/shown_volume.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "backends/simfs/layout.h"

namespace powercut::simfs {
void CutAtom(AtomMap& atom, uint16_t bytes) {
  GenerationLayer& top = atom.back();
  top.cut = std::min(top.cut, bytes);
}

void ShownVolume::Apply(const Record& record) {
  for (const Change& change : record.changes) {
    if (const auto* name = std::get_if<NameChange>(&change)) {
      const NameKey key{name->directory, name->name};
      if (name->inode == kNoInode) {
        names_.erase(key);
        continue;
      }
      names_[key] = name->inode;
      ShownFile& file = files_[name->inode];
      file.is_directory = name->is_directory;
      file.created_mtime = name->created_mtime;
    } else if (const auto* shape = std::get_if<ShapeChange>(&change)) {
      files_[shape->inode].shape = shape->shape;
    } else if (const auto* times = std::get_if<TimesChange>(&change)) {
      files_[times->inode].mtime = times->mtime;
    } else if (const auto* atom = std::get_if<AtomChange>(&change)) {
      atoms_[atom->generation] = {atom->version, atom->bytes};
    }
  }
}

void ShownVolume::CutTails() {
  for (auto& [inode, file] : files_) {
    auto& atoms = file.shape.atoms;
    atoms.erase(atoms.lower_bound((file.shape.size + kAtom - 1) / kAtom),
                atoms.end());
    const auto tail = atoms.find(file.shape.size / kAtom);
    if (tail == atoms.end()) continue;
    CutAtom(tail->second, static_cast<uint16_t>(file.shape.size % kAtom));
  }
}

ShownVolume::AtomSource ShownVolume::SourceOf(const AtomMap& atom) const {
  AtomSource source;
  for (auto layer = atom.rbegin(); layer != atom.rend(); ++layer) {
    source.size_bytes = std::min(source.size_bytes, layer->cut);
    const auto recorded = atoms_.find(layer->generation);
    const uint32_t version = RecordedVersion(layer->generation);
    // Zeros that went into a record cut whatever is older than that record.
    for (const ZeroedOver& over : layer->zeroed) {
      if (version >= over.before_version) continue;
      source.size_bytes = std::min(source.size_bytes, over.cut);
    }
    if (recorded != atoms_.end()) {
      source.recorded = &recorded->second.bytes;
      return source;
    }
    if (layer->sector != 0) {
      source.sector = layer->sector;
      std::ranges::copy_if(
          layer->zeroed, std::back_inserter(source.zeroed),
          [](const ZeroedOver& over) { return over.before_version == 0; });
      return source;
    }
  }
  source.size_bytes = 0;
  return source;
}

Status ShownVolume::ReadFrom(VirtualDisk& disk, const AtomSource& source,
                             AtomSpan atom) {
  uint16_t size = source.size_bytes;
  if (source.recorded != nullptr) {
    std::ranges::copy(*source.recorded, atom.begin());
  } else if (source.sector != 0) {
    POWERCUT_TRY(disk.Read(source.sector, atom));
    // Zeros that went into the sector cut the contents that they replaced.
    for (const ZeroedOver& over : source.zeroed) {
      if (over.content == ContentOf(atom)) size = std::min(size, over.cut);
    }
  }
  std::ranges::fill(atom.subspan(size), std::byte{0});
  return Ok{};
}

Result<AtomBytes> ShownVolume::ReadAtom(VirtualDisk& disk, InodeNumber inode,
                                        uint64_t index) const {
  AtomBytes bytes{};
  const Shape& shape = file(inode).shape;
  const auto found = shape.atoms.find(index);
  if (found == shape.atoms.end()) return bytes;
  POWERCUT_TRY(ReadFrom(disk, SourceOf(found->second), bytes));
  return bytes;
}

// A sector of data goes into the content as it is, and nothing else depends on
// it. The disk is told so (docs/crash_model.md 5, copied data), unless the
// sector was zeroed: then its content decides how much of it shows.
void ShownVolume::ObserveFile(VirtualDisk& disk, InodeNumber inode,
                              ObservedEntry& entry) const {
  const ShownFile& shown = file(inode);
  const Shape& shape = shown.shape;
  entry.valid_bytes = shape.valid;
  entry.size_bytes = shape.size;
  // The content has whole atoms at first, so that each can be read to its
  // place.
  entry.content.assign((shape.size + kAtom - 1) / kAtom * kAtom, '\0');
  const auto content = std::as_writable_bytes(std::span(entry.content));
  for (const auto& [index, layers] : shape.atoms) {
    const uint64_t begin = index * kAtom;
    if (begin >= shape.size) break;
    const AtomSpan atom = content.subspan(begin).first<kAtom>();
    const AtomSource source = SourceOf(layers);
    const uint64_t size =
        std::min<uint64_t>(source.size_bytes, shape.size - begin);
    if (source.zeroed.empty()) {
      disk.DeclareCopyTarget(entry.path, atom.first(size), begin);
    }
    const Status read = ReadFrom(disk, source, atom);
    disk.EndCopyTarget();
    if (!read) {
      entry.unreadable = "EIO";
      entry.content.clear();
      return;
    }
  }
  entry.content.resize(shape.size);
}

void ShownVolume::ObserveDirectory(VirtualDisk& disk, InodeNumber directory,
                                   const std::string& path,
                                   std::vector<InodeNumber>& above,
                                   Observation& observation) const {
  // `above` holds the directories on the way from the root: a crash can leave a
  // directory below itself.
  above.push_back(directory);
  for (auto name = names_.lower_bound({directory, ""});
       name != names_.end() && name->first.first == directory; ++name) {
    const InodeNumber inode = name->second;
    ObservedEntry entry;
    entry.path = path + "/" + name->first.second;
    entry.is_directory = file(inode).is_directory;
    entry.file_id = inode;
    entry.mtime = file(inode).mtime.value_or(file(inode).created_mtime);
    if (!entry.is_directory) ObserveFile(disk, inode, entry);
    const std::string below = entry.path;
    observation.entries.push_back(std::move(entry));
    const bool loop =
        std::find(above.begin(), above.end(), inode) != above.end();
    if (file(inode).is_directory && !loop) {
      ObserveDirectory(disk, inode, below, above, observation);
    }
  }
  above.pop_back();
}

void ShownVolume::Observe(VirtualDisk& disk, Observation& observation) const {
  std::vector<InodeNumber> above;
  ObserveDirectory(disk, kRootInode, "", above, observation);
  std::sort(observation.entries.begin(), observation.entries.end(),
            [](const ObservedEntry& a, const ObservedEntry& b) {
              return a.path < b.path;
            });
}

}  // namespace powercut::simfs
