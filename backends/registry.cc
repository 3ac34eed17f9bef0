#include "backends/registry.h"

#include <fmt/format.h>

#include <array>

#include "backends/clfs/clfs_backend.h"
#include "backends/simfs/simfs_backend.h"

#ifdef POWERCUT_HAVE_NTFS_3G
#include "backends/ntfs_3g/mkntfs.h"
#include "backends/ntfs_3g/ntfs_3g_backend.h"
#endif

namespace powercut {
namespace {

struct KnownBackend {
  std::string_view name;
  // Debian packages that building it takes.
  std::string_view packages;
  // Null: not built in.
  std::unique_ptr<Backend> (*make)();
  // What it lacks when it runs, or nothing; null: it needs nothing.
  std::string (*lacks)();
};

#ifdef POWERCUT_HAVE_NTFS_3G
std::string Ntfs3gLacks() {
  return FindMkntfs().empty() ? "mkntfs is missing: install ntfs-3g" : "";
}
#endif

constexpr std::array kKnownBackends = {
#ifdef POWERCUT_HAVE_NTFS_3G
    KnownBackend{"ntfs-3g", "ntfs-3g-dev and ntfs-3g", MakeNtfs3gBackend,
                 Ntfs3gLacks},
#else
    KnownBackend{"ntfs-3g", "ntfs-3g-dev and ntfs-3g", nullptr, nullptr},
#endif
    KnownBackend{"clfs", "nothing", MakeClfsBackend, nullptr},
    KnownBackend{"simfs", "nothing", MakeSimfsBackend, nullptr},
};

std::string HowToGet(const KnownBackend& known) {
  return fmt::format("not built: install {}, then configure and build again",
                     known.packages);
}

}  // namespace

std::vector<std::unique_ptr<Backend>> MakeBackends() {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const KnownBackend& known : kKnownBackends) {
    if (known.make != nullptr) backends.push_back(known.make());
  }
  return backends;
}

Result<std::unique_ptr<Backend>> MakeBackend(std::string_view name) {
  std::string names;
  for (const KnownBackend& known : kKnownBackends) {
    if (known.name == name) {
      if (known.make != nullptr) return known.make();
      return Error{ErrorCode::kMissing,
                   fmt::format("backend {} is {}", name, HowToGet(known))};
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  }
  return Error{
      ErrorCode::kUsage,
      fmt::format("no backend is named {}; there are: {}", name, names)};
}

std::vector<BackendAvailability> ListBackends() {
  std::vector<BackendAvailability> list;
  for (const KnownBackend& known : kKnownBackends) {
    BackendAvailability& row = list.emplace_back();
    row.name = known.name;
    if (known.make == nullptr) {
      row.detail = HowToGet(known);
      continue;
    }
    const std::string lack = known.lacks != nullptr ? known.lacks() : "";
    row.available = lack.empty();
    row.detail = lack.empty() ? known.make()->traits().description : lack;
  }
  return list;
}

}  // namespace powercut
