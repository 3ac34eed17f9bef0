// What ops do: planning, effects when an op begins, floors when it returns.

#include "model/model.h"

#include <algorithm>
#include <utility>

#include "harness/base/check.h"
#include "model/content.h"
#include "model/model_state.h"

namespace powercut {
namespace {

// The path operand that an op names first; empty if it has none.
std::string_view PathOf(const Op& op) {
  return op.names.empty() ? std::string_view() : op.names[0];
}

// Why an op on an existing file or directory must fail.
std::string PlanExisting(const Tree& tree, const Op& op) {
  const FileId file = tree.Lookup(PathOf(op));
  if (file == kNoFile) return "ENOENT";
  const bool directory = tree.files[file].is_directory;
  switch (op.kind) {
    case OpKind::kWrite:
    case OpKind::kAppend:
    case OpKind::kTruncate:
    case OpKind::kUnlink:
      return directory ? "EISDIR" : "";
    default:
      return "";
  }
}

// Why a new name cannot be made at `path`.
std::string PlanNewName(const Tree& tree, std::string_view path) {
  if (path == "/") return "EEXIST";
  const Tree::Place place = tree.PlaceOf(path);
  if (place.directory == kNoFile) return "ENOENT";
  if (!tree.files[place.directory].is_directory) return "ENOTDIR";
  return tree.Lookup(path) == kNoFile ? "" : "EEXIST";
}

bool IsEmptyDirectory(const Tree& tree, FileId directory) {
  const auto& names = tree.files[directory].names;
  return std::all_of(names.begin(), names.end(), [&](const auto& entry) {
    return tree.names[entry.second].chain.versions.back().value == kNoFile;
  });
}

std::string PlanRemoveDirectory(const Tree& tree, std::string_view path) {
  const FileId file = tree.Lookup(path);
  if (file == kNoFile) return "ENOENT";
  if (file == kRootDirectory) return "EBUSY";
  if (!tree.files[file].is_directory) return "ENOTDIR";
  return IsEmptyDirectory(tree, file) ? "" : "ENOTEMPTY";
}

std::string PlanRename(const Tree& tree, std::string_view from,
                       std::string_view to) {
  const FileId moved = tree.Lookup(from);
  if (moved == kNoFile) return "ENOENT";
  if (moved == kRootDirectory || to == "/") return "EBUSY";
  const std::string below = std::string(from) + "/";
  if (to.starts_with(below)) return "EINVAL";
  const FileId target = tree.Lookup(to);
  if (target == kNoFile) return PlanNewName(tree, to);
  const bool directory = tree.files[moved].is_directory;
  if (directory && !tree.files[target].is_directory) return "ENOTDIR";
  if (!directory && tree.files[target].is_directory) return "EISDIR";
  if (directory && target != moved && !IsEmptyDirectory(tree, target)) {
    return "ENOTEMPTY";
  }
  return "";
}

std::string PlanLink(const Tree& tree, std::string_view from,
                     std::string_view to) {
  const FileId file = tree.Lookup(from);
  if (file == kNoFile) return "ENOENT";
  if (tree.files[file].is_directory) return "EPERM";
  return PlanNewName(tree, to);
}

std::string PlanError(const Tree& tree, const Op& op) {
  switch (op.kind) {
    case OpKind::kCreate:
    case OpKind::kMkdir:
      return PlanNewName(tree, op.names[0]);
    case OpKind::kRename:
      return PlanRename(tree, op.names[0], op.names[1]);
    case OpKind::kLink:
      return PlanLink(tree, op.names[0], op.names[1]);
    case OpKind::kRmdir:
      return PlanRemoveDirectory(tree, op.names[0]);
    case OpKind::kWrite:
    case OpKind::kAppend:
    case OpKind::kTruncate:
    case OpKind::kUnlink:
    case OpKind::kFsync:
    case OpKind::kFdatasync:
      return PlanExisting(tree, op);
    default:
      return "";
  }
}

// Adds versions to the objects that an op changes.
class Effects {
 public:
  Effects(Tree& tree, uint32_t op) : tree_(tree), op_(op) {}

  void SetName(std::string_view path, FileId file) {
    tree_.names[tree_.NameAt(path)].chain.versions.push_back({op_, file});
  }

  void Create(std::string_view path, bool is_directory) {
    // The name first: a new file is no file until a name leads to it.
    const NameId name = tree_.NameAt(path);
    const FileId file = tree_.AddFile(is_directory, op_);
    tree_.names[name].chain.versions.push_back({op_, file});
  }

