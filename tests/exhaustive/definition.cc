// The definition, third part: follows a history, lists the ideals, and applies
// each of them to see what it shows.
//
// Method. OpRun turns the events of the history into effects
// (definition_effects.h) and promises (definition_promises.h). Ideals goes
// through the effects in order and takes or leaves each one; an effect that
// must survive is always taken, and one that implies a missing effect is left.
// View asks for the newest effect of the ideal on each name, shape, atom, time
// and sector. The code is not fast: it is written to be read along with
// docs/semantics.md 2.5.

#include "tests/exhaustive/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "model/files/admissible.h"
#include "model/words/content.h"
#include "tests/exhaustive/definition_effects.h"
#include "tests/exhaustive/definition_promises.h"

namespace powercut {
namespace {

using definition::Effect;
using definition::Effects;
using definition::Index;
using definition::kNone;
using definition::kRoot;
using definition::Promises;
using definition::Space;
using definition::Thing;

constexpr uint64_t kAtom = 512;

// --- from a history to effects -----------------------------------------------

class OpRun {
 public:
  OpRun(const Workload& workload, const PromiseTable& table,
        const Profile& profile)
      : workload_(workload),
        effects_(profile),
        promises_(table, profile, effects_) {}

  void Follow(const HistoryEvent& event) {
    switch (event.kind) {
      case HistoryEvent::kBegin:
        Begin(workload_.OpNumber(event.op));
        break;
      case HistoryEvent::kEnd:
        End(workload_.OpNumber(event.op), event.error.empty());
        break;
      case HistoryEvent::kRun:
        promises_.EndInit();
        break;
      case HistoryEvent::kFault:
      case HistoryEvent::kUser:
        break;
    }
  }

  const Effects& effects() const { return effects_; }

 private:
  void Begin(const Op& op) {
    const ExpectedResult& expected = op.expected;
    const bool by_storage =
        expected.kind == ExpectedResult::kNamed && expected.name == "EIO";
    const bool refused =
        dismounted_ || (expected.kind != ExpectedResult::kOk && !by_storage);
    if (op.kind == OpKind::kDismount) dismounted_ = true;
    // `wait` ends the op that `start` began, and has no effects of its own.
    if (refused || op.kind == OpKind::kWait) {
      idle_.insert(op.number);
      return;
    }
    promises_.Begin(op, effects_.Issue(op));
  }

  void End(const Op& op, bool ok) {
    if (!idle_.contains(op.number)) promises_.End(op, ok);
  }

  const Workload& workload_;
  Effects effects_;
  Promises promises_;
  std::set<uint32_t> idle_;
  bool dismounted_ = false;
};

// --- what an ideal shows -----------------------------------------------------

// What is seen when the effects of an ideal are applied.
class View {
 public:
  // `shown` has the effects that are seen in place of others. If `stale` is
  // set, it is the kind of the crash, under stale_data.
  View(const Effects& effects, const std::vector<bool>& ideal,
       const std::map<Index, Index>& shown, std::optional<CrashKind> stale)
      : effects_(effects), ideal_(ideal), shown_(shown), stale_(stale) {}

