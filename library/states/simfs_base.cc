// Asks the shown objects of the mount. Data comes in atoms of 512 bytes: each
// one that a range touches is read whole.

#include "library/states/simfs_base.h"

#include <algorithm>
#include <cstring>

namespace powercut {

std::vector<BaseEntry> SimfsBase::EntriesOf(BaseId directory) {
  simfs::ShownObjects& objects = mount_.Objects();
  std::vector<BaseEntry> entries;
  for (auto& [name, inode] : objects.NamesIn(directory)) {
    entries.push_back({name, inode, objects.IsDirectory(inode)});
  }
  return entries;
}

std::optional<BaseEntry> SimfsBase::Lookup(BaseId directory,
                                           const std::string& name) {
  simfs::ShownObjects& objects = mount_.Objects();
  const simfs::InodeNumber inode = objects.Lookup(directory, name);
  if (inode == simfs::kNoInode) return std::nullopt;
  return BaseEntry{name, inode, objects.IsDirectory(inode)};
}

const simfs::Shape& SimfsBase::ShapeOf(BaseId file) {
  if (last_shape_ != nullptr && shape_of_ == file) return *last_shape_;
  const simfs::Shape*& shape = shapes_[file];
  if (shape == nullptr) shape = &mount_.Objects().ShapeOf(file);
  shape_of_ = file;
  last_shape_ = shape;
  return *shape;
}

uint64_t SimfsBase::SizeOf(BaseId file) { return ShapeOf(file).size; }

Status SimfsBase::Read(BaseId file, uint64_t offset_bytes,
                       MutableByteSpan out) {
  simfs::ShownObjects& objects = mount_.Objects();
  const simfs::Shape& shape = ShapeOf(file);
  for (uint64_t done = 0; done < out.size();) {
    const uint64_t at = offset_bytes + done;
    const uint64_t in_atom = at % simfs::kAtom;
    const uint64_t count =
        std::min<uint64_t>(simfs::kAtom - in_atom, out.size() - done);
    const MutableByteSpan piece = out.subspan(done, count);
    simfs::GenerationLayer plain;
    const simfs::AtomLayers layers = shape.atoms.Find(at / simfs::kAtom, plain);
    if (layers.empty()) {
      std::ranges::fill(piece, std::byte{0});
    } else {
      const uint64_t index = at / simfs::kAtom;
      if (atom_of_ != file || atom_index_ != index) {
        atom_of_ = 0;
        POWERCUT_TRY(simfs::ReadAtomOf(mount_.disk(), objects, layers,
                                       std::span(atom_)));
        atom_of_ = file;
        atom_index_ = index;
      }
      std::memcpy(piece.data(), atom_.data() + in_atom, count);
    }
    done += count;
  }
  return Ok{};
}

}  // namespace powercut
