// Finds the module, opens it with dlopen(), and compares the ids before it
// calls anything in it.
//
// Workers inherit the open module, since they are forked from a process that
// has the backend. The module is never closed: the library and the tables that
// it computed are of use as long as the process lives.

#include "backends/ntfs_3g/ntfs_loader.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "harness/disk/virtual_environment.h"

namespace powercut::ntfs_3g {
namespace {

constexpr const char* kVariable = "POWERCUT_NTFS_3G_MODULE";
constexpr const char* kPlace = "lib/powercut/powercut_ntfs_3g.so";

constexpr NtfsEnvironment kEnvironment = {
    .time = powercut_virtual_time,
    .clock_gettime = powercut_virtual_clock_gettime,
    .getpid = powercut_virtual_getpid,
    .random = powercut_virtual_random,
    .srandom = powercut_virtual_srandom,
};

Error Missing(const std::string& what, const std::string& remedy) {
  return {ErrorCode::kMissing, fmt::format("{}; {}", what, remedy)};
}

Result<std::string> FindModule() {
  const char* named = std::getenv(kVariable);
  if (named != nullptr && *named != '\0') {
    const std::string path = named;
    // dlopen() looks for a name that has no slash where libraries are.
    return path.find('/') == path.npos ? "./" + path : path;
  }
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return Missing("/proc/self/exe cannot be read: " + error.message(),
                   fmt::format("mount /proc, or name the module of libntfs-3g "
                               "in {}",
                               kVariable));
  }
  const auto folder = program.parent_path();
  const std::string beside = folder / kPlace;
  const std::string above = folder.parent_path() / kPlace;
  for (const std::string& path : {beside, above}) {
    if (std::filesystem::exists(path, error)) return path;
  }
  return Missing(
      fmt::format(
          "the module of libntfs-3g is missing: there is neither {} nor "
          "{}",
          beside, above),
      fmt::format("install ntfs-3g-dev, configure and build again, or name the "
                  "module in {}",
                  kVariable));
}

Result<const NtfsCalls*> OpenModule() {
  POWERCUT_ASSIGN(const std::string path, FindModule());
  const std::string remedy = fmt::format(
      "install the module of this build of powercut, or name it in {}",
      kVariable);
  // All names are bound now: workers that are forked later would each bind
  // their own again.
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module == nullptr) {
    return Missing(fmt::format("cannot open the module {}", dlerror()), remedy);
  }
  const auto* id =
      static_cast<const char*>(dlsym(module, POWERCUT_NTFS_3G_ID_SYMBOL));
  if (id == nullptr) {
    return Missing(path + " is no module of powercut", remedy);
  }
  if (std::string_view(id) != POWERCUT_NTFS_3G_MODULE_ID) {
    return Missing(
        fmt::format("the module {} is of the build {}, and powercut of {}",
                    path, id, POWERCUT_NTFS_3G_MODULE_ID),
        remedy);
  }
  const auto calls = reinterpret_cast<decltype(&powercut_ntfs_3g_calls)>(
      dlsym(module, POWERCUT_NTFS_3G_CALLS_SYMBOL));
  POWERCUT_CHECK(calls != nullptr);
  return calls(&kEnvironment);
}

}  // namespace

Result<const NtfsCalls*> LoadNtfsModule() {
  static const Result<const NtfsCalls*> opened = OpenModule();
  return opened;
}

}  // namespace powercut::ntfs_3g
