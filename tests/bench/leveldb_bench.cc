// Measures the states of a LevelDB database with 24 synced writes of 400 bytes
// and no compression, else the default options. In each state LevelDB opens it,
// and all keys are read with their checksums. The bare limit does the same
// through the same Env on copies in memory of the files after all writes;
// making the copy counts.

#include "tests/bench/leveldb_bench.h"

#include <leveldb/db.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <powercut/leveldb.hpp>

#include "tests/bench/state_rates.h"

namespace powercut {
namespace {

constexpr uint64_t kPuts = 24;

// A world with the same files as another one. Opening a database writes a new
// manifest and a new log, so that each copy is opened once.
class FilesCopied {
 public:
  explicit FilesCopied(World& of) {
    for (const std::string& name : of.list("/db")) {
      files_.emplace_back("/db/" + name, of.content("/db/" + name));
    }
  }
  void MakeIn(World& world) const {
    world.mkdir("/db");
    for (const auto& [path, content] : files_) {
      const int file = world.open(path, PC_WRITE | PC_CREATE);
      world.write(file, content, 0);
      world.close(file);
    }
  }

 private:
  std::vector<std::pair<std::string, std::string>> files_;
};

class Database {
 public:
  explicit Database(Files& files) : env_(NewLevelDbEnv(files.get())) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.env = env_.get();
    options.compression = leveldb::kNoCompression;
    leveldb::DB* db = nullptr;
    if (leveldb::DB::Open(options, "/db", &db).ok()) db_.reset(db);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { env_->RunBackground(); }

  bool opened() const { return db_ != nullptr; }
  bool Put(uint64_t number) {
    leveldb::WriteOptions options;
    options.sync = true;
    const std::string value(400, static_cast<char>('a' + number % 26));
    return db_->Put(options, std::to_string(1000 + number), value).ok();
  }
  // How many keys there are; all are read, with their checksums.
  uint64_t Count() {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    const std::unique_ptr<leveldb::Iterator> at(db_->NewIterator(options));
    uint64_t count = 0;
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      count += at->value().size() == 400 ? 1 : 0;
    }
    return at->status().ok() ? count : 0;
  }

 private:
  std::unique_ptr<LevelDbEnv> env_;
  std::unique_ptr<leveldb::DB> db_;
};

void Look(State& state) {
  Database database(state);
  if (!database.opened()) {
    state.violation("does-not-open");
  } else if (state.must_have(database.Count() + 1)) {
    state.violation("lost");
  }
}

void RowOf(pc_isolation isolation, double aim) {
  World world;
  {
    Database database(world);
    world.start();
    for (uint64_t n = 1; n <= kPuts; ++n) {
      world.attempt(n);
      if (!database.Put(n)) std::abort();
      world.ack(n);
    }
  }
  const FilesCopied files(world);
  StateRate rate{.name = std::string("LevelDB") + IsolationText(isolation),
                 .world = world,
                 .explore = {},
                 .look = Look,
                 .reopen =
                     [&files] {
                       World image;
                       files.MakeIn(image);
                       if (Database(image).Count() != kPuts) std::abort();
                     },
                 .aim = aim};
  rate.explore.profiles = "ext4-ordered";
  rate.explore.isolation = isolation;
  rate.explore.jobs = 1;
  rate.explore.budget_ms = 300'000;
  StateRateRow(rate);
}

}  // namespace

void BenchLevelDb() {
  RowOf(PC_IN_PROCESS, 8'000);
  RowOf(PC_FORKED, 0);
}

}  // namespace powercut
