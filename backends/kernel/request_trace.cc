// Traces requests by the tracepoints block_rq_issue and block_rq_complete,
// which write samples into one ring buffer for each processor
// (perf_event_open(2)).
//
// Method. A request passes block_rq_issue before the driver of the device sees
// it, and block_rq_complete before whoever waits for it goes on. A sample can
// be lost in several ways, and of most of them the kernel does not tell: the
// buffer is full; a processor comes on line later; another process begins or
// ends to trace, by which the list of the tracepoint's users is made anew while
// a sample is on its way along the list (seen on Linux 6.18, about once in
// 10,000 requests where five processes begin and end all the time). In the last
// way a sample may also come twice.
//
// The kernel counts the sectors of each device, too, without any regard to
// tracing. When the device is idle, all requests have begun and ended. Hence
// the begins, the ends and the counters must then agree, in the sectors read,
// written and discarded, and each end must be that of a begin.
//
// Order. Let a write wait for a read, both on different processors. Then the
// sample of the read is in its buffer before the time of the write's sample is
// taken. All buffers are emptied once, which finds samples up to a time T, and
// once more, which finds what came meanwhile in buffers that had been emptied.
// Only samples up to T are told. Hence the read is among them if the write is.
// The clocks of two processors may differ by less than kClockErrorNs. A read
// is told before a write's end unless it is later by more than that, since a
// read that was not told would be worse than one that is told in vain.
//
// Example: ext4 reads its superblock, replays a journal and writes the
// superblock. The samples are an issue of `R`, issues and completions of `W`,
// and so on; a flush has no sectors and is left out.

#include "backends/kernel/request_trace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <list>
#include <optional>
#include <string>
#include <utility>

namespace powercut::kernel {
namespace {

constexpr size_t kPageBytes = 4096;
// The buffer of a processor, in pages: a power of two. All buffers together
// should take no more than kPagesOfAll.
constexpr size_t kPagesMax = 128;
constexpr size_t kPagesMin = 16;
constexpr size_t kPagesOfAll = 2048;
// No sample of the two tracepoints is larger.
constexpr size_t kRecordBytesMax = 1024;
// The clock of the samples is CLOCK_MONOTONIC, read without its lock. While the
// clock is being adjusted, two processors may disagree by some microseconds.
constexpr uint64_t kClockErrorNs = 10'000;

constexpr size_t kReads = 0;
constexpr size_t kWrites = 1;
constexpr size_t kDiscards = 2;

// Where a tracepoint has its fields.
struct EventFormat {
  uint64_t id = 0;
  size_t sector = 0;
  size_t sector_count = 0;
  size_t operation = 0;  // a text, such as `WS`
  size_t error = 0;      // of block_rq_complete only
};

// Reads the offset of a field out of a line such as
// `field:sector_t sector; offset:16; size:8; signed:0;`, which has tabs.
std::optional<size_t> OffsetIn(const std::string& line,
                               const std::string& name) {
  size_t at = line.find(" " + name + ";");
  if (at == line.npos) at = line.find(" " + name + "[");
  const size_t offset = line.find("offset:");
  if (at == line.npos || offset == line.npos) return std::nullopt;
  return std::strtoul(line.c_str() + offset + 7, nullptr, 10);
}

std::optional<EventFormat> ReadFormat(const std::string& event, bool ends) {
  for (const char* root :
       {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    std::ifstream in(fmt::format("{}/events/block/{}/format", root, event));
    EventFormat found;
    int fields = 0;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("ID: ")) {
        found.id = std::strtoul(line.c_str() + 4, nullptr, 10);
      }
      for (const auto& [name, field] :
           {std::pair<const char*, size_t EventFormat::*>{"sector",
                                                          &EventFormat::sector},
            {"nr_sector", &EventFormat::sector_count},
            {"rwbs", &EventFormat::operation},
            {"error", &EventFormat::error}}) {
        if (const auto offset = OffsetIn(line, name)) {
          found.*field = *offset;
          ++fields;
        }
      }
    }
    if (found.id != 0 && fields == (ends ? 4 : 3)) return found;
  }
  return std::nullopt;
}

// Reads a list such as `0-3,8`. Empty if there is none.
std::vector<int> ProcessorsOnLine() {
  std::ifstream in("/sys/devices/system/cpu/online");
  std::vector<int> all;
  for (int first = 0; in >> first;) {
    int last = first;
    if (in.peek() == '-') in.ignore() >> last;
    for (int i = first; i <= last; ++i) all.push_back(i);
    if (in.peek() == ',') in.ignore();
  }
  return all;
}

// Returns a descriptor of a tracepoint on a processor, which does not trace
// yet; -1 if it cannot be used.
int OpenEvent(uint64_t id, int processor, size_t buffer_bytes) {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_TRACEPOINT;
  wanted.size = sizeof(wanted);
  wanted.config = id;
  wanted.sample_period = 1;
  wanted.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
  wanted.disabled = 1;
  wanted.watermark = 1;
  wanted.wakeup_watermark = static_cast<uint32_t>(buffer_bytes / 2);
  wanted.use_clockid = 1;
  wanted.clockid = CLOCK_MONOTONIC;
  return static_cast<int>(syscall(SYS_perf_event_open, &wanted, -1, processor,
                                  -1, PERF_FLAG_FD_CLOEXEC));
}

// A number for a request, which differs between different requests.
uint64_t NumberOf(const DeviceRequest& request, size_t group) {
  uint64_t number = request.first * 3 + group;
  number = (number ^ (number >> 31)) * 0x9e3779b97f4a7c15;
  number += request.count;
  number = (number ^ (number >> 29)) * 0xbf58476d1ce4e5b9;
  return number ^ (number >> 32);
}

template <class T>
T FieldAt(std::span<const std::byte> bytes, size_t offset) {
  T value{};
  if (offset + sizeof(T) <= bytes.size()) {
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
  }
  return value;
}

}  // namespace

