// DataAtomsApart() held against random workloads: where it returns true, no
// violation needs two data atoms.
//
// Method. At each moment of a workload some admissible observations are taken
// as bases. For each atom of a base the test finds the contents that are
// admissible there while all other atoms stay as they are. Then it exchanges
// many atoms at once for such contents. If the model rejects the mixture,
// although it admits each exchange alone, the atoms are tied, and
// DataAtomsApart() must have returned false.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/workload_text.h"
#include "harness/base/sanitizer.h"
#include "model/files/admissible.h"
#include "model/files/data_atoms.h"
#include "model/words/content.h"
#include "tests/exhaustive/definition.h"
#include "tests/exhaustive/model_moments.h"
#include "tests/exhaustive/seeds.h"

namespace powercut {
namespace {

constexpr size_t kObservationsMax = 1000;
constexpr int kBasesPerMoment = 4;
constexpr int kMixturesPerBase = 12;

struct Counts {
  // Workloads for which DataAtomsApart() returned true, and false.
  uint64_t apart = 0;
  uint64_t tied = 0;
  // Workloads among `tied` for which a violation that needs two atoms was met.
  uint64_t witnessed = 0;
  // Mixtures that were judged for the workloads in `apart`.
  uint64_t mixtures = 0;
};

Workload PickWorkload(Chooser& chooser, const Profile& profile) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = chooser.Below(6);
  knobs.run_ops = 2 + chooser.Below(6);
  knobs.files = 1 + chooser.Below(3);
  knobs.effects_max = 8;
  knobs.failed_flushes = chooser.OneIn(4);
  knobs.disputed_ops = chooser.OneIn(4);
  if (chooser.OneIn(4)) {
    // One file that is cut and grows again, often to the size that it had.
    knobs.files = 1;
    knobs.views = false;
    knobs.disk = false;
    knobs.focus = {OpKind::kWrite, OpKind::kTruncate, OpKind::kTruncate};
    knobs.focus_percent = 95;
  } else if (chooser.OneIn(2)) {
    knobs.focus = {OpKind::kWrite, OpKind::kRename, OpKind::kTruncate};
    knobs.focus_percent = 80;
  }
  return RandomWorkload(chooser, knobs, profile);
}

// The place of an atom in an observation.
struct Place {
  std::string path;  // Empty if the atom is a sector of the raw device.
  uint64_t index = 0;

  auto operator<=>(const Place&) const = default;
};

std::string& ContentAt(const Place& place, Observation& observation) {
  if (place.path.empty()) return observation.device;
  const ObservedEntry* entry = observation.Find(place.path);
  return const_cast<ObservedEntry*>(entry)->content;
}

std::string AtomAt(const Place& place, const Observation& observation) {
  const std::string& content = place.path.empty()
                                   ? observation.device
                                   : observation.Find(place.path)->content;
  const uint64_t begin = place.index * kAtomBytes;
  std::string atom =
      begin < content.size() ? content.substr(begin, kAtomBytes) : "";
  if (place.path.empty()) atom.resize(kAtomBytes);
  return atom;
}

void Put(const Place& place, const std::string& atom,
         Observation& observation) {
  std::string& content = ContentAt(place, observation);
  const uint64_t begin = place.index * kAtomBytes;
  if (!place.path.empty()) {
    content.replace(begin, atom.size(), atom);
    return;
  }
  content.resize(std::max<size_t>(content.size(), begin + atom.size()));
  content.replace(begin, atom.size(), atom);
  content.resize(content.find_last_not_of('\0') + 1);
}

// Judges one workload, moment by moment.
class Trial {
 public:
  Trial(const Workload& workload, const Profile& profile, Chooser& chooser,
        Counts& counts)
      : workload_(workload),
        model_(workload, profile),
        profile_(profile),
        chooser_(chooser),
        counts_(counts),
        apart_(DataAtomsApart(profile, workload)) {}

  // Describes an observation that is wrong only because of several atoms
  // together; empty if none was met.
  std::string Run() {
    ForEachMoment(workload_, model_, [this] { CheckMoment(); });
    ++(apart_ ? counts_.apart : counts_.tied);
    if (!apart_ && !found_.empty()) ++counts_.witnessed;
    return found_;
  }

  bool apart() const { return apart_; }

 private:
  void CheckMoment() {
    if (!found_.empty()) return;
    const CrashKind kind = kCrashKinds[chooser_.Below(kCrashKinds.size())];
    auto listed = AdmissibleObservations(model_, kind, kObservationsMax);
    if (!listed) return;
    for (const Observation& observation : *listed) {
      for (const Place& place : PlacesIn(observation)) {
        seen_[place].insert(AtomAt(place, observation));
      }
    }
    // Some storage shows neither times nor valid lengths, and the model then
    // has less to tell files apart by.
    const bool bare = chooser_.OneIn(2);
    for (int i = 0; i < kBasesPerMoment && found_.empty(); ++i) {
      Observation base = (*listed)[chooser_.Below(listed->size())];
      if (chooser_.OneIn(8)) AddStranger(base);
      for (ObservedEntry& entry : base.entries) {
        if (bare) entry.valid_bytes.reset();
        if (bare) entry.mtime.reset();
      }
      if (model_.Check(base, kind).empty()) CheckBase(base, kind);
    }
  }

