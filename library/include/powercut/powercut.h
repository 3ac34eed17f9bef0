/* powercut: what would a crash leave of what your storage code writes?
 *
 * Your code does its file work in a *world*: simulated files that keep exactly
 * the promises of a profile (`ext4-ordered`, `linux-man`, ...), and no more.
 * Say before an operation of your own that you attempt it, and afterwards that
 * your users may rely on it. Then ask for the disks that a crash could leave,
 * one by one, and let your recovery run on each:
 *
 *     pc_world* world;
 *     pc_world_new(NULL, &world);
 *     my_log_write(world);  // pc_open, pc_write, pc_sync, pc_attempt, pc_ack
 *     pc_states* states;
 *     pc_explore(world, NULL, &states);
 *     for (pc_world* disk; (disk = pc_next(states)) != NULL;) {
 *       // Recover as after a reboot, and look.
 *       if (my_log_recovers(disk)) continue;
 *       pc_violation(states, "torn-record", "record 3", __FILE__, __LINE__);
 *     }
 *     puts(pc_report(states));
 *     pc_states_free(states);
 *     pc_world_free(world);
 *
 * Unless told otherwise, the body of that loop runs in forked worker processes:
 * a recovery that crashes, hangs or damages memory is a finding, and the rest
 * goes on. In the process that called pc_next() first, the loop ends without
 * having run its body, and the report has what the workers found. So what the
 * body changes in memory is gone after the loop.
 *
 * Errors. Functions that return a number return a negative errno number, such
 * as -ENOENT, if they fail; pc_last_error() then says more. No function throws.
 * What one does depends on its handles alone; the one exception is the variable
 * POWERCUT_AT (pc_explore_options.at). A NULL handle is -EINVAL, never a crash.
 *
 * Threads. A world, and the states that are made of it, are used by one thread
 * at a time; different worlds are independent of each other. A process that has
 * other threads must run the states in itself (PC_IN_PROCESS).
 *
 * Versions. Each struct begins with its size. Set it with the initializer, and
 * a later version of the library takes it as this version does. A struct that a
 * function fills in is refused with -EINVAL if its size says that it is smaller
 * than its fields.
 */

#ifndef POWERCUT_POWERCUT_H_
#define POWERCUT_POWERCUT_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PC_API __attribute__((visibility("default")))
#else
#define PC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define PC_VERSION_MAJOR 0
#define PC_VERSION_MINOR 1

/* A world, or what a crash left of one. */
typedef struct pc_world pc_world;
/* The states that crashes could leave, and what came of looking at them. */
typedef struct pc_states pc_states;

/* --- Worlds --------------------------------------------------------------- */

typedef struct pc_world_options {
  size_t size; /* sizeof(pc_world_options) */
  /* The size of the simulated disk; 0 means one that is large enough. A
   * multiple of 512 up to 2 TiB, and at least 128 KiB for files. */
  uint64_t disk_bytes;
  /* What the device writes whole; 0 means a sector of 512 bytes. A power of two
   * from 512 to 1 MiB. */
  uint32_t atomic_bytes;
  /* Which calls the world takes. */
  uint32_t door;
  /* What a write may damage beside its own bytes, if the power fails before the
   * write is synced. A unit is atomic_bytes. Not for logs. */
  uint32_t damage;
} pc_world_options;
#define PC_DOOR_FILES 0u /* Files. */
#define PC_DOOR_DISK 1u  /* A raw disk of disk_bytes, or 1 MiB if that is 0. */
#define PC_DOOR_LOGS 2u  /* Logs on a disk of disk_bytes, or 2 MiB if 0. */
#define PC_DAMAGE_NONE 0u
/* The other bytes of the units that it touches (SQLite calls a device that does
 * not do that one with powersafe overwrite). */
#define PC_DAMAGE_UNIT 1u
/* The same, and the unit before and the unit after. */
#define PC_DAMAGE_NEIGHBOURS 2u
#define PC_WORLD_OPTIONS \
  {sizeof(pc_world_options), 0, 0, PC_DOOR_FILES, PC_DAMAGE_NONE}

