// LevelDB over the whole pipeline: the bytes choose writes, batches, deletions,
// compactions and reopenings of a database in a world. Each write is synced,
// attempted and acknowledged. After each crash the database must open, and hold
// what some prefix of the writes gives that contains every acknowledged one.
//
// The names of files are synced, too, which LevelDB itself does not do, and
// writes without a sync are not made: docs/engines.md says what is lost without
// either, so that a fuzzer would find these two again and again. With paranoid
// checks LevelDB refuses a log whose last record was cut short by the crash, as
// its header says it may, so that they are off. Built with
// POWERCUT_WITHOUT_SYNCS, no write is synced, which must be found.

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <powercut/fuzzer.hpp>
#include <powercut/leveldb.hpp>

namespace {

using leveldb::Status;
using powercut::Files;
using powercut::FuzzInput;
using powercut::LevelDbEnv;
using powercut::State;
using powercut::World;

#ifdef POWERCUT_WITHOUT_SYNCS
constexpr bool kSyncs = false;
#else
constexpr bool kSyncs = true;
#endif
constexpr uint64_t kOpsMax = 12;

// Syncs the directory whenever a name in it changes.
class NamesSyncedEnv final : public leveldb::EnvWrapper {
 public:
  NamesSyncedEnv(leveldb::Env* env, Files& files)
      : EnvWrapper(env), files_(files) {}
  Status NewWritableFile(const std::string& path,
                         leveldb::WritableFile** file) override {
    const Status status = EnvWrapper::NewWritableFile(path, file);
    files_.sync_directory("/db");
    return status;
  }
  Status RenameFile(const std::string& from, const std::string& to) override {
    const Status status = EnvWrapper::RenameFile(from, to);
    files_.sync_directory("/db");
    return status;
  }

 private:
  Files& files_;
};

class Database {
 public:
  Database(Files& files, bool reuse_logs)
      : env_(powercut::NewLevelDbEnv(files.get())), synced_(env_.get(), files) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.env = &synced_;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = 64 * 1024;
    options.reuse_logs = reuse_logs;
    leveldb::DB* db = nullptr;
    status_ = leveldb::DB::Open(options, "/db", &db);
    db_.reset(db);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { env_->RunBackground(); }

  const Status& status() const { return status_; }
  void Write(leveldb::WriteBatch batch) {
    leveldb::WriteOptions options;
    options.sync = kSyncs;
    status_ = db_->Write(options, &batch);
    env_->RunBackground();
  }
  // All keys with their values, or what went wrong.
  std::string Dump() {
    if (!status_.ok()) return status_.ToString();
    std::string dump;
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(options));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      dump += at->key().ToString() + "=" + at->value().ToString() + "\n";
    }
    return at->status().ok() ? dump : at->status().ToString();
  }

 private:
  std::unique_ptr<LevelDbEnv> env_;
  NamesSyncedEnv synced_;
  // Goes before the Envs.
  std::unique_ptr<leveldb::DB> db_;
  Status status_;
};

bool g_reuse_logs = false;

void AddToBatch(FuzzInput& input, leveldb::WriteBatch& batch) {
  const std::string key(1, static_cast<char>('a' + input.below(8)));
  if (input.below(4) == 0) return batch.Delete(key);
  // A few large values fill the write buffer.
  const size_t repeat = input.below(8) == 0 ? 20'000 : 1 + input.below(600);
  batch.Put(key, std::string(repeat, static_cast<char>('A' + input.below(26))));
}

void Work(World& world, FuzzInput& input) {
  g_reuse_logs = input.below(2) == 1;
  auto database = std::make_unique<Database>(world, g_reuse_logs);
  world.sync_directory("/");
  world.start();
  for (uint64_t n = 1; n <= kOpsMax && !input.empty(); ++n) {
    if (input.below(8) == 0) {
      database.reset();
      database = std::make_unique<Database>(world, g_reuse_logs);
      if (!database->status().ok()) return;
      continue;
    }
    leveldb::WriteBatch batch;
    for (uint64_t more = 1 + input.below(3); more > 0; --more) {
      AddToBatch(input, batch);
    }
    world.attempt(n);
    database->Write(batch);
    world.ack(n);
  }
}

void Look(State& state) { state.found(Database(state, g_reuse_logs).Dump()); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return powercut::FuzzOne(data, size, Work, Look,
                           {.profiles = "linux-man",
                            .space = "epoch:1",
                            .isolation = PC_IN_PROCESS,
                            .budget_ms = 3'000,
                            .runs_max = 200});
}
