// Requests, ends of commands and maps as bytes: each field in turn, by
// PackedWriter. Both sides are one program, so that the format needs no
// version.

#include "backends/kernel/mounter_messages.h"

#include "harness/base/check.h"
#include "harness/system/packed_bytes.h"

namespace powercut::kernel {

std::string EncodeMounterRequest(const MounterRequest& request) {
  std::string bytes;
  PackedWriter out(bytes);
  out.Number(request.kind);
  out.Number(request.number);
  out.Number(request.timeout_ms);
  out.Text(request.name);
  out.Text(request.text);
  out.Text(request.device);
  out.Number(request.words.size());
  for (const std::string& word : request.words) out.Text(word);
  const Op& op = request.op;
  out.Number(static_cast<uint64_t>(op.kind));
  out.Number(op.names.size());
  for (const std::string& name : op.names) out.Text(name);
  out.Number(op.numbers.size());
  for (const uint64_t number : op.numbers) out.Number(number);
  out.Number(op.flags.size());
  for (const std::string& flag : op.flags) out.Text(flag);
  out.Number(op.keys.size());
  for (const auto& [key, value] : op.keys) {
    out.Text(key);
    out.Text(value);
  }
  out.Number(static_cast<uint64_t>(request.writeback));
  out.Number(request.writeback_seed);
  out.Number(request.acks_from_stdout ? 1 : 0);
  out.Text(request.attempted);
  return bytes;
}

MounterRequest DecodeMounterRequest(std::string_view bytes) {
  PackedReader in(bytes);
  MounterRequest request;
  request.kind = static_cast<MounterRequest::Kind>(in.Number());
  request.number = in.Number();
  request.timeout_ms = static_cast<uint32_t>(in.Number());
  request.name = in.Text();
  request.text = in.Text();
  request.device = in.Text();
  // The argument of Count() is the least size of an element. A count that the
  // rest of the bytes cannot hold is refused before memory is reserved for it.
  request.words.resize(in.Count(1));
  for (std::string& word : request.words) word = in.Text();
  Op& op = request.op;
  op.kind = static_cast<OpKind>(in.Number());
  op.names.resize(in.Count(1));
  for (std::string& name : op.names) name = in.Text();
  op.numbers.resize(in.Count(1));
  for (uint64_t& number : op.numbers) number = in.Number();
  op.flags.resize(in.Count(1));
  for (std::string& flag : op.flags) flag = in.Text();
  op.keys.resize(in.Count(2));
  for (auto& [key, value] : op.keys) {
    key = in.Text();
    value = in.Text();
  }
  request.writeback = static_cast<WritebackSchedule>(in.Number());
  request.writeback_seed = in.Number();
  request.acks_from_stdout = in.NumberUpTo(1) == 1;
  request.attempted = in.Text();
  POWERCUT_CHECK(in.Finished());
  return request;
}

std::string EncodeCommandEnd(const CommandEnd& end) {
  std::string bytes;
  PackedWriter out(bytes);
  out.Number(end.kind);
  out.Text(end.detail);
  out.Number(end.volume_full ? 1 : 0);
  return bytes;
}

CommandEnd DecodeCommandEnd(std::string_view bytes) {
  PackedReader in(bytes);
  CommandEnd end;
  end.kind = static_cast<CommandEnd::Kind>(in.Number());
  end.detail = in.Text();
  end.volume_full = in.Number() != 0;
  POWERCUT_CHECK(in.Finished());
  return end;
}

std::string EncodeVolumeMap(const VolumeMap& map) {
  std::string bytes;
  PackedWriter out(bytes);
  out.Number(map.look.cut ? 1 : 0);
  out.Number(map.look.entries.size());
  for (const VolumeEntry& entry : map.look.entries) {
    out.Text(entry.path);
    out.Number(entry.is_directory ? 1 : 0);
    out.Number(entry.size_bytes);
    out.Number(static_cast<uint64_t>(entry.changed_ns));
  }
  out.Number(map.parts.size());
  for (const VolumePart& part : map.parts) {
    out.Number(part.kind);
    out.Number(part.first_byte);
    out.Number(part.bytes);
    out.Text(part.owner);
    out.Number(part.offset_bytes);
  }
  out.Number(map.notes.size());
  for (const std::string& note : map.notes) out.Text(note);
  return bytes;
}

Result<VolumeMap> DecodeVolumeMap(std::string_view bytes) {
  PackedReader in(bytes);
  VolumeMap map;
  map.look.cut = in.NumberUpTo(1) == 1;
  map.look.entries.resize(in.Count(4));
  for (VolumeEntry& entry : map.look.entries) {
    entry.path = in.Text();
    entry.is_directory = in.NumberUpTo(1) == 1;
    entry.size_bytes = in.Number();
    entry.changed_ns = static_cast<int64_t>(in.Number());
  }
  map.parts.resize(in.Count(5));
  for (VolumePart& part : map.parts) {
    part.kind =
        static_cast<VolumePart::Kind>(in.NumberUpTo(VolumePart::kOther));
    part.first_byte = in.Number();
    part.bytes = in.Number();
    part.owner = in.Text();
    part.offset_bytes = in.Number();
  }
  map.notes.resize(in.Count(1));
  for (std::string& note : map.notes) note = in.Text();
  if (in.Finished()) return map;
  return Error{ErrorCode::kInternal, "a map of a volume is damaged"};
}

}  // namespace powercut::kernel
