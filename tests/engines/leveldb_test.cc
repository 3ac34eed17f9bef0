// LevelDB on a world: what it loses if every tenth write is synced, what it
// loses if all are, and that nothing is lost if names are synced, too.
//
// The write buffer of 64 KiB takes 136 writes of this test. When it is
// full, LevelDB begins a new log and schedules the work that makes a table of
// the old one; it does not sync the old log (issue 193 of
// github.com/google/leveldb). The next synced write makes the new log durable
// alone. A crash before the table is there takes the writes at the end of the
// old log, which are older than the acknowledged one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <powercut/leveldb.hpp>
#include <powercut/powercut.hpp>

namespace {

using leveldb::Status;
using powercut::Explore;
using powercut::Files;
using powercut::LevelDbEnv;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::Contains;
using ::testing::HasSubstr;

// What the test changes of the right Env.
enum class Change {
  kNone,
  // The directory is synced when a file is made: more than LevelDB does.
  kNamesAreSynced,
  // Planted: the syncs of the logs do nothing.
  kLogsAreNotSynced,
};

class QuietLog final : public leveldb::WritableFile {
 public:
  explicit QuietLog(leveldb::WritableFile* file) : file_(file) {}
  Status Append(const leveldb::Slice& data) override {
    return file_->Append(data);
  }
  Status Flush() override { return file_->Flush(); }
  Status Close() override { return file_->Close(); }
  Status Sync() override { return file_->Flush(); }

 private:
  std::unique_ptr<leveldb::WritableFile> file_;
};

class ChangedEnv final : public leveldb::EnvWrapper {
 public:
  ChangedEnv(leveldb::Env* env, Files& files, Change change)
      : EnvWrapper(env), files_(files), change_(change) {}
  Status NewWritableFile(const std::string& path,
                         leveldb::WritableFile** file) override {
    const Status status = EnvWrapper::NewWritableFile(path, file);
    if (!status.ok()) return status;
    if (change_ == Change::kNamesAreSynced) files_.sync_directory("/db");
    if (change_ == Change::kLogsAreNotSynced && path.ends_with(".log")) {
      *file = new QuietLog(*file);
    }
    return status;
  }
  Status RenameFile(const std::string& from, const std::string& to) override {
    const Status status = EnvWrapper::RenameFile(from, to);
    if (change_ == Change::kNamesAreSynced) files_.sync_directory("/db");
    return status;
  }

 private:
  Files& files_;
  Change change_;
};

// A database in /db. What LevelDB schedules runs when this says so.
class Database {
 public:
  explicit Database(Files& files, Change change = Change::kNone)
      : env_(powercut::NewLevelDbEnv(files.get())),
        changed_(env_.get(), files, change) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.env = &changed_;
    options.compression = leveldb::kNoCompression;
    options.write_buffer_size = 64 * 1024;
    status_ = leveldb::DB::Open(options, "/db", &db_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    env_->RunBackground();
    delete db_;
  }

  void RunBackground() { env_->RunBackground(); }
  const Status& status() const { return status_; }
  bool Put(uint64_t number, bool sync) {
    leveldb::WriteOptions options;
    options.sync = sync;
    return db_->Put(options, KeyOf(number), ValueOf(number)).ok();
  }
  // "" if there is no such key.
  std::string Get(uint64_t number) {
    std::string value;
    const Status status = db_->Get({}, KeyOf(number), &value);
    return status.ok() || status.IsNotFound() ? value : status.ToString();
  }
  static std::string KeyOf(uint64_t number) { return std::to_string(number); }
  static std::string ValueOf(uint64_t number) {
    return std::string(400, static_cast<char>('a' + number % 26));
  }