/* Makes an empty world. `options` may be NULL. Returns 0; -EINVAL if an option
 * is not in its range; or -ENOMEM. `*world` is NULL then. */
PC_API int pc_world_new(const pc_world_options* options, pc_world** world);
/* Ends a world. States that were made of it stay as they are. A world that
 * pc_next() returned is not freed by this. NULL is allowed. */
PC_API void pc_world_free(pc_world* world);
/* What was wrong with the last call on the world that failed, in one line.
 * Valid until the next call on it. Never NULL. */
PC_API const char* pc_last_error(const pc_world* world);

/* The version of the library, such as "0.1.0". */
PC_API const char* pc_version(void);
/* The name of profile number `index`, from 0; NULL behind the last one. */
PC_API const char* pc_profile(size_t index);

/* Says where the next call on the world comes from. `file` must live as long as
 * the program. Without it, reports show the function that the call came from,
 * and a command that prints the line. */
PC_API void pc_at(pc_world* world, const char* file, uint32_t line);

/* --- What you promise ----------------------------------------------------- */

/* You begin operation `number` of yours: from now on it may be found. Numbers
 * are yours, each is used once, and they are attempted in the order in which
 * they take effect. Returns -EINVAL for a number that was attempted before. */
PC_API int pc_attempt(pc_world* world, uint64_t number);
/* Operation `number` is acknowledged: from now on it must be found. Returns
 * -EINVAL if it was not attempted, unless nothing was attempted in this world:
 * acks alone are enough for pc_must_have(), and not for pc_found(). */
PC_API int pc_ack(pc_world* world, uint64_t number);
/* The set-up is over. What was done so far is durable, and crashes begin here.
 * Without this call, they begin with the empty world. At most once. */
PC_API int pc_start(pc_world* world);

/* One disk that a crash at this moment could leave, as a world of its own: it
 * can be used and explored like any other, and crashes of it begin with what it
 * holds. `world` goes on. `profile` may be NULL for "spec-strict". `which` is
 * "none" (nothing that is not durable is there), "all" (everything is there),
 * "random:SEED" (each block holds one of its versions), or the id of a state at
 * this moment. Returns 0, -EINVAL (pc_last_error() says why) or -ENOMEM. Takes
 * time in proportion to all calls so far. */
PC_API int pc_crash_now(pc_world* world, const char* profile, const char* which,
                        pc_world** crashed);

/* --- Files ---------------------------------------------------------------- */

/* Paths are absolute; the world begins with an empty directory `/`. As in
 * POSIX, several `/` are like one, `.` is the directory itself, and a path that
 * ends with `/` leads to a directory. A path with `..` is -EINVAL. */

#define PC_READ 1u      /* Reading is allowed. */
#define PC_WRITE 2u     /* Writing is allowed. */
#define PC_CREATE 4u    /* The file is made if it is not there. */
#define PC_EXCLUSIVE 8u /* With PC_CREATE: it must not be there. */
#define PC_TRUNCATE 16u /* With PC_WRITE: its size becomes 0. */
#define PC_APPEND 32u   /* Each write goes to the end. */
#define PC_DSYNC 64u    /* O_DSYNC: each write is durable when it returns. */
#define PC_SYNC 128u    /* O_SYNC. */
#define PC_DIRECT 256u  /* O_DIRECT. */

/* Opens a file, or with PC_READ a directory, and returns a handle above 0.
 * Returns -EINVAL for a flag that is none of the above. */
PC_API int pc_open(pc_world* world, const char* path, unsigned flags);
PC_API int pc_close(pc_world* world, int handle);
/* Return the number of bytes; at the end of the file pc_read() returns fewer.
 */
PC_API int64_t pc_read(pc_world* world, int handle, void* buffer, size_t size,
                       uint64_t offset);
PC_API int64_t pc_write(pc_world* world, int handle, const void* data,
                        size_t size, uint64_t offset);
PC_API int64_t pc_append(pc_world* world, int handle, const void* data,
                         size_t size);
PC_API int pc_truncate(pc_world* world, int handle, uint64_t size);
PC_API int pc_allocate(pc_world* world, int handle, uint64_t offset,
                       uint64_t size);
