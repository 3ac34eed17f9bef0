// Keeps the directory of logs, which says which logs there are and where they
// lie.
//
// Sectors 0 to 5 are the directory and its shadow copies. The directory is
// written anew, and carried to the media, whenever a log or a container is
// added. Space is given out from the first free sector on and never taken back.
// The order of writes keeps every crash safe:
//
//   - The control area of a new log is on the media before the directory names
//     the log, so that a name always leads to a log.
//   - A container is named on the media before a record goes there, so that no
//     record is lost with its place.
//
// Example: the first log of a disk gets its control area in sectors 6 to 23.
// Its first container begins at sector 24 and the second at sector 88.

#include <algorithm>
#include <map>
#include <utility>

#include "backends/clfs/clfs_log.h"
#include "backends/clfs/log_file.h"
#include "backends/clfs/metadata_copies.h"
#include "harness/base/check.h"

namespace powercut::clfs {
namespace {

constexpr uint64_t kDirectorySector = 0;
constexpr size_t kLogsMax = 8;
constexpr size_t kNameBytes = 32;

// The payload: the number of logs, the first free sector, and then for each log
// its name, its control area, and the number and first sectors of its
// containers.
constexpr size_t kCountAt = 0;
constexpr size_t kFreeAt = 4;
constexpr size_t kLogsAt = 8;
constexpr size_t kControlIn = kNameBytes;
constexpr size_t kContainerCountIn = kControlIn + 4;
constexpr size_t kContainersIn = kContainerCountIn + 4;
constexpr size_t kLogBytes = kContainersIn + 4 * kContainersMax;
static_assert(kLogsAt + kLogsMax * kLogBytes <= kMetadataPayloadBytes);

struct Directory {
  uint64_t first_free = MetadataCopies::kSectors;
  // The log with id I is entry I - 1.
  std::vector<LogPlace> logs;
};

Bytes EncodeDirectory(const Directory& directory) {
  Bytes payload(kLogsAt + directory.logs.size() * kLogBytes);
  const MutableByteSpan out = payload;
  StoreLittleEndian(out, kCountAt,
                    static_cast<uint32_t>(directory.logs.size()));
  StoreLittleEndian(out, kFreeAt, static_cast<uint32_t>(directory.first_free));
  size_t at = kLogsAt;
  for (const LogPlace& log : directory.logs) {
    const ByteSpan name = AsBytes(log.name);
    std::copy(name.begin(), name.end(),
              payload.begin() + static_cast<ptrdiff_t>(at));
    StoreLittleEndian(out, at + kControlIn,
                      static_cast<uint32_t>(log.control_sector));
    StoreLittleEndian(out, at + kContainerCountIn,
                      static_cast<uint32_t>(log.containers.size()));
    for (size_t i = 0; i < log.containers.size(); ++i) {
      StoreLittleEndian(out, at + kContainersIn + 4 * i,
                        static_cast<uint32_t>(log.containers[i]));
    }
    at += kLogBytes;
  }
  return payload;
}

// Requires: `payload` is that of a valid block, so that its counts are right.
Directory DecodeDirectory(ByteSpan payload) {
  Directory directory;
  directory.first_free = LoadLittleEndian<uint32_t>(payload, kFreeAt);
  const auto count = LoadLittleEndian<uint32_t>(payload, kCountAt);
  for (uint32_t i = 0; i < count; ++i) {
    const ByteSpan entry = payload.subspan(kLogsAt + i * kLogBytes, kLogBytes);
    LogPlace log;
    const std::string_view name = AsText(entry.first(kNameBytes));
    log.name = name.substr(0, name.find('\0'));
    log.id = i + 1;
    log.control_sector = LoadLittleEndian<uint32_t>(entry, kControlIn);
    const auto containers =
        LoadLittleEndian<uint32_t>(entry, kContainerCountIn);
    for (uint32_t c = 0; c < containers; ++c) {
      log.containers.push_back(
          LoadLittleEndian<uint32_t>(entry, kContainersIn + 4 * c));
    }
    directory.logs.push_back(std::move(log));
  }
  return directory;
}

}  // namespace

struct LogVolume::State {
  State(VirtualDisk& d, ClfsBug b)
      : disk(d),
        bug(b),
        copies(d, kDirectorySector, MetadataKind::kDirectory, 0, false) {}

  // Writes the directory as it is now and carries it to the media.
  LogStatus WriteDirectory() {
    SectorSet scope;
    if (!copies.Write(EncodeDirectory(directory)) || !copies.AddTo(scope)) {
      return LogStatus::kIoDeviceError;
    }
    if (!disk.Persist(Layer::kMedia, &scope)) {
      copies.PersistFailed();
      return LogStatus::kIoDeviceError;
    }
    copies.Persisted(Layer::kMedia);
    return LogStatus::kSuccess;
  }

  bool HasRoom(uint64_t sectors) const {
    return directory.first_free + sectors <= disk.geometry().sector_count;
  }

