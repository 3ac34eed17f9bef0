// A trace as a log of marks and entries, and back; whole files.
//
// harness/trace_file.md is the grammar of the marks. The checksum is verified
// before any mark is believed, so what fails to parse behind it was written
// wrongly, not damaged.

#include "harness/trace_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

constexpr uint64_t kTraceVersion = 1;

// All marks of ours begin with this; so does no mark of a user, once escaped.
constexpr std::string_view kOurs = "powercut:";
constexpr std::string_view kTraceMark = "powercut:trace version=";
constexpr std::string_view kAboutMark = "powercut:about ";
constexpr std::string_view kBaseEndMark = "powercut:base-end";
constexpr std::string_view kLayerMark = "powercut:layer ";
constexpr std::string_view kPersistMark = "powercut:persist to=";
constexpr std::string_view kUserMark = "powercut:mark ";
constexpr std::string_view kContinuationMark = "powercut:+";
constexpr std::string_view kEndMark = "powercut:end entries=";

// What a file may make us allocate. An image costs 8 bytes per 2 MiB of disk,
// a scope about 80 bytes per 65536 sectors: a mark of a few bytes could
// otherwise ask for gigabytes.
constexpr uint64_t kMaxDiskBytes = uint64_t{1} << 41;
constexpr uint64_t kScopeBlockSectors = 65536;
constexpr uint64_t kMaxScopeBlocks = uint64_t{1} << 20;

bool IsMark(const LogEntry& entry) { return entry.flags == LogEntry::kMark; }

bool IsMarkWith(const LogEntry& entry, std::string_view prefix) {
  return IsMark(entry) && entry.mark_text.starts_with(prefix);
}

// The reason why a trace cannot have this geometry, or an empty string.
std::string GeometryFault(uint64_t sector_bytes, uint64_t sector_count) {
  if (!std::has_single_bit(sector_bytes) || sector_bytes < 512 ||
      sector_bytes > 4096) {
    return fmt::format("a trace has sectors of 512 to 4096 bytes, not {}",
                       sector_bytes);
  }
  if (sector_count > kMaxDiskBytes / sector_bytes) {
    return fmt::format("a disk of {} sectors of {} bytes is over 2 TiB",
                       sector_count, sector_bytes);
  }
  return "";
}

// The end mark behind `count` entries. `log_bytes` is a log that ends there.
std::string EndText(size_t count, ByteSpan log_bytes, uint32_t sector_bytes) {
  const ByteSpan entries = log_bytes.subspan(sector_bytes);
  return fmt::format("{}{} xxh3={:016x}", kEndMark, count,
                     XXH3_64bits(entries.data(), entries.size()));
}

// ---------------------------------------------------------------------------
// Trace to log
// ---------------------------------------------------------------------------

class LogBuilder {
 public:
  explicit LogBuilder(uint32_t sector_bytes) {
    log_.sector_bytes = sector_bytes;
  }

  // A text of any length, in as many marks as it needs.
  void AddText(std::string_view text) {
    const size_t limit = log_.sector_bytes - 33;
    AddMark(std::string(text.substr(0, limit)));
    text.remove_prefix(std::min(limit, text.size()));
    while (!text.empty()) {
      const std::string_view part =
          text.substr(0, limit - kContinuationMark.size());
      AddMark(std::string(kContinuationMark).append(part));
      text.remove_prefix(part.size());
    }
  }

  void AddWrite(uint64_t first_sector, ByteSpan data) {
    LogEntry& entry = log_.entries.emplace_back();
    entry.sector = first_sector;
    entry.sector_count = data.size() / log_.sector_bytes;
    entry.payload.assign(data.begin(), data.end());
  }

  // Appends to the write just added. Requires: it ends where `data` begins.
  void ExtendWrite(ByteSpan data) {
    LogEntry& entry = log_.entries.back();
    entry.payload.insert(entry.payload.end(), data.begin(), data.end());
    entry.sector_count = entry.payload.size() / log_.sector_bytes;
  }

  void AddFlush() { log_.entries.emplace_back().flags = LogEntry::kFlush; }

  void AddDiscard(SectorRange range) {
    LogEntry& entry = log_.entries.emplace_back();
    entry.sector = range.first;
    entry.sector_count = range.count;
    entry.flags = LogEntry::kDiscard;
  }

