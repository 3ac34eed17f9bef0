// Holds the table of verbs, and prints ops.
//
// Method: everything that depends on the verb is read from the table, which is
// indexed by OpKind. Printing walks the letters of a signature's operands, and
// takes the next name or the next number for each. The canonical order of a
// line is: verb, operands, flags, keys, `->`. Modes are printed as octal digits
// without a leading zero. In `start N OP` the first word is `start`, so that
// `start` is what is padded to the column of verbs. Example, padded to 8:
//
//   write    /f 0 512 dsync fill=7
//   start    2 write /f 0 512 -> EIO

#include "model/words/op.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "harness/base/check.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

// `fault` is the one verb with a literal word inside: `fault WHAT on WHICH`.
// The letters do not say so; parsing and printing insert the word themselves.
// `sectors=A~B`, `times=N|always`, `in=run|recovery` and `area=NAME` are the
// keys that are not plain numbers.
constexpr std::array<OpSignature, kOpKindCount> kSignatures = {{
    {OpKind::kCreate, "create", "P", "", ""},
    {OpKind::kMkdir, "mkdir", "P", "", ""},
    {OpKind::kWrite, "write", "PNN", "dsync sync", "fill"},
    {OpKind::kAppend, "append", "PN", "", "fill"},
    {OpKind::kTruncate, "truncate", "PN", "", ""},
    {OpKind::kFallocate, "fallocate", "PNN", "", ""},
    {OpKind::kRename, "rename", "PP", "", ""},
    {OpKind::kReplaceFile, "replace_file", "PP", "", ""},
    {OpKind::kLink, "link", "PP", "", ""},
    {OpKind::kSymlink, "symlink", "PP", "", ""},
    {OpKind::kUnlink, "unlink", "P", "", ""},
    {OpKind::kRmdir, "rmdir", "P", "", ""},
    {OpKind::kChmod, "chmod", "PM", "", ""},
    {OpKind::kSetTimes, "set_times", "PN", "", ""},
    {OpKind::kOpen, "open", "HP",
     "write_through no_buffering direct dsync sync append read_only", ""},
    {OpKind::kClose, "close", "H", "", ""},
    {OpKind::kFsync, "fsync", "P", "", ""},
    {OpKind::kFdatasync, "fdatasync", "P", "", ""},
    {OpKind::kSyncFileRange, "sync_file_range", "PNN", "", ""},
    {OpKind::kSyncfs, "syncfs", "", "", ""},
    {OpKind::kFullFsync, "full_fsync", "P", "", ""},
    {OpKind::kBarrierFsync, "barrier_fsync", "P", "", ""},
    {OpKind::kRemount, "remount", "", "read_only", ""},
    {OpKind::kDismount, "dismount", "", "", ""},
    {OpKind::kNtFlush, "nt_flush", "V",
     "file_data_only no_sync file_data_sync_only null_status",
     "flags parameters parameters_size"},
    {OpKind::kFlushFileBuffers, "flush_file_buffers", "V", "", ""},
    {OpKind::kSetEndOfFile, "set_end_of_file", "PN", "", ""},
    {OpKind::kSetValidData, "set_valid_data", "PN", "", ""},
    {OpKind::kMap, "map", "HPNN", "", ""},
    {OpKind::kStore, "store", "HNN", "", "fill"},
    {OpKind::kMsync, "msync", "HNN", "async", ""},
    {OpKind::kFlushView, "flush_view", "HNN", "", ""},
    {OpKind::kUnmap, "unmap", "H", "", ""},
    {OpKind::kLogOpen, "log_open", "H", "", ""},
    {OpKind::kLogArea, "log_area", "HH", "", ""},
    {OpKind::kLogAppend, "log_append", "HN", "force_append force_flush",
     "area"},
    {OpKind::kLogFlush, "log_flush", "H", "", "area"},
    {OpKind::kLogFlushTo, "log_flush_to", "HN", "", ""},
    {OpKind::kLogRestart, "log_restart", "H", "", "base"},
    {OpKind::kLogAdvanceBase, "log_advance_base", "HN", "", ""},
    {OpKind::kLogArchiveTail, "log_archive_tail", "HN", "", ""},
    {OpKind::kLogReset, "log_reset", "H", "", ""},
    {OpKind::kPut, "put", "KK", "", ""},
    {OpKind::kDelete, "delete", "K", "", ""},
    {OpKind::kCommit, "commit", "", "sync nosync", ""},
    {OpKind::kCheckpoint, "checkpoint", "", "", ""},
    {OpKind::kDiskWrite, "disk_write", "NN", "fua preflush", ""},
    {OpKind::kDiskFlush, "disk_flush", "", "", ""},
    {OpKind::kDiskDiscard, "disk_discard", "NN", "", ""},
    {OpKind::kFault, "fault", "KK", "", "nth sectors times in"},
    {OpKind::kWait, "wait", "N", "", ""},
    {OpKind::kExchange, "exchange", "PP", "", ""},
}};

