// The model against an independent oracle.
//
// The oracle is written from the formal definition (research/semantics.md
// section 2.5) and shares no code with the model: it lists every choice of one
// version per object (name, size, atom) between its floor and its newest
// version, keeps those that obey the rename rules of the profile, and builds
// the observation that each shows. That set is ALLOWED. Model::Check() must
// admit an observation if and only if it is in the set.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "model/content.h"
#include "model/model.h"

namespace powercut {
namespace {

// Workloads a test.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kWorkloads = 120;
#else
constexpr int kWorkloads = 1000;
#endif
// Observations judged at each moment of each workload, beside all allowed ones.
constexpr int kMutantsPerMoment = 60;
constexpr size_t kAllowedJudgedMax = 150;
constexpr size_t kAtomsMax = 2;

// --- the oracle -------------------------------------------------------------

using FileIndex = int;
constexpr FileIndex kNothing = -1;

template <class Value>
struct Versions {
  // By which op, and what it made.
  std::vector<std::pair<uint32_t, Value>> all;
  size_t floor[3] = {0, 0, 0};  // by crash kind

  const Value& newest() const { return all.back().second; }
};

struct OracleSize {
  uint64_t bytes;
  uint64_t grown_from;
};

struct OracleFile {
  bool is_directory = false;
  uint32_t creator = 0;
  Versions<OracleSize> size;
  std::array<Versions<std::string>, kAtomsMax> atoms;  // always 512 bytes
};

struct OracleName {
  FileIndex directory;
  std::string text;
  Versions<FileIndex> leads_to;
};

struct OracleRename {
  size_t source, source_version, target, target_version;
};

// What is shown: path, and what is there. Files are numbered in the order of
// their first path, so that equal trees are equal.
struct Shown {
  std::string path;
  bool is_directory;
  int file;
  std::string content;

  auto operator<=>(const Shown&) const = default;
};
using Tree = std::vector<Shown>;

class Oracle {
 public:
  explicit Oracle(const Profile& profile) : profile_(profile) {
    files_.push_back(NewFile(true, 0));
  }

  // Whether the op can succeed now.
  bool Possible(const Op& op) const {
    const FileIndex file = Find(op.names.empty() ? "/" : op.names[0]);
    const bool exists = file != kNothing;
    const bool directory = exists && files_[AsIndex(file)].is_directory;
    switch (op.kind) {
      case OpKind::kCreate:
      case OpKind::kMkdir:
        return !exists && HasParent(op.names[0]);
      case OpKind::kWrite:
      case OpKind::kAppend:
      case OpKind::kTruncate:
      case OpKind::kUnlink:
        return exists && !directory;
      case OpKind::kRmdir:
        return exists && directory && file != 0 && Empty(file);
      case OpKind::kLink:
        return exists && !directory && Find(op.names[1]) == kNothing &&
               HasParent(op.names[1]);
      case OpKind::kRename:
        return exists && CanRename(op, file);
      case OpKind::kFsync:
      case OpKind::kFdatasync:
        return exists;
      default:
        return true;
    }
  }

  void Begin(const Op& op) {
    began_[op.number] = ++now_;
    if (!Possible(op)) return;
    flushed_[op.number] = Find(op.names.empty() ? "/" : op.names[0]);
    Apply(op);
  }

  void End(const Op& op, bool ok) {
    returned_[op.number] = ++now_;
    if (!ok) return;
    succeeded_.insert(op.number);
    Promise({CrashKind::kProcess}, now_, true, kNothing);
    const bool syncfs = op.kind == OpKind::kSyncfs;
    if (!syncfs && op.kind != OpKind::kFsync && op.kind != OpKind::kFdatasync) {
      return;
    }
    Promise({CrashKind::kOs, CrashKind::kPower}, began_[op.number],
            syncfs || profile_.fsync_covers_volume, flushed_[op.number]);
  }

  void EndInit() {
    Promise({CrashKind::kOs, CrashKind::kPower}, ++now_, true, kNothing);
  }

