// SimfsOracle: what a crash may leave of a small workload, listed the slow way:
// objects with versions, floors by crash kind, and implications between them;
// every choice of versions is tried. For files in the root directory.

#ifndef POWERCUT_TESTS_BACKENDS_SIMFS_ORACLE_H_
#define POWERCUT_TESTS_BACKENDS_SIMFS_ORACLE_H_

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/op.h"
#include "model/primitives.h"
#include "model/profile.h"

namespace powercut {

class SimfsOracle {
 public:
  // Every view is of so many bytes from the begin of a file.
  static constexpr uint64_t kViewBytes = 700;

  explicit SimfsOracle(const Profile& profile)
      : p_(profile), table_(PromisesOf(profile)) {}

  // Returns false if the op must fail.
  bool Run(const Op& op) {
    op_ = op.number;
    first_new_.clear();
    for (const Object& o : objects_) {
      first_new_.push_back(static_cast<int>(o.versions.size()));
    }
    calls_.clear();
    for (const Object& o : objects_) calls_.push_back(o.floor[1]);
    if (!Begin(op)) return false;
    for (size_t o = 0; o < objects_.size(); ++o) {
      const int newest = static_cast<int>(objects_[o].versions.size()) - 1;
      if (newest >= First(o)) RaiseTo(static_cast<int>(o), newest, 0);
    }
    for (const auto& [row, file] : flushes_) Flush(table_[row], file, op);
    flushes_.clear();
    return true;
  }

  void MakeDurable() {
    for (Object& o : objects_) {
      o.floor.fill(static_cast<int>(o.versions.size()) - 1);
    }
  }

  double Choices(int kind) const {
    double choices = 1;
    for (const Object& o : objects_) {
      choices *= static_cast<double>(o.versions.size()) -
                 o.floor[static_cast<size_t>(kind)];
    }
    return choices;
  }

  std::set<std::string> States(
      int kind, const std::function<std::string(std::string)>& in_words) {
    std::set<std::string> states;
    std::vector<int> at;
    for (const Object& o : objects_) {
      at.push_back(o.floor[static_cast<size_t>(kind)]);
    }
    for (;;) {
      const bool holds =
          std::all_of(rules_.begin(), rules_.end(), [&](const Rule& r) {
            return at[static_cast<size_t>(r.a)] < r.va ||
                   at[static_cast<size_t>(r.b)] >= r.vb;
          });
      if (holds) states.insert(Show(at, in_words));
      size_t digit = 0;
      while (digit < at.size() &&
             at[digit] + 1 ==
                 static_cast<int>(objects_[digit].versions.size())) {
        at[digit] = objects_[digit].floor[static_cast<size_t>(kind)];
        ++digit;
      }
      if (digit == at.size()) return states;
      ++at[digit];
    }
  }

 private:
  static constexpr uint64_t kAtom = 512;
  struct Layer {
    int object = 0;
    uint64_t cut = kAtom;
  };
  struct ShapeValue {
    uint64_t size = 0;
    uint64_t valid = 0;
    std::map<uint64_t, std::vector<Layer>> atoms;
  };
  struct Version {
    bool store = false;
    bool carried = false;
    int number = 0;  // of a name: the file; of times: mtime
    ShapeValue shape;
    std::string bytes;
  };
  struct Object {
    std::vector<Version> versions;
    std::array<int, 3> floor{};
    bool stale = false;  // an atom: its first version shows anything
    int given_by = 0;    // an atom: the shape version that gave its space
  };
  struct File {
    int shape = 0;
    int times = 0;
    std::map<uint64_t, std::vector<int>> atoms;
    std::map<uint64_t, std::string> memory;
  };
  struct Handle {
    int file = -1;
    Primitive row = Primitive::kWrite;
  };
  struct Rule {
    int a, va, b, vb;
  };