  VirtualDisk& disk;
  ClfsBug bug;
  MetadataCopies copies;
  Directory directory;
  std::map<std::string, std::unique_ptr<LogFile>, std::less<>> logs;
  std::map<std::string, LogStatus, std::less<>> statuses;
};

LogVolume::LogVolume(VirtualDisk& disk, ClfsBug bug)
    : state_(std::make_unique<State>(disk, bug)) {}
LogVolume::~LogVolume() = default;

SparseImage LogVolume::Format(const DiskGeometry& geometry) {
  SparseImage image(geometry.size_bytes());
  MetadataBlock block;
  block.kind = MetadataKind::kDirectory;
  block.dump_count = 1;
  block.payload = EncodeDirectory({});
  image.Write(kDirectorySector * kSectorBytes, EncodeMetadata(block));
  return image;
}

LogStatus LogVolume::Open() {
  const auto payloads = state_->copies.Load();
  if (!payloads) return LogStatus::kIoDeviceError;
  if (payloads->empty()) return LogStatus::kMetadataCorrupt;
  state_->directory = DecodeDirectory(payloads->front());
  for (const LogPlace& place : state_->directory.logs) {
    auto log = std::make_unique<LogFile>(state_->disk, place, state_->bug);
    // A log whose control block is gone does not keep others from being used. A
    // disk that fails does.
    const LogStatus recovered = log->Recover();
    if (recovered == LogStatus::kIoDeviceError) return recovered;
    state_->statuses[place.name] = recovered;
    state_->logs[place.name] = std::move(log);
  }
  return LogStatus::kSuccess;
}

LogFile* LogVolume::Find(std::string_view name) {
  const auto found = state_->logs.find(name);
  return found == state_->logs.end() ? nullptr : found->second.get();
}

std::vector<std::string> LogVolume::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, log] : state_->logs) names.push_back(name);
  return names;
}

LogStatus LogVolume::LogFileStatus(std::string_view name) const {
  const auto found = state_->statuses.find(name);
  POWERCUT_CHECK(found != state_->statuses.end());
  return found->second;
}

LogStatus LogVolume::FlushAll() {
  LogStatus worst = LogStatus::kSuccess;
  for (const auto& [name, log] : state_->logs) {
    // What could not be recovered has nothing to flush.
    if (LogFileStatus(name) != LogStatus::kSuccess) continue;
    const LogStatus flushed = log->CarryUpTo(
        log->NewestReturned(0, CLFS_LSN_INVALID), Layer::kMedia, true);
    if (flushed != LogStatus::kSuccess) worst = flushed;
  }
  return worst;
}

LogStatus CreateLogFile(LogVolume& volume, std::string_view name,
                        LogFile** log) {
  LogVolume::State& state = *volume.state_;
  if (LogFile* found = volume.Find(name)) {
    *log = found;
    return volume.LogFileStatus(name);
  }
  const bool named = !name.empty() && name.size() <= kNameBytes &&
                     name.find('\0') == std::string_view::npos;
  if (!named) return LogStatus::kInvalidParameter;
  if (state.directory.logs.size() == kLogsMax ||
      !state.HasRoom(kControlAreaSectors)) {
    return LogStatus::kDiskFull;
  }
  LogPlace place;
  place.name = name;
  place.id = static_cast<uint32_t>(state.directory.logs.size()) + 1;
  place.control_sector = state.directory.first_free;
  auto made = std::make_unique<LogFile>(state.disk, place, state.bug);
  // The log comes before its name.
  const LogStatus formatted = made->Format();
  if (formatted != LogStatus::kSuccess) return formatted;
  const Directory before = state.directory;
  state.directory.first_free += kControlAreaSectors;
  state.directory.logs.push_back(place);
  const LogStatus written = state.WriteDirectory();
  if (written != LogStatus::kSuccess) {
    // The name may be on the disk; for this volume there is no such log.
    state.directory = before;
    return written;
  }
  *log = made.get();
  state.statuses[place.name] = LogStatus::kSuccess;
  state.logs[place.name] = std::move(made);
  return LogStatus::kSuccess;
}

LogStatus AddLogContainer(LogVolume& volume, LogFile& log) {
  LogVolume::State& state = *volume.state_;
  LogPlace& known = state.directory.logs[log.place().id - 1];
  if (known.containers.size() == kContainersMax ||
      !state.HasRoom(kContainerSectors)) {
    return LogStatus::kDiskFull;
  }
  const Directory before = state.directory;
  known.containers.push_back(state.directory.first_free);
  state.directory.first_free += kContainerSectors;
  const LogStatus written = state.WriteDirectory();
  if (written != LogStatus::kSuccess) {
    state.directory = before;
    return written;
  }
  // Only now may records go there.
  log.place().containers = known.containers;
  return LogStatus::kSuccess;
}

}  // namespace powercut::clfs
