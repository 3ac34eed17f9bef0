// The check is a shell script of one `case`: the hash of each dump, with the
// most acks that had been given when there was this dump.
//
// Example: a program writes 1, 2 and 3 into a file and acknowledges each. The
// dump of a state in which 2 acks are in force must have the hash of a moment
// with 2 acks or more. The hash of a moment with fewer means that an ack was
// lost; any other hash means that the contents are damaged.

#include "harness/cli/input/comparison.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <utility>

#include "harness/explain/state_volume.h"

namespace powercut {
namespace {

// A command line can have 128 KiB, and each dump takes up to 48 bytes.
constexpr size_t kDumpsMax = 2'000;

// Prints the hash of what the command prints. The braces stand in lines of
// their own, since the command may end in a comment.
std::string HashOfDump(const std::string& dump) {
  return fmt::format(
      "{{ {{ {}\n}}; echo \"status $?\"; }} | sha256sum | cut -c1-16", dump);
}

// The volume of a run at one moment, with no crash.
struct DumpedVolume {
  const Trace& trace;
  uint32_t timeout_ms = 0;
  Backend& backend;
};

// Runs a line of the shell in the volume after so many disk events.
Result<CommandEnd> RunAt(const DumpedVolume& volume, EventNumber point,
                         const std::string& line) {
  POWERCUT_ASSIGN(StateVolume state,
                  StateVolume::Open(volume.backend, volume.trace.geometry(),
                                    std::make_shared<const SparseImage>(
                                        ApplyUpTo(volume.trace, point))));
  if (state.mount() == nullptr) {
    return Error{ErrorCode::kIo,
                 "the recorded volume does not " + state.failure()};
  }
  Mount::Command command;
  command.words = {"/bin/sh", "-c", line};
  command.quiet = true;
  command.timeout_ms = volume.timeout_ms;
  return state.mount()->RunCommand(command);
}

// The hash of the dump at one moment.
Result<std::string> DumpAt(const DumpedVolume& volume, EventNumber point,
                           const std::string& dump) {
  // The last line of a quiet program that fails is kept.
  POWERCUT_ASSIGN(const CommandEnd end,
                  RunAt(volume, point, HashOfDump(dump) + "; exit 9"));
  constexpr std::string_view kPrefix = "exit status 9: ";
  if (end.kind != CommandEnd::kEnded || !end.detail.starts_with(kPrefix)) {
    return Error{end.kind == CommandEnd::kNotStarted ? ErrorCode::kMissing
                                                     : ErrorCode::kIo,
                 fmt::format("--compare: the dump after {} disk events failed "
                             "with no crash at all: {}",
                             point, end.detail)};
  }
  return end.detail.substr(kPrefix.size());
}

// A dump that fails where nothing crashed is most often misspelt, and all dumps
// that fail are equal. One that differs by itself is equal to none.
Status CheckDump(const DumpedVolume& volume, EventNumber point,
                 const std::string& dump) {
  POWERCUT_ASSIGN(const CommandEnd end, RunAt(volume, point, dump));
  if (end.kind == CommandEnd::kEnded && !end.detail.empty()) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--compare: the dump fails on what the program "
                             "left, with no crash: {}",
                             end.detail)};
  }
  POWERCUT_ASSIGN(const std::string once, DumpAt(volume, point, dump));
  POWERCUT_ASSIGN(const std::string again, DumpAt(volume, point, dump));
  if (once == again) return Ok{};
  return Error{ErrorCode::kUsage,
               "--compare: the dump prints something else when it runs twice "
               "on what the program left; let it leave out times and the like"};
}

}  // namespace

Result<std::string> CheckByComparison(const std::string& dump,
                                      const Trace& trace,
                                      const std::vector<RunMoment>& moments,
                                      uint32_t timeout_ms, Backend& backend) {
  // By hash: the most acks. In the order of the hashes, so that the check is
  // the same each time.
  std::map<std::string, uint64_t> dumps;
  const DumpedVolume volume{trace, timeout_ms, backend};
  Status made = CheckDump(volume, moments.back().point, dump);
  for (const RunMoment& moment : moments) {
    if (!made) break;
    const auto hash = DumpAt(volume, moment.point, dump);
    if (!hash) {
      made = hash.error();
      break;
    }
    uint64_t& acks = dumps[*hash];
    acks = std::max(acks, moment.acks);
  }
  // The workers are forked from this process; they must not share helpers.
  backend.ReleaseHelpers();
  POWERCUT_TRY(made);
  if (dumps.size() > kDumpsMax) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--compare: the run has {} different dumps, and a "
                             "check holds {}; let the dump leave out what "
                             "changes with every call",
                             dumps.size(), kDumpsMax)};
  }
  std::string check =
      fmt::format("d=$({}); n=$(grep -c '' \"$POWERCUT_ACKED\"); case $d in ",
                  HashOfDump(dump));
  for (const auto& [hash, acks] : dumps) {
    check += fmt::format("{}) m={};; ", hash, acks);
  }
  return check +
         "*) echo 'no-prefix: the dump is that of no moment of the recorded "
         "run'; exit 1;; esac; [ $m -ge $n ] || { echo 'acknowledged-is-lost: "
         "the dump is that of a moment before the last ack in force'; exit "
         "1; }";
}

}  // namespace powercut
