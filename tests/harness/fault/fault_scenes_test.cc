// What a broken disk does, as fixed text: random requests, of which faults of
// all kinds and targets fall on some, with what each returns, what the disk
// below got, and what the marks say. tests/golden/faults.txt holds the text. If
// it differs, the new text is written to the temporary folder of the tests;
// look at the difference, and copy it to that place if it is right.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "harness/fault/fault_counts.h"
#include "harness/fault/fault_disk.h"
#include "harness/trace/op_history.h"
#include "harness/trace/recording_disk.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 8;

// The first and the fifth byte of each sector: the first one shows whether a
// fault turned its lowest bit over.
std::string SectorsText(ByteSpan bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += kSectorBytes) {
    text += fmt::format(" {}/{}", std::to_integer<int>(bytes[at]),
                        std::to_integer<int>(bytes[at + 4]));
  }
  return text;
}

// Every kind of fault on every target that it is offered for.
std::vector<std::string> OfferedFaults() {
  std::vector<std::string> offered;
  for (const std::string kind :
       {"error", "full", "lie", "lose", "tear", "misdirect", "flip", "delay"}) {
    for (const std::string target : {"read", "write", "flush", "discard"}) {
      std::string text = kind + " on " + target;
      const auto fault = ParseFault(text, "");
      if (fault && CheckFaultIsOffered(*fault)) offered.push_back(text);
    }
  }
  return offered;
}

std::string TraceText(const Trace& trace) {
  std::string text;
  size_t next = 0;
  const auto add_marks = [&](EventNumber after) {
    for (; next < trace.marks().size() && trace.marks()[next].after == after;
         ++next) {
      text += fmt::format("    = {}\n", trace.marks()[next].text);
    }
  };
  for (EventNumber n = 1; n <= trace.event_count(); ++n) {
    add_marks(n - 1);
    const DiskEvent& event = trace.event(n);
    const auto layer = static_cast<int>(event.layer);
    if (event.kind == DiskEvent::kPersist) {
      text += fmt::format("    persist to {} up to {}{}\n", layer, event.upto,
                          event.scope ? " of some" : "");
      continue;
    }
    text += fmt::format(
        "    {} {}+{} at {}{}\n",
        event.kind == DiskEvent::kWrite ? "write" : "discard",
        event.range.first, event.range.count, layer,
        event.kind == DiskEvent::kWrite ? SectorsText(trace.data(event)) : "");
  }
  add_marks(trace.event_count());
  return text;
}

// A random request, and what came of it.
std::string OneRequest(FaultDisk& disk, uint32_t number, Prng& prng) {
  const uint64_t first = prng.Below(kSectors);
  const uint64_t count = 1 + prng.Below(kSectors - first);
  const auto end = [](const Status& status) {
    return status
               ? std::string("ok")
               : fmt::format("error {}", static_cast<int>(status.error().code));
  };
  switch (prng.Below(8)) {
    case 0:
    case 1: {
      Bytes bytes(count * kSectorBytes);
      const Status status = disk.Read(first, bytes);
      std::string text =
          fmt::format("read {}+{}: {}", first, count, end(status));
      if (status) text += SectorsText(bytes);
      return text;
    }
    case 2: {
      return fmt::format("discard {}+{}: {}", first, count,
                         end(disk.Discard({first, count})));
    }
    case 3:
    case 4: {
      const auto to = static_cast<Layer>(1 + prng.Below(3));
      SectorSet scope;
      scope.Add({first, count});
      const bool named = prng.OneIn(3);
      std::optional<EventNumber> upto;
      if (prng.OneIn(2)) {
        upto = static_cast<EventNumber>(prng.Below(disk.event_count() + 1));
      }
      const Status status = disk.Persist(to, named ? &scope : nullptr, upto);
      return fmt::format("persist to {}{}{}: {}", static_cast<int>(to),
                         named ? fmt::format(" of {}+{}", first, count) : "",
                         upto ? fmt::format(" up to {}", *upto) : "",
                         end(status));
    }
    default: {
      Words words;
      for (uint64_t i = 0; i < count; ++i) words.push_back(number * 2 + 100);
      const auto layer = static_cast<Layer>(prng.Below(3));
      return fmt::format("write {}+{} at {}: {}", first, count,
                         static_cast<int>(layer),
                         end(disk.Write(first, SectorsOf(words), layer)));
    }
  }
}

std::string SceneOf(uint64_t seed, const std::vector<std::string>& offered) {
  Prng prng(seed);
  std::string text = fmt::format("== {}\n", seed);
  std::vector<Op> faults;
  for (uint64_t n = 1 + prng.Below(3); n > 0; --n) {
    std::string line = offered[(seed + n * 5) % offered.size()];
    line += fmt::format(" nth={}", 1 + prng.Below(2));
    if (prng.OneIn(3)) {
      line += prng.OneIn(2) ? " times=2" : " times=always";
    }
    const uint64_t first = prng.Below(5);
    if (prng.OneIn(3))
      line += fmt::format(" sectors={0}~{1}", first, first + 2);
    faults.push_back(ParseFault(line, "").value());
    text += line + "\n";
  }
  RecordingDisk below({kSectorBytes, kSectors},
                      std::make_shared<SparseImage>(kSectors * kSectorBytes));
  FaultDisk disk(below, faults, FaultPhase::kRun);
  const uint64_t armed_at = prng.Below(3);
  for (uint32_t number = 0; number < 14; ++number) {
    if (number == armed_at) disk.Arm();
    text += "  " + OneRequest(disk, number, prng) + "\n";
  }
  EXPECT_TRUE(disk.Disarm());
  text += fmt::format("  events {}, fired", disk.event_count());
  for (const uint32_t fired : disk.Fired()) text += fmt::format(" {}", fired);
  text += "\n" + TraceText(below.trace());
  Workload workload;
  workload.faults = faults;
  for (const FaultCount& count :
       FaultCountsOf(workload, HistoryOf(below.trace(), 0, 3).value())) {
    text += fmt::format("  {}: {} of line {}\n", count.text, count.fired,
                        count.line);
  }
  return text;
}

TEST(FaultScenes, AreWhatTheyWere) {
  const std::vector<std::string> offered = OfferedFaults();
  std::string text;
  for (const std::string& fault : offered) text += fault + "\n";
  for (uint64_t seed = 1; seed <= 40; ++seed) text += SceneOf(seed, offered);
  const std::string path = "tests/golden/faults.txt";
  std::ifstream in(std::string(POWERCUT_SOURCE_DIR) + "/" + path,
                   std::ios::binary);
  const std::string known{std::istreambuf_iterator<char>(in), {}};
  if (known == text) return;
  const std::string fresh = ::testing::TempDir() + "faults.txt";
  std::ofstream(fresh, std::ios::binary) << text;
  FAIL() << path << " is out of date: see " << fresh;
}

}  // namespace
}  // namespace powercut