// A row that stands in the wrong place would silently give one verb the
// operands of another, so that the order is checked when this file is compiled.
constexpr bool TableFollowsEnum() {
  for (size_t i = 0; i < kSignatures.size(); ++i) {
    if (kSignatures[i].kind != static_cast<OpKind>(i)) return false;
  }
  return true;
}
static_assert(TableFollowsEnum(), "kSignatures is indexed by OpKind");

std::string OctalText(uint64_t mode) {
  std::array<char, 24> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  return {digits.data(), end.ptr};
}

// The operands, with one space before each. An op that was made by hand may not
// fit its signature; the checks keep that from reading beyond its operands.
std::string OperandsText(const Op& op) {
  std::string text;
  size_t name = 0;
  size_t number = 0;
  for (const char letter : SignatureOf(op.kind).operands) {
    if (op.kind == OpKind::kFault && name == 1) text += " on";
    text += ' ';
    if (letter == 'N' || letter == 'M') {
      POWERCUT_CHECK(number < op.numbers.size());
      const uint64_t value = op.numbers[number++];
      text += letter == 'M' ? OctalText(value) : std::to_string(value);
    } else {
      POWERCUT_CHECK(name < op.names.size());
      text += PathText(op.names[name++]);
    }
  }
  return text;
}

std::string ExpectedText(const ExpectedResult& expected) {
  switch (expected.kind) {
    case ExpectedResult::kOk:
      return "";
    case ExpectedResult::kAnyError:
      return " -> error";
    case ExpectedResult::kNamed:
      return " -> " + expected.name;
  }
  return "";
}

}  // namespace

std::span<const OpSignature> OpSignatures() { return kSignatures; }

const OpSignature& SignatureOf(OpKind kind) {
  const auto row = static_cast<size_t>(kind);
  POWERCUT_CHECK(row < kSignatures.size());
  return kSignatures[row];
}

std::string_view VerbOf(OpKind kind) { return SignatureOf(kind).verb; }

std::optional<OpKind> OpKindFromVerb(std::string_view verb) {
  for (const OpSignature& signature : kSignatures) {
    // About 50 rows: a linear search is fast enough for a line of text.
    if (signature.verb == verb) return signature.kind;
  }
  return std::nullopt;
}

bool Op::HasFlag(std::string_view flag) const {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

std::optional<std::string_view> Op::Key(std::string_view key) const {
  for (const auto& [name, value] : keys) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::optional<uint64_t> Op::KeyNumber(std::string_view key) const {
  const std::optional<std::string_view> text = Key(key);
  if (!text) return std::nullopt;
  uint64_t value = 0;
  const char* end = text->data() + text->size();
  // Also refuses text that only begins with a number, such as `2~7`.
  const auto parsed = std::from_chars(text->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

uint64_t Op::Fill() const { return KeyNumber("fill").value_or(number); }

std::string OpText(const Op& op, size_t verb_width) {
  std::string text(op.start ? "start" : VerbOf(op.kind));
  std::string rest;
  if (op.start) {
    rest += ' ';
    rest += std::to_string(*op.start);
    rest += ' ';
    rest += VerbOf(op.kind);
  }
  rest += OperandsText(op);
  for (const std::string& flag : op.flags) rest += ' ' + flag;
  for (const auto& [key, value] : op.keys) {
    rest += ' ';
    rest += key;
    rest += '=';
    rest += value;
  }
  rest += ExpectedText(op.expected);
  // A line does not end in blanks, so that a verb that stands alone is not
  // padded.
  if (!rest.empty() && text.size() < verb_width) text.resize(verb_width, ' ');
  return text + rest;
}

}  // namespace powercut