  void Rename(std::string_view from, std::string_view to) {
    const FileId moved = tree_.Lookup(from);
    const FileId replaced = tree_.Lookup(to);
    // Renaming a file onto another name of its own does nothing.
    if (moved == replaced) return;
    SetName(to, moved);
    SetName(from, kNoFile);
    const NameId source = tree_.NameAt(from);
    const NameId target = tree_.NameAt(to);
    tree_.renames.push_back({op_, source, tree_.names[source].chain.newest(),
                             target, tree_.names[target].chain.newest(),
                             replaced});
  }

  void Write(FileId id, uint64_t offset, std::string_view content) {
    if (content.empty()) return;
    File& file = tree_.files[id];
    const uint64_t end = offset + content.size();
    for (uint64_t at = offset; at < end;) {
      const uint64_t atom = at / kAtomBytes;
      const uint64_t stop = std::min(end, (atom + 1) * kAtomBytes);
      std::string bytes = NewestContent(file, atom);
      const uint64_t from = at % kAtomBytes;
      bytes.resize(std::max<uint64_t>(bytes.size(), from + stop - at));
      bytes.replace(from, stop - at, content.substr(at - offset, stop - at));
      AddAtom(file, atom, std::move(bytes));
      at = stop;
    }
    const uint64_t size = file.size.versions.back().value.bytes;
    if (end > size) file.size.versions.push_back({op_, {end, size}});
  }

  void Truncate(FileId id, uint64_t size) {
    File& file = tree_.files[id];
    if (size == file.size.versions.back().value.bytes) return;
    for (auto& [atom, chain] : file.atoms) {
      const uint64_t begin = atom * kAtomBytes;
      std::string bytes = chain.versions.back().value.content;
      if (begin + bytes.size() <= size) continue;
      bytes.resize(size > begin ? size - begin : 0);
      chain.versions.push_back({op_, {std::move(bytes)}});
    }
    file.size.versions.push_back({op_, {size, size}});
  }

 private:
  static std::string NewestContent(const File& file, uint64_t atom) {
    const auto found = file.atoms.find(atom);
    if (found == file.atoms.end()) return {};
    return found->second.versions.back().value.content;
  }

  void AddAtom(File& file, uint64_t atom, std::string bytes) {
    Chain<Atom>& chain = file.atoms[atom];
    // Before its first write an atom holds what the file's creation left:
    // nothing that was ever written.
    if (chain.versions.empty()) chain.versions.push_back({0, {}});
    chain.versions.push_back({op_, {std::move(bytes)}});
  }

  Tree& tree_;
  uint32_t op_;
};

void ApplyEffects(Tree& tree, const Op& op, const OpPlan& plan) {
  Effects effects(tree, op.number);
  switch (op.kind) {
    case OpKind::kCreate:
      effects.Create(op.names[0], /*is_directory=*/false);
      break;
    case OpKind::kMkdir:
      effects.Create(op.names[0], /*is_directory=*/true);
      break;
    case OpKind::kWrite:
    case OpKind::kAppend:
      effects.Write(tree.Lookup(op.names[0]), plan.offset_bytes, plan.content);
      break;
    case OpKind::kTruncate:
      effects.Truncate(tree.Lookup(op.names[0]), op.numbers[0]);
      break;
    case OpKind::kRename:
      effects.Rename(op.names[0], op.names[1]);
      break;
    case OpKind::kLink:
      effects.SetName(op.names[1], tree.Lookup(op.names[0]));
      break;
    case OpKind::kUnlink:
    case OpKind::kRmdir:
      effects.SetName(op.names[0], kNoFile);
      break;
    default:
      break;
  }
}

// Raises floors of chains, and remembers whether any for power loss rose.
class FloorRaiser {
 public:
  // Versions of ops that had returned successfully before `before` are covered.
  FloorRaiser(const std::vector<OpCourse>& courses, uint64_t before,
              uint32_t promised_by)
      : courses_(courses), before_(before), promised_by_(promised_by) {}

  template <class Value>
  void Raise(Chain<Value>& chain, CrashKind first_kind) {
    uint32_t version = chain.newest();
    while (version > 0 && !Covered(chain.versions[version].op)) --version;
    for (const CrashKind kind : kCrashKinds) {
      if (kind > first_kind) continue;
      Floor& floor = chain.floors[static_cast<size_t>(kind)];
      const bool higher = version > floor.version;
      if (!higher && floor.promised_by) continue;
      if (kind == CrashKind::kPower && higher) {
        chain.earlier_floor = floor.version;
        raised_ = true;
      }
      if (version >= floor.version) floor = {version, promised_by_};
    }
  }

  void RaiseFile(File& file, CrashKind first_kind) {
    Raise(file.size, first_kind);
    for (auto& [atom, chain] : file.atoms) Raise(chain, first_kind);
  }

