// Makes files of records. Each change replaces what was shown of its object.

#include "backends/simfs/shown_volume.h"

namespace powercut::simfs {

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
  for (auto& [inode, file] : files_) CutTail(file.shape);
}

Result<AtomBytes> ShownVolume::ReadAtom(VirtualDisk& disk, InodeNumber inode,
                                        uint64_t index) {
  AtomBytes bytes{};
  GenerationLayer plain;
  const AtomLayers layers = file(inode).shape.atoms.Find(index, plain);
  if (layers.empty()) return bytes;
  POWERCUT_TRY(ReadAtomOf(disk, *this, layers, bytes));
  return bytes;
}

ShownObjects::Names ShownVolume::NamesIn(InodeNumber directory) {
  Names names;
  for (auto name = names_.lower_bound({directory, ""});
       name != names_.end() && name->first.first == directory; ++name) {
    names.emplace_back(name->first.second, name->second);
  }
  return names;
}

InodeNumber ShownVolume::Lookup(InodeNumber directory,
                                const std::string& name) {
  const auto found = names_.find({directory, name});
  return found == names_.end() ? kNoInode : found->second;
}

bool ShownVolume::IsDirectory(InodeNumber inode) {
  return file(inode).is_directory;
}

uint64_t ShownVolume::TimeOf(InodeNumber inode) {
  const ShownFile& shown = file(inode);
  return shown.mtime.value_or(shown.created_mtime);
}

const Shape& ShownVolume::ShapeOf(InodeNumber inode) {
  return file(inode).shape;
}

ShownAtom ShownVolume::AtomOf(GenerationId generation) {
  const auto found = atoms_.find(generation);
  if (found == atoms_.end()) return {};
  return {found->second.version, &found->second.bytes};
}

}  // namespace powercut::simfs
