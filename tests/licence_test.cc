// What can be linked with powercut is under the MIT licence: no library of ours
// and no tool links libntfs-3g, which is under the GPL. Only the module
// powercut_ntfs_3g.so does, from sources that say so.
//
// What a file links is read with readelf: the libraries that it needs, and the
// names of its symbols, be they defined (linked as an archive), undefined (to
// be found in a shared library, or when an archive is linked) or local. All
// functions of libntfs-3g have names that begin with `ntfs_`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/source_tree.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- what a program or an archive links -------------------------------------

struct Linked {
  // The shared libraries that it needs.
  std::vector<std::string> libraries;
  // The names of all symbols, with repetitions. Those of source files are left
  // out.
  std::vector<std::string> symbols;
};

Linked LinkedBy(const std::string& file) {
  const Ended readelf = Subprocess({"/usr/bin/env", "LC_ALL=C", "readelf",
                                    "--wide", "--dynamic", "--syms", file})
                            .Wait();
  EXPECT_EQ(readelf.status, 0) << file << ": " << readelf.err;
  Linked linked;
  std::istringstream lines(readelf.out);
  for (std::string line; std::getline(lines, line);) {
    // 0x0000000000000001 (NEEDED)   Shared library: [libc.so.6]
    const size_t bracket = line.find(" Shared library: [");
    if (bracket != line.npos) {
      const size_t begin = line.find('[') + 1;
      linked.libraries.push_back(line.substr(begin, line.find(']') - begin));
      continue;
    }
    //    12: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND name@VERSION
    std::istringstream words(line);
    std::string number, value, size, type, bind, visibility, section, name;
    words >> number >> value >> size >> type >> bind >> visibility >> section >>
        name;
    if (!number.ends_with(':') || name.empty() || type == "FILE") continue;
    linked.symbols.push_back(name.substr(0, name.find('@')));
  }
  return linked;
}

// What a file links of libntfs-3g, one line each.
Complaints LinkedOfNtfs3g(const std::string& file) {
  const Linked linked = LinkedBy(file);
  Complaints complaints;
  for (const std::string& library : linked.libraries) {
    if (library.find("ntfs") == library.npos) continue;
    complaints.push_back(file + ": needs " + library);
  }
  for (const std::string& symbol : linked.symbols) {
    if (!symbol.starts_with("ntfs_")) continue;
    complaints.push_back(file + ": has the symbol " + symbol);
  }
  return complaints;
}

// Every library of ours, and the tool: one path a line.
std::vector<std::string> LinkableFiles() {
  std::ifstream in(POWERCUT_LINKABLE_FILES);
  std::vector<std::string> files;
  for (std::string line; std::getline(in, line);) files.push_back(line);
  return files;
}

TEST(LicenceTest, WhatCanBeLinkedLinksNoGpl) {
  const std::vector<std::string> files = LinkableFiles();
  for (const std::string& file : files) {
    EXPECT_EQ(Joined(LinkedOfNtfs3g(file)), "");
    // A file whose symbols were stripped would show nothing. Engines know the C
    // interface alone.
    EXPECT_THAT(LinkedBy(file).symbols,
                Contains(::testing::AnyOf(HasSubstr("8powercut"),
                                          ::testing::StartsWith("pc_"))))
        << file;
  }
  for (const char* name :
       {"/powercut", "/libpowercut_base.a", "/libpowercut_model.a",
        "/libpowercut_harness.a", "/libpowercut_simfs.a", "/libpowercut_clfs.a",
        "/libpowercut_backends.a", "/libpowercut_reports.a",
        "/libpowercut_commands.a", "/libpowercut_ntfs_3g.a"}) {
    EXPECT_THAT(files, Contains(EndsWith(name)));
  }
}

#ifdef POWERCUT_NTFS_3G_MODULE_FILE
TEST(LicenceTest, ALinkIsSeen) {
  const std::string symbol = ": has the symbol ntfs_set_char_encoding";
  const std::string shared = POWERCUT_PLANTED_SHARED;
  EXPECT_THAT(LinkedOfNtfs3g(shared), Contains(shared + symbol));
  EXPECT_THAT(LinkedOfNtfs3g(shared),
              Contains(HasSubstr(shared + ": needs libntfs-3g.so")));
  for (const std::string file :
       {POWERCUT_PLANTED_STATIC, POWERCUT_PLANTED_ARCHIVE}) {
    EXPECT_THAT(LinkedOfNtfs3g(file), Contains(file + symbol));
  }
  EXPECT_THAT(LinkedOfNtfs3g(POWERCUT_NTFS_3G_MODULE_FILE),
              Contains(HasSubstr(": has the symbol ntfs_device_mount")));
}

// What a module exports could take the place of a function of the tool's.
TEST(LicenceTest, TheModuleExportsTwoNames) {
  const Ended nm =
      Subprocess({"/usr/bin/env", "nm", "--dynamic", "--defined-only",
                  "--format=just-symbols", POWERCUT_NTFS_3G_MODULE_FILE})
          .Wait();
  EXPECT_EQ(nm.status, 0) << nm.err;
  std::vector<std::string> names = LinesOf(nm.out);
  // The sanitizers export the bounds of their tables.
  std::erase_if(names,
                [](const std::string& name) { return name.starts_with("__"); });
  EXPECT_THAT(names, testing::UnorderedElementsAre("powercut_ntfs_3g_calls",
                                                   "powercut_ntfs_3g_id"));
}
#endif

// --- what the sources say ----------------------------------------------------

// The files of the module say that they are under the GPL, and no others do.
Complaints GplIsInTheModule(const SourceFile& file) {
  if (!IsCode(file.path) || file.path == "tests/licence_test.cc") return {};
  const bool gpl = file.text.starts_with(
      "/* SPDX-License-Identifier: GPL-2.0-or-later */\n");
  const bool says =
      file.text.find("SPDX-License-Identifier: GPL") != file.text.npos;
  const bool module = file.path.starts_with("backends/ntfs_3g/module/");
  if (module && !gpl) return {file.path + ": the first line is not its SPDX"};
  if (!module && says) return {file.path + ": is under the GPL"};
  return {};
}

TEST(LicenceTest, GplIsInTheModuleOnly) {
  const std::string spdx = "/* SPDX-License-Identifier: GPL-2.0-or-later */\n";
  CheckRule(GplIsInTheModule,
            {{"backends/ntfs_3g/module/a.c", "/* A comment. */\n"},
             {"backends/ntfs_3g/module/a.c", "/* A comment. */\n" + spdx},
             {"backends/ntfs_3g/a.cc", "// SPDX-License-Identifier: GPL-3.0\n"},
             {"harness/trace/trace.cc", spdx}},
            {{"backends/ntfs_3g/module/a.c", spdx},
             {"harness/trace/trace.cc", "// A comment.\n"}});
}

}  // namespace
}  // namespace powercut