  // ALLOWED.
  std::set<Tree> Allowed(CrashKind kind) const {
    std::set<Tree> allowed;
    std::vector<size_t> choice(names_.size());
    ChooseNames(0, static_cast<size_t>(kind), choice, allowed);
    return allowed;
  }

  // Every content that any version of any file ever had, for mutants.
  std::set<std::string> AllContents() const {
    std::set<std::string> contents{""};
    for (const OracleFile& file : files_) {
      AddContents(file, {0, 0, 0}, contents);
    }
    return contents;
  }

 private:
  static size_t AsIndex(FileIndex file) { return static_cast<size_t>(file); }

  static OracleFile NewFile(bool is_directory, uint32_t op) {
    OracleFile file;
    file.is_directory = is_directory;
    file.creator = op;
    file.size.all.push_back({op, {0, 0}});
    for (auto& atom : file.atoms) {
      atom.all.push_back({op, std::string(kAtomBytes, '\0')});
    }
    return file;
  }

  const OracleName* NameOf(FileIndex directory, std::string_view text) const {
    for (const OracleName& name : names_) {
      if (name.directory == directory && name.text == text) return &name;
    }
    return nullptr;
  }

  FileIndex Find(std::string_view path) const {
    FileIndex at = 0;
    for (path.remove_prefix(1); !path.empty();) {
      const std::string_view part = path.substr(0, path.find('/'));
      path.remove_prefix(std::min(path.size(), part.size() + 1));
      const OracleName* name = NameOf(at, part);
      if (name == nullptr || name->leads_to.newest() == kNothing) {
        return kNothing;
      }
      at = name->leads_to.newest();
    }
    return at;
  }

  static std::string ParentOf(const std::string& path) {
    return path.rfind('/') == 0 ? "/" : path.substr(0, path.rfind('/'));
  }

  bool HasParent(const std::string& path) const {
    const FileIndex parent = Find(ParentOf(path));
    return parent != kNothing && files_[AsIndex(parent)].is_directory;
  }

  bool Empty(FileIndex directory) const {
    return std::none_of(names_.begin(), names_.end(), [&](const auto& name) {
      return name.directory == directory && name.leads_to.newest() != kNothing;
    });
  }

  bool CanRename(const Op& op, FileIndex moved) const {
    if (op.names[1].starts_with(op.names[0] + "/")) return false;
    const FileIndex target = Find(op.names[1]);
    if (target == kNothing) return HasParent(op.names[1]);
    const bool directory = files_[AsIndex(moved)].is_directory;
    if (directory != files_[AsIndex(target)].is_directory) return false;
    return !directory || target == moved || Empty(target);
  }

  size_t NameFor(const std::string& path) {
    const FileIndex parent = Find(ParentOf(path));
    const std::string text = path.substr(path.rfind('/') + 1);
    for (size_t i = 0; i < names_.size(); ++i) {
      if (names_[i].directory == parent && names_[i].text == text) return i;
    }
    names_.push_back({parent, text, {{{0, kNothing}}}});
    return names_.size() - 1;
  }

  size_t SetName(const Op& op, const std::string& path, FileIndex file) {
    const size_t name = NameFor(path);
    names_[name].leads_to.all.push_back({op.number, file});
    return name;
  }

  void Apply(const Op& op) {
    const FileIndex file = Find(op.names.empty() ? "/" : op.names[0]);
    switch (op.kind) {
      case OpKind::kCreate:
      case OpKind::kMkdir:
        SetName(op, op.names[0], static_cast<FileIndex>(files_.size()));
        files_.push_back(NewFile(op.kind == OpKind::kMkdir, op.number));
        break;
      case OpKind::kWrite:
        Write(op, files_[AsIndex(file)], op.numbers[0], op.numbers[1]);
        break;
      case OpKind::kAppend:
        Write(op, files_[AsIndex(file)],
              files_[AsIndex(file)].size.newest().bytes, op.numbers[0]);
        break;
      case OpKind::kTruncate:
        Truncate(op, files_[AsIndex(file)], op.numbers[0]);
        break;
      case OpKind::kLink:
        SetName(op, op.names[1], file);
        break;
      case OpKind::kUnlink:
      case OpKind::kRmdir:
        SetName(op, op.names[0], kNothing);
        break;
      case OpKind::kRename:
        Rename(op, file);
        break;
      default:
        break;
    }
  }

