// An event belongs to the call during which it was issued, and what simfs wrote
// by it says what it is to the call: a name, a removal, a size, attributes, or
// else data. The file is followed through the later calls, so that it has the
// path that it had at the crash, and so that the syncs of it are known.
//
// Example: `write /f.tmp`, then `rename /f.tmp /f`, and no fsync. An event of
// the write is lost after the rename has begun: this is the data of /f, and
// fdatasync is missing. The size that a write gives a file counts as its data,
// since the same sync keeps both.

#include "library/states/call_losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <variant>

#include "backends/simfs/record.h"
#include "harness/recover/masked_line.h"
#include "model/files/model_state.h"
#include "model/table/primitives.h"

namespace powercut {
namespace {

constexpr std::string_view kData = "data";
constexpr std::string_view kSize = "size";
constexpr std::string_view kName = "name";
constexpr std::string_view kRemoval = "removal";
constexpr std::string_view kAttributes = "attributes";

constexpr std::string_view kFdatasync = "fdatasync";
constexpr std::string_view kFsync = "fsync";
constexpr std::string_view kFullFsync = "full_fsync";
constexpr std::string_view kFsyncDirectory = "fsync-directory";
constexpr std::string_view kSyncfs = "syncfs";

// LostThing::part. A removal is a change of the name.
std::string PartOf(std::string_view what) {
  return std::string(what == kRemoval ? kName : what);
}

bool LacksSync(std::string_view missing) {
  return missing != kNothingMissing && missing != kInFlight;
}

// The path that a call gave the last part `name`, or took it from. What is
// given stands last among the operands of a call, and what is taken first.
std::string_view PathNamed(const Call& call, std::string_view name,
                           bool taken) {
  const auto is_named = [&](const std::string& path) {
    return LastPartOf(path) == name;
  };
  const auto& paths = call.op.names;
  if (taken) {
    const auto first = std::ranges::find_if(paths, is_named);
    return first == paths.end() ? PathOf(call) : std::string_view(*first);
  }
  const auto last = std::find_if(paths.rbegin(), paths.rend(), is_named);
  return last == paths.rend() ? PathOf(call) : std::string_view(*last);
}

// Whether `path` is `top` or lies below it.
bool IsWithin(std::string_view path, std::string_view top) {
  return path.starts_with(top) &&
         (path.size() == top.size() || path[top.size()] == '/');
}

// The path after `from` was renamed to `to`.
std::string Renamed(const std::string& path, const std::string& from,
                    const std::string& to) {
  return IsWithin(path, from) ? to + path.substr(from.size()) : path;
}

// The weakest of these syncs that carries all of `cells` to the media.
struct Row {
  Primitive primitive;
  std::string_view word;
};
std::string_view WeakestOf(const PromiseTable& table, std::vector<Row> rows,
                           const std::vector<Reach Coverage::*>& cells) {
  rows.push_back({Primitive::kSyncfs, kSyncfs});
  for (const auto& [primitive, word] : rows) {
    const Coverage& row = table[primitive];
    const bool keeps = std::ranges::all_of(cells, [&](Reach Coverage::* cell) {
      return row.*cell == Reach::kDevice;
    });
    if (keeps && row.device != DeviceFlush::kNone) return word;
  }
  return kNothingMissing;
}

// One part of a path without what differs from run to run. The dots before it
// and the tildes after it stay, since they tell files apart: MaskedLine() would
// take them for punctuation.
std::string PartInWords(std::string_view part) {
  constexpr std::string_view kEnds = ".~_+-";
  const size_t begin = std::min(part.find_first_not_of(kEnds), part.size());
  const size_t end = part.find_last_not_of(kEnds) + 1;
  if (begin >= end) return std::string(part);
  return fmt::format("{}{}{}", part.substr(0, begin),
                     MaskedLine(part.substr(begin, end - begin)),
                     part.substr(end));
}

}  // namespace

std::string PathInWords(std::string_view path) {
  std::string words;
  while (!path.empty()) {
    path.remove_prefix(path[0] == '/' ? 1 : 0);
    const size_t size = std::min(path.find('/'), path.size());
    if (!words.empty()) words += ':';
    words += PartInWords(path.substr(0, size));
    path.remove_prefix(size);
  }
  // The last parts of a long path tell more than the first ones.
  while (words.size() > kMaskedLineBytesMax && words.find(':') != words.npos) {
    words.erase(0, words.find(':') + 1);
  }
  return words.empty() ? "." : words;
}

CallLosses::CallLosses(const IssuedCalls& calls, const Trace& trace,
                       const Profile& profile)
    : calls_(calls), files_(calls.calls), trace_(trace), followers_(trace) {
  const PromiseTable table = PromisesOf(profile);
  const Row full{Primitive::kFullFsync, kFullFsync};
  const Row file{Primitive::kFsync, kFsync};
  // Where a sync of the directory keeps names, it does so in most worlds, so
  // that the cause is the same there.
  const Row directory{Primitive::kFsyncDirectory, kFsyncDirectory};
  data_sync_ =
      WeakestOf(table, {{Primitive::kFdatasync, kFdatasync}, file, full},
                {&Coverage::data, &Coverage::size});
  attributes_sync_ = WeakestOf(table, {file, full}, {&Coverage::times});
  names_sync_ = WeakestOf(table, {directory, file, full}, {&Coverage::names});
  const auto& of_file = table[Primitive::kFsync];
  removals_sync_ = WeakestOf(table, {directory}, {&Coverage::names});
  if (removals_sync_ != kFsyncDirectory &&
      of_file.removed_names == Reach::kDevice) {
    removals_sync_ = kFsync;
  }
  for (const std::string_view what :
       {kData, kSize, kName, kRemoval, kAttributes}) {
    keepers_[what] = {WeakestSync(what), kSyncfs};
  }
  const auto& of_data = table[Primitive::kFdatasync];
  if (of_file.names == Reach::kDevice) keepers_[kName].insert(kFsync);
  if (of_data.made_name == Reach::kDevice) keepers_[kName].insert(kFdatasync);
  if (of_file.removed_names == Reach::kDevice) {
    keepers_[kRemoval].insert(kFsync);
  }
  if (profile.failed_flush_keeps_dirty) keepers_.clear();
}

std::string_view CallLosses::WeakestSync(std::string_view what) const {
  return what == kName         ? names_sync_
         : what == kRemoval    ? removals_sync_
         : what == kAttributes ? attributes_sync_
                               : data_sync_;
}

// A record that a sync writes takes nothing of a file with it.
std::optional<CallLosses::Work> CallLosses::WorkOf(
    const WrittenSector& write) const {
  const size_t call = CallOf(calls_, write.event);
  if (call >= calls_.calls.size()) return std::nullopt;
  const Call& made = calls_.calls[call];
  if (made.kind != Call::kOp || IsSync(made)) return std::nullopt;
  const OpKind kind = made.op.kind;
  const bool sizes = kind == OpKind::kTruncate || kind == OpKind::kFallocate;
  Work work{call, sizes ? kSize : kData, files_.Of(call),
            std::string(PathOf(made))};
  if (work.file != CalledFiles::kNoFile) {
    work.path = files_.NamesAfter(call + 1, work.file).front();
  }
  const DiskEvent& event = trace_.event(write.event);
  if (event.kind != DiskEvent::kWrite) return work;
  // An event can hold several records.
  const uint64_t first = followers_.WholeOf(write).sector;
  const uint64_t skipped =
      (first - event.range.first) * trace_.geometry().sector_bytes;
  const auto stored = simfs::DecodeRecord(trace_.data(event).subspan(skipped),
                                          /*nonce=*/0, first,
                                          /*checked=*/false);
  if (!stored) return work;
  // What a record says of names is more than what it says beside it.
  bool times_only = !stored->record.changes.empty();
  for (const simfs::Change& change : stored->record.changes) {
    times_only &= std::holds_alternative<simfs::TimesChange>(change) ||
                  std::holds_alternative<simfs::OrderChange>(change);
    const auto* name = std::get_if<simfs::NameChange>(&change);
    if (name == nullptr || work.what == kName) continue;
    const bool taken = name->inode == simfs::kNoInode;
    work.what = taken ? kRemoval : kName;
    work.path = PathNamed(made, name->name, taken);
    work.file = files_.WithName(work.path, call, taken ? call : call + 1);
  }
  if (times_only) work.what = kAttributes;
  return work;
}

// The path of a thing when call `index` has been made, `before` being that when
// it had not.
std::string CallLosses::PathAfter(size_t index, const Work& work,
                                  const std::string& before) const {
  const bool of_name = work.what == kName || work.what == kRemoval;
  if (!of_name && work.file != CalledFiles::kNoFile) {
    return files_.NamesAfter(index + 1, work.file).front();
  }
  const Call& call = calls_.calls[index];
  // A name that is gone stays the name of what was removed.
  if (work.what == kRemoval || call.kind != Call::kOp) return before;
  const auto& names = call.op.names;
  switch (call.op.kind) {
    case OpKind::kRename:
      return Renamed(before, names.front(), names.back());
    case OpKind::kExchange:
      return IsWithin(before, names.front())
                 ? Renamed(before, names.front(), names.back())
                 : Renamed(before, names.back(), names.front());
    default:
      return before;
  }
}

// What the sync is to the thing. Each sync of a file does what a weaker one
// does.
std::vector<std::string_view> CallLosses::SyncsOf(size_t index,
                                                  const Work& work,
                                                  const Story& story) const {
  const OpKind kind = calls_.calls[index].op.kind;
  if (kind == OpKind::kSyncfs) {
    return {kFdatasync, kFsync, kFullFsync, kFsyncDirectory, kSyncfs};
  }
  const CalledFiles::File synced = files_.Of(index);
  if (synced == CalledFiles::kNoFile) return {};
  std::vector<std::string_view> syncs;
  const bool names = work.what == kName || work.what == kRemoval;
  const std::string_view directory = ParentOf(story.paths.back().second);
  if (names && files_.HadName(directory, index, synced)) {
    syncs.push_back(kFsyncDirectory);
  }
  if (synced != work.file) return syncs;
  syncs.push_back(kFdatasync);
  if (kind != OpKind::kFdatasync) syncs.push_back(kFsync);
  if (kind == OpKind::kFullFsync) syncs.push_back(kFullFsync);
  return syncs;
}

// Whether the sync was to keep the thing, so that no later one need keep it if
// the sync failed.
bool CallLosses::IsKeeper(std::string_view sync, std::string_view what) const {
  const auto keepers = keepers_.find(what);
  return keepers != keepers_.end() && keepers->second.contains(sync);
}

void CallLosses::NoteSync(size_t index, const Work& work, Story& story) const {
  const Call& call = calls_.calls[index];
  if (!IsSync(call)) return;
  for (const std::string_view sync : SyncsOf(index, work, story)) {
    if (!call.fails) {
      story.synced.try_emplace(sync, index);
    } else if (IsKeeper(sync, work.what)) {
      story.failed = std::min(story.failed, index);
    }
  }
}

// Whether the program does something else with the call than to sync what was
// lost. Opening and closing files changes nothing.
bool CallLosses::GoesOn(size_t index, std::string_view what,
                        const Story& story) const {
  const OpKind kind = calls_.calls[index].op.kind;
  const bool is_op = calls_.calls[index].kind == Call::kOp;
  if (is_op && (kind == OpKind::kOpen || kind == OpKind::kClose)) return false;
  const auto synced = story.synced.find(WeakestSync(what));
  return synced == story.synced.end() || synced->second != index;
}

// The story up to call `upto` at least. It is told only as far as somebody
// asks, since most of what is lost was written not long before.
CallLosses::Story& CallLosses::StoryOf(const Work& work, size_t upto) const {
  const auto [entry, added] =
      stories_.try_emplace({work.call, work.what, work.path});
  Story& story = entry->second;
  if (added) {
    story.upto = work.call + 1;
    story.paths = {{story.upto, work.path}};
  }
  for (; story.upto < upto; ++story.upto) {
    NoteSync(story.upto, work, story);
    if (story.went_on == kNever && GoesOn(story.upto, work.what, story)) {
      story.went_on = story.upto;
    }
    const std::string& before = story.paths.back().second;
    std::string path = PathAfter(story.upto, work, before);
    if (path != before) story.paths.emplace_back(story.upto + 1, path);
  }
  return story;
}

std::optional<CallLosses::PlainLoss> CallLosses::PlainLossOf(
    const WrittenSector& write, EventNumber point) const {
  const auto [known, added] = works_.try_emplace(write);
  if (added) known->second = WorkOf(write);
  if (!known->second) return std::nullopt;
  const Work& work = *known->second;
  const auto& after = calls_.events_after;
  const auto returned = static_cast<size_t>(
      std::ranges::upper_bound(after, point) - after.begin());
  const bool in_flight = returned < after.size() &&
                         point > (returned == 0 ? 0 : after[returned - 1]);
  const size_t begun = returned + (in_flight ? 1 : 0);
  const Story& story = StoryOf(work, begun);
  PlainLoss loss{work.what, work.path, WeakestSync(work.what), work.path};
  for (const auto& [from, path] : story.paths) {
    if (from > begun) break;
    loss.path = path;
    if (from > work.call + 1 && loss.before == kNever) loss.before = from - 1;
  }
  const auto synced = story.synced.find(loss.missing);
  const size_t kept = synced == story.synced.end() ? kNever : synced->second;
  // What a sync failed to keep is kept by no later one.
  if (story.failed < std::min(kept, returned)) loss.failed = story.failed;
  if (loss.failed != kNever || kept < returned) {
    loss.missing = kNothingMissing;
  } else if (story.went_on >= begun) {
    loss.missing = kInFlight;
  }
  return loss;
}

const ProgramLosses::Loss* CallLosses::LossOf(const WrittenSector& write,
                                              EventNumber point) const {
  if (point != point_) losses_.clear();
  point_ = point;
  const auto [known, added] = losses_.try_emplace(write);
  if (added) known->second = LossInWordsOf(write, point);
  return known->second ? &*known->second : nullptr;
}

std::vector<WrittenSector> CallLosses::FollowersOf(
    const std::vector<WrittenSector>& lost, EventNumber point) const {
  return followers_.Of(lost, point);
}

std::optional<ProgramLosses::Loss> CallLosses::LossInWordsOf(
    const WrittenSector& write, EventNumber point) const {
  const auto plain = PlainLossOf(write, point);
  if (!plain) return std::nullopt;
  const auto [words, added] = words_of_paths_.try_emplace(plain->path);
  if (added) words->second = PathInWords(plain->path);
  return Loss{{PartOf(plain->what), words->second},
              {std::string(plain->what), std::string(plain->missing)}};
}

// Notes the first ack after the call, if the sync that is missing comes after
// the crash: its author knows the sync, and not that it comes too late.
void CallLosses::NoteAck(const WrittenSector& write, EventNumber point,
                         PlainLoss& loss) const {
  if (loss.before != kNever || !LacksSync(loss.missing)) return;
  const Work& work = *works_.at(write);
  const Calls& calls = calls_.calls;
  size_t ack = work.call + 1;
  while (ack < calls.size() && !IsAck(calls[ack])) ++ack;
  if (ack == calls.size() || calls_.events_after[ack] > point) return;
  Story later;
  later.paths = {{work.call + 1, loss.path}};
  for (size_t i = ack + 1; i < calls.size(); ++i) NoteSync(i, work, later);
  if (later.synced.contains(loss.missing)) loss.before = ack;
}

std::string CallLosses::MissingSync(const PlainLoss& loss) const {
  const std::string thing = fmt::format("the {} of {}", loss.what, loss.path);
  if (loss.failed != kNever) {
    const bool written = loss.what == kData || loss.what == kSize;
    return fmt::format(
        "no sync: `{}` failed, and later ones need not keep what it was to "
        "keep, {}; {} that again",
        CallText(calls_.calls[loss.failed]), thing, written ? "write" : "do");
  }
  if (loss.missing == kNothingMissing) {
    return fmt::format("no sync: {} can be lost although it was synced", thing);
  }
  if (loss.missing == kInFlight) {
    return fmt::format(
        "no sync: the last change of the program was to {}, so that no sync "
        "could have come before the crash",
        thing);
  }
  if (loss.missing == kSyncfs) {
    return fmt::format("syncfs, which would have kept {}", thing);
  }
  const bool of_directory = loss.missing == kFsyncDirectory;
  std::string before;
  if (loss.before != kNever) {
    before = fmt::format(" before `{}`", CallText(calls_.calls[loss.before]));
  }
  return fmt::format(
      "{} {}{}, which would have kept {}", of_directory ? kFsync : loss.missing,
      of_directory ? ParentOf(loss.path_then) : loss.path_then, before, thing);
}

std::vector<std::string> CallLosses::MissingSyncs(
    const LossSet& lost, const CrashState& state,
    const PointCursor& cursor) const {
  // By thing: what each of its losses lacks.
  std::map<LostThing, std::vector<PlainLoss>> all;
  std::vector<WrittenSector> writes = SectorsNotHeld(state, cursor);
  const auto followers = FollowersOf(writes, cursor.point());
  writes.insert(writes.end(), followers.begin(), followers.end());
  for (const WrittenSector& write : writes) {
    auto plain = PlainLossOf(write, cursor.point());
    if (!plain) continue;
    const LostThing thing{PartOf(plain->what), PathInWords(plain->path)};
    const auto loss = lost.find(thing);
    if (loss == lost.end() || loss->second.what != plain->what) continue;
    NoteAck(write, cursor.point(), *plain);
    all[thing].push_back(std::move(*plain));
  }
  std::set<std::string> lines;
  for (const auto& [thing, plains] : all) {
    // What a sync would have kept says more than that none could have come.
    const bool lacks = std::ranges::any_of(plains, [](const PlainLoss& plain) {
      return LacksSync(plain.missing);
    });
    for (const PlainLoss& plain : plains) {
      if (lacks == LacksSync(plain.missing)) lines.insert(MissingSync(plain));
    }
  }
  return {lines.begin(), lines.end()};
}

}  // namespace powercut
