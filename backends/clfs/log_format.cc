// Encodes, decodes and checks blocks.
//
// A block is first built as a stream of bytes, header and data. Sign() cuts the
// stream into pieces of 510 bytes, ends each in its two signature bytes, and
// puts the CRC-32 over all sectors into the header. Reading goes the other way:
// check the signatures and the CRC, then join the pieces.
//
// Headers are read straight from the first sector, without joining: a header
// is shorter than 510 bytes, so that no signature lies inside.
//
// Example: a record of 600 bytes is a stream of 664 bytes, two sectors. The
// first ends in the type 0x41 (any, first), the second in 0x21 (any, last), and
// both in the same update sequence number. If a crash leaves only one of them,
// the types or the CRC are wrong.
//
// The headers, with the sizes of their fields in bytes:
//
//   metadata   magic 4, CRC 4, kind 4, log 4, dump count 8, payload bytes 4
//   block      magic 4, CRC 4, LSN 8, LSN of the block before 8, CRC of the
//              block before 4, epoch 4, log 4, data bytes 4, base 8, type 1,
//              whether there is a base 1

#include "backends/clfs/log_format.h"

#include <algorithm>
#include <array>

#include "harness/base/check.h"

namespace powercut::clfs {
namespace {

constexpr uint32_t kMetadataMagic = 0x4d464c43;  // "CLFM"
constexpr uint32_t kBlockMagic = 0x42464c43;     // "CLFB"

// Both kinds of block begin alike.
constexpr size_t kMagicAt = 0;
constexpr size_t kChecksumAt = 4;

// Metadata blocks.
constexpr size_t kKindAt = 8;
constexpr size_t kMetadataLogAt = 12;
constexpr size_t kDumpAt = 16;
constexpr size_t kPayloadBytesAt = 24;

// Log I/O blocks.
constexpr size_t kLsnAt = 8;
constexpr size_t kPreviousAt = 16;
constexpr size_t kPreviousChecksumAt = 24;
constexpr size_t kEpochAt = 28;
constexpr size_t kLogAt = 32;
constexpr size_t kDataBytesAt = 36;
constexpr size_t kBaseAt = 40;
constexpr size_t kTypeAt = 48;
constexpr size_t kHasBaseAt = 49;

// Bits of a sector's type.
constexpr uint8_t kAnySector = 0x01;
constexpr uint8_t kFirstSector = 0x40;
constexpr uint8_t kLastSector = 0x20;

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320u : value >> 1;
    }
    table[i] = value;
  }
  return table;
}

// Returns the CRC-32 that CLFS uses (polynomial 0x04C11DB7, reflected). The
// four bytes of the checksum itself count as zeros.
uint32_t Checksum(ByteSpan sectors) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = ~uint32_t{0};
  for (size_t i = 0; i < sectors.size(); ++i) {
    const bool own = i >= kChecksumAt && i < kChecksumAt + sizeof(uint32_t);
    const auto byte = own ? uint8_t{0} : static_cast<uint8_t>(sectors[i]);
    crc = kTable[(crc ^ byte) & 0xff] ^ crc >> 8;
  }
  return ~crc;
}

// The type tells where a block begins and ends, so that parts of two blocks are
// not taken for one.
uint8_t TypeOfSector(size_t index, size_t count) {
  uint8_t type = kAnySector;
  if (index == 0) type |= kFirstSector;
  if (index + 1 == count) type |= kLastSector;
  return type;
}

// Cuts `stream` into sectors, signs them, and fills in the checksum.
Bytes Sign(ByteSpan stream, size_t count, uint8_t usn) {
  Bytes sectors(count * kSectorBytes);
  for (size_t i = 0; i < count; ++i) {
    const size_t from = std::min(i * kSectorDataBytes, stream.size());
    const size_t size =
        std::min<size_t>(kSectorDataBytes, stream.size() - from);
    std::byte* sector = sectors.data() + i * kSectorBytes;
    std::copy_n(stream.data() + from, size, sector);
    sector[kSectorDataBytes] = std::byte{TypeOfSector(i, count)};
    sector[kSectorDataBytes + 1] = std::byte{usn};
  }
  StoreLittleEndian(MutableByteSpan(sectors), kChecksumAt, Checksum(sectors));
  return sectors;
}

