// `powercut import`: makes a trace of a block log that another tool wrote.
//
// Both writers of such logs count the entries in the superblock, which they
// write only now and then. A log that nobody counted is taken as far as its
// entries are sound. A log with a count is taken by its count; if that fails or
// something is odd, the message says what --salvage would take.

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <memory>

#include "harness/base/limits.h"
#include "harness/block_log/import.h"
#include "harness/block_log/salvage.h"
#include "harness/block_log/trace_file.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/verbs/verb.h"
#include "harness/disk/image_file.h"

namespace powercut {
namespace {

struct ImportFlags {
  std::string log;
  std::string output;
  std::string origin;        // `kernel` or `qemu`
  std::string size;          // such as `64M`; empty if the entries decide
  std::string base;          // a file or device; empty for a blank disk
  std::string from;          // a mark; empty for the beginning
  uint32_t race_window = 0;  // for logs of qemu
  bool assume_fua = false;   // for logs of qemu
  bool salvage = false;
};

// Parses `64M`, or a number of bytes: other than the sizes of flag_values.h,
// the size of a disk need not be a round number. At most kDiskBytesMax.
Result<uint64_t> ParseDiskSize(const std::string& text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const std::string_view unit(stop, static_cast<size_t>(end - stop));
  const int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 0;
  // The shift would overflow for large values, so that the limit is shifted.
  const bool known = shift > 0 || unit.empty();
  if (error != std::errc() || !known || value == 0 ||
      value > kDiskBytesMax >> shift) {
    return Error{ErrorCode::kUsage,
                 fmt::format("--size '{}': expected a size such as 64M, 2G or "
                             "a number of bytes, at most 2048G",
                             text)};
  }
  return value << shift;
}

Result<ImportOptions> OptionsOf(const ImportFlags& flags) {
  ImportOptions options;
  // The command line admits no other names.
  options.origin = BlockLogOriginFromName(flags.origin).value();
  options.race_window = flags.race_window;
  options.assume_fua = flags.assume_fua;
  if (!flags.size.empty()) {
    POWERCUT_ASSIGN(options.disk_bytes, ParseDiskSize(flags.size));
  }
  if (!flags.base.empty()) {
    auto base = ReadImageFile(flags.base, options.disk_bytes);
    if (!base) {
      return Error{base.error().code, "--base " + base.error().message};
    }
    options.disk_bytes = base->size_bytes();
    options.base = std::make_shared<const SparseImage>(std::move(*base));
  }
  options.from = flags.from;
  return options;
}

// Reads the log by its count, or salvages it. If reading by the count fails or
// finds oddities, the error or the last oddity says what --salvage would take.
Result<BlockLog> ReadLogOf(const ImportFlags& flags,
                           const ImportOptions& options, ByteSpan bytes) {
  const uint64_t disk_bytes = options.disk_bytes.value_or(kDiskBytesMax);
  if (flags.salvage || IsUncounted(bytes)) {
    return SalvageBlockLog(bytes, disk_bytes);
  }
  Result<BlockLog> log = ReadBlockLog(bytes);
  if (log && log->lint.empty()) return log;
  const Result<BlockLog> sound = SalvageBlockLog(bytes, disk_bytes);
  if (!sound) return log;
  const std::string remedy = fmt::format(
      "; --salvage takes {} sound entries, right only if the file "
      "was empty when the log began",
      sound->entries.size());
  if (!log) return Error{log.error().code, log.error().message + remedy};
  log->lint.back() += remedy;
  return log;
}

Error WithFile(const std::string& file, const Error& error) {
  // An error in a flag is no error in the file.
  if (error.code == ErrorCode::kUsage) return error;
  return {error.code, file + ": " + error.message};
}

Result<ExitStatus> Import(const ImportFlags& flags) {
  POWERCUT_ASSIGN(const ImportOptions options, OptionsOf(flags));
  POWERCUT_ASSIGN(const std::string bytes, ReadFile(flags.log));
  const Result<BlockLog> log = ReadLogOf(flags, options, AsBytes(bytes));
  if (!log) return WithFile(flags.log, log.error());
  const Result<LoadedTrace> imported = ImportBlockLog(*log, options);
  if (!imported) return WithFile(flags.log, imported.error());
  POWERCUT_TRY(WriteTrace(imported->trace, imported->about, flags.output));
  // Oddities do not make the trace wrong, so that the exit status stays 0.
  for (const std::string& line : imported->lint) {
    std::fprintf(stderr, "powercut: %s: note: %s\n", flags.log.c_str(),
                 line.c_str());
  }
  std::printf(
      "%s: a log of origin %s, %zu entries: %u disk events and %zu marks on a "
      "disk of %llu bytes in sectors of %u, recording %08x\n",
      flags.output.c_str(), flags.origin.c_str(), log->entries.size(),
      imported->trace.event_count(), imported->trace.marks().size(),
      static_cast<unsigned long long>(imported->trace.geometry().size_bytes()),
      imported->trace.geometry().sector_bytes, imported->trace.Digest());
  return kExitHolds;
}

class ImportVerb : public Verb {
 public:
  ImportVerb()
      : Verb("import",
             "make a trace of a block log of another tool\n\nTakes the logs of "
             "the kernel's device mapper target log-writes and of QEMU's block "
             "driver blklogwrites. Who wrote it decides what a flush in it "
             "covers: docs/trace_file.md. Oddities go to standard error. A log "
             "whose superblock was never written is taken as far as its "
             "entries are sound.\n\nExit status: 0 written, 129 else",
             "powercut import tests/golden/log/kernel_metadata_flag.log -o "
             "t.trace --origin kernel --size 1M") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "LOG", flags_.log,
             "a dm-log-writes log, version 1")
        .Required()
        .ReadsFile();
    flags.Add(FlagGroup::kOutput, "-o,--output", flags_.output, "the new trace")
        .Required()
        .WritesFile();
    flags
        .Add(FlagGroup::kInput, "--origin", flags_.origin,
             "kernel or qemu: who wrote it")
        .Required()
        .OneOf({"kernel", "qemu"});
    flags
        .Add(FlagGroup::kInput, "--size", flags_.size,
             "of the disk, e.g. 64M; default: that of --base, or as far as "
             "the log's entries reach")
        .Takes(FlagValue::kText, "SIZE");
    flags
        .Add(FlagGroup::kInput, "--base", flags_.base,
             "what the disk held before the log began: an image of it, or a "
             "block device; default: a blank disk")
        .ReadsFile();
    flags
        .Add(FlagGroup::kInput, "--from", flags_.from,
             "explore crashes from this mark of the log on; MARK#2 is the "
             "second mark of this text")
        .Takes(FlagValue::kText, "MARK");
    flags.Add(FlagGroup::kInput, "--salvage", flags_.salvage,
              "take all sound entries, whatever the superblock counts; "
              "right only if the file was empty when the log began");
    flags
        .Add(FlagGroup::kInput, "--race-window", flags_.race_window,
             "qemu: a flush does not cover the last N writes before it")
        .Between(0, 1'000'000);
    flags.Add(FlagGroup::kInput, "--assume-fua", flags_.assume_fua,
              "qemu: the first write after a flush is durable at once");
  }

  Result<ExitStatus> Run() const override { return Import(flags_); }

 private:
  ImportFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeImportVerb() {
  return std::make_unique<ImportVerb>();
}

}  // namespace powercut
