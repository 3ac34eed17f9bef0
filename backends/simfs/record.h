// Records: how every effect but data in place reaches the disk. A record is
// one or more sectors in the record area, checked as a whole: if one of them
// is missing, so is the record. It names what must be there for it to count.
//
// A stored record, numbers little-endian:
//   magic 4, sectors 4, checksum 8 (of all its sectors, seeded with nonce and
//   place), number 4, payload bytes 4, payload

#ifndef POWERCUT_BACKENDS_SIMFS_RECORD_H_
#define POWERCUT_BACKENDS_SIMFS_RECORD_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/bytes.h"

namespace powercut::simfs {

using InodeNumber = uint32_t;
inline constexpr InodeNumber kNoInode = 0;
inline constexpr InodeNumber kRootInode = 1;
// Numbers of records, from 1, in order; 0 is none.
using RecordNumber = uint32_t;
// Names a generation of one atom's place.
using GenerationId = uint32_t;
// The bytes of an atom and of a page of file data.
inline constexpr uint64_t kAtom = 512;
inline constexpr uint64_t kPage = 4096;
using AtomBytes = std::array<std::byte, kAtom>;

// What a truncation wrote zeros over, in place: where it is still found, it
// shows its first bytes only.
struct ZeroedOver {
  // Records of the generation before this version, and all that its sector
  // holds; 0: its sector, as long as it holds `content`.
  uint32_t before_version = 0;
  uint64_t content = 0;
  uint16_t cut = 0;

  bool operator==(const ZeroedOver&) const = default;
};

// One generation as a shape shows it.
struct GenerationLayer {
  GenerationId generation = 0;
  uint32_t sector = 0;  // 0: kept in records alone
  uint16_t cut = 512;   // bytes it shows; zeros behind
  std::vector<ZeroedOver> zeroed = {};

  bool operator==(const GenerationLayer&) const = default;
};

// The oldest first: a layer in records of which no version is there shows what
// is below, as far as its cut.
using AtomMap = std::vector<GenerationLayer>;

struct Shape {
  uint64_t size = 0;
  uint64_t valid = 0;
  std::map<uint64_t, AtomMap> atoms;  // those with space, by index

  bool operator==(const Shape&) const = default;
};

struct NameChange {
  InodeNumber directory = kRootInode;
  std::string name;
  InodeNumber inode = kNoInode;  // kNoInode: the name is gone
  // What the file was when it was created.
  bool is_directory = false;
  uint64_t created_mtime = 0;

  bool operator==(const NameChange&) const = default;
};
struct ShapeChange {
  InodeNumber inode = kNoInode;
  Shape shape;

  bool operator==(const ShapeChange&) const = default;
};
struct TimesChange {
  InodeNumber inode = kNoInode;
  uint64_t mtime = 0;

  bool operator==(const TimesChange&) const = default;
};
struct AtomChange {
  GenerationId generation = 0;
  uint32_t version = 0;  // of the generation, from 1
  AtomBytes bytes{};

  bool operator==(const AtomChange&) const = default;
};
// Records that recovery dropped and that no later change may revive.
struct VoidChange {
  std::vector<RecordNumber> records;

  bool operator==(const VoidChange&) const = default;
};
using Change =
    std::variant<NameChange, ShapeChange, TimesChange, AtomChange, VoidChange>;

// A data sector that must not hold one of these contents any more.
struct SectorCondition {
  uint32_t sector = 0;
  std::vector<uint64_t> old_contents;

  bool operator==(const SectorCondition&) const = default;
};

struct Record {
  RecordNumber number = 0;
  std::vector<RecordNumber> needs;
  std::vector<SectorCondition> conditions;
  std::vector<Change> changes;

  bool operator==(const Record&) const = default;
};

// By sector.
using ContentsOfSectors = std::map<uint32_t, std::set<uint64_t>>;
// Adds the old contents that a record's conditions name.
void AddSuperseded(const Record& record,
                   ContentsOfSectors& superseded_contents);

// What SectorCondition knows contents by.
uint64_t ContentOf(ByteSpan sector);

// The sectors of a record at `first_sector`; whole sectors.
Bytes EncodeRecord(const Record& record, uint64_t nonce, uint64_t first_sector);

struct StoredRecord {
  Record record;
  uint64_t sectors = 0;
};
// The record at the beginning of `bytes`, which lie at `first_sector`, or
// nothing. `checked` false: takes the checksum on trust (a planted bug).
std::optional<StoredRecord> DecodeRecord(ByteSpan bytes, uint64_t nonce,
                                         uint64_t first_sector,
                                         bool checked = true);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_RECORD_H_
