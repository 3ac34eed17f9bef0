// Runs an engine on files in memory that begin as what simfs recovered, and
// carries the engine's calls out on simfs.
//
// Method. One mount of simfs is read: it answers what the engine asks for, and
// reads of the disk only what decides the answer. The files that the engine
// changes are copies in memory (WorldFiles), which keep each call. After an op
// the new calls run on a second mount of the same disk, in their order. So a
// recovery that only looks makes no second mount, and states that look the same
// to it are one run.
//
// Example: `commit` of SQLite in journal mode WAL makes two calls, `write
// /store.db-wal` and `fdatasync`. In memory both succeed; then simfs writes and
// persists, between the begin and the return of the commit.
//
// What an engine writes while it recovers (SQLite rolls a journal back) reaches
// simfs only if crashes of recoveries are explored, since the second mount
// reads more of the disk.

#include "engines/backend/engine_backend.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/registry.h"
#include "backends/simfs/simfs_backend.h"
#include "library/c_handles.h"
#include "library/states/simfs_base.h"

namespace powercut {
namespace {

class EngineMount : public Mount {
 public:
  EngineMount(Backend& below, VirtualDisk& disk, std::unique_ptr<Mount> reader,
              const Engine& engine)
      : below_(below),
        disk_(disk),
        reader_(std::move(reader)),
        engine_(engine),
        base_(dynamic_cast<simfs::SimfsMount&>(*reader_)),
        files_(base_, &log_) {
    world_.files = &files_;
  }

  // Has the engine recover what a crash left, if there are files, and carries
  // out what it wrote for that.
  void Recover() {
    if (base_.EntriesOf(base_.root()).empty()) return;
    // A failure is the engine's; Observe() meets it again.
    static_cast<void>(KeysNow());
    stopped_ = !CarryOut();
  }

  OpResult Apply(const Op& op, uint64_t, std::string_view) override {
    if (stopped_) return {"EIO"};
    const Status done = Run(op);
    const Status carried = CarryOut();
    stopped_ = !done || !carried;
    return {stopped_ ? "EIO" : ""};
  }

  Observation Observe() override {
    Observation seen;
    Result<std::map<std::string, std::string>> keys = KeysNow();
    if (keys) {
      seen.keys = std::move(*keys);
    } else {
      seen.unreadable = keys.error().message;
    }
    return seen;
  }

  OpResult Shutdown() override {
    store_.reset();
    return {!stopped_ && CarryOut() ? "" : "EIO"};
  }

 private:
  Status OpenStore() {
    if (store_ != nullptr) return Ok{};
    POWERCUT_ASSIGN(store_, engine_.open(&world_, engine_.options));
    return Ok{};
  }

  Result<std::map<std::string, std::string>> KeysNow() {
    if (stopped_) {
      return Error{ErrorCode::kIo, "stopped after an error of the disk"};
    }
    POWERCUT_TRY(OpenStore());
    return store_->Keys();
  }

  Status Run(const Op& op) {
    POWERCUT_TRY(OpenStore());
    POWERCUT_TRY(store_->Prepare());
    switch (op.kind) {
      case OpKind::kPut:
        changes_.push_back({op.names.at(0), op.names.at(1)});
        return Ok{};
      case OpKind::kDelete:
        changes_.push_back({op.names.at(0), std::nullopt});
        return Ok{};
      case OpKind::kCommit:
        return store_->Commit(std::exchange(changes_, {}),
                              !op.HasFlag("nosync"));
      case OpKind::kCheckpoint:
        return store_->Checkpoint();
      default:
        // A sync of the whole file system, which no engine asked for.
        files_.SyncAll();
        return Ok{};
    }
  }

  // The files go on reading through the first mount, and what they read there
  // does not change: simfs never uses a sector again, and what was overwritten
  // is in memory.
  Status CarryOut() {
    const Calls& calls = log_.calls();
    if (carried_ == calls.size()) return Ok{};
    if (writer_ == nullptr) {
      MountResult mounted = below_.Open(disk_);
      if (mounted.mount == nullptr) {
        return Error{ErrorCode::kIo, mounted.failure};
      }
      writer_ = std::move(mounted.mount);
    }
    for (; carried_ < calls.size(); ++carried_) {
      const Call& call = calls[carried_];
      const OpResult result =
          writer_->Apply(call.op, call.offset_bytes, call.content);
      if (!result.ok()) {
        return Error{ErrorCode::kIo, CallText(call) + ": " + result.error};
      }
    }
    return Ok{};
  }

