// The state behind Model, shared by its two halves: model.cc (what ops do) and
// check.cc (what may be found).

#ifndef POWERCUT_MODEL_MODEL_STATE_H_
#define POWERCUT_MODEL_MODEL_STATE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "model/model.h"
#include "model/objects.h"

namespace powercut {

// The course of one op. Times count begins and returns in one sequence.
struct OpCourse {
  uint64_t began = 0;     // 0: not yet
  uint64_t returned = 0;  // 0: not yet
  bool ok = false;        // returned with success
  // Of a flush of one file: the file, as its path led when it began.
  FileId flushed = kNoFile;
};

// Ops that only promise, and change nothing.
inline bool IsFlush(OpKind kind) {
  return kind == OpKind::kFsync || kind == OpKind::kFdatasync ||
         kind == OpKind::kSyncfs;
}

struct Model::State {
  State(const Workload& w, const Profile& p)
      : workload(&w), profile(&p), courses(w.init.size() + w.run.size() + 1) {}

  const Workload* workload;
  const Profile* profile;
  Tree tree;
  std::vector<OpCourse> courses;  // by op number; [0] is unused
  uint64_t now = 0;
  uint32_t last_begun = 0;
  // The last flush that returned, for the volume as a whole.
  std::optional<uint32_t> last_flush;

  const Op& OpOf(uint32_t number) const { return workload->OpNumber(number); }

  // The op to suspect where no object points to one: the one in flight, or
  // else the last one. A flush in flight changes nothing by itself, so the
  // change that it is about to flush is suspected then.
  uint32_t SuspectOp() const {
    uint32_t suspect = last_begun;
    for (uint32_t n = last_begun; n > 0; --n) {
      if (courses[n].began == 0 || courses[n].returned > 0) continue;
      suspect = n;
      break;
    }
    if (suspect == 0 || courses[suspect].returned > 0) return suspect;
    for (uint32_t n = suspect; n > 0; --n) {
      if (!IsFlush(OpOf(n).kind)) return n;
    }
    return suspect;
  }
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_MODEL_STATE_H_
