// The order in which the rooms of the tree may include each other. The table of
// rooms is the floor plan; harness/README.md shows the same order in words.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/source_tree.h"

namespace powercut {
namespace {

// The rooms of the tree, each with the rooms that its files may include beside
// their own. A room is a folder; a file directly in a folder with rooms below
// it belongs to that folder's own entry.
//
// One line of a floor plan: rooms may include what stands above them in this
// table, and of that only what is listed, so that a new arrow is a decision.
using RoomPlan = std::vector<std::pair<std::string, std::set<std::string>>>;

const RoomPlan& Rooms() {
  static const RoomPlan rooms = [] {
    RoomPlan plan;
    // `floors` are the sets of rooms that may be included.
    std::set<std::string> below;
    const auto floor = [&](const std::vector<std::string>& names) {
      for (const std::string& name : names) plan.emplace_back(name, below);
      below.insert(names.begin(), names.end());
    };
    floor({"harness/base"});
    floor({"model/words"});
    floor({"model/table"});
    floor({"model/pcut", "model/logs"});
    floor({"model/files"});
    floor({"harness/system", "harness/disk"});
    floor({"harness/trace", "harness"});  // harness/backend.h
    floor({"harness/block_log", "harness/fault", "harness/space"});
    floor({"harness/record"});
    floor({"harness/recover"});
    floor({"harness/worker"});
    floor({"harness/cache", "harness/judge"});
    floor({"harness/explore"});
    floor({"harness/explain", "harness/litmus"});
    floor({"harness/minimize"});
    floor({"backends", "backends/clfs", "backends/kernel", "backends/ntfs_3g",
           "backends/simfs"});
    // What is under the GPL. No room includes it, and it knows no other room
    // than the one that opens it.
    plan.emplace_back("backends/ntfs_3g/module",
                      std::set<std::string>{"backends/ntfs_3g"});
    floor({"library/include/powercut", "library/calls"});
    floor({"library/files"});
    floor({"library/states"});
    floor({"library"});
    floor({"engines/sqlite/include/powercut",
           "engines/leveldb/include/powercut"});
    floor({"engines/sqlite", "engines/leveldb"});
    floor({"programs"});
    floor({"engines/backend"});
    floor({"harness/cli/terminal", "fuzz/draw"});
    floor({"harness/cli/input"});
    floor({"harness/cli/help", "harness/cli/report"});
    floor({"harness/cli/verbs", "fuzz/targets"});
    floor({"harness/cli"});
    // A model knows promises, never disks; the ground floor knows nothing.
    for (auto& [name, allowed] : plan) {
      if (name.starts_with("model/")) {
        std::erase_if(allowed, [](const std::string& room) {
          return !room.starts_with("model/") && room != "harness/base";
        });
      }
      // The registry alone names the backends; they share what lies beside it.
      if (name == "backends") {
        allowed.insert({"backends/clfs", "backends/kernel", "backends/ntfs_3g",
                        "backends/simfs"});
      }
      if (name.starts_with("backends/") && name != "backends/ntfs_3g/module") {
        allowed.insert("backends");
      }
      // Engines see what users see: headers in <>.
      if (name.starts_with("engines/") && name != "engines/backend") {
        allowed.clear();
      }
      // Exit statuses.
      if (name.starts_with("harness/cli/")) allowed.insert("harness/cli");
    }
    return plan;
  }();
  return rooms;
}

std::string FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == path.npos ? 0 : slash));
}

Complaints IncludeDirection(const SourceFile& file) {
  Complaints complaints;
  const std::string folder = FolderOf(file.path);
  if (!IsCode(file.path) || folder.starts_with("tests")) return complaints;
  const auto room =
      std::find_if(Rooms().begin(), Rooms().end(),
                   [&](const auto& entry) { return entry.first == folder; });
  if (room == Rooms().end()) {
    return {file.path +
            ": the folder is no room of tests/include_order_test.cc"};
  }
  for (const auto& [line, operand] : IncludesOf(file)) {
    if (operand[0] != '"') continue;
    const std::string target =
        FolderOf(std::string_view(operand).substr(1, operand.size() - 2));
    if (target == folder || room->second.contains(target)) continue;
    complaints.push_back(Place(file, line) + folder + " must not include " +
                         operand);
  }
  return complaints;
}