  void Rename(const Op& op, FileIndex file) {
    if (Find(op.names[1]) == file) return;
    const size_t target = SetName(op, op.names[1], file);
    const size_t source = SetName(op, op.names[0], kNothing);
    renames_.push_back({source, names_[source].leads_to.all.size() - 1, target,
                        names_[target].leads_to.all.size() - 1});
  }

  static void Write(const Op& op, OracleFile& file, uint64_t offset,
                    uint64_t length) {
    const std::string bytes = MakeContent(
        static_cast<uint16_t>(file.creator), static_cast<uint16_t>(op.number),
        static_cast<uint32_t>(op.number), {offset, length});
    for (size_t atom = 0; atom < kAtomsMax; ++atom) {
      std::string image = file.atoms[atom].newest();
      bool touched = false;
      for (size_t i = 0; i < kAtomBytes; ++i) {
        const uint64_t at = atom * kAtomBytes + i;
        if (at < offset || at >= offset + length) continue;
        image[i] = bytes[at - offset];
        touched = true;
      }
      if (touched) file.atoms[atom].all.push_back({op.number, image});
    }
    const uint64_t old = file.size.newest().bytes;
    if (length > 0 && offset + length > old) {
      file.size.all.push_back({op.number, {offset + length, old}});
    }
  }

  static void Truncate(const Op& op, OracleFile& file, uint64_t size) {
    if (size == file.size.newest().bytes) return;
    for (size_t atom = 0; atom < kAtomsMax; ++atom) {
      std::string image = file.atoms[atom].newest();
      for (size_t i = 0; i < kAtomBytes; ++i) {
        if (atom * kAtomBytes + i >= size) image[i] = '\0';
      }
      if (image == file.atoms[atom].newest()) continue;
      file.atoms[atom].all.push_back({op.number, image});
    }
    file.size.all.push_back({op.number, {size, size}});
  }

  template <class Value>
  void PromiseChain(Versions<Value>& chain, const std::set<CrashKind>& kinds,
                    uint64_t before) {
    for (size_t v = chain.all.size(); v-- > 0;) {
      const uint32_t op = chain.all[v].first;
      const bool covered =
          op == 0 || (succeeded_.contains(op) && returned_.at(op) <= before);
      if (!covered) continue;
      for (const CrashKind kind : kinds) {
        size_t& floor = chain.floor[static_cast<size_t>(kind)];
        floor = std::max(floor, v);
      }
      return;
    }
  }

  void Promise(const std::set<CrashKind>& kinds, uint64_t before, bool whole,
               FileIndex only) {
    for (size_t i = 0; i < files_.size(); ++i) {
      if (!whole && static_cast<FileIndex>(i) != only) continue;
      PromiseChain(files_[i].size, kinds, before);
      for (auto& atom : files_[i].atoms) PromiseChain(atom, kinds, before);
    }
    for (OracleName& name : names_) {
      const bool in_directory =
          profile_.fsync_directory_covers_names && name.directory == only;
      if (whole || in_directory) PromiseChain(name.leads_to, kinds, before);
    }
  }

  bool ObeysRenames(const std::vector<size_t>& choice) const {
    return std::all_of(renames_.begin(), renames_.end(), [&](const auto& r) {
      const bool gone = choice[r.source] >= r.source_version;
      const bool there = choice[r.target] >= r.target_version;
      if (gone && !there) return profile_.rename_leaves_neither;
      if (there && !gone) return profile_.rename_leaves_both;
      return true;
    });
  }

