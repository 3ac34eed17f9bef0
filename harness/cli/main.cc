// argv to verbs. The flags are a contract: design.md section 10.

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "harness/cli/verbs/commands.h"

namespace powercut {
namespace {

void AddFormat(CLI::App* verb, FormatOptions& options) {
  verb->add_option("--mkfs", options.mkfs,
                   "words for the program that formats");
  verb->add_option("--mount", options.mount, "mount options, as of mount -o");
}

void AddFault(CLI::App* verb, std::vector<std::string>& faults) {
  verb->add_option("--fault", faults,
                   "a fault of the disk, as in a file, e.g. 'error on write "
                   "nth=3' or 'lie on flush times=always'; may be repeated")
      ->allow_extra_args(false);
}

void AddJudging(CLI::App* verb, CommonFlags& flags) {
  verb->add_option("--check", flags.check, "of a trace: for a shell")
      ->check([](const std::string& command) {
        return command.empty() ? "is empty; leave it out for no check" : "";
      });
  verb->add_option("--check-timeout", flags.check_timeout,
                   "kill a check that takes longer, a finding; default: 60s");
  verb->add_flag("--fsck", flags.fsck,
                 "then unmount, and run e2fsck -fn, xfs_repair -n or btrfs "
                 "check --readonly, too");
}

void AddSetting(CLI::App* verb, CommonFlags& flags) {
  verb->add_option("--backend,--fs", flags.backend, "storage under test");
  AddFormat(verb, flags.format);
  verb->add_option("--profile", flags.profile, "what is promised");
  verb->add_option("--atomic", flags.atomic_bytes,
                   "bytes that the device writes whole");
  verb->add_flag("--probe", flags.probe,
                 "use the volume after recovery, and look again");
  AddFault(verb, flags.faults);
  verb->add_flag("--quiet", flags.quiet, "results only");
}

void AddExploring(CLI::App* verb, CommonFlags& flags) {
  verb->add_option("--crash", flags.crash_kinds, "process, os, power")
      ->delimiter(',');
  verb->add_option("--space", flags.space,
                   "prefix, epoch:K, sample:N or exhaustive, with +torn:T");
  verb->add_option("--jobs", flags.jobs, "workers; default: the processors")
      ->check(CLI::Range(1, 1024));
  // Else -1 would be 2^64 - 1.
  verb->add_option("--seed", flags.seed, "of sample:N")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--max-runs", flags.max_runs, "recoveries a workload")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--nested", flags.nested,
                   "crash again during recovery, so many deep")
      ->check(CLI::Range(0, 8));
  verb->add_option("--cache-size", flags.cache_size,
                   "memory for finished runs, e.g. 1G; default: 512M");
  verb->add_option("--doublecheck", flags.doublecheck,
                   "share of cached answers to run for real, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--copied", flags.copied,
                   "data only copied: vary each block apart, fill it in, or "
                   "take it as read")
      ->check(CLI::IsMember({"apart", "filled", "read"}));
  verb->add_option("--resume", flags.resume,
                   "keep the runs in this folder, and go on from there");
  verb->add_option("--budget", flags.budget, "time a workload, e.g. 30s");
  verb->add_option("--shard", flags.shard,
                   "only part I of N, e.g. 2/8; `merge` joins the reports");
}

struct Flags {
  CheckFlags check;
  CheckFlags explore;
  RecordFlags record;
  ReplayFlags replay;
  ShowFlags show;
  LitmusFlags litmus;
  ExplainFlags explain;
  MinimizeFlags minimize;
  ModelFlags model;
  MergeFlags merge;
  ImportFlags import;
  ExportFlags export_;
};

void AddRecord(CLI::App& app, RecordFlags& flags) {
  CLI::App* record = app.add_subcommand(
      "record",
      "run a program in a volume and keep every write\n\nLines that it writes "
      "to the file $POWERCUT_ACKS are acks: what it promised from then on. It "
      "runs in the volume, so that names outside must be absolute, as root in "
      "namespaces of its own; what it leaves running is "
      "killed.");
  record->add_option("--fs", flags.fs, "file system")->required();
  record->add_option("--size", flags.size, "of the disk, e.g. 64M");
  AddFormat(record, flags.format);
  AddFault(record, flags.faults);
  record->add_option("-o,--output", flags.output, "the trace")->required();
  record->add_option("COMMAND", flags.command, "behind --")->required();
}

void AddExplore(CLI::App& app, CheckFlags& flags) {
  CLI::App* explore = app.add_subcommand(
      "explore",
      "mount the crash states of a trace and check them\n\nThe check command "
      "runs in the recovered volume, with the acks in force in the file "
      "$POWERCUT_ACKED; exit status 0: it holds. Without one, the volume must "
      "mount, read whole and take writes. With --fsck, the file system's own "
      "checker must find nothing in it, either.");
  explore->add_option("TRACE", flags.files, "saved traces")->required();
  AddJudging(explore, flags.common);
  explore->add_option("--fs,--backend", flags.common.backend,
                      "file system, if not as the trace says");
  AddFormat(explore, flags.common.format);
  AddFault(explore, flags.common.faults);
  explore->add_option("--atomic", flags.common.atomic_bytes,
                      "bytes that the device writes whole");
  explore->add_flag("--quiet", flags.common.quiet, "results only");
  explore->add_option("--json", flags.json, "write a report here");
  explore->add_option("--baseline", flags.baseline,
                      "known causes, or an earlier report");
  AddExploring(explore, flags.common);
}

void AddImport(CLI::App& app, ImportFlags& flags) {
  CLI::App* import = app.add_subcommand(
      "import",
      "make a trace of a block log of another tool\n\nTakes the logs of the "
      "kernel's device mapper target log-writes and of QEMU's block driver "
      "blklogwrites. Who wrote it decides what a flush in it covers: "
      "docs/trace_file.md. Oddities go to standard error. A log "
      "whose "
      "superblock was never written is taken as far as its entries are "
      "sound.\n\nExit status: 0 written, 129 else");
  import->add_option("LOG", flags.log, "a dm-log-writes log, version 1")
      ->required();
  import->add_option("-o,--output", flags.output, "the new trace")->required();
  import->add_option("--origin", flags.origin, "kernel or qemu: who wrote it")
      ->required()
      ->check(CLI::IsMember({"kernel", "qemu"}));
  import->add_option("--size", flags.size,
                     "of the disk, e.g. 64M; default: as far as the log's "
                     "entries reach");
  import->add_flag("--salvage", flags.salvage,
                   "take all sound entries, whatever the superblock counts; "
                   "right only if the file was empty when the log began");
  import
      ->add_option("--race-window", flags.race_window,
                   "qemu: a flush does not cover the last N writes in front of "
                   "it")
      ->check(CLI::Range(0, 1'000'000));
  import->add_flag("--assume-fua", flags.assume_fua,
                   "qemu: the first write behind a flush is durable at once");
}

void AddExport(CLI::App& app, ExportFlags& flags) {
  CLI::App* export_ = app.add_subcommand(
      "export",
      "write a trace as a log for other tools\n\nThe log is a plain "
      "dm-log-writes log, version 1, as xfstests' replay-log and QEMU's "
      "blklogwrites read it. What it does not say, or says otherwise than the "
      "trace, goes to standard error. A .pcut file is recorded "
      "first.\n\nExit status: 0 written, 125 cannot record here, 129 usage");
  export_->add_option("FILE", flags.file, "a .pcut file or saved trace")
      ->required();
  export_->add_option("-o,--output", flags.output, "the new log")->required();
  export_->add_option("--backend", flags.common.backend,
                      "storage that a .pcut file is recorded on");
}

void AddMinimize(CLI::App& app, MinimizeFlags& flags) {
  CLI::App* minimize = app.add_subcommand(
      "minimize",
      "shrink a failing workload to a regression file\n\nKeeps a cause: that "
      "of --cause; else of the file's own `at` state; else the first that an "
      "`expect violation` line names; else the first that is found. Removes "
      "ops, makes numbers smaller, then loses fewer blocks. Flags that change "
      "what is run or judged are written into the new file, but for --probe "
      "and --seed. --budget is of "
      "the whole, --max-runs of each workload tried.\n\nExit status: 0 "
      "written, 2 a bound came first (what is smallest so far is written), "
      "129 also if there is nothing to minimize, 130 interrupted (what is "
      "smallest so far is written)");
  minimize->add_option("FILE", flags.file, "a .pcut file")->required();
  minimize->add_option("-o,--output", flags.output, "the new .pcut file")
      ->required();
  minimize->add_option("--cause", flags.cause, "the cause to keep");
  AddSetting(minimize, flags.common);
  AddExploring(minimize, flags.common);
}

void AddVerbs(CLI::App& app, Flags& flags) {
  app.require_subcommand(1);
  CLI::App* check = app.add_subcommand(
      "check", "explore the crashes of workloads and judge them");
  check->add_option("FILE", flags.check.files, ".pcut files or saved traces")
      ->required();
  check->add_option("--json", flags.check.json, "write a report here");
  check->add_option("--baseline", flags.check.baseline,
                    "known causes, or an earlier report");
  AddSetting(check, flags.check.common);
  AddExploring(check, flags.check.common);

  CLI::App* replay = app.add_subcommand("replay", "run one crash state again");
  replay->add_option("FILE", flags.replay.file, "a .pcut file or saved trace")
      ->required();
  replay->add_option("--at", flags.replay.at, "id of the state")->required();
  replay->add_option("--image", flags.replay.image, "save the crash image");
  replay->add_option("--save", flags.replay.save, "save the trace");
  AddJudging(replay, flags.replay.common);
  AddSetting(replay, flags.replay.common);
  AddRecord(app, flags.record);
  AddExplore(app, flags.explore);

  CLI::App* show = app.add_subcommand("show", "list a recording");
  show->add_option("FILE", flags.show.file, "a .pcut file or saved trace")
      ->required();
  show->add_option("--save", flags.show.save, "save the trace");
  AddSetting(show, flags.show.common);

  CLI::App* litmus =
      app.add_subcommand("litmus", "run litmus tests with every crash state");
  litmus->add_option("FILE|DIR", flags.litmus.files,
                     "tests, or folders of them; default: corpora/litmus");
  litmus->add_option("--backend", flags.litmus.backends, "or `model`")
      ->delimiter(',')
      ->allow_extra_args(false);
  AddFormat(litmus, flags.litmus.format);
  litmus->add_option("--profile", flags.litmus.profiles, "only under these")
      ->delimiter(',')
      ->allow_extra_args(false);
  litmus->add_option("--atomic", flags.litmus.atomic_bytes,
                     "bytes the device writes whole");
  AddFault(litmus, flags.litmus.faults);
  litmus->add_option("--json", flags.litmus.json, "write a report here");
  litmus->add_option("--jobs", flags.litmus.jobs, "default: the processors")
      ->check(CLI::Range(1, 1024));
  litmus->add_flag("--quiet", flags.litmus.quiet, "only what does not hold");

  CLI::App* explain = app.add_subcommand(
      "explain", "why a crash state is as it is, and what would excuse it");
  explain->add_option("FILE", flags.explain.file, "a .pcut file or saved trace")
      ->required();
  explain->add_option("--at", flags.explain.at, "id of the state")->required();
  AddSetting(explain, flags.explain.common);

  AddMinimize(app, flags.minimize);

  CLI::App* model = app.add_subcommand(
      "model", "what each flush primitive promises, with its sources");
  model->add_option("--profile", flags.model.profile, "as this profile reads");
  model->add_option("--primitive", flags.model.primitive,
                    "only rows with this in their name");
  model->add_flag("--json", flags.model.json, "as data");

  CLI::App* merge = app.add_subcommand(
      "merge", "make the reports of all shards into the report of the whole");
  merge->add_option("JSON", flags.merge.files, "written by check --json")
      ->required();
  merge->add_option("--json", flags.merge.json, "write a report here");
  merge->add_option("--baseline", flags.merge.baseline,
                    "known causes, or an earlier report");

  AddImport(app, flags.import);
  AddExport(app, flags.export_);

  app.add_subcommand("doctor", "what can run here, and what is missing");
}

int Main(int argc, char** argv) {
  CLI::App app{
      "powercut: checks that storage keeps its promises when the "
      "power goes\n\nExit status: 0 holds, 1 violation, 2 unknown, "
      "125 cannot run here, 128 internal error, 129 usage, 130 "
      "interrupted",
      "powercut"};
  Flags flags;
  AddVerbs(app, flags);
  // CLI11 would say that a verb is required, and not that this is none.
  const std::string verb = argc > 1 ? argv[1] : "-";
  const auto is_verb = [&](const CLI::App* known) {
    return known->get_name() == verb;
  };
  if (verb[0] != '-' && app.get_subcommands(is_verb).empty()) {
    std::fprintf(stderr,
                 "powercut: no verb is named '%s' (`powercut --help` lists "
                 "them)\n",
                 verb.c_str());
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "powercut: %s (`powercut --help` lists the flags)\n",
                 error.what());
    return kExitUsage;
  }
  if (app.got_subcommand("check")) return RunCheck(flags.check);
  if (app.got_subcommand("record")) return RunRecord(flags.record);
  if (app.got_subcommand("explore")) return RunCheck(flags.explore);
  if (app.got_subcommand("replay")) return RunReplay(flags.replay);
  if (app.got_subcommand("show")) return RunShow(flags.show);
  if (app.got_subcommand("litmus")) return RunLitmusCommand(flags.litmus);
  if (app.got_subcommand("explain")) return RunExplain(flags.explain);
  if (app.got_subcommand("minimize")) return RunMinimize(flags.minimize);
  if (app.got_subcommand("model")) return RunModel(flags.model);
  if (app.got_subcommand("merge")) return RunMerge(flags.merge);
  if (app.got_subcommand("import")) return RunImport(flags.import);
  if (app.got_subcommand("export")) return RunExport(flags.export_);
  return RunDoctor();
}

}  // namespace
}  // namespace powercut

int main(int argc, char** argv) { return powercut::Main(argc, argv); }
