// SmallLog: a write-ahead log of one file, with the mistakes that such logs
// have as switches. It knows only the public interface of powercut.

#ifndef POWERCUT_TESTS_LIBRARY_SMALL_LOG_H_
#define POWERCUT_TESTS_LIBRARY_SMALL_LOG_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <powercut/powercut.hpp>

// What the log leaves out.
struct SmallLogMistakes {
  bool no_checksum = false;
  bool no_sync = false;
  bool no_directory_sync = false;
};

// A record is: its size and its checksum, 4 bytes each, and its text.
class SmallLog {
 public:
  SmallLog(powercut::Files& files, SmallLogMistakes mistakes = {})
      : files_(files), mistakes_(mistakes) {
    const bool made = !files_.exists("/wal");
    handle_ = files_.open("/wal", PC_READ | PC_WRITE | PC_CREATE);
    if (made && !mistakes_.no_directory_sync) files_.sync_directory("/");
    Recover();
  }
  ~SmallLog() { files_.close(handle_); }

  void Append(std::string_view text) {
    uint32_t header[2] = {static_cast<uint32_t>(text.size()), Sum(text)};
    std::string record(reinterpret_cast<const char*>(header), sizeof(header));
    record += text;
    files_.write(handle_, record, end_);
    if (!mistakes_.no_sync) files_.fsync(handle_);
    end_ += record.size();
    records_.emplace_back(text);
  }

  const std::vector<std::string>& records() const { return records_; }
  std::string Dump() const {
    std::string dump;
    for (const std::string& record : records_) dump += record + "\n";
    return dump;
  }

 private:
  static uint32_t Sum(std::string_view text) {
    uint32_t sum = 2166136261u;
    for (const char c : text) sum = (sum ^ static_cast<uint8_t>(c)) * 16777619u;
    return sum;
  }

  // Takes records until one is not whole.
  void Recover() {
    while (true) {
      uint32_t header[2];
      const std::string bytes = files_.read(handle_, sizeof(header), end_);
      if (bytes.size() < sizeof(header)) return;
      std::memcpy(header, bytes.data(), sizeof(header));
      if (header[0] == 0 || header[0] > 4096) return;
      const std::string text =
          files_.read(handle_, header[0], end_ + sizeof(header));
      if (text.size() < header[0]) return;
      if (!mistakes_.no_checksum && Sum(text) != header[1]) return;
      end_ += sizeof(header) + text.size();
      records_.push_back(text);
    }
  }

  powercut::Files& files_;
  SmallLogMistakes mistakes_;
  int handle_ = -1;
  uint64_t end_ = 0;
  std::vector<std::string> records_;
};

// The text of record `number`, which spans several sectors.
inline std::string SmallLogText(uint64_t number) {
  return std::string(700, static_cast<char>('a' + number)) +
         std::to_string(number);
}

// Appends records 1 to `count`, each attempted and acknowledged.
inline void FillSmallLog(powercut::World& world, uint64_t count,
                         SmallLogMistakes mistakes = {}) {
  SmallLog log(world, mistakes);
  for (uint64_t number = 1; number <= count; ++number) {
    world.attempt(number);
    log.Append(SmallLogText(number));
    world.ack(number);
  }
}

#endif  // POWERCUT_TESTS_LIBRARY_SMALL_LOG_H_
