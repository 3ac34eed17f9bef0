// Draws ops one by one until there are enough.
//
// Three parties decide about a drawn op. The shadow storage, a sketch of names,
// sizes and handles, says what there is to name, so that most draws make sense.
// The knobs say whether the op is wanted. The model says which result the op
// must have. An op is kept if the sketch and the model agree that it succeeds,
// or if the model names an error; the op then expects this error. If the sketch
// alone thinks that it must fail, it is dropped, since the sketch could not
// follow what it does.
//
// An example: the draw says `rename`, and the sketch has /a and /b. The names
// become /b and /a. The model says that this succeeds. It changes two names, so
// that it counts as two effects, and the sketch goes on with /a alone. A later
// draw of `unlink /b` is one that must be refused. It is kept once in ten
// times, and then expects the error that the model names.
//
// Draws that come to nothing cost nothing but their choices. The number of
// tries is bounded, so that a seed or an input with bad luck ends, too.

#include "fuzz/draw/random_workload.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "fuzz/draw/shadow_storage.h"
#include "fuzz/draw/workload_text.h"
#include "harness/base/check.h"
#include "model/files/model.h"

namespace powercut {
namespace {

// These lie around the borders of an atom and of a page.
constexpr std::array<uint64_t, 12> kOffsets = {0,   0,   0,   16,   100,  500,
                                               512, 513, 600, 1024, 1100, 4096};
constexpr std::array<uint64_t, 8> kLengths = {1,   16,  100, 300,
                                              512, 600, 700, 1024};
// A kind that stands here more than once is drawn more often.
constexpr std::array kChanges = {
    OpKind::kCreate,       OpKind::kCreate,       OpKind::kMkdir,
    OpKind::kWrite,        OpKind::kWrite,        OpKind::kWrite,
    OpKind::kWrite,        OpKind::kAppend,       OpKind::kAppend,
    OpKind::kTruncate,     OpKind::kTruncate,     OpKind::kFallocate,
    OpKind::kRename,       OpKind::kRename,       OpKind::kReplaceFile,
    OpKind::kLink,         OpKind::kUnlink,       OpKind::kRmdir,
    OpKind::kSetTimes,     OpKind::kSetEndOfFile, OpKind::kSetEndOfFile,
    OpKind::kSetValidData, OpKind::kOpen,         OpKind::kOpen,
    OpKind::kClose,        OpKind::kMap,          OpKind::kMap,
    OpKind::kStore,        OpKind::kStore,        OpKind::kStore,
    OpKind::kUnmap,        OpKind::kDiskWrite,    OpKind::kDiskDiscard};
constexpr std::array kFlushes = {OpKind::kFsync,
                                 OpKind::kFsync,
                                 OpKind::kFdatasync,
                                 OpKind::kSyncFileRange,
                                 OpKind::kSyncfs,
                                 OpKind::kFullFsync,
                                 OpKind::kBarrierFsync,
                                 OpKind::kNtFlush,
                                 OpKind::kNtFlush,
                                 OpKind::kNtFlush,
                                 OpKind::kFlushFileBuffers,
                                 OpKind::kMsync,
                                 OpKind::kFlushView,
                                 OpKind::kFlushView,
                                 OpKind::kDiskFlush};
constexpr std::array<std::string_view, 5> kFiles = {"/a", "/b", "/c", "/e",
                                                    "/d/a"};

bool Contains(std::initializer_list<OpKind> kinds, OpKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool IsOfViews(OpKind kind) {
  return Contains({OpKind::kMap, OpKind::kStore, OpKind::kUnmap, OpKind::kMsync,
                   OpKind::kFlushView},
                  kind);
}

bool IsOfDisk(OpKind kind) {
  return Contains(
      {OpKind::kDiskWrite, OpKind::kDiskDiscard, OpKind::kDiskFlush}, kind);
}

bool IsOfDirectories(OpKind kind) {
  return Contains({OpKind::kMkdir, OpKind::kRmdir}, kind);
}

bool IsOfHandles(OpKind kind) {
  return Contains({OpKind::kOpen, OpKind::kClose}, kind);
}

// Ops that open and close decide what a name stands for. They do not overlap
// others, since the meaning of the others would be open.
bool CanOverlap(OpKind kind) {
  return !IsOfHandles(kind) && kind != OpKind::kMap && kind != OpKind::kUnmap;
}

// Draws single ops. The shadow storage inside is what the drawn ops refer to.
class Drawer {
 public:
  Drawer(Chooser& chooser, const RandomWorkloadKnobs& knobs)
      : chooser_(chooser), knobs_(knobs) {}

  // Returns an op that is well formed. `std::nullopt` if this draw came to
  // nothing.
  std::optional<Op> Draw(bool flush, bool init) {
    Op op;
    op.kind = flush ? kFlushes[chooser_.Below(kFlushes.size())]
                    : kChanges[chooser_.Below(kChanges.size())];
    if (!init && !knobs_.focus.empty() &&
        chooser_.Below(100) < knobs_.focus_percent) {
      op.kind = knobs_.focus[chooser_.Below(knobs_.focus.size())];
    }
    // Most ops need a file.
    if (shadow_.FilePaths().empty() && !chooser_.OneIn(4)) {
      op.kind = OpKind::kCreate;
    }
    if (!Wanted(op.kind, init)) return std::nullopt;
    if (!DrawNames(op) || !shadow_.Named(op)) return std::nullopt;
    DrawNumbers(op);
    DrawWords(op);
    return op;
  }

  ShadowStorage& shadow() { return shadow_; }
  const ShadowStorage& shadow() const { return shadow_; }

 private:
  // Views are not used in `init`: the sync at its end does not cover stores, so
  // that its state would not be settled.
  bool Wanted(OpKind kind, bool init) const {
    if (IsOfViews(kind)) return knobs_.views && !init;
    if (IsOfDisk(kind)) return knobs_.disk;
    if (IsOfDirectories(kind)) return knobs_.directories;
    if (IsOfHandles(kind)) return knobs_.handles;
    return true;
  }

  template <class List>
  auto Pick(const List& list) {
    return list[chooser_.Below(list.size())];
  }

  // A path that need not exist. The last of kFiles lies in a directory.
  std::string AnyPath() {
    if (knobs_.directories && chooser_.OneIn(4))
      return std::string(kFiles.back());
    return std::string(kFiles[chooser_.Below(knobs_.files)]);
  }

  std::string FileOrHandle() {
    const auto handles = shadow_.Handles();
    if (!handles.empty() && chooser_.OneIn(2)) return Pick(handles);
    return File();
  }

  // A path, mostly of a file that exists.
  std::string File() {
    const auto paths = shadow_.FilePaths();
    return paths.empty() || chooser_.OneIn(16) ? AnyPath() : Pick(paths);
  }

  // Returns false if there is nothing that the op could name.
  bool DrawNames(Op& op) {
    switch (op.kind) {
      case OpKind::kCreate:
        op.names = {AnyPath()};
        return true;
      case OpKind::kMkdir:
      case OpKind::kRmdir:
        op.names = {"/d"};
        return true;
      case OpKind::kRename:
        op.names = {File(), AnyPath()};
        if (chooser_.OneIn(6)) op.names[0] = Pick(shadow_.DirectoryPaths());
        // No file has the name /x, so that the rename of the directory can
        // succeed.
        if (op.names[0] == "/d") op.names[1] = "/x";
        return true;
      case OpKind::kExchange:
      case OpKind::kReplaceFile:
      case OpKind::kLink:
        op.names = {File(), op.kind == OpKind::kLink ? AnyPath() : File()};
        return true;
      case OpKind::kUnlink:
        op.names = {File()};
        return true;
      case OpKind::kOpen:
        op.names = {chooser_.OneIn(2) ? "h" : "g", File()};
        return true;
      case OpKind::kMap:
        op.names = {chooser_.OneIn(2) ? "v" : "w", FileOrHandle()};
        return true;
      case OpKind::kClose:
        return DrawOneOf(op, shadow_.Handles());
      case OpKind::kStore:
      case OpKind::kUnmap:
      case OpKind::kMsync:
      case OpKind::kFlushView:
        return DrawOneOf(op, shadow_.Views());
      case OpKind::kSyncfs:
      case OpKind::kDiskWrite:
      case OpKind::kDiskDiscard:
      case OpKind::kDiskFlush:
        return true;
      case OpKind::kFsync:
      case OpKind::kFlushFileBuffers:
      case OpKind::kNtFlush:
        op.names = {FileOrHandle()};
        if (chooser_.OneIn(5)) op.names = {Pick(shadow_.DirectoryPaths())};
        if (op.kind != OpKind::kFsync && chooser_.OneIn(8))
          op.names = {"volume"};
        return true;
      default:
        op.names = {FileOrHandle()};
        return true;
    }
  }

  bool DrawOneOf(Op& op, const std::vector<std::string>& names) {
    if (names.empty()) return false;
    op.names = {Pick(names)};
    return true;
  }

  void DrawNumbers(Op& op) {
    const std::string first = op.names.empty() ? "" : op.names[0];
    const uint64_t size = shadow_.SizeOf(first);
    switch (op.kind) {
      case OpKind::kWrite:
      case OpKind::kSyncFileRange:
      case OpKind::kFallocate:
        op.numbers = {Pick(kOffsets), Pick(kLengths)};
        // A length of 0 is a range up to the end of the file.
        if (op.kind == OpKind::kSyncFileRange && chooser_.OneIn(3)) {
          op.numbers[1] = 0;
        }
        break;
      case OpKind::kAppend:
        op.numbers = {Pick(kLengths)};
        break;
      case OpKind::kTruncate:
      case OpKind::kSetEndOfFile: {
        // Half of these ops shrink the file, and half of those after a cut let
        // the file grow to the size that it had before.
        const uint64_t before = std::exchange(cut_from_[first], size);
        if (before > size && chooser_.OneIn(2)) {
          op.numbers = {before};
          break;
        }
        op.numbers = {size > 0 && chooser_.OneIn(2) ? chooser_.Below(size)
                                                    : Pick(kOffsets)};
        break;
      }
      case OpKind::kSetValidData: {
        // The valid length may only grow, up to the size.
        const uint64_t valid = shadow_.ValidOf(first);
        op.numbers = {size > valid ? valid + 1 + chooser_.Below(size - valid)
                                   : Pick(kLengths)};
        break;
      }
      case OpKind::kSetTimes:
        op.numbers = {1000 + chooser_.Below(3)};
        break;
      case OpKind::kMap:
        op.numbers = {chooser_.OneIn(8) ? uint64_t{4096} : uint64_t{0},
                      chooser_.OneIn(4) ? uint64_t{4600} : Pick(kLengths)};
        break;
      case OpKind::kStore:
      case OpKind::kMsync:
      case OpKind::kFlushView: {
        const uint64_t begin =
            size > 0 && chooser_.OneIn(2) ? chooser_.Below(size) : uint64_t{0};
        const uint64_t most = size - begin + 1;
        const uint64_t length =
            1 + chooser_.Below(chooser_.OneIn(2) ? std::min<uint64_t>(most, 16)
                                                 : most);
        op.numbers = {begin, length};
        if (op.kind == OpKind::kFlushView && chooser_.OneIn(3))
          op.numbers[1] = 0;
        break;
      }
      case OpKind::kDiskWrite:
      case OpKind::kDiskDiscard:
        op.numbers = {chooser_.Below(3), 1 + chooser_.Below(2)};
        break;
      default:
        break;
    }
  }

  void DrawWords(Op& op) {
    // The flag is drawn with paths only: a handle may promise something of its
    // own.
    if (op.kind == OpKind::kWrite && op.names[0].starts_with('/') &&
        chooser_.OneIn(6)) {
      op.flags = {chooser_.OneIn(2) ? "dsync" : "sync"};
    }
    if (op.kind == OpKind::kMsync && chooser_.OneIn(6)) op.flags = {"async"};
    if (op.kind == OpKind::kDiskWrite && chooser_.OneIn(2)) {
      op.flags = {chooser_.OneIn(2) ? "fua" : "preflush"};
      if (chooser_.OneIn(4)) op.flags = {"fua", "preflush"};
    }
    if (op.kind == OpKind::kOpen) {
      const std::vector<std::vector<std::string>> choices = {
          {},         {"write_through"}, {"no_buffering"},
          {"sync"},   {"dsync"},         {"write_through", "no_buffering"},
          {"direct"}, {"append"},        {"read_only"}};
      op.flags = Pick(choices);
    }
    if (op.kind == OpKind::kNtFlush) DrawNtFlags(op);
  }

  void DrawNtFlags(Op& op) {
    constexpr std::array<std::string_view, 3> kFlags = {
        "file_data_only", "no_sync", "file_data_sync_only"};
    // For a volume or a directory only a full flush is drawn, unless the op is
    // to be refused.
    const auto directories = shadow_.DirectoryPaths();
    const bool file = op.names[0] != "volume" &&
                      std::find(directories.begin(), directories.end(),
                                op.names[0]) == directories.end();
    const bool refused =
        op.names[0] == "volume" && knobs_.refused_ops && chooser_.OneIn(3);
    if (refused || (file && !chooser_.OneIn(4)))
      op.flags = {std::string(Pick(kFlags))};
    if (!op.flags.empty()) return;
    if (file && chooser_.OneIn(4)) {
      op.keys = {{"flags", std::to_string(chooser_.OneIn(2) ? 0 : 4)}};
    }
    if (knobs_.refused_ops && chooser_.OneIn(10))
      op.keys = {{"parameters_size", "1"}};
  }

  Chooser& chooser_;
  const RandomWorkloadKnobs& knobs_;
  ShadowStorage shadow_;
  // The size that a file or handle had when an op that sets sizes was last
  // drawn for it.
  std::map<std::string, uint64_t> cut_from_;
};

// Whether the storage can fail the op: it is a flush that sends something to
// the device.
bool CanFail(const Op& op) {
  return !op.HasFlag("async") &&
         std::find(kFlushes.begin(), kFlushes.end(), op.kind) != kFlushes.end();
}

// Makes one workload; Make() is called once.
class Maker {
 public:
  Maker(Chooser& chooser, const RandomWorkloadKnobs& knobs,
        const Profile& profile)
      : chooser_(chooser),
        knobs_(knobs),
        profile_(profile),
        drawer_(chooser, knobs) {
    // The model reads ops from a workload that must not move, by their numbers.
    // So the workload gets its final size before there are any ops: each op may
    // bring a `wait`.
    const size_t most = 2 * (knobs_.init_ops + knobs_.run_ops) + 4;
    ops_.run.resize(most);
    for (size_t i = 0; i < most; ++i) {
      ops_.run[i].number = static_cast<uint32_t>(i + 1);
    }
    model_.emplace(ops_, profile);
  }

  Workload Make() {
    Fill(knobs_.init_ops, /*init=*/true);
    if (started_ > 0) Wait();
    const size_t init = count_;
    model_->EndInit();
    effects_ = 0;
    Fill(init + knobs_.run_ops, /*init=*/false);
    Workload workload;
    const auto border = ops_.run.begin() + static_cast<ptrdiff_t>(init);
    const auto end = ops_.run.begin() + static_cast<ptrdiff_t>(count_);
    workload.init.assign(ops_.run.begin(), border);
    workload.run.assign(border, end);
    return workload;
  }

 private:
  // Draws until there are `count` ops, the choices are used up, or the tries.
  void Fill(size_t count, bool init) {
    for (int tries = 0; count_ < count && tries < 400; ++tries) {
      if (chooser_.done()) return;
      const bool flush =
          chooser_.Below(100) < (init ? 10 : knobs_.flush_percent);
      std::optional<Op> op = drawer_.Draw(flush, init);
      if (op) Consider(std::move(*op), init);
      if (started_ > 0 && count_ < count && chooser_.OneIn(2)) Wait();
    }
  }

  // Whether the rules can be read in more than one way for this op
  // (RandomWorkloadKnobs::disputed_ops).
  bool Disputed(const Op& op) const {
    const ShadowStorage& shadow = drawer_.shadow();
    if (op.kind == OpKind::kReplaceFile) {
      return shadow.SameFile(op.names[0], op.names[1]);
    }
    if (op.kind == OpKind::kNtFlush) {
      return !op.keys.empty() && !shadow.Exists(op.names[0]);
    }
    if (op.kind == OpKind::kSetValidData) {
      return shadow.ValidOf(op.names[0]) % 512 != 0;
    }
    if (!profile_.stale_set_end_of_file) return false;
    const bool map = op.kind == OpKind::kMap;
    if (!map && op.kind != OpKind::kSetEndOfFile) return false;
    const uint64_t old_size = shadow.SizeOf(op.names[map ? 1 : 0]);
    const uint64_t size = op.numbers[0] + (map ? op.numbers[1] : 0);
    return size > old_size && (size % 512 != 0 || old_size % 512 != 0);
  }

  // Keeps a drawn op, or drops it.
  void Consider(Op op, bool init) {
    if (!knobs_.disputed_ops && Disputed(op)) return;
    const bool fits = drawer_.shadow().Fits(op);
    if (!fits && (!knobs_.refused_ops || init || !chooser_.OneIn(10))) return;
    op.number = static_cast<uint32_t>(count_ + 1);
    // `preflush` does not overlap: simfs flushes when the op is called
    // (backends/simfs/README.md, Limits).
    if (knobs_.overlap && !init && fits && started_ == 0 &&
        !op.HasFlag("preflush") && CanOverlap(op.kind) && chooser_.OneIn(6)) {
      op.start = 1;
    }
    // The op is placed before it is planned, and counts only at the end: a
    // dropped op is overwritten by the next one.
    ops_.run[count_] = op;
    Op& placed = ops_.run[count_];
    const std::string error = model_->Plan(placed).error;
    if (error.empty() && !fits) return;
    const bool storage_fails =
        knobs_.failed_flushes && !init && error.empty() && !placed.start &&
        started_ == 0 && CanFail(placed) && chooser_.OneIn(4);
    // The effects are known only after the sketch has done the op, so it is
    // done on a copy.
    if (error.empty()) {
      ShadowStorage after = drawer_.shadow();
      const size_t added = after.Do(placed);
      if (!init && effects_ + added > knobs_.effects_max) return;
      effects_ += added;
      drawer_.shadow() = std::move(after);
    } else {
      placed.start.reset();
      placed.expected = {ExpectedResult::kNamed, error};
    }
    if (storage_fails) placed.expected = {ExpectedResult::kNamed, "EIO"};
    ++count_;
    model_->Begin(placed.number);
    if (placed.start) {
      started_ = placed.number;
    } else {
      model_->End(placed.number, placed.expected.kind == ExpectedResult::kOk);
    }
  }

  void Wait() {
    Op op;
    op.kind = OpKind::kWait;
    op.numbers = {1};
    op.number = static_cast<uint32_t>(count_ + 1);
    ops_.run[count_++] = op;
    model_->End(started_, true);
    started_ = 0;
  }

  Chooser& chooser_;
  const RandomWorkloadKnobs& knobs_;
  const Profile& profile_;
  Drawer drawer_;
  Workload ops_;
  std::optional<Model> model_;
  // How many of the ops in `ops_` are kept.
  size_t count_ = 0;
  // The effects of `run` so far.
  size_t effects_ = 0;
  // The number of the op under way. 0 if there is none.
  uint32_t started_ = 0;
};

}  // namespace

Workload RandomWorkload(Chooser& chooser, const RandomWorkloadKnobs& knobs,
                        const Profile& profile) {
  return PlacedWorkload(Maker(chooser, knobs, profile).Make());
}

}  // namespace powercut
