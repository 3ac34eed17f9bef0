// Method: the options are read into a map from what an option is about to its
// value, so that the last of several counts. A profile of its own is chosen for
// the modes that have one (the data modes of ext4, and ext4 with no journal).
// Every other option that changes a promise has a row in a table; the rows that
// apply make the note.
//
// Example: `data=writeback,barrier=0` on ext4 is judged by ext4-writeback, with
// a note that no profile stands for a volume that sends no flush.
//
// Source: Linux admin-guide/ext4, admin-guide/xfs, filesystems/f2fs; btrfs(5),
// mount(8), mke2fs(8).

#include "backends/kernel/mount_profile.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <sstream>
#include <string_view>

namespace powercut::kernel {
namespace {

// What an option is about, such as `barrier`, and its value. A flag has the
// value `1`, or `0` if it was spelled with `no`.
using Options = std::map<std::string, std::string, std::less<>>;

// Options whose negation is spelled with `no` before them.
constexpr std::array<std::string_view, 1> kNegated = {"barrier"};

Options ParseMount(const std::string& mount) {
  Options options;
  std::istringstream words(mount);
  for (std::string word; std::getline(words, word, ',');) {
    for (const std::string_view name : kNegated) {
      if (word == "no" + std::string(name)) word = std::string(name) + "=0";
    }
    // xfs and ext4 have two words for the same, and ext4 has two for another.
    if (word == "noload") word = "norecovery";
    if (word == "nodioread_nolock") word = "dioread_lock";
    // The opposites of two words that the table below has.
    if (word == "dioread_nolock") word = "dioread_lock=0";
    if (word == "delalloc") word = "nodelalloc=0";
    const size_t equal = word.find('=');
    if (equal == std::string::npos) {
      options[word] = "1";
    } else {
      options[word.substr(0, equal)] = word.substr(equal + 1);
    }
  }
  return options;
}

// Adds the features of `-O` that matter, and the mount options that mkfs writes
// into the superblock (`-E mount_opts=`).
void AddMkfs(const std::string& mkfs, Options& options) {
  std::istringstream words(mkfs);
  std::string flag;
  for (std::string word; words >> word; flag = word) {
    if (word.starts_with("-O") && word.size() > 2) {
      flag = "-O";
      word = word.substr(2);
    }
    if (flag != "-O" && flag != "-E") continue;
    std::istringstream parts(word);
    for (std::string part; std::getline(parts, part, ',');) {
      if (part == "^has_journal") options["journal"] = "0";
      if (part == "has_journal") options["journal"] = "1";
      if (part == "fast_commit") options["fast_commit"] = "1";
      constexpr std::string_view kInSuperblock = "mount_opts=";
      if (!part.starts_with(kInSuperblock)) continue;
      const Options more = ParseMount(part.substr(kInSuperblock.size()));
      options.insert(more.begin(), more.end());
    }
  }
}

bool Is(const Options& options, std::string_view name, std::string_view value) {
  const auto found = options.find(name);
  return found != options.end() && found->second == value;
}

// An option that changes what is promised, and for which there is no profile.
struct Unmatched {
  // The name of a file system, or empty for all.
  std::string_view file_system;
  std::string_view name;
  std::string_view value;
  bool promises_more;
  std::string_view does;
};

constexpr std::array kUnmatched = {
    Unmatched{"ext", "barrier", "0", false, "sends no flush to the device"},
    Unmatched{"ext", "norecovery", "1", false, "does not replay the journal"},
    Unmatched{"ext", "journal_async_commit", "1", false,
              "commits before the blocks of the commit are written"},
    Unmatched{"ext", "fast_commit", "1", false,
              "logs the changed file alone at an fsync"},
    Unmatched{"ext4", "nodelalloc", "1", true,
              "writes new data out before the commit that shows it"},
    Unmatched{"ext4", "dioread_lock", "1", true,
              "waits at a commit for new data that is being written out"},
    Unmatched{"xfs", "norecovery", "1", false, "does not replay the log"},
    Unmatched{"xfs", "wsync", "1", true, "waits for each change of a name"},
    Unmatched{"btrfs", "barrier", "0", false, "sends no flush to the device"},
    Unmatched{"btrfs", "flushoncommit", "1", true,
              "writes all data out before a commit"},
    Unmatched{"btrfs", "notreelog", "1", true,
              "commits everything at each fsync"},
    Unmatched{"btrfs", "nodatacow", "1", true, "overwrites data in place"},
    Unmatched{"f2fs", "fsync_mode", "nobarrier", false,
              "sends no flush to the device"},
    Unmatched{"f2fs", "fsync_mode", "strict", true,
              "keeps names as ext4 and xfs do"},
    Unmatched{"f2fs", "fastboot", "1", true, "writes a checkpoint at an fsync"},
    Unmatched{"", "sync", "1", true, "makes every write synchronous"},
    Unmatched{"", "dirsync", "1", true, "makes changes of names synchronous"},
};

// ext2, ext3 and ext4 have one driver and the same options.
bool IsOf(std::string_view row, const std::string& file_system) {
  return row.empty() || row == file_system ||
         (row == "ext" && file_system.starts_with("ext"));
}

void AddNote(std::string note, MountProfile& result) {
  result.note += (result.note.empty() ? "" : "; ") + std::move(note);
}

}  // namespace

MountProfile ProfileWithOptions(const KernelFileSystem& file_system,
                                const FormatOptions& format) {
  Options options = ParseMount(format.mount);
  AddMkfs(format.mkfs, options);
  MountProfile result{file_system.profile, {}};
  const bool journals =
      file_system.name == "ext3" || file_system.name == "ext4";
  if (journals && Is(options, "journal", "0")) {
    result.profile = "posix-minimal";
    AddNote(
        "without a journal a crash needs fsck, which is not run before a "
        "mount: "
        "judged by posix-minimal",
        result);
  } else if (journals && Is(options, "data", "journal")) {
    result.profile = "ext4-journal";
  } else if (journals && Is(options, "data", "writeback")) {
    result.profile = "ext4-writeback";
  }
  if (result.profile != "ext4-ordered") {
    // The order of new data to a commit, which these two change, is only that
    // of data=ordered.
    options.erase("nodelalloc");
    options.erase("dioread_lock");
  }
  for (const Unmatched& row : kUnmatched) {
    if (!IsOf(row.file_system, file_system.name)) continue;
    if (!Is(options, row.name, row.value)) continue;
    const std::string option = row.value == "1"
                                   ? std::string(row.name)
                                   : fmt::format("{}={}", row.name, row.value);
    AddNote(row.promises_more
                ? fmt::format("`{}` {}: judged by {}, which promises less",
                              option, row.does, result.profile)
                : fmt::format("`{}` {}: no profile promises so little; judged "
                              "by {}, which is of other options",
                              option, row.does, result.profile),
            result);
  }
  return result;
}

}  // namespace powercut::kernel
