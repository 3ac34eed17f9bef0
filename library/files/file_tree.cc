// Keeps what was changed or looked at, and asks the base for the rest. The
// bytes of a file lie in chunks of one page: a chunk is made when something is
// written in it, from what the base has there. A directory knows some of its
// names, and all of them once it was listed; a name that was taken away stays
// known as gone, so that the base is not asked for it.
//
// Example: a file of 10,000 bytes in the base is cut to 5,000 bytes, and one
// byte is written at 6,000. The base shows up to 5,000 from then on. Chunk 1 is
// made from bytes 4,096 to 4,999 of the base and zeros, and gets the byte; a
// read of byte 100 still goes to the base.

#include "library/files/file_tree.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <cstring>

#include "harness/base/limits.h"

namespace powercut {
namespace {

constexpr uint64_t kChunkBytes = 512;
constexpr uint64_t kNameBytesMax = 255;

using ByteMask = std::bitset<kChunkBytes>;

// The bytes [from, to) of a chunk.
ByteMask MaskOf(uint64_t from, uint64_t to) {
  if (from >= to) return {};
  return (~ByteMask() >> (kChunkBytes - (to - from))) << from;
}

}  // namespace

struct FileChunk {
  std::array<std::byte, kChunkBytes> bytes{};
  // Which bytes are right; the others are those of the base.
  ByteMask known;
};

class FileNode {
 public:
  bool is_directory = false;
  uint64_t number = 0;
  // Where the node is in the base; `std::nullopt` if it is not there.
  std::optional<BaseId> base{};

  // These are about a file. The size is `std::nullopt` as long as it is the one
  // in the base and nobody asked for it.
  std::optional<uint64_t> size_bytes{};
  // How many bytes of the base show; `std::nullopt` as long as nobody asked.
  std::optional<uint64_t> base_bytes{};
  std::map<uint64_t, FileChunk> chunks{};

  // These are about a directory: the names that are known; `nullptr` is a name
  // that is gone.
  std::map<std::string, FileNodePtr, std::less<>> names{};
  bool all_known = false;
};

// The last name of a path, and the directory in which it is or would be.
struct FileTree::Place {
  FileNodePtr directory;
  std::string name;
  // What the name leads to; `nullptr` if there is nothing.
  FileNodePtr node;
  // Whether the path ends with `/`, so that it leads to a directory or nothing.
  bool of_directory = false;
  // Whether it ends with `.`, which is no name that can be given or taken.
  bool is_dot = false;
};

FileTree::FileTree() : root_(std::make_shared<FileNode>()) {
  root_->is_directory = true;
  root_->all_known = true;
}

FileTree::FileTree(FileBase& base) : FileTree() {
  base_ = &base;
  root_->base = base.root();
  root_->all_known = false;
}

bool FileTree::IsDirectory(const FileNode& node) { return node.is_directory; }
uint64_t FileTree::NumberOf(const FileNode& node) { return node.number; }
std::optional<BaseId> FileTree::BaseOf(const FileNode& node) {
  return node.base;
}

// --- names -------------------------------------------------------------------

FileNodePtr FileTree::NodeOf(const BaseEntry& entry) {
  FileNodePtr& node = from_base_[entry.id];
  if (node == nullptr) {
    node = std::make_shared<FileNode>();
    node->is_directory = entry.is_directory;
    node->base = entry.id;
    node->number = next_number_++;
  }
  return node;
}

FileNodePtr FileTree::Child(FileNode& directory, const std::string& name) {
  const auto known = directory.names.find(name);
  if (known != directory.names.end()) return known->second;
  if (directory.all_known) return nullptr;
  const auto entry = base_->Lookup(*directory.base, name);
  FileNodePtr node = entry ? NodeOf(*entry) : nullptr;
  directory.names.emplace(name, node);
  return node;
}

void FileTree::ListAll(FileNode& directory) {
  if (directory.all_known) return;
  for (const BaseEntry& entry : base_->EntriesOf(*directory.base)) {
    if (directory.names.contains(entry.name)) continue;
    directory.names.emplace(entry.name, NodeOf(entry));
  }
  directory.all_known = true;
}

bool FileTree::IsEmpty(FileNode& directory) {
  ListAll(directory);
  return std::ranges::all_of(
      directory.names, [](const auto& name) { return name.second == nullptr; });
}

int FileTree::FindPlace(std::string_view path, Place& place) {
  if (path.empty() || path[0] != '/') return EINVAL;
  place = {nullptr, "", root_};
  for (size_t begin = 1; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty()) continue;
    place.is_dot = name == ".";
    // Names are compared byte by byte, and `..` would need the way back.
    if (name == "..") return EINVAL;
    if (name.size() > kNameBytesMax) return ENAMETOOLONG;
    if (place.node == nullptr) return ENOENT;
    if (!place.node->is_directory) return ENOTDIR;
    if (place.is_dot) continue;
    FileNodePtr directory = std::move(place.node);
    place.name = name;
    place.node = Child(*directory, place.name);
    place.directory = std::move(directory);
  }
  place.of_directory = path.ends_with('/');
  const bool is_file = place.node != nullptr && !place.node->is_directory;
  return place.of_directory && is_file ? ENOTDIR : 0;
}