TEST(IncludeOrderTest, IncludesPointInwards) {
  const auto including = [](std::string path, std::string header) {
    return SourceFile{std::move(path), "// A comment.\n\n#include \"" +
                                           std::move(header) + "\"\n"};
  };
  CheckRule(
      IncludeDirection,
      {including("harness/base/bytes.h", "model/words/op.h"),
       including("harness/base/bytes.h", "harness/trace/trace.h"),
       including("model/words/op.cc", "harness/trace/trace.h"),
       including("model/words/op.cc", "backends/registry.h"),
       including("model/words/op.cc", "model/pcut/pcut.h"),
       including("model/words/op.cc", "op.h"),
       including("model/table/profile.h", "model/files/model.h"),
       including("harness/trace/trace.h", "backends/registry.h"),
       including("harness/trace/trace.h", "harness/space/crash_space.h"),
       including("harness/disk/sector_set.h", "harness/system/atomic_file.h"),
       including("harness/record/recording.cc", "harness/recover/recovery.h"),
       including("harness/judge/judge.h", "harness/cache/run_journal.h"),
       including("harness/explain/replay.h", "harness/litmus/litmus.h"),
       including("backends/registry.cc", "harness/cli/exit_status.h"),
       including("backends/clfs/clfs_log.h", "backends/simfs/layout.h"),
       including("backends/simfs/layout.cc", "tests/subprocess.h"),
       including("backends/ntfs_3g/ntfs_tree.cc",
                 "backends/ntfs_3g/module/ntfs_library.h"),
       including("backends/registry.cc",
                 "backends/ntfs_3g/module/ntfs_library.h"),
       including("backends/ntfs_3g/module/ntfs_volume.c", "backends/ops.h"),
       including("backends/ntfs_3g/module/ntfs_volume.c",
                 "harness/base/bytes.h"),
       including("harness/cli/main.cc", "tests/subprocess.h"),
       including("engines/sqlite/a.cc", "library/states/state_loop.h"),
       including("harness/cli/input/opened_input.h",
                 "harness/cli/verbs/verb.h"),
       including("harness/cli/input/opened_input.h",
                 "harness/cli/report/merge.h"),
       including("harness/cli/terminal/interrupt.h",
                 "harness/cli/input/flag_set.h"),
       including("fuzz/draw/chooser.h", "harness/cli/exit_status.h"),
       including("fuzz/draw/chooser.h", "fuzz/targets/a.h"),
       including("harness/attic/a.h", "harness/base/bytes.h")},
      {including("harness/base/bytes.h", "harness/base/result.h"),
       including("model/words/op.cc", "harness/base/bytes.h"),
       including("model/pcut/pcut.h", "model/table/profile.h"),
       including("harness/trace/trace.cc", "harness/disk/sector_set.h"),
       including("harness/backend.h", "harness/disk/sparse_image.h"),
       including("harness/explore/explore.h", "harness/judge/judge.h"),
       including("backends/registry.cc", "backends/simfs/layout.h"),
       including("backends/simfs/layout.cc", "backends/format_program.h"),
       including("backends/ntfs_3g/module/ntfs_volume.c",
                 "backends/ntfs_3g/ntfs_volume.h"),
       including("harness/cli/main.cc", "backends/registry.h"),
       including("harness/cli/verbs/verb.h", "harness/cli/input/flag_set.h"),
       including("fuzz/targets/a.cc", "fuzz/draw/chooser.h"),
       including("tests/a_test.cc", "harness/cli/exit_status.h")});
}

}  // namespace
}  // namespace powercut