  static Version NumberVersion(int number) {
    Version version;
    version.number = number;
    return version;
  }
  static Version AtomVersion(bool store, const std::string& bytes) {
    Version version;
    version.store = store;
    version.bytes = bytes;
    return version;
  }
  static Version ShapeVersion(bool store, const ShapeValue& shape) {
    Version version;
    version.store = store;
    version.shape = shape;
    return version;
  }

  int First(size_t o) const {
    return o < first_new_.size() ? first_new_[o] : 0;
  }
  Object& At(int o) { return objects_[static_cast<size_t>(o)]; }
  int Newest(int o) { return static_cast<int>(At(o).versions.size()) - 1; }

  int NewObject(Version first) {
    objects_.emplace_back().versions.push_back(std::move(first));
    return static_cast<int>(objects_.size()) - 1;
  }

  void Append(int o, Version version, bool journalled) {
    At(o).versions.push_back(std::move(version));
    if ((journalled && p_.metadata_ordered) || p_.data_ordered) {
      if (last_ && last_->first != o) {
        rules_.push_back({o, Newest(o), last_->first, last_->second});
      }
      last_ = {o, Newest(o)};
    }
    for (const auto& [b, vb] : barrier_) {
      if (b != o) rules_.push_back({o, Newest(o), b, vb});
    }
  }

  int NameObject(const std::string& path) {
    const auto found = names_.find(path);
    if (found != names_.end()) return found->second;
    return names_[path] = NewObject(NumberVersion(-1));
  }
  int FileAt(const std::string& path) {
    return At(NameObject(path)).versions.back().number;
  }
  void SetName(const std::string& path, int file) {
    Append(NameObject(path), NumberVersion(file), true);
  }

  bool Begin(const Op& op) {
    if (op.kind == OpKind::kSyncfs) {
      flushes_.push_back({Primitive::kSyncfs, -1});
      return true;
    }
    const std::string& path = op.names[0];
    if (op.kind == OpKind::kStore || op.kind == OpKind::kFlushView ||
        op.kind == OpKind::kMsync) {
      return BeginView(op);
    }
    if (op.kind == OpKind::kMap) {
      views_[path] = FileAt(op.names[1]);
      return true;
    }
    if (op.kind == OpKind::kOpen) {
      Handle& handle = handles_[path];
      handle.file = FileAt(op.names[1]);
      handle.row = op.HasFlag("no_buffering") ? Primitive::kNoBuffering
                                              : Primitive::kWriteThrough;
      if (op.HasFlag("no_buffering") && op.HasFlag("write_through")) {
        handle.row = Primitive::kNoBufferingWriteThrough;
      }
      return true;
    }
    const auto handle = handles_.find(path);
    if (handle != handles_.end() && op.kind == OpKind::kWrite) {
      Write(handle->second.file, op.numbers[0], op.numbers[1], false);
      flushes_.push_back({handle->second.row, handle->second.file});
      return true;
    }
    const int file = FileAt(path);
    if (op.kind == OpKind::kCreate) {
      if (file >= 0) return false;
      files_.emplace_back();
      files_.back().shape = NewObject(Version());
      files_.back().times = NewObject(NumberVersion(static_cast<int>(op_)));
      SetName(path, static_cast<int>(files_.size()) - 1);
      return true;
    }
    if (file < 0) return false;
    switch (op.kind) {
      case OpKind::kLink:
        if (FileAt(op.names[1]) >= 0) return false;
        SetName(op.names[1], file);
        return true;
      case OpKind::kUnlink:
        SetName(path, -1);
        return true;
      case OpKind::kRename:
        Rename(path, op.names[1]);
        return true;
      case OpKind::kWrite:
        Write(file, op.numbers[0], op.numbers[1], false);
        if (op.HasFlag("dsync")) {
          flushes_.push_back({Primitive::kWriteDsync, file});
        }
        if (op.HasFlag("sync")) {
          flushes_.push_back({Primitive::kWriteSync, file});
        }
        return true;
      case OpKind::kTruncate:
        Truncate(file, op.numbers[0]);
        return true;
      case OpKind::kSetTimes:
        SetTimes(file, op.numbers[0], true);
        return true;
      default:
        flushes_.push_back({RowOf(op), file});
        return true;
    }
  }

