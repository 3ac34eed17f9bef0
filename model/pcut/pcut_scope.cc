// Tracks what ops have made, and checks later ops and conditions against it.
//
// Method: every op goes through three steps. Its names have to be open
// (handles, views, logs). Its arguments have to fit what is known (ranges of
// views, the records of a log, the length of a mapped file). Then what it makes
// is added. An op that expects an error skips the last two steps, since it
// makes nothing.
//
// The text alone does not decide everything; what is in doubt is accepted. A
// file gets a number when it is made, and names lead to numbers, so that links
// and renames keep what is known of the file. The size of a file is an upper
// bound. What a symbolic link leads to is not known. Example:
//
//   create /f          /f is file 1, at most 0 bytes
//   append /f 8192     at most 8192 bytes
//   rename /f /g       /g is file 1; conditions may still name /f
//   map V /g 12288 1   refused: the view begins beyond the file

#include "model/pcut/pcut_scope.h"

#include <algorithm>
#include <array>
#include <vector>

#include "model/words/content.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

bool ExpectsError(const Op& op) {
  return op.expected.kind != ExpectedResult::kOk;
}

// Adds and saturates, since the text allows numbers up to the largest.
uint64_t Sum(uint64_t a, uint64_t b) {
  return a > kMaxTextNumber - std::min(b, kMaxTextNumber) ? kMaxTextNumber
                                                          : a + b;
}

// Whether the op is about names or makes a handle, so that a handle cannot
// stand in place of a path.
bool TakesPathsOnly(OpKind kind) {
  switch (kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
    case OpKind::kRename:
    case OpKind::kExchange:
    case OpKind::kReplaceFile:
    case OpKind::kLink:
    case OpKind::kSymlink:
    case OpKind::kUnlink:
    case OpKind::kRmdir:
    case OpKind::kOpen:
      return true;
    default:
      return false;
  }
}

// Returns the column of the operand at `index`, counted over all operands.
size_t Column(const Op& op, size_t index) {
  return op.operand_columns.At(index);
}

size_t KeyColumn(const Op& op, std::string_view key) {
  for (size_t i = 0; i < op.keys.size(); ++i) {
    if (op.keys[i].first == key) return op.key_columns.At(i);
  }
  return 0;
}

std::optional<uint64_t> KeyNumber(const Op& op, std::string_view key) {
  const std::optional<std::string_view> text = op.Key(key);
  if (!text) return std::nullopt;
  const Result<uint64_t> number = ParseNumber({*text, 1, ""}, "a number");
  if (!number) return std::nullopt;
  return *number;
}

