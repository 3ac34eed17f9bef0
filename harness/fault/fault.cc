// Faults from the ops of a workload. A table has, for each kind of fault, the
// targets that it can fall on and the reason why there are no others; checking
// a line and making its fault both read this table.
//
// The parser of workloads (model/pcut) has checked the words and the numbers,
// so that they are taken here as they are.

#include "harness/fault/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "harness/base/check.h"

namespace powercut {
namespace {

// One kind of fault.
struct Offer {
  std::string_view word;
  Fault::Kind kind;
  // The words of the targets, each followed by a blank, so that a search for
  // "read " finds whole words only.
  std::string_view targets;
  // What to say of any other target.
  std::string_view otherwise;
};

constexpr std::array<Offer, 8> kOffers = {{
    {"error", Fault::kError, "read write flush discard ", ""},
    {"full", Fault::kFull, "write ", "only writes need room"},
    {"lie", Fault::kLie, "flush ",
     "a write or discard that is acknowledged and not done is `lose`, and a "
     "read that answers wrongly is `misdirect` or `flip`"},
    {"lose", Fault::kLose, "write discard ",
     "a flush that is acknowledged and not done is `lie`, and a read that "
     "answers wrongly is `misdirect` or `flip`"},
    {"tear", Fault::kTear, "write discard ",
     "only of what changes sectors can a part be done"},
    {"misdirect", Fault::kMisdirect, "read write discard ",
     "a flush has no place on the disk"},
    {"flip", Fault::kFlip, "read write ", "other requests carry no bits"},
    {"delay", Fault::kDelay, "write ",
     "whoever asks for anything else waits for the answer, so that nothing "
     "would differ; a flush that comes too late is `lie`"},
}};

// In the order of Fault::Target.
constexpr std::array<std::string_view, 4> kTargets = {"read", "write", "flush",
                                                      "discard"};

const Offer& OfferOf(const Op& fault) {
  const auto found = std::find_if(
      kOffers.begin(), kOffers.end(),
      [&](const Offer& offer) { return offer.word == fault.names.at(0); });
  POWERCUT_CHECK(found != kOffers.end());
  return *found;
}

uint64_t NumberIn(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<SectorRange> SectorsOf(const Op& op) {
  const auto sectors = op.Key("sectors");
  if (!sectors) return std::nullopt;
  // In `sectors=A~B` both ends are included.
  const size_t tilde = sectors->find('~');
  const uint64_t first = NumberIn(sectors->substr(0, tilde));
  const uint64_t last = NumberIn(sectors->substr(tilde + 1));
  return SectorRange{first, last - first + 1};
}

Fault MakeFault(const Op& op, uint32_t number) {
  Fault fault;
  fault.kind = OfferOf(op).kind;
  const auto target =
      std::find(kTargets.begin(), kTargets.end(), op.names.at(1));
  fault.target = static_cast<Fault::Target>(target - kTargets.begin());
  fault.sectors = SectorsOf(op);
  fault.nth = op.KeyNumber("nth").value_or(1);
  // A disk that is full stays full, so that `full` lasts by default.
  const bool lasts = op.Key("times") == "always" ||
                     (!op.Key("times") && fault.kind == Fault::kFull);
  fault.times = lasts ? std::numeric_limits<uint64_t>::max()
                      : op.KeyNumber("times").value_or(1);
  fault.number = number;
  fault.text = FaultText(op);
  return fault;
}

}  // namespace

FaultPhase PhaseOf(const Op& fault) {
  return fault.Key("in") == "recovery" ? FaultPhase::kRecovery
                                       : FaultPhase::kRun;
}

std::string FaultText(const Op& fault) {
  return OpText(fault).substr(VerbOf(OpKind::kFault).size() + 1);
}

bool SpoilsContent(const Op& fault) {
  return fault.names.at(1) != "flush" && fault.names.at(0) != "delay";
}

bool IsTold(const Op& fault) {
  return fault.names.at(0) == "error" || fault.names.at(0) == "full";
}

std::vector<Op> FaultsIn(const std::vector<Op>& faults, FaultPhase phase) {
  std::vector<Op> these;
  for (const Op& fault : faults) {
    if (PhaseOf(fault) == phase) these.push_back(fault);
  }
  return these;
}

Status CheckFaultIsOffered(const Op& fault) {
  const Offer& offer = OfferOf(fault);
  const std::string target = fault.names.at(1) + " ";
  if (offer.targets.find(target) != std::string_view::npos) return Ok{};
  std::string targets(offer.targets.substr(0, offer.targets.size() - 1));
  std::replace(targets.begin(), targets.end(), ' ', '|');
  return Error{
      ErrorCode::kUnsupported,
      fmt::format("`{}` is not offered; there is `fault {} on {}`: {}",
                  OpText(fault), offer.word, targets, offer.otherwise)};
}

std::vector<Fault> MakeFaults(std::span<const Op> faults, FaultPhase phase) {
  std::vector<Fault> made;
  // Marks and reports name a fault by its place among the faults of both
  // phases.
  uint32_t number = 0;
  for (const Op& op : faults) {
    ++number;
    if (PhaseOf(op) == phase) made.push_back(MakeFault(op, number));
  }
  return made;
}

}  // namespace powercut