  static Primitive RowOf(const Op& op) {
    switch (op.kind) {
      case OpKind::kFsync:
        return Primitive::kFsync;
      case OpKind::kFdatasync:
        return Primitive::kFdatasync;
      case OpKind::kFullFsync:
        return Primitive::kFullFsync;
      case OpKind::kBarrierFsync:
        return Primitive::kBarrierFsync;
      case OpKind::kSyncFileRange:
        return Primitive::kSyncFileRange;
      default:
        break;
    }
    if (op.HasFlag("file_data_only")) return Primitive::kNtFlushDataOnly;
    if (op.HasFlag("no_sync")) return Primitive::kNtFlushNoSync;
    if (op.HasFlag("file_data_sync_only")) {
      return Primitive::kNtFlushDataSyncOnly;
    }
    return Primitive::kNtFlushFull;
  }

  bool BeginView(const Op& op) {
    const auto view = views_.find(op.names[0]);
    if (view == views_.end()) return false;
    if (op.kind == OpKind::kStore) {
      const uint64_t end = op.numbers[0] + op.numbers[1];
      const File& file = files_[static_cast<size_t>(view->second)];
      if (end > kViewBytes) return false;
      if (end > At(file.shape).versions.back().shape.size) return false;
      Write(view->second, op.numbers[0], op.numbers[1], true);
      return true;
    }
    flushes_.push_back({op.kind == OpKind::kMsync ? Primitive::kMsync
                                                  : Primitive::kFlushViewRange,
                        view->second});
    return true;
  }

  void SetTimes(int file, uint64_t mtime, bool journalled) {
    Append(files_[static_cast<size_t>(file)].times,
           NumberVersion(static_cast<int>(mtime)), journalled);
  }

  void Rename(const std::string& from, const std::string& to) {
    const int moved = FileAt(from);
    const int replaced = FileAt(to);
    if (moved == replaced) return;
    std::vector<std::pair<int, int>> brought;
    if (replaced >= 0 && p_.replace_brings_data) {
      const File& file = files_[static_cast<size_t>(moved)];
      brought.push_back({file.shape, Newest(file.shape)});
      for (const auto& [atom, objects] : file.atoms) {
        brought.push_back({objects.back(), Newest(objects.back())});
      }
    }
    const int target = NameObject(to);
    const int source = NameObject(from);
    SetName(to, moved);
    SetName(from, -1);
    if (!p_.rename_leaves_neither) {
      rules_.push_back({source, Newest(source), target, Newest(target)});
    }
    if (!p_.rename_leaves_both) {
      rules_.push_back({target, Newest(target), source, Newest(source)});
    }
    for (const auto& [o, v] : brought) {
      rules_.push_back({target, Newest(target), o, v});
    }
  }

