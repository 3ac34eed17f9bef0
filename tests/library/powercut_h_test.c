/* The header is C: this file is compiled as C and uses each part of it once.
 * Returns the number of the first step that went wrong, 0 if none did. */

#include <errno.h>
#include <powercut/powercut.h>
#include <string.h>

int powercut_h_test(void);

static int write_records(pc_world* world) {
  const int log = pc_open(world, "/log", PC_READ | PC_WRITE | PC_CREATE);
  if (log < 0) return 1;
  for (uint64_t n = 1; n <= 2; ++n) {
    const char record = (char)('0' + n);
    if (pc_attempt(world, n) != 0) return 2;
    pc_at(world, __FILE__, __LINE__);
    if (pc_write(world, log, &record, 1, n - 1) != 1) return 3;
    if (pc_sync(world, log, PC_FSYNC) != 0) return 4;
    if (pc_ack(world, n) != 0) return 5;
  }
  return pc_close(world, log) == 0 ? 0 : 6;
}

static void recover(pc_states* states, pc_world* disk) {
  char records[2];
  int64_t size = 0;
  const int log = pc_open(disk, "/log", PC_READ);
  if (log > 0) size = pc_read(disk, log, records, sizeof(records), 0);
  /* A byte of the file may read as zero although its size is there. */
  if (size < 0) size = 0;
  while (size > 0 && records[size - 1] == 0) --size;
  pc_found(states, records, (size_t)size);
  if (size < 1 && pc_must_have(states, 1)) {
    pc_violation(states, "first-record-lost", "the log is empty", __FILE__,
                 __LINE__);
  }
}

/* A log of two records of which the second was never flushed. Returns 0, or the
 * number of the step that went wrong. */
static int use_log(void) {
  pc_world_options world_options = PC_WORLD_OPTIONS;
  world_options.door = PC_DOOR_LOGS;
  pc_world* world = NULL;
  if (pc_world_new(&world_options, &world) != 0) return 30;
  const int log = pc_log_open(world, "journal");
  const int area = pc_log_area(world, log);
  if (log < 1 || area < 1) return 31;
  uint64_t first = PC_LSN_INVALID;
  uint64_t second = PC_LSN_INVALID;
  if (pc_log_append(world, area, "one", 3, 0, &first) != 0) return 32;
  if (pc_log_append(world, area, "two", 3, 0, &second) != 0) return 33;
  if (pc_log_flush_to(world, area, first) != 0) return 34;
  pc_log_facts facts = PC_LOG_FACTS;
  if (pc_log_stat(world, log, &facts) != 0) return 35;
  if (facts.last_flushed != first || facts.last != second) return 36;
  pc_world* crashed = NULL;
  if (pc_crash_now(world, NULL, "none", &crashed) != 0) return 37;
  const int again = pc_log_open(crashed, "journal");
  char bytes[3];
  pc_log_record record = PC_LOG_RECORD;
  if (pc_log_read(crashed, again, PC_LSN_NULL, bytes, sizeof(bytes), &record) !=
          3 ||
      record.lsn != first || memcmp(bytes, "one", 3) != 0) {
    return 38;
  }
  if (pc_log_read(crashed, again, first + 1, bytes, sizeof(bytes), NULL) !=
      -ENODATA) {
    return 39;
  }
  if (pc_log_read_restart(crashed, again, NULL, 0, NULL) != -ENODATA) return 40;
  pc_world_free(crashed);
  pc_world_free(world);
  return 0;
}

int powercut_h_test(void) {
  const int wrong_log = use_log();
  if (wrong_log != 0) return wrong_log;
  pc_world_options world_options = PC_WORLD_OPTIONS;
  pc_world* world = NULL;
  if (pc_world_new(&world_options, &world) != 0) return 10;
  if (pc_open(world, "/none", PC_READ) != -ENOENT) return 11;
  if (strstr(pc_last_error(world), "No such file") == NULL) return 12;
  if (pc_open(NULL, "/none", PC_READ) != -EINVAL) return 13;
  const int wrong = write_records(world);
  if (wrong != 0) return wrong;

  pc_explore_options options = PC_EXPLORE_OPTIONS;
  options.profiles = "ext4-ordered";
  pc_states* states = NULL;
  if (pc_explore(world, &options, &states) != 0) return 14;
  for (pc_world* disk; (disk = pc_next(states)) != NULL;) {
    recover(states, disk);
  }
  if (pc_result(states) != PC_HOLDS) return 15;
  pc_counts counts = PC_COUNTS;
  if (pc_count(states, &counts) != 0 || counts.states < 5) return 16;
  pc_finding finding = PC_FINDING;
  if (pc_get_finding(states, 0, &finding) != -ERANGE) return 17;
  if (strstr(pc_report(states), "verdict: holds") == NULL) return 18;
  pc_states_free(states);
  pc_world_free(world);
  return 0;
}
