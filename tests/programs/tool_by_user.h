// ToolByUserTest: what tests of programs on simfs have in common. They run the
// tool as the user of the tests, and as nobody if that user is root.

#ifndef POWERCUT_TESTS_PROGRAMS_TOOL_BY_USER_H_
#define POWERCUT_TESTS_PROGRAMS_TOOL_BY_USER_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/subprocess.h"

namespace powercut {

// Who runs the tool.
enum class User : uint8_t { kOwn, kNobody };

inline std::string NameOf(User user) {
  return user == User::kOwn ? "own" : "nobody";
}

// Whether this process may become another user, in mounts of his own.
inline bool CanBecomeNobody() {
  return getuid() == 0 &&
         Subprocess({"/usr/bin/unshare", "-m", "/bin/true"}).Wait().status == 0;
}

class ToolByUserTest : public testing::Test {
 protected:
  explicit ToolByUserTest(User user) : user_(user) {}

  void SetUp() override {
    if (access("/dev/fuse", R_OK | W_OK) != 0) {
      GTEST_SKIP() << "/dev/fuse cannot be opened";
    }
    if (user_ == User::kNobody && !CanBecomeNobody()) {
      GTEST_SKIP() << "only root can become nobody";
    }
    OpenToAll(".");
  }

  // Lets every user read, write and enter the file or folder.
  void OpenToAll(const std::string& name) {
    std::filesystem::permissions(folder_.File(name),
                                 std::filesystem::perms::all);
  }

  // Starts a line of the shell, in the folder of the test, by the user. The
  // process that is returned is that of the last command of the line, if this
  // begins with `exec`.
  Subprocess Starts(const std::string& line) {
    const std::string here = "cd " + folder_.File(".") + " && " + line;
    if (user_ == User::kOwn) return Subprocess({"/bin/sh", "-c", here});
    // The device is opened to all for this process only.
    const std::string device = folder_.File("dev");
    return Subprocess({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                       "mkdir -p " + device + " && mount -t tmpfs none " +
                           device + " && mknod -m 666 " + device +
                           "/fuse c 10 229 && mount --bind " + device +
                           "/fuse /dev/fuse && exec setpriv --reuid 65534 "
                           "--regid 65534 --clear-groups /bin/sh -c \"$0\"",
                       here});
  }
  Ended Shell(const std::string& line) { return Starts(line).Wait(); }
  Ended Tool(const std::string& arguments) {
    return Shell("exec " POWERCUT_TOOL " " + arguments);
  }
  // Writes a script, and returns how a shell runs it.
  std::string Script(const std::string& name, const std::string& text) {
    return "sh " + folder_.Write(name, text);
  }

  TemporaryFolder folder_;

 private:
  const User user_;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_PROGRAMS_TOOL_BY_USER_H_
