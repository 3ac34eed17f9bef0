// The form of a log on the disk: sectors with signatures, metadata blocks, and
// log I/O blocks. backends/clfs/README.md has the layout.
//
// Every sector ends in two bytes: its type, and the update sequence number of
// its block. A block is a run of sectors that all carry the same number, of
// which the first is marked as first and the last as last, and whose CRC-32 is
// right. Any other run of sectors is no block.
//
// All functions are pure.
//
// Source: libfsclfs and ionescu007/clfs-docs for signatures, checksum and
// shadow copies. The fields are not those of CLFS.

#ifndef POWERCUT_BACKENDS_CLFS_LOG_FORMAT_H_
#define POWERCUT_BACKENDS_CLFS_LOG_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/clfs/clfs_lsn.h"
#include "harness/base/bytes.h"

namespace powercut::clfs {

inline constexpr uint32_t kSectorBytes = 512;
// The bytes of a sector without its signature.
inline constexpr uint32_t kSectorDataBytes = kSectorBytes - 2;
// The length of a metadata block: more than one sector, so that the block can
// tear, as real ones do.
inline constexpr uint32_t kMetadataSectors = 2;

enum class MetadataKind : uint32_t {
  kDirectory = 1,
  kControl = 2,  // Holds the epoch of a log.
  kBase = 3,
  kTail = 4,
};

struct MetadataBlock {
  MetadataKind kind = MetadataKind::kControl;
  // The log that the block belongs to; 0 for the directory.
  uint32_t log_id = 0;
  // Rises with each write. The valid copy with the largest count holds.
  uint64_t dump_count = 0;
  // At most kMetadataPayloadBytes.
  Bytes payload;
};
inline constexpr uint32_t kMetadataHeaderBytes = 32;
inline constexpr uint32_t kMetadataPayloadBytes =
    kMetadataSectors * kSectorDataBytes - kMetadataHeaderBytes;

// Returns the kMetadataSectors sectors of a block.
// Requires: the payload is not too long.
Bytes EncodeMetadata(const MetadataBlock& block);
// Returns the block in these sectors; `std::nullopt` if it is torn or damaged,
// or of another kind or log.
// Requires: kMetadataSectors sectors.
std::optional<MetadataBlock> DecodeMetadata(ByteSpan sectors, MetadataKind kind,
                                            uint32_t log_id);

enum class RecordType : uint8_t { kData = 1, kRestart = 2 };

// A log I/O block, which holds one record.
struct LogBlock {
  uint32_t log_id = 0;
  uint32_t epoch = 0;
  // The LSN of the record.
  CLFS_LSN lsn;
  // The LSN and the checksum of the block before it in its epoch; CLFS_LSN_NULL
  // and 0 for the first one.
  CLFS_LSN previous;
  uint32_t previous_checksum = 0;
  RecordType type = RecordType::kData;
  // The base that a restart record sets; `std::nullopt` if it sets none.
  std::optional<CLFS_LSN> base;
  std::string data;
};
inline constexpr uint32_t kBlockHeaderBytes = 64;

// Returns how many sectors the block of a record with this much data takes.
uint32_t SectorsOfBlock(size_t data_bytes);
// Returns the sectors of a block.
Bytes EncodeBlock(const LogBlock& block);

struct DecodedBlock {
  LogBlock block;
  uint32_t sectors = 0;
  uint32_t checksum = 0;
};
// Returns the block at the beginning of `sectors`, which reach to the end of
// its container; `std::nullopt` if no block begins there or if it is torn or
// damaged. If `trusting` is true, signatures and checksum are not checked (a
// planted bug).
std::optional<DecodedBlock> DecodeBlock(ByteSpan sectors,
                                        bool trusting = false);
// Returns the epoch that the first sector of a block claims, whether the block
// is whole or not; 0 if the sector is no first sector.
uint32_t ClaimedEpoch(ByteSpan sector);

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_LOG_FORMAT_H_