void KeepTracepoints() {
  static const bool kept = [] {
    const auto begins = ReadFormat("block_rq_issue", false);
    const auto ends = ReadFormat("block_rq_complete", true);
    const std::vector<int> processors = ProcessorsOnLine();
    if (!begins || !ends || processors.empty()) return false;
    // The descriptors stay open until the process ends.
    return OpenEvent(begins->id, processors[0], kPageBytes) >= 0 &&
           OpenEvent(ends->id, processors[0], kPageBytes) >= 0;
  }();
  static_cast<void>(kept);
}

struct RequestTrace::Format {
  EventFormat begins;
  EventFormat ends;
};

RequestTrace::RequestTrace(std::unique_ptr<Format> format)
    : format_(std::move(format)) {}

RequestTrace::~RequestTrace() {
  if (counters_fd_ >= 0) close(counters_fd_);
  for (void* buffer : buffers_) munmap(buffer, buffer_bytes_ + kPageBytes);
  for (const int fd : fds_) close(fd);
  for (const int fd : more_fds_) close(fd);
}

std::unique_ptr<RequestTrace> RequestTrace::Start(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return nullptr;
  const dev_t device = found.st_rdev;
  const auto begins = ReadFormat("block_rq_issue", false);
  const auto ends = ReadFormat("block_rq_complete", true);
  if (!begins || !ends) return nullptr;
  std::unique_ptr<RequestTrace> trace(
      new RequestTrace(std::make_unique<Format>(Format{*begins, *ends})));
  trace->counters_fd_ = open(
      fmt::format("/sys/dev/block/{}:{}/stat", major(device), minor(device))
          .c_str(),
      O_RDONLY | O_CLOEXEC);
  const std::vector<int> processors = ProcessorsOnLine();
  if (processors.empty() || !trace->Counted()) return nullptr;
  size_t pages = kPagesMax;
  while (pages > kPagesMin && pages * processors.size() > kPagesOfAll) {
    pages /= 2;
  }
  trace->buffer_bytes_ = pages * kPageBytes;
  for (const int processor : processors) {
    if (!trace->OpenOn(processor, device)) return nullptr;
  }
  for (const auto* fds : {&trace->fds_, &trace->more_fds_}) {
    for (const int fd : *fds) {
      if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) != 0) return nullptr;
    }
  }
  if (!trace->SeesRead(path)) return nullptr;
  return trace;
}

