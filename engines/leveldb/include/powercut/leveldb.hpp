// powercut for programs that use LevelDB: an Env on which LevelDB keeps its
// files in a world.
//
//     powercut::World world;
//     const auto env = powercut::NewLevelDbEnv(world.get());
//     leveldb::Options options;
//     options.env = env.get();
//     leveldb::DB::Open(options, "/db", &db);
//     ...                                   // Put, Delete
//     env->RunBackground();                 // compactions happen here
//     ...
//     env->RunBackground();
//     delete db;
//
// Nothing runs in another thread: what LevelDB schedules is held until
// RunBackground(), which runs it in the thread of the caller. LevelDB waits for
// ever for work that is held in two places, so call RunBackground() before
// them: after each write that may have filled the write buffer, and before a
// database is deleted.
//
// What is synced is what LevelDB's own Env for Linux syncs (strace of LevelDB
// 1.23 on Debian 12): Sync is fdatasync(), for a file whose name begins with
// `MANIFEST` after the same call on its directory; nothing else is synced. What
// is appended goes to the file at the next Flush, Sync or Close, or when 64 KiB
// are waiting.
//
// Everything is deterministic: the clock counts its calls, nothing sleeps, and
// there is no log for people. A lock is not kept: a world has one program. A
// world is used by one thread at a time, and so are the databases on it.
//
// Link powercut_leveldb (CMake: powercut::leveldb), which needs LevelDB 1.23.

#ifndef POWERCUT_LEVELDB_HPP_
#define POWERCUT_LEVELDB_HPP_

#include <leveldb/env.h>
#include <powercut/powercut.h>

#include <memory>

namespace powercut::inline v0 {

class LevelDbEnv : public leveldb::Env {
 public:
  // Runs what is scheduled, and what that schedules, until nothing is left.
  virtual void RunBackground() = 0;
};

// `world`, which may be a state, must outlive the Env, and the Env what uses
// it.
std::unique_ptr<LevelDbEnv> NewLevelDbEnv(pc_world* world);

}  // namespace powercut::inline v0

#endif  // POWERCUT_LEVELDB_HPP_