  // Adds the end mark.
  Log Finish() && {
    const std::string text =
        EndText(log_.entries.size(), WriteLog(log_), log_.sector_bytes);
    AddMark(text);
    return std::move(log_);
  }

 private:
  void AddMark(std::string text) {
    LogEntry& entry = log_.entries.emplace_back();
    entry.flags = LogEntry::kMark;
    entry.data_len = text.size();
    entry.mark_text = std::move(text);
  }

  Log log_;
};

void AddBase(LogBuilder& builder, const Trace& trace) {
  // Neighbouring pages become one write, but not an endless one.
  constexpr uint64_t kLongestBytes = uint64_t{1} << 20;
  const uint64_t sector_bytes = trace.geometry().sector_bytes;
  uint64_t begin = 0;
  uint64_t end = 0;
  trace.base().ForEachPage([&](uint64_t offset_bytes, ByteSpan page) {
    if (AllZero(page)) return;
    if (offset_bytes == end && end - begin > 0 && end - begin < kLongestBytes) {
      builder.ExtendWrite(page);
    } else {
      builder.AddWrite(offset_bytes / sector_bytes, page);
      begin = offset_bytes;
    }
    end = offset_bytes + page.size();
  });
  builder.AddText(kBaseEndMark);
}

std::string PersistText(const Trace& trace, const DiskEvent& event) {
  std::string text = fmt::format("{}{} upto={}", kPersistMark,
                                 LayerName(event.layer), event.upto);
  if (!event.scope) return text + " all";
  text += " ranges=";
  std::string_view separator;
  trace.scope(event).ForEachRange([&](SectorRange range) {
    fmt::format_to(std::back_inserter(text), "{}{}+{}", separator, range.first,
                   range.count);
    separator = ",";
  });
  return text;
}

void AddMarksBehind(LogBuilder& builder, const Trace& trace, EventNumber number,
                    size_t& next_mark) {
  for (; next_mark < trace.marks().size() &&
         trace.marks()[next_mark].after == number;
       ++next_mark) {
    const std::string& text = trace.marks()[next_mark].text;
    builder.AddText(text.starts_with(kOurs) ? std::string(kUserMark) + text
                                            : text);
  }
}

// What keeps a trace from being loaded again, or an empty string.
std::string StorageFault(const Trace& trace) {
  const DiskGeometry& geometry = trace.geometry();
  std::string fault =
      GeometryFault(geometry.sector_bytes, geometry.sector_count);
  if (!fault.empty()) return fault;
  uint64_t scope_blocks = 0;
  for (EventNumber i = 1; i <= trace.event_count(); ++i) {
    const DiskEvent& event = trace.event(i);
    if (event.scope) {
      scope_blocks += trace.scope(event).size() / kScopeBlockSectors;
    }
  }
  if (scope_blocks <= kMaxScopeBlocks) return "";
  return "its persist events name too many sectors to be stored";
}

// ---------------------------------------------------------------------------
// Log to trace
// ---------------------------------------------------------------------------

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeNumber(std::string_view& text, uint64_t& number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(end - text.data());
  return true;
}

bool TakeLayer(std::string_view& text, Layer& layer) {
  for (const Layer candidate :
       {Layer::kProcess, Layer::kHost, Layer::kDevice, Layer::kMedia}) {
    if (TakePrefix(text, LayerName(candidate))) {
      layer = candidate;
      return true;
    }
  }
  return false;
}

class TraceReader {
 public:
  explicit TraceReader(const Log& log)
      : log_(log),
        limit_(log.entries.size()),
        next_offset_bytes_(log.sector_bytes) {}

  Result<LoadedTrace> ReadOwn() &&;
  Result<LoadedTrace> ReadForeign() &&;

 private:
  // The next entry, with the text of all its marks if it is one. False at the
  // end.
  bool Next();
  void Advance();
  // An error at the entry that Next() gave.
  Error Bad(std::string_view reason) const;
  std::string_view text() const { return text_; }