PC_API int pc_rename(pc_world* world, const char* from, const char* to);
/* Each of the two paths leads to what the other one led to, as renameat2() does
   with RENAME_EXCHANGE. */
PC_API int pc_exchange(pc_world* world, const char* a, const char* b);
PC_API int pc_link(pc_world* world, const char* from, const char* to);
PC_API int pc_unlink(pc_world* world, const char* path);
PC_API int pc_mkdir(pc_world* world, const char* path);
PC_API int pc_rmdir(pc_world* world, const char* path);
/* Writes the names in a directory to `names`, sorted, each ended by a zero
 * byte, as far as they fit, and returns how many bytes all of them take. */
PC_API int64_t pc_list(pc_world* world, const char* path, char* names,
                       size_t size);

typedef struct pc_facts {
  size_t size;           /* sizeof(pc_facts) */
  uint64_t file_bytes;   /* The size of the file. */
  uint64_t number;       /* The same for two names of one file. */
  uint32_t is_directory; /* 0 or 1. */
} pc_facts;
#define PC_FACTS {sizeof(pc_facts), 0, 0, 0}
PC_API int pc_stat(pc_world* world, const char* path, pc_facts* facts);
PC_API int pc_fstat(pc_world* world, int handle, pc_facts* facts);

typedef enum pc_sync_kind {
  PC_FSYNC = 0,
  PC_FDATASYNC = 1,
  PC_FULL_FSYNC = 2,    /* F_FULLFSYNC of macOS. */
  PC_BARRIER_FSYNC = 3, /* F_BARRIERFSYNC of macOS. */
  /* NtFlushBuffersFileEx, with no flag and with each of its three. */
  PC_NT_NORMAL = 4,
  PC_NT_FILE_DATA_ONLY = 5,
  PC_NT_NO_SYNC = 6,
  PC_NT_FILE_DATA_SYNC_ONLY = 7
} pc_sync_kind;
/* Syncs a file or, through a handle of it, a directory, in one of the kinds
 * above. What that promises is up to the profile. */
PC_API int pc_sync(pc_world* world, int handle, int kind);
/* sync_file_range() with all three flags; size 0 means up to the end. */
PC_API int pc_sync_range(pc_world* world, int handle, uint64_t offset,
                         uint64_t size);
/* syncfs(). In a world of logs, the same for all logs. */
PC_API int pc_sync_all(pc_world* world);

typedef enum pc_failure {
  PC_FAIL_SYNC = 0,        /* A sync fails with -EIO. What it would have made
                            * durable is in doubt, as the profile says. */
  PC_FAIL_WRITE = 1,       /* A write, or an append, fails with -EIO. */
  PC_FAIL_WRITE_FULL = 2,  /* The same with -ENOSPC. */
  PC_FAIL_WRITE_SHORT = 3, /* A write of n bytes writes n / 2, rounded down,
                            * and returns that. */
  PC_FAIL_SYNC_LIES = 4    /* A sync returns 0, and the device keeps nothing of
                            * it. The next sync that reaches the device makes
                            * that durable, too. */
} pc_failure;
/* Lets `passed` calls of this sort go well, and the `count` calls after them
 * fail. A second call for the same failure takes the place of the first. For a
 * raw disk, a sync is pc_disk_flush(), and PC_FAIL_WRITE_SHORT is -EINVAL. For
 * logs, a sync is pc_log_flush(), pc_log_flush_to() or pc_sync_all(), and no
 * other failure is there. */
PC_API int pc_fail(pc_world* world, int failure, uint64_t passed,
                   uint64_t count);

/* Mapped views. Offsets of a view count from its begin. pc_map() takes a range
 * within the file that begins at a multiple of 4096, and returns a view above
 * 0. */
PC_API int pc_map(pc_world* world, int handle, uint64_t offset, uint64_t size);
PC_API int64_t pc_store(pc_world* world, int view, uint64_t offset,
                        const void* data, size_t size);
PC_API int64_t pc_load(pc_world* world, int view, uint64_t offset, void* buffer,
                       size_t size);
PC_API int pc_msync(pc_world* world, int view, uint64_t offset, uint64_t size,
                    int async);
PC_API int pc_unmap(pc_world* world, int view);

