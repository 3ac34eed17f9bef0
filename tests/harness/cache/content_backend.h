// ContentBackend: a backend whose recovery does what the first bytes of the
// disk say, such as work, crash, hang or eat memory; and a recording of such
// disks, with one crash point for each.

#ifndef POWERCUT_TESTS_HARNESS_CACHE_CONTENT_BACKEND_H_
#define POWERCUT_TESTS_HARNESS_CACHE_CONTENT_BACKEND_H_

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/backend.h"
#include "harness/base/check.h"
#include "harness/base/check_failure.h"
#include "harness/trace/trace.h"

namespace powercut {

// What a recovery does. The character stands in sector 0.
enum class Deed : char {
  kWork = 'w',
  kWorkSlowly = 'W',
  kShowMuch = 'b',  // Shows more than a ring holds.
  kFailToMount = 'u',
  kSegfault = 's',
  kAbort = 'a',
  kThrow = 't',
  kExitSeven = 'x',
  kExitZero = 'q',
  kLoop = 'c',
  kLoopOnDevice = 'd',         // Reads until the device fails.
  kLoopOnDeviceForEver = 'D',  // Goes on even then.
  kSleep = 'z',
  kEatMemory = 'm',
  kPoison = 'p',      // Works, and makes the next recovery abort.
  kScribbleUp = 'r',  // Works, and overwrites the shared memory.
  kScribbleDown = 'R',
  kFailCheck = 'k',  // Fails an internal check of powercut.
  kStop = 'S',       // Is stopped, and works once it goes on.
};

inline constexpr DiskGeometry kContentGeometry = {.sector_bytes = 512,
                                                  .sector_count = 64};
inline constexpr size_t kMuchBytes = (3 << 20) + 12345;

// Returns what a mount of a disk with this deed shows as the content of /f.
inline std::string ContentShown(Deed deed, uint32_t point) {
  std::string text = std::string(1, static_cast<char>(deed)) + ' ' +
                     std::to_string(point) + '\n';
  if (deed != Deed::kShowMuch) return text;
  std::string much;
  while (much.size() < kMuchBytes) much += text;
  return much;
}

// Overwrites what this process shares with its parent, as a wild pointer may,
// with numbers that rise or fall steeply, so that any two counters that lie
// there are far apart.
inline void ScribbleOnSharedMemory(bool rising) {
  std::FILE* maps = std::fopen("/proc/self/maps", "re");
  char line[512];
  while (std::fgets(line, sizeof(line), maps) != nullptr) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    char access[5] = {};
    if (std::sscanf(line, "%llx-%llx %4s", &begin, &end, access) != 3 ||
        std::strcmp(access, "rw-s") != 0) {
      continue;
    }
    auto* words = reinterpret_cast<uint64_t*>(begin);
    const uint64_t count = (end - begin) / sizeof(uint64_t);
    for (uint64_t i = 0; i < count; ++i) {
      words[i] = (rising ? i : count - i) << 40 | 5;
    }
  }
  std::fclose(maps);
}

class ContentMount : public Mount {
 public:
  explicit ContentMount(std::string content) : content_(std::move(content)) {}

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  Observation Observe() override {
    ObservedEntry entry;
    entry.path = "/f";
    entry.file_id = 5;
    entry.size_bytes = content_.size();
    entry.content = content_;
    Observation observation;
    observation.entries = {entry};
    return observation;
  }
  OpResult Shutdown() override { return {}; }

 private:
  std::string content_;
};

class ContentBackend : public Backend {
 public:
  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }

  MountResult Open(VirtualDisk& disk) override {
    if (poisoned_) abort();
    Bytes sector(kContentGeometry.sector_bytes);
    if (!disk.Read(0, sector)) return {nullptr, "mount: EIO"};
    const std::string_view text = AsText(sector);
    const std::string line(text.substr(0, text.find('\n') + 1));
    const Deed deed = static_cast<Deed>(text[0]);
    if (deed == Deed::kFailToMount) return {nullptr, "mount: " + line};
    Do(deed, disk);
    std::string content = line;
    while (deed == Deed::kShowMuch && content.size() < kMuchBytes) {
      content += line;
    }
    return {std::make_unique<ContentMount>(content), ""};
  }

 private:
  void Do(Deed deed, VirtualDisk& disk) {
    Bytes sector(kContentGeometry.sector_bytes);
    switch (deed) {
      case Deed::kWorkSlowly: {
        const timespec pause = {.tv_sec = 0, .tv_nsec = 200'000};
        nanosleep(&pause, nullptr);
        break;
      }
      case Deed::kSegfault:
        signal(SIGSEGV, SIG_DFL);  // A sanitizer would catch the signal.
        raise(SIGSEGV);
        break;
      case Deed::kAbort:
        abort();
      case Deed::kThrow:
        throw std::runtime_error("from storage code");
      case Deed::kExitSeven:
        _exit(7);
      case Deed::kExitZero:
        _exit(0);
      case Deed::kLoop:
        while (!never_) {
        }
        break;
      case Deed::kLoopOnDevice:
        while (disk.Read(1, sector)) {
        }
        break;
      case Deed::kLoopOnDeviceForEver:
        for (;;) (void)disk.Read(1, sector).has_value();
      case Deed::kSleep:
        for (;;) pause();
      case Deed::kEatMemory:
        EatMemory();
        break;
      case Deed::kFailCheck:
        EndFailedChecksWithStatus();
        POWERCUT_CHECK(!"asked for");
        break;
      case Deed::kStop:
        raise(SIGSTOP);
        break;
      case Deed::kPoison:
        poisoned_ = true;
        break;
      case Deed::kScribbleUp:
      case Deed::kScribbleDown:
        ScribbleOnSharedMemory(deed == Deed::kScribbleUp);
        break;
      default:
        break;
    }
  }

  static void EatMemory() {
    std::vector<std::unique_ptr<Bytes>> eaten;
    for (;;) {
      eaten.push_back(std::make_unique<Bytes>(16 << 20, std::byte{1}));
    }
  }

  BackendTraits traits_;
  bool poisoned_ = false;
  const volatile bool never_ = false;
};

// Returns a trace whose disk after event N says the Nth deed.
inline Trace TraceOfDeeds(const std::vector<Deed>& deeds) {
  Trace trace(kContentGeometry, std::make_shared<const SparseImage>(
                                    kContentGeometry.size_bytes()));
  for (uint32_t point = 1; point <= deeds.size(); ++point) {
    Bytes sector(kContentGeometry.sector_bytes);
    const std::string line =
        std::string(1, static_cast<char>(deeds[point - 1])) + ' ' +
        std::to_string(point) + '\n';
    std::memcpy(sector.data(), line.data(), line.size());
    trace.AddWrite(0, sector, Layer::kHost);
  }
  return trace;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CACHE_CONTENT_BACKEND_H_
