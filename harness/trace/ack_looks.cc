// Looks as lines of text, each look as what changed since the look before: most
// programs change a few files between two acks.
//
//     look 1                        after 1 ack
//     d 1700000000000000000 /d      a directory and its time
//     f 3 1700000000000000000 /d/a  a file of 3 bytes and its time
//     look 2
//     - /d/a                        /d/a is gone
//     bounded                       later acks have no look
//
// In paths, a backslash is written as `\\` and a line break as `\n`.

#include "harness/trace/ack_looks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace powercut {
namespace {

std::string Escaped(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

std::string LineOf(const VolumeEntry& entry) {
  const std::string path = Escaped(entry.path);
  if (entry.is_directory)
    return fmt::format("d {} {}\n", entry.changed_ns, path);
  return fmt::format("f {} {} {}\n", entry.size_bytes, entry.changed_ns, path);
}

}  // namespace

// Reads a text line by line.
class AckLooks::Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Reads up to the end, or up to and including the look at `acks`. Returns
  // whether the text is sound as far as it was read.
  bool Read(std::optional<uint64_t> acks) {
    while (!text_.empty()) {
      const size_t end = text_.find('\n');
      if (end == text_.npos || bounded) return false;
      std::string_view line = text_.substr(0, end);
      ++lines;
      if (acks && last == *acks && line.starts_with("look ")) return true;
      if (!ReadLine(line)) return false;
      text_.remove_prefix(end + 1);
    }
    return true;
  }

  Entries entries;
  uint64_t last = 0;
  size_t lines = 0;
  size_t looks = 0;
  bool bounded = false;

 private:
  template <class Number>
  static bool Take(std::string_view& line, Number& number) {
    const auto [end, error] =
        std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc()) return false;
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    return true;
  }

  static bool TakeWord(std::string_view& line, std::string_view word) {
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  }

  // Takes the whole line as a path.
  static bool TakePath(std::string_view line, std::string& path) {
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '\\') {
        path += line[i];
        continue;
      }
      if (++i == line.size() || (line[i] != '\\' && line[i] != 'n')) {
        return false;
      }
      path += line[i] == 'n' ? '\n' : '\\';
    }
    return path.starts_with('/');
  }

  bool ReadLine(std::string_view line) {
    uint64_t acks = 0;
    if (TakeWord(line, "look ")) {
      if (!Take(line, acks) || !line.empty() || acks <= last) return false;
      last = acks;
      ++looks;
      return true;
    }
    if (line == "bounded") return bounded = true;
    if (looks == 0) return false;
    VolumeEntry entry;
    if (TakeWord(line, "- ")) {
      return TakePath(line, entry.path) && entries.erase(entry.path) == 1;
    }
    entry.is_directory = TakeWord(line, "d ");
    const bool good = (entry.is_directory ||
                       (TakeWord(line, "f ") && Take(line, entry.size_bytes) &&
                        TakeWord(line, " "))) &&
                      Take(line, entry.changed_ns) && TakeWord(line, " ") &&
                      TakePath(line, entry.path);
    if (good) entries[entry.path] = std::move(entry);
    return good;
  }

  std::string_view text_;
};

size_t AckLooks::EntriesLeft() const {
  if (bounded_) return 0;
  return std::min(kEntriesMax, kVisitsMax - visits_);
}

void AckLooks::Add(uint64_t acks, const VolumeLook& look) {
  visits_ += std::min(look.entries.size(), kVisitsMax - visits_);
  std::string text = fmt::format("look {}\n", acks);
  Entries seen;
  for (const VolumeEntry& entry : look.entries) {
    const auto before = newest_.find(entry.path);
    if (before == newest_.end() || before->second != entry) {
      text += LineOf(entry);
    }
    seen.emplace(entry.path, entry);
  }
  for (const auto& [path, entry] : newest_) {
    if (!seen.contains(path)) text += "- " + Escaped(path) + "\n";
  }
  // A look that was cut shows some names of many, so that names that it lacks
  // would look as if they had been removed.
  if (look.cut || text_.size() + text.size() > kTextBytesMax) {
    bounded_ = true;
  } else {
    text_ += text;
    last_ = acks;
    newest_ = std::move(seen);
    bounded_ = visits_ == kVisitsMax;
  }
  if (bounded_) text_ += "bounded\n";
}

std::optional<VolumeLook> AckLooks::At(uint64_t acks) const {
  Reader reader(text_);
  if (acks == 0 || !reader.Read(acks) || reader.last != acks) {
    return std::nullopt;
  }
  VolumeLook look;
  for (auto& [path, entry] : reader.entries) {
    look.entries.push_back(std::move(entry));
  }
  return look;
}

Result<AckLooks> AckLooks::Parse(std::string_view text) {
  Reader reader(text);
  if (!reader.Read(std::nullopt)) {
    return Error{ErrorCode::kBadInput,
                 fmt::format("the names seen at acks: line {} makes no sense",
                             reader.lines)};
  }
  AckLooks looks;
  looks.text_ = text;
  looks.last_ = reader.last;
  looks.bounded_ = reader.bounded;
  looks.newest_ = std::move(reader.entries);
  return looks;
}

}  // namespace powercut
