// `powercut_pages FOLDER`: writes the man pages and the completions into
// FOLDER/man and the folders where shells look, as they are below share/ of an
// installed package. The build runs it; it is not installed.

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "engines/backend/engine_backend.h"
#include "harness/base/result.h"
#include "harness/cli/exit_status.h"
#include "harness/cli/help/completions.h"
#include "harness/cli/help/man_page.h"
#include "harness/cli/input/flag_set.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/verbs/verb.h"
#include "harness/cli/verbs/verb_list.h"

namespace powercut {
namespace {

// Writes a file into a folder, which is made if there is none.
Status WriteInto(const std::filesystem::path& folder, const std::string& name,
                 std::string_view text) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Error{ErrorCode::kIo, folder.string() + ": " + error.message()};
  }
  return WriteFile((folder / name).string(), text);
}

Status WritePages(const std::filesystem::path& share) {
  CommandLine command_line;
  const VerbList list = AddVerbs(command_line);
  const auto& verbs = command_line.verbs();
  const std::filesystem::path man = share / "man" / "man1";
  POWERCUT_TRY(WriteInto(man, "powercut.1", ToolManPage(verbs)));
  for (const DeclaredVerb& verb : verbs) {
    POWERCUT_TRY(
        WriteInto(man, "powercut-" + verb.name + ".1", VerbManPage(verb)));
  }
  POWERCUT_TRY(WriteInto(share / "bash-completion" / "completions", "powercut",
                         BashCompletion(verbs)));
  POWERCUT_TRY(WriteInto(share / "zsh" / "site-functions", "_powercut",
                         ZshCompletion(verbs)));
  return WriteInto(share / "fish" / "vendor_completions.d", "powercut.fish",
                   FishCompletion(verbs));
}

int Main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: powercut_pages FOLDER\n");
    return kExitUsage;
  }
  AddEngineBackends();
  const Status written = WritePages(argv[1]);
  return written ? kExitHolds : Fail(written.error());
}

}  // namespace
}  // namespace powercut

int main(int argc, char** argv) { return powercut::Main(argc, argv); }