  Observation Show() const {
    Observation shown;
    AddNames(kRoot, "", shown);
    std::sort(shown.entries.begin(), shown.entries.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    AddSectors(shown);
    return shown;
  }

 private:
  // The newest effect of the ideal that `matches`; `nullptr` if there is none.
  template <class Matches>
  const Effect* Newest(const Matches& matches) const {
    for (Index i = effects_.all().size(); i-- > 0;) {
      if (ideal_[i] && matches(effects_.all()[i])) return &effects_.all()[i];
    }
    return nullptr;
  }

  const Effect* Newest(Thing thing, Index file) const {
    return Newest(
        [&](const Effect& e) { return e.thing == thing && e.file == file; });
  }

  void AddNames(Index directory, const std::string& path,
                Observation& shown) const {
    std::set<std::string> texts;
    for (const Effect& e : effects_.all()) {
      if (e.thing == Thing::kName && e.file == directory) texts.insert(e.text);
    }
    for (const std::string& text : texts) {
      const Effect* name = Newest([&](const Effect& e) {
        return e.thing == Thing::kName && e.file == directory && e.text == text;
      });
      if (name == nullptr) continue;
      const auto index = static_cast<Index>(name - effects_.all().data());
      if (const auto instead = shown_.find(index); instead != shown_.end()) {
        name = &effects_.all()[instead->second];
      }
      if (name->leads_to == kNone) continue;
      std::string name_path = path;
      name_path += '/';
      name_path += text;
      shown.entries.push_back(Entry(name_path, name->leads_to));
      if (shown.entries.back().is_directory) {
        AddNames(name->leads_to, name_path, shown);
      }
    }
  }

  ObservedEntry Entry(const std::string& path, Index id) const {
    const definition::File& file = effects_.files()[id];
    ObservedEntry entry;
    entry.path = path;
    entry.is_directory = file.is_directory;
    entry.file_id = id;
    const Effect* times = Newest(Thing::kTimes, id);
    entry.mtime = times == nullptr ? file.created_by : times->mtime;
    if (file.is_directory) return entry;
    const Effect* newest = Newest(Thing::kShape, id);
    const definition::Shape shape =
        newest == nullptr ? definition::Shape() : newest->shape;
    entry.size_bytes = shape.size;
    entry.valid_bytes = shape.valid;
    entry.content.assign(shape.size, '\0');
    const Stale stale = StaleOf(id, shape.size);
    const uint64_t from = stale.from;
    if (from < shape.size) {
      std::fill(entry.content.begin() + static_cast<ptrdiff_t>(from),
                entry.content.end(), kAnyByte);
    }
    for (const auto& [place, space] : shape.spaces) {
      const uint64_t begin = place * kAtom;
      // Atoms after the end of the file keep their space if they lie in the
      // page of an end that was cut (truncation_writes_zeros).
      if (begin >= shape.size) break;
      const uint64_t count = std::min(kAtom, shape.size - begin);
      const auto [bytes, written] = Bytes(space);
      const uint64_t before = std::min(kAtom, from > begin ? from - begin : 0);
      const uint64_t known = stale.shrunk ? before : std::max(written, before);
      entry.content.replace(begin, std::min(count, known), bytes, 0,
                            std::min(count, known));
    }
    return entry;
  }

  // What a space shows.
  struct Shown {
    std::string bytes;
    // How many of the bytes were written, or may be anything in any case.
    uint64_t written = 0;
  };

  // The 512 bytes that a space shows: those of its generation, and zeros from
  // the cut on.
  Shown Bytes(const Space& space) const {
    if (space.generation == kNone) return {std::string(kAtom, '\0'), 0};
    const Effect* written = Newest([&](const Effect& e) {
      return e.thing == Thing::kAtom && e.generation == space.generation;
    });
    Shown shown = written == nullptr ? Unwritten(space.generation)
                                     : Shown{written->bytes, written->written};
    uint64_t count = space.cut;
    for (const Space::Zeroed& zeroed : space.zeroed) {
      const bool older =
          written == nullptr || written < &effects_.all()[zeroed.by];
      if (older) count = std::min(count, zeroed.cut);
    }
    std::string& bytes = shown.bytes;
    std::fill(bytes.begin() + static_cast<ptrdiff_t>(count), bytes.end(), '\0');
    shown.written = std::min(shown.written, count);
    return shown;
  }

  Shown Unwritten(Index id) const {
    const definition::Generation& generation = effects_.generations()[id];
    if (generation.anything) return {std::string(kAtom, kAnyByte), kAtom};
    return Bytes(generation.before);
  }

  // Under stale_data, bytes from the least size on that a crash can leave may
  // be anything unless they were written, and all of them may be anything if a
  // crash can leave the file from before a cut as well as from after it.
  struct Stale {
    uint64_t from = 0;
    bool shrunk = false;
  };
  Stale StaleOf(Index id, uint64_t size) const {
    if (!stale_) return {size, false};
    Stale stale{0, false};
    uint64_t before = 0;
    for (const Effect& e : effects_.all()) {
      if (e.thing != Thing::kShape || e.file != id) continue;
      if (e.must_survive(*stale_)) {
        stale = {e.shape.size, false};
      } else {
        stale.from = std::min(stale.from, e.shape.size);
        stale.shrunk |= e.shape.size < before;
      }
      before = e.shape.size;
    }
    return stale;
  }

  void AddSectors(Observation& shown) const {
    std::map<uint64_t, std::string> sectors;
    for (Index i = 0; i < effects_.all().size(); ++i) {
      const Effect& e = effects_.all()[i];
      if (ideal_[i] && e.thing == Thing::kSector) sectors[e.place] = e.bytes;
    }
    for (const auto& [sector, bytes] : sectors) {
      shown.device.resize(sector * kAtom, '\0');
      shown.device += bytes;
    }
    // An observation leaves out the zeros at the end of the device.
    shown.device.erase(shown.device.find_last_not_of('\0') + 1);
  }

  const Effects& effects_;
  const std::vector<bool>& ideal_;
  const std::map<Index, Index>& shown_;
  std::optional<CrashKind> stale_;
};

// --- ideals ------------------------------------------------------------------

class Ideals {
 public:
  Ideals(const Effects& effects, CrashKind kind, bool stale, size_t limit)
      : effects_(effects),
        kind_(kind),
        stale_(stale ? std::optional(kind) : std::nullopt),
        limit_(limit),
        ideal_(effects.all().size()) {}