std::string FileTree::PlainPath(std::string_view path) {
  std::string plain;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    plain += '/';
    plain += name;
  }
  return plain.empty() ? "/" : plain;
}

int FileTree::Find(std::string_view path, FileNodePtr& node) {
  Place place;
  if (const int error = FindPlace(path, place)) return error;
  if (place.node == nullptr) return ENOENT;
  node = std::move(place.node);
  return 0;
}

void FileTree::SetName(const Place& place, FileNodePtr node) {
  place.directory->names[place.name] = std::move(node);
}

int FileTree::Create(std::string_view path, FileNodePtr& node) {
  Place place;
  if (const int error = FindPlace(path, place)) return error;
  if (place.node != nullptr) return EEXIST;
  if (place.of_directory) return EISDIR;
  node = std::make_shared<FileNode>();
  node->number = next_number_++;
  node->size_bytes = 0;
  SetName(place, node);
  return 0;
}

int FileTree::MakeDirectory(std::string_view path) {
  Place place;
  if (const int error = FindPlace(path, place)) return error;
  if (place.node != nullptr) return EEXIST;
  auto node = std::make_shared<FileNode>();
  node->is_directory = true;
  node->all_known = true;
  node->number = next_number_++;
  SetName(place, std::move(node));
  return 0;
}

bool FileTree::Contains(FileNode& directory, const FileNode& below) {
  if (&directory == &below) return true;
  for (const auto& [name, node] : directory.names) {
    if (node != nullptr && node->is_directory && Contains(*node, below)) {
      return true;
    }
  }
  return false;
}

int FileTree::Rename(std::string_view from, std::string_view to) {
  Place source;
  Place target;
  if (const int error = FindPlace(from, source)) return error;
  if (const int error = FindPlace(to, target)) return error;
  if (source.node == nullptr) return ENOENT;
  if (source.directory == nullptr || target.directory == nullptr) return EBUSY;
  if (source.is_dot || target.is_dot) return EBUSY;
  if (source.node == target.node) return 0;
  const bool directory = source.node->is_directory;
  if (!directory && target.of_directory) return ENOTDIR;
  // The directory of the target was looked up, so that it is known from the
  // source down if it lies there.
  if (directory && Contains(*source.node, *target.directory)) return EINVAL;
  if (target.node != nullptr) {
    if (directory && !target.node->is_directory) return ENOTDIR;
    if (!directory && target.node->is_directory) return EISDIR;
    if (directory && !IsEmpty(*target.node)) return ENOTEMPTY;
  }
  SetName(target, source.node);
  SetName(source, nullptr);
  return 0;
}