  Result<DiskGeometry> ReadGeometry();
  Status CheckEnd();
  Status ReadBase(SparseImage& base, TraceAbout& about);
  void ReadAbout(std::string_view rest, TraceAbout& about);
  Status ReadOwnMark(Trace& trace);
  Status ReadPersist(std::string_view rest, Trace& trace);
  Result<SectorSet> ReadRanges(std::string_view rest, uint64_t sector_count);
  Status CheckWrite(const DiskGeometry& geometry) const;
  Status CheckRange(const DiskGeometry& geometry) const;
  Status ReadOwnEvent(Trace& trace);

  Result<DiskGeometry> ForeignGeometry();
  Status ReadForeignEvent(Trace& trace);

  const Log& log_;
  bool own_ = false;
  // Entries from here on are not given by Next().
  size_t limit_;
  size_t next_ = 0;
  uint64_t next_offset_bytes_;

  size_t at_ = 0;
  uint64_t at_offset_bytes_ = 0;
  const LogEntry* entry_ = nullptr;
  std::string text_;

  Layer layer_ = Layer::kDevice;
  uint64_t scope_blocks_ = 0;
  std::vector<std::string> lint_;
};

bool TraceReader::Next() {
  at_ = next_;
  at_offset_bytes_ = next_offset_bytes_;
  if (next_ >= limit_) return false;
  entry_ = &log_.entries[next_];
  Advance();
  text_.clear();
  if (!IsMark(*entry_)) return true;
  text_ = entry_->mark_text;
  while (own_ && next_ < limit_ &&
         IsMarkWith(log_.entries[next_], kContinuationMark)) {
    text_.append(log_.entries[next_].mark_text, kContinuationMark.size());
    Advance();
  }
  return true;
}

void TraceReader::Advance() {
  next_offset_bytes_ += log_.sector_bytes + log_.entries[next_].payload.size();
  ++next_;
}

Error TraceReader::Bad(std::string_view reason) const {
  return {ErrorCode::kBadInput, fmt::format("entry {} at byte {}: {}", at_,
                                            at_offset_bytes_, reason)};
}

Result<LoadedTrace> TraceReader::ReadOwn() && {
  own_ = true;
  lint_ = log_.lint;
  POWERCUT_ASSIGN(const DiskGeometry geometry, ReadGeometry());
  POWERCUT_TRY(CheckEnd());
  --limit_;
  auto base = std::make_shared<SparseImage>(geometry.size_bytes());
  TraceAbout about;
  POWERCUT_TRY(ReadBase(*base, about));
  Trace trace(geometry, std::move(base));
  while (Next()) {
    POWERCUT_TRY(IsMark(*entry_) ? ReadOwnMark(trace) : ReadOwnEvent(trace));
  }
  return LoadedTrace{.trace = std::move(trace),
                     .about = std::move(about),
                     .lint = std::move(lint_)};
}

Result<DiskGeometry> TraceReader::ReadGeometry() {
  CHECK(Next());
  std::string_view rest = text();
  uint64_t version = 0;
  uint64_t sector_bytes = 0;
  uint64_t sector_count = 0;
  if (!TakePrefix(rest, kTraceMark) || !TakeNumber(rest, version)) {
    return Bad("expected `powercut:trace version=..`");
  }
  if (version != kTraceVersion) {
    return Bad(fmt::format("trace version {}; this powercut reads {}", version,
                           kTraceVersion));
  }
  if (!TakePrefix(rest, " sector=") || !TakeNumber(rest, sector_bytes) ||
      !TakePrefix(rest, " sectors=") || !TakeNumber(rest, sector_count) ||
      !rest.empty()) {
    return Bad("expected `powercut:trace version=.. sector=.. sectors=..`");
  }
  const std::string fault = GeometryFault(sector_bytes, sector_count);
  if (!fault.empty()) return Bad(fault);
  if (sector_bytes != log_.sector_bytes) {
    return Bad(fmt::format("the trace has sectors of {} bytes, its log of {}",
                           sector_bytes, log_.sector_bytes));
  }
  return DiskGeometry{.sector_bytes = log_.sector_bytes,
                      .sector_count = sector_count};
}