  Backend& below_;
  VirtualDisk& disk_;
  std::unique_ptr<Mount> reader_;
  // `nullptr` until the first call is carried out.
  std::unique_ptr<Mount> writer_;
  const Engine& engine_;
  SimfsBase base_;
  CallLog log_;
  WorldFiles files_;
  pc_world world_;
  // Closed before the files that it works on go.
  std::unique_ptr<EngineStore> store_;
  // What is not committed yet.
  std::vector<StoreChange> changes_;
  // How many calls ran on `writer_`.
  size_t carried_ = 0;
  bool stopped_ = false;
};

class EngineBackend : public Backend {
 public:
  explicit EngineBackend(Engine engine)
      : engine_(std::move(engine)), below_(MakeSimfsBackend()) {
    const BackendTraits& below = below_->traits();
    traits_.name = engine_.name;
    traits_.description = engine_.description;
    // What the engines are made for.
    traits_.profile = "linux-man";
    traits_.profiles = below.profiles;
    traits_.default_disk_bytes = 4u << 20;
    traits_.minimum_disk_bytes = below.minimum_disk_bytes;
    traits_.sector_sizes_bytes = below.sector_sizes_bytes;
    traits_.crash_kinds = below.crash_kinds;
    traits_.ops = {OpKind::kPut, OpKind::kDelete, OpKind::kCommit,
                   OpKind::kSyncfs};
    if (engine_.checkpoints) traits_.ops.push_back(OpKind::kCheckpoint);
  }

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return below_->Format(spec);
  }
  MountResult Open(VirtualDisk& disk) override {
    MountResult below = below_->Open(disk);
    if (below.mount == nullptr) return below;
    auto mount = std::make_unique<EngineMount>(*below_, disk,
                                               std::move(below.mount), engine_);
    if (recoveries_persist_) mount->Recover();
    return {std::move(mount), ""};
  }
  void StudyTrace(const Trace& trace) override { below_->StudyTrace(trace); }
  void ForgetTrace(const Trace& trace) override { below_->ForgetTrace(trace); }
  void ExpectCrashOf(const Trace& trace, EventNumber upto) override {
    below_->ExpectCrashOf(trace, upto);
  }
  void LetRecoveriesPersist() override { recoveries_persist_ = true; }

 private:
  const Engine engine_;
  std::unique_ptr<Backend> below_;
  bool recoveries_persist_ = false;
  BackendTraits traits_;
};

using MakeEngine = Result<Engine> (*)(const std::string& options);

// `make` is `nullptr` if the engine was missing when this was built.
void Add(const char* name, MakeEngine make, const char* missing) {
  AddBackend(
      name,
      [=](const FormatOptions& options) -> Result<std::unique_ptr<Backend>> {
        if (make == nullptr) {
          return Error{ErrorCode::kMissing,
                       std::string("not built: install ") + missing +
                           ", then configure and build again"};
        }
        if (!options.mkfs.empty()) {
          return Error{ErrorCode::kUsage, "there is no program for --mkfs"};
        }
        POWERCUT_ASSIGN(Engine engine, make(options.mount));
        return MakeEngineBackend(std::move(engine));
      });
}

}  // namespace

std::unique_ptr<Backend> MakeEngineBackend(Engine engine) {
  return std::make_unique<EngineBackend>(std::move(engine));
}

void AddEngineBackends() {
#ifdef POWERCUT_HAVE_SQLITE
  Add("sqlite", SqliteEngine, "");
#else
  Add("sqlite", nullptr, "libsqlite3-dev");
#endif
#ifdef POWERCUT_HAVE_LEVELDB
  Add("leveldb", LevelDbEngine, "");
#else
  Add("leveldb", nullptr, "libleveldb-dev and libsnappy-dev");
#endif
}

}  // namespace powercut