  std::optional<Observations> List() {
    if (!Choose(0)) return std::nullopt;
    return std::move(observations_);
  }

 private:
  // Goes through every way to choose from the effects from `next` on. Returns
  // false if there are more ideals than the limit.
  bool Choose(Index next) {
    if (next == ideal_.size()) {
      return !Closed() || ChooseShown(0);
    }
    const Effect& effect = effects_.all()[next];
    if (!effect.must_survive(kind_)) {
      ideal_[next] = false;
      if (!Choose(next + 1)) return false;
    }
    // Nearly everything that an effect implies is older, so that most sets that
    // are not closed are given up here. Closed() finds the others.
    for (const Index implied : effects_.Implied(next)) {
      if (implied < next && !ideal_[implied]) return true;
    }
    ideal_[next] = true;
    return Choose(next + 1);
  }

  // O-LEFT: goes through what may be seen in place of the effects that left
  // their files other names. A crash of the process alone loses nothing.
  bool ChooseShown(Index next) {
    if (next == ideal_.size()) {
      if (!TiesHold()) return true;
      if (++count_ > limit_) return false;
      Observation shown = View(effects_, ideal_, shown_, stale_).Show();
      std::string text = ObservationText(shown);
      observations_.emplace(std::move(text), std::move(shown));
      return true;
    }
    if (!ChooseShown(next + 1)) return false;
    const Effect& effect = effects_.all()[next];
    const bool kept = kind_ == CrashKind::kProcess || !effect.logged;
    if (!ideal_[next] || kept || !IsNewestOfName(next)) return true;
    for (const Index old : effect.or_shows) {
      shown_[next] = old;
      if (!ChooseShown(next + 1)) return false;
    }
    shown_.erase(next);
    return true;
  }

  bool Closed() const {
    for (Index i = 0; i < ideal_.size(); ++i) {
      if (!ideal_[i]) continue;
      for (const Index implied : effects_.Implied(i)) {
        if (!ideal_[implied]) return false;
      }
    }
    return true;
  }