/* --- A raw disk ------------------------------------------------------------
 */

/* These are for a world with PC_DOOR_DISK. Sectors have 512 bytes; ranges are
 * whole sectors. */
PC_API int pc_disk_read(pc_world* world, uint64_t first_sector, void* buffer,
                        size_t size);
/* With fua != 0 (force unit access) the write is durable when it returns. */
PC_API int pc_disk_write(pc_world* world, uint64_t first_sector,
                         const void* data, size_t size, int fua);
/* Makes durable what was written before. */
PC_API int pc_disk_flush(pc_world* world);
/* The sectors read as zeros. */
PC_API int pc_disk_discard(pc_world* world, uint64_t first_sector,
                           uint64_t count);

/* --- Logs ----------------------------------------------------------------- */

/* These are for a world with PC_DOOR_LOGS: logs as the Common Log File System
 * of Windows has them (clfsw32.h). A record has a log sequence number (LSN),
 * which rises with each append and is never given twice. What is appended can
 * be found after a crash; what is flushed must be. The records that a crash
 * leaves are a run from the first one on. All profiles are one for logs.
 *
 * Errors are -EBADF for a log or an area that there is not, -ENOSPC if the log
 * or the disk is full, -ENODATA if there is no such record, -EUCLEAN and
 * -EBADMSG if the disk holds no log that can be recovered, or a damaged record.
 */

/* Below the LSN of every record, and above. */
#define PC_LSN_NULL UINT64_C(0)
#define PC_LSN_INVALID UINT64_C(0xffffffff00000000)

/* Opens a log, and makes it if it is not there. Returns a log above 0. A name
 * has up to 32 bytes; there can be 8 logs, of 128 KiB each. */
PC_API int pc_log_open(pc_world* world, const char* name);
/* Adds a marshalling area, through which records are appended. Returns an area
 * above 0. */
PC_API int pc_log_area(pc_world* world, int log);

#define PC_LOG_FORCE_APPEND 1u /* The record survives the process. */
#define PC_LOG_FORCE_FLUSH 2u  /* The record is durable. */
/* Reserves room for a record and appends it: ReserveAndAppendLog(). `*lsn`,
 * which may be NULL, becomes its LSN, or PC_LSN_INVALID if that fails. Without
 * a flag nothing is promised of it. */
PC_API int pc_log_append(pc_world* world, int area, const void* data,
                         size_t size, unsigned flags, uint64_t* lsn);
/* FlushLogBuffers(): makes durable what was appended through this area, and all
 * records before that. */
PC_API int pc_log_flush(pc_world* world, int area);
/* FlushLogToLsn(): makes durable all records up to this one, of any area. With
 * PC_LSN_NULL it is pc_log_flush(). */
PC_API int pc_log_flush_to(pc_world* world, int area, uint64_t lsn);
/* WriteLogRestartArea(): appends a restart record, sets the base to `base`
 * unless that is PC_LSN_INVALID, and makes durable all records, the base and
 * the archive tail. */
PC_API int pc_log_restart(pc_world* world, int area, const void* data,
                          size_t size, uint64_t base, uint64_t* lsn);
/* AdvanceLogBase(), SetLogArchiveTail(): sets the first record that readers
 * need. The next restart area, or pc_sync_all(), promises it. */
PC_API int pc_log_advance_base(pc_world* world, int log, uint64_t lsn);
PC_API int pc_log_archive_tail(pc_world* world, int log, uint64_t lsn);
/* CloseAndResetLogFile(): empties the log. The next flush promises that. */
PC_API int pc_log_reset(pc_world* world, int log);

typedef struct pc_log_record {
  size_t size; /* sizeof(pc_log_record) */
  uint64_t lsn;
  uint64_t record_bytes; /* The size of the record. */
  uint32_t is_restart;   /* 0 or 1. */
} pc_log_record;
#define PC_LOG_RECORD {sizeof(pc_log_record), 0, 0, 0}
/* Reads the first record at or after the LSN `from` that is not below the base
 * (nor below the archive tail, if that is older), as far as it fits in
 * `buffer`. Returns its size. A walk begins at PC_LSN_NULL and goes on at lsn +
 * 1, until -ENODATA. `record` may be NULL. */
