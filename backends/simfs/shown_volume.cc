#include "backends/simfs/shown_volume.h"

#include <algorithm>

#include "backends/simfs/layout.h"

namespace powercut::simfs {
namespace {

constexpr uint64_t kAtom = 512;

}  // namespace

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
    const auto tail = file.shape.atoms.find(file.shape.size / kAtom);
    if (tail == file.shape.atoms.end()) continue;
    CutAtom(tail->second, static_cast<uint16_t>(file.shape.size % kAtom));
  }
}

Result<AtomBytes> ShownVolume::ReadAtom(VirtualDisk& disk, InodeNumber inode,
                                        uint64_t index) const {
  AtomBytes bytes{};
  const Shape& shape = file(inode).shape;
  const auto found = shape.atoms.find(index);
  if (found == shape.atoms.end()) return bytes;
  for (const GenerationLayer& layer : found->second) {
    const auto recorded = atoms_.find(layer.generation);
    if (recorded != atoms_.end()) {
      bytes = recorded->second.bytes;
    } else if (layer.sector != 0) {
      POWERCUT_TRY(disk.Read(layer.sector, bytes));
    }
    std::fill(bytes.begin() + layer.cut, bytes.end(), std::byte{0});
  }
  return bytes;
}

void ShownVolume::ObserveFile(VirtualDisk& disk, InodeNumber inode,
                              ObservedEntry& entry) const {
  const ShownFile& shown = file(inode);
  const Shape& shape = shown.shape;
  entry.valid_bytes = shape.valid;
  entry.size_bytes = shape.size;
  entry.content.assign(shape.size, '\0');
  for (const auto& [index, atom] : shape.atoms) {
    const uint64_t begin = index * kAtom;
    if (begin >= shape.size) break;
    const Result<AtomBytes> bytes = ReadAtom(disk, inode, index);
    if (!bytes) {
      entry.unreadable = "EIO";
      entry.content.clear();
      return;
    }
    const uint64_t size = std::min(kAtom, shape.size - begin);
    entry.content.replace(begin, size, AsText(*bytes).substr(0, size));
  }
}

void ShownVolume::ObserveDirectory(VirtualDisk& disk, InodeNumber directory,
                                   const std::string& path,
                                   std::vector<InodeNumber>& above,
                                   Observation& observation) const {
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