// Returns whether the sectors are one whole block, as Sign() makes it.
bool IsSigned(ByteSpan sectors) {
  const size_t count = sectors.size() / kSectorBytes;
  const std::byte usn = sectors[kSectorDataBytes + 1];
  for (size_t i = 0; i < count; ++i) {
    const ByteSpan sector = sectors.subspan(i * kSectorBytes, kSectorBytes);
    if (sector[kSectorDataBytes] != std::byte{TypeOfSector(i, count)} ||
        sector[kSectorDataBytes + 1] != usn) {
      return false;
    }
  }
  return LoadLittleEndian<uint32_t>(sectors, kChecksumAt) == Checksum(sectors);
}

// Joins the sectors to the stream that Sign() cut.
Bytes StreamOf(ByteSpan sectors) {
  Bytes stream;
  for (size_t at = 0; at < sectors.size(); at += kSectorBytes) {
    const ByteSpan data = sectors.subspan(at, kSectorDataBytes);
    stream.insert(stream.end(), data.begin(), data.end());
  }
  return stream;
}

}  // namespace

Bytes EncodeMetadata(const MetadataBlock& block) {
  POWERCUT_CHECK(block.payload.size() <= kMetadataPayloadBytes);
  Bytes stream(kMetadataSectors * size_t{kSectorDataBytes});
  const MutableByteSpan out = stream;
  StoreLittleEndian(out, kMagicAt, kMetadataMagic);
  StoreLittleEndian(out, kKindAt, static_cast<uint32_t>(block.kind));
  StoreLittleEndian(out, kMetadataLogAt, block.log_id);
  StoreLittleEndian(out, kDumpAt, block.dump_count);
  StoreLittleEndian(out, kPayloadBytesAt,
                    static_cast<uint32_t>(block.payload.size()));
  std::copy(block.payload.begin(), block.payload.end(),
            stream.begin() + kMetadataHeaderBytes);
  return Sign(stream, kMetadataSectors, static_cast<uint8_t>(block.dump_count));
}

std::optional<MetadataBlock> DecodeMetadata(ByteSpan sectors, MetadataKind kind,
                                            uint32_t log_id) {
  POWERCUT_CHECK(sectors.size() == size_t{kMetadataSectors} * kSectorBytes);
  if (LoadLittleEndian<uint32_t>(sectors, kMagicAt) != kMetadataMagic ||
      !IsSigned(sectors)) {
    return std::nullopt;
  }
  MetadataBlock block;
  block.kind =
      static_cast<MetadataKind>(LoadLittleEndian<uint32_t>(sectors, kKindAt));
  block.log_id = LoadLittleEndian<uint32_t>(sectors, kMetadataLogAt);
  block.dump_count = LoadLittleEndian<uint64_t>(sectors, kDumpAt);
  const auto size = LoadLittleEndian<uint32_t>(sectors, kPayloadBytesAt);
  // The blocks of logs lie next to one another: a valid one need not be the one
  // that was looked for.
  if (block.kind != kind || block.log_id != log_id ||
      size > kMetadataPayloadBytes) {
    return std::nullopt;
  }
  const Bytes stream = StreamOf(sectors);
  const auto payload = stream.begin() + kMetadataHeaderBytes;
  block.payload.assign(payload, payload + size);
  return block;
}

uint32_t SectorsOfBlock(size_t data_bytes) {
  const size_t stream = kBlockHeaderBytes + data_bytes;
  return static_cast<uint32_t>((stream + kSectorDataBytes - 1) /
                               kSectorDataBytes);
}