PC_API int64_t pc_log_read(pc_world* world, int log, uint64_t from,
                           void* buffer, size_t size, pc_log_record* record);
/* The newest restart record; -ENODATA if there is none. */
PC_API int64_t pc_log_read_restart(pc_world* world, int log, void* buffer,
                                   size_t size, pc_log_record* record);

typedef struct pc_log_facts {
  size_t size;           /* sizeof(pc_log_facts) */
  uint64_t base;         /* The base, or else the first record. */
  uint64_t last;         /* The last record. */
  uint64_t last_flushed; /* Every record up to this one is durable. */
  uint64_t restart;      /* The newest restart record, or PC_LSN_INVALID. */
  uint64_t archive_tail; /* PC_LSN_NULL if none was set. */
} pc_log_facts;
#define PC_LOG_FACTS {sizeof(pc_log_facts), 0, 0, 0, 0, 0}
PC_API int pc_log_stat(pc_world* world, int log, pc_log_facts* facts);

/* --- States --------------------------------------------------------------- */

typedef enum pc_isolation {
  /* Workers are forked: the safe way, and parallel. */
  PC_FORKED = 0,
  /* All states run in this process: the fastest way for one processor, and the
   * only one for processes with threads. */
  PC_IN_PROCESS = 1
} pc_isolation;

#define PC_CRASH_POWER 1u
#define PC_CRASH_OS 2u
#define PC_CRASH_PROCESS 4u

typedef struct pc_explore_options {
  size_t size; /* sizeof(pc_explore_options) */
  /* Names of profiles, separated by commas, or "all"; NULL for "spec-strict",
   * which promises what every document promises and no more. */
  const char* profiles;
  /* "exhaustive", "prefix", "epoch:K", "sample:N", each also with "+torn:T";
   * NULL for "exhaustive". */
  const char* space;
  unsigned crash_kinds; /* PC_CRASH_...; 0 for power. */
  uint32_t isolation;   /* PC_FORKED or PC_IN_PROCESS. */
  uint32_t jobs;        /* Workers, up to 1024; 0 for one for each processor. */
  uint64_t budget_ms;   /* Wall clock of each exploration; 0 for 10 s. */
  uint64_t runs_max;    /* The most recoveries; 0 for no bound. */
  uint64_t seed;        /* Of "sample:N". */
  uint32_t state_timeout_ms; /* Of one recovery, in a worker; 0 for 10 s. */
  /* How many crashes deep recoveries are crashed again, up to 8. What the
   * loop's body does to the state is its recovery: all of it, to the next
   * pc_next(). */
  uint32_t nested;
  /* 0, or 1: after an exploration that holds, each sync is left out in turn, to
   * tell which ones are needed. */
  uint32_t audit;
  /* An id of a report: that state alone runs, in this process. NULL: the
   * environment variable POWERCUT_AT decides, if it is set. An id of the audit
   * needs `audit`. */
  const char* at;
} pc_explore_options;
#define PC_EXPLORE_OPTIONS     \
  {sizeof(pc_explore_options), \
   NULL,                       \
   NULL,                       \
   0,                          \
   PC_FORKED,                  \
   0,                          \
   0,                          \
   0,                          \
   1,                          \
   0,                          \
   0,                          \
   0,                          \
   NULL}

/* Begins to explore the crashes of what was done in the world so far. `options`
 * may be NULL. The world may go on or be freed. Returns 0; -EINVAL if an option
 * is not in its range, and pc_last_error() of the world says which; or -ENOMEM.
 * A profile or a space that does not exist makes the result PC_FAILED, and the
 * report says which there are. */
PC_API int pc_explore(pc_world* world, const pc_explore_options* options,
                      pc_states** states);
/* Ends the state before, and returns the next one as a world of its own: what
 * it holds is what the crash left, and what is done in it is gone with it. It
 * is valid until the next call. NULL at the end. */
PC_API pc_world* pc_next(pc_states* states);
/* The loop is left before its end. In a worker this ends the state with what
 * was said of it, and the process: it does not return. In the process that
 * called pc_next() first, no more states are run. What was said until then is
 * in the report, and pc_result() is PC_VIOLATES, or PC_UNKNOWN if nothing was
 * said. At the end of a loop it does nothing. */
