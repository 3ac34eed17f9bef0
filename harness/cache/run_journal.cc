// A journal is a line `powercut runs 2 CONTEXT`, then one record after the
// other. A record is a header (two sizes, the key of the state, a hash), then
// the bytes of the outcome, then the bytes of what the run read and wrote.
//
// Records are only appended, and nothing is synced. A kill of this process
// therefore leaves at most one record in part, at the end; a crash of the
// machine may leave more. Reading goes from record to record and stops at the
// first one that is not whole or whose hash is wrong. The file is cut there,
// and the next record goes there:
//
//     line  record 1  record 2  half of record 3       found at Open()
//     line  record 1  record 2                         after Open()
//     line  record 1  record 2  record 3               after Append()
//
// A lock on the file keeps two explorations from writing to it at once.

#include "harness/cache/run_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace powercut {
namespace {

constexpr std::string_view kMagic = "powercut runs 2 ";

struct RecordHeader {
  uint64_t outcome_bytes = 0;
  uint64_t access_bytes = 0;
  Hash128 state;
  // The hash that CheckOf() gives.
  Hash128 check;
};

Error IoError(const std::string& path) {
  return Error{ErrorCode::kIo, path + ": " + strerror(errno)};
}

// The hash of the bytes that follow a header. The seed takes in the size of the
// outcome and half of the state's key, so that damage to them is noticed, too.
Hash128 CheckOf(const RecordHeader& header, std::string_view body) {
  return HashBytes(AsBytes(body), header.outcome_bytes ^ header.state.low << 1);
}

// Whether a header and the bytes after it are those of a record. A crash of the
// machine may leave zeros at the end of the file, which have the right hash:
// the hash of no bytes is zero. But every outcome has bytes.
bool IsRecord(const RecordHeader& header, std::string_view body) {
  return header.outcome_bytes > 0 && CheckOf(header, body) == header.check;
}

Result<std::string> ReadAll(int descriptor, const std::string& path) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) return IoError(path);
  std::string text(static_cast<size_t>(status.st_size), '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = pread(descriptor, text.data() + done,
                              text.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoError(path);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  text.resize(done);
  return text;
}

Status WriteAll(int descriptor, const std::string& path, std::string_view text,
                uint64_t at) {
  while (!text.empty()) {
    const ssize_t put =
        pwrite(descriptor, text.data(), text.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return IoError(path);
    text.remove_prefix(static_cast<size_t>(put));
    at += static_cast<uint64_t>(put);
  }
  return Ok{};
}

// Takes the lock, and waits up to a second for it. The workers of a powercut
// that was killed inherited its lock and hold it until they have ended, too.
bool Lock(int descriptor) {
  constexpr int kTriesMax = 100;
  constexpr useconds_t kPauseUs = 10'000;
  for (int i = 0; i < kTriesMax; ++i) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
    usleep(kPauseUs);
  }
  return false;
}

}  // namespace

RunJournal::RunJournal(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

RunJournal::~RunJournal() {
  // Closing is not enough: workers that have not ended yet inherited the
  // descriptor, and with it the lock.
  flock(descriptor_, LOCK_UN);
  close(descriptor_);
}

Result<std::unique_ptr<RunJournal>> RunJournal::Open(const std::string& path,
                                                     std::string_view context) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  // The journal owns the descriptor from here on, also where an error follows.
  if (descriptor < 0) return IoError(path);
  std::unique_ptr<RunJournal> journal(new RunJournal(path, descriptor));
  if (!Lock(descriptor)) {
    return Error{ErrorCode::kIo, path + ": another powercut writes to it"};
  }
  POWERCUT_TRY(journal->Load(context));
  return journal;
}

Status RunJournal::Begin(std::string_view context) {
  const std::string line = std::string(kMagic) + std::string(context) + "\n";
  if (ftruncate(descriptor_, 0) != 0) return IoError(path_);
  POWERCUT_TRY(WriteAll(descriptor_, path_, line, 0));
  end_ = line.size();
  return Ok{};
}

Status RunJournal::Load(std::string_view context) {
  POWERCUT_ASSIGN(const std::string text, ReadAll(descriptor_, path_));
  const std::string line = std::string(kMagic) + std::string(context) + "\n";
  // The file is new, or its writer was killed before it had written the first
  // line.
  if (text.size() < line.size() && line.starts_with(text)) {
    return Begin(context);
  }
  if (!text.starts_with(kMagic)) {
    return Error{ErrorCode::kStale,
                 path_ +
                     ": is no journal of runs; give --resume an empty "
                     "folder"};
  }
  if (!text.starts_with(line)) {
    return Error{
        ErrorCode::kStale,
        path_ + ": belongs to another exploration (" +
            text.substr(kMagic.size(), text.find('\n') - kMagic.size()) +
            "); delete it, or give --resume another folder"};
  }
  end_ = line.size();
  while (text.size() - end_ >= sizeof(RecordHeader)) {
    RecordHeader header;
    std::memcpy(&header, text.data() + end_, sizeof(header));
    // Sizes of a damaged header may be any numbers, so that their sum could
    // overflow.
    const uint64_t left = text.size() - end_ - sizeof(header);
    if (header.outcome_bytes > left ||
        header.access_bytes > left - header.outcome_bytes) {
      break;
    }
    const std::string_view body(text.data() + end_ + sizeof(header),
                                header.outcome_bytes + header.access_bytes);
    if (!IsRecord(header, body)) break;
    runs_[header.state] = {std::string(body.substr(0, header.outcome_bytes)),
                           std::string(body.substr(header.outcome_bytes))};
    end_ += sizeof(header) + body.size();
  }
  if (end_ < text.size() &&
      ftruncate(descriptor_, static_cast<off_t>(end_)) != 0) {
    return IoError(path_);
  }
  return Ok{};
}

const JournaledRun* RunJournal::Find(const Hash128& state) const {
  const auto found = runs_.find(state);
  return found == runs_.end() ? nullptr : &found->second;
}

Status RunJournal::Append(const Hash128& state, JournaledRun run) {
  RecordHeader header{run.outcome.size(), run.access.size(), state, {}};
  std::string record(sizeof(header), '\0');
  record += run.outcome;
  record += run.access;
  header.check =
      CheckOf(header, std::string_view(record).substr(sizeof(header)));
  std::memcpy(record.data(), &header, sizeof(header));
  // `end_` moves only after the whole record was written, so that the next
  // record overwrites one that was written in part.
  POWERCUT_TRY(WriteAll(descriptor_, path_, record, end_));
  end_ += record.size();
  runs_[state] = std::move(run);
  return Ok{};
}

}  // namespace powercut