  void ChooseNames(size_t next, size_t kind, std::vector<size_t>& choice,
                   std::set<Tree>& allowed) const {
    if (next < names_.size()) {
      const auto& chain = names_[next].leads_to;
      for (size_t v = chain.floor[kind]; v < chain.all.size(); ++v) {
        choice[next] = v;
        ChooseNames(next + 1, kind, choice, allowed);
      }
      return;
    }
    if (!ObeysRenames(choice)) return;
    Tree tree;
    if (!Walk(0, "", choice, 0, tree)) return;
    std::sort(tree.begin(), tree.end());
    ChooseContents(std::move(tree), kind, allowed);
  }

  // Shown::file is the oracle's index here. False: it never ends.
  bool Walk(FileIndex directory, const std::string& path,
            const std::vector<size_t>& choice, int depth, Tree& tree) const {
    if (depth > 6) return false;
    for (size_t i = 0; i < names_.size(); ++i) {
      const OracleName& name = names_[i];
      const FileIndex file = name.leads_to.all[choice[i]].second;
      if (name.directory != directory || file == kNothing) continue;
      const bool is_directory = files_[AsIndex(file)].is_directory;
      tree.push_back({path + "/" + name.text, is_directory, file, ""});
      if (is_directory &&
          !Walk(file, path + "/" + name.text, choice, depth + 1, tree)) {
        return false;
      }
    }
    return true;
  }

  void ChooseContents(Tree tree, size_t kind, std::set<Tree>& allowed) const {
    std::map<FileIndex, std::vector<std::string>> contents;
    for (const Shown& shown : tree) {
      const OracleFile& file = files_[AsIndex(shown.file)];
      std::set<std::string> all;
      AddContents(file,
                  {file.size.floor[kind], file.atoms[0].floor[kind],
                   file.atoms[1].floor[kind]},
                  all);
      contents[shown.file].assign(all.begin(), all.end());
    }
    // One digit a file.
    std::map<FileIndex, size_t> digit;
    for (;;) {
      allowed.insert(WithContents(tree, contents, digit));
      auto it = contents.begin();
      while (it != contents.end() && ++digit[it->first] == it->second.size()) {
        digit[it->first] = 0;
        ++it;
      }
      if (it == contents.end()) return;
    }
  }

  Tree WithContents(
      Tree tree, const std::map<FileIndex, std::vector<std::string>>& contents,
      std::map<FileIndex, size_t>& digit) const {
    std::map<FileIndex, int> number;
    for (Shown& shown : tree) {
      shown.content = contents.at(shown.file)[digit[shown.file]];
      shown.file = number.emplace(shown.file, static_cast<int>(number.size()))
                       .first->second;
    }
    return tree;
  }

  std::set<uint64_t> SizesFrom(const OracleFile& file, size_t floor) const {
    std::set<uint64_t> sizes;
    for (size_t v = floor; v < file.size.all.size(); ++v) {
      const OracleSize& size = file.size.all[v].second;
      sizes.insert(size.bytes);
      if (!profile_.partial_extend || v == floor) continue;
      for (uint64_t part = kAtomBytes; part < size.bytes; part += kAtomBytes) {
        if (part > size.grown_from) sizes.insert(part);
      }
    }
    return sizes;
  }

  void AddContents(const OracleFile& file, std::array<size_t, 3> floors,
                   std::set<std::string>& contents) const {
    for (const uint64_t size : SizesFrom(file, floors[0])) {
      for (size_t a = floors[1]; a < file.atoms[0].all.size(); ++a) {
        for (size_t b = floors[2]; b < file.atoms[1].all.size(); ++b) {
          const std::string both =
              file.atoms[0].all[a].second + file.atoms[1].all[b].second;
          contents.insert(both.substr(0, size));
        }
      }
    }
  }

