// LevelDB as a store. A commit is one write of a batch, which LevelDB syncs if
// it is asked to. LevelDB has no checkpoint: an empty batch that is synced
// makes the log durable, and with it the commits of that log.

#include <fmt/format.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <powercut/leveldb.hpp>

#include "engines/backend/engine_options.h"
#include "engines/backend/engine_store.h"

namespace powercut {
namespace {

constexpr const char* kFolder = "/db";
// The smallest one that LevelDB takes: a workload that fills it shows what a
// new log does.
constexpr size_t kWriteBufferBytes = 64 << 10;

using Options = std::map<std::string, std::string>;

Result<Options> OptionsOf(const std::string& text) {
  return EngineOptionsOf("leveldb", text, {{"sync", {"on", "off"}}});
}

Status StatusOf(const leveldb::Status& status) {
  if (status.ok()) return Ok{};
  return Error{ErrorCode::kIo, status.ToString()};
}

class LevelDbStore final : public EngineStore {
 public:
  LevelDbStore(pc_world* world, bool syncs)
      : env_(NewLevelDbEnv(world)), syncs_(syncs) {}
  ~LevelDbStore() override {
    env_->RunBackground();
    delete db_;
  }

  // Recovers the database if there is one.
  Status Open() {
    if (!env_->FileExists(std::string(kFolder) + "/CURRENT")) return Ok{};
    return OpenDatabase();
  }

  Status Prepare() override {
    return db_ == nullptr ? OpenDatabase() : Status(Ok{});
  }

  Status Commit(const std::vector<StoreChange>& changes, bool sync) override {
    leveldb::WriteBatch batch;
    for (const StoreChange& change : changes) {
      if (change.value) {
        batch.Put(change.key, *change.value);
      } else {
        batch.Delete(change.key);
      }
    }
    leveldb::WriteOptions options;
    options.sync = sync && syncs_;
    const leveldb::Status status = db_->Write(options, &batch);
    env_->RunBackground();
    return StatusOf(status);
  }

  Status Checkpoint() override { return Commit({}, true); }

  Result<std::map<std::string, std::string>> Keys() override {
    std::map<std::string, std::string> keys;
    if (db_ == nullptr) return keys;
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(options));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      keys[at->key().ToString()] = at->value().ToString();
    }
    POWERCUT_TRY(StatusOf(at->status()));
    return keys;
  }

 private:
  Status OpenDatabase() {
    leveldb::Options options;
    options.create_if_missing = true;
    options.env = env_.get();
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = kWriteBufferBytes;
    return StatusOf(leveldb::DB::Open(options, kFolder, &db_));
  }

  std::unique_ptr<LevelDbEnv> env_;
  bool syncs_;
  leveldb::DB* db_ = nullptr;
};

Result<std::unique_ptr<EngineStore>> OpenLevelDb(pc_world* world,
                                                 const std::string& text) {
  POWERCUT_ASSIGN(const Options options, OptionsOf(text));
  auto store =
      std::make_unique<LevelDbStore>(world, options.at("sync") == "on");
  POWERCUT_TRY(store->Open());
  return std::unique_ptr<EngineStore>(std::move(store));
}

}  // namespace

Result<Engine> LevelDbEngine(const std::string& text) {
  POWERCUT_ASSIGN(const Options options, OptionsOf(text));
  return Engine{
      "leveldb",
      fmt::format("LevelDB {}.{} on simfs, sync={}", leveldb::kMajorVersion,
                  leveldb::kMinorVersion, options.at("sync")),
      OpenLevelDb, text};
}

}  // namespace powercut