 private:
  std::unique_ptr<LevelDbEnv> env_;
  ChangedEnv changed_;
  leveldb::DB* db_ = nullptr;
  Status status_;
};

// Crashes begin after kFirst - 1 writes, shortly before the buffer is full.
constexpr uint64_t kFirst = 131;
constexpr uint64_t kLast = 141;

// Writes, and syncs every `every`th write, which acknowledges all before it.
// The held work runs after kLast alone.
void Fill(World& world, uint64_t every, Change change) {
  Database database(world, change);
  ASSERT_TRUE(database.status().ok()) << database.status().ToString();
  for (uint64_t number = 1; number <= kLast; ++number) {
    if (number == kFirst) world.start();
    if (number >= kFirst) world.attempt(number);
    const bool sync = number % every == 0;
    ASSERT_TRUE(database.Put(number, sync));
    if (number < kFirst || !sync) continue;
    const uint64_t since = std::max(kFirst, number - every + 1);
    for (uint64_t acked = since; acked <= number; ++acked) world.ack(acked);
  }
}

void Look(State& state) {
  Database database(state);
  if (!database.status().ok()) {
    state.violation("does-not-open", database.status().ToString());
    return;
  }
  bool later = false;
  for (uint64_t number = kLast; number > 0; --number) {
    const std::string value = database.Get(number);
    const bool must = number < kFirst || state.must_have(number);
    if (value == Database::ValueOf(number)) {
      later = true;
    } else if (!value.empty()) {
      state.violation("wrong-value", value);
    } else if (must) {
      state.violation(later ? "older-is-lost" : "acknowledged-is-lost",
                      "write " + std::to_string(number) + " is gone");
    }
  }
}

struct Outcome {
  pc_verdict verdict = PC_FAILED;
  std::vector<std::string> causes;
  std::string report;
};

Outcome Explored(uint64_t every, Change change, const Explore& options) {
  World world;
  Fill(world, every, change);
  States states = world.explore(options);
  for (State& state : states) Look(state);
  Outcome outcome{states.verdict(), {}, states.report()};
  for (const auto& finding : states.findings()) {
    outcome.causes.push_back(finding.cause);
  }
  const pc_counts counts = states.counts();
  std::printf("%llu states in %llu runs of 2^%.0f\n%s",
              static_cast<unsigned long long>(counts.states),
              static_cast<unsigned long long>(counts.runs), counts.space_log2,
              outcome.report.c_str());
  return outcome;
}

Explore Under(const std::string& profile) {
  Explore options;
  options.profiles = profile;
  options.space = "epoch:1";
  options.budget_ms = 600'000;
  return options;
}

// With default settings, bounded by recoveries in place of the clock: the log
// that is named was never synced.
TEST(LevelDb, EveryTenthSyncedLosesOlderWrites) {
  Explore options;
  options.budget_ms = 600'000;
  options.runs_max = 4000;
  const Outcome outcome = Explored(10, Change::kNone, options);
  EXPECT_THAT(outcome.causes, Contains("older-is-lost"));
  EXPECT_THAT(outcome.report, HasSubstr("/db/000003.log"));
  EXPECT_THAT(outcome.report, HasSubstr("never synced before the crash"));
}

// Synced names do not help: the old log itself is not synced.
TEST(LevelDb, EveryTenthSyncedLosesOlderWritesWithNamesSynced) {
  const Outcome outcome =
      Explored(10, Change::kNamesAreSynced, Under("linux-man"));
  EXPECT_THAT(outcome.causes, ::testing::ElementsAre("older-is-lost"));
}

// LevelDB syncs the directory for its manifests alone, so that the name of a
// new log is not durable where fdatasync of a file does not bring its name.
TEST(LevelDb, AlwaysSyncedLosesTheNameOfANewLog) {
  const Outcome outcome = Explored(1, Change::kNone, Under("linux-man"));
  EXPECT_THAT(outcome.causes, Contains("acknowledged-is-lost"));
}

TEST(LevelDb, AlwaysSyncedHoldsIfNamesAreSynced) {
  const Outcome outcome =
      Explored(1, Change::kNamesAreSynced, Under("linux-man"));
  EXPECT_EQ(outcome.verdict, PC_HOLDS);
}

// ext4, xfs and btrfs keep the name of a new file with its fdatasync.
TEST(LevelDb, AlwaysSyncedHoldsWhereFdatasyncBringsTheName) {
  for (const char* profile : {"ext4-ordered", "xfs", "btrfs"}) {
    const Outcome outcome = Explored(1, Change::kNone, Under(profile));
    EXPECT_EQ(outcome.verdict, PC_HOLDS) << profile;
  }
}

TEST(LevelDb, ASyncThatDoesNothingIsFound) {
  const Outcome outcome =
      Explored(1, Change::kLogsAreNotSynced, Under("ext4-ordered"));
  EXPECT_THAT(outcome.causes, Contains("acknowledged-is-lost"));
}

}  // namespace