  const Profile profile_;
  std::vector<OracleFile> files_;
  std::vector<OracleName> names_;
  std::vector<OracleRename> renames_;
  uint64_t now_ = 0;
  std::map<uint32_t, uint64_t> began_, returned_;
  std::map<uint32_t, FileIndex> flushed_;
  std::set<uint32_t> succeeded_;
};

// --- workloads --------------------------------------------------------------

struct Ground {
  std::vector<std::string> files;
  std::vector<std::string> directories;
};

const Ground kFlat{{"/a", "/b", "/c"}, {}};
const Ground kDeep{{"/a", "/d/a", "/e/a"}, {"/d", "/e"}};

class Generator {
 public:
  Generator(Prng& prng, const Ground& ground) : prng_(prng), ground_(ground) {}

  Workload Make() {
    Workload workload;
    const size_t init = prng_.Below(4);
    const size_t run = 2 + prng_.Below(5);
    // The oracle decides what is possible; few failing ops are kept, since
    // they change nothing.
    Oracle oracle{Profile{}};
    for (uint32_t n = 1; n <= init + run; ++n) {
      Op op = MakeOp();
      for (int i = 0; i < 30 && !oracle.Possible(op) && !prng_.OneIn(40); ++i) {
        op = MakeOp();
      }
      op.number = n;
      oracle.Begin(op);
      (n <= init ? workload.init : workload.run).push_back(op);
    }
    return workload;
  }

 private:
  const std::string& AnyFile() {
    return ground_.files[prng_.Below(ground_.files.size())];
  }

  const std::string& AnyPath() {
    const auto& directories = ground_.directories;
    const size_t i = prng_.Below(ground_.files.size() + directories.size());
    return i < directories.size() ? directories[i]
                                  : ground_.files[i - directories.size()];
  }

  Op MakeOp() {
    constexpr std::array kKinds = {
        OpKind::kCreate,   OpKind::kCreate, OpKind::kWrite,  OpKind::kWrite,
        OpKind::kAppend,   OpKind::kRename, OpKind::kRename, OpKind::kRename,
        OpKind::kTruncate, OpKind::kLink,   OpKind::kUnlink, OpKind::kFsync,
        OpKind::kFsync,    OpKind::kSyncfs, OpKind::kMkdir,  OpKind::kRmdir,
        OpKind::kFdatasync};
    constexpr std::array<uint64_t, 6> kPlaces = {0, 100, 496, 512, 700, 1024};
    Op op;
    op.kind = kKinds[prng_.Below(kKinds.size())];
    if (ground_.directories.empty() && op.kind == OpKind::kMkdir) {
      op.kind = OpKind::kUnlink;
    }
    const std::string operands(SignatureOf(op.kind).operands);
    for (const char letter : operands) {
      if (letter == 'P') op.names.push_back(PathFor(op.kind));
    }
    if (op.kind == OpKind::kTruncate || op.kind == OpKind::kWrite) {
      op.numbers.push_back(kPlaces[prng_.Below(kPlaces.size())]);
    }
    if (op.kind == OpKind::kWrite) {
      const uint64_t end = kPlaces[prng_.Below(kPlaces.size())];
      const uint64_t begin = std::min(op.numbers[0], end);
      op.numbers = {begin, end - begin};
    }
    // Two appends must not pass the last atom.
    if (op.kind == OpKind::kAppend) op.numbers = {prng_.Below(3) * 50};
    return op;
  }

  std::string PathFor(OpKind kind) {
    const auto& directories = ground_.directories;
    if (kind == OpKind::kMkdir || kind == OpKind::kRmdir) {
      return directories.empty() ? AnyFile()
                                 : directories[prng_.Below(directories.size())];
    }
    if (kind == OpKind::kRename) return AnyPath();
    if (kind != OpKind::kFsync) return AnyFile();
    return prng_.OneIn(3) ? "/" : AnyPath();
  }

