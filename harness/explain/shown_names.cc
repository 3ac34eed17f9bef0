// Looks at a state, makes what would have been right, and compares the two name
// by name.
//
// Where the model judges, the state is replayed in a worker, and what would
// have been right are all observations that the model admits at this moment. If
// these are too many to list, it is the same crash with nothing lost. Where a
// check judges, nobody knows what it admits. Then the state is mounted here, as
// `replay` does, and is compared with the same crash with nothing lost, or, if
// it lost nothing, with the end of the recording.
//
// Example: after `rename /b /a`, which has not returned, /a is missing. The
// model admits the old /a or the new one, so that the name /a has two wanted
// versions, whose contents begin to differ at byte 0.

#include "harness/explain/shown_names.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "harness/explain/replay.h"
#include "harness/explain/state_volume.h"
#include "model/files/admissible.h"

namespace powercut {
namespace {

// How many choices of versions the model may list, which takes milliseconds.
constexpr size_t kChoicesMax = 1024;
constexpr uint64_t kDeviceSectorBytes = 512;
// How much of a content is shown before the first byte that differs.
constexpr size_t kBeforeBytes = 64;
constexpr size_t kRowBytes = 16;

// One observation as names, with whole contents.
using Names = std::map<std::string, ShownVersion>;

ShownVersion VersionOf(const ObservedEntry& entry) {
  ShownVersion version;
  version.is = !entry.unreadable.empty() ? ShownVersion::kUnreadable
               : entry.is_directory      ? ShownVersion::kDirectory
                                         : ShownVersion::kFile;
  version.why = entry.unreadable;
  if (version.is == ShownVersion::kFile) {
    version.size_bytes = entry.size_bytes;
    version.content = entry.content;
  }
  return version;
}

ShownVersion VersionOf(const ObservedLog& log) {
  ShownVersion version;
  version.is =
      log.unreadable.empty() ? ShownVersion::kFile : ShownVersion::kUnreadable;
  version.why = log.unreadable;
  for (const ObservedRecord& record : log.records) {
    version.content += record.content;
  }
  version.size_bytes = version.content.size();
  return version;
}

// The raw sector that a path of the form `sector N` names.
std::optional<uint64_t> SectorOf(const std::string& path) {
  constexpr std::string_view kWord = "sector ";
  if (!path.starts_with(kWord)) return std::nullopt;
  uint64_t number = 0;
  const char* const end = path.data() + path.size();
  const auto [at, error] =
      std::from_chars(path.data() + kWord.size(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

// `path` is that of the violation: of the raw part, only its sector is shown.
Names NamesOf(const Observation& observation, const std::string& path) {
  Names names;
  for (const ObservedEntry& entry : observation.entries) {
    names.emplace(entry.path, VersionOf(entry));
  }
  for (const ObservedLog& log : observation.logs) {
    names.emplace(log.name, VersionOf(log));
  }
  if (const auto sector = SectorOf(path)) {
    ShownVersion version;
    version.is = ShownVersion::kFile;
    version.size_bytes = kDeviceSectorBytes;
    // Zeros at the end of the raw part are not observed.
    const uint64_t first = *sector * kDeviceSectorBytes;
    if (first < observation.device.size()) {
      version.content = observation.device.substr(first, kDeviceSectorBytes);
    }
    version.content.resize(kDeviceSectorBytes);
    names.emplace(path, std::move(version));
  }
  return names;
}

// The volume of an image, mounted in this process. `std::nullopt` if it cannot
// be read.
std::optional<Observation> Look(const RecordedRun& run, SparseImage image) {
  auto volume =
      StateVolume::Open(run.backend, run.trace().geometry(),
                        std::make_shared<const SparseImage>(std::move(image)));
  if (!volume || volume->mount() == nullptr) return std::nullopt;
  Observation seen = volume->mount()->Observe();
  if (!seen.unreadable.empty()) return std::nullopt;
  return seen;
}

// The state, and all that would have been right, each as names.
struct Sides {
  Names found;
  std::vector<Names> wanted;
  ShownState::Wanted kind = ShownState::kUnknown;
};

std::optional<Observation> Replayed(const RecordedRun& run,
                                    const RunOptions& options,
                                    const StateId& id, size_t* history) {
  const auto replayed = Replay(run, id, options);
  if (!replayed || replayed->outcome.kind != RecoveryOutcome::kObserved ||
      !replayed->outcome.observation.unreadable.empty()) {
    return std::nullopt;
  }
  if (history != nullptr) *history = replayed->history;
  return replayed->outcome.observation;
}

std::optional<Sides> SidesByModel(const RecordedRun& run,
                                  const RunOptions& options, const StateId& id,
                                  const std::string& path) {
  Sides sides;
  size_t history = 0;
  const auto found = Replayed(run, options, id, &history);
  if (!found) return std::nullopt;
  const CrashKind kind = id.steps[0].kind;
  ModelCursor cursor(run.workload, run.profile(), run.recording.history);
  cursor.MoveTo(history);
  const auto admitted =
      AdmissibleObservations(cursor.model(), kind, kChoicesMax);
  if (admitted) {
    sides.kind = ShownState::kAdmissible;
    for (const Observation& observation : *admitted) {
      sides.wanted.push_back(NamesOf(observation, path));
    }
  } else {
    CrashStep step = id.steps[0];
    step.sign = 0;
    step.items.clear();
    step.bitmap.clear();
    const auto whole = Replayed(run, options, {{step}, id.digest}, nullptr);
    if (!whole) return std::nullopt;
    sides.kind = ShownState::kNothingLost;
    sides.wanted.push_back(NamesOf(*whole, path));
  }
  sides.found = NamesOf(*found, path);
  return sides;
}

std::optional<Sides> SidesByMounts(const RecordedRun& run,
                                   const RunOptions& options, const StateId& id,
                                   const Finding& finding) {
  // Only storage that runs programs mounts elsewhere than in this process.
  if (!run.backend.traits().commands) return std::nullopt;
  auto image = ImageOf(run, id, options);
  if (!image) return std::nullopt;
  const auto found = Look(run, std::move(*image));
  const bool lost = finding.lost_blocks > 0;
  const auto wanted =
      Look(run, ApplyUpTo(run.trace(), lost ? id.steps[0].point
                                            : run.trace().event_count()));
  if (!found || !wanted) return std::nullopt;
  const std::string& path = finding.violation.path;
  Sides sides;
  sides.kind = lost ? ShownState::kNothingLost : ShownState::kEnd;
  sides.found = NamesOf(*found, path);
  sides.wanted.push_back(NamesOf(*wanted, path));
  return sides;
}

ShownVersion VersionIn(const Names& names, const std::string& path) {
  const auto found = names.find(path);
  return found == names.end() ? ShownVersion{} : found->second;
}

// All wanted versions of one path, each once, in the order of the observations.
std::vector<ShownVersion> WantedOf(const Sides& sides,
                                   const std::string& path) {
  std::vector<ShownVersion> versions;
  for (const Names& names : sides.wanted) {
    ShownVersion version = VersionIn(names, path);
    if (std::ranges::find(versions, version) == versions.end()) {
      versions.push_back(std::move(version));
    }
  }
  return versions;
}

// Whether the model may admit these bytes: where it admits any, it lists
// kAnyByte.
bool IsAsWanted(const ShownVersion& found, const ShownVersion& wanted) {
  if (found.is != wanted.is || found.size_bytes != wanted.size_bytes ||
      found.content.size() != wanted.content.size()) {
    return false;
  }
  return std::ranges::equal(found.content, wanted.content, [](char f, char w) {
    return f == w || w == kAnyByte;
  });
}

// The first byte at which two contents differ; `std::nullopt` if none does.
std::optional<size_t> FirstDifference(const std::string& a,
                                      const std::string& b) {
  const auto [at, other] = std::ranges::mismatch(a, b);
  if (at == a.end() && other == b.end()) return std::nullopt;
  return static_cast<size_t>(at - a.begin());
}

// Cuts the contents of a name to one window around the first difference.
void CutContents(ShownName& name) {
  std::optional<size_t> first;
  for (const ShownVersion& wanted : name.wanted) {
    if (wanted.is != name.found.is) continue;
    const auto at = FirstDifference(name.found.content, wanted.content);
    if (at) first = std::min(first.value_or(*at), *at);
  }
  const size_t row = first.value_or(0) / kRowBytes * kRowBytes;
  const size_t from = row > kBeforeBytes ? row - kBeforeBytes : 0;
  const auto cut = [&](ShownVersion& version) {
    version.from_byte = std::min(from, version.content.size());
    version.content =
        version.content.substr(version.from_byte, kShownContentBytesMax);
  };
  cut(name.found);
  for (ShownVersion& wanted : name.wanted) cut(wanted);
}

void DropContents(ShownName& name) {
  name.found.content.clear();
  for (ShownVersion& wanted : name.wanted) wanted.content.clear();
}

}  // namespace

void ShowNames(const RecordedRun& run, const RunOptions& options,
               const StateId& id, const Finding& finding, ShownState& shown) {
  const std::string& blamed = finding.violation.path;
  const std::optional<Sides> sides =
      CheckOf(run.setting.oracle) == nullptr
          ? SidesByModel(run, options, id, blamed)
          : SidesByMounts(run, options, id, finding);
  if (!sides) return;
  shown.wanted = sides->kind;
  std::set<std::string> paths;
  for (const auto& [path, version] : sides->found) paths.insert(path);
  for (const Names& names : sides->wanted) {
    for (const auto& [path, version] : names) paths.insert(path);
  }
  std::vector<ShownName> wrong;
  std::vector<ShownName> right;
  for (const std::string& path : paths) {
    ShownName name{path, VersionIn(sides->found, path), WantedOf(*sides, path)};
    const bool as_wanted =
        std::ranges::any_of(name.wanted, [&](const ShownVersion& wanted) {
          return IsAsWanted(name.found, wanted);
        });
    (as_wanted && path != blamed ? right : wrong).push_back(std::move(name));
  }
  // The path of the violation comes first where something is left out.
  const auto first = std::ranges::find(wrong, blamed, &ShownName::path);
  if (first != wrong.end()) std::rotate(wrong.begin(), first, first + 1);
  size_t contents = 0;
  for (ShownName& name : wrong) {
    if (name.wanted.size() > kShownVersionsMax) {
      name.wanted.resize(kShownVersionsMax);
    }
    CutContents(name);
    if (contents++ >= kShownContentsMax) DropContents(name);
  }
  for (ShownName& name : right) {
    DropContents(name);
    // Versions that differ in their contents only are one without them.
    std::vector<ShownVersion> distinct;
    for (ShownVersion& wanted : name.wanted) {
      if (std::ranges::find(distinct, wanted) == distinct.end() &&
          distinct.size() < kShownVersionsMax) {
        distinct.push_back(std::move(wanted));
      }
    }
    name.wanted = std::move(distinct);
  }
  shown.names = std::move(wrong);
  for (ShownName& name : right) {
    if (shown.names.size() >= kShownNamesMax) break;
    shown.names.push_back(std::move(name));
  }
  if (shown.names.size() > kShownNamesMax) shown.names.resize(kShownNamesMax);
  std::ranges::sort(shown.names, {}, &ShownName::path);
}

}  // namespace powercut
