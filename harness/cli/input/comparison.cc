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

// The hash of the dump at one moment.
Result<std::string> DumpAt(const std::string& dump, const Trace& trace,
                           EventNumber point, uint32_t timeout_ms,
                           Backend& backend) {
  POWERCUT_ASSIGN(StateVolume volume,
                  StateVolume::Open(backend, trace.geometry(),
                                    std::make_shared<const SparseImage>(
                                        ApplyUpTo(trace, point))));
  if (volume.mount() == nullptr) {
    return Error{ErrorCode::kIo,
                 "the recorded volume does not " + volume.failure()};
  }
  Mount::Command command;
  // The last line of a quiet program that fails is kept.
  command.words = {"/bin/sh", "-c", HashOfDump(dump) + "; exit 9"};
  command.quiet = true;
  command.timeout_ms = timeout_ms;
  POWERCUT_ASSIGN(const CommandEnd end, volume.mount()->RunCommand(command));
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

}  // namespace

Result<std::string> CheckByComparison(const std::string& dump,
                                      const Trace& trace,
                                      const std::vector<RunMoment>& moments,
                                      uint32_t timeout_ms, Backend& backend) {
  // By hash: the most acks. In the order of the hashes, so that the check is
  // the same each time.
  std::map<std::string, uint64_t> dumps;
  Status made = Ok{};
  for (const RunMoment& moment : moments) {
    const auto hash = DumpAt(dump, trace, moment.point, timeout_ms, backend);
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
