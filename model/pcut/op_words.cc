// Words about ops.
//
// Method: the letters of a signature's operands (model/words/op.h) say what
// kind of word an operand is, and kOperandNames says what that word is about.
// Somebody who writes a word that is no op falls into one of four cases, which
// UnknownOpRemedy() tries in this order:
//
//   `sync`      a word of another system that means an op: name the op
//   `setxattr`  something that no op does: name `powercut record`
//   `wrte`      a slip of the keyboard: name the nearest op or directive
//   `qqqqq`     anything else: name `powercut ops`
//
// Meaning comes before spelling, since `sync` is nearer to `fsync` than to
// `syncfs`, which it means.

#include "model/pcut/op_words.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "harness/base/check.h"
#include "model/words/tokens.h"

namespace powercut {
namespace {

// The operands of each op by what they are about, in the order of OpKind.
constexpr std::array<std::string_view, kOpKindCount> kOperandNames = {
    "PATH",                     // create
    "PATH",                     // mkdir
    "PATH OFFSET LENGTH",       // write
    "PATH LENGTH",              // append
    "PATH SIZE",                // truncate
    "PATH OFFSET LENGTH",       // fallocate
    "PATH NEW_PATH",            // rename
    "PATH REPLACED_PATH",       // replace_file
    "PATH NEW_PATH",            // link
    "TARGET_PATH NEW_PATH",     // symlink
    "PATH",                     // unlink
    "PATH",                     // rmdir
    "PATH OCTAL_MODE",          // chmod
    "PATH TIME",                // set_times
    "HANDLE PATH",              // open
    "HANDLE",                   // close
    "PATH",                     // fsync
    "PATH",                     // fdatasync
    "PATH OFFSET LENGTH",       // sync_file_range
    "",                         // syncfs
    "PATH",                     // full_fsync
    "PATH",                     // barrier_fsync
    "",                         // remount
    "",                         // dismount
    "PATH|volume",              // nt_flush
    "PATH|volume",              // flush_file_buffers
    "PATH SIZE",                // set_end_of_file
    "PATH LENGTH",              // set_valid_data
    "VIEW PATH OFFSET LENGTH",  // map
    "VIEW OFFSET LENGTH",       // store
    "VIEW OFFSET LENGTH",       // msync
    "VIEW OFFSET LENGTH",       // flush_view
    "VIEW",                     // unmap
    "LOG",                      // log_open
    "LOG AREA",                 // log_area
    "LOG LENGTH",               // log_append
    "LOG",                      // log_flush
    "LOG RECORD",               // log_flush_to
    "LOG",                      // log_restart
    "LOG RECORD",               // log_advance_base
    "LOG RECORD",               // log_archive_tail
    "LOG",                      // log_reset
    "KEY VALUE",                // put
    "KEY",                      // delete
    "",                         // commit
    "",                         // checkpoint
    "FIRST_SECTOR SECTORS",     // disk_write
    "",                         // disk_flush
    "FIRST_SECTOR SECTORS",     // disk_discard
    "WHAT on WHICH",            // fault: `on` is a literal word
    "NUMBER",                   // wait
    "PATH OTHER_PATH",          // exchange
};

// What the values of the keys are, where they are no plain numbers.
constexpr std::pair<std::string_view, std::string_view> kKeyValues[] = {
    {"area", "AREA"},
    {"sectors", "A~B"},
    {"times", "N|always"},
    {"in", "run|recovery"}};

// Words of other systems that mean an op, in lower case.
constexpr std::pair<std::string_view, OpKind> kMeanings[] = {
    // POSIX, Linux and macOS.
    {"sync", OpKind::kSyncfs},
    {"sync_fs", OpKind::kSyncfs},
    {"flush", OpKind::kFsync},
    {"fflush", OpKind::kFsync},
    {"fsyncdir", OpKind::kFsync},
    {"fsync_dir", OpKind::kFsync},
    {"syncdir", OpKind::kFsync},
    {"sync_dir", OpKind::kFsync},
    {"fdatasyncdir", OpKind::kFdatasync},
    {"fdatasync_dir", OpKind::kFdatasync},
    {"datasync", OpKind::kFdatasync},
    {"f_fullfsync", OpKind::kFullFsync},
    {"f_barrierfsync", OpKind::kBarrierFsync},
    {"creat", OpKind::kCreate},
    {"touch", OpKind::kCreate},
    {"pwrite", OpKind::kWrite},
    {"pwrite64", OpKind::kWrite},
    {"pwritev", OpKind::kWrite},
    {"pwritev2", OpKind::kWrite},
    {"writev", OpKind::kWrite},
    {"overwrite", OpKind::kWrite},
    {"ftruncate", OpKind::kTruncate},
    {"resize", OpKind::kTruncate},
    {"posix_fallocate", OpKind::kFallocate},
    {"falloc", OpKind::kFallocate},
    {"mv", OpKind::kRename},
    {"move", OpKind::kRename},
    {"swap", OpKind::kExchange},
    {"renameat", OpKind::kRename},
    {"renameat2", OpKind::kRename},
    {"ln", OpKind::kLink},
    {"linkat", OpKind::kLink},
    {"hardlink", OpKind::kLink},
    {"symlinkat", OpKind::kSymlink},
    {"softlink", OpKind::kSymlink},
    {"rm", OpKind::kUnlink},
    {"remove", OpKind::kUnlink},
    {"del", OpKind::kUnlink},
    {"unlinkat", OpKind::kUnlink},
    {"mkdirat", OpKind::kMkdir},
    {"fchmod", OpKind::kChmod},
    {"fchmodat", OpKind::kChmod},
    {"utime", OpKind::kSetTimes},
    {"utimes", OpKind::kSetTimes},
    {"utimensat", OpKind::kSetTimes},
    {"futimens", OpKind::kSetTimes},
    {"openat", OpKind::kOpen},
    {"mmap", OpKind::kMap},
    {"munmap", OpKind::kUnmap},
    {"mwrite", OpKind::kStore},
    {"umount", OpKind::kRemount},
    {"unmount", OpKind::kRemount},
    {"mount", OpKind::kRemount},
    {"trim", OpKind::kDiskDiscard},
    {"discard", OpKind::kDiskDiscard},
    // Win32 and NT.
    {"createfile", OpKind::kCreate},
    {"createdirectory", OpKind::kMkdir},
    {"writefile", OpKind::kWrite},
    {"deletefile", OpKind::kUnlink},
    {"removedirectory", OpKind::kRmdir},
    {"movefile", OpKind::kRename},
    {"movefileex", OpKind::kRename},
    {"replacefile", OpKind::kReplaceFile},
    {"createhardlink", OpKind::kLink},
    {"createsymboliclink", OpKind::kSymlink},
    {"setfiletime", OpKind::kSetTimes},
    {"closehandle", OpKind::kClose},
    {"flushfilebuffers", OpKind::kFlushFileBuffers},
    {"ntflushbuffersfile", OpKind::kNtFlush},
    {"ntflushbuffersfileex", OpKind::kNtFlush},
    {"setendoffile", OpKind::kSetEndOfFile},
    {"setfilevaliddata", OpKind::kSetValidData},
    {"mapviewoffile", OpKind::kMap},
    {"flushviewoffile", OpKind::kFlushView},
    {"unmapviewoffile", OpKind::kUnmap},
    // CLFS.
    {"createlogfile", OpKind::kLogOpen},
    {"createlogmarshallingarea", OpKind::kLogArea},
    {"reserveandappendlog", OpKind::kLogAppend},
    {"flushlogbuffers", OpKind::kLogFlush},
    {"flushlogtolsn", OpKind::kLogFlushTo},
    {"writelogrestartarea", OpKind::kLogRestart},
    {"advancelogbase", OpKind::kLogAdvanceBase},
    {"setlogarchivetail", OpKind::kLogArchiveTail},
    {"closeandresetlogfile", OpKind::kLogReset},
};

// What a file system does and no op says.
constexpr std::string_view kOnlyPrograms[] = {
    "mknod",        "mkfifo",      "setxattr",        "lsetxattr",
    "fsetxattr",    "removexattr", "getxattr",        "setfattr",
    "setfacl",      "chown",       "fchown",          "lchown",
    "chattr",       "ioctl",       "fcntl",           "copy",
    "cp",           "sendfile",    "splice",          "punch_hole",
    "fpunch",       "zero_range",  "fzero",           "collapse_range",
    "insert_range", "reflink",     "clone",           "ficlone",
    "ficlonerange", "dedupe",      "copy_file_range", "swapon",
    "snapshot",     "subvolume",   "quotactl",        "read",
    "pread",        "io_uring",    "aio_write",       "fsfreeze"};

// Flags of system calls that no op has, in lower case, beside the words above.
constexpr std::string_view kOnlyProgramFlags[] = {
    "keep_size", "unshare_range", "noreplace", "whiteout", "nofollow",
    "tmpfile",   "excl",          "nowait",    "atomic",   "hipri"};

// What stands before the names of flags in C.
constexpr std::string_view kFlagPrefixes[] = {"falloc_fl_", "rename_", "o_",
                                              "rwf_"};

constexpr std::string_view kRecordIt =
    "a workload cannot say it; `powercut record` takes a program that does it";

// What CLFS documents and the logs here do not offer (docs/semantics.md 1.5.2).
constexpr std::pair<std::string_view, std::string_view> kRefusedLogOps[] = {
    {"log_truncate", "SetEndOfLog and TruncateLog"},
    {"truncatelog", "SetEndOfLog and TruncateLog"},
    {"setendoflog", "SetEndOfLog and TruncateLog"},
    {"log_set_end", "SetEndOfLog and TruncateLog"},
    {"log_reserve", "reservations of log space"},
    {"log_reservation", "reservations of log space"},
    {"alignreservedlog", "reservations of log space"},
    {"allocreservedlog", "reservations of log space"},
    {"freereservedlog", "reservations of log space"},
    {"log_stream", "streams of a multiplexed log"},
};

std::string InLowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Whether a program on a mounted volume can do what the op does.
bool ProgramsCan(OpKind kind) {
  return kind <= OpKind::kBarrierFsync || kind == OpKind::kExchange ||
         (kind >= OpKind::kMap && kind <= OpKind::kUnmap);
}

}  // namespace

std::string OpSyntax(const OpSignature& signature) {
  const std::string_view names =
      kOperandNames.at(static_cast<size_t>(signature.kind));
  // A row that stands in the wrong place would teach a wrong syntax. `fault`
  // has the literal word `on` among its operands.
  const size_t literal = signature.kind == OpKind::kFault ? 1 : 0;
  POWERCUT_CHECK(SplitAtBlanks({names, 1, ""}).size() ==
                 signature.operands.size() + literal);
  std::string text(signature.verb);
  if (!names.empty()) text += ' ';
  return text + std::string(names);
}

std::string OpSyntaxWithOptions(const OpSignature& signature) {
  std::string text = OpSyntax(signature);
  for (const Token& flag : SplitAtBlanks({signature.flags, 1, ""})) {
    text += " [" + std::string(flag.text) + "]";
  }
  for (const Token& key : SplitAtBlanks({signature.keys, 1, ""})) {
    const auto value =
        std::find_if(std::begin(kKeyValues), std::end(kKeyValues),
                     [&](const auto& row) { return row.first == key.text; });
    const std::string_view what =
        value == std::end(kKeyValues) ? "N" : value->second;
    text += " [" + std::string(key.text) + "=" + std::string(what) + "]";
  }
  return text;
}

std::optional<OpKind> OpMeantBy(std::string_view word) {
  const std::string lower = InLowerCase(word);
  for (const auto& [spelling, kind] : kMeanings) {
    if (spelling == lower) return kind;
  }
  return std::nullopt;
}

std::string UnknownOpRemedy(std::string_view word,
                            std::span<const std::string_view> directives) {
  if (const std::optional<OpKind> meant = OpMeantBy(word)) {
    return "; did you mean `" + std::string(VerbOf(*meant)) + "`?";
  }
  const std::string lower = InLowerCase(word);
  for (const auto& [spelling, what] : kRefusedLogOps) {
    if (spelling != lower) continue;
    return ": powercut does not offer " + std::string(what) +
           "; `powercut ops` lists the ops";
  }
  if (std::ranges::find(kOnlyPrograms, lower) != std::end(kOnlyPrograms)) {
    return "; " + std::string(kRecordIt) + ", and `powercut ops` lists the ops";
  }
  std::vector<std::string_view> words;
  for (const OpSignature& row : OpSignatures()) words.push_back(row.verb);
  words.insert(words.end(), directives.begin(), directives.end());
  // All of them are in lower case.
  const std::string nearest = DidYouMean(lower, words);
  return nearest.empty() ? "; `powercut ops` lists the ops" : nearest;
}

std::string RefusedFlagReason(OpKind kind, std::string_view flag) {
  if (kind == OpKind::kLogAppend && flag == "use_reservation") {
    return "powercut does not offer reservations of log space";
  }
  if (!ProgramsCan(kind)) return "";
  const std::string lower = InLowerCase(flag);
  std::string_view name = lower;
  for (const std::string_view prefix : kFlagPrefixes) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  if (kind == OpKind::kRename && name == "exchange") {
    return "write `" + OpSyntax(SignatureOf(OpKind::kExchange)) + '`';
  }
  const bool program =
      std::ranges::find(kOnlyPrograms, name) != std::end(kOnlyPrograms) ||
      std::ranges::find(kOnlyProgramFlags, name) != std::end(kOnlyProgramFlags);
  return program ? std::string(kRecordIt) : "";
}

std::string_view WhoNames(OpKind kind) {
  switch (kind) {
    case OpKind::kOpen:
      return ", where HANDLE is a name that you choose";
    case OpKind::kMap:
      return ", where VIEW is a name that you choose";
    case OpKind::kClose:
      return ", where HANDLE is a name that `open` gave";
    case OpKind::kStore:
    case OpKind::kMsync:
    case OpKind::kFlushView:
    case OpKind::kUnmap:
      return ", where VIEW is a name that `map` gave";
    default:
      return "";
  }
}

bool NoBackendOffers(OpKind kind) {
  return kind == OpKind::kSymlink || kind == OpKind::kChmod;
}

std::string NotOfferedRemedy(OpKind kind) {
  if (NoBackendOffers(kind)) {
    return ", and no backend does; `powercut record` takes a program that does "
           "it";
  }
  std::string remedy = "; `powercut ops` says which backends do";
  if (ProgramsCan(kind)) {
    remedy += ", and `powercut record` takes a program that does it";
  }
  return remedy;
}

std::string NoOverlapRemedy() {
  return "; write it without `start N`, and leave out its `wait N`, or name a "
         "backend that offers `wait` (`powercut ops`)";
}

}  // namespace powercut
