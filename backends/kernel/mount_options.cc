// Turns words into flags by a table. mount(8) does so before it calls the
// kernel, which knows the words of its file systems alone. Source: mount(8),
// FILESYSTEM-INDEPENDENT MOUNT OPTIONS; mount(2).

#include "backends/kernel/mount_options.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <vector>

namespace powercut::kernel {
namespace {

// MS_LAZYTIME of linux/mount.h, which cannot be included with sys/mount.h.
constexpr unsigned long kLazyTime = 1 << 25;

constexpr unsigned long kAccessTimes =
    MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;

// What a word does to the flags.
struct FlagWord {
  std::string_view word;
  unsigned long set = 0;
  unsigned long clear = 0;
};

constexpr FlagWord kFlagWords[] = {
    {"rw", 0, 0},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"silent", MS_SILENT, 0},
    {"loud", 0, MS_SILENT},
    {"lazytime", kLazyTime, 0},
    {"nolazytime", 0, kLazyTime},
    {"iversion", MS_I_VERSION, 0},
    {"noiversion", 0, MS_I_VERSION},
    {"noatime", MS_NOATIME, kAccessTimes},
    {"atime", MS_RELATIME, kAccessTimes},
    {"relatime", MS_RELATIME, kAccessTimes},
    {"norelatime", MS_STRICTATIME, kAccessTimes},
    {"strictatime", MS_STRICTATIME, kAccessTimes},
    {"nostrictatime", MS_RELATIME, kAccessTimes},
    {"nodiratime", MS_NODIRATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
};

// Words that change nothing for a process that is root and mounts by itself.
constexpr std::string_view kIgnored[] = {"defaults", "auto",    "noauto",
                                         "nofail",   "_netdev", "nouser"};

struct RefusedWord {
  std::string_view word;
  std::string_view why;
};

constexpr std::string_view kForUsers =
    "it lets other users mount; say nosuid,nodev,noexec for what it implies";
constexpr std::string_view kNoMount =
    "it does not mount the volume but changes what is mounted";

constexpr RefusedWord kRefused[] = {
    {"ro", "a volume that takes no writes can be neither recorded nor used"},
    {"user", kForUsers},
    {"users", kForUsers},
    {"owner", kForUsers},
    {"group", kForUsers},
    {"remount", kNoMount},
    {"bind", kNoMount},
    {"rbind", kNoMount},
    {"move", kNoMount},
    {"loop", "the volume is on a loop device of powercut's own"},
    {"offset", "the volume takes the whole disk"},
    {"sizelimit", "the volume takes the whole disk; say --size"},
    {"mand", "the kernel has no mandatory locks any more"},
};

std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (text[i] != ',' || quoted)) continue;
    if (i > begin) words.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

// Applies a word that is a flag. False if it is none.
bool TakeFlag(std::string_view word, unsigned long& flags) {
  for (const FlagWord& known : kFlagWords) {
    if (known.word != word) continue;
    flags = (flags & ~known.clear) | known.set;
    return true;
  }
  return false;
}

bool IsIgnored(std::string_view word) {
  if (word.starts_with("x-") || word.starts_with("X-")) return true;
  if (word.starts_with("comment=")) return true;
  for (const std::string_view known : kIgnored) {
    if (known == word) return true;
  }
  return false;
}

Status CheckIsOffered(std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  for (const RefusedWord& refused : kRefused) {
    if (refused.word != name) continue;
    return Error{
        ErrorCode::kUsage,
        fmt::format("--mount: `{}` is not offered: {}", word, refused.why)};
  }
  return Ok{};
}

}  // namespace

Result<MountOptions> ParseMountOptions(std::string_view text) {
  MountOptions options;
  options.flags = MS_NOATIME | MS_NODIRATIME;
  for (const std::string_view word : WordsOf(text)) {
    POWERCUT_TRY(CheckIsOffered(word));
    if (TakeFlag(word, options.flags) || IsIgnored(word)) continue;
    if (!options.data.empty()) options.data += ',';
    options.data += word;
  }
  return options;
}

std::string RefusedByKernel(const std::string& type, std::string_view data) {
  const int context = fsopen(type.c_str(), FSOPEN_CLOEXEC);
  if (context < 0) return {};
  std::string refused;
  for (const std::string_view word : WordsOf(data)) {
    const size_t equals = word.find('=');
    const std::string key(word.substr(0, equals));
    std::string value;
    if (equals != word.npos) value = word.substr(equals + 1);
    const int failed =
        equals == word.npos
            ? fsconfig(context, FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
            : fsconfig(context, FSCONFIG_SET_STRING, key.c_str(), value.c_str(),
                       0);
    if (failed == 0) continue;
    refused = word;
    break;
  }
  close(context);
  return refused;
}

}  // namespace powercut::kernel
