// CallLosses: what a crash takes of a recorded program, told by its calls.

#ifndef POWERCUT_LIBRARY_STATES_CALL_LOSSES_H_
#define POWERCUT_LIBRARY_STATES_CALL_LOSSES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "backends/simfs/record_followers.h"
#include "harness/record/program_losses.h"
#include "harness/space/crash_state.h"
#include "library/calls/called_files.h"
#include "library/calls/record_calls.h"
#include "model/table/profile.h"

namespace powercut {

// A file's path as one word for a cause (LostThing::path). Example:
// `/spool/job.1234` is `spool:job.N`; the root is `.`. O(path).
std::string PathInWords(std::string_view path);

// Not thread-safe.
class CallLosses : public ProgramLosses {
 public:
  // `calls` made `trace` on simfs, which behaves as `profile`. Calls and trace
  // must outlive this object.
  CallLosses(const IssuedCalls& calls, const Trace& trace,
             const Profile& profile);

  const Trace& trace() const { return trace_; }

  const Loss* LossOf(const WrittenSector& write,
                     EventNumber point) const override;
  std::vector<WrittenSector> FollowersOf(const std::vector<WrittenSector>& lost,
                                         EventNumber point) const override;

  // The things in `lost` that the state lost, as lines for people: which sync
  // of which path would have kept what, and before which call it had to come if
  // the path changed or the program makes it too late. Of one thing, those that
  // say most. Sorted, each once.
  // Requires: `cursor` stands at the state's point and kind.
  std::vector<std::string> MissingSyncs(const LossSet& lost,
                                        const CrashState& state,
                                        const PointCursor& cursor) const;

 private:
  static constexpr size_t kNever = ~size_t{0};

  // What an event is to its call.
  struct Work {
    size_t call = 0;
    std::string_view what;
    CalledFiles::File file = CalledFiles::kNoFile;
    // The path when the call returned.
    std::string path;
  };
  // What became of a thing after its call.
  struct Story {
    // How many calls it covers.
    size_t upto = 0;
    // The path of the thing, by the number of calls from which on it is that.
    std::vector<std::pair<size_t, std::string>> paths;
    // By kind of sync: the first call that was such a sync of the thing.
    std::map<std::string_view, size_t> synced;
    // The first call that was something else than such a sync.
    size_t went_on = kNever;
    // The first sync that failed and was to keep the thing.
    size_t failed = kNever;
  };
  // A loss with the path as it is.
  struct PlainLoss {
    std::string_view what;
    std::string path;
    std::string_view missing;
    // The path when the call had returned, and the call before which the sync
    // had to come: the first one that changed the path, or an ack; kNever if it
    // is plain.
    std::string path_then;
    size_t before = kNever;
    // The sync that failed to keep it before any returned; kNever if none did.
    size_t failed = kNever;
  };

  std::optional<Work> WorkOf(const WrittenSector& write) const;
  std::optional<PlainLoss> PlainLossOf(const WrittenSector& write,
                                       EventNumber point) const;
  Story& StoryOf(const Work& work, size_t upto) const;
  std::string PathAfter(size_t index, const Work& work,
                        const std::string& before) const;
  std::vector<std::string_view> SyncsOf(size_t index, const Work& work,
                                        const Story& story) const;
  bool IsKeeper(std::string_view sync, std::string_view what) const;
  void NoteSync(size_t index, const Work& work, Story& story) const;
  bool GoesOn(size_t index, std::string_view what, const Story& story) const;
  void NoteAck(const WrittenSector& write, EventNumber point,
               PlainLoss& loss) const;
  std::string MissingSync(const PlainLoss& loss) const;
  std::string_view WeakestSync(std::string_view what) const;
  std::optional<Loss> LossInWordsOf(const WrittenSector& write,
                                    EventNumber point) const;

  const IssuedCalls calls_;
  const CalledFiles files_;
  const Trace& trace_;
  const simfs::RecordFollowers followers_;
  // By data, attributes, names and removals: the weakest sync that is promised
  // to keep them.
  std::string_view data_sync_;
  std::string_view attributes_sync_;
  std::string_view names_sync_;
  std::string_view removals_sync_;
  // By what is lost: the syncs that were to keep it, so that none does once one
  // of them failed. Empty if the system tries again what failed.
  std::map<std::string_view, std::set<std::string_view>> keepers_;
  mutable std::map<WrittenSector, std::optional<Work>> works_;
  mutable std::map<std::tuple<size_t, std::string_view, std::string>, Story>
      stories_;
  mutable std::map<std::string, std::string> words_of_paths_;
  // What LossOf() answered about the point that was asked about last: many
  // states of one point lose the same.
  mutable EventNumber point_ = 0;
  mutable std::map<WrittenSector, std::optional<Loss>> losses_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_CALL_LOSSES_H_
