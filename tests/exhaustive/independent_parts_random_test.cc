// IndependentParts held against random workloads: no violation needs parts with
// two numbers.
//
// Method. At each moment of a workload some admissible observations are taken
// as bases. Every observation that was admissible at any moment offers its
// parts. For each number, the test finds the offers that are admissible now
// while all parts with other numbers stay as they are in the base. Then it
// exchanges many numbers at once for such offers. If the model rejects the
// mixture, although it admits each exchange alone, the parts are tied and must
// have had one number.
//
// A second test gives every part a number of its own. It must meet mixtures
// that are rejected, or the first test could not fail.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/draw/observed_parts.h"
#include "fuzz/draw/random_workload.h"
#include "fuzz/draw/workload_text.h"
#include "model/files/admissible.h"
#include "model/files/independent_parts.h"
#include "tests/exhaustive/definition.h"
#include "tests/exhaustive/model_moments.h"
#include "tests/exhaustive/seeds.h"

namespace powercut {
namespace {

constexpr size_t kObservationsMax = 1000;
constexpr int kBasesPerMoment = 4;
constexpr int kMixturesPerBase = 12;
constexpr size_t kOffersPerNumber = 12;
constexpr size_t kOffersKept = 400;

Workload PickWorkload(Chooser& chooser, const Profile& profile) {
  RandomWorkloadKnobs knobs;
  knobs.init_ops = chooser.Below(7);
  knobs.run_ops = 2 + chooser.Below(6);
  knobs.files = 1 + chooser.Below(3);
  knobs.effects_max = 8;
  knobs.failed_flushes = chooser.OneIn(4);
  knobs.disputed_ops = chooser.OneIn(4);
  if (chooser.OneIn(3)) {
    // Names that lead to several files, and times without other effects.
    knobs.focus = {OpKind::kRename, OpKind::kLink, OpKind::kSetTimes,
                   OpKind::kWrite};
    knobs.focus_percent = 80;
  }
  return RandomWorkload(chooser, knobs, profile);
}

using NumberOf = std::function<uint32_t(ShownPart)>;

// Judges one workload, moment by moment.
class Trial {
 public:
  Trial(const Workload& workload, const Profile& profile, Chooser& chooser,
        NumberOf number_of)
      : workload_(workload),
        model_(workload, profile),
        profile_(profile),
        chooser_(chooser),
        number_of_(std::move(number_of)) {}

  // Describes an observation that is wrong only because of parts with several
  // numbers together; empty if none was met.
  std::string Run() {
    ForEachMoment(workload_, model_, [this] { CheckMoment(); });
    return found_;
  }

  // Mixtures of several numbers that were judged.
  uint64_t mixtures() const { return mixtures_; }

 private:
  void CheckMoment() {
    if (!found_.empty()) return;
    const CrashKind kind = kCrashKinds[chooser_.Below(kCrashKinds.size())];
    auto listed = AdmissibleObservations(model_, kind, kObservationsMax);
    if (!listed) return;
    for (size_t i = 0; i < 20; ++i) {
      Observation& offer = (*listed)[chooser_.Below(listed->size())];
      if (offers_.size() < kOffersKept) offers_.push_back(offer);
    }
    for (int i = 0; i < kBasesPerMoment && found_.empty(); ++i) {
      const Observation& base = (*listed)[chooser_.Below(listed->size())];
      if (model_.Check(base, kind).empty()) CheckBase(base, kind);
    }
  }

  // The base with the parts of one number as the offer has them.
  void Exchange(uint32_t number, const Observation& offer,
                Observation& base) const {
    const Observation before = base;
    for (const ShownPart part : PartsIn(before)) {
      if (number_of_(part) == number) CopyPart(part, offer, base);
    }
  }

  void CheckBase(const Observation& base, CrashKind kind) {
    std::map<uint32_t, std::vector<const Observation*>> alone;
    for (const ShownPart part : PartsIn(base)) {
      if (const uint32_t number = number_of_(part)) alone[number];
    }
    for (auto& [number, offers] : alone) {
      for (size_t i = 0; i < kOffersPerNumber; ++i) {
        const Observation& offer = offers_[chooser_.Below(offers_.size())];
        Observation changed = base;
        Exchange(number, offer, changed);
        if (changed == base || !model_.Check(changed, kind).empty()) continue;
        offers.push_back(&offer);
      }
    }
    std::erase_if(alone,
                  [](const auto& known) { return known.second.empty(); });
    if (alone.size() < 2) return;
    for (int i = 0; i < kMixturesPerBase; ++i) CheckMixture(base, kind, alone);
  }

  void CheckMixture(
      const Observation& base, CrashKind kind,
      const std::map<uint32_t, std::vector<const Observation*>>& alone) {
    Observation mixture = base;
    for (const auto& [number, offers] : alone) {
      if (chooser_.OneIn(3)) continue;
      Exchange(number, *offers[chooser_.Below(offers.size())], mixture);
    }
    ++mixtures_;
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
  const NumberOf number_of_;
  // Observations that were admissible at some moment.
  std::vector<Observation> offers_;
  std::string found_;
  uint64_t mixtures_ = 0;
};

TEST(IndependentPartsRandom, NoViolationNeedsTwo) {
  uint64_t several = 0;
  uint64_t mixtures = 0;
  for (uint64_t i = 0; i < WorkOf(5000); ++i) {
    SeededChooser chooser(Seed(i));
    const Profile profile = MixedProfile(chooser);
    const Workload workload = PickWorkload(chooser, profile);
    const IndependentParts parts(profile, workload);
    Trial trial(workload, profile, chooser,
                [&](ShownPart part) { return parts.NumberOf(part); });
    const std::string found = trial.Run();
    ASSERT_EQ(found, "") << "seed " << Seed(i) << "\n"
                         << parts.Text() << WorkloadText(workload);
    several += parts.count() > 1 ? 1 : 0;
    mixtures += trial.mixtures();
  }
  std::printf("%lu workloads with several parts, %lu mixtures judged\n",
              several, mixtures);
  EXPECT_GT(several, WorkOf(1000));
  EXPECT_GT(mixtures, WorkOf(10000));
}

TEST(IndependentPartsRandom, TiesAreSeenWhereEveryPartHasANumber) {
  uint64_t witnessed = 0;
  for (uint64_t i = 0; i < WorkOf(1000); ++i) {
    SeededChooser chooser(Seed(i));
    const Profile profile = MixedProfile(chooser);
    const Workload workload = PickWorkload(chooser, profile);
    std::map<std::pair<ShownPart::Kind, std::string>, uint32_t> numbers;
    Trial trial(workload, profile, chooser, [&](ShownPart part) {
      const auto next = static_cast<uint32_t>(numbers.size() + 1);
      return numbers.try_emplace({part.kind, std::string(part.path)}, next)
          .first->second;
    });
    if (!trial.Run().empty()) ++witnessed;
  }
  std::printf("%lu workloads with ties\n", witnessed);
  EXPECT_GT(witnessed, 0u);
}

}  // namespace
}  // namespace powercut