Bytes EncodeBlock(const LogBlock& block) {
  Bytes stream(kBlockHeaderBytes + block.data.size());
  const MutableByteSpan out = stream;
  StoreLittleEndian(out, kMagicAt, kBlockMagic);
  StoreLittleEndian(out, kLsnAt, block.lsn.Internal);
  StoreLittleEndian(out, kPreviousAt, block.previous.Internal);
  StoreLittleEndian(out, kPreviousChecksumAt, block.previous_checksum);
  StoreLittleEndian(out, kEpochAt, block.epoch);
  StoreLittleEndian(out, kLogAt, block.log_id);
  StoreLittleEndian(out, kDataBytesAt,
                    static_cast<uint32_t>(block.data.size()));
  StoreLittleEndian(out, kBaseAt, block.base.value_or(CLFS_LSN_NULL).Internal);
  StoreLittleEndian(out, kTypeAt, static_cast<uint8_t>(block.type));
  StoreLittleEndian(out, kHasBaseAt,
                    static_cast<uint8_t>(block.base.has_value()));
  const ByteSpan data = AsBytes(block.data);
  std::copy(data.begin(), data.end(), stream.begin() + kBlockHeaderBytes);
  // The update sequence number differs between neighbouring blocks, and between
  // one epoch and the next at the same place, so that their sectors do not pass
  // for sectors of this block.
  const auto usn = static_cast<uint8_t>(
      LsnBlockOffset(block.lsn) / kLsnUnitBytes + block.epoch);
  return Sign(stream, SectorsOfBlock(block.data.size()), usn);
}

std::optional<DecodedBlock> DecodeBlock(ByteSpan sectors, bool trusting) {
  if (LoadLittleEndian<uint32_t>(sectors, kMagicAt) != kBlockMagic) {
    return std::nullopt;
  }
  // The size is not checked yet, and must not lead beyond the container.
  const auto size = LoadLittleEndian<uint32_t>(sectors, kDataBytesAt);
  if (size > sectors.size()) return std::nullopt;
  DecodedBlock decoded;
  decoded.sectors = SectorsOfBlock(size);
  const size_t block_bytes = size_t{decoded.sectors} * kSectorBytes;
  if (block_bytes > sectors.size()) return std::nullopt;
  sectors = sectors.first(block_bytes);
  if (!trusting && !IsSigned(sectors)) return std::nullopt;
  decoded.checksum = LoadLittleEndian<uint32_t>(sectors, kChecksumAt);
  LogBlock& block = decoded.block;
  block.lsn = {LoadLittleEndian<uint64_t>(sectors, kLsnAt)};
  block.previous = {LoadLittleEndian<uint64_t>(sectors, kPreviousAt)};
  block.previous_checksum =
      LoadLittleEndian<uint32_t>(sectors, kPreviousChecksumAt);
  block.epoch = LoadLittleEndian<uint32_t>(sectors, kEpochAt);
  block.log_id = LoadLittleEndian<uint32_t>(sectors, kLogAt);
  block.type =
      static_cast<RecordType>(LoadLittleEndian<uint8_t>(sectors, kTypeAt));
  if (LoadLittleEndian<uint8_t>(sectors, kHasBaseAt) != 0) {
    block.base = CLFS_LSN{LoadLittleEndian<uint64_t>(sectors, kBaseAt)};
  }
  const Bytes stream = StreamOf(sectors);
  block.data = AsText(ByteSpan(stream).subspan(kBlockHeaderBytes, size));
  return decoded;
}

uint32_t ClaimedEpoch(ByteSpan sector) {
  const bool first =
      LoadLittleEndian<uint32_t>(sector, kMagicAt) == kBlockMagic;
  return first ? LoadLittleEndian<uint32_t>(sector, kEpochAt) : 0;
}

}  // namespace powercut::clfs
