/* A file that is replaced by rename without a sync: a crash can leave it empty.
 */

#include <powercut/powercut.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  pc_world* world = NULL;
  if (pc_world_new(NULL, &world) != 0) return 1;
  const int file = pc_open(world, "/new", PC_WRITE | PC_CREATE);
  pc_write(world, file, "new content", 11, 0);
  pc_close(world, file);
  pc_rename(world, "/new", "/file");
  pc_ack(world, 1);

  pc_explore_options options = PC_EXPLORE_OPTIONS;
  options.profiles = "linux-man";
  pc_states* states = NULL;
  if (pc_explore(world, &options, &states) != 0) return 2;
  for (pc_world* disk; (disk = pc_next(states)) != NULL;) {
    char content[16] = "";
    const int found = pc_open(disk, "/file", PC_READ);
    if (found > 0) pc_read(disk, found, content, 11, 0);
    if (pc_must_have(states, 1) && strcmp(content, "new content") != 0) {
      pc_violation(states, "file-lost", content, __FILE__, __LINE__);
    }
  }
  puts(pc_report(states));
  const int right = pc_result(states) == PC_VIOLATES ? 0 : 3;
  pc_states_free(states);
  pc_world_free(world);
  return right;
}