Status TraceReader::CheckEnd() {
  const Bytes bytes = WriteLog(log_);
  const LogEntry& end = log_.entries.back();
  TraceReader at_end(log_);
  at_end.at_ = limit_ - 1;
  at_end.at_offset_bytes_ =
      bytes.size() - log_.sector_bytes - end.payload.size();
  if (!IsMarkWith(end, kEndMark)) {
    return at_end.Bad("incomplete: the last entry is not `powercut:end`");
  }
  const std::string expected =
      EndText(at_end.at_, ByteSpan(bytes).first(at_end.at_offset_bytes_),
              log_.sector_bytes);
  if (end.mark_text != expected || end.sector != 0) {
    return at_end.Bad(fmt::format(
        "wrong count or checksum: the entries in front need `{}`", expected));
  }
  return Ok{};
}

Status TraceReader::ReadBase(SparseImage& base, TraceAbout& about) {
  const DiskGeometry geometry{
      .sector_bytes = log_.sector_bytes,
      .sector_count = base.size_bytes() / log_.sector_bytes};
  while (Next()) {
    if (!IsMark(*entry_)) {
      if (entry_->flags != 0) return Bad("only writes make up the base");
      POWERCUT_TRY(CheckWrite(geometry));
      base.Write(entry_->sector * geometry.sector_bytes, entry_->payload);
    } else if (text() == kBaseEndMark) {
      return Ok{};
    } else if (text().starts_with(kAboutMark)) {
      ReadAbout(text().substr(kAboutMark.size()), about);
    } else {
      return Bad("this mark does not belong in front of `powercut:base-end`");
    }
  }
  return Bad("expected `powercut:base-end`");
}

void TraceReader::ReadAbout(std::string_view rest, TraceAbout& about) {
  if (TakePrefix(rest, "backend ")) {
    about.backend = rest;
  } else if (TakePrefix(rest, "pcut ")) {
    about.pcut = rest;
  } else {
    lint_.push_back(Bad("an unknown `powercut:about` was passed over").message);
  }
}

Status TraceReader::ReadOwnMark(Trace& trace) {
  std::string_view rest = text();
  if (!rest.starts_with(kOurs)) {
    trace.AddMark(rest);
    return Ok{};
  }
  if (TakePrefix(rest, kUserMark)) {
    trace.AddMark(rest);
    return Ok{};
  }
  if (TakePrefix(rest, kPersistMark)) return ReadPersist(rest, trace);
  if (TakePrefix(rest, kLayerMark) && TakeLayer(rest, layer_) && rest.empty() &&
      layer_ != Layer::kMedia) {
    return Ok{};
  }
  return Bad("a `powercut:` mark that this version does not know");
}

Status TraceReader::ReadPersist(std::string_view rest, Trace& trace) {
  Layer to = Layer::kProcess;
  uint64_t upto = 0;
  if (!TakeLayer(rest, to) || to == Layer::kProcess ||
      !TakePrefix(rest, " upto=") || !TakeNumber(rest, upto)) {
    return Bad("expected `powercut:persist to=LAYER upto=N ..`");
  }
  const EventNumber number = trace.event_count() + 1;
  if (upto > number) {
    return Bad(fmt::format("event {} cannot carry what event {} will write",
                           number, upto));
  }
  if (rest == " all") {
    trace.AddPersist(to, nullptr, static_cast<EventNumber>(upto));
    return Ok{};
  }
  if (!TakePrefix(rest, " ranges=")) return Bad("expected `all` or `ranges=`");
  POWERCUT_ASSIGN(const SectorSet scope,
                  ReadRanges(rest, trace.geometry().sector_count));
  trace.AddPersist(to, &scope, static_cast<EventNumber>(upto));
  return Ok{};
}

Result<SectorSet> TraceReader::ReadRanges(std::string_view rest,
                                          uint64_t sector_count) {
  SectorSet scope;
  uint64_t least_first = 0;
  while (!rest.empty()) {
    SectorRange range;
    if ((least_first > 0 && !TakePrefix(rest, ",")) ||
        !TakeNumber(rest, range.first) || !TakePrefix(rest, "+") ||
        !TakeNumber(rest, range.count)) {
      return Bad("expected ranges as FIRST+COUNT,FIRST+COUNT,..");
    }
    if (range.first < least_first || range.count == 0) {
      return Bad("ranges are not empty and ascend without touching");
    }
    if (range.first > sector_count ||
        range.count > sector_count - range.first) {
      return Bad(fmt::format("range {}+{} lies beyond the disk's {} sectors",
                             range.first, range.count, sector_count));
    }
    scope_blocks_ += range.count / kScopeBlockSectors;
    if (scope_blocks_ > kMaxScopeBlocks) {
      return Bad("the trace's persist events name too many sectors");
    }
    scope.Add(range);
    least_first = range.end() + 1;
  }
  return scope;
}

