// Traces requests by the tracepoints block_rq_issue and block_rq_complete,
// which write samples into one ring buffer for each processor
// (perf_event_open(2)).
//
// Method. A request passes block_rq_issue before the driver of the device sees
// it, so that no read can go unseen. The two tracepoints of a processor share a
// buffer. Samples of all processors are put in order by their time, which is
// that of CLOCK_MONOTONIC, the same on all of them. Where the fields of a
// sample are is read from the tracefs, since it differs between kernels.
//
// Example: ext4 reads its superblock, replays a journal and writes the
// superblock. The samples are an issue of `R`, issues and completions of `W`,
// and so on; a flush has no sectors and is left out.

#include "backends/kernel/request_trace.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace powercut::kernel {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kBufferBytes = 128 * kPageBytes;

// Where a tracepoint has its fields.
struct EventFormat {
  uint64_t id = 0;
  size_t sector = 0;
  size_t sector_count = 0;
  size_t operation = 0;  // a text, such as `WS`
  size_t error = 0;      // of block_rq_complete only
};

// Reads the offset of a field out of a line such as
// `field:sector_t sector;	offset:16;	size:8;	signed:0;`.
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

int OpenEvent(uint64_t id, int processor) {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_TRACEPOINT;
  wanted.size = sizeof(wanted);
  wanted.config = id;
  wanted.sample_period = 1;
  wanted.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
  wanted.disabled = 1;
  wanted.watermark = 1;
  wanted.wakeup_watermark = kBufferBytes / 2;
  wanted.use_clockid = 1;
  wanted.clockid = CLOCK_MONOTONIC;
  return static_cast<int>(syscall(SYS_perf_event_open, &wanted, -1, processor,
                                  -1, PERF_FLAG_FD_CLOEXEC));
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

struct RequestTrace::Format {
  EventFormat begins;
  EventFormat ends;
};

RequestTrace::RequestTrace(std::unique_ptr<Format> format)
    : format_(std::move(format)) {}

RequestTrace::~RequestTrace() {
  for (void* buffer : buffers_) munmap(buffer, kBufferBytes + kPageBytes);
  for (const int fd : fds_) close(fd);
  for (const int fd : more_fds_) close(fd);
}

std::unique_ptr<RequestTrace> RequestTrace::Start(dev_t device) {
  const auto begins = ReadFormat("block_rq_issue", false);
  const auto ends = ReadFormat("block_rq_complete", true);
  if (!begins || !ends) return nullptr;
  std::unique_ptr<RequestTrace> trace(
      new RequestTrace(std::make_unique<Format>(Format{*begins, *ends})));
  const long processors = sysconf(_SC_NPROCESSORS_CONF);
  for (int i = 0; i < processors; ++i) {
    if (!trace->OpenOn(i, device)) return nullptr;
  }
  for (const auto* fds : {&trace->fds_, &trace->more_fds_}) {
    for (const int fd : *fds) {
      if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) != 0) return nullptr;
    }
  }
  return trace;
}

bool RequestTrace::OpenOn(int processor, dev_t device) {
  const int begins = OpenEvent(format_->begins.id, processor);
  if (begins < 0) return false;
  fds_.push_back(begins);
  const int ends = OpenEvent(format_->ends.id, processor);
  if (ends < 0) return false;
  more_fds_.push_back(ends);
  // The number of a device as the kernel has it inside.
  const std::string filter =
      fmt::format("dev == {}", (uint64_t{major(device)} << 20) | minor(device));
  for (const int fd : {begins, ends}) {
    if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter.c_str()) != 0) return false;
  }
  void* const buffer = mmap(nullptr, kBufferBytes + kPageBytes,
                            PROT_READ | PROT_WRITE, MAP_SHARED, begins, 0);
  if (buffer == MAP_FAILED) return false;
  buffers_.push_back(buffer);
  return ioctl(ends, PERF_EVENT_IOC_SET_OUTPUT, begins) == 0;
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
  const char operation = FieldAt<char>(data, format.operation);
  const bool reads = operation == 'R';
  // Flushes have no sectors. That a read has ended is of no use.
  if (request.count == 0 || (reads && !begins)) return;
  // What failed, or is unknown (`N`), may not have written all of its sectors.
  if (!begins &&
      (operation == 'N' || FieldAt<int32_t>(data, format.error) != 0)) {
    return;
  }
  request.kind = reads    ? DeviceRequest::kRead
                 : begins ? DeviceRequest::kWriteBegan
                          : DeviceRequest::kWritten;
  waiting_.push_back({time_ns, request});
}

void RequestTrace::Empty(void* buffer) {
  auto* const page = static_cast<perf_event_mmap_page*>(buffer);
  const auto* const data = static_cast<const std::byte*>(buffer) + kPageBytes;
  const uint64_t head = std::atomic_ref(page->data_head).load();
  uint64_t tail = page->data_tail;
  std::vector<std::byte> record;
  while (tail < head) {
    perf_event_header header;
    const auto copy = [&](void* out, size_t count, uint64_t from) {
      // A record may go on at the begin of the buffer.
      for (size_t done = 0; done < count;) {
        const size_t at = (from + done) % kBufferBytes;
        const size_t part = std::min(count - done, kBufferBytes - at);
        std::memcpy(static_cast<std::byte*>(out) + done, data + at, part);
        done += part;
      }
    };
    copy(&header, sizeof(header), tail);
    record.resize(header.size - sizeof(header));
    copy(record.data(), record.size(), tail + sizeof(header));
    if (header.type == PERF_RECORD_SAMPLE) Decode(record);
    if (header.type == PERF_RECORD_LOST) lost_ = true;
    tail += header.size;
  }
  std::atomic_ref(page->data_tail).store(tail);
}

bool RequestTrace::Take(uint64_t hold_back_ns,
                        const std::function<void(const DeviceRequest&)>& tell) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const uint64_t until_ns =
      hold_back_ns == 0 ? ~uint64_t{0}
                        : static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
                              static_cast<uint64_t>(now.tv_nsec) - hold_back_ns;
  for (void* buffer : buffers_) Empty(buffer);
  std::ranges::stable_sort(waiting_, {}, &Timed::time_ns);
  size_t told = 0;
  for (; told < waiting_.size() && waiting_[told].time_ns <= until_ns; ++told) {
    tell(waiting_[told].request);
  }
  waiting_.erase(waiting_.begin(),
                 waiting_.begin() + static_cast<ptrdiff_t>(told));
  return !std::exchange(lost_, false);
}

}  // namespace powercut::kernel
