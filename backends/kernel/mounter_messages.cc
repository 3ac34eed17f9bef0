// Requests and ends of commands as bytes: each field in turn, by PackedWriter.
// Both sides are one program, so that the format needs no version.

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

}  // namespace powercut::kernel
