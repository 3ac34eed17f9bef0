// Subprocess and RunTool(): run a program and keep everything that it printed,
// for tests of the tool. TemporaryFolder: a folder for the files of a test.

#ifndef POWERCUT_TESTS_SUBPROCESS_H_
#define POWERCUT_TESTS_SUBPROCESS_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace powercut {

// A new folder that is removed, with everything in it, at the end of the
// object's life.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "powercut-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string File(const std::string& name) const { return path_ / name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return File(name);
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The names of the files in the folder, in no particular order.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

 private:
  std::filesystem::path path_;
};

// How a program ended.
struct Ended {
  int status = -1;  // The exit status; -1 if a signal ended the program.
  std::string out;
  std::string err;
};

// A running program. Its output goes to files, so that it never waits for a
// reader.
class Subprocess {
 public:
  explicit Subprocess(std::vector<std::string> command) {
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string out = folder_.File("out");
    const std::string err = folder_.File("err");
    pid_ = fork();
    if (pid_ != 0) return;
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    dup2(open(out.c_str(), flags, 0666), STDOUT_FILENO);
    dup2(open(err.c_str(), flags, 0666), STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }

  void Signal(int number) const { kill(pid_, number); }

  Ended Wait() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder_.Read("out"),
            folder_.Read("err")};
  }

 private:
  TemporaryFolder folder_;
  pid_t pid_ = 0;
};

// Runs the powercut tool with these arguments and waits for its end.
inline Ended RunTool(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), POWERCUT_TOOL);
  return Subprocess(std::move(arguments)).Wait();
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_SUBPROCESS_H_