  Prng& prng_;
  const Ground& ground_;
};

bool TooLong(const Workload& workload) {
  uint64_t appended = 0;
  for (const auto* ops : {&workload.init, &workload.run}) {
    for (const Op& op : *ops) {
      if (op.kind == OpKind::kAppend) appended += op.numbers[0];
    }
  }
  // A write may end at 1024, where an append must add nothing.
  return appended > 0 && [&] {
    for (const auto* ops : {&workload.init, &workload.run}) {
      for (const Op& op : *ops) {
        if (op.kind == OpKind::kWrite &&
            op.numbers[0] + op.numbers[1] + appended > 1024) {
          return true;
        }
        if (op.kind == OpKind::kTruncate && op.numbers[0] + appended > 1024) {
          return true;
        }
      }
    }
    return false;
  }();
}

std::string TextOf(const Workload& workload) {
  std::string text = "init\n";
  for (const Op& op : workload.init) text += "  " + OpText(op) + "\n";
  text += "run\n";
  for (const Op& op : workload.run) text += "  " + OpText(op) + "\n";
  return text;
}

// --- observations -----------------------------------------------------------

Observation ObservationOf(const Tree& tree) {
  Observation observation;
  for (const Shown& shown : tree) {
    ObservedEntry entry;
    entry.path = shown.path;
    entry.is_directory = shown.is_directory;
    entry.file_id = 100 + static_cast<uint64_t>(shown.file);
    entry.size_bytes = shown.content.size();
    entry.content = shown.content;
    observation.entries.push_back(std::move(entry));
  }
  return observation;
}

std::string TextOf(const Tree& tree) {
  std::string text;
  for (const Shown& shown : tree) {
    text += shown.path + (shown.is_directory ? "/" : "") + " #" +
            std::to_string(shown.file) + " size " +
            std::to_string(shown.content.size());
    for (size_t at = 0; at < shown.content.size(); at += kGranuleBytes) {
      const std::string part = shown.content.substr(at, kGranuleBytes);
      const auto granule =
          part.size() == kGranuleBytes ? ReadGranule(part) : std::nullopt;
      text += granule ? " " + std::to_string(granule->op)
              : part.find_first_not_of('\0') == std::string::npos ? " 0"
                                                                  : " ?";
    }
    text += "\n";
  }
  return text;
}

// A tree that could be observed: sorted, each directory there, the names of
// one file alike, files numbered by their first path.
std::optional<Tree> Normal(Tree tree) {
  std::sort(tree.begin(), tree.end());
  std::map<int, int> number;
  std::map<int, const Shown*> first;
  std::set<std::string> directories{""};
  std::set<std::string> seen;
  for (Shown& shown : tree) {
    const std::string parent = shown.path.substr(0, shown.path.rfind('/'));
    if (!directories.contains(parent)) return std::nullopt;
    if (!seen.insert(shown.path).second) return std::nullopt;
    if (shown.is_directory) directories.insert(shown.path);
    const auto [it, fresh] = first.emplace(shown.file, &shown);
    if (!fresh && (it->second->content != shown.content ||
                   it->second->is_directory != shown.is_directory)) {
      return std::nullopt;
    }
    shown.file = number.emplace(shown.file, static_cast<int>(number.size()))
                     .first->second;
  }
  return tree;
}

class Mutator {
 public:
  Mutator(Prng& prng, const Ground& ground, const std::set<std::string>& all)
      : prng_(prng), ground_(ground), contents_(all.begin(), all.end()) {}

  std::optional<Tree> Mutate(Tree tree) {
    for (uint64_t left = 1 + prng_.Below(3); left > 0; --left) Step(tree);
    return Normal(std::move(tree));
  }

 private:
  void Step(Tree& tree) {
    const uint64_t step = prng_.Below(9);
    if (step == 0 || tree.empty()) return Add(tree);
    Shown& one = tree[prng_.Below(tree.size())];
    Shown& other = tree[prng_.Below(tree.size())];
    if (step == 1) {
      tree.erase(tree.begin() + (&one - tree.data()));
    } else if (step == 2) {
      std::swap(one.path, other.path);
    } else if (step == 3) {
      one.file = other.file;
      one.content = other.content;
      one.is_directory = other.is_directory;
    } else if (step == 4) {
      one.file = 50;
    } else if (!one.is_directory) {
      const std::string content = NewContent(step, one.content);
      const int file = one.file;
      for (Shown& shown : tree) {
        if (shown.file == file) shown.content = content;
      }
    }
  }

