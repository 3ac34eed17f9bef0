// Litmus tests: small workloads whose conditions say what a crash may leave
// (`allow`) and what it must not leave (`forbid`). A test is run with every
// crash state there is, on a backend or on the model itself.

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

// One condition of a test, and how often it was satisfied.
struct LitmusOutcome {
  // The canonical text of the condition.
  std::string text;
  // Whether the line is an `allow`; otherwise it is a `forbid`.
  bool allow = true;
  // The line in the file.
  int line = 0;
  // Whether the condition is meant for the profile of the run. A condition that
  // is not is never counted.
  bool applies = true;
  // How many crash states from `cut` on satisfy the condition; on the model,
  // how many admissible observations.
  uint64_t observed = 0;
};

// One test under one profile on one backend.
struct LitmusRun {
  // kUnseen: the backend shows all that is allowed, but not some `allow`.
  enum Verdict : uint8_t { kOk, kViolation, kUnseen, kUnsupported };

  std::string backend;
  std::string profile;
  Verdict verdict = kOk;
  // Why the run is kUnsupported, in one line. Empty for other verdicts.
  std::string reason;
  // In the order of the file.
  std::vector<LitmusOutcome> outcomes;
  // How many states were explored, from `run` on; on the model, how many
  // admissible observations were listed, from `cut` on.
  uint64_t states = 0;
  // How many of `states` lie at or after `cut`.
  uint64_t at_cut = 0;
  // How many of `at_cut` could be observed and satisfy none of the conditions
  // that apply.
  uint64_t other = 0;
  // How many recoveries were run; 0 on the model.
  uint64_t runs = 0;
  // The violations that exploring found, one for each cause; a `forbid` that is
  // satisfied is one. Empty on the model.
  std::vector<Finding> findings;
  // The recording in which `findings` were found, if there are any and the
  // backend is not repeatable; otherwise `std::nullopt`.
  std::optional<Recording> recording;
};

// Returns `ok`, `violation`, `unseen` or `unsupported`.
std::string_view LitmusVerdictName(LitmusRun::Verdict verdict);

// The name under which the model itself takes the place of a backend.
inline constexpr std::string_view kModelBackend = "model";

// Whether a backend leaves every state that the model admits, so that an
// `allow` that is not seen is an error.
bool ShowsAllThatIsAllowed(std::string_view backend);

// Returns the profiles under which a test is run: those that its conditions
// name, otherwise the one that the file names, otherwise all of `offered`; and
// only those in `selected` if that is not empty. In the order of Profiles(),
// whatever the order of the arguments.
std::vector<std::string> LitmusProfiles(
    const Workload& workload, const std::vector<std::string>& offered,
    const std::vector<std::string>& selected);

// Returns the profiles under which a test is run on a backend. A backend that
// can be formatted as several profiles follows LitmusProfiles(). Any other one
// behaves the same whatever judges it: it is judged by `selected`, or by the
// profile that it claims if `selected` is empty, whatever the test names.
std::vector<std::string> LitmusProfilesOf(
    const Workload& workload, const BackendTraits& traits,
    const std::vector<std::string>& selected);

// Returns the profiles that a backend can be formatted as; if there are none,
// the profile that it claims.
std::vector<std::string> OfferedProfiles(const BackendTraits& traits);

struct LitmusOptions {
  // The number of workers. With 0, recoveries run in this process, which is for
  // storage that neither dies nor hangs.
  uint32_t jobs = 1;
  // How many bytes the device writes whole; `std::nullopt` if the file or the
  // backend says.
  std::optional<uint32_t> atomic_bytes;
  // Asked now and then; true ends the exploring. May be empty.
  std::function<bool()> interrupted;
};

// Explores all states of all crash points from `run` on, for each kind of crash
// that the file names, or power if it names none. The model and the conditions
// judge each state. If there are more than 2^20 states, a backend that need not
// show all that is allowed is explored with `epoch:1`. The result does not
// depend on `jobs`. If the backend or the profile does not offer something that
// the test needs (an op, a kind of crash), the verdict is kUnsupported. Errors:
// kBadInput if an op did not end as the file says, or if there are more than
// 2^20 states on a backend that must show all that is allowed; kInternal if a
// self-check failed; and those of Explore().
Result<LitmusRun> RunLitmus(Backend& backend, const Workload& workload,
                            const std::string& profile,
                            const LitmusOptions& options);

// Runs a test on the model itself. There is no disk: the states are the
// observations that the model admits at each moment from `cut` on. The moments
// are the beginning of `run` and each begin and each return of an op. Where the
// model admits any bytes in an atom, every content that the conditions ask for
// counts as seen. If the file has faults, an op that it expects to fail fails,
// though the model would not make it fail.
// `promises` is PromisesOf(profile), or another table for tests.
// Errors: kBadInput if the model makes an op fail that the file expects to
// succeed, or the other way round.
Result<LitmusRun> RunLitmusOnModel(const Workload& workload,
                                   const Profile& profile,
                                   const PromiseTable& promises);

// Returns the conditions of a test, in the order of the file, with counts of 0.
std::vector<LitmusOutcome> OutcomesUnder(const Workload& workload,
                                         const std::string& profile);

// Returns, for each condition of the workload, whether it applies and `seen`
// satisfies it. A condition about something that is not observed does not hold.
// Requires: run.outcomes is what OutcomesUnder() returned for this workload.
std::vector<bool> SatisfiedBy(const Workload& workload, const Observation& seen,
                              const Observation& before, const LitmusRun& run);

// Adds `times` states from `cut` on to the counts of `run`, each of which
// satisfies the conditions that `satisfied` marks.
void CountStates(const std::vector<bool>& satisfied, uint64_t times,
                 LitmusRun& run);

// Returns why the profile does not offer what the test does: an op fails under
// it with STATUS_NOT_SUPPORTED, and the file expects it to succeed. Empty if
// the profile offers everything.
std::string UnofferedByProfile(const Workload& workload,
                               const Profile& profile);

// Returns the verdict that follows from the counts and findings of a run.
// kUnsupported stays.
LitmusRun::Verdict VerdictOf(const LitmusRun& run);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_LITMUS_LITMUS_H_
