#include "harness/outcome_bytes.h"

#include <cstdint>
#include <cstring>
#include <utility>

namespace powercut {
namespace {

class Writer {
 public:
  void Number(uint64_t value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void Text(std::string_view text) {
    Number(text.size());
    bytes_.append(text);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Number() {
    uint64_t value = 0;
    if (bytes_.size() - at_ < sizeof(value)) {
      Fail();
      return 0;
    }
    std::memcpy(&value, bytes_.data() + at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }
  // A count of things of at least `least_bytes` bytes each.
  uint64_t Count(uint64_t least_bytes) {
    const uint64_t count = Number();
    if (count <= (bytes_.size() - at_) / least_bytes) return count;
    Fail();
    return 0;
  }
  std::string Text() {
    const uint64_t size = Count(1);
    std::string text(bytes_.substr(at_, size));
    at_ += size;
    return text;
  }
  bool Finished() const { return good_ && at_ == bytes_.size(); }

 private:
  void Fail() {
    good_ = false;
    at_ = bytes_.size();
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool good_ = true;
};

}  // namespace

std::string OutcomeBytes(const RecoveryOutcome& outcome) {
  Writer out;
  out.Number(outcome.kind);
  out.Text(outcome.detail);
  const Observation& seen = outcome.observation;
  out.Text(seen.unreadable);
  out.Number(seen.entries.size());
  for (const ObservedEntry& entry : seen.entries) {
    out.Text(entry.path);
    out.Number(entry.is_directory ? 1 : 0);
    out.Number(entry.file_id);
    out.Text(entry.unreadable);
    out.Number(entry.size_bytes);
    out.Text(entry.content);
  }
  out.Number(seen.probe_failures.size());
  for (const std::string& failure : seen.probe_failures) out.Text(failure);
  return out.Take();
}

Result<RecoveryOutcome> OutcomeOfBytes(std::string_view bytes) {
  Reader in(bytes);
  RecoveryOutcome outcome;
  const uint64_t kind = in.Number();
  outcome.kind = static_cast<RecoveryOutcome::Kind>(kind);
  outcome.detail = in.Text();
  Observation& seen = outcome.observation;
  seen.unreadable = in.Text();
  constexpr uint64_t kLeastEntryBytes = 6 * sizeof(uint64_t);
  seen.entries.resize(in.Count(kLeastEntryBytes));
  for (ObservedEntry& entry : seen.entries) {
    entry.path = in.Text();
    entry.is_directory = in.Number() != 0;
    entry.file_id = in.Number();
    entry.unreadable = in.Text();
    entry.size_bytes = in.Number();
    entry.content = in.Text();
  }
  seen.probe_failures.resize(in.Count(sizeof(uint64_t)));
  for (std::string& failure : seen.probe_failures) failure = in.Text();
  if (!in.Finished() || kind > RecoveryOutcome::kHung) {
    return Error{ErrorCode::kInternal, "a worker sent a malformed outcome"};
  }
  return outcome;
}

}  // namespace powercut