  std::string NewContent(uint64_t step, std::string content) {
    const std::string& any = contents_[prng_.Below(contents_.size())];
    if (step <= 6 || content.empty()) return any;
    if (step == 7) {
      constexpr std::array<size_t, 6> kSizes = {0, 100, 496, 512, 700, 1024};
      content.resize(kSizes[prng_.Below(kSizes.size())]);
      return content;
    }
    content[prng_.Below(content.size())] ^= 0x55;
    return content;
  }

  void Add(Tree& tree) {
    const bool directory = !ground_.directories.empty() && prng_.OneIn(2);
    const auto& paths = directory ? ground_.directories : ground_.files;
    tree.push_back({paths[prng_.Below(paths.size())], directory, 60,
                    directory ? "" : contents_[prng_.Below(contents_.size())]});
  }

  Prng& prng_;
  const Ground& ground_;
  const std::vector<std::string> contents_;
};

// --- the comparison ---------------------------------------------------------

// How much of the comparison was about what; a test that compares nothing
// would pass.
struct Tally {
  int admitted = 0;
  int mutants_admitted = 0;
  int mutants_refused = 0;
};

class Comparison {
 public:
  Comparison(uint64_t seed, const Ground& ground, const Profile& profile)
      : prng_(seed), ground_(ground), profile_(profile) {}

  Tally Run(int workloads) {
    for (int i = 0; i < workloads && !testing::Test::HasFailure();) {
      Workload workload = Generator(prng_, ground_).Make();
      if (TooLong(workload)) continue;
      RunOne(workload);
      ++i;
    }
    return tally_;
  }

 private:
  struct InFlight {
    const Op* op;
    bool possible;
  };

  void RunOne(const Workload& workload) {
    Model model(workload, profile_);
    Oracle oracle(profile_);
    const auto init = static_cast<uint32_t>(workload.init.size());
    const auto ops = static_cast<uint32_t>(init + workload.run.size());
    std::vector<InFlight> in_flight;
    for (uint32_t n = 1; n <= ops; ++n) {
      const Op& op = workload.OpNumber(n);
      const bool possible = oracle.Possible(op);
      ASSERT_EQ(model.Plan(op).error.empty(), possible)
          << TextOf(workload) << OpText(op);
      model.Begin(n);
      oracle.Begin(op);
      in_flight.push_back({&op, possible});
      if (n > init) Compare(workload, model, oracle);
      // Now and then the next op begins before this one returns.
      const bool overlap = n > init && n < ops && prng_.OneIn(6);
      while (!overlap && !in_flight.empty()) {
        Return(in_flight.back(), model, oracle);
        in_flight.pop_back();
        if (n > init) Compare(workload, model, oracle);
      }
      if (n == init) {
        model.EndInit();
        oracle.EndInit();
      }
    }
  }

  void Return(const InFlight& call, Model& model, Oracle& oracle) {
    // An op that fails though it could succeed leaves its changes in doubt.
    const bool ok = call.possible && !prng_.OneIn(25);
    model.End(call.op->number, ok);
    oracle.End(*call.op, ok);
  }

  void Compare(const Workload& workload, const Model& model,
               const Oracle& oracle) {
    for (const CrashKind kind : kCrashKinds) {
      // Here a flush makes the same promise for both.
      if (kind == CrashKind::kOs && !prng_.OneIn(8)) continue;
      const std::set<Tree> allowed = oracle.Allowed(kind);
      const std::vector<Tree> list(allowed.begin(), allowed.end());
      const size_t step = 1 + list.size() / kAllowedJudgedMax;
      for (size_t i = prng_.Below(step); i < list.size(); i += step) {
        ++tally_.admitted;
        Expect(workload, model, kind, list[i], true);
      }
      Mutator mutator(prng_, ground_, oracle.AllContents());
      for (int i = 0; i < kMutantsPerMoment; ++i) {
        const auto mutant = mutator.Mutate(list[prng_.Below(list.size())]);
        if (!mutant) continue;
        const bool admissible = allowed.contains(*mutant);
        ++(admissible ? tally_.mutants_admitted : tally_.mutants_refused);
        Expect(workload, model, kind, *mutant, admissible);
      }
    }
  }

