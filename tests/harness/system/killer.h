// Killer: a process of its own that kills children of this process now and
// then. It is not a thread, since the pool under test forks.

#ifndef POWERCUT_TESTS_HARNESS_SYSTEM_KILLER_H_
#define POWERCUT_TESTS_HARNESS_SYSTEM_KILLER_H_

#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "harness/base/check.h"
#include "harness/base/prng.h"

namespace powercut {

// Returns the parent of a process; 0 if the process is gone.
inline pid_t ParentOf(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  std::FILE* stat = std::fopen(path.c_str(), "re");
  if (stat == nullptr) return 0;
  char state = 'Z';
  int parent = 0;
  if (std::fscanf(stat, "%*d (%*[^)]) %c %d", &state, &parent) != 2) {
    parent = 0;
  }
  std::fclose(stat);
  return state == 'Z' ? 0 : parent;
}

inline std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid > 0 && ParentOf(pid) == parent) children.push_back(pid);
  }
  closedir(proc);
  return children;
}

class Killer {
 public:
  // Kills random children with pauses of `pause_us` to twice as long in
  // between.
  Killer(uint64_t seed, uint32_t pause_us) {
    void* shared = mmap(nullptr, sizeof(*kills_), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    POWERCUT_CHECK(shared != MAP_FAILED);
    kills_ = new (shared) std::atomic<uint64_t>(0);
    const pid_t victim = getpid();
    pid_ = fork();
    if (pid_ == 0) Kill(victim, seed, pause_us);
  }
  Killer(const Killer&) = delete;
  Killer& operator=(const Killer&) = delete;
  ~Killer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    munmap(kills_, sizeof(*kills_));
  }

  // How many kills were made so far.
  uint64_t kills() const { return *kills_; }

 private:
  [[noreturn]] void Kill(pid_t victim, uint64_t seed, uint32_t pause_us) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    constexpr int kSignals[] = {SIGKILL, SIGKILL, SIGTERM, SIGHUP};
    Prng prng(seed);
    for (;;) {
      const timespec pause = {
          .tv_sec = 0,
          .tv_nsec = 1000 * static_cast<long>(pause_us + prng.Below(pause_us))};
      nanosleep(&pause, nullptr);
      std::vector<pid_t> children = ChildrenOf(victim);
      std::erase(children, getpid());
      if (children.empty()) continue;
      const pid_t child = children[prng.Below(children.size())];
      if (kill(child, kSignals[prng.Below(4)]) == 0) ++*kills_;
    }
  }

  pid_t pid_ = 0;
  std::atomic<uint64_t>* kills_ = nullptr;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_SYSTEM_KILLER_H_
