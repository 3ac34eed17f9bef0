// Says in words what a call was and where it came from.

#include "library/calls/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "harness/trace/acks.h"
#include "harness/trace/run_begin.h"
#include "library/calls/call_address.h"
#include "model/words/flush_ops.h"

namespace powercut {
std::string_view PathOf(const Call& call) {
  if (!call.path.empty()) return call.path;
  return call.op.names.empty() ? std::string_view() : call.op.names.back();
}

std::string_view ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

std::string_view LastPartOf(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool IsSync(const Call& call) {
  return call.kind == Call::kOp && IsFlush(call.op.kind);
}

bool IsAck(const Call& call) {
  return call.kind == Call::kAck ||
         (call.kind == Call::kLine && IsAckLine(call.content));
}

bool IsOfDirectory(const Calls& calls, const Call& sync) {
  if (sync.path == "/") return true;
  const std::string below = sync.path + "/";
  return std::ranges::any_of(calls, [&](const Call& call) {
    return std::ranges::any_of(call.op.names, [&](const std::string& name) {
      const bool made = call.op.kind == OpKind::kMkdir && name == sync.path;
      return made || name.starts_with(below);
    });
  });
}

std::string PlaceText(const CallPlace& place) {
  if (place.file != nullptr) {
    return fmt::format("{}:{}", LastPartOf(place.file), place.line);
  }
  if (place.address == nullptr) return "";
  const AddressPlace at = PlaceOfCall(place.address);
  if (!at.function.empty()) {
    return fmt::format("{}+{:#x}", at.function, at.in_function);
  }
  return fmt::format("{}{}{:#x}", LastPartOf(at.module),
                     at.module.empty() ? "" : "+", at.in_module);
}

std::vector<std::string> SourceCommands(const std::vector<CallPlace>& places) {
  std::map<std::string, std::set<uint64_t>> addresses;
  for (const CallPlace& place : places) {
    if (place.file != nullptr || place.address == nullptr) continue;
    const AddressPlace at = PlaceOfCall(place.address);
    if (!at.module.empty()) addresses[at.module].insert(at.in_module);
  }
  std::vector<std::string> commands;
  for (const auto& [module, in_module] : addresses) {
    std::string command = fmt::format("addr2line -Cfpie '{}'", module);
    for (const uint64_t address : in_module) {
      command += fmt::format(" {:#x}", address);
    }
    commands.push_back(std::move(command));
  }
  return commands;
}

std::string CallText(const Call& call) {
  switch (call.kind) {
    case Call::kAttempt:
      return fmt::format("attempt {}", call.number);
    case Call::kAck:
      return fmt::format("ack {}", call.number);
    case Call::kStart:
      return "start";
    case Call::kLine:
      if (call.content == kStartLine) return call.content;
      return call.content.starts_with(kAttemptLine)
                 ? "attempt: " + call.content.substr(kAttemptLine.size())
                 : "ack: " + call.content;
    case Call::kOp:
      break;
  }
  if (!call.text.empty()) return call.text;
  Op op = call.op;
  // Ops through handles are shown by the path of the handle.
  if (!call.path.empty() && !op.names.empty() && op.kind != OpKind::kOpen &&
      op.kind != OpKind::kMap) {
    op.names[0] = call.path;
  }
  return OpText(op);
}

}  // namespace powercut
