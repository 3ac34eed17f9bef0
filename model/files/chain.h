// Chain: the versions of one object, and how far back a crash may throw it.
//
// Version i stands for "everything up to i happened to this object, or was
// overwritten". A crash leaves each chain at one version, from its floor to its
// newest. Implications between chains tie them together.
//
// Example: `write /f` (version 1 of an atom), `fsync /f`, `write /f` (version
// 2). Power loss after that finds the atom at version 1 or 2, since the fsync
// raised its floor to 1.
//
// Source: docs/semantics.md 2.4 (O-LOC) and 2.5. This header is internal to the
// model.

#ifndef POWERCUT_MODEL_FILES_CHAIN_H_
#define POWERCUT_MODEL_FILES_CHAIN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "harness/base/crash_kind.h"

namespace powercut {

// The index of a chain in Chains.
using ChainId = uint32_t;
inline constexpr ChainId kNoChain = ~ChainId{0};

enum class ChainKind : uint8_t {
  kName,    // which file a name leads to
  kShape,   // size, map and valid length of a file
  kAtom,    // 512 bytes of one generation of a file's data
  kTimes,   // the times of a file or directory
  kSector,  // one sector of the raw part of the device
  kCommit,  // how many changes were committed (metadata_committed)
};

struct Version {
  // The op that made the version; 0 if it was there at the start.
  uint32_t op = 0;
  // The number of the view (View::number) through which the version was stored;
  // 0 if it was not made through a view.
  uint32_t view = 0;
  // Whether a view flush handed on this store, so that it is as good as
  // written. Has no meaning for versions that were not stored through a view.
  bool carried = false;
  // Whether a flush that should have covered the version failed.
  bool tainted = false;
};

// The oldest version that may be found, and the op whose return made it so.
struct Floor {
  uint32_t version = 0;
  // 0 for the sync at the end of `init`; `std::nullopt` if nothing was promised
  // yet.
  std::optional<uint32_t> promised_by;
};

struct Chain {
  ChainKind kind = ChainKind::kName;
  // Whether any implication names this chain.
  bool ruled = false;
  // Index 0 is the state before any op.
  std::vector<Version> versions;
  std::array<Floor, kCrashKinds.size()> floors{};  // By crash kind.
  // The floor for power loss before it last rose, which an earlier promise had
  // set.
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
  kRenameNeither,  // if the source is gone, the target is there
  kRenameBoth,     // if the target is there, the source is gone
  kMetadata,       // metadata_ordered, data_ordered
  kCommit,         // metadata_committed
  kReplaceData,    // replace_brings_data
  kBarrier,        // barrier_fsync
  kPreflush,       // disk_write ... preflush
};

// The switch or the primitive that a rule comes from, as messages name it. The
// two rules of a rename are named by the switch that lifts them, and kMetadata
// is `metadata_ordered` where data_ordered made it, too.
std::string_view OrderRuleName(OrderRule rule);

// If `premise.chain` is at `premise.version` or later, but before `hidden_by`,
// then `conclusion.chain` is at `conclusion.version` or later, unless `moved`
// is found at a name that it led to before (O-LEFT).
struct Implication {
  static constexpr uint32_t kNeverHidden = ~uint32_t{0};

  ChainVersion premise;
  ChainVersion conclusion;
  OrderRule rule = OrderRule::kMetadata;
  // The version from which on the rule says nothing (HideGroup()).
  uint32_t hidden_by = kNeverHidden;
  // The file (FileId) that the premise took from its name, if that matters.
  std::optional<uint32_t> moved;

  // Whether the rule asks for its conclusion if `premise.chain` is at
  // `version`.
  bool BindsAt(uint32_t version) const {
    return version >= premise.version && version < hidden_by;
  }
};

class Chains {
 public:
  // Makes a chain that has version 0 alone, made by `op`.
  ChainId Add(ChainKind kind, uint32_t op);
  // Appends a version and returns it. `view` is as in Version.
  ChainVersion Append(ChainId chain, uint32_t op, uint32_t view = 0);
  // Adds an implication. Does nothing if the conclusion is version 0, at which
  // every chain always is.
  // Requires: both chains exist.
  void Imply(ChainVersion premise, ChainVersion conclusion, OrderRule rule,
             std::optional<uint32_t> moved = std::nullopt);

  // Takes away the rules by which one of `premises` implies a version of
  // `conclusion`. Floors that they raised stay.
  void Lift(ChainId conclusion, const std::set<ChainVersion>& premises);
  // From version `by` on, the rules of O-GROUP with one of these premises say
  // nothing. Floors that they raised stay.
  // Requires: the premises are of one chain, and older than `by`.
  void HideGroup(const std::set<ChainVersion>& premises, uint32_t by);

  Chain& operator[](ChainId id) { return chains_[id]; }
  const Chain& operator[](ChainId id) const { return chains_[id]; }
  ChainId size() const { return static_cast<ChainId>(chains_.size()); }
  // All implications, in the order in which they were added.
  const std::vector<Implication>& rules() const { return rules_; }
  // The implications that were taken away, in the order of that.
  const std::vector<Implication>& lifted_rules() const { return lifted_; }
  // The implications from the first one on that some crash could still break,
  // in the order in which they were added. The conclusions of all earlier ones
  // are promised for every kind of crash.
  std::span<const Implication> open_rules() const {
    return std::span(rules_).subspan(settled_);
  }

  // Raises the floor of `to.chain` to `to.version` if it is lower. Returns
  // whether it was lower.
  bool Raise(ChainVersion to, CrashKind crash, uint32_t promised_by);
  // Raises every floor, for every kind of crash, that the other floors imply.
  // The files in `old` may be found at names that they left (O-LEFT).
  // Cost: O(open rules) for each pass; seldom more than two passes are needed.
  void CloseFloors(uint32_t promised_by, const std::set<uint32_t>& old = {});

 private:
  std::vector<Chain> chains_;
  std::vector<Implication> rules_;
  std::vector<Implication> lifted_;
  // The conclusions of the rules before this index are promised for power loss,
  // and therefore for every kind of crash. A flush that covers the end of a
  // journal settles the rules of the whole journal.
  size_t settled_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_CHAIN_H_
