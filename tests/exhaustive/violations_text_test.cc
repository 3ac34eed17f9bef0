// What the model says of wrong observations, as fixed text: random workloads of
// files, raw sectors and logs, crashed at a random moment; an observation that
// a crash may leave is changed in a few places, and each violation is written
// down whole. tests/golden/violations.txt holds the text. If it differs, the
// new text is written to the temporary folder of the tests; look at the
// difference, and copy it to that place if it is right.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "fuzz/draw/random_log_workload.h"
#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/workload_text.h"
#include "harness/trace/op_history.h"
#include "model/files/admissible.h"
#include "tests/exhaustive/disagreement.h"
#include "tests/exhaustive/model_moments.h"

namespace powercut {
namespace {

// How many violations of one cause are kept.
constexpr int kOfCauseMax = 1;

std::string ViolationText(const Violation& v) {
  const std::string flush =
      v.promise.flush_op ? std::to_string(*v.promise.flush_op) : "none";
  return fmt::format(
      "  {} {}: {}\n    op {}{}, promise {} by {}\n    admissible {}\n"
      "    found {}\n",
      ViolationKindName(v.kind), v.path, v.cause, v.op,
      v.op_returned ? " returned" : "", v.promise.effect_op, flush,
      v.admissible, v.found);
}

// Changes one thing of the entries. `other` is an observation of the same
// model.
std::string ChangeFiles(Chooser& chooser, const Observation& other,
                        Observation& seen) {
  if (seen.entries.empty() || chooser.OneIn(10)) {
    seen.device = other.device;
    seen.device.resize((seen.device.size() + 511) / 512 * 512, '\0');
    seen.device += std::string(512, 'x');
    return "device";
  }
  const size_t at = chooser.Below(seen.entries.size());
  ObservedEntry& entry = seen.entries[at];
  switch (chooser.Below(10)) {
    case 0:
      seen.entries.erase(seen.entries.begin() + static_cast<ptrdiff_t>(at));
      return "entry gone";
    case 1:
      entry.mtime = 777;
      return "time";
    case 2:
      entry.content.resize(entry.content.size() + 100, 'y');
      entry.size_bytes = entry.content.size();
      return "grown";
    case 3:
      if (entry.content.empty()) return "nothing";
      entry.content.resize(entry.content.size() / 2);
      entry.size_bytes = entry.content.size();
      return "cut";
    case 4:
      if (entry.content.empty()) return "nothing";
      entry.content[chooser.Below(entry.content.size())] ^= 1;
      return "byte";
    case 5:
      if (entry.content.empty()) return "nothing";
      std::fill(entry.content.begin(), entry.content.end(), '\0');
      return "zeros";
    case 6:
      entry.unreadable = "EIO";
      return "unreadable";
    case 7: {
      ObservedEntry stranger = entry;
      stranger.path = "/stranger";
      stranger.file_id = 99;
      seen.entries.push_back(std::move(stranger));
      return "stranger";
    }
    case 8:
      entry.is_directory = !entry.is_directory;
      return "kind";
    default: {
      const size_t twin = chooser.Below(seen.entries.size());
      const std::string path = entry.path;
      entry = seen.entries[twin];
      entry.path = path;
      return "another's entry";
    }
  }
}

std::string ChangeLogs(Chooser& chooser, Observation& seen) {
  ObservedLog& log = seen.logs[0];
  const size_t count = log.records.size();
  const size_t at = count == 0 ? 0 : chooser.Below(count);
  switch (chooser.Below(8)) {
    case 0:
      seen.logs.clear();
      return "no log";
    case 1:
      log.unreadable = "bad header";
      return "unreadable";
    case 2:
      log.base_lsn = count == 0 ? 9 : log.records[at].lsn;
      return "base";
    case 3:
      log.restart_lsn = count == 0 ? 9 : log.records[at].lsn;
      return "restart";
    case 4:
      if (count == 0) return "nothing";
      log.records[at].restart = !log.records[at].restart;
      return "kind of record";
    case 5:
      if (count == 0) return "nothing";
      log.records[at].content[chooser.Below(log.records[at].content.size())] ^=
          1;
      return "byte of record";
    case 6:
      if (count < 2) return "nothing";
      std::swap(log.records[0].lsn, log.records[count - 1].lsn);
      return "order";
    default:
      if (count == 0) return "nothing";
      log.records.erase(log.records.begin() + static_cast<ptrdiff_t>(at));
      return "record gone";
  }
}

// The violations of one workload, of which some causes are written down.
std::string WrongOf(uint64_t seed, bool logs,
                    std::map<std::string, int>& known) {
  SeededChooser chooser(seed);
  const Profile profile =
      logs ? *FindProfile("spec-strict") : MixedProfile(chooser);
  RandomWorkloadKnobs knobs;
  knobs.init_ops = 3;
  knobs.run_ops = 6;
  knobs.failed_flushes = true;
  if (seed % 4 == 1) {
    knobs.files = 3;
    knobs.focus = {OpKind::kRename, OpKind::kRename, OpKind::kLink,
                   OpKind::kUnlink, OpKind::kReplaceFile};
  }
  const Workload workload = logs ? RandomLogWorkload(chooser, {})
                                 : RandomWorkload(chooser, knobs, profile);
  const auto history = ExpectedHistory(workload);
  ModelCursor cursor(workload, profile, history);
  size_t begin = 0;
  while (history[begin].kind != HistoryEvent::kRun) ++begin;
  const size_t moment = begin + 1 + chooser.Below(history.size() - begin);
  cursor.MoveTo(moment);
  const CrashKind kind = kCrashKinds[chooser.Below(kCrashKinds.size())];
  const auto members = AdmissibleObservations(cursor.model(), kind, 3000);
  if (!members || members->empty()) return {};
  std::string text;
  for (int i = 0; i < 6; ++i) {
    const auto& other = (*members)[chooser.Below(members->size())];
    Observation seen = (*members)[chooser.Below(members->size())];
    std::string changes;
    for (uint64_t n = 1 + chooser.Below(2); n > 0; --n) {
      const bool of_logs = logs && !seen.logs.empty();
      changes += " " + (of_logs ? ChangeLogs(chooser, seen)
                                : ChangeFiles(chooser, other, seen));
    }
    const auto violations = cursor.model().Check(seen, kind);
    const bool news = std::any_of(
        violations.begin(), violations.end(),
        [&](const auto& v) { return known[v.cause] < kOfCauseMax; });
    if (!news) continue;
    text +=
        fmt::format(" {} crash, changed:{}\n", CrashKindName(kind), changes);
    for (const Violation& v : violations) {
      ++known[v.cause];
      text += ViolationText(v);
    }
  }
  if (text.empty()) return {};
  return fmt::format("== {}\n{} {}\n{}", seed, WorkloadText(workload),
                     MomentText(workload, history, moment), text);
}

TEST(ViolationsText, IsWhatItWas) {
  std::map<std::string, int> known;
  std::string text;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    text += WrongOf(seed, seed % 4 == 0, known);
  }
  const std::string path = "tests/golden/violations.txt";
  std::ifstream in(std::string(POWERCUT_SOURCE_DIR) + "/" + path,
                   std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), {}};
  if (golden == text) return;
  const std::string fresh = ::testing::TempDir() + "violations.txt";
  std::ofstream(fresh, std::ios::binary) << text;
  FAIL() << path << " is out of date: see " << fresh;
}

}  // namespace
}  // namespace powercut