bool RequestTrace::SeesRead(const std::string& path) {
  constexpr uint64_t kSectors = kPageBytes / 512;
  alignas(kPageBytes) std::array<std::byte, kPageBytes> page;
  Restart();
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (fd < 0) return false;
  const bool read = pread(fd, page.data(), page.size(), 0) == kPageBytes;
  close(fd);
  // If nothing is traced and nothing is counted, these agree, too.
  return Take(true, [](const DeviceRequest&) {}) && read &&
         begun_[kReads] >= kSectors;
}

bool RequestTrace::OpenOn(int processor, dev_t device) {
  const int begins = OpenEvent(format_->begins.id, processor, buffer_bytes_);
  if (begins < 0) return false;
  fds_.push_back(begins);
  const int ends = OpenEvent(format_->ends.id, processor, buffer_bytes_);
  if (ends < 0) return false;
  more_fds_.push_back(ends);
  // The number of a device as the kernel has it inside.
  const std::string filter =
      fmt::format("dev == {}", (uint64_t{major(device)} << 20) | minor(device));
  for (const int fd : {begins, ends}) {
    if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter.c_str()) != 0) return false;
  }
  void* const buffer = mmap(nullptr, buffer_bytes_ + kPageBytes,
                            PROT_READ | PROT_WRITE, MAP_SHARED, begins, 0);
  if (buffer == MAP_FAILED) return false;
  buffers_.push_back(buffer);
  return ioctl(ends, PERF_EVENT_IOC_SET_OUTPUT, begins) == 0;
}

std::optional<RequestTrace::Sectors> RequestTrace::Counted() const {
  // Numbers of the line (Linux, Documentation/block/stat.rst) that count
  // sectors read, written and discarded.
  constexpr std::array<size_t, 3> kPlaces = {2, 6, 13};
  char text[512];
  const ssize_t got = pread(counters_fd_, text, sizeof(text) - 1, 0);
  if (got <= 0) return std::nullopt;
  text[got] = '\0';
  std::array<uint64_t, kPlaces.back() + 1> numbers{};
  char* at = text;
  for (uint64_t& number : numbers) {
    char* end = nullptr;
    number = std::strtoull(at, &end, 10);
    if (end == at) return std::nullopt;
    at = end;
  }
  return Sectors{numbers[kPlaces[kReads]], numbers[kPlaces[kWrites]],
                 numbers[kPlaces[kDiscards]]};
}

// The record has a time, the size of the data, and the data.
void RequestTrace::Decode(std::span<const std::byte> record) {
  const auto time_ns = FieldAt<uint64_t>(record, 0);
  const auto data =
      record.subspan(std::min(record.size(), 2 * sizeof(uint64_t) - 4));
  const bool begins = FieldAt<uint16_t>(data, 0) == format_->begins.id;
  const EventFormat& format = begins ? format_->begins : format_->ends;
  DeviceRequest request;
  request.first = FieldAt<uint64_t>(data, format.sector);
  request.count = FieldAt<uint32_t>(data, format.sector_count);
  char operation = FieldAt<char>(data, format.operation);
  // A write that flushes before it is `FW`.
  if (operation == 'F') operation = FieldAt<char>(data, format.operation + 1);
  newest_ns_ = std::max(newest_ns_, time_ns);
  // Flushes have no sectors.
  if (request.count == 0) return;
  const size_t group = operation == 'R'   ? kReads
                       : operation == 'D' ? kDiscards
                                          : kWrites;
  (begins ? begun_ : ended_)[group] += request.count;
  balance_ += begins ? NumberOf(request, group) : -NumberOf(request, group);
  if (begins) {
    request.kind =
        group == kReads ? DeviceRequest::kRead : DeviceRequest::kWriteBegan;
    waiting_.push_back({time_ns, request});
    return;
  }
  const auto error = FieldAt<int32_t>(data, format.error);
  // Zeroing and discarding may be refused, and are then done in another way.
  // Whatever else fails has failed for want of memory.
  if (error != 0 && (error != -EOPNOTSUPP || operation == 'R')) lost_ = true;
  if (error != 0 || (operation != 'W' && operation != 'D')) return;
  request.kind = DeviceRequest::kWritten;
  waiting_.push_back({time_ns + kClockErrorNs, request});
}

