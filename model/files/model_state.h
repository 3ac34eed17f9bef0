// The state behind Model, shared by its parts: plan.cc (what ops must return),
// effects.cc (what they change), promises.cc (what their return promises),
// check_*.cc (what may be found), admissible.cc (all that may be found).

#ifndef POWERCUT_MODEL_FILES_MODEL_STATE_H_
#define POWERCUT_MODEL_FILES_MODEL_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

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
  // For media, too (DeviceFlush::kOwn and kAll).
  bool to_media = false;
};

// What the return of an op will promise, known when it begins.
struct PromisePlan {
  std::vector<Carry> carries;
  // Stores that a view flush makes as good as written: versions up to these.
  std::vector<ChainVersion> flushed_stores;
  // What was at the device when the op began, if it flushes the device.
  std::vector<ChainVersion> at_device;
  bool barrier = false;
};

// The timeline of one op. Times count begins and returns in one sequence.
struct OpTimeline {
  uint64_t began = 0;       // 0: not yet
  uint64_t returned = 0;    // 0: not yet
  bool ok = false;          // returned with success
  bool planned_ok = false;  // it could succeed when it began
  Primitive primitive = Primitive::kWrite;
  std::vector<ChainVersion> own;  // what it appended
  PromisePlan plan;
};

// `open H P`
struct Handle {
  FileId file = kNoFile;
  std::vector<std::string> flags;

  bool Has(std::string_view flag) const;
};

// `map V P OFF LEN`
struct View {
  uint32_t number = 0;  // from 1, in order of mapping
  FileId file = kNoFile;
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

// Ops on a log, named by their first operand.
bool IsLogOp(OpKind kind);
// put, delete, commit, checkpoint.
bool IsStoreOp(OpKind kind);
// Ops that only promise, and change nothing.
bool IsFlush(OpKind kind);

struct Model::State {
  State(const Workload& w, const Profile& p, const PromiseTable& table);

  const Workload* workload;
  const Profile* profile;
  PromiseTable promises;
  Chains chains;
  Tree tree;
  std::map<std::string, Handle, std::less<>> handles;  // open ones
  std::map<std::string, View, std::less<>> views;      // mapped ones
  uint32_t views_made = 0;
  std::map<std::string, LogModel> logs;
  StoreModel store;
  bool has_store = false;  // some op was one of a store's
  bool read_only = false;
  bool dismounted = false;
  std::vector<OpTimeline> timelines;  // by op number; [0] is unused
  uint64_t now = 0;
  uint32_t last_begun = 0;
  // The last flush that returned, for the volume as a whole.
  std::optional<uint32_t> last_flush;
  // The last effect of the journal (metadata_ordered).
  std::optional<ChainVersion> journal_end;
  // What barriers covered: implied by whatever is appended later.
  std::vector<ChainVersion> behind_barriers;

  const Op& OpOf(uint32_t number) const { return workload->OpNumber(number); }

  // What the first operand, a path or a handle, stands for; kNoFile if nothing.
  FileId TargetOf(const Op& op) const;
  // The handle that the first operand names, or null.
  const Handle* HandleOf(const Op& op) const;
  Primitive PrimitiveFor(const Op& op) const;

  // The op to suspect where no object points to one: the one in flight, or
  // else the last one. A flush in flight changes nothing by itself, so the
  // change that it is about to flush is suspected then.
  uint32_t SuspectOp() const;

  // Whether the version's op had returned with success, and whether a flush
  // that is called now covers it (R-FLUSH0, ERR-UNKNOWN).
  bool Returned(uint32_t op) const;

  // plan.cc
  OpPlan PlanOf(const Op& op) const;
  // effects.cc
  void Apply(const Op& op, const OpPlan& plan);
  // model.cc
  void BeginElsewhere(const Op& op);
  bool EndElsewhere(const Op& op, bool ok);
  // promises.cc
  PromisePlan PlanPromises(const Op& op) const;
  // Returns whether anything for power loss was promised that was not before.
  bool Promise(uint32_t number);
  void Taint(uint32_t number);
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_MODEL_STATE_H_
