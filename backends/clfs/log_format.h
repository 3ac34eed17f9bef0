// The form of a log on the disk: sectors with signatures, metadata blocks, log
// I/O blocks. backends/clfs/README.md has the layout.
//
// Every sector ends in two bytes: its type and the block's update sequence
// number. A block is a run of sectors of which the first is marked as first,
// the last as last, all carry the same number, and whose CRC-32 is right; any
// other run of sectors is no block.
//
// Source: libfsclfs and ionescu007/clfs-docs for signatures, checksum, shadow
// copies; the fields are our own.

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
// What a sector holds beside its signature.
inline constexpr uint32_t kSectorDataBytes = kSectorBytes - 2;
// Of a metadata block; two, so that it can tear, as real ones do.
inline constexpr uint32_t kMetadataSectors = 2;

enum class MetadataKind : uint32_t {
  kDirectory = 1,
  kControl = 2,  // the epoch
  kBase = 3,
  kTail = 4,
};

struct MetadataBlock {
  MetadataKind kind = MetadataKind::kControl;
  uint32_t log_id = 0;  // 0: the directory
  // Rises from write to write; of two valid copies the larger one counts.
  uint64_t dump_count = 0;
  Bytes payload;  // at most kMetadataPayloadBytes
};
inline constexpr uint32_t kMetadataHeaderBytes = 32;
inline constexpr uint32_t kMetadataPayloadBytes =
    kMetadataSectors * kSectorDataBytes - kMetadataHeaderBytes;

// kMetadataSectors sectors.
Bytes EncodeMetadata(const MetadataBlock& block);
// Nothing if it is torn, damaged, or another kind's or log's.
std::optional<MetadataBlock> DecodeMetadata(ByteSpan sectors, MetadataKind kind,
                                            uint32_t log_id);

enum class RecordType : uint8_t { kData = 1, kRestart = 2 };

// A log I/O block, which holds one record.
struct LogBlock {
  uint32_t log_id = 0;
  uint32_t epoch = 0;
  CLFS_LSN lsn;  // of its record
  // The block before it in its epoch, and that block's checksum; null and 0 of
  // the first.
  CLFS_LSN previous;
  uint32_t previous_checksum = 0;
  RecordType type = RecordType::kData;
  // Of a restart record that sets the base.
  std::optional<CLFS_LSN> base;
  std::string data;
};
inline constexpr uint32_t kBlockHeaderBytes = 64;

uint32_t SectorsOfBlock(size_t data_bytes);
Bytes EncodeBlock(const LogBlock& block);

struct DecodedBlock {
  LogBlock block;
  uint32_t sectors = 0;
  uint32_t checksum = 0;
};
// The block at the begin of `sectors`, which reach to the end of its container.
// Nothing if none is there or it is torn or damaged; with `trusting` (a planted
// bug) signatures and checksum are not looked at.
std::optional<DecodedBlock> DecodeBlock(ByteSpan sectors,
                                        bool trusting = false);
// The epoch that a first sector claims, be the block whole or not; 0 if it is
// no first sector.
uint32_t ClaimedEpoch(ByteSpan sector);

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_LOG_FORMAT_H_
