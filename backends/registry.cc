// The table of all backends that powercut knows.
//
// CMake defines POWERCUT_HAVE_KERNEL where the target of these backends exists.
// A backend that is not built in has a row all the same, and making it fails,
// so that an error and `powercut doctor` can say what to install.

#include "backends/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "backends/clfs/clfs_backend.h"
#include "backends/ntfs_3g/mkntfs.h"
#include "backends/ntfs_3g/ntfs_3g_backend.h"
#include "backends/simfs/simfs_backend.h"
#include "model/words/tokens.h"

#ifdef POWERCUT_HAVE_KERNEL
#include "backends/kernel/kernel_backend.h"
#include "backends/kernel/mount_options.h"
#endif

namespace powercut {
namespace {

struct KnownBackend {
  std::string name;
  // Fails with kMissing if this program does not have the backend.
  std::function<Result<std::unique_ptr<Backend>>(const FormatOptions&)> make;
  // Returns what is missing on this machine, in one line; empty if all is
  // there. `nullptr` if the backend needs nothing of the machine.
  std::function<std::string()> lacks;
  // True if formatting and mounting take options (--mkfs, --mount).
  bool takes_options = false;
  // True for a file system of the running kernel.
  bool kernel = false;
};

// A backend of our own code, which is always there and takes no options.
KnownBackend BuiltIn(std::string name, std::unique_ptr<Backend> (*make)()) {
  KnownBackend known;
  known.name = std::move(name);
  known.make = [make](const FormatOptions&) { return make(); };
  return known;
}

KnownBackend Ntfs3g() {
  KnownBackend known;
  known.name = "ntfs-3g";
  known.make = [](const FormatOptions&) {
    return ntfs_3g::MakeNtfs3gBackend();
  };
  known.lacks = [] {
    return ntfs_3g::FindMkntfs().empty() ? "mkntfs is missing: install ntfs-3g"
                                         : "";
  };
  return known;
}

void AddKernelFileSystems(std::vector<KnownBackend>& known) {
#ifdef POWERCUT_HAVE_KERNEL
  for (const kernel::KernelFileSystem& file_system :
       kernel::KernelFileSystems()) {
    known.push_back(
        {file_system.name,
         [&file_system](const FormatOptions& options) {
           return kernel::MakeKernelBackend(file_system, options);
         },
         [&file_system] { return kernel::KernelFileSystemLacks(file_system); },
         true, true});
  }
#else
  // The names are those of the table in kernel_file_systems.cc, which is not
  // built.
  for (const char* name : {"btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs",
                           "ntfs3", "vfat", "xfs"}) {
    const auto make = [](const FormatOptions&) {
      return Error{ErrorCode::kMissing,
                   "not built: install libfuse3-dev, then configure and build "
                   "again"};
    };
    known.push_back({name, make, nullptr, true, true});
  }
#endif
}

// In the order in which `doctor` lists them.
std::vector<KnownBackend>& KnownBackends() {
  static std::vector<KnownBackend> known_backends = [] {
    std::vector<KnownBackend> known = {Ntfs3g(),
                                       BuiltIn("clfs", MakeClfsBackend),
                                       BuiltIn("simfs", MakeSimfsBackend)};
    AddKernelFileSystems(known);
    return known;
  }();
  return known_backends;
}

}  // namespace

Result<std::unique_ptr<Backend>> MakeBackend(std::string_view name,
                                             const FormatOptions& options) {
  for (const KnownBackend& known : KnownBackends()) {
    if (known.name != name) continue;
    // An option that a backend would ignore is an error: the user would take
    // the results for those under the option.
    const bool any = !options.mkfs.empty() || !options.mount.empty();
#ifdef POWERCUT_HAVE_KERNEL
    if (known.kernel) {
      POWERCUT_TRY(kernel::ParseMountOptions(options.mount));
    }
#endif
    if (any && !known.takes_options) {
      return Error{ErrorCode::kUsage,
                   fmt::format("{} takes no --mkfs and no --mount", name)};
    }
    auto made = known.make(options);
    if (made) return made;
    return Error{made.error().code,
                 fmt::format("backend {}: {}", name, made.error().message)};
  }
  return Error{ErrorCode::kUsage, UnknownBackend(name)};
}

void AddBackend(std::string name,
                std::function<Result<std::unique_ptr<Backend>>(
                    const FormatOptions& options)>
                    make) {
  KnownBackends().push_back(
      {std::move(name), std::move(make), nullptr, /*takes_options=*/true});
}

std::vector<std::string> BackendNames() {
  std::vector<std::string> names;
  for (const KnownBackend& known : KnownBackends()) names.push_back(known.name);
  return names;
}

std::string UnknownBackend(std::string_view name) {
  const std::vector<std::string> names = BackendNames();
  return fmt::format("no backend is named {}{}; there are: {}", name,
                     DidYouMean(name, names), fmt::join(names, ", "));
}

std::vector<BackendAvailability> ListBackends() {
  std::vector<BackendAvailability> list;
  for (const KnownBackend& known : KnownBackends()) {
    BackendAvailability& row = list.emplace_back();
    row.name = known.name;
    const std::string lack = known.lacks ? known.lacks() : "";
    if (!lack.empty()) {
      row.detail = lack;
      continue;
    }
    const auto made = known.make({});
    row.available = made.has_value();
    row.detail = made ? (*made)->traits().description : made.error().message;
  }
  return list;
}

bool BackendOps::Offers(OpKind kind) const {
  return std::find(ops.begin(), ops.end(), kind) != ops.end();
}

std::vector<BackendOps> ListBackendOps() {
  std::vector<BackendOps> list;
  for (const KnownBackend& known : KnownBackends()) {
    const auto made = known.make({});
    if (!made) continue;
    const BackendTraits& traits = (*made)->traits();
    BackendOps& row = list.emplace_back();
    row.name = known.name;
    row.kernel = known.kernel;
    row.ops = traits.ops;
    // The harness runs `wait` itself where ops can overlap.
    if (traits.overlap && !row.Offers(OpKind::kWait)) {
      row.ops.push_back(OpKind::kWait);
    }
  }
  return list;
}

}  // namespace powercut
