// The calls of a trace are decoded, some of them are left out or made weaker,
// and the rest is encoded again. What nobody asked to change keeps its order.

#include "harness/cli/input/edited_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/cli/input/recorded_calls.h"
#include "programs/program_calls.h"

namespace powercut {
namespace {

Result<Calls> CallsOf(const TraceAbout& about) {
  if (!about.calls.empty()) return programs::DecodeCalls(about.calls);
  return Error{ErrorCode::kUsage,
               "the trace is not of a program that was recorded on simfs"};
}

bool Changes(const Call& call) {
  return call.kind == Call::kOp && !IsSync(call);
}

std::vector<ProgramSync> SyncsIn(const Calls& calls) {
  std::vector<ProgramSync> syncs;
  for (const Call& call : calls) {
    if (!IsSync(call)) continue;
    const std::string text = CallInWords(call);
    const auto known = std::ranges::find(syncs, text, &ProgramSync::text);
    if (known != syncs.end()) {
      ++known->calls;
      continue;
    }
    const bool weaker =
        call.op.kind == OpKind::kFsync && !IsOfDirectory(calls, call);
    syncs.push_back({text, 1, weaker ? "fdatasync" : ""});
  }
  return syncs;
}

Error NoSuchSync(const std::string& asked,
                 const std::vector<ProgramSync>& syncs) {
  std::string names;
  for (const ProgramSync& sync : syncs) {
    names += (names.empty() ? "" : ", ") + sync.text;
  }
  return {ErrorCode::kUsage,
          fmt::format("--weaken '{}': the program made no such sync; it made: "
                      "{}",
                      asked, names.empty() ? "none" : names)};
}

}  // namespace

Result<std::vector<size_t>> ChangingCallsOf(const TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  std::vector<size_t> changing;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (Changes(calls[i])) changing.push_back(i);
  }
  return changing;
}

Result<size_t> KeepChanges(const std::vector<size_t>& kept, TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  Calls rest;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!Changes(calls[i]) || std::ranges::binary_search(kept, i)) {
      rest.push_back(calls[i]);
    }
  }
  about.calls = programs::EncodeCalls(rest);
  return rest.size();
}

Result<std::vector<ProgramSync>> SyncsOf(const TraceAbout& about) {
  POWERCUT_ASSIGN(const Calls calls, CallsOf(about));
  return SyncsIn(calls);
}

Status WeakenCalls(const std::vector<std::string>& weaken, TraceAbout& about) {
  POWERCUT_ASSIGN(Calls calls, CallsOf(about));
  const std::vector<ProgramSync> syncs = SyncsIn(calls);
  constexpr std::string_view kWeaker = "=fdatasync";
  for (const std::string& asked : weaken) {
    const bool weaker = asked.ends_with(kWeaker);
    const std::string text =
        asked.substr(0, asked.size() - (weaker ? kWeaker.size() : 0));
    if (std::ranges::find(syncs, text, &ProgramSync::text) == syncs.end()) {
      return NoSuchSync(asked, syncs);
    }
    std::erase_if(calls, [&](Call& call) {
      if (!IsSync(call) || CallInWords(call) != text) return false;
      if (weaker) call.op.kind = OpKind::kFdatasync;
      return !weaker;
    });
  }
  about.calls = programs::EncodeCalls(calls);
  return Ok{};
}

}  // namespace powercut