void RequestTrace::Empty(void* buffer) {
  auto* const page = static_cast<perf_event_mmap_page*>(buffer);
  const auto* const data = static_cast<const std::byte*>(buffer) + kPageBytes;
  uint64_t tail = page->data_tail;
  // Up to where the buffer was free for the samples before `head`.
  uint64_t freed = tail;
  std::vector<std::byte> record;
  while (true) {
    const uint64_t head = std::atomic_ref(page->data_head).load();
    // A sample that finds no room is lost, and only a later one says so.
    if (head - freed + kRecordBytesMax > buffer_bytes_) lost_ = true;
    freed = tail;
    if (tail == head) return;
    while (tail < head) {
      perf_event_header header;
      const auto copy = [&](void* out, size_t count, uint64_t from) {
        // A record may go on at the begin of the buffer.
        for (size_t done = 0; done < count;) {
          const size_t at = (from + done) % buffer_bytes_;
          const size_t part = std::min(count - done, buffer_bytes_ - at);
          std::memcpy(static_cast<std::byte*>(out) + done, data + at, part);
          done += part;
        }
      };
      copy(&header, sizeof(header), tail);
      record.resize(header.size - sizeof(header));
      copy(record.data(), record.size(), tail + sizeof(header));
      // Other records say that samples were lost, but not when.
      if (header.type == PERF_RECORD_SAMPLE) Decode(record);
      tail += header.size;
    }
    std::atomic_ref(page->data_tail).store(tail);
  }
}

void RequestTrace::EmptyAll() {
  for (void* buffer : buffers_) Empty(buffer);
}

bool RequestTrace::Restart() {
  // In this order, what ends in between seems to be lost later.
  const auto counted = Counted();
  EmptyAll();
  const bool only_reads = std::ranges::all_of(waiting_, [](const Timed& timed) {
    return timed.request.kind != DeviceRequest::kWriteBegan;
  });
  waiting_.clear();
  begun_ = ended_ = {};
  balance_ = 0;
  counted_before_ = counted.value_or(Sectors{});
  return !std::exchange(lost_, false) && counted && only_reads;
}

bool RequestTrace::Take(bool idle,
                        const std::function<void(const DeviceRequest&)>& tell) {
  EmptyAll();
  const uint64_t until_ns = newest_ns_;
  EmptyAll();
  // Requests of one moment keep their order. std::stable_sort() of this library
  // is refused by newer compilers.
  std::list<Timed> ordered(waiting_.begin(), waiting_.end());
  ordered.sort(
      [](const Timed& a, const Timed& b) { return a.time_ns < b.time_ns; });
  waiting_.assign(ordered.begin(), ordered.end());
  size_t told = 0;
  for (; told < waiting_.size() && waiting_[told].time_ns <= until_ns; ++told) {
    tell(waiting_[told].request);
  }
  waiting_.erase(waiting_.begin(),
                 waiting_.begin() + static_cast<ptrdiff_t>(told));
  const bool lost = std::exchange(lost_, false);
  if (!idle) return !lost;
  auto counted = Counted();
  if (!counted) return false;
  for (size_t i = 0; i < counted->size(); ++i) {
    (*counted)[i] -= counted_before_[i];
  }
  return !lost && begun_ == *counted && ended_ == *counted && balance_ == 0;
}

}  // namespace powercut::kernel
