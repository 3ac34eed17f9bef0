// Workload: the meaning of a `.pcut` file (docs/pcut.md). model/pcut/pcut.h is
// its text.

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
  // A positive multiple of the sector.
  uint64_t size_bytes = 0;
  // A power of two from 512 to 4096; `std::nullopt` means 512.
  std::optional<uint32_t> sector_bytes;
  // The size of a block that the device writes whole: a power of two from the
  // sector to 1 MiB; `std::nullopt` means the backend's default.
  std::optional<uint32_t> atomic_bytes;
  // Reserved: no storage runs such a workload.
  bool weak_discard = false;

  bool operator==(const DiskSpec&) const = default;
};

// `allow` or `forbid [PROFILE,..:] CONDITION`
struct Outcome {
  bool allow = true;
  // The profiles under which the condition is asked; empty if under all.
  std::vector<std::string> profiles;
  Condition condition;
  // The line in the file, from 1.
  int line = 0;
  // The columns of `profiles`.
  SourceColumns profile_columns;

  bool operator==(const Outcome&) const = default;
};

// `expect ok` or `expect violation KIND [PATH]`
struct Expectation {
  bool ok = true;
  // The name of a ViolationKind; empty for `ok`.
  std::string kind;
  // The path, or the name of a log; empty if any path will do.
  std::string path;
  // The line in the file, from 1.
  int line = 0;

  bool operator==(const Expectation&) const = default;
};

// A workload, as BuildWorkload() makes it. Each string and vector is empty if
// the file does not have its directive.
struct Workload {
  // The file's name as it was given on the command line; for messages.
  std::string file;
  // What the workload is about.
  std::string name;
  std::string backend;
  // `std::nullopt` means the backend's default disk.
  std::optional<DiskSpec> disk;
  // If empty, the profile that the backend claims.
  std::string profile;
  // The kinds of crashes to explore, in the order in which they are written.
  std::vector<CrashKind> crash_kinds;
  // The text of the space to explore; it is not checked when the file is read.
  std::string space;
  // The `fault` lines that stand before `init` and `run`, as ops of kind
  // kFault.
  std::vector<Op> faults;
  // The ops during which nothing crashes. A full sync that has no op follows
  // them.
  std::vector<Op> init;
  // The ops among which crashes happen.
  std::vector<Op> run;
  // Conditions are asked at crash points after this many ops of `run`; at most
  // run.size(), which is also the value if there is no `cut` line.
  size_t cut = 0;
  std::vector<Outcome> outcomes;
  // The id of the crash state that a regression is about.
  std::string at;
  std::vector<Expectation> expectations;

  // Returns the op with this number (from 1, over `init` and `run`).
  // Requires: there is such an op.
  const Op& OpNumber(uint32_t number) const;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_WORDS_WORKLOAD_H_
