// The verbs of the command line. Each takes its parsed flags, prints results to
// standard output and errors to standard error, and returns the exit status.

#ifndef POWERCUT_HARNESS_CLI_VERBS_COMMANDS_H_
#define POWERCUT_HARNESS_CLI_VERBS_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/cli/exit_status.h"

namespace powercut {

// What all verbs that run states share. Empty or absent: not given.
struct CommonFlags {
  std::string backend;
  FormatOptions format;
  std::string check;          // of a trace: what judges, for a shell
  std::string check_timeout;  // `60s`
  bool fsck = false;  // of a trace: the file system's own checker judges, too
  std::string profile;
  std::vector<std::string> crash_kinds;
  std::optional<uint32_t> atomic_bytes;
  std::string space;
  bool probe = false;
  std::vector<std::string> faults;  // `error on write nth=3`
  uint32_t jobs = 0;                // 0: as many as there are processors
  uint64_t seed = 1;
  std::optional<uint64_t> max_runs;
  uint32_t nested = 0;
  std::string cache_size;  // `512M`, `1G`
  double doublecheck = 0;
  std::string copied;  // `apart`, `filled` or `read`
  std::string resume;  // a folder
  std::string budget;  // `30s`, `500ms`, `2m`
  std::string shard;   // `2/8`
  bool quiet = false;
};

struct CheckFlags {
  CommonFlags common;
  std::vector<std::string> files;
  std::string baseline;
  std::string json;
};
ExitStatus RunCheck(const CheckFlags& flags);

struct RecordFlags {
  std::string fs;
  std::string size;  // `64M`; empty: as the file system says
  std::vector<std::string> faults;
  FormatOptions format;
  std::string output;
  std::vector<std::string> command;
};
ExitStatus RunRecord(const RecordFlags& flags);

struct MergeFlags {
  std::vector<std::string> files;  // reports of shards
  std::string baseline;
  std::string json;
};
ExitStatus RunMerge(const MergeFlags& flags);

struct ReplayFlags {
  CommonFlags common;
  std::string file;
  std::string at;
  std::string image;
  std::string save;
};
ExitStatus RunReplay(const ReplayFlags& flags);

struct ShowFlags {
  CommonFlags common;
  std::string file;
  std::string save;
};
ExitStatus RunShow(const ShowFlags& flags);

struct LitmusFlags {
  std::vector<std::string> files;  // or folders; empty: corpora/litmus
  FormatOptions format;
  std::vector<std::string> backends;     // empty: as each file says
  std::vector<std::string> profiles;     // empty: as each file says
  std::optional<uint32_t> atomic_bytes;  // nothing: as file or backend says
  std::vector<std::string> faults;       // `error on write nth=3`
  std::string json;
  uint32_t jobs = 0;  // 0: as many as there are processors
  bool quiet = false;
};
ExitStatus RunLitmusCommand(const LitmusFlags& flags);

struct ExplainFlags {
  CommonFlags common;
  std::string file;
  std::string at;
};
ExitStatus RunExplain(const ExplainFlags& flags);

struct MinimizeFlags {
  CommonFlags common;
  std::string file;
  std::string output;
  std::string cause;  // empty: chosen
};
ExitStatus RunMinimize(const MinimizeFlags& flags);

struct ModelFlags {
  std::string profile;
  std::string primitive;  // part of a name or spelling; empty: all
  bool json = false;
};
ExitStatus RunModel(const ModelFlags& flags);

struct ImportFlags {
  std::string log;
  std::string output;
  std::string origin;        // `kernel` or `qemu`
  std::string size;          // `64M`; empty: as big as the entries need
  uint32_t race_window = 0;  // of qemu
  bool assume_fua = false;   // of qemu
  bool salvage = false;
};
ExitStatus RunImport(const ImportFlags& flags);

struct ExportFlags {
  CommonFlags common;
  std::string file;
  std::string output;
};
ExitStatus RunExport(const ExportFlags& flags);

ExitStatus RunDoctor();

// Prints `powercut: MESSAGE` to standard error and returns its status.
ExitStatus Fail(const Error& error);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_COMMANDS_H_
