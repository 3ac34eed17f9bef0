// What the random tests of logs and stores share: tables of promises that
// differ from every profile, and how far a cell of such a table carries
// something.

#ifndef POWERCUT_TESTS_EXHAUSTIVE_DRAWN_TABLE_H_
#define POWERCUT_TESTS_EXHAUSTIVE_DRAWN_TABLE_H_

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "model/table/primitives.h"
#include "model/words/op.h"
#include "tests/exhaustive/model_moments.h"

namespace powercut {

using PerKind = std::array<bool, kCrashKinds.size()>;

inline size_t At(CrashKind kind) { return static_cast<size_t>(kind); }

// Whether what a row carries this far survives a crash of this kind.
inline bool Survives(Reach reach, DeviceFlush device, CrashKind kind) {
  switch (kind) {
    case CrashKind::kProcess:
      return reach != Reach::kNone;
    case CrashKind::kOs:
      return reach == Reach::kDevice;
    case CrashKind::kPower:
      return reach == Reach::kDevice && device != DeviceFlush::kNone;
  }
  return false;
}

// A table of a drawn profile, in which some cells and flags of logs and stores
// differ.
inline PromiseTable DrawnTable(Chooser& chooser, bool& keeps_dirty) {
  const Profile profile = MixedProfile(chooser);
  keeps_dirty = profile.failed_flush_keeps_dirty;
  PromiseTable table = PromisesOf(profile);
  if (chooser.OneIn(3)) {
    for (bool* flag :
         {&table.order.log_prefix, &table.order.restart_atomic,
          &table.order.base_within_log, &table.order.reset_before_records}) {
      if (chooser.OneIn(3)) *flag = !*flag;
    }
  }
  if (!chooser.OneIn(3)) return table;
  for (Coverage& row : table.coverage) {
    if (row.scope != Scope::kLog && !chooser.OneIn(4)) continue;
    if (chooser.OneIn(4)) row.records = static_cast<Reach>(chooser.Below(3));
    if (chooser.OneIn(4)) row.pointers = static_cast<Reach>(chooser.Below(3));
    if (chooser.OneIn(4)) {
      row.device = static_cast<DeviceFlush>(chooser.Below(3));
    }
  }
  return table;
}

inline Op NewOp(OpKind kind, std::vector<std::string> names) {
  Op op;
  op.kind = kind;
  op.names = std::move(names);
  return op;
}

// How many of the questions to a model came from each side.
struct ModelCounts {
  size_t moments = 0;
  size_t rejected = 0;
  size_t admitted = 0;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_EXHAUSTIVE_DRAWN_TABLE_H_