PC_API void pc_stop(pc_states* states);
/* pc_stop(), and then the states are freed. NULL is allowed. */
PC_API void pc_states_free(pc_states* states);

/* These are about the state that pc_next() returned. */

/* 1 if operation `number` was acknowledged before the crash; 0 if not. */
PC_API int pc_must_have(const pc_states* states, uint64_t number);
/* 1 if anything of operation `number` may be there: it was attempted before the
 * crash, and since then something was written or acknowledged; 0 if not. */
PC_API int pc_may_have(const pc_states* states, uint64_t number);
/* Something is wrong with this state. `cause` is a stable name without numbers:
 * each cause is reported once; an empty one is "unnamed". `text` and `file` may
 * be NULL. */
PC_API int pc_violation(pc_states* states, const char* cause, const char* text,
                        const char* file, uint32_t line);
/* What your storage holds after recovery, in any form of bytes. It must equal
 * what it holds after some prefix of the attempts that contains every ack;
 * anything else is a violation. With this, no check need be written. */
PC_API int pc_found(pc_states* states, const void* dump, size_t size);

/* These are about the whole exploration, and complete once pc_next() has
 * returned NULL. */

typedef enum pc_verdict {
  PC_HOLDS = 0,    /* Every state was looked at, and none is wrong. */
  PC_VIOLATES = 1, /* Some state is wrong. */
  PC_UNKNOWN = 2,  /* None was wrong, and not all were looked at. */
  PC_FAILED = 3    /* It could not be explored; the report says why. */
} pc_verdict;
PC_API pc_verdict pc_result(const pc_states* states);
/* The report for people: every cause with its simplest state. Valid as long as
 * `states`. Never NULL. */
PC_API const char* pc_report(const pc_states* states);

typedef struct pc_counts {
  size_t size;       /* sizeof(pc_counts) */
  uint64_t states;   /* Different states that were judged. */
  uint64_t runs;     /* Recoveries that it took. */
  uint64_t findings; /* Causes. */
  double space_log2; /* log2 of all states that crashes could leave. */
} pc_counts;
#define PC_COUNTS {sizeof(pc_counts), 0, 0, 0, 0}
PC_API int pc_count(const pc_states* states, pc_counts* counts);

/* One finding, from 0. The texts are valid as long as `states`, and never
 * NULL. */
typedef struct pc_finding {
  size_t size; /* sizeof(pc_finding) */
  const char* profile;
  const char* cause;
  const char* id;   /* Replays it: see pc_explore_options.at. */
  const char* text; /* The whole block of the report. */
  const char* file; /* Where pc_violation() was called; "" if unknown. */
  uint32_t line;
  uint64_t states; /* How many states have this cause. */
} pc_finding;
#define PC_FINDING {sizeof(pc_finding), "", "", "", "", "", 0, 0}
/* Returns 0, or -ERANGE behind the last one. */
PC_API int pc_get_finding(const pc_states* states, size_t index,
                          pc_finding* finding);

/* What the audit says of one sync, from 0. */
typedef enum pc_need {
  PC_NEEDED = 0,
  PC_GROUP = 1,     /* One of several is enough. */
  PC_REDUNDANT = 2, /* It makes nothing durable that was not durable anyway. */
  PC_UNSEEN = 3,    /* Less is durable without it; the loop does not notice. */
  PC_NEED_UNKNOWN = 4
} pc_need;
typedef struct pc_audited {
  size_t size; /* sizeof(pc_audited) */
  pc_need need;
  const char* profile;
  const char* call;  /* Such as "fdatasync /wal". */
  const char* place; /* Such as "wal.cc:57"; "" if unknown. */
  const char* cause; /* What is wrong without it; "" if nothing is. */
} pc_audited;
#define PC_AUDITED {sizeof(pc_audited), PC_NEED_UNKNOWN, "", "", "", ""}
PC_API int pc_get_audited(const pc_states* states, size_t index,
                          pc_audited* audited);

#ifdef __cplusplus
}
#endif

#endif /* POWERCUT_POWERCUT_H_ */
