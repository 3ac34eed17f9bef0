// Encodes and decodes records. The payload comes after the header of record.h:
//
//   needs        count 4, then record numbers of 4
//   conditions   count 4, then for each: sector 4, count 4, contents of 8
//   changes      count 4, then for each: kind 1 (its place in Change), fields
//
// A shape stores its map in two parts: first runs of plain atoms (one layer,
// nothing cut) whose generations and sectors follow one another, 20 bytes a
// run, then every other atom with all its layers. A file that was written by
// one `write /f 0 4096` has 8 atoms in 8 adjacent sectors, which is the one run
// {index 0, count 8, generation 1, sector 1032}.
//
// The checksum is seeded with the place of the record, so that the bytes of a
// record do not pass at another place. A reader that runs past the end of a
// payload gets zeros, and DecodeRecord() then refuses the record. Where the
// checksum is right this cannot happen; it can with the planted bug that takes
// checksums on trust.

#include "backends/simfs/record.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "backends/simfs/layout.h"
#include "harness/base/check.h"
#include "harness/disk/content_hash.h"

namespace powercut::simfs {
namespace {

constexpr uint32_t kMagic = 0x63724653;
constexpr size_t kChecksumAt = 8;
constexpr size_t kNumberAt = 16;
constexpr size_t kPayloadBytesAt = 20;
constexpr size_t kPayloadAt = 24;

class Writer {
 public:
  template <class T>
  void Number(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    StoreLittleEndian(bytes_, at, value);
  }
  void Raw(ByteSpan bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  template <class T>
  void Numbers(const std::vector<T>& values) {
    Number(static_cast<uint32_t>(values.size()));
    for (const T value : values) Number(value);
  }
  Bytes Take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

// Reads what Writer wrote. Past the end every read gives zeros or no bytes, and
// ok() is false from then on.
class Reader {
 public:
  explicit Reader(ByteSpan bytes) : bytes_(bytes) {}

  template <class T>
  T Number() {
    if (bytes_.size() - at_ < sizeof(T)) {
      ok_ = false;
      return {};
    }
    const T value = LoadLittleEndian<T>(bytes_, at_);
    at_ += sizeof(T);
    return value;
  }
  ByteSpan Raw(size_t size) {
    if (bytes_.size() - at_ < size) {
      ok_ = false;
      return {};
    }
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  // Reads a count of elements, each of which takes at least one byte, so that a
  // larger count than bytes are left is refused before anything is allocated.
  uint32_t Count() {
    const auto count = Number<uint32_t>();
    if (count > bytes_.size() - at_) ok_ = false;
    return ok_ ? count : 0;
  }
  template <class T>
  std::vector<T> Numbers() {
    std::vector<T> values(Count());
    for (T& value : values) value = Number<T>();
    return values;
  }
  bool ok() const { return ok_; }

 private:
  ByteSpan bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

// A cut is at most 512, which leaves its upper bits free for marks. In the cut
// of a layer the mark says that a list of ZeroedOver follows; in the cut of a
// ZeroedOver it says that the number after it is a version, not a content.
constexpr uint16_t kMarked = 0x8000;

void WriteZeroed(Writer& writer, const std::vector<ZeroedOver>& zeroed) {
  writer.Number(static_cast<uint32_t>(zeroed.size()));
  for (const ZeroedOver& over : zeroed) {
    const bool records = over.before_version != 0;
    writer.Number(
        static_cast<uint16_t>(over.cut | (records ? kMarked : uint16_t{0})));
    writer.Number(records ? over.before_version : over.content);
  }
}

std::vector<ZeroedOver> ReadZeroed(Reader& reader) {
  std::vector<ZeroedOver> zeroed(reader.Count());
  for (ZeroedOver& over : zeroed) {
    const auto cut = reader.Number<uint16_t>();
    const auto older = reader.Number<uint64_t>();
    over.cut = std::min<uint16_t>(512, cut & ~kMarked);
    if ((cut & kMarked) != 0) {
      over.before_version = static_cast<uint32_t>(older);
    } else {
      over.content = older;
    }
  }
  return zeroed;
}

void WriteLayers(Writer& writer, const AtomMap& atom) {
  writer.Number(static_cast<uint32_t>(atom.size()));
  for (const GenerationLayer& layer : atom) {
    writer.Number(layer.generation);
    writer.Number(layer.sector);
    const uint16_t mark = layer.zeroed.empty() ? uint16_t{0} : kMarked;
    writer.Number(static_cast<uint16_t>(layer.cut | mark));
    if (mark != 0) WriteZeroed(writer, layer.zeroed);
  }
}

AtomMap ReadLayers(Reader& reader) {
  AtomMap atom(reader.Count());
  for (GenerationLayer& layer : atom) {
    layer.generation = reader.Number<uint32_t>();
    layer.sector = reader.Number<uint32_t>();
    const auto cut = reader.Number<uint16_t>();
    layer.cut = std::min<uint16_t>(512, cut & ~kMarked);
    if ((cut & kMarked) != 0) layer.zeroed = ReadZeroed(reader);
  }
  return atom;
}

// Writes runs of plain atoms first and then the other atoms one by one. A shape
// is written whole with each change, so that runs keep its records small.
void WriteAtoms(Writer& writer, const AtomTable& atoms) {
  writer.Number(static_cast<uint32_t>(atoms.runs().size()));
  for (const AtomRun& run : atoms.runs()) {
    writer.Number(run.first);
    writer.Number(run.count);
    writer.Number(run.generation);
    writer.Number(run.sector);
  }
  writer.Number(static_cast<uint32_t>(atoms.others().size()));
  for (const auto& [index, atom] : atoms.others()) {
    writer.Number(index);
    WriteLayers(writer, atom);
  }
}

AtomTable ReadAtoms(Reader& reader, uint64_t most) {
  AtomTable atoms;
  const uint32_t runs = reader.Count();
  for (uint32_t r = 0; r < runs && reader.ok(); ++r) {
    AtomRun run;
    run.first = reader.Number<uint64_t>();
    run.count = reader.Number<uint32_t>();
    run.generation = reader.Number<uint32_t>();
    run.sector = reader.Number<uint32_t>();
    // A torn record that is taken on trust could hold any numbers.
    if (run.count > most || run.first > most) return {};
    atoms.SetRun(run);
  }
  const uint32_t others = reader.Count();
  for (uint32_t o = 0; o < others && reader.ok(); ++o) {
    const auto index = reader.Number<uint64_t>();
    if (index > most) return {};
    atoms.Set(index, ReadLayers(reader));
  }
  return atoms;
}

void WriteChange(Writer& writer, const Change& change) {
  writer.Number(static_cast<uint8_t>(change.index()));
  if (const auto* name = std::get_if<NameChange>(&change)) {
    writer.Number(name->directory);
    writer.Number(name->inode);
    writer.Number(static_cast<uint8_t>(name->is_directory));
    writer.Number(name->created_mtime);
    writer.Number(static_cast<uint32_t>(name->name.size()));
    writer.Raw(AsBytes(name->name));
  } else if (const auto* shape = std::get_if<ShapeChange>(&change)) {
    writer.Number(shape->inode);
    writer.Number(shape->shape.size);
    writer.Number(shape->shape.valid);
    WriteAtoms(writer, shape->shape.atoms);
  } else if (const auto* times = std::get_if<TimesChange>(&change)) {
    writer.Number(times->inode);
    writer.Number(times->mtime);
  } else if (const auto* atom = std::get_if<AtomChange>(&change)) {
    writer.Number(atom->generation);
    writer.Number(atom->version);
    writer.Raw(atom->bytes);
  } else if (const auto* order = std::get_if<OrderChange>(&change)) {
    writer.Number(order->after);
  } else if (const auto* free = std::get_if<FreeChange>(&change)) {
    writer.Numbers(free->records);
  } else {
    writer.Numbers(std::get<VoidChange>(change).records);
  }
}

// No run is longer than this: a file has at most kFileBytesMax bytes.
constexpr size_t kAtomsMost = size_t{1} << 22;

std::optional<Change> ReadChange(Reader& reader) {
  switch (reader.Number<uint8_t>()) {
    case 0: {
      NameChange name;
      name.directory = reader.Number<uint32_t>();
      name.inode = reader.Number<uint32_t>();
      name.is_directory = reader.Number<uint8_t>() != 0;
      name.created_mtime = reader.Number<uint64_t>();
      name.name = AsText(reader.Raw(reader.Count()));
      return name;
    }
    case 1: {
      ShapeChange shape;
      shape.inode = reader.Number<uint32_t>();
      shape.shape.size = reader.Number<uint64_t>();
      shape.shape.valid = reader.Number<uint64_t>();
      shape.shape.atoms = ReadAtoms(reader, kAtomsMost);
      return shape;
    }
    case 2: {
      TimesChange times;
      times.inode = reader.Number<uint32_t>();
      times.mtime = reader.Number<uint64_t>();
      return times;
    }
    case 3: {
      AtomChange atom;
      atom.generation = reader.Number<uint32_t>();
      atom.version = reader.Number<uint32_t>();
      const ByteSpan bytes = reader.Raw(atom.bytes.size());
      std::copy(bytes.begin(), bytes.end(), atom.bytes.begin());
      return atom;
    }
    case 4:
      return VoidChange{reader.Numbers<RecordNumber>()};
    case 5:
      return OrderChange{reader.Number<RecordNumber>()};
    case 6:
      return FreeChange{reader.Numbers<RecordNumber>()};
    default:
      return std::nullopt;
  }
}

uint64_t SeedOf(uint64_t nonce, uint64_t first_sector) {
  return nonce ^ (first_sector << 20);
}

}  // namespace

void AddSuperseded(const Record& record,
                   ContentsOfSectors& superseded_contents) {
  for (const SectorCondition& condition : record.conditions) {
    superseded_contents[condition.sector].insert(condition.old_contents.begin(),
                                                 condition.old_contents.end());
  }
}

uint64_t ContentOf(ByteSpan sector) { return HashBytes(sector, kMagic).low; }

Bytes EncodeRecord(const Record& record, uint64_t nonce,
                   uint64_t first_sector) {
  Writer writer;
  writer.Numbers(record.needs);
  writer.Number(static_cast<uint32_t>(record.conditions.size()));
  for (const SectorCondition& condition : record.conditions) {
    writer.Number(condition.sector);
    writer.Numbers(condition.old_contents);
  }
  writer.Number(static_cast<uint32_t>(record.changes.size()));
  for (const Change& change : record.changes) WriteChange(writer, change);
  const Bytes payload = writer.Take();
  const size_t sectors =
      (kPayloadAt + payload.size() + kSimfsSectorBytes - 1) / kSimfsSectorBytes;
  Bytes bytes(sectors * kSimfsSectorBytes);
  StoreLittleEndian(bytes, 0, kMagic);
  StoreLittleEndian(bytes, 4, static_cast<uint32_t>(sectors));
  StoreLittleEndian(bytes, kNumberAt, record.number);
  StoreLittleEndian(bytes, kPayloadBytesAt,
                    static_cast<uint32_t>(payload.size()));
  std::copy(payload.begin(), payload.end(), bytes.begin() + kPayloadAt);
  StoreLittleEndian(bytes, kChecksumAt,
                    HashBytes(bytes, SeedOf(nonce, first_sector)).low);
  return bytes;
}

std::optional<StoredRecord> DecodeRecord(ByteSpan bytes, uint64_t nonce,
                                         uint64_t first_sector, bool checked) {
  if (bytes.size() < kSimfsSectorBytes) return std::nullopt;
  if (LoadLittleEndian<uint32_t>(bytes, 0) != kMagic) return std::nullopt;
  StoredRecord stored;
  stored.sectors = LoadLittleEndian<uint32_t>(bytes, 4);
  const uint64_t size = stored.sectors * kSimfsSectorBytes;
  const auto payload_bytes = LoadLittleEndian<uint32_t>(bytes, kPayloadBytesAt);
  if (size == 0 || size > bytes.size()) return std::nullopt;
  if (kPayloadAt + payload_bytes > size) return std::nullopt;
  // The checksum was computed while its own field was zero.
  Bytes copy(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
  const auto checksum = LoadLittleEndian<uint64_t>(copy, kChecksumAt);
  StoreLittleEndian<uint64_t>(copy, kChecksumAt, 0);
  const bool whole =
      HashBytes(copy, SeedOf(nonce, first_sector)).low == checksum;
  if (checked && !whole) return std::nullopt;
  stored.record.number = LoadLittleEndian<RecordNumber>(copy, kNumberAt);
  Reader reader(ByteSpan(copy).subspan(kPayloadAt, payload_bytes));
  stored.record.needs = reader.Numbers<RecordNumber>();
  stored.record.conditions.resize(reader.Count());
  for (SectorCondition& condition : stored.record.conditions) {
    condition.sector = reader.Number<uint32_t>();
    condition.old_contents = reader.Numbers<uint64_t>();
  }
  const uint32_t changes = reader.Count();
  for (uint32_t c = 0; c < changes && reader.ok(); ++c) {
    std::optional<Change> change = ReadChange(reader);
    if (!change) return std::nullopt;
    stored.record.changes.push_back(std::move(*change));
  }
  if (!reader.ok()) return std::nullopt;
  return stored;
}

}  // namespace powercut::simfs