  bool IsNewestOfName(Index effect) const {
    for (Index i = effect + 1; i < ideal_.size(); ++i) {
      const bool later = effects_.all()[i].Changes(effects_.all()[effect]);
      if (ideal_[i] && later) return false;
    }
    return true;
  }

  // Whether the ties of O-GROUP hold that say anything beside what is shown.
  bool TiesHold() const {
    std::set<Index> old;
    for (const auto& [effect, shown] : shown_) {
      old.insert(effects_.all()[shown].leads_to);
    }
    for (Index i = 0; i < ideal_.size(); ++i) {
      const Effect& effect = effects_.all()[i];
      if (!ideal_[i] || effect.tied == kNone || ideal_[effect.tied]) continue;
      const bool hidden = effect.hidden_by != kNone && ideal_[effect.hidden_by];
      const bool found =
          effect.moved_file != kNone && old.contains(effect.moved_file);
      if (!hidden && !found) return false;
    }
    return true;
  }

  const Effects& effects_;
  CrashKind kind_;
  std::optional<CrashKind> stale_;
  size_t limit_;
  std::vector<bool> ideal_;
  // By effect: the one that is seen in its place.
  std::map<Index, Index> shown_;
  size_t count_ = 0;
  Observations observations_;
};

// --- text --------------------------------------------------------------------

// The bytes as runs: granules of one op, or equal bytes. Different bytes have
// different texts.
std::string BytesText(std::string_view bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    size_t end = at;
    std::optional<Granule> first;
    while (end % kGranuleBytes == 0 && bytes.size() - end >= kGranuleBytes) {
      const auto granule = ReadGranule(bytes.substr(end, kGranuleBytes));
      if (!granule || granule->index != end / kGranuleBytes) break;
      if (!first) first = granule;
      Granule next = *first;
      next.index = granule->index;
      if (next != *granule) break;
      end += kGranuleBytes;
    }
    if (first) {
      text += fmt::format(" op{}.{}.{}*{}", first->op, first->fill, first->file,
                          end - at);
    } else {
      end = std::min(bytes.find_first_not_of(bytes[at], at), bytes.size());
      const bool any = bytes[at] == kAnyByte;
      text +=
          any ? fmt::format(" any*{}", end - at)
              : fmt::format(" {:02x}*{}", static_cast<unsigned char>(bytes[at]),
                            end - at);
    }
    at = end;
  }
  return text;
}

}  // namespace

std::string ObservationText(const Observation& observation) {
  std::string text = observation.unreadable;
  std::map<uint64_t, size_t> numbers;
  for (const ObservedEntry& entry : observation.entries) {
    const size_t number =
        numbers.emplace(entry.file_id, numbers.size() + 1).first->second;
    text += fmt::format("{} file {}", entry.path, number);
    if (entry.is_directory) text += " directory";
    if (!entry.unreadable.empty()) text += " unreadable " + entry.unreadable;
    if (!entry.is_directory) text += fmt::format(" size {}", entry.size_bytes);
    if (entry.valid_bytes) text += fmt::format(" valid {}", *entry.valid_bytes);
    if (entry.mtime) text += fmt::format(" mtime {}", *entry.mtime);
    text += BytesText(entry.content) + '\n';
  }
  // The zeros at the end of the device are left out, but the last sector that
  // is not all zeros is shown whole.
  std::string device = observation.device;
  device.erase(device.find_last_not_of('\0') + 1);
  device.resize((device.size() + kAtom - 1) / kAtom * kAtom, '\0');
  if (!device.empty()) text += "device" + BytesText(device) + '\n';
  return text;
}

std::optional<Observations> DefinedObservations(
    const Workload& workload, const PromiseTable& table, const Profile& profile,
    std::span<const HistoryEvent> history, CrashKind kind, size_t limit) {
  OpRun op_run(workload, table, profile);
  for (const HistoryEvent& event : history) op_run.Follow(event);
  return Ideals(op_run.effects(), kind, profile.stale_data, limit).List();
}

}  // namespace powercut
