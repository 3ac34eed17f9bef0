#include "harness/fault_disk.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace powercut {
namespace {

uint64_t NumberIn(std::string_view text, uint64_t otherwise) {
  uint64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Status CheckFaultIsOffered(const Op& fault) {
  const std::string& what = fault.names.at(0);
  const std::string& which = fault.names.at(1);
  const bool offered = what == "error" && which != "discard" &&
                       fault.Key("in").value_or("run") == "run";
  if (offered) return Ok{};
  return Error{ErrorCode::kUnsupported,
               fmt::format("`{}` is not offered yet; there is `fault error on "
                           "read|write|flush` in=run",
                           OpText(fault))};
}

FaultDisk::FaultDisk(VirtualDisk& below, const std::vector<Op>& faults)
    : below_(below) {
  for (const Op& op : faults) {
    Fault& fault = faults_.emplace_back();
    const std::string& which = op.names.at(1);
    fault.target = which == "read" ? kRead : which == "write" ? kWrite : kFlush;
    fault.line = op.line;
    fault.nth = op.KeyNumber("nth").value_or(1);
    fault.times = op.Key("times") == "always"
                      ? std::numeric_limits<uint64_t>::max()
                      : op.KeyNumber("times").value_or(1);
    fault.sectors = {0, below.geometry().sector_count};
    if (const auto sectors = op.Key("sectors")) {
      const size_t tilde = sectors->find('~');
      const uint64_t first = NumberIn(sectors->substr(0, tilde), 0);
      const uint64_t last = NumberIn(sectors->substr(tilde + 1), first);
      fault.sectors = {first, last - first + 1};
    }
  }
}

std::vector<int> FaultDisk::NotFired() const {
  std::vector<int> lines;
  for (const Fault& fault : faults_) {
    if (!fault.fired) lines.push_back(fault.line);
  }
  return lines;
}

Status FaultDisk::Count(Target target, const SectorRange* range) {
  if (!armed_) return Ok{};
  bool fails = false;
  for (Fault& fault : faults_) {
    if (fault.target != target) continue;
    const bool touches =
        range == nullptr ||
        (range->first < fault.sectors.first + fault.sectors.count &&
         fault.sectors.first < range->first + range->count);
    if (!touches) continue;
    ++fault.seen;
    if (fault.seen < fault.nth || fault.seen - fault.nth >= fault.times) {
      continue;
    }
    fault.fired = true;
    fails = true;
  }
  if (!fails) return Ok{};
  return Error{ErrorCode::kIo, "an injected fault"};
}

Status FaultDisk::Read(uint64_t first_sector, MutableByteSpan out) {
  const SectorRange range{first_sector, out.size() / geometry().sector_bytes};
  POWERCUT_TRY(Count(kRead, &range));
  return below_.Read(first_sector, out);
}

Status FaultDisk::Write(uint64_t first_sector, ByteSpan data, Layer layer) {
  const SectorRange range{first_sector, data.size() / geometry().sector_bytes};
  POWERCUT_TRY(Count(kWrite, &range));
  return below_.Write(first_sector, data, layer);
}

Status FaultDisk::Persist(Layer to, const SectorSet* scope,
                          std::optional<EventNumber> upto) {
  // What a system call needs on its way to the page cache is no device
  // request.
  if (to != Layer::kHost) POWERCUT_TRY(Count(kFlush, nullptr));
  return below_.Persist(to, scope, upto);
}

Status FaultDisk::Discard(SectorRange range) { return below_.Discard(range); }

}  // namespace powercut
