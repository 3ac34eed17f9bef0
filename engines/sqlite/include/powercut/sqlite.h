/* powercut for programs that use SQLite: a VFS on which SQLite keeps its files
 * in a world.
 *
 *     pc_world_new(NULL, &world);
 *     pc_sqlite_register(world, "powercut", 1);
 *     sqlite3_open("/my.db", &db);          // the whole program runs on world
 *     ...
 *     pc_attempt(world, 1);
 *     sqlite3_exec(db, "INSERT ...", NULL, NULL, NULL);
 *     pc_ack(world, 1);
 *     sqlite3_close(db);
 *     pc_explore(world, NULL, &states);
 *     for (pc_world* disk; (disk = pc_next(states)) != NULL;) {
 *       pc_sqlite_register(disk, "powercut", 2);
 *       sqlite3_open("/my.db", &db);        // recovers as after a reboot
 *       ...
 *     }
 *     pc_sqlite_unregister("powercut");
 *
 * What is synced is what SQLite's own VFS for Linux syncs (strace of SQLite
 * 3.40.1 on Debian 12): xSync is fdatasync() whatever its flags; the first
 * xSync of a rollback journal, super-journal or WAL that was opened with
 * SQLITE_OPEN_CREATE syncs its directory, too; xDelete syncs the directory if
 * SQLite asks for it.
 *
 * The device characteristics are 0, and a sector has 512 bytes: SQLite may rely
 * on nothing. `psow=1` in the URI of a database reports powersafe overwrite, as
 * SQLite's own VFS does unless told otherwise.
 *
 * The memory that the connections of a WAL share is in the heap of the process,
 * and is gone when the last connection closes. Locks work between the
 * connections of one process. A world is used by one thread at a time, and so
 * are the connections on it.
 *
 * Everything is deterministic: the clock stands still at noon of 2000-01-01,
 * random numbers follow from the seed, and nothing sleeps.
 *
 * Link powercut_sqlite (CMake: powercut::sqlite), which needs SQLite 3.7.10 or
 * later.
 */

#ifndef POWERCUT_SQLITE_H_
#define POWERCUT_SQLITE_H_

#include <powercut/powercut.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Registers a VFS of this name on a world, which must outlive it, makes it the
 * default one, and begins SQLite's random numbers anew from `seed`: SQLite
 * takes them from the default VFS, and so they are the same in each run only if
 * that is this one. Give the states another seed than the run, or a journal
 * that is made after the reboot has the numbers of one that was made before. If
 * the name was registered before by this function, that VFS moves to the new
 * world, as after a reboot.
 * Requires: no connection is open on it, and memory does not run out. Returns
 * SQLITE_OK, or SQLITE_MISUSE if an argument is NULL or SQLite already has
 * another VFS of this name. */
int pc_sqlite_register(pc_world* world, const char* name, uint8_t seed);

/* Ends the VFS; SQLite then chooses another one as its default. Requires: no
 * connection is open on it. Returns SQLITE_OK, or SQLITE_NOTFOUND if
 * pc_sqlite_register() did not register the name. */
int pc_sqlite_unregister(const char* name);

#ifdef __cplusplus
}
#endif

#endif /* POWERCUT_SQLITE_H_ */