// The flushes of files, for which a workload may write a null handle.
bool TakesNullHandle(OpKind kind) {
  constexpr std::array kKinds = {
      OpKind::kNtFlush,     OpKind::kFlushFileBuffers, OpKind::kFsync,
      OpKind::kFdatasync,   OpKind::kSyncFileRange,    OpKind::kFullFsync,
      OpKind::kBarrierFsync};
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

// The ops that need an open log; `log_open` makes one. Both ranges follow the
// order of OpKind.
bool IsLogOp(OpKind kind) {
  return kind >= OpKind::kLogArea && kind <= OpKind::kLogReset;
}

bool IsStoreOp(OpKind kind) {
  return kind == OpKind::kPut || kind == OpKind::kDelete ||
         kind == OpKind::kCommit || kind == OpKind::kCheckpoint;
}

bool IsViewOp(OpKind kind) {
  return kind >= OpKind::kStore && kind <= OpKind::kUnmap;
}

// Returns the number of the record that an op speaks of, and its column, or
// `std::nullopt` if the op speaks of none. Record 0, the null LSN of
// `log_flush_to`, never lies beyond the log.
std::optional<std::pair<uint64_t, size_t>> RecordOf(const Op& op) {
  switch (op.kind) {
    case OpKind::kLogFlushTo:
    case OpKind::kLogAdvanceBase:
    case OpKind::kLogArchiveTail:
      return std::pair(op.numbers[0], Column(op, 1));
    case OpKind::kLogRestart: {
      const auto base = KeyNumber(op, "base");
      if (!base) return std::nullopt;
      return std::pair(*base, KeyColumn(op, "base"));
    }
    default:
      return std::nullopt;
  }
}

// Where a name stands while two are exchanged. No path begins so.
constexpr std::string_view kAside = "//aside";

// Whether `path` lies inside `directory`: `/a/b` is below `/a`, `/ab` is not.
bool IsBelow(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

PcutScope::Verdict PcutScope::Add(const Op& op) {
  // Names come first: the other checks look up what the names stand for without
  // asking whether it is there.
  if (Verdict wrong = CheckNames(op)) return wrong;
  if (Verdict wrong = CheckArea(op)) return wrong;
  if (Verdict wrong = CheckUnderWay(op)) return wrong;
  if (op.kind == OpKind::kWait) under_way_.erase(op.numbers[0]);
  if (op.start) under_way_.insert(*op.start);
  if (ExpectsError(op)) return std::nullopt;
  if (Verdict wrong = CheckArguments(op)) return wrong;
  Make(op);
  return std::nullopt;
}

template <class Value>
PcutScope::Verdict PcutScope::CheckOpen(const Named<Value>& names,
                                        const Words& words,
                                        const std::string& name,
                                        size_t column) const {
  if (names.open.contains(name)) return std::nullopt;
  const std::string noun(words.noun);
  const std::string opener(words.opener);
  if (names.closed.contains(name)) {
    return Complaint{
        column, "the " + noun + ' ' + Quoted(name) + " is used after its `" +
                    std::string(words.closer) + "`; move the op up, or `" +
                    opener + "` it again"};
  }
  // Where a handle may stand, a path is more likely what was meant.
  if (words.noun == "handle") {
    return Complaint{column,
                     Quoted(name) +
                         " is not a path, nor the name of a handle that an "
                         "earlier `open` made; paths begin with `/`"};
  }
  return Complaint{column, Quoted(name) + " is not the name of a " + noun +
                               " that an earlier `" + opener +
                               "` made; add that op before it"};
}

// An op that is under way while a log or the store comes into being would end
// for something that was not there when the op began.
PcutScope::Verdict PcutScope::CheckUnderWay(const Op& op) const {
  if (under_way_.empty()) return std::nullopt;
  const bool new_log =
      op.kind == OpKind::kLogOpen && !logs_.open.contains(op.names[0]);
  const bool new_store = IsStoreOp(op.kind) && !has_store_;
  if (!new_log && !new_store) return std::nullopt;
  const std::string number = std::to_string(*under_way_.begin());
  const std::string what = new_log
                               ? "the log " + Quoted(op.names[0]) + " is opened"
                               : "the first op on the store stands";
  return Complaint{0, what + " while `start " + number +
                          "` is under way; put it before that line, or after "
                          "a `wait " +
                          number + "`"};
}

PcutScope::Verdict PcutScope::CheckNames(const Op& op) const {
  const std::string_view operands = SignatureOf(op.kind).operands;
  size_t name = 0;
  for (size_t i = 0; i < operands.size(); ++i) {
    const char letter = operands[i];
    if (letter == 'N' || letter == 'M') continue;
    const std::string& text = op.names[name++];
    if (letter == 'P' || letter == 'V') {
      const bool known = text.starts_with('/') ||
                         (letter == 'V' && text == "volume") ||
                         (text == "null" && TakesNullHandle(op.kind));
      if (known) continue;
      if (TakesPathsOnly(op.kind)) {
        return Complaint{Column(op, i),
                         Quoted(text) + " is not a path; `" +
                             std::string(VerbOf(op.kind)) +
                             "` takes paths, which begin with `/`"};
      }
      if (Verdict wrong = CheckOpen(handles_, {"handle", "open", "close"}, text,
                                    Column(op, i))) {
        return wrong;
      }
      // Further names are areas, or names that the op is about to make.
    } else if (name > 1) {
      continue;
    } else if (op.kind == OpKind::kClose) {
      return CheckOpen(handles_, {"handle", "open", "close"}, text,
                       Column(op, i));
    } else if (IsViewOp(op.kind)) {
      return CheckOpen(views_, {"view", "map", "unmap"}, text, Column(op, i));
    } else if (IsLogOp(op.kind)) {
      return CheckOpen(logs_, {"log", "log_open", ""}, text, Column(op, i));
    }
  }
  return std::nullopt;
}

PcutScope::Verdict PcutScope::CheckArea(const Op& op) const {
  const std::optional<std::string_view> area = op.Key("area");
  if (!area || ExpectsError(op)) return std::nullopt;
  const Log& log = logs_.open.find(op.names[0])->second;
  if (log.areas.contains(*area)) return std::nullopt;
  return Complaint{KeyColumn(op, "area"),
                   Quoted(*area) +
                       " is not an area of this log that an earlier "
                       "`log_area` made; add that op before it, or expect "
                       "`-> error`"};
}

PcutScope::Verdict PcutScope::CheckArguments(const Op& op) const {
  if (op.kind == OpKind::kMap) return CheckMap(op);
  const bool ranged = op.kind == OpKind::kStore || op.kind == OpKind::kMsync ||
                      op.kind == OpKind::kFlushView;
  if (ranged) return CheckRange(op);
  return CheckRecord(op);
}

PcutScope::Verdict PcutScope::CheckMap(const Op& op) const {
  // These are the rules by which the model lets `map` fail
  // (model/files/plan.cc).
  const uint64_t offset = op.numbers[0];
  constexpr std::string_view kOrExpect = ", or expect `-> error`";
  if (offset % kPageBytes != 0) {
    return Complaint{Column(op, 2),
                     "a view begins at a multiple of 4096, not "
                     "at " +
                         std::to_string(offset) + "; change it" +
                         std::string(kOrExpect)};
  }
  if (op.numbers[1] == 0) {
    return Complaint{Column(op, 3), "a view of 0 bytes; give it a length" +
                                        std::string(kOrExpect)};
  }
  const std::optional<FileNumber> file = FileOf(op.names[1]);
  if (!file) return std::nullopt;
  // The known size is an upper bound: what lies beyond it is certainly wrong.
  const auto size = size_bytes_.find(*file);
  if (size == size_bytes_.end() || offset <= size->second) return std::nullopt;
  return Complaint{Column(op, 2),
                   "the view begins at " + std::to_string(offset) +
                       ", beyond the file, which holds at most " +
                       std::to_string(size->second) +
                       " bytes here; make the file longer" +
                       std::string(kOrExpect)};
}

PcutScope::Verdict PcutScope::CheckRange(const Op& op) const {
  const View& view = views_.open.find(op.names[0])->second;
  const uint64_t offset = op.numbers[0];
  // Written as a difference, since offset + length may overflow.
  const bool begins_inside = offset <= view.size_bytes;
  if (begins_inside && op.numbers[1] <= view.size_bytes - offset) {
    return std::nullopt;
  }
  return Complaint{Column(op, begins_inside ? 2 : 1),
                   "`" + std::string(VerbOf(op.kind)) + "` leaves the view " +
                       Quoted(op.names[0]) + ", which has " +
                       std::to_string(view.size_bytes) +
                       " bytes; stay within, or expect `-> error`"};
}

PcutScope::Verdict PcutScope::CheckRecord(const Op& op) const {
  const auto record = RecordOf(op);
  if (!record) return std::nullopt;
  const Log& log = logs_.open.find(op.names[0])->second;
  if (record->first <= log.records) return std::nullopt;
  return Complaint{record->second,
                   "the log has no record " + std::to_string(record->first) +
                       " here, only " + std::to_string(log.records) +
                       " of them; append it before, or expect `-> error`"};
}

std::optional<PcutScope::FileNumber> PcutScope::FileOf(
    const std::string& name) const {
  if (!name.starts_with('/')) {
    const auto handle = handles_.open.find(name);
    return handle == handles_.open.end() ? std::nullopt : handle->second;
  }
  const auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

void PcutScope::Make(const Op& op) {
  has_store_ = has_store_ || IsStoreOp(op.kind);
  MakeNames(op);
  MakeSizes(op);
  MakeViewsAndLogs(op);
}

void PcutScope::AddName(const std::string& path, FileNumber file) {
  names_[path] = file;
  // No op makes a name that stands aside.
  if (!path.starts_with(kAside)) ever_.insert(path);
}

void PcutScope::Rename(const std::string& from, const std::string& to) {
  if (from == to) return;
  const auto found = names_.find(from);
  // The source may be unknown, such as a name below a symbolic link. Its new
  // name is known from then on, its size is not.
  const FileNumber file =
      found == names_.end() ? next_file_++ : FileNumber{found->second};
  std::vector<std::pair<std::string, FileNumber>> below;
  // Collected first: adding names while walking the map could visit them again.
  for (auto at = names_.lower_bound(from + '/');
       at != names_.end() && IsBelow(at->first, from); ++at) {
    below.emplace_back(at->first, at->second);
  }
  names_.erase(from);
  AddName(to, file);
  for (const auto& [path, number] : below) {
    names_.erase(path);
    AddName(to + path.substr(from.size()), number);
  }
}

void PcutScope::Exchange(const std::string& a, const std::string& b) {
  if (a == b) return;
  const std::string aside(kAside);
  Rename(a, aside);
  Rename(b, a);
  Rename(aside, b);
}

void PcutScope::MakeNames(const Op& op) {
  switch (op.kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
      // Whether the name is there already is left to the run, which makes such
      // an op fail.
      size_bytes_[next_file_] = 0;
      AddName(op.names[0], next_file_++);
      return;
    case OpKind::kLink: {
      const std::optional<FileNumber> file = FileOf(op.names[0]);
      AddName(op.names[1], file ? *file : next_file_++);
      return;
    }
    case OpKind::kSymlink:
      // What a symbolic link leads to is not followed: its name gets a file of
      // unknown size.
      AddName(op.names[1], next_file_++);
      symlinks_.insert(op.names[1]);
      return;
    case OpKind::kRename:
      Rename(op.names[0], op.names[1]);
      return;
    case OpKind::kExchange:
      Exchange(op.names[0], op.names[1]);
      return;
    case OpKind::kReplaceFile:
      Rename(op.names[1], op.names[1] + ".bak");
      Rename(op.names[0], op.names[1]);
      return;
    case OpKind::kUnlink:
    case OpKind::kRmdir:
      names_.erase(op.names[0]);
      return;
    default:
      return;
  }
}

void PcutScope::MakeSizes(const Op& op) {
  if (op.names.empty()) return;
  // The first name of `map` is the view.
  const bool mapped = op.kind == OpKind::kMap;
  const std::optional<FileNumber> file = FileOf(op.names[mapped ? 1 : 0]);
  const auto size = file ? size_bytes_.find(*file) : size_bytes_.end();
  if (size == size_bytes_.end()) return;
  switch (op.kind) {
    case OpKind::kWrite: {
      const bool at_end = handles_that_append_.contains(op.names[0]);
      const uint64_t begin = at_end ? size->second : op.numbers[0];
      // A write of no bytes does not lengthen a file, wherever it is.
      if (op.numbers[1] == 0) return;
      size->second = std::max(size->second, Sum(begin, op.numbers[1]));
      return;
    }
    case OpKind::kAppend:
      size->second = Sum(size->second, op.numbers[0]);
      return;
    case OpKind::kFallocate:
    case OpKind::kMap:
      size->second = std::max(size->second, Sum(op.numbers[0], op.numbers[1]));
      return;
    case OpKind::kTruncate:
    case OpKind::kSetEndOfFile:
      // A truncation that overlaps other ops may take effect before them, so
      // that the file may still be as long as before.
      size->second =
          op.start ? std::max(size->second, op.numbers[0]) : op.numbers[0];
      return;
    default:
      return;
  }
}

void PcutScope::MakeViewsAndLogs(const Op& op) {
  switch (op.kind) {
    case OpKind::kOpen:
      // A handle follows its file through renames, and so holds the file, not
      // the path.
      handles_.open[op.names[0]] = FileOf(op.names[1]);
      handles_that_append_.erase(op.names[0]);
      if (op.HasFlag("append")) handles_that_append_.insert(op.names[0]);
      return;
    case OpKind::kClose:
      handles_.open.erase(op.names[0]);
      handles_.closed.insert(op.names[0]);
      return;
    case OpKind::kMap:
      views_.open[op.names[0]] = {FileOf(op.names[1]).value_or(0),
                                  op.numbers[1]};
      return;
    case OpKind::kUnmap:
      views_.open.erase(op.names[0]);
      views_.closed.insert(op.names[0]);
      return;
    case OpKind::kLogOpen:
      // Opening a log again finds its records and areas.
      logs_.open.try_emplace(op.names[0]);
      return;
    case OpKind::kLogArea:
      logs_.open[op.names[0]].areas.insert(op.names[1]);
      return;
    case OpKind::kLogAppend:
    case OpKind::kLogRestart:
      ++logs_.open[op.names[0]].records;
      return;
    default:
      return;
  }
}

PcutScope::Verdict PcutScope::CheckPath(const Condition& condition,
                                        const std::string& path) const {
  if (path == "/" || ever_.contains(path)) return std::nullopt;
  // A path through a symbolic link may exist although no op names it.
  const bool through_symlink =
      std::any_of(symlinks_.begin(), symlinks_.end(),
                  [&](const std::string& link) { return IsBelow(path, link); });
  if (through_symlink) return std::nullopt;
  const std::vector<std::string_view> known(ever_.begin(), ever_.end());
  // With more names than this, a suggestion is not worth the search.
  constexpr size_t kSearched = 1000;
  std::string message = "no op makes " + Quoted(PathText(path));
  if (known.size() <= kSearched) message += DidYouMean(path, known);
  return Complaint{condition.column.value,
                   message + "; name a file that `init` or `run` creates"};
}

PcutScope::Verdict PcutScope::Check(const Condition& condition) const {
  switch (condition.kind) {
    case Condition::kAnd:
    case Condition::kOr:
    case Condition::kNot:
      for (const Condition& operand : condition.operands) {
        if (Verdict wrong = Check(operand)) return wrong;
      }
      return std::nullopt;
    // The raw part of a device is there from the beginning.
    case Condition::kSector:
      return std::nullopt;
    case Condition::kLog:
    case Condition::kBase:
    case Condition::kRestart:
      if (logs_.open.contains(condition.path)) return std::nullopt;
      return Complaint{
          condition.column.value,
          "no `log_open` makes the log " + Quoted(condition.path) + "; add it"};
    case Condition::kSame:
      if (Verdict wrong = CheckPath(condition, condition.path2)) return wrong;
      [[fallthrough]];
    default:
      return CheckPath(condition, condition.path);
  }
}

}  // namespace powercut