int FileTree::Exchange(std::string_view a, std::string_view b) {
  Place first;
  Place second;
  if (const int error = FindPlace(a, first)) return error;
  if (const int error = FindPlace(b, second)) return error;
  if (first.directory == nullptr || second.directory == nullptr) return EBUSY;
  if (first.is_dot || second.is_dot) return EBUSY;
  if (first.node == nullptr || second.node == nullptr) return ENOENT;
  const auto moves_into_itself = [this](const Place& from, const Place& to) {
    return from.node->is_directory && Contains(*from.node, *to.directory);
  };
  if (moves_into_itself(first, second) || moves_into_itself(second, first)) {
    return EINVAL;
  }
  if (first.node == second.node) return 0;
  const auto of_first = first.node;
  SetName(first, second.node);
  SetName(second, of_first);
  return 0;
}

int FileTree::Link(std::string_view from, std::string_view to) {
  Place source;
  Place target;
  if (const int error = FindPlace(from, source)) return error;
  if (const int error = FindPlace(to, target)) return error;
  if (source.node == nullptr) return ENOENT;
  if (source.node->is_directory) return EPERM;
  if (target.node != nullptr) return EEXIST;
  if (target.of_directory) return ENOENT;
  SetName(target, source.node);
  return 0;
}

int FileTree::Unlink(std::string_view path) {
  Place place;
  if (const int error = FindPlace(path, place)) return error;
  if (place.node == nullptr) return ENOENT;
  if (place.node->is_directory) return EISDIR;
  SetName(place, nullptr);
  return 0;
}

int FileTree::RemoveDirectory(std::string_view path) {
  Place place;
  if (const int error = FindPlace(path, place)) return error;
  if (place.node == nullptr) return ENOENT;
  if (place.is_dot) return EINVAL;
  if (place.directory == nullptr) return EBUSY;
  if (!place.node->is_directory) return ENOTDIR;
  if (!IsEmpty(*place.node)) return ENOTEMPTY;
  SetName(place, nullptr);
  return 0;
}

int FileTree::List(FileNode& directory, std::vector<std::string>& names) {
  if (!directory.is_directory) return ENOTDIR;
  ListAll(directory);
  names.clear();
  for (const auto& [name, node] : directory.names) {
    if (node != nullptr) names.push_back(name);
  }
  return 0;
}

// --- bytes -------------------------------------------------------------------

uint64_t FileTree::SizeOf(FileNode& file) {
  if (!file.size_bytes) file.size_bytes = base_->SizeOf(*file.base);
  return *file.size_bytes;
}

// How many bytes of the base show.
uint64_t FileTree::ShownOfBase(FileNode& file) {
  if (!file.base_bytes) {
    file.base_bytes = file.base ? base_->SizeOf(*file.base) : 0;
  }
  return *file.base_bytes;
}

int FileTree::ReadBase(FileNode& file, uint64_t offset_bytes,
                       MutableByteSpan out) {
  if (out.empty() || base_->Read(*file.base, offset_bytes, out)) return 0;
  ++failed_reads_;
  return EIO;
}

// Reads bytes that lie in no chunk: those of the base, and zeros after them.
int FileTree::ReadUnchanged(FileNode& file, uint64_t at, MutableByteSpan out) {
  const uint64_t shown = ShownOfBase(file);
  const uint64_t of_base =
      at < shown ? std::min<uint64_t>(out.size(), shown - at) : 0;
  std::ranges::fill(out.subspan(of_base), std::byte{0});
  return ReadBase(file, at, out.first(of_base));
}

