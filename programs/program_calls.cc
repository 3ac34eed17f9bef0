// One call after the other, as packed numbers and texts. The bytes come from a
// file, so that each call is checked against what a program can ask for before
// anybody runs it.

#include "programs/program_calls.h"

#include <algorithm>
#include <array>

#include "harness/system/packed_bytes.h"
#include "programs/attribute_calls.h"
#include "programs/file_attributes.h"

namespace powercut::programs {
namespace {

// The version of the bytes. In the second one, each op says how it failed; it
// is written only where an op did, so that older powercuts read the rest, and
// calls are read only in the version that they are written in.
constexpr uint64_t kVersion = 1;
constexpr uint64_t kVersionWithFailures = 2;
enum Outcome : uint8_t { kDone, kFailed, kLied };

// What a program can ask for, with how many names and numbers each op has.
struct Form {
  OpKind kind;
  size_t names;
  size_t numbers;
};
constexpr std::array kForms = {
    Form{OpKind::kCreate, 1, 0},    Form{OpKind::kMkdir, 1, 0},
    Form{OpKind::kWrite, 1, 2},     Form{OpKind::kTruncate, 1, 1},
    Form{OpKind::kFallocate, 1, 2}, Form{OpKind::kRename, 2, 0},
    Form{OpKind::kLink, 2, 0},      Form{OpKind::kUnlink, 1, 0},
    Form{OpKind::kRmdir, 1, 0},     Form{OpKind::kSetTimes, 1, 1},
    Form{OpKind::kOpen, 2, 0},      Form{OpKind::kClose, 1, 0},
    Form{OpKind::kFsync, 1, 0},     Form{OpKind::kFdatasync, 1, 0},
    Form{OpKind::kSyncfs, 0, 0},    Form{OpKind::kExchange, 2, 0},
};

const Form* FormOf(OpKind kind) {
  const auto* const found = std::ranges::find(kForms, kind, &Form::kind);
  return found == kForms.end() ? nullptr : found;
}

// Whether a name is a path or the name of a handle.
bool IsName(std::string_view name) {
  if (name.starts_with('h')) return name.size() > 1;
  return name.starts_with('/') && name.find('\0') == name.npos;
}

// The version that calls are written in.
uint64_t VersionOf(const Calls& calls) {
  const auto has_failure = [](const Call& call) {
    return call.fails || call.lies;
  };
  return std::ranges::any_of(calls, has_failure) ? kVersionWithFailures
                                                 : kVersion;
}

void EncodeCall(const Call& call, uint64_t version, PackedWriter& out) {
  out.Number(call.kind);
  out.Number(static_cast<uint64_t>(call.process));
  out.Text(call.program);
  out.Text(call.content);
  if (call.kind != Call::kOp) return;
  const Op& op = call.op;
  out.Number(static_cast<uint64_t>(op.kind));
  for (const std::string& name : op.names) out.Text(name);
  for (const uint64_t number : op.numbers) out.Number(number);
  out.Number(op.HasFlag("direct") ? 1 : 0);
  out.Number(call.offset_bytes);
  out.Text(call.path);
  out.Number(call.inode);
  out.Text(call.attributes);
  if (version < kVersionWithFailures) return;
  out.Number(call.fails ? kFailed : call.lies ? kLied : kDone);
}

Call DecodeCall(uint64_t version, PackedReader& in) {
  Call call;
  call.kind = static_cast<Call::Kind>(in.NumberUpTo(Call::kLine));
  in.Require(call.kind == Call::kOp || call.kind == Call::kLine);
  call.process = static_cast<int32_t>(in.NumberUpTo(INT32_MAX));
  call.program = in.Text();
  call.content = in.Text();
  if (call.kind != Call::kOp) return call;
  call.op.kind = static_cast<OpKind>(in.NumberUpTo(kOpKindCount - 1));
  const Form* const form = FormOf(call.op.kind);
  in.Require(form != nullptr);
  if (form == nullptr) return call;
  for (size_t i = 0; i < form->names; ++i) {
    call.op.names.emplace_back(in.Text());
    in.Require(IsName(call.op.names.back()));
  }
  for (size_t i = 0; i < form->numbers; ++i) {
    call.op.numbers.push_back(in.Number());
  }
  if (in.NumberUpTo(1) == 1) call.op.flags = {"direct"};
  call.offset_bytes = in.Number();
  if (call.op.kind == OpKind::kWrite) {
    in.Require(call.op.numbers[0] == call.offset_bytes &&
               call.op.numbers[1] == call.content.size());
  }
  call.path = in.Text();
  call.inode = static_cast<uint32_t>(in.NumberUpTo(UINT32_MAX));
  call.attributes = in.Text();
  if (!call.attributes.empty()) {
    PackedReader attributes(call.attributes);
    ReadAttributes(attributes);
    in.Require(attributes.Finished());
  }
  if (version < kVersionWithFailures) return call;
  const uint64_t outcome = in.NumberUpTo(kLied);
  in.Require(outcome == kDone || IsSync(call));
  call.fails = outcome == kFailed;
  call.lies = outcome == kLied;
  return call;
}

}  // namespace

std::string EncodeCalls(const Calls& calls) {
  std::string bytes;
  PackedWriter out(bytes);
  const uint64_t version = VersionOf(calls);
  out.Number(version);
  out.Number(calls.size());
  for (const Call& call : calls) EncodeCall(call, version, out);
  return bytes;
}

Result<Calls> DecodeCalls(std::string_view bytes) {
  PackedReader in(bytes);
  const uint64_t version = in.Number();
  in.Require(version == kVersion || version == kVersionWithFailures);
  Calls calls;
  for (uint64_t left = in.Count(4); left > 0 && in.Good(); --left) {
    Call& call = calls.emplace_back(DecodeCall(version, in));
    call.op.number = static_cast<uint32_t>(calls.size());
  }
  in.Require(version == VersionOf(calls));
  if (in.Finished()) {
    NameAttributeCalls(calls);
    return calls;
  }
  return Error{ErrorCode::kBadInput,
               "the calls of the recorded program make no sense; record it "
               "again"};
}

}  // namespace powercut::programs
