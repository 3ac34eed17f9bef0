// Finds the bytes of a file, and makes an observation of a volume.
//
// The bytes of an atom are looked for from its newest layer down. A record of
// the generation comes first, then the sector of the generation; a layer that
// has neither lets the layer below it show, and every layer on the way cuts.
//
// Example: an atom has the layers {generation 1, sector 1032, cut 100} and
// {generation 2, no sector, cut 512}. With an atom record of generation 2, its
// 512 bytes show. If a crash lost that record, the first 100 bytes of sector
// 1032 show, and zeros after them.

#include "backends/simfs/shown_objects.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace powercut::simfs {
namespace {

using AtomSpan = std::span<std::byte, std::tuple_size_v<AtomBytes>>;

// Where the bytes of an atom are: in a record, in a sector, or nowhere, if the
// atom reads as zeros.
struct AtomSource {
  const AtomBytes* recorded = nullptr;
  uint32_t sector = 0;
  // How many bytes show; zeros follow them.
  uint16_t size_bytes = std::tuple_size_v<AtomBytes>;
  // For a sector: the contents of which less shows.
  std::vector<ZeroedOver> zeroed;
};

AtomSource SourceOf(ShownObjects& objects, AtomLayers atom) {
  AtomSource source;
  for (auto layer = atom.rbegin(); layer != atom.rend(); ++layer) {
    source.size_bytes = std::min(source.size_bytes, layer->cut);
    const ShownAtom recorded = objects.AtomOf(layer->generation);
    // Zeros that went into a record cut whatever is older than that record.
    for (const ZeroedOver& over : layer->zeroed) {
      if (recorded.version >= over.before_version) continue;
      source.size_bytes = std::min(source.size_bytes, over.cut);
    }
    if (recorded.bytes != nullptr) {
      source.recorded = recorded.bytes;
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

Status ReadFrom(VirtualDisk& disk, const AtomSource& source, AtomSpan atom) {
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

class Observer {
 public:
  Observer(VirtualDisk& disk, ShownObjects& objects, Observation& observation)
      : disk_(disk), objects_(objects), observation_(observation) {}

  void Directory(InodeNumber directory, const std::string& path) {
    // A crash can leave a directory below itself.
    above_.push_back(directory);
    for (const auto& [name, inode] : objects_.NamesIn(directory)) {
      const std::string below = path + "/" + name;
      const bool is_directory = Entry(inode, below);
      const bool loop =
          std::find(above_.begin(), above_.end(), inode) != above_.end();
      if (is_directory && !loop) Directory(inode, below);
    }
    above_.pop_back();
  }

  // Adds the entry of one name. Returns whether it is a directory.
  bool Entry(InodeNumber inode, const std::string& path) {
    ObservedEntry entry;
    entry.path = path;
    entry.is_directory = objects_.IsDirectory(inode);
    entry.file_id = inode;
    objects_.AskFor({ShownPart::kTimes, entry.path});
    entry.mtime = objects_.TimeOf(inode);
    objects_.AskFor({ShownPart::kData, entry.path});
    if (!entry.is_directory) File(objects_.ShapeOf(inode), entry);
    objects_.AskFor({});
    const bool is_directory = entry.is_directory;
    observation_.entries.push_back(std::move(entry));
    return is_directory;
  }

 private:
  // A sector of data goes into the content as it is, and nothing else depends
  // on it. The disk is told so (docs/crash_model.md 5, copied data), unless the
  // sector was zeroed: then its content decides how much of it shows.
  void File(const Shape& shape, ObservedEntry& entry) {
    entry.valid_bytes = shape.valid;
    entry.size_bytes = shape.size;
    // The content has whole atoms at first, so that each can be read to its
    // place.
    entry.content.assign((shape.size + kAtom - 1) / kAtom * kAtom, '\0');
    const auto content = std::as_writable_bytes(std::span(entry.content));
    bool readable = true;
    shape.atoms.ForEach([&](uint64_t index, AtomLayers layers) {
      const uint64_t begin = index * kAtom;
      if (begin >= shape.size) return false;
      const AtomSpan atom = content.subspan(begin).first<kAtom>();
      const AtomSource source = SourceOf(objects_, layers);
      const uint64_t size =
          std::min<uint64_t>(source.size_bytes, shape.size - begin);
      if (source.zeroed.empty()) {
        disk_.DeclareCopyTarget(entry.path, atom.first(size), begin);
      }
      readable = ReadFrom(disk_, source, atom).has_value();
      disk_.EndCopyTarget();
      return readable;
    });
    if (!readable) {
      entry.unreadable = "EIO";
      entry.content.clear();
      return;
    }
    entry.content.resize(shape.size);
  }

  VirtualDisk& disk_;
  ShownObjects& objects_;
  Observation& observation_;
  // The directories on the way from the root.
  std::vector<InodeNumber> above_;
};

// What a path leads to; kNoInode if it leads to nothing.
InodeNumber Resolve(ShownObjects& objects, std::string_view path) {
  InodeNumber at = kRootInode;
  for (size_t begin = 1; begin < path.size() && at != kNoInode;) {
    const size_t end = std::min(path.find('/', begin), path.size());
    at = objects.Lookup(at, std::string(path.substr(begin, end - begin)));
    begin = end + 1;
  }
  return at;
}

}  // namespace

void CutAtom(AtomMap& atom, uint16_t bytes) {
  GenerationLayer& top = atom.back();
  top.cut = std::min(top.cut, bytes);
}

void CutTail(Shape& shape) {
  shape.atoms.EraseFrom((shape.size + kAtom - 1) / kAtom);
  AtomMap tail = shape.atoms.At(shape.size / kAtom);
  if (tail.empty()) return;
  CutAtom(tail, static_cast<uint16_t>(shape.size % kAtom));
  shape.atoms.Set(shape.size / kAtom, std::move(tail));
}

Status ReadAtomOf(VirtualDisk& disk, ShownObjects& objects, AtomLayers layers,
                  AtomSpan bytes) {
  return ReadFrom(disk, SourceOf(objects, layers), bytes);
}

void ObserveTree(VirtualDisk& disk, ShownObjects& objects,
                 Observation& observation) {
  Observer(disk, objects, observation).Directory(kRootInode, "");
  std::sort(observation.entries.begin(), observation.entries.end(),
            [](const ObservedEntry& a, const ObservedEntry& b) {
              return a.path < b.path;
            });
}

void ObservePaths(VirtualDisk& disk, ShownObjects& objects,
                  const std::vector<std::string>& paths,
                  Observation& observation) {
  Observer observer(disk, objects, observation);
  for (const std::string& path : paths) {
    const InodeNumber inode = Resolve(objects, path);
    if (inode != kNoInode) observer.Entry(inode, path);
  }
}

}  // namespace powercut::simfs