// Reads bytes of chunk `index`, which begin at byte `in_chunk` of it.
int FileTree::ReadChunk(FileNode& file, uint64_t index, FileChunk& chunk,
                        uint64_t in_chunk, MutableByteSpan out) {
  const ByteMask needed = MaskOf(in_chunk, in_chunk + out.size());
  if ((needed & ~chunk.known).any()) {
    std::array<std::byte, kChunkBytes> below{};
    if (const int error = ReadUnchanged(file, index * kChunkBytes, below)) {
      return error;
    }
    for (uint64_t i = 0; i < kChunkBytes; ++i) {
      if (!chunk.known[i]) chunk.bytes[i] = below[i];
    }
    chunk.known.set();
  }
  std::memcpy(out.data(), chunk.bytes.data() + in_chunk, out.size());
  return 0;
}

int FileTree::Read(FileNode& file, uint64_t offset_bytes, MutableByteSpan out,
                   uint64_t& bytes) {
  const uint64_t size = SizeOf(file);
  bytes = offset_bytes >= size
              ? 0
              : std::min<uint64_t>(out.size(), size - offset_bytes);
  auto chunk = file.chunks.lower_bound(offset_bytes / kChunkBytes);
  for (uint64_t done = 0; done < bytes;) {
    const uint64_t at = offset_bytes + done;
    const uint64_t index = at / kChunkBytes;
    const uint64_t next =
        chunk == file.chunks.end() ? size : chunk->first * kChunkBytes;
    const bool changed = next <= at;
    const uint64_t end = changed ? (index + 1) * kChunkBytes : next;
    const MutableByteSpan piece =
        out.subspan(done, std::min(end - at, bytes - done));
    const int error =
        changed ? ReadChunk(file, index, chunk->second, at % kChunkBytes, piece)
                : ReadUnchanged(file, at, piece);
    if (error != 0) return error;
    if (changed) ++chunk;
    done += piece.size();
  }
  return 0;
}

int FileTree::Write(FileNode& file, uint64_t offset_bytes, ByteSpan data) {
  if (data.size() > kFileBytesMax ||
      offset_bytes > kFileBytesMax - data.size()) {
    return EFBIG;
  }
  const uint64_t shown = ShownOfBase(file);
  for (uint64_t done = 0; done < data.size();) {
    const uint64_t at = offset_bytes + done;
    const uint64_t in_chunk = at % kChunkBytes;
    const uint64_t count =
        std::min<uint64_t>(kChunkBytes - in_chunk, data.size() - done);
    const auto [entry, made] = file.chunks.try_emplace(at / kChunkBytes);
    FileChunk& chunk = entry->second;
    if (made) {
      // Beyond what the base shows there are zeros.
      const uint64_t begin = at - in_chunk;
      const uint64_t of_base =
          begin < shown ? std::min(kChunkBytes, shown - begin) : 0;
      chunk.known = MaskOf(of_base, kChunkBytes);
    }
    std::memcpy(chunk.bytes.data() + in_chunk, data.data() + done, count);
    chunk.known |= MaskOf(in_chunk, in_chunk + count);
    done += count;
  }
  if (!data.empty()) {
    file.size_bytes = std::max(SizeOf(file), offset_bytes + data.size());
  }
  return 0;
}

int FileTree::Truncate(FileNode& file, uint64_t size_bytes) {
  if (size_bytes > kFileBytesMax) return EFBIG;
  if (size_bytes < SizeOf(file)) {
    // What was cut off reads as zeros if the file grows again.
    const uint64_t in_chunk = size_bytes % kChunkBytes;
    file.base_bytes = std::min(ShownOfBase(file), size_bytes);
    const auto last = file.chunks.find(size_bytes / kChunkBytes);
    if (in_chunk != 0 && last != file.chunks.end()) {
      FileChunk& chunk = last->second;
      std::ranges::fill(std::span(chunk.bytes).subspan(in_chunk), std::byte{0});
      chunk.known |= MaskOf(in_chunk, kChunkBytes);
    }
    file.chunks.erase(file.chunks.lower_bound(size_bytes / kChunkBytes +
                                              (in_chunk != 0 ? 1 : 0)),
                      file.chunks.end());
  }
  file.size_bytes = size_bytes;
  return 0;
}

}  // namespace powercut
