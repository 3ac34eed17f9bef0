#include "harness/recover/outcome_bytes.h"

#include <cstdint>
#include <utility>

#include "harness/system/packed_bytes.h"

namespace powercut {
namespace {

void WriteLog(PackedWriter& out, const ObservedLog& log) {
  out.Text(log.name);
  out.Text(log.unreadable);
  out.Number(log.base_lsn);
  out.Number(log.restart_lsn);
  out.Number(log.records.size());
  for (const ObservedRecord& record : log.records) {
    out.Number(record.lsn);
    out.Text(record.content);
    out.Number(record.restart ? 1 : 0);
  }
}

void ReadLog(PackedReader& in, ObservedLog& log) {
  log.name = in.Text();
  log.unreadable = in.Text();
  log.base_lsn = in.Number();
  log.restart_lsn = in.Number();
  constexpr uint64_t kLeastRecordBytes = 3;
  log.records.resize(in.Count(kLeastRecordBytes));
  for (ObservedRecord& record : log.records) {
    record.lsn = in.Number();
    record.content = in.Text();
    record.restart = in.NumberUpTo(1) != 0;
  }
}

// Contents are nearly all of an outcome. More is no error, it only costs time.
uint64_t SizeAbout(const Observation& seen) {
  constexpr uint64_t kEntryBytes = 256;
  uint64_t size = kEntryBytes + seen.device.size();
  for (const ObservedEntry& entry : seen.entries) {
    size += kEntryBytes + entry.content.size();
  }
  return size;
}

}  // namespace

void OutcomeBytes(const RecoveryOutcome& outcome, std::string& bytes) {
  bytes.clear();
  bytes.reserve(SizeAbout(outcome.observation));
  PackedWriter out(bytes);
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
    out.MaybeNumber(entry.valid_bytes);
    out.MaybeNumber(entry.mtime);
  }
  out.Text(seen.device);
  out.Number(seen.logs.size());
  for (const ObservedLog& log : seen.logs) WriteLog(out, log);
  out.Number(seen.keys ? 1 + seen.keys->size() : 0);
  if (seen.keys) {
    for (const auto& [key, value] : *seen.keys) {
      out.Text(key);
      out.Text(value);
    }
  }
  out.Number(seen.probe_failures.size());
  for (const std::string& failure : seen.probe_failures) out.Text(failure);
  out.Text(seen.check);
  out.Text(seen.fsck);
  out.Number(outcome.faults_fired.size());
  for (const uint32_t number : outcome.faults_fired) out.Number(number);
}

std::string OutcomeBytes(const RecoveryOutcome& outcome) {
  std::string bytes;
  OutcomeBytes(outcome, bytes);
  return bytes;
}

Result<RecoveryOutcome> OutcomeOfBytes(std::string_view bytes) {
  PackedReader in(bytes);
  RecoveryOutcome outcome;
  const uint64_t kind = in.NumberUpTo(RecoveryOutcome::kNotRun);
  outcome.kind = static_cast<RecoveryOutcome::Kind>(kind);
  outcome.detail = in.Text();
  Observation& seen = outcome.observation;
  seen.unreadable = in.Text();
  constexpr uint64_t kLeastEntryBytes = 8;
  seen.entries.resize(in.Count(kLeastEntryBytes));
  for (ObservedEntry& entry : seen.entries) {
    entry.path = in.Text();
    entry.is_directory = in.NumberUpTo(1) != 0;
    entry.file_id = in.Number();
    entry.unreadable = in.Text();
    entry.size_bytes = in.Number();
    entry.content = in.Text();
    entry.valid_bytes = in.MaybeNumber();
    entry.mtime = in.MaybeNumber();
  }
  seen.device = in.Text();
  constexpr uint64_t kLeastLogBytes = 5;
  seen.logs.resize(in.Count(kLeastLogBytes));
  for (ObservedLog& log : seen.logs) ReadLog(in, log);
  const uint64_t keys = in.Number();
  if (keys > 0) seen.keys.emplace();
  for (uint64_t i = 1; i < keys && in.Good(); ++i) {
    const std::string key(in.Text());
    (*seen.keys)[key] = in.Text();
  }
  seen.probe_failures.resize(in.Count(1));
  for (std::string& failure : seen.probe_failures) failure = in.Text();
  seen.check = in.Text();
  seen.fsck = in.Text();
  outcome.faults_fired.resize(in.Count(1));
  for (uint32_t& number : outcome.faults_fired) {
    constexpr uint64_t kNumberMax = 0xffff'ffff;
    number = static_cast<uint32_t>(in.NumberUpTo(kNumberMax));
  }
  if (!in.Finished()) {
    return Error{ErrorCode::kInternal, "a worker sent a malformed outcome"};
  }
  return outcome;
}

}  // namespace powercut
