// A file system of the kernel as a backend, seen from the process that owns the
// disk.
//
// This process never touches the mounted volume: every call becomes a request
// to a mounter (mounter.h), and the disk is served while the answer is awaited.
// The mounter, with its FUSE mount and its loop device, is kept from one mount
// to the next. A new one is started for another geometry, after the old one has
// died, and in a process that was forked, since only the process that started a
// mounter can serve its device.
//
// If the mounter or a device is missing, results say nothing about the storage,
// and HelperExitStatus() or MissingResource() tells the caller so.
//
// Example: a workload on ext4 with one fsync is the requests kMount ("ext4",
// "no_prefetch_block_bitmaps"), kApply (the fsync), kObserve and kUnmount.

#include "backends/kernel/kernel_backend.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "backends/format_program.h"
#include "backends/kernel/file_session.h"
#include "backends/kernel/mount_profile.h"
#include "backends/kernel/mounter.h"
#include "backends/kernel/printed_lines.h"
#include "backends/kernel/request_trace.h"
#include "backends/kernel/volume_signature.h"
#include "backends/kernel/writeback.h"
#include "harness/recover/outcome_codec.h"

namespace powercut::kernel {
namespace {

// How often a mounter that dies while it starts is started again.
constexpr int kRestartsMax = 8;

// A mounted volume: each call is a request to the mounter.
class KernelMount : public Mount {
 public:
  explicit KernelMount(Mounter& mounter) : mounter_(mounter) {}
  ~KernelMount() override {
    if (mounted_) Unmount();
    mounter_.set_disk(nullptr);
  }

  // Returns why the volume could not be mounted. Empty if it was.
  std::string MountVolume(const std::string& type, const std::string& options) {
    MounterRequest request;
    request.kind = MounterRequest::kMount;
    request.name = type;
    request.text = options;
    mounter_.PrepareDevice(request);
    std::string failure = Ask(request);
    mounted_ = failure.empty();
    type_ = type;
    return failure;
  }

  OpResult Apply(const Op& op, uint64_t offset_bytes,
                 std::string_view content) override {
    MounterRequest request;
    request.kind = MounterRequest::kApply;
    request.number = offset_bytes;
    request.text = content;
    request.op = op;
    return {Ask(request)};
  }

  Observation Observe() override {
    MounterRequest request;
    request.kind = MounterRequest::kObserve;
    auto bytes = mounter_.Ask(request);
    auto outcome =
        bytes ? DecodeOutcome(*bytes) : Result<RecoveryOutcome>(bytes.error());
    if (outcome) return std::move(outcome->observation);
    // The mounter is gone. HelperExitStatus() has the caller discard this.
    Observation observation;
    observation.unreadable = outcome.error().message;
    return observation;
  }

  Result<CommandEnd> RunCommand(const Command& command) override {
    MounterRequest request;
    request.kind = MounterRequest::kRun;
    request.words = command.words;
    request.text = command.acked;
    request.attempted = command.attempted;
    request.number = command.quiet ? 1 : 0;
    request.timeout_ms = command.timeout_ms;
    request.acks_from_stdout = command.acks_from_stdout;
    request.writeback = command.writeback;
    request.writeback_seed = command.writeback_seed;
    std::unique_ptr<LateWriteback> late;
    if (command.writeback == WritebackSchedule::kLate) {
      POWERCUT_ASSIGN(late, LateWriteback::Begin());
    }
    // The program writes its acks while this process waits for the answer.
    mounter_.set_text_sink(command.acks);
    const auto end = mounter_.Ask(request);
    mounter_.set_text_sink(nullptr);
    if (!end) return end.error();
    return DecodeCommandEnd(*end);
  }

  std::optional<VolumeLook> Look(size_t entries_max) override {
    return mounter_.Look(entries_max);
  }

  Result<std::optional<VolumeMap>> Map() override {
    MounterRequest request;
    request.kind = MounterRequest::kMap;
    request.name = type_;
    POWERCUT_ASSIGN(const std::string bytes, mounter_.Ask(request));
    POWERCUT_ASSIGN(VolumeMap map, DecodeVolumeMap(bytes));
    return std::optional(std::move(map));
  }

  OpResult Shutdown() override {
    mounted_ = false;
    return {Unmount()};
  }