Status TraceReader::CheckRange(const DiskGeometry& geometry) const {
  if (entry_->sector_count == 0) return Bad("an entry of no sectors");
  if (entry_->sector > geometry.sector_count ||
      entry_->sector_count > geometry.sector_count - entry_->sector) {
    return Bad(fmt::format("sectors {}+{} lie beyond the disk's {} sectors",
                           entry_->sector, entry_->sector_count,
                           geometry.sector_count));
  }
  return Ok{};
}

Status TraceReader::CheckWrite(const DiskGeometry& geometry) const {
  POWERCUT_TRY(CheckRange(geometry));
  if (entry_->data_len != 0) return Bad("powercut writes no data_len here");
  return Ok{};
}

Status TraceReader::ReadOwnEvent(Trace& trace) {
  if (entry_->flags == 0) {
    POWERCUT_TRY(CheckWrite(trace.geometry()));
    trace.AddWrite(entry_->sector, entry_->payload, layer_);
    return Ok{};
  }
  if (entry_->flags == LogEntry::kFlush && entry_->sector_count == 0) {
    trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
    return Ok{};
  }
  if (entry_->flags == LogEntry::kDiscard) {
    POWERCUT_TRY(CheckRange(trace.geometry()));
    trace.AddDiscard({.first = entry_->sector, .count = entry_->sector_count});
    return Ok{};
  }
  return Bad(
      fmt::format("powercut writes no entry with flags {:#x}", entry_->flags));
}

Result<LoadedTrace> TraceReader::ReadForeign() && {
  lint_ = log_.lint;
  POWERCUT_ASSIGN(const DiskGeometry geometry, ForeignGeometry());
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  while (Next()) {
    if (!IsMark(*entry_)) {
      POWERCUT_TRY(ReadForeignEvent(trace));
      continue;
    }
    // A log of ours whose first mark is damaged must not pass as another's.
    if (text().starts_with(kTraceMark) || text().starts_with(kEndMark)) {
      return Bad(
          "a powercut trace begins with `powercut:trace`, this log does not");
    }
    trace.AddMark(text());
  }
  return LoadedTrace{
      .trace = std::move(trace), .about = {}, .lint = std::move(lint_)};
}

// The format does not say how big the disk was: as big as its entries need.
Result<DiskGeometry> TraceReader::ForeignGeometry() {
  DiskGeometry geometry{.sector_bytes = log_.sector_bytes, .sector_count = 0};
  TraceReader scan(log_);
  scan.at_offset_bytes_ = scan.next_offset_bytes_;
  do {
    const std::string fault =
        GeometryFault(geometry.sector_bytes, geometry.sector_count);
    if (!fault.empty()) return scan.Bad(fault);
    if (!scan.Next()) break;
    const LogEntry& entry = *scan.entry_;
    if (IsMark(entry) || entry.sector_count == 0) continue;
    geometry.sector_count =
        std::max(geometry.sector_count, entry.sector + entry.sector_count);
  } while (true);
  return geometry;
}

Status TraceReader::ReadForeignEvent(Trace& trace) {
  if ((entry_->flags & LogEntry::kFlush) != 0) {
    trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  }
  if (entry_->sector_count == 0) return Ok{};
  const SectorRange range{.first = entry_->sector,
                          .count = entry_->sector_count};
  POWERCUT_TRY(CheckRange(trace.geometry()));
  if ((entry_->flags & LogEntry::kDiscard) != 0) {
    trace.AddDiscard(range);
  } else {
    trace.AddWrite(range.first, entry_->payload, Layer::kDevice);
  }
  if ((entry_->flags & LogEntry::kFua) == 0) return Ok{};
  scope_blocks_ += range.count / kScopeBlockSectors;
  if (scope_blocks_ > kMaxScopeBlocks) {
    return Bad("the log's FUA entries cover too many sectors");
  }
  SectorSet scope;
  scope.Add(range);
  trace.AddPersist(Layer::kMedia, &scope, std::nullopt);
  return Ok{};
}

// ---------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------

