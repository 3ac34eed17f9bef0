// Chain: the versions of one object, and how far back a crash may throw it.
//
// Version i stands for "everything up to i happened to this object, or was
// overwritten": a crash leaves each chain at one version, from its floor to its
// newest. What ties chains together are implications between them.
//
// Source: research/semantics.md 2.4 (O-LOC) and 2.5. Internal to the model.

#ifndef POWERCUT_MODEL_FILES_CHAIN_H_
#define POWERCUT_MODEL_FILES_CHAIN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"

namespace powercut {

// Index in Chains.
using ChainId = uint32_t;
inline constexpr ChainId kNoChain = ~ChainId{0};

enum class ChainKind : uint8_t {
  kName,    // which file a name leads to
  kShape,   // size, map and valid length of a file
  kAtom,    // 512 bytes of one generation of a file's data
  kTimes,   // of a file
  kSector,  // of the raw part of the device
};

struct Version {
  uint32_t op = 0;  // that made it; 0: from the start
  // The view (by State::views' order, from 1) through which it was stored; 0:
  // it was written.
  uint32_t view = 0;
  // A store that a view flush handed on: as good as written.
  bool carried = false;
  // A flush that should have covered it failed.
  bool tainted = false;
};

// The oldest version that may be found, and the op whose return made it so.
struct Floor {
  uint32_t version = 0;
  // 0: the sync behind `init`. Nothing: nothing was promised yet.
  std::optional<uint32_t> promised_by;
};

struct Chain {
  ChainKind kind = ChainKind::kName;
  // Some rule speaks of it.
  bool ruled = false;
  // Index 0 is the state before any op.
  std::vector<Version> versions;
  std::array<Floor, kCrashKinds.size()> floors{};  // by crash kind
  // The floor for power loss before its last rise: what an earlier promise
  // held.
  uint32_t earlier_floor = 0;

  uint32_t newest() const { return static_cast<uint32_t>(versions.size()) - 1; }
  const Floor& floor(CrashKind crash) const {
    return floors[static_cast<size_t>(crash)];
  }
  Floor& floor(CrashKind crash) { return floors[static_cast<size_t>(crash)]; }
};

// A version of a chain.
struct ChainVersion {
  ChainId chain = kNoChain;
  uint32_t version = 0;

  auto operator<=>(const ChainVersion&) const = default;
};

// Why one version implies another.
enum class OrderRule : uint8_t {
  kRenameNeither,  // the source gone: the target there
  kRenameBoth,     // the target there: the source gone
  kMetadata,       // metadata_ordered, data_ordered
  kReplaceData,    // replace_brings_data
  kBarrier,        // barrier_fsync
  kPreflush,       // disk_write ... preflush
};

// The switch, or the primitive, that a rule comes from; for messages.
std::string_view OrderRuleName(OrderRule rule);

// If `premise.chain` is at that version or later, so is `conclusion.chain` at
// its version or later.
struct Implication {
  ChainVersion premise;
  ChainVersion conclusion;
  OrderRule rule = OrderRule::kMetadata;
};

class Chains {
 public:
  // A new chain with version 0.
  ChainId Add(ChainKind kind, uint32_t op);
  // Appends a version; returns which.
  ChainVersion Append(ChainId chain, uint32_t op, uint32_t view = 0);
  void Imply(ChainVersion premise, ChainVersion conclusion, OrderRule rule);

  Chain& operator[](ChainId id) { return chains_[id]; }
  const Chain& operator[](ChainId id) const { return chains_[id]; }
  ChainId size() const { return static_cast<ChainId>(chains_.size()); }
  const std::vector<Implication>& rules() const { return rules_; }
  // The rules that some crash could still break: the others have their
  // conclusion promised whatever crashes. In order of their making.
  std::span<const Implication> open_rules() const {
    return std::span(rules_).subspan(settled_);
  }

  // Raises a floor, if it is lower. Returns whether it was.
  bool Raise(ChainVersion to, CrashKind crash, uint32_t promised_by);
  // Raises the floors of every kind that others imply.
  // Cost: O(open rules).
  void CloseFloors(uint32_t promised_by);

 private:
  std::vector<Chain> chains_;
  std::vector<Implication> rules_;
  // Rules before this one are settled: a journal's are, after a flush. What
  // survives the loss of power survives every crash.
  size_t settled_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_CHAIN_H_
