// The table of all backends that powercut knows.
//
// CMake defines POWERCUT_HAVE_KERNEL and POWERCUT_HAVE_NTFS_3G where the
// targets of these backends exist. A backend that is not built in has a row all
// the same, without a function that makes it, so that an error and `powercut
// doctor` can say what to install.

#include "backends/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "backends/clfs/clfs_backend.h"
#include "backends/simfs/simfs_backend.h"

#ifdef POWERCUT_HAVE_KERNEL
#include "backends/kernel/kernel_backend.h"
#include "backends/kernel/mount_options.h"
#endif

#ifdef POWERCUT_HAVE_NTFS_3G
#include "backends/ntfs_3g/mkntfs.h"
#include "backends/ntfs_3g/ntfs_3g_backend.h"
#endif

namespace powercut {
namespace {

struct KnownBackend {
  std::string name;
  // The Debian packages that a build with this backend needs.
  std::string packages;
  // `nullptr` if the backend is not built in.
  std::function<std::unique_ptr<Backend>(const FormatOptions&)> make;
  // Returns what is missing on this machine, in one line; empty if all is
  // there. `nullptr` if the backend needs nothing of the machine.
  std::function<std::string()> lacks;
  // True if formatting and mounting take options (--mkfs, --mount).
  bool takes_options = false;
};

// A backend that runs in this process and takes no options.
KnownBackend InProcess(std::string name, std::string packages,
                       std::unique_ptr<Backend> (*make)()) {
  KnownBackend known;
  known.name = std::move(name);
  known.packages = std::move(packages);
  known.make = [make](const FormatOptions&) { return make(); };
  return known;
}

KnownBackend Ntfs3g() {
#ifdef POWERCUT_HAVE_NTFS_3G
  KnownBackend known = InProcess("ntfs-3g", "ntfs-3g-dev and ntfs-3g",
                                 ntfs_3g::MakeNtfs3gBackend);
  known.lacks = [] {
    return ntfs_3g::FindMkntfs().empty() ? "mkntfs is missing: install ntfs-3g"
                                         : "";
  };
  return known;
#else
  return {"ntfs-3g", "ntfs-3g-dev and ntfs-3g", nullptr, nullptr, false};
#endif
}

void AddKernelFileSystems(std::vector<KnownBackend>& known) {
#ifdef POWERCUT_HAVE_KERNEL
  for (const kernel::KernelFileSystem& file_system :
       kernel::KernelFileSystems()) {
    known.push_back(
        {file_system.name, "libfuse3-dev",
         [&file_system](const FormatOptions& options) {
           return kernel::MakeKernelBackend(file_system, options);
         },
         [&file_system] { return kernel::KernelFileSystemLacks(file_system); },
         true});
  }
#else
  // The names are those of the table in kernel_file_systems.cc, which is not
  // built.
  for (const char* name : {"btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs",
                           "ntfs3", "vfat", "xfs"}) {
    known.push_back({name, "libfuse3-dev", nullptr, nullptr, true});
  }
#endif
}

// In the order in which `doctor` lists them.
const std::vector<KnownBackend>& KnownBackends() {
  static const std::vector<KnownBackend> kKnown = [] {
    std::vector<KnownBackend> known = {
        Ntfs3g(), InProcess("clfs", "nothing", MakeClfsBackend),
        InProcess("simfs", "nothing", MakeSimfsBackend)};
    AddKernelFileSystems(known);
    return known;
  }();
  return kKnown;
}

std::string HowToGet(const KnownBackend& known) {
  return fmt::format("not built: install {}, then configure and build again",
                     known.packages);
}

}  // namespace

Result<std::unique_ptr<Backend>> MakeBackend(std::string_view name,
                                             const FormatOptions& options) {
  std::string names;
  for (const KnownBackend& known : KnownBackends()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
    if (known.name != name) continue;
    if (!known.make) {
      return Error{ErrorCode::kMissing,
                   fmt::format("backend {} is {}", name, HowToGet(known))};
    }
    // An option that a backend would ignore is an error: the user would take
    // the results for those under the option.
    const bool any = !options.mkfs.empty() || !options.mount.empty();
#ifdef POWERCUT_HAVE_KERNEL
    if (known.takes_options) {
      POWERCUT_TRY(kernel::ParseMountOptions(options.mount));
    }
#endif
    if (!any || known.takes_options) return known.make(options);
    return Error{ErrorCode::kUsage,
                 fmt::format("{} takes no --mkfs and no --mount", name)};
  }
  return Error{
      ErrorCode::kUsage,
      fmt::format("no backend is named {}; there are: {}", name, names)};
}

std::vector<BackendAvailability> ListBackends() {
  std::vector<BackendAvailability> list;
  for (const KnownBackend& known : KnownBackends()) {
    BackendAvailability& row = list.emplace_back();
    row.name = known.name;
    if (!known.make) {
      row.detail = HowToGet(known);
      continue;
    }
    const std::string lack = known.lacks ? known.lacks() : "";
    row.available = lack.empty();
    row.detail = lack.empty() ? known.make({})->traits().description : lack;
  }
  return list;
}

bool BackendOps::Offers(OpKind kind) const {
  return std::find(ops.begin(), ops.end(), kind) != ops.end();
}

std::vector<BackendOps> ListBackendOps() {
  std::vector<BackendOps> list;
  for (const KnownBackend& known : KnownBackends()) {
    if (!known.make) continue;
    const auto backend = known.make({});
    const BackendTraits& traits = backend->traits();
    BackendOps& row = list.emplace_back();
    row.name = known.name;
    // The kernel's file systems are those that take options.
    row.kernel = known.takes_options;
    row.ops = traits.ops;
    // The harness runs `wait` itself where ops can overlap.
    if (traits.overlap && !row.Offers(OpKind::kWait)) {
      row.ops.push_back(OpKind::kWait);
    }
  }
  return list;
}

}  // namespace powercut