Error IoError(const std::string& path, std::string_view doing, int error) {
  return {ErrorCode::kIo, fmt::format("{}: {}: {}", path, doing,
                                      std::generic_category().message(error))};
}

Error WithPath(const std::string& path, const Error& error) {
  return {error.code, path + ": " + error.message};
}

// Closes what it holds.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  bool Close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

Result<Bytes> ReadFile(const std::string& path) {
  // O_NONBLOCK: opening a pipe that nobody writes must not hang.
  const FileDescriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    return IoError(path, "cannot open", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kBadInput, path + ": not a regular file"};
  }
  Bytes bytes(static_cast<size_t>(status.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError(path, "cannot read", errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

// Writes, syncs and closes a new file; the caller removes it on an error.
Status WriteNewFile(const std::string& path, ByteSpan bytes) {
  FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return IoError(path, "cannot create", errno);
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError(path, "cannot write", errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  if (::fsync(file.get()) != 0) return IoError(path, "cannot sync", errno);
  if (!file.Close()) return IoError(path, "cannot close", errno);
  return Ok{};
}

}  // namespace

Log LogOfTrace(const Trace& trace, const TraceAbout& about) {
  const DiskGeometry& geometry = trace.geometry();
  LogBuilder builder(geometry.sector_bytes);
  builder.AddText(fmt::format("{}{} sector={} sectors={}", kTraceMark,
                              kTraceVersion, geometry.sector_bytes,
                              geometry.sector_count));
  if (!about.backend.empty()) {
    builder.AddText(fmt::format("{}backend {}", kAboutMark, about.backend));
  }
  if (!about.pcut.empty()) {
    builder.AddText(fmt::format("{}pcut {}", kAboutMark, about.pcut));
  }
  AddBase(builder, trace);

  Layer layer = Layer::kDevice;
  size_t next_mark = 0;
  AddMarksBehind(builder, trace, 0, next_mark);
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    const DiskEvent& event = trace.event(number);
    switch (event.kind) {
      case DiskEvent::kWrite:
        if (event.layer != layer) {
          layer = event.layer;
          builder.AddText(fmt::format("{}{}", kLayerMark, LayerName(layer)));
        }
        builder.AddWrite(event.range.first, trace.data(event));
        break;
      case DiskEvent::kPersist:
        if (event.layer == Layer::kMedia && !event.scope &&
            event.upto == number) {
          builder.AddFlush();
        } else {
          builder.AddText(PersistText(trace, event));
        }
        break;
      case DiskEvent::kDiscard:
        builder.AddDiscard(event.range);
        break;
    }
    AddMarksBehind(builder, trace, number, next_mark);
  }
  return std::move(builder).Finish();
}

Result<LoadedTrace> TraceOfLog(const Log& log) {
  TraceReader reader(log);
  if (!log.entries.empty() && IsMarkWith(log.entries.front(), kTraceMark)) {
    return std::move(reader).ReadOwn();
  }
  return std::move(reader).ReadForeign();
}

Status SaveTrace(const Trace& trace, const TraceAbout& about,
                 const std::string& path) {
  const std::string fault = StorageFault(trace);
  if (!fault.empty()) {
    return WithPath(path, {ErrorCode::kBadInput, fault});
  }
  const Bytes bytes = WriteLog(LogOfTrace(trace, about));
  const std::string incomplete = path + ".incomplete";
  // What an earlier run left behind; a link there is not followed.
  if (::unlink(incomplete.c_str()) != 0 && errno != ENOENT) {
    return IoError(incomplete, "cannot remove", errno);
  }
  Status written = WriteNewFile(incomplete, bytes);
  if (written && ::rename(incomplete.c_str(), path.c_str()) != 0) {
    written = IoError(path, "cannot rename into place", errno);
  }
  if (!written) ::unlink(incomplete.c_str());
  return written;
}

Result<LoadedTrace> LoadTrace(const std::string& path) {
  POWERCUT_ASSIGN(Bytes bytes, ReadFile(path));
  const Result<Log> log = ReadLog(bytes);
  if (!log) return WithPath(path, log.error());
  bytes = Bytes();  // the log holds a copy
  Result<LoadedTrace> trace = TraceOfLog(*log);
  if (!trace) return WithPath(path, trace.error());
  return trace;
}

}  // namespace powercut