  void Expect(const Workload& workload, const Model& model, CrashKind kind,
              const Tree& tree, bool admissible) {
    const auto violations = model.Check(ObservationOf(tree), kind);
    // What a wider profile adds the oracle does not know.
    const bool one_way =
        profile_.stale_data || profile_.rename_leaves_temporary;
    if (violations.empty() == admissible || (one_way && !admissible)) return;
    ADD_FAILURE() << "profile " << profile_.name << ", crash kind "
                  << CrashKindName(kind) << "\n"
                  << TextOf(workload) << "the oracle "
                  << (admissible ? "admits" : "refuses") << "\n"
                  << TextOf(tree)
                  << (violations.empty()
                          ? ""
                          : violations[0].cause + ": " + violations[0].path +
                                ": " + violations[0].admissible + " but " +
                                violations[0].found);
  }

  Prng prng_;
  const Ground& ground_;
  const Profile profile_;
  Tally tally_;
};

Profile ExactProfile(bool both, bool neither, bool partial, bool directory) {
  Profile profile;
  profile.name = std::string("exact") + (both ? "+both" : "") +
                 (neither ? "+neither" : "") + (partial ? "+partial" : "") +
                 (directory ? "+directory" : "");
  profile.fsync_directory_covers_names = directory;
  profile.rename_leaves_both = both;
  profile.rename_leaves_neither = neither;
  profile.partial_extend = partial;
  return profile;
}

void ExpectExact(const Profile& profile, const Ground& ground, uint64_t seed) {
  const Tally tally = Comparison(seed, ground, profile).Run(kWorkloads);
  EXPECT_GT(tally.admitted, 10 * kWorkloads) << profile.name;
  EXPECT_GT(tally.mutants_admitted, kWorkloads) << profile.name;
  EXPECT_GT(tally.mutants_refused, 10 * kWorkloads) << profile.name;
}

TEST(ModelAgainstOracle, AtomicRename) {
  ExpectExact(ExactProfile(false, false, false, true), kFlat, 1);
}

TEST(ModelAgainstOracle, RenameLeavesBoth) {
  ExpectExact(ExactProfile(true, false, false, true), kFlat, 2);
}

TEST(ModelAgainstOracle, RenameLeavesNeither) {
  ExpectExact(ExactProfile(false, true, false, false), kFlat, 3);
}

TEST(ModelAgainstOracle, RenameLeavesAnything) {
  ExpectExact(ExactProfile(true, true, false, true), kFlat, 4);
}

TEST(ModelAgainstOracle, PartialExtend) {
  ExpectExact(ExactProfile(false, false, true, true), kFlat, 5);
}

TEST(ModelAgainstOracle, FsyncCoversVolume) {
  Profile profile = ExactProfile(true, false, false, false);
  profile.fsync_covers_volume = true;
  ExpectExact(profile, kFlat, 6);
}

TEST(ModelAgainstOracle, DirectoriesWithAtomicRename) {
  ExpectExact(ExactProfile(false, false, false, true), kDeep, 7);
}

TEST(ModelAgainstOracle, DirectoriesWithRenameThatLeavesAnything) {
  ExpectExact(ExactProfile(true, true, false, true), kDeep, 8);
}

TEST(ModelAgainstOracle, EveryProfileAdmitsWhatIsAllowed) {
  uint64_t seed = 100;
  for (const Profile& profile : Profiles()) {
    for (const Ground* ground : {&kFlat, &kDeep}) {
      const Tally tally =
          Comparison(++seed, *ground, profile).Run(kWorkloads / 4);
      EXPECT_GT(tally.admitted, kWorkloads) << profile.name;
    }
  }
}

}  // namespace
}  // namespace powercut
