// The same with each sync that it needs: no crash loses the file.

#include <cstdio>
#include <string>

#include <powercut/powercut.hpp>

namespace {

// A log that was flushed keeps its record.
bool LogHolds() {
  powercut::World world({.logs = true});
  powercut::Log log(world, "journal");
  world.attempt(1);
  log.append("first", PC_LOG_FORCE_FLUSH);
  world.ack(1);
  powercut::States states = world.explore();
  for (powercut::State& state : states) {
    const auto record = powercut::Log(state, "journal").read();
    state.found(record ? record->data : "");
  }
  std::printf("%s", states.report().c_str());
  return states.holds();
}

}  // namespace

int main() {
  if (!LogHolds()) return 2;
  powercut::World world;
  const int file = world.open("/new", PC_WRITE | PC_CREATE);
  world.write(file, "new content", 0);
  world.fsync(file);
  world.rename("/new", "/file");
  world.sync_directory("/");
  world.ack(1);

  powercut::States states = world.explore({.profiles = "linux-man"});
  for (powercut::State& state : states) {
    if (state.must_have(1) && state.content("/file") != "new content") {
      state.violation("file-lost");
    }
  }
  std::printf("%s", states.report().c_str());
  return states.holds() ? 0 : 1;
}