  void Write(int id, uint64_t offset, uint64_t size, bool store) {
    File& file = files_[static_cast<size_t>(id)];
    const ShapeValue old = At(file.shape).versions.back().shape;
    const uint64_t end = offset + size;
    std::map<uint64_t, int> fresh;
    for (uint64_t a = offset / kAtom; a * kAtom < end; ++a) {
      std::string& bytes = file.memory[a];
      bytes.resize(kAtom);
      for (uint64_t b = 0; b < kAtom; ++b) {
        const uint64_t at = a * kAtom + b;
        if (at >= offset && at < end) bytes[b] = static_cast<char>(op_);
      }
      const auto here = old.atoms.find(a);
      const bool hole = here == old.atoms.end();
      if (hole || here->second.back().cut < kAtom) {
        fresh[a] = NewObject(Version());
        At(fresh[a]).stale = hole && p_.stale_new_data;
        file.atoms[a].push_back(fresh[a]);
      }
      Append(file.atoms[a].back(), AtomVersion(store, bytes), false);
    }
    ShapeValue next = old;
    const auto add = [&](uint64_t to) {
      next.size = std::max(next.size, to);
      next.valid = std::max(next.valid, to);
      for (auto f = fresh.begin(); f != fresh.end();) {
        if (f->first * kAtom >= to) break;
        next.atoms[f->first].push_back({f->second, kAtom});
        At(f->second).given_by = Newest(file.shape) + 1;
        f = fresh.erase(f);
      }
      Append(file.shape, ShapeVersion(store, next), false);
    };
    const bool gives = !fresh.empty();
    if (end > old.size && p_.partial_extend) {
      for (uint64_t s = kAtom; s < end; s += kAtom) {
        if (s > old.size) add(s);
      }
    }
    if (end > old.size || gives) add(end);
    if (!store) SetTimes(id, op_, false);
  }

  void Truncate(int id, uint64_t size) {
    File& file = files_[static_cast<size_t>(id)];
    ShapeValue next = At(file.shape).versions.back().shape;
    if (size == next.size) return;
    if (size < next.size) {
      next.valid = std::min(next.valid, size);
      for (auto& [atom, bytes] : file.memory) {
        for (uint64_t b = 0; b < bytes.size(); ++b) {
          if (atom * kAtom + b >= size) bytes[b] = 0;
        }
      }
      for (auto a = next.atoms.begin(); a != next.atoms.end();) {
        if (a->first * kAtom >= size) {
          a = next.atoms.erase(a);
          continue;
        }
        if ((a->first + 1) * kAtom > size) {
          uint64_t& cut = a->second.back().cut;
          cut = std::min(cut, size - a->first * kAtom);
        }
        ++a;
      }
    }
    next.size = size;
    Append(file.shape, ShapeVersion(false, next), true);
    SetTimes(id, op_, false);
  }

  void RaiseTo(int o, int version, int kind) {
    for (int k = 0; k <= kind; ++k) {
      int& floor = At(o).floor[static_cast<size_t>(k)];
      floor = std::max(floor, version);
    }
    for (bool again = true; again;) {
      again = false;
      for (const Rule& r : rules_) {
        for (size_t k = 0; k < 3; ++k) {
          if (At(r.a).floor[k] >= r.va && At(r.b).floor[k] < r.vb) {
            At(r.b).floor[k] = r.vb;
            again = true;
          }
        }
      }
    }
  }

  int Covered(int o) {
    int v = Newest(o);
    while (v > 0 && At(o).versions[static_cast<size_t>(v)].store &&
           !At(o).versions[static_cast<size_t>(v)].carried &&
           !p_.flush_sees_views) {
      --v;
    }
    return v;
  }

