// Op: one step of a workload, as a value; and the table of all verbs of the
// text format (docs/pcut.md 5). The table is the only place that knows which
// operands, flags and keys a verb takes: the parser, the printer, the minimizer
// and the fuzzer's mutator all read it.

#ifndef POWERCUT_MODEL_WORDS_OP_H_
#define POWERCUT_MODEL_WORDS_OP_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/words/source_column.h"

namespace powercut {

enum class OpKind : uint8_t {
  kCreate,
  kMkdir,
  kWrite,
  kAppend,
  kTruncate,
  kFallocate,
  kRename,
  kReplaceFile,
  kLink,
  kSymlink,
  kUnlink,
  kRmdir,
  kChmod,
  kSetTimes,
  kOpen,
  kClose,
  kFsync,
  kFdatasync,
  kSyncFileRange,
  kSyncfs,
  kFullFsync,
  kBarrierFsync,
  kRemount,
  kDismount,
  kNtFlush,
  kFlushFileBuffers,
  kSetEndOfFile,
  kSetValidData,
  kMap,
  kStore,
  kMsync,
  kFlushView,
  kUnmap,
  kLogOpen,
  kLogArea,
  kLogAppend,
  kLogFlush,
  kLogFlushTo,
  kLogRestart,
  kLogAdvanceBase,
  kLogArchiveTail,
  kLogReset,
  kPut,
  kDelete,
  kCommit,
  kCheckpoint,
  kDiskWrite,
  kDiskFlush,
  kDiskDiscard,
  kFault,
  kWait,  // `wait N`: ends the op that `start N OP` began
  // Traces of programs hold the numbers of the kinds, so that new ones come
  // last.
  kExchange,
};

inline constexpr size_t kOpKindCount =
    static_cast<size_t>(OpKind::kExchange) + 1;

// What a verb takes, in the order in which a line is printed.
struct OpSignature {
  OpKind kind;
  std::string_view verb;
  // One letter for each operand:
  //   P  a path, or the name of a handle that stands for one (a flush of a file
  //      also takes the word `null`)
  //   V  the same, or the word `volume`
  //   H  the name of a handle, view, log or area: a bare word
  //   K  a bare word: a key, a value, or a word of a fault
  //   N  an unsigned number
  //   M  an octal mode
  std::string_view operands;
  // The bare words that may follow, separated by spaces; each at most once.
  std::string_view flags;
  // The keys that may follow as key=value, separated by spaces; each at most
  // once. Values are numbers, except in `area=NAME`, `sectors=A~B`,
  // `times=always` and `in=run|recovery`.
  std::string_view keys;
};

// Returns the table: all verbs in the order of OpKind, so that
// OpSignatures()[kind] is the row of `kind`.
std::span<const OpSignature> OpSignatures();
const OpSignature& SignatureOf(OpKind kind);
std::string_view VerbOf(OpKind kind);
// Returns `std::nullopt` if there is no such verb. Cost: O(verbs).
std::optional<OpKind> OpKindFromVerb(std::string_view verb);

// What the caller of an op expects it to return.
struct ExpectedResult {
  enum Kind : uint8_t { kOk, kAnyError, kNamed } kind = kOk;
  // The status of kNamed, such as `EIO` or `STATUS_ACCESS_DENIED`; else empty.
  std::string name;

  bool operator==(const ExpectedResult&) const = default;
};

// One op. Its operands, flags and keys follow SignatureOf(kind).
struct Op {
  OpKind kind = OpKind::kSyncfs;
  // The operands of the kinds P, V, H and K, in order. Paths are absolute and
  // in raw bytes; only the text form has escapes.
  std::vector<std::string> names;
  // The operands of the kinds N and M, in order.
  std::vector<uint64_t> numbers;
  // A subset of the signature's flags, in the signature's order.
  std::vector<std::string> flags;
  // A subset of the signature's keys, in the signature's order, each with the
  // canonical text of its value.
  std::vector<std::pair<std::string, std::string>> keys;
  ExpectedResult expected;
  // N of `start N OP`: the op overlaps those up to `wait N`. `std::nullopt` if
  // the op returns before the next one begins.
  std::optional<uint64_t> start;

  // The op's place, counted from 1 over `init` and `run`; 0 if the op is in
  // neither.
  uint32_t number = 0;
  // The op's line in its file, from 1; 0 if it was not read from a file.
  int line = 0;
  // The columns of all operands in the order of the signature, and of the
  // values of `keys`.
  SourceColumns operand_columns;
  SourceColumns key_columns;

  bool operator==(const Op&) const = default;

  bool HasFlag(std::string_view flag) const;
  // Returns the value of a key, or `std::nullopt` if the op does not have it.
  std::optional<std::string_view> Key(std::string_view key) const;
  // Returns the number that a key has, or `std::nullopt` if the key is missing
  // or its value is no number.
  std::optional<uint64_t> KeyNumber(std::string_view key) const;
  // Returns the number that conditions test: that of `fill=`, or else the op's
  // number.
  uint64_t Fill() const;
};

// Returns the canonical text of an op, without indentation: verb, operands,
// flags, keys, `->`. The first word is padded with spaces to `verb_width`
// characters, unless it is the only one.
// Requires: the op has as many names and numbers as its signature.
std::string OpText(const Op& op, size_t verb_width = 0);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_OP_H_
