// Op: one step of a workload, as a value; and the table of all verbs of the
// text format (design.md section 8). The table is the only place that knows
// which operands, flags and keys a verb takes: the parser, the printer, the
// fuzzer's mutator and the documentation all read it.

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
};

inline constexpr size_t kOpKindCount = static_cast<size_t>(OpKind::kWait) + 1;

// What a verb takes, in the order in which it is printed.
struct OpSignature {
  OpKind kind;
  std::string_view verb;
  // One letter an operand: P a path or the handle name that stands for one,
  // V a path or the word `volume`, H a handle, view, log or area name (a bare
  // word), K a bare word (a key or value), N an unsigned number, M an octal
  // mode.
  std::string_view operands;
  // Bare words that may follow, separated by spaces; at most one of each.
  std::string_view flags;
  // Keys that may follow as key=value, separated by spaces; at most one of
  // each. A key's value is a number, except where the op's page says so
  // (`sectors=A~B`, `times=N|always`, `in=run|recovery`).
  std::string_view keys;
};

// All verbs in the order of OpKind, so that OpSignatures()[kind] is the row of
// `kind`.
std::span<const OpSignature> OpSignatures();
const OpSignature& SignatureOf(OpKind kind);
std::string_view VerbOf(OpKind kind);
std::optional<OpKind> OpKindFromVerb(std::string_view verb);

// What the caller of an op expects it to return.
struct ExpectedResult {
  enum Kind : uint8_t { kOk, kAnyError, kNamed } kind = kOk;
  std::string name;  // kNamed: `EIO`, `STATUS_ACCESS_DENIED`, ...

  bool operator==(const ExpectedResult&) const = default;
};

struct Op {
  OpKind kind = OpKind::kSyncfs;
  // Operands of the kinds P, V, H and K, in order. Paths are absolute, in raw
  // bytes (escapes are a matter of the text form).
  std::vector<std::string> names;
  // Operands of the kinds N and M, in order.
  std::vector<uint64_t> numbers;
  // A subset of the signature's flags, in the signature's order.
  std::vector<std::string> flags;
  // A subset of the signature's keys, in the signature's order.
  std::vector<std::pair<std::string, std::string>> keys;
  ExpectedResult expected;
  // Set for `start N OP`: the op overlaps those up to `wait N`.
  std::optional<uint64_t> start;

  // The op's place: counted from 1 over `init` and `run`; 0 if not yet placed.
  uint32_t number = 0;
  // Line in its file, from 1; 0 if it has none.
  int line = 0;
  // Of the operands, names and numbers in one row, and of the keys.
  SourceColumns operand_columns;
  SourceColumns key_columns;

  bool operator==(const Op&) const = default;

  bool HasFlag(std::string_view flag) const;
  // The value of a key, or nothing.
  std::optional<std::string_view> Key(std::string_view key) const;
  // The number that a key has; nothing if it is missing or is no number.
  std::optional<uint64_t> KeyNumber(std::string_view key) const;
  // The number that conditions test: `fill=`, or else the op's number.
  uint64_t Fill() const;
};

// The canonical text of an op, without indentation: verb, operands, flags,
// keys, `->`. The verb is padded with spaces to `verb_width` characters.
std::string OpText(const Op& op, size_t verb_width = 0);

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_OP_H_
