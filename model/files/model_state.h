// The state of a Model, shared by the files that implement it: plan.cc (what
// ops must return), effects.cc (what ops change), promises.cc (what their
// return promises), check*.cc (judging an observation), admissible.cc (listing
// everything that may be found), data_atoms.cc (what ties atoms together).

#ifndef POWERCUT_MODEL_FILES_MODEL_STATE_H_
#define POWERCUT_MODEL_FILES_MODEL_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/files/commit_order.h"
#include "model/files/model.h"
#include "model/files/objects.h"
#include "model/logs/log_model.h"
#include "model/logs/store_model.h"
#include "model/table/primitives.h"

namespace powercut {

// How far one version is carried when an op returns.
struct Carry {
  ChainVersion to;
  Reach reach = Reach::kNone;
  // Whether the device's cache is flushed afterwards, so that the version is on
  // the media (DeviceFlush::kOwn and kAll).
  bool to_media = false;
};

// What the return of an op will promise, fixed when the op begins.
struct PromisePlan {
  std::vector<Carry> carries;
  // The stores that a view flush makes as good as written: in each of these
  // chains, the stores up to this version.
  std::vector<ChainVersion> flushed_stores;
  // What was at the device when the op began; empty unless the op flushes the
  // device.
  std::vector<ChainVersion> at_device;
  // Whether everything that is appended after the return implies `carries`.
  bool barrier = false;
};

// The life of one op. Times count the begins and returns of all ops in one
// sequence that starts at 1.
struct OpTimeline {
  uint64_t began = 0;     // 0 if the op has not begun.
  uint64_t returned = 0;  // 0 if the op has not returned.
  bool ok = false;        // Whether the op returned with success.
  // Whether nothing in the model made the op fail when it began.
  bool planned_ok = false;
  Primitive primitive = Primitive::kWrite;
  std::vector<ChainVersion> own;  // The versions that the op appended.
  PromisePlan plan;
};

// An open handle, made by `open H P`.
struct Handle {
  FileId file = kNoFile;
  std::vector<std::string> flags;

  bool Has(std::string_view flag) const;
};

// A mapped view, made by `map V P OFF LEN`.
struct View {
  uint32_t number = 0;  // Views are numbered from 1, in order of mapping.
  FileId file = kNoFile;
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

// Whether the op acts on the log that its first operand names.
bool IsLogOp(OpKind kind);
// Whether the op acts on the transactional store: put, delete, commit,
// checkpoint.
bool IsStoreOp(OpKind kind);

struct Model::State {
  State(const Workload& w, const Profile& p, const PromiseTable& table);

  const Workload* workload;
  const Profile* profile;
  PromiseTable promises;
  Chains chains;
  Tree tree;
  std::map<std::string, Handle, std::less<>> handles;  // The open handles.
  std::map<std::string, View, std::less<>> views;      // The mapped views.
  uint32_t views_made = 0;
  std::map<std::string, LogModel> logs;
  StoreModel store;
  bool has_store = false;  // Whether any op acted on the store.
  bool read_only = false;
  bool dismounted = false;
  std::vector<OpTimeline> timelines;  // By op number; [0] is unused.
  uint64_t now = 0;
  uint32_t last_begun = 0;
  // The last flush that returned with success and reached the media; 0 is the
  // sync at the end of `init`, `std::nullopt` if there was none. Violations of
  // the whole volume name this flush as the promise in force.
  std::optional<uint32_t> last_flush;
  // The last effect in the journal (metadata_ordered, data_ordered);
  // `std::nullopt` if the journal is empty.
  std::optional<ChainVersion> journal_end;
  // The order of metadata_committed; `std::nullopt` if the profile has it not.
  std::optional<CommitOrder> commits;
  // What barriers covered; whatever is appended later implies it.
  std::vector<ChainVersion> behind_barriers;

  const Op& OpOf(uint32_t number) const { return workload->OpNumber(number); }

  // The file or directory that the first operand, a path or a handle, stands
  // for; kNoFile if there is none.
  FileId TargetOf(const Op& op) const;
  // The handle that the first operand names; `nullptr` if it names no handle.
  const Handle* HandleOf(const Op& op) const;
  // The row of the table of primitives that the op is, if it is called now.
  Primitive PrimitiveFor(const Op& op) const;

  // The op to blame where no object points to one: the newest op in flight, or
  // else the last op that began; 0 if none has begun. A flush in flight changes
  // nothing by itself, so that the newest op before it that is no flush is
  // blamed in its place.
  uint32_t SuspectOp() const;

  // Whether the op has returned with success; true for op 0, the start. Flushes
  // that are called now cover versions of such ops alone (R-FLUSH0).
  bool Returned(uint32_t op) const;

  // What the op must return, and what it writes (plan.cc).
  OpPlan PlanOf(const Op& op) const;
  // Appends the versions that the op makes (effects.cc).
  // Requires: `plan` has no error.
  void Apply(const Op& op, const OpPlan& plan);
  // Tell the order of commits that the op began, its effects included, or
  // returned (model.cc).
  void BeginInOrder(const Op& op);
  void EndInOrder(const Op& op, bool ok);
  // Tell the logs and the store that the op began or returned (model.cc).
  // EndElsewhere() returns whether anything was promised for power loss that
  // was not promised before.
  void BeginElsewhere(const Op& op);
  bool EndElsewhere(const Op& op, bool ok);
  // What the return of the op will promise (promises.cc).
  // Requires: the op has been applied.
  PromisePlan PlanPromises(const Op& op) const;
  // Carries out the plan of an op that returned with success. Returns whether
  // anything was promised for power loss that was not promised before.
  bool Promise(uint32_t number);
  // Ends what the names may show of the time before the op with this number
  // kept them (O-LEFT).
  void KeepNames(uint32_t number);
  // The files that a name may show again after others left it (O-LEFT).
  std::set<FileId> OldFiles() const;
  // Taints what the flush with this number, which failed, would have covered
  // (ERR-UNKNOWN).
  void Taint(uint32_t number);
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_MODEL_STATE_H_