  // Adds a name such as a rename may leave (rename_leaves_temporary).
  void AddStranger(Observation& base) {
    if (base.entries.empty()) return;
    ObservedEntry stranger = base.entries[chooser_.Below(base.entries.size())];
    stranger.path = stranger.path.substr(0, stranger.path.rfind('/')) + "/~zz";
    stranger.file_id = 1u << 20;
    base.entries.push_back(stranger);
    std::ranges::sort(base.entries, {}, &ObservedEntry::path);
  }

  std::vector<Place> PlacesIn(const Observation& observation) const {
    std::vector<Place> places;
    for (const ObservedEntry& entry : observation.entries) {
      for (uint64_t at = 0; at < entry.content.size(); at += kAtomBytes) {
        places.push_back({entry.path, at / kAtomBytes});
      }
    }
    for (uint64_t sector = 0; sector * kAtomBytes < observation.device.size();
         ++sector) {
      places.push_back({"", sector});
    }
    return places;
  }

  // Contents to try at a place: those that were met at the same index of any
  // file or of the device, zeros, and bytes that no op wrote.
  std::set<std::string> CandidatesFor(const Place& place, size_t size) const {
    std::set<std::string> candidates = {std::string(), std::string(size, '?')};
    for (const auto& [other, atoms] : seen_) {
      if (other.index == place.index) {
        candidates.insert(atoms.begin(), atoms.end());
      }
    }
    std::set<std::string> sized;
    for (std::string atom : candidates) {
      atom.resize(size);
      sized.insert(std::move(atom));
    }
    return sized;
  }

  void CheckBase(const Observation& base, CrashKind kind) {
    std::vector<Place> places = PlacesIn(base);
    for (const auto& [place, atoms] : seen_) {
      const bool beyond =
          place.path.empty() && place.index * kAtomBytes >= base.device.size();
      if (beyond) places.push_back(place);
    }
    // By atom, the contents that are admissible with the others as they are.
    std::map<Place, std::vector<std::string>> alone;
    for (const Place& place : places) {
      const std::string before = AtomAt(place, base);
      for (const std::string& atom : CandidatesFor(place, before.size())) {
        if (atom == before) continue;
        Observation changed = base;
        Put(place, atom, changed);
        if (model_.Check(changed, kind).empty()) alone[place].push_back(atom);
      }
    }
    if (alone.size() < 2) return;
    for (int i = 0; i < kMixturesPerBase; ++i) CheckMixture(base, kind, alone);
  }

  void CheckMixture(const Observation& base, CrashKind kind,
                    const std::map<Place, std::vector<std::string>>& alone) {
    Observation mixture = base;
    for (const auto& [place, atoms] : alone) {
      if (chooser_.OneIn(3)) continue;
      Put(place, atoms[chooser_.Below(atoms.size())], mixture);
    }
    if (apart_) ++counts_.mixtures;
    const auto violations = model_.Check(mixture, kind);
    if (violations.empty()) return;
    found_ = profile_.name + ", " + std::string(CrashKindName(kind)) + ": " +
             violations[0].path + " " + violations[0].cause + "\nfrom\n" +
             ObservationText(base) + "to\n" + ObservationText(mixture);
  }

  const Workload& workload_;
  Model model_;
  const Profile& profile_;
  Chooser& chooser_;
  Counts& counts_;
  const bool apart_;
  std::map<Place, std::set<std::string>> seen_;
  std::string found_;
};

TEST(DataAtomsRandom, NoViolationNeedsTwoWhereTheyAreApart) {
  Counts counts;
  for (uint64_t i = 0; i < WorkOf(3000); ++i) {
    SeededChooser chooser(Seed(i));
    const Profile profile = MixedProfile(chooser);
    const Workload workload = PickWorkload(chooser, profile);
    Trial trial(workload, profile, chooser, counts);
    const std::string found = trial.Run();
    ASSERT_TRUE(found.empty() || !trial.apart())
        << "seed " << Seed(i) << ", " << found << WorkloadText(workload);
  }
  std::printf(
      "%lu workloads apart, %lu not, %lu of them witnessed; %lu "
      "mixtures judged\n",
      counts.apart, counts.tied, counts.witnessed, counts.mixtures);
  EXPECT_GT(counts.apart, WorkOf(300));
  EXPECT_GT(counts.mixtures, WorkOf(3000));
  // About one workload in 300 is witnessed, so that the few that are tried
  // under sanitizers may have none.
  EXPECT_TRUE(kSanitized || counts.witnessed > 0);
}

}  // namespace
}  // namespace powercut