  void RaiseEverything(Tree& tree, CrashKind first_kind) {
    for (Name& name : tree.names) Raise(name.chain, first_kind);
    for (File& file : tree.files) RaiseFile(file, first_kind);
  }

  bool raised() const { return raised_; }

 private:
  bool Covered(uint32_t op) const {
    const OpCourse& course = courses_[op];
    return op == 0 ||
           (course.ok && course.returned > 0 && course.returned < before_);
  }

  const std::vector<OpCourse>& courses_;
  uint64_t before_;
  uint32_t promised_by_;
  bool raised_ = false;
};

}  // namespace

Model::Model(const Workload& workload, const Profile& profile)
    : state_(std::make_unique<State>(workload, profile)) {}
Model::Model(const Model& other)
    : state_(std::make_unique<State>(*other.state_)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

OpPlan Model::Plan(const Op& op) const {
  const Tree& tree = state_->tree;
  OpPlan plan;
  plan.error = PlanError(tree, op);
  if (!plan.error.empty()) return plan;
  if (op.kind != OpKind::kWrite && op.kind != OpKind::kAppend) return plan;
  const File& file = tree.files[tree.Lookup(op.names[0])];
  const bool append = op.kind == OpKind::kAppend;
  plan.offset_bytes =
      append ? file.size.versions.back().value.bytes : op.numbers[0];
  plan.content = MakeContent(static_cast<uint16_t>(file.created_by),
                             static_cast<uint16_t>(op.number),
                             static_cast<uint32_t>(op.Fill()),
                             {plan.offset_bytes, op.numbers[append ? 0 : 1]});
  return plan;
}

void Model::Begin(uint32_t number) {
  State& s = *state_;
  CHECK(number < s.courses.size() && number > s.last_begun);
  const Op& op = s.OpOf(number);
  s.last_begun = number;
  s.courses[number].began = ++s.now;
  if (IsFlush(op.kind) && !op.names.empty()) {
    s.courses[number].flushed = s.tree.Lookup(op.names[0]);
  }
  const OpPlan plan = Plan(op);
  if (plan.error.empty()) ApplyEffects(s.tree, op, plan);
}

bool Model::End(uint32_t number, bool ok) {
  State& s = *state_;
  OpCourse& course = s.courses[number];
  CHECK(course.began > 0 && course.returned == 0);
  course.returned = ++s.now;
  course.ok = ok;
  if (!ok) return false;
  const Op& op = s.OpOf(number);
  if (!IsFlush(op.kind)) {
    // R-WRITE: what an op that returned has done is with the host: it
    // survives the death of the process.
    FloorRaiser raiser(s.courses, s.now + 1, number);
    raiser.RaiseEverything(s.tree, CrashKind::kProcess);
    return false;
  }
  s.last_flush = number;
  FloorRaiser raiser(s.courses, course.began, number);
  if (op.kind == OpKind::kSyncfs || s.profile->fsync_covers_volume) {
    raiser.RaiseEverything(s.tree, CrashKind::kPower);  // R-VOL
    return raiser.raised();
  }
  if (course.flushed == kNoFile) return false;
  File& file = s.tree.files[course.flushed];
  // R-FLUSH0, R-DSYNCONLY: data and size; times are not modelled yet, so that
  // fsync and fdatasync promise the same.
  raiser.RaiseFile(file, CrashKind::kPower);
  if (file.is_directory && s.profile->fsync_directory_covers_names) {
    for (const auto& [name, name_id] : file.names) {  // R-DIR
      raiser.Raise(s.tree.names[name_id].chain, CrashKind::kPower);
    }
  }
  return raiser.raised();
}

void Model::EndInit() {
  State& s = *state_;
  FloorRaiser raiser(s.courses, s.now + 1, 0);
  raiser.RaiseEverything(s.tree, CrashKind::kPower);
  s.last_flush = 0;
}

std::string Model::CompareLive(const Observation& observation) const {
  Model done(*this);
  State& s = *done.state_;
  for (OpCourse& course : s.courses) {
    if (course.began > 0 && course.returned == 0) course.returned = ++s.now;
    course.ok = course.began > 0;
  }
  FloorRaiser raiser(s.courses, s.now + 1, 0);
  raiser.RaiseEverything(s.tree, CrashKind::kPower);
  const auto violations = done.Check(observation, CrashKind::kPower);
  if (violations.empty()) return {};
  const Violation& first = violations.front();
  return (first.path.empty() ? "the volume" : first.path) + ": expected " +
         first.admissible + ", found " + first.found;
}

}  // namespace powercut
