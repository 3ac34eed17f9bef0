// Says in words what a call was and where it came from.

#include "library/calls/call.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string_view>

#include "model/files/model_state.h"

namespace powercut {
namespace {

std::string_view LastPart(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

}  // namespace

bool IsSync(const Call& call) {
  return call.kind == Call::kOp && IsFlush(call.op.kind);
}

std::string PlaceText(const CallPlace& place) {
  if (place.file != nullptr) {
    return fmt::format("{}:{}", LastPart(place.file), place.line);
  }
  if (place.address == nullptr) return "";
  Dl_info info{};
  const auto address = reinterpret_cast<uintptr_t>(place.address);
  if (dladdr(place.address, &info) == 0) return fmt::format("{:#x}", address);
  if (info.dli_sname != nullptr) {
    return fmt::format("{}+{:#x}", info.dli_sname,
                       address - reinterpret_cast<uintptr_t>(info.dli_saddr));
  }
  // An offset in the file, as addr2line takes it.
  return fmt::format("{}+{:#x}", LastPart(info.dli_fname),
                     address - reinterpret_cast<uintptr_t>(info.dli_fbase));
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
      return "ack: " + call.content;
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
