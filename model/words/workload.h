// Workload: the meaning of a `.pcut` file. model/pcut/pcut.h is its text.

#ifndef POWERCUT_MODEL_WORDS_WORKLOAD_H_
#define POWERCUT_MODEL_WORDS_WORKLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/crash_kind.h"
#include "model/words/condition.h"
#include "model/words/op.h"

namespace powercut {

// `disk SIZE [sector=N] [atomic=N] [discard=weak]`
struct DiskSpec {
  uint64_t size_bytes = 0;
  // Power of two, 512 to 4096; nothing: 512.
  std::optional<uint32_t> sector_bytes;
  // The size of a block: a power of two, at least the sector, at most 1 MiB;
  // nothing: the backend's default.
  std::optional<uint32_t> atomic_bytes;
  bool weak_discard = false;

  bool operator==(const DiskSpec&) const = default;
};

// `allow` or `forbid [PROFILE,..:] CONDITION`
struct Outcome {
  bool allow = true;
  std::vector<std::string> profiles;  // empty: every profile
  Condition condition;
  int line = 0;
  SourceColumns profile_columns;

  bool operator==(const Outcome&) const = default;
};

// `expect ok` or `expect violation KIND [PATH]`
struct Expectation {
  bool ok = true;
  std::string kind;
  std::string path;  // empty: any
  int line = 0;

  bool operator==(const Expectation&) const = default;
};

struct Workload {
  std::string file;  // as given on the command line; for messages
  std::string name;
  std::string backend;                 // empty: not said
  std::optional<DiskSpec> disk;        // nothing: the backend's default
  std::string profile;                 // empty: the backend's claim
  std::vector<CrashKind> crash_kinds;  // in the order written; empty: not said
  std::string space;                   // empty: not said
  std::vector<Op> faults;              // armed before `init`; kind kFault
  // Nothing crashes in `init`, which ends in a full sync that has no op.
  std::vector<Op> init;
  std::vector<Op> run;
  // Conditions speak of crash points after this many ops of `run`.
  // <= run.size(); without a `cut` line it is run.size().
  size_t cut = 0;
  std::vector<Outcome> outcomes;
  std::string at;  // a crash-state id; empty: none
  std::vector<Expectation> expectations;

  // The op with this number (from 1, over init and run).
  // Requires: it exists.
  const Op& OpNumber(uint32_t number) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_WORKLOAD_H_
