// The tool and the module of libntfs-3g: where the tool finds the module, and
// what the tool says if there is none that it can use. The rest of the tool
// works without the module.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using std::string_literals::operator""s;

constexpr const char* kModule = POWERCUT_NTFS_3G_MODULE_FILE;
constexpr const char* kRemedy =
    "; install the module of this build of powercut, or name it in "
    "POWERCUT_NTFS_3G_MODULE\n";

// Holds on simfs and has violations on ntfs-3g.
constexpr const char* kWorkload = R"(powercut 1
disk    2M atomic=4096
init
  create /a
run
  create /b
  rename /b /a
)";

class NtfsModuleTest : public testing::Test {
 protected:
  NtfsModuleTest() : workload_(folder_.Write("workload.pcut", kWorkload)) {}

  // Copies the tool to bin/ in the folder, where no module is found beside it.
  std::string CopiedTool() const {
    std::filesystem::create_directory(folder_.File("bin"));
    std::filesystem::copy(POWERCUT_TOOL, folder_.File("bin/powercut"));
    return folder_.File("bin/powercut");
  }

  // Runs the tool with a file as the module.
  static Ended RunToolWith(const std::string& module,
                           const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {
        "/usr/bin/env", "POWERCUT_NTFS_3G_MODULE=" + module, POWERCUT_TOOL};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return Subprocess(std::move(command)).Wait();
  }

  // Expects that the tool cannot use a file as the module, and that it says why
  // in one line.
  void ExpectRefused(const std::string& module, const std::string& why) const {
    SCOPED_TRACE(module);
    const Ended check = RunToolWith(
        module, {"check", "--quiet", "--backend", "ntfs-3g", workload_});
    ExpectError(check, kCannotRun, workload_ + ": backend ntfs-3g: ");
    EXPECT_THAT(check.err, HasSubstr(why));
    EXPECT_THAT(check.err, HasSubstr(kRemedy));
    const Ended doctor = RunToolWith(module, {"doctor"});
    EXPECT_EQ(doctor.status, kHolds);
    EXPECT_THAT(doctor.out, StartsWith("ntfs-3g    missing  "));
    EXPECT_THAT(doctor.out, HasSubstr(why));
    EXPECT_THAT(doctor.out, HasSubstr(kRemedy));
  }

  const TemporaryFolder folder_;
  const std::string workload_;
};

TEST_F(NtfsModuleTest, AnInstalledToolFindsAnInstalledModule) {
  const std::string tool = CopiedTool();
  const Ended installed =
      Subprocess({"/usr/bin/env", "cmake", "--install", POWERCUT_BINARY_DIR,
                  "--component", "ntfs_3g", "--prefix", folder_.File("")})
          .Wait();
  ASSERT_EQ(installed.status, 0) << installed.err;
  EXPECT_THAT(Subprocess({tool, "doctor"}).Wait().out,
              StartsWith("ntfs-3g    ready    libntfs-3g 20"));
  const std::vector<std::string> check = {"check", "--space", "prefix",
                                          workload_};
  const Ended here = RunTool(check);
  EXPECT_EQ(here.status, kViolation) << here.err;
  std::vector<std::string> command = {tool};
  command.insert(command.end(), check.begin(), check.end());
  const Ended there = Subprocess(command).Wait();
  EXPECT_EQ(there.status, kViolation) << there.err;
  EXPECT_EQ(there.out, here.out);
}

TEST_F(NtfsModuleTest, WithoutAModuleTheRestWorks) {
  const std::string tool = CopiedTool();
  const std::string missing =
      "the module of libntfs-3g is missing: there is "
      "neither " +
      folder_.File("bin") + "/lib/powercut/powercut_ntfs_3g.so nor " +
      folder_.File("lib") +
      "/powercut/powercut_ntfs_3g.so; install "
      "ntfs-3g-dev, configure and build again, or name "
      "the module in POWERCUT_NTFS_3G_MODULE\n";
  ExpectError(
      Subprocess({tool, "check", "--backend", "ntfs-3g", workload_}).Wait(),
      kCannotRun, workload_ + ": backend ntfs-3g: " + missing);
  const Ended doctor = Subprocess({tool, "doctor"}).Wait();
  EXPECT_EQ(doctor.status, kHolds);
  EXPECT_THAT(doctor.out, StartsWith("ntfs-3g    missing  " + missing));
  EXPECT_THAT(doctor.out, HasSubstr("simfs      ready"));
  EXPECT_EQ(Subprocess({tool, "check", "--backend", "simfs", workload_})
                .Wait()
                .status,
            kHolds);
  const Ended ops = Subprocess({tool, "ops"}).Wait();
  EXPECT_EQ(ops.status, kHolds);
  EXPECT_THAT(ops.out, HasSubstr("simfs"));
  EXPECT_THAT(ops.out, Not(HasSubstr("ntfs-3g")));
}

TEST_F(NtfsModuleTest, TheVariableNamesTheModule) {
  std::filesystem::copy(kModule, folder_.File("module.so"));
  const std::string tool = CopiedTool();
  // A name that has no slash is a file of the working folder.
  for (const std::string& name : {folder_.File("module.so"), "module.so"s}) {
    const std::string command = "cd '" + folder_.File("") +
                                "' && POWERCUT_NTFS_3G_MODULE='" + name + "' " +
                                tool + " doctor";
    EXPECT_THAT(Subprocess({"/bin/sh", "-c", command}).Wait().out,
                StartsWith("ntfs-3g    ready "))
        << name;
  }
  // An empty value is none.
  EXPECT_THAT(RunToolWith("", {"doctor"}).out, StartsWith("ntfs-3g    ready "));
}

TEST_F(NtfsModuleTest, AModuleOfAnotherBuildIsRefused) {
  std::string bytes = [] {
    std::ifstream in(kModule, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  std::smatch found;
  ASSERT_TRUE(std::regex_search(
      bytes, found, std::regex("[0-9]+\\.[0-9]+\\.[0-9]+-[0-9a-f]{16}")));
  const std::string id = found.str();
  std::string other = id;
  other.back() = other.back() == '0' ? '1' : '0';
  bytes.replace(static_cast<size_t>(found.position()), id.size(), other);
  const std::string module = folder_.Write("other.so", bytes);
  ExpectRefused(module, "the module " + module + " is of the build " + other +
                            ", and powercut of " + id);
}

TEST_F(NtfsModuleTest, OtherFilesAreRefused) {
  ExpectRefused(folder_.File("none.so"),
                "cannot open the module " + folder_.File("none.so") +
                    ": cannot open shared object file: No such file");
  // A name is not looked for where libraries are.
  ExpectRefused("libc.so.6", "cannot open the module ./libc.so.6: ");
  ExpectRefused(workload_, "cannot open the module " + workload_ + ": ");
  // Any other library: that of std::terminate(), which no sanitizer replaces by
  // a function of the program's own.
  Dl_info library;
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "_ZSt9terminatev"), &library), 0);
  ExpectRefused(library.dli_fname,
                std::string(library.dli_fname) + " is no module of powercut");
}

}  // namespace
}  // namespace powercut
