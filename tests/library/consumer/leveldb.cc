// One write of LevelDB, which is acknowledged: without a sync a crash loses it,
// and with one none does.

#include <leveldb/db.h>

#include <cstdio>
#include <memory>
#include <string>

#include <powercut/leveldb.hpp>
#include <powercut/powercut.hpp>

namespace {

// Opens the database, and closes it when it goes out of scope. Empty if it does
// not open.
std::unique_ptr<leveldb::DB> Open(leveldb::Env* env) {
  leveldb::Options options;
  options.env = env;
  options.create_if_missing = true;
  leveldb::DB* db = nullptr;
  leveldb::DB::Open(options, "/db", &db);
  return std::unique_ptr<leveldb::DB>(db);
}

pc_verdict Explored(bool sync) {
  powercut::World world;
  {
    const auto env = powercut::NewLevelDbEnv(world.get());
    const auto db = Open(env.get());
    world.sync_directory("/");
    world.sync_directory("/db");
    world.start();
    leveldb::WriteOptions options;
    options.sync = sync;
    world.attempt(1);
    if (!db->Put(options, "key", "value").ok()) return PC_FAILED;
    world.ack(1);
    env->RunBackground();
  }
  powercut::States states = world.explore({.profiles = "ext4-ordered"});
  for (powercut::State& state : states) {
    const auto env = powercut::NewLevelDbEnv(state.get());
    const auto db = Open(env.get());
    std::string value;
    if (db != nullptr) db->Get({}, "key", &value);
    if (state.must_have(1) && value != "value") state.violation("write-lost");
    env->RunBackground();
  }
  std::printf("%s", states.report().c_str());
  return states.verdict();
}

}  // namespace

int main() {
  if (Explored(/*sync=*/false) != PC_VIOLATES) return 1;
  return Explored(/*sync=*/true) == PC_HOLDS ? 0 : 2;
}
