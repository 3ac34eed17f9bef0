// ViolationWriter: violations in words, with the op that is blamed, the promise
// that was in force, what would have been admissible and what was found. This
// header is internal to the model; check.cc decides what is a violation.

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

  // The volume as a whole failed in the way that `found` says.
  Violation OfVolume(ViolationKind kind, const std::string& found) const;
  // Using the volume after recovery failed in the way that `failure` says.
  Violation OfProbe(const std::string& failure) const;
  // `entry` is there under a name that no op ever made.
  Violation OfStranger(const ObservedEntry& entry) const;
  // The name is wrong in the way that `found` says; `found` continues a
  // sentence that begins with the path.
  Violation OfName(ViolationKind kind, const Name& name, std::string path,
                   std::string found) const;
  // Says why `entry`, found at `name`, cannot be `file`.
  // Requires: `file` does not explain `entry`.
  Violation OfEntry(const Name& name, const File& file,
                    const ObservedEntry& entry) const;
  // `chain`, which belongs to the object at `path`, is at an older version than
  // the rule demands.
  Violation OfRule(ChainId chain, const std::string& path,
                   const Implication& rule) const;
  // No version of the raw sector from the floor on has these bytes.
  // Requires: `bytes` has 512 bytes.
  Violation OfSector(uint64_t number, const RawSector& sector,
                     std::string_view bytes) const;

  // `name` is the name of the log; empty for a store.
  Violation OfLog(const std::string& name, const LogViolation& log) const;

  // The kind of violation that it is to find this version where it must not be
  // found: kRegress if an earlier promise for power loss had already excluded
  // it, else kLost.
  ViolationKind KindOfOld(const Chain& chain, uint32_t version) const;
  // What the op made, in words for messages: "op 3's", or for op 0 "what was
  // there at the start".
  static std::string OpName(uint32_t op);

 private:
  uint32_t FloorOf(ChainId id) const {
    return s_.chains[id].floor(kind_).version;
  }
  bool Pending(ChainId id) const {
    return FloorOf(id) < s_.chains[id].newest();
  }

  // Begins a violation of which `op` is at fault, and notes in `parts` what the
  // cause needs of that op.
  Violation Blame(CauseParts& parts, uint32_t op) const;
  // Sets the promise, the effect of op `effect` promised by op `flush`, and
  // then the cause.
  void SetPromise(Violation& violation, CauseParts& parts, uint32_t effect,
                  std::optional<uint32_t> flush) const;
  // A violation of the promise that the floor of the chain stands for. The op
  // at fault is `pending_op`, or the model's suspect if that is 0.
  Violation OfChain(CauseParts parts, ChainId chain, uint32_t pending_op) const;
  // The same for a chain of the file at `path`; what is pending of the file is
  // at fault.
  Violation OfFile(ViolationKind kind, const File& file, ChainId chain,
                   const std::string& path) const;
  Violation OfUnreadable(const Name& name, const File& file,
                         const ObservedEntry& entry) const;
  Violation OfShape(const File& file, const ObservedEntry& entry) const;
  Violation OfTimes(const File& file, const ObservedEntry& entry) const;
  Violation OfAtom(const File& file, const ObservedEntry& entry, uint32_t shape,
                   uint64_t index) const;
  // The last op that touched the shape or the data of the file, or a name in
  // the directory, and that is not promised; 0 if there is none.
  uint32_t PendingOp(const File& file) const;
  // The ops whose files the name may lead to, in words.
  std::string AdmissibleTargets(const Name& name) const;
  // What the bytes of an atom are, given that they are not admissible: the kind
  // of violation, and the bytes in words.
  std::pair<ViolationKind, std::string> ClassifyAtom(
      const File& file, const AtomPlace& place, uint64_t index,
      std::string_view bytes) const;

  const Model::State& s_;
  CrashKind kind_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_CHECK_WORDS_H_
