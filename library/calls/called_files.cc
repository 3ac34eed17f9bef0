// Makes the calls on a table of paths. What a call does to names holds from
// then on, so that each file has a list of its names by the number of calls.
//
// Example: after `create /f.new`, `open h1 /f.new`, `rename /f.new /f`, the
// file of `write h1` is called /f. If another file is renamed to /f then, the
// first one keeps /f as the name that it had last.

#include "library/calls/called_files.h"

#include <algorithm>
#include <set>

#include "harness/base/check.h"

namespace powercut {
CalledFiles::CalledFiles(const Calls& calls) {
  files_.reserve(calls.size());
  for (const Call& call : calls) {
    ++made_;
    const bool names = call.kind == Call::kOp && !call.op.names.empty();
    files_.push_back(names ? Make(call.op) : kNoFile);
  }
}

// What the operand of a call stands for: a path, a handle or a view.
CalledFiles::File CalledFiles::OfOperand(const std::string& name) {
  const auto open = open_.find(name);
  if (open != open_.end()) return open->second;
  return name.starts_with('/') ? At(name) : kNoFile;
}

CalledFiles::File CalledFiles::Make(const Op& op) {
  const std::string& first = op.names.front();
  const std::string& last = op.names.back();
  switch (op.kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
    case OpKind::kSymlink:
      return New(last);
    case OpKind::kOpen:
    case OpKind::kMap: {
      const File file = OfOperand(last);
      if (first != last) open_[first] = file;
      return file;
    }
    case OpKind::kClose:
    case OpKind::kUnmap: {
      const File file = OfOperand(first);
      open_.erase(first);
      return file;
    }
    case OpKind::kRename: {
      const File file = At(first);
      Move(first, last);
      return file;
    }
    case OpKind::kExchange: {
      const File file = At(first);
      others_[made_ - 1] = At(last);
      Exchange(first, last);
      return file;
    }
    case OpKind::kLink: {
      const File file = At(first);
      Give(last, file);
      return file;
    }
    case OpKind::kUnlink:
    case OpKind::kRmdir: {
      const File file = At(first);
      Take(first);
      return file;
    }
    default:
      return OfOperand(first);
  }
}

const std::vector<std::string>& CalledFiles::NamesAfter(size_t calls,
                                                        File file) const {
  POWERCUT_CHECK(file < names_.size());
  const std::vector<Names>& all = names_[file];
  const auto after = std::ranges::upper_bound(all, calls, {}, &Names::from);
  return after == all.begin() ? all.front().names : std::prev(after)->names;
}

CalledFiles::File CalledFiles::WithName(std::string_view name, size_t call,
                                        size_t calls) const {
  const File file = files_[call];
  if (file != kNoFile && HadName(name, calls, file)) return file;
  const auto other = others_.find(call);
  const bool has =
      other != others_.end() && HadName(name, calls, other->second);
  return has ? other->second : kNoFile;
}

bool CalledFiles::HadName(std::string_view name, size_t calls,
                          File file) const {
  const std::vector<std::string>& names = NamesAfter(calls, file);
  return std::ranges::find(names, name) != names.end();
}

CalledFiles::File CalledFiles::At(const std::string& path) {
  const auto found = at_.find(path);
  return found == at_.end() ? New(path) : found->second;
}

CalledFiles::File CalledFiles::New(const std::string& path) {
  const auto file = static_cast<File>(names_.size());
  names_.push_back({{made_, {path}}});
  at_[path] = file;
  return file;
}

// The names of a file as they are to be from this call on.
std::vector<std::string>& CalledFiles::NamesNow(File file) {
  std::vector<Names>& all = names_[file];
  if (all.back().from < made_) all.push_back({made_, all.back().names});
  return all.back().names;
}

void CalledFiles::Give(const std::string& path, File file) {
  Take(path);
  std::vector<std::string>& names = NamesNow(file);
  // A file that has no name keeps its last one in the list.
  const auto at = at_.find(names.front());
  const bool nameless = at == at_.end() || at->second != file;
  if (nameless) names.clear();
  names.push_back(path);
  at_[path] = file;
}

void CalledFiles::Take(const std::string& path) {
  const auto found = at_.find(path);
  if (found == at_.end()) return;
  std::vector<std::string>& names = NamesNow(found->second);
  if (names.size() > 1) std::erase(names, path);
  at_.erase(found);
}

// Takes a path and all that lies below it out of the table, and says in `moves`
// what it is to be called with `to` in place of the path.
void CalledFiles::TakeTree(const std::string& top, const std::string& to,
                           Moves& moves) {
  const auto take = [&](auto at) {
    moves[at->first] = {to + at->first.substr(top.size()), at->second};
    return at_.erase(at);
  };
  if (const auto at = at_.find(top); at != at_.end()) take(at);
  const std::string below = top + "/";
  auto at = at_.lower_bound(below);
  while (at != at_.end() && at->first.starts_with(below)) at = take(at);
}

// A file can have several names in what is moved, so that all its names change
// at once.
void CalledFiles::Put(const Moves& moves) {
  std::set<File> files;
  for (const auto& [path, move] : moves) {
    files.insert(move.file);
    at_[move.to] = move.file;
  }
  for (const File file : files) {
    for (std::string& name : NamesNow(file)) {
      const auto move = moves.find(name);
      if (move != moves.end() && move->second.file == file) {
        name = move->second.to;
      }
    }
  }
}

void CalledFiles::Move(const std::string& from, const std::string& to) {
  // A rename from one name of a file to another one changes nothing.
  const auto there = at_.find(to);
  if (there != at_.end() && there->second == At(from)) return;
  Moves moves;
  TakeTree(from, to, moves);
  Take(to);
  Put(moves);
}

void CalledFiles::Exchange(const std::string& a, const std::string& b) {
  Moves moves;
  TakeTree(a, b, moves);
  TakeTree(b, a, moves);
  Put(moves);
}

}  // namespace powercut
