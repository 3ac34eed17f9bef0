// Litmus tests: a small workload whose conditions say what a crash may leave
// (`allow`) and what it must not (`forbid`), run with every crash state there
// is. Nothing is printed here.

#ifndef POWERCUT_HARNESS_LITMUS_LITMUS_H_
#define POWERCUT_HARNESS_LITMUS_LITMUS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backend.h"
#include "harness/judge/finding.h"
#include "harness/record/recording.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// One condition of a test, counted.
struct LitmusOutcome {
  std::string text;  // of the condition
  bool allow = true;
  int line = 0;
  // The profile is among those it is for. If not, it is not counted.
  bool applies = true;
  // Crash states from `cut` on that satisfy it; on the model: admissible
  // observations.
  uint64_t observed = 0;
};

// One test under one profile on one backend.
struct LitmusRun {
  enum Verdict : uint8_t { kOk, kViolation, kUnseen, kUnsupported };

  std::string backend;
  std::string profile;
  Verdict verdict = kOk;
  // kUnsupported: why, in one line.
  std::string reason;
  // In the order of the file.
  std::vector<LitmusOutcome> outcomes;
  uint64_t states = 0;  // explored, from `run` on
  uint64_t at_cut = 0;  // of them from `cut` on
  uint64_t other = 0;   // of those: satisfy none of the conditions that apply
  uint64_t runs = 0;    // recoveries
  // What the model, or a `forbid`, has against states: one a cause.
  std::vector<Finding> findings;
  // What they were found in, if there are any and the backend cannot record it
  // again.
  std::optional<Recording> recording;
};

// `ok`, `violation`, `unseen`, `unsupported`.
std::string_view LitmusVerdictName(LitmusRun::Verdict verdict);

// The backend whose states are what the model admits.
inline constexpr std::string_view kModelBackend = "model";

// Whether a backend leaves every state that the model admits, so that an
// `allow` that is not seen is an error.
bool ShowsAllThatIsAllowed(std::string_view backend);

// The profiles a test is run under: those that its conditions name, else the
// one that the file names, else all that are offered; narrowed to `selected`
// if that is not empty. In the order of Profiles().
// `offered`: in any order.
std::vector<std::string> LitmusProfiles(
    const Workload& workload, const std::vector<std::string>& offered,
    const std::vector<std::string>& selected);

// The same for a backend. One that has one behaviour, whatever it is judged
// by, is judged by those selected, else by its claim, whatever the test names.
std::vector<std::string> LitmusProfilesOf(
    const Workload& workload, const BackendTraits& traits,
    const std::vector<std::string>& selected);

// The profiles a backend can be judged by: its traits', or else its claim.
std::vector<std::string> OfferedProfiles(const BackendTraits& traits);

struct LitmusOptions {
  // Workers; 0: recoveries run in this process, for storage of our own.
  uint32_t jobs = 1;
  // Bytes the device writes whole; nothing: as the file or the backend says.
  std::optional<uint32_t> atomic_bytes;
  std::function<bool()> interrupted;
};

// Explores all states of all crash points from `run` on (of a backend that need
// not show all that is allowed: with more than 2^20 of them, those of epoch:1),
// each kind of crash that the file names (else power), each state judged by the
// model and by the conditions. Does not depend on `jobs`. What the backend or
// the profile does not offer (an op, a kind of crash) is a run of verdict
// kUnsupported. Errors: kBadInput: an op did not end as the file says, or there
// are more states than 2^20; each with the file. kInternal: a self-check
// failed.
Result<LitmusRun> RunLitmus(Backend& backend, const Workload& workload,
                            const std::string& profile,
                            const LitmusOptions& options);

// The same on the model itself: no disk, but every observation that it admits
// at each moment from `cut` on, each begin and each end of an op being one.
// Where it admits any bytes in an atom, every content that the conditions ask
// for is counted as seen.
// A flush that the file expects to fail fails, if it has faults.
// `promises`: PromisesOf(profile), or for tests another table.
Result<LitmusRun> RunLitmusOnModel(const Workload& workload,
                                   const Profile& profile,
                                   const PromiseTable& promises);

// The outcomes of a test before anything is counted.
std::vector<LitmusOutcome> OutcomesUnder(const Workload& workload,
                                         const std::string& profile);

// Which of the conditions that apply an observation satisfies, by place.
std::vector<bool> SatisfiedBy(const Workload& workload, const Observation& seen,
                              const Observation& before, const LitmusRun& run);

// Counts states from `cut` on that satisfy these.
void CountStates(const std::vector<bool>& satisfied, uint64_t times,
                 LitmusRun& run);

// Why the profile does not offer what the test does: an op fails under it with
// STATUS_NOT_SUPPORTED, and the file does not expect that. Empty: it does.
std::string UnofferedByProfile(const Workload& workload,
                               const Profile& profile);

// From counts and findings.
LitmusRun::Verdict VerdictOf(const LitmusRun& run);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_LITMUS_LITMUS_H_
