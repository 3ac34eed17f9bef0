// Records: how every effect except data in place reaches the disk. A record is
// one or more sectors in the record area with one checksum: if a sector is
// missing, so is the record. A record names what must be there if it is to
// count.
//
// A stored record, with the sizes in bytes, numbers little-endian:
//   magic 4, count of sectors 4, checksum 8 (of all sectors, seeded with the
//   nonce and the place), number 4, payload bytes 4, payload
// record.cc describes the payload.

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

#include "backends/simfs/atom_table.h"
#include "harness/base/bytes.h"

namespace powercut::simfs {

using InodeNumber = uint32_t;
inline constexpr InodeNumber kNoInode = 0;
inline constexpr InodeNumber kRootInode = 1;
// Numbers records from 1 in the order in which they are written; 0 is none.
using RecordNumber = uint32_t;
// The bytes of an atom and of a page of file data.
inline constexpr uint64_t kAtom = 512;
inline constexpr uint64_t kPage = 4096;
using AtomBytes = std::array<std::byte, kAtom>;

// Size, valid length and map of a file.
struct Shape {
  uint64_t size = 0;
  uint64_t valid = 0;
  // The atoms that have space, by index in the file.
  AtomTable atoms;

  bool operator==(const Shape&) const = default;
};

struct NameChange {
  InodeNumber directory = kRootInode;
  std::string name;
  // What the name leads to; kNoInode if the name is gone.
  InodeNumber inode = kNoInode;
  // What the file has been since its creation.
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
  // The version of the generation, from 1.
  uint32_t version = 0;
  AtomBytes bytes{};

  bool operator==(const AtomChange&) const = default;
};
// Names records that recovery dropped and that no later change may revive. With
// an empty list, a record of this change only carries its needs: a barrier.
struct VoidChange {
  std::vector<RecordNumber> records;

  bool operator==(const VoidChange&) const = default;
};
// Says that the record is found by a commit, which has all records in order.
// The record that comes before it in this order, and so on, must be whole,
// unless a FreeChange names the record.
struct OrderChange {
  RecordNumber after = 0;

  bool operator==(const OrderChange&) const = default;
};
// Names records that may be found without a commit: the log of a sync holds
// them.
struct FreeChange {
  std::vector<RecordNumber> records;

  bool operator==(const FreeChange&) const = default;
};
using Change = std::variant<NameChange, ShapeChange, TimesChange, AtomChange,
                            VoidChange, OrderChange, FreeChange>;

// A data sector that must no longer hold any of these contents.
struct SectorCondition {
  uint32_t sector = 0;
  std::vector<uint64_t> old_contents;

  bool operator==(const SectorCondition&) const = default;
};

// A record counts if all records of `needs` count, all conditions hold, and
// what an OrderChange among its changes asks for is there.
struct Record {
  RecordNumber number = 0;
  std::vector<RecordNumber> needs;
  std::vector<SectorCondition> conditions;
  std::vector<Change> changes;

  bool operator==(const Record&) const = default;
};

// Contents by sector.
using ContentsOfSectors = std::map<uint32_t, std::set<uint64_t>>;
// Adds the contents that the conditions of a record ask to be gone.
void AddSuperseded(const Record& record,
                   ContentsOfSectors& superseded_contents);

// Returns the hash by which conditions know the content of a sector.
uint64_t ContentOf(ByteSpan sector);

// Returns the bytes of a record that lies at `first_sector`: whole sectors.
Bytes EncodeRecord(const Record& record, uint64_t nonce, uint64_t first_sector);

struct StoredRecord {
  Record record;
  uint64_t sectors = 0;
};
// Returns the record at the beginning of `bytes`, which lie at `first_sector`;
// `std::nullopt` if no whole record begins there. If `checked` is false, the
// checksum is taken on trust (a planted bug).
std::optional<StoredRecord> DecodeRecord(ByteSpan bytes, uint64_t nonce,
                                         uint64_t first_sector,
                                         bool checked = true);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_RECORD_H_