 private:
  std::string Unmount() {
    MounterRequest request;
    request.kind = MounterRequest::kUnmount;
    return Ask(request);
  }
  // Returns what failed. Empty if nothing did.
  std::string Ask(const MounterRequest& request) {
    const auto answer = mounter_.Ask(request);
    return answer ? *answer : answer.error().message;
  }

  Mounter& mounter_;
  bool mounted_ = false;
  std::string type_;  // of the file system
};

std::vector<std::string> WordsOf(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string KernelRelease() {
  utsname names{};
  return uname(&names) == 0 ? names.release : "unknown";
}

class KernelBackend : public Backend {
 public:
  KernelBackend(const KernelFileSystem& file_system, FormatOptions options)
      : file_system_(file_system), options_(std::move(options)) {
    traits_.name = file_system.name;
    traits_.description = fmt::format("{} of the running kernel, Linux {}",
                                      file_system.name, KernelRelease());
    // The description names the options, so that results under different
    // options are not taken for each other.
    if (!options_.mkfs.empty()) {
      traits_.description += ", mkfs " + options_.mkfs;
    }
    if (!options_.mount.empty()) {
      traits_.description += ", mount " + options_.mount;
    }
    MountProfile judged = ProfileWithOptions(file_system, options_);
    traits_.profile = std::move(judged.profile);
    traits_.profile_note = std::move(judged.note);
    traits_.default_disk_bytes = file_system.default_disk_bytes;
    traits_.minimum_disk_bytes = file_system.minimum_disk_bytes;
    traits_.default_atomic_bytes = 4096;
    // Each state costs a mount, which takes milliseconds.
    traits_.default_exhaustive_log2_max = 10;
    traits_.sector_sizes_bytes = {512, 4096};
    traits_.crash_kinds = {CrashKind::kPower, CrashKind::kOs};
    traits_.ops = FileSessionOps();
    traits_.commands = true;
    // A kernel writes data back when it sees fit.
    traits_.repeatable = false;
  }

  const BackendTraits& traits() const override { return traits_; }

  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    if (const std::string lacks = KernelFileSystemLacks(file_system_);
        !lacks.empty()) {
      return Error{ErrorCode::kMissing,
                   fmt::format("{}: {}", file_system_.name, lacks)};
    }
    std::shared_ptr<const SparseImage>& image = formatted_[spec.geometry];
    if (image == nullptr) {
      std::vector<std::string> arguments = file_system_.mkfs_arguments;
      for (std::string& word : WordsOf(options_.mkfs)) {
        arguments.push_back(std::move(word));
      }
      arguments.emplace_back(kImageArgument);
      POWERCUT_ASSIGN(SparseImage made,
                      RunFormatProgram(FindProgram(file_system_.mkfs),
                                       arguments, file_system_.mkfs_environment,
                                       spec.geometry.size_bytes()));
      image = std::make_shared<const SparseImage>(std::move(made));
    }
    return image;
  }

  // The device stays from one mount to the next if process and geometry are the
  // same.
  MountResult Open(VirtualDisk& disk) override {
    if (const Status started = StartFor(disk.geometry()); !started) {
      return {nullptr, started.error().message};
    }
    mounter_->set_disk(&disk);
    auto mount = std::make_unique<KernelMount>(*mounter_);
    std::string options = file_system_.mount_options;
    if (!options.empty() && !options_.mount.empty()) options += ',';
    options += options_.mount;
    std::string failure = mount->MountVolume(file_system_.name, options);
    if (!failure.empty()) return {nullptr, std::move(failure)};
    return {std::move(mount), ""};
  }

  DiskProblem ProblemOf(const SparseImage& disk) const override {
    const std::optional<FoundVolume> found = FindVolume(disk);
    if (!found) {
      return {DiskProblem::kNoVolume, "no file system is on the disk"};
    }
    if (!Mounts(found->type)) {
      const auto& all = KernelFileSystems();
      const bool known = std::any_of(
          all.begin(), all.end(),
          [&](const KernelFileSystem& fs) { return fs.name == found->type; });
      return {DiskProblem::kWrongDisk,
              fmt::format("the disk holds {}{}", found->type,
                          known ? "; say --fs " + found->type : "")};
    }
    if (found->size_bytes <= disk.size_bytes()) return {};
    return {DiskProblem::kWrongDisk,
            fmt::format("the disk is cut short: its {} takes {} bytes, and the "
                        "disk has {}; import the log with --size {}",
                        found->type, found->size_bytes, disk.size_bytes(),
                        found->size_bytes)};
  }

  Status HasChecker() const override {
    const VolumeChecker& checker = file_system_.checker;
    if (checker.program.empty()) return Backend::HasChecker();
    if (!FindProgram(checker.program).empty()) return Ok{};
    return Error{ErrorCode::kMissing,
                 fmt::format("{} is missing: install {}", checker.program,
                             checker.package)};
  }

  Result<CommandEnd> RunChecker(VirtualDisk& disk,
                                uint32_t timeout_ms) override {
    const VolumeChecker& checker = file_system_.checker;
    POWERCUT_TRY(StartFor(disk.geometry()));
    MounterRequest request;
    request.kind = MounterRequest::kRunOnDevice;
    request.words = checker.arguments;
    request.words.insert(request.words.begin(), FindProgram(checker.program));
    request.timeout_ms = timeout_ms;
    mounter_->set_disk(&disk);
    mounter_->PrepareDevice(request);
    const auto answer = mounter_->Ask(request);
    mounter_->set_disk(nullptr);
    if (!answer) return answer.error();
    CommandEnd end = DecodeCommandEnd(*answer);
    // The detail is a line for how the checker ended, and then all that it
    // printed.
    const size_t line_end = end.detail.find('\n');
    if (line_end == end.detail.npos) return end;
    const std::string complaints = ComplaintsOf(
        checker, std::string_view(end.detail).substr(line_end + 1));
    end.detail.resize(line_end);
    if (!complaints.empty()) end.detail += ": " + complaints;
    return end;
  }

  // Processes that are forked from this one will trace.
  void StudyTrace(const Trace&) override { KeepTracepoints(); }

  std::optional<int> HelperExitStatus() const override {
    // The mounter of a parent process is no concern of this one.
    if (mounter_ == nullptr || owner_ != getpid()) return std::nullopt;
    return mounter_->end();
  }

  std::optional<Error> MissingResource() const override { return lacks_; }

  void ReleaseHelpers() override {
    if (owner_ == getpid()) mounter_.reset();
  }

 private:
  // Whether the driver of this file system is one for volumes of this type. The
  // drivers of ext4 and ext3 are for older versions, too.
  bool Mounts(const std::string& type) const {
    const std::string& name = file_system_.name;
    if (name == "ntfs3") return type == "ntfs";
    if (name == "ext4") return type.starts_with("ext");
    if (name == "ext3") return type == "ext2" || type == "ext3";
    return name == type;
  }

  // Sees to it that a mounter for disks of this geometry runs. On failure,
  // lacks_ is set to what is missing.
  Status StartFor(const DiskGeometry& geometry) {
    if (owner_ != getpid()) {
      // This process was forked. The mounter belongs to its parent, and
      // destroying it here would kill it.
      static_cast<void>(mounter_.release());
      owner_ = getpid();
    }
    if (mounter_ != nullptr && mounter_->geometry() == geometry &&
        !mounter_->end()) {
      return Ok{};
    }
    mounter_.reset();
    lacks_.reset();
    if (std::string cannot = KernelCannotMount(file_system_); !cannot.empty()) {
      return *(lacks_ = Error{ErrorCode::kMissing,
                              file_system_.name + ": " + cannot});
    }
    auto started = Mounter::Start(geometry);
    // kIo means that the process died while it started, killed from outside.
    for (int i = 0; i < kRestartsMax && !started; ++i) {
      if (started.error().code != ErrorCode::kIo) break;
      started = Mounter::Start(geometry);
    }
    if (!started) return *(lacks_ = started.error());
    mounter_ = std::move(*started);
    return Ok{};
  }

  const KernelFileSystem& file_system_;
  const FormatOptions options_;
  BackendTraits traits_;
  // Freshly formatted disks.
  std::map<DiskGeometry, std::shared_ptr<const SparseImage>> formatted_;
  std::unique_ptr<Mounter> mounter_;
  std::optional<Error> lacks_;
  // The process that started mounter_.
  pid_t owner_ = 0;
};

}  // namespace

std::unique_ptr<Backend> MakeKernelBackend(const KernelFileSystem& file_system,
                                           FormatOptions options) {
  return std::make_unique<KernelBackend>(file_system, std::move(options));
}

}  // namespace powercut::kernel