  void Flush(const Coverage& row, int id, const Op& op) {
    std::vector<std::pair<int, int>> covered;
    const auto cover = [&](int o, int v) { covered.push_back({o, v}); };
    for (size_t f = 0; f < files_.size(); ++f) {
      if (id >= 0 && f != static_cast<size_t>(id)) continue;
      const File& file = files_[f];
      const bool own = row.scope == Scope::kOwn;
      const auto is_own = [&](int o) {
        return Newest(o) >= First(static_cast<size_t>(o)) && Newest(o) > 0;
      };
      const bool view = row.scope == Scope::kView;
      std::set<std::string> carried_ops;
      for (const auto& [atom, objects] : file.atoms) {
        if (row.scope == Scope::kRange || view) {
          const uint64_t end = op.numbers[0] + op.numbers[1] + 4095;
          if (atom * kAtom >= end / 4096 * 4096) continue;
          if ((atom + 1) * kAtom <= op.numbers[0] / 4096 * 4096) continue;
        }
        for (const int o : objects) {
          if (own && !is_own(o)) continue;
          const int durable = file.shape < static_cast<int>(calls_.size())
                                  ? calls_[static_cast<size_t>(file.shape)]
                                  : 0;
          const bool placed =
              !row.placed_data_only || At(o).given_by <= durable;
          if (!view && row.data == Reach::kDevice && placed) {
            cover(o, Covered(o));
          }
          if (!view || row.views == Reach::kNone) continue;
          int newest = 0;
          for (int v = 1; v <= Newest(o); ++v) {
            Version& version = At(o).versions[static_cast<size_t>(v)];
            if (!version.store) continue;
            version.carried = true;
            newest = v;
            for (Version& s : At(file.shape).versions) {
              if (s.store) s.carried = true;
            }
          }
          if (row.views == Reach::kDevice && placed) cover(o, newest);
        }
      }
      if (row.size == Reach::kDevice && (!own || is_own(file.shape))) {
        cover(file.shape, Covered(file.shape));
      }
      if (row.times == Reach::kDevice && (!own || is_own(file.times))) {
        cover(file.times, Newest(file.times));
      }
    }
    for (const auto& [path, o] : names_) {
      const bool all = row.scope == Scope::kVolume;
      if (row.names != Reach::kDevice) continue;
      if (all || At(o).versions.back().number == id) cover(o, Newest(o));
    }
    if (row.device == DeviceFlush::kAll) {
      for (size_t o = 0; o < calls_.size(); ++o) {
        RaiseTo(static_cast<int>(o), calls_[o], 2);
      }
    }
    const int kind = row.device == DeviceFlush::kNone ? 1 : 2;
    for (const auto& [o, v] : covered) RaiseTo(o, v, kind);
    if (row.barrier) {
      barrier_.insert(barrier_.end(), covered.begin(), covered.end());
    }
  }

  std::string Show(const std::vector<int>& at,
                   const std::function<std::string(std::string)>& in_words) {
    const auto value = [&](int o) -> const Version& {
      return At(o).versions[static_cast<size_t>(at[static_cast<size_t>(o)])];
    };
    std::string words;
    for (const auto& [path, name] : names_) {
      if (value(name).number < 0) continue;
      const File& file = files_[static_cast<size_t>(value(name).number)];
      const ShapeValue& shape = value(file.shape).shape;
      std::string content(shape.size, '\0');
      for (const auto& [atom, layers] : shape.atoms) {
        std::string bytes(kAtom, '\0');
        for (const Layer& layer : layers) {
          if (at[static_cast<size_t>(layer.object)] > 0) {
            bytes = value(layer.object).bytes;
          } else if (At(layer.object).stale) {
            bytes.assign(kAtom, '\xa5');
          }
          std::fill(bytes.begin() + static_cast<ptrdiff_t>(layer.cut),
                    bytes.end(), '\0');
        }
        for (uint64_t b = 0; b < kAtom; ++b) {
          if (atom * kAtom + b < shape.size)
            content[atom * kAtom + b] = bytes[b];
        }
      }
      words += (words.empty() ? "" : "; ") + path + " [" + in_words(content) +
               "] v" + std::to_string(shape.valid) + " m" +
               std::to_string(value(file.times).number);
    }
    return words;
  }

  const Profile& p_;
  const PromiseTable table_;
  uint32_t op_ = 0;
  std::vector<Object> objects_;
  std::vector<File> files_;
  std::map<std::string, int> names_;
  std::map<std::string, int> views_;
  std::map<std::string, Handle> handles_;
  std::vector<Rule> rules_;
  std::optional<std::pair<int, int>> last_;
  std::vector<std::pair<int, int>> barrier_;
  std::vector<int> first_new_;
  std::vector<int> calls_;  // floors for a crash of the system, at the call
  std::vector<std::pair<Primitive, int>> flushes_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_BACKENDS_SIMFS_ORACLE_H_
