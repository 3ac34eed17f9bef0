// What a crash state lost of a recorded program, and the smallest part of it
// that makes the check fail. This part names the cause of the failure, since it
// does not depend on what else the state happened to lose.

#ifndef POWERCUT_HARNESS_JUDGE_SMALLEST_LOSS_H_
#define POWERCUT_HARNESS_JUDGE_SMALLEST_LOSS_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/record/program_losses.h"
#include "harness/space/crash_state.h"

namespace powercut {

// All that the state lost, with what follows from it
// (ProgramLosses::FollowersOf()).
// Requires: `cursor` stands at the state's point and kind; `losses` is of the
// recording.
LossSet LossesOf(const ProgramLosses& losses, const CrashState& state,
                 const PointCursor& cursor);

// The same with the number of sectors. Of two states that lost the same things,
// one can have lost less of them.
struct CountedLosses {
  LossSet lost;
  size_t sectors = 0;
};
CountedLosses CountedLossesOf(const ProgramLosses& losses,
                              const CrashState& state,
                              const PointCursor& cursor);

// The same things without what only follows from the rest. This names the loss.
// Requires: as LossesOf().
LossSet OwnLossesOf(const ProgramLosses& losses, const CrashState& state,
                    const PointCursor& cursor);

// `lost`, some of what the state lost, with what follows from it.
// Requires: as LossesOf().
LossSet WithFollowers(const LossSet& lost, const ProgramLosses& losses,
                      const CrashState& state, const PointCursor& cursor);

// The parts of what a state lost, as states.
class PartsOfLoss {
 public:
  // What the arguments refer to must outlive this object, and the cursor must
  // not move.
  // Requires: as LossesOf().
  // Cost: O((lost + followers) * followers).
  PartsOfLoss(const ProgramLosses& losses, const CrashState& state,
              const PointCursor& cursor);

  // Whether parts are tried: not if so much follows from what is lost that this
  // object takes longer to make than recoveries do to run.
  // Requires: as LossesOf().
  static bool AreTried(const ProgramLosses& losses, const CrashState& state,
                       const PointCursor& cursor);

  // The state with all that it lost at its newest version, except for the
  // things in `lost`, which it goes on losing as far as nothing else follows
  // from them. What belongs to no call stays lost.
  CrashState StateLosingOnly(const LossSet& lost) const;

 private:
  struct Follower {
    WrittenSector write;
    // The choice with which it is lost by itself, and what is lost then.
    BlockChoice choice;
    LossSet loss;
  };

  const ProgramLosses& losses_;
  const PointCursor& cursor_;
  CrashState state_;
  // What is lost by each choice of the state, with what follows.
  std::vector<LossSet> losses_of_choices_;
  std::vector<Follower> followers_;
};

// The state that keeps the first of its lost writes from which something
// follows, and that loses by itself what follows from it. It lost less, and may
// lack the same things: of two changes of one file, the last one alone.
// `std::nullopt` if nothing follows from what the state lost, or if it has torn
// blocks. Requires: as LossesOf().
std::optional<CrashState> StateKeepingFirst(const ProgramLosses& losses,
                                            const CrashState& state,
                                            const PointCursor& cursor);

// The most times that StateKeepingFirst() is tried in a row.
inline constexpr size_t kKeptFirstMax = 32;

// PartsOfLoss::StateLosingOnly() for one part.
CrashState StateLosingOnly(const LossSet& lost, const ProgramLosses& losses,
                           const CrashState& state, const PointCursor& cursor);

// Whether each thing of `part` is in `whole`, however it was lost.
bool IsPartOf(const LossSet& part, const LossSet& whole);

// The order in which parts are tried, and in which one of several is chosen:
// those with fewer things first, then by their things.
bool ComesBefore(const LossSet& a, const LossSet& b);

// The most things of a loss whose parts are all tried.
inline constexpr size_t kLossPartsMax = 5;

// Returns the first part of `all`, in the order of ComesBefore(), for which
// `fails` is true; `all` itself, with which the check is known to fail, is not
// asked about. If `all` has more than kLossPartsMax things, returns a part of
// which no single thing can go, and asks about at most all.size()^2 parts.
// Errors: those of `fails`.
Result<LossSet> SmallestLoss(
    const LossSet& all,
    const std::function<Result<bool>(const LossSet&)>& fails);

// The loss in words for a cause, `THINGS/SYNCS`, such as `data-of-f/fdatasync`,
// `data-of-a+name-of-b/fdatasync+fsync-directory`, or `nothing/none` if nothing
// is lost.
std::string LossInWords(const LossSet& loss);

// What stands for the loss after a crash during recovery, which is not the
// crash of the program. In words it is `crash-of-recovery/none`.
LossSet LossOfRecovery();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_SMALLEST_LOSS_H_
