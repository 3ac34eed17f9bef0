// Violations, in words: who is suspected, what was promised, what would have
// been right, what was there. Internal to the model; check.cc decides what is
// one.

#ifndef POWERCUT_MODEL_FILES_CHECK_WORDS_H_
#define POWERCUT_MODEL_FILES_CHECK_WORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/files/model_state.h"
#include "model/words/observation.h"

namespace powercut {

class ViolationWriter {
 public:
  ViolationWriter(const Model::State& state, CrashKind kind)
      : s_(state), kind_(kind) {}

  Violation OfVolume(ViolationKind kind, const std::string& found) const;
  Violation OfProbe(const std::string& failure) const;
  // A name that no op ever made.
  Violation OfStranger(const ObservedEntry& entry) const;
  Violation OfName(ViolationKind kind, const Name& name, std::string path,
                   std::string found) const;
  // Why `entry`, found at `name`, is not `file`. It is not.
  Violation OfEntry(const Name& name, const File& file,
                    const ObservedEntry& entry) const;
  // `chain`, part of the file at `path`, is behind what a rule demands.
  Violation OfRule(ChainId chain, const std::string& path,
                   const Implication& rule) const;
  Violation OfSector(uint64_t number, const RawSector& sector,
                     std::string_view bytes) const;

  // `name`: the log's; empty for a store.
  Violation OfLog(const std::string& name, const LogViolation& log) const;

  // An older version is back: how bad is that?
  ViolationKind KindOfOld(const Chain& chain, uint32_t version) const;
  static std::string OpName(uint32_t op);

 private:
  uint32_t FloorOf(ChainId id) const {
    return s_.chains[id].floor(kind_).version;
  }
  bool Pending(ChainId id) const {
    return FloorOf(id) < s_.chains[id].newest();
  }

  Violation Blame(CauseParts& parts, uint32_t op) const;
  void SetPromise(Violation& violation, CauseParts& parts, uint32_t effect,
                  std::optional<uint32_t> flush) const;
  Violation OfChain(CauseParts parts, ChainId chain, uint32_t pending_op) const;
  Violation OfFile(ViolationKind kind, const File& file, ChainId chain,
                   const std::string& path) const;
  Violation OfUnreadable(const Name& name, const File& file,
                         const ObservedEntry& entry) const;
  Violation OfShape(const File& file, const ObservedEntry& entry) const;
  Violation OfTimes(const File& file, const ObservedEntry& entry) const;
  Violation OfAtom(const File& file, const ObservedEntry& entry, uint32_t shape,
                   uint64_t index) const;
  // The last op that touched the file, or the names in it if it is a
  // directory, and is not promised; 0 if none.
  uint32_t PendingOp(const File& file) const;
  std::string AdmissibleTargets(const Name& name) const;
  std::pair<ViolationKind, std::string> ClassifyAtom(
      const File& file, const AtomPlace& place, uint64_t index,
      std::string_view bytes) const;

  const Model::State& s_;
  CrashKind kind_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_CHECK_WORDS_H_
