// powercut for C++: the interface of <powercut/powercut.h> with owners, loops
// and source locations. Everything is in this header; link libpowercut.
//
//     powercut::World world;
//     {
//       Log log(world);                       // your code, on world's files
//       world.attempt(1);
//       log.append("first");
//       world.ack(1);
//     }
//     powercut::States states = world.explore();
//     for (powercut::State& state : states) {
//       Log log(state);                       // recovers as after a reboot
//       if (state.must_have(1) && !log.contains("first"))
//         state.violation("lost-record", "record 1 is gone");
//     }
//     std::cerr << states.report();
//
// The loop's body runs in forked worker processes unless Explore says
// otherwise, so that what it changes outside of the state is gone after the
// loop. It may be left in any way: `break`, `return`, an exception, exit() or a
// signal ends the state and is its result.

#ifndef POWERCUT_POWERCUT_HPP_
#define POWERCUT_POWERCUT_HPP_

#include <powercut/powercut.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// The inline namespace keeps these classes apart from those inside the library.
namespace powercut::inline v0 {

// Files by path and by handle. Functions return what the C functions return: a
// number, or a negative errno number. Not thread-safe.
class Files {
 public:
  using Where = std::source_location;

  explicit Files(pc_world* world = nullptr) : world_(world) {}
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  // For the C functions that this class leaves out.
  pc_world* get() const { return world_; }

  int open(const char* path, unsigned flags, Where where = Where::current()) {
    return pc_open(at(where), path, flags);
  }
  int open(const std::string& path, unsigned flags,
           Where where = Where::current()) {
    return pc_open(at(where), path.c_str(), flags);
  }
  int close(int handle, Where where = Where::current()) {
    return pc_close(at(where), handle);
  }
  int64_t read(int handle, void* buffer, size_t size, uint64_t offset) {
    return pc_read(world_, handle, buffer, size, offset);
  }
  // The bytes from `offset` on, at most `size`; fewer at the end, none if the
  // call fails.
  std::string read(int handle, size_t size, uint64_t offset) {
    std::string bytes(size, '\0');
    const int64_t got = pc_read(world_, handle, bytes.data(), size, offset);
    bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return bytes;
  }
  int64_t write(int handle, std::string_view data, uint64_t offset,
                Where where = Where::current()) {
    return pc_write(at(where), handle, data.data(), data.size(), offset);
  }
  int64_t append(int handle, std::string_view data,
                 Where where = Where::current()) {
    return pc_append(at(where), handle, data.data(), data.size());
  }
  int truncate(int handle, uint64_t size, Where where = Where::current()) {
    return pc_truncate(at(where), handle, size);
  }
  int allocate(int handle, uint64_t offset, uint64_t size,
               Where where = Where::current()) {
    return pc_allocate(at(where), handle, offset, size);
  }
  int fsync(int handle, Where where = Where::current()) {
    return pc_sync(at(where), handle, PC_FSYNC);
  }
  int fdatasync(int handle, Where where = Where::current()) {
    return pc_sync(at(where), handle, PC_FDATASYNC);
  }
  int sync(int handle, int kind, Where where = Where::current()) {
    return pc_sync(at(where), handle, kind);
  }
  // syncfs(), or the same for logs.
  int sync_all(Where where = Where::current()) {
    return pc_sync_all(at(where));
  }
  // Opens a directory, syncs it and closes it.
  int sync_directory(const std::string& path, Where where = Where::current()) {
    const int handle = open(path, PC_READ, where);
    if (handle < 0) return handle;
    const int result = fsync(handle, where);
    close(handle, where);
    return result;
  }
  int rename(const std::string& from, const std::string& to,
             Where where = Where::current()) {
    return pc_rename(at(where), from.c_str(), to.c_str());
  }
  int exchange(const std::string& a, const std::string& b,
               Where where = Where::current()) {
    return pc_exchange(at(where), a.c_str(), b.c_str());
  }
  int link(const std::string& from, const std::string& to,
           Where where = Where::current()) {
    return pc_link(at(where), from.c_str(), to.c_str());
  }
  int unlink(const std::string& path, Where where = Where::current()) {
    return pc_unlink(at(where), path.c_str());
  }
  int mkdir(const std::string& path, Where where = Where::current()) {
    return pc_mkdir(at(where), path.c_str());
  }
  int rmdir(const std::string& path, Where where = Where::current()) {
    return pc_rmdir(at(where), path.c_str());
  }
  bool exists(const std::string& path) {
    pc_facts facts = PC_FACTS;
    return pc_stat(world_, path.c_str(), &facts) == 0;
  }
  // The size of a file; a negative errno number if there is none.
  int64_t size(const std::string& path) {
    pc_facts facts = PC_FACTS;
    const int result = pc_stat(world_, path.c_str(), &facts);
    return result < 0 ? result : static_cast<int64_t>(facts.file_bytes);
  }
  int64_t size(int handle) {
    pc_facts facts = PC_FACTS;
    const int result = pc_fstat(world_, handle, &facts);
    return result < 0 ? result : static_cast<int64_t>(facts.file_bytes);
  }
  // The names in a directory, sorted; none if there is no such directory.
  std::vector<std::string> list(const std::string& path) {
    std::vector<std::string> names;
    const int64_t bytes = pc_list(world_, path.c_str(), nullptr, 0);
    if (bytes <= 0) return names;
    std::string all(static_cast<size_t>(bytes), '\0');
    pc_list(world_, path.c_str(), all.data(), all.size());
    for (size_t begin = 0; begin < all.size();) {
      const size_t end = all.find('\0', begin);
      names.push_back(all.substr(begin, end - begin));
      begin = end + 1;
    }
    return names;
  }
  // These are for a raw disk.
  int disk_read(uint64_t first_sector, void* buffer, size_t size) {
    return pc_disk_read(world_, first_sector, buffer, size);
  }
  int disk_write(uint64_t first_sector, std::string_view data, bool fua = false,
                 Where where = Where::current()) {
    return pc_disk_write(at(where), first_sector, data.data(), data.size(),
                         fua ? 1 : 0);
  }
  int disk_flush(Where where = Where::current()) {
    return pc_disk_flush(at(where));
  }
  int disk_discard(uint64_t first_sector, uint64_t count,
                   Where where = Where::current()) {
    return pc_disk_discard(at(where), first_sector, count);
  }

  // The whole content of a file; empty if there is none.
  std::string content(const std::string& path) {
    const int handle = pc_open(world_, path.c_str(), PC_READ);
    if (handle < 0) return "";
    const int64_t bytes = size(handle);
    std::string all = read(handle, bytes < 0 ? 0 : size_t(bytes), 0);
    pc_close(world_, handle);
    return all;
  }

 protected:
  pc_world* at(const Where& where) {
    pc_at(world_, where.file_name(), where.line());
    return world_;
  }
  pc_world* world_;
};

// How States are explored: pc_explore_options with owners.
struct Explore {
  std::string profiles = "spec-strict";
  std::string space = "exhaustive";
  unsigned crash_kinds = PC_CRASH_POWER;
  pc_isolation isolation = PC_FORKED;
  uint32_t jobs = 0;
  uint64_t budget_ms = 0;
  uint64_t runs_max = 0;
  uint64_t seed = 1;
  uint32_t state_timeout_ms = 0;
  uint32_t nested = 0;
  bool audit = false;
  // If it is empty, the environment variable POWERCUT_AT decides.
  std::string at = "";
};

// One disk that a crash left. What is done on it is gone with it.
class State : public Files {
 public:
  State() = default;

  bool must_have(uint64_t number) const {
    return pc_must_have(states_, number) != 0;
  }
  bool may_have(uint64_t number) const {
    return pc_may_have(states_, number) != 0;
  }
  void violation(const std::string& cause, const std::string& text = "",
                 Where where = Where::current()) {
    pc_violation(states_, cause.c_str(), text.c_str(), where.file_name(),
                 where.line());
  }
  void found(std::string_view dump) {
    pc_found(states_, dump.data(), dump.size());
  }

 private:
  friend class States;
  pc_states* states_ = nullptr;
};

struct Finding {
  std::string profile;
  std::string cause;
  std::string id;
  std::string text;
  std::string file;
  uint32_t line = 0;
  uint64_t states = 0;
};

struct Audited {
  pc_need need = PC_NEED_UNKNOWN;
  std::string profile;
  std::string call;
  std::string place;
  std::string cause;
};

// A range of State, to be walked once.
class States {
 public:
  explicit States(pc_states* states) : states_(states) {
    state_.states_ = states;
  }
  States(States&& other) noexcept
      : states_(std::exchange(other.states_, nullptr)) {
    state_.states_ = states_;
  }
  States& operator=(States&&) = delete;
  ~States() {
    stop();
    pc_states_free(states_);
  }
  // pc_stop(). Leaving the loop by an exception is a result of the state, too.
  void stop() {
    if (std::uncaught_exceptions() > exceptions_) {
      pc_violation(states_, "exception", "the loop was left by an exception",
                   nullptr, 0);
    }
    pc_stop(states_);
  }

  class End {};
  // Ends with the loop: if that is left while there is a state, stop() is
  // called, which does not return in a worker.
  class Iterator {
   public:
    explicit Iterator(States& states) : states_(states) { ++*this; }
    Iterator(const Iterator&) = delete;
    Iterator& operator=(const Iterator&) = delete;
    ~Iterator() {
      if (states_.state_.world_ != nullptr) states_.stop();
    }
    State& operator*() const { return states_.state_; }
    Iterator& operator++() {
      states_.state_.world_ = pc_next(states_.states_);
      return *this;
    }
    bool operator!=(End) const { return states_.state_.world_ != nullptr; }

   private:
    States& states_;
  };
  Iterator begin() { return Iterator(*this); }
  End end() const { return {}; }

  pc_verdict verdict() const { return pc_result(states_); }
  bool holds() const { return verdict() == PC_HOLDS; }
  std::string report() const { return pc_report(states_); }
  pc_counts counts() const {
    pc_counts counts = PC_COUNTS;
    pc_count(states_, &counts);
    return counts;
  }
  std::vector<Finding> findings() const {
    std::vector<Finding> all;
    pc_finding one = PC_FINDING;
    while (pc_get_finding(states_, all.size(), &one) == 0) {
      all.push_back({one.profile, one.cause, one.id, one.text, one.file,
                     one.line, one.states});
    }
    return all;
  }
  std::vector<Audited> audit() const {
    std::vector<Audited> all;
    pc_audited one = PC_AUDITED;
    while (pc_get_audited(states_, all.size(), &one) == 0) {
      all.push_back({one.need, one.profile, one.call, one.place, one.cause});
    }
    return all;
  }
  pc_states* get() const { return states_; }

 private:
  pc_states* states_;
  State state_;
  int exceptions_ = std::uncaught_exceptions();
};

// pc_world_options as C++ has them.
struct WorldOptions {
  bool raw_disk = false;
  uint64_t disk_bytes = 0;
  uint32_t atomic_bytes = 0;
  uint32_t damage = PC_DAMAGE_NONE;
  bool logs = false;
};

class World : public Files {
 public:
  explicit World(const WorldOptions& asked = {}) {
    pc_world_options options = PC_WORLD_OPTIONS;
    options.disk_bytes = asked.disk_bytes;
    options.atomic_bytes = asked.atomic_bytes;
    options.damage = asked.damage;
    options.door = asked.logs       ? PC_DOOR_LOGS
                   : asked.raw_disk ? PC_DOOR_DISK
                                    : PC_DOOR_FILES;
    const int result = pc_world_new(&options, &world_);
    if (result != 0) {
      throw std::system_error(-result, std::generic_category(),
                              "a world cannot be made with these options, of "
                              "which powercut.h has the ranges "
                              "(pc_world_options)");
    }
  }
  World(World&& other) noexcept : Files(std::exchange(other.world_, nullptr)) {}
  ~World() { pc_world_free(world_); }

  // Throw std::system_error if the C function fails: that is a mistake of the
  // test, and not of what it tests.
  void attempt(uint64_t number, Where where = Where::current()) {
    check(pc_attempt(at(where), number));
  }
  void ack(uint64_t number, Where where = Where::current()) {
    check(pc_ack(at(where), number));
  }
  void start(Where where = Where::current()) { check(pc_start(at(where))); }
  // pc_fail(): `passed` calls of this sort go well, and then `count` fail.
  void fail(pc_failure failure, uint64_t passed = 0, uint64_t count = 1) {
    check(pc_fail(world_, failure, passed, count));
  }

  // pc_crash_now(): a world of its own, as a crash now could leave this one.
  // Throws std::system_error if there is no such state.
  [[nodiscard]] World crash_now(const std::string& which = "none",
                                const std::string& profile = "spec-strict") {
    pc_world* crashed = nullptr;
    check(pc_crash_now(world_, profile.c_str(), which.c_str(), &crashed));
    return World(crashed);
  }

  // What was done so far is explored; the world may go on.
  [[nodiscard]] States explore(const Explore& asked = {}) const {
    pc_explore_options options = PC_EXPLORE_OPTIONS;
    options.profiles = asked.profiles.c_str();
    options.space = asked.space.c_str();
    options.crash_kinds = asked.crash_kinds;
    options.isolation = asked.isolation;
    options.jobs = asked.jobs;
    options.budget_ms = asked.budget_ms;
    options.runs_max = asked.runs_max;
    options.seed = asked.seed;
    options.state_timeout_ms = asked.state_timeout_ms;
    options.nested = asked.nested;
    options.audit = asked.audit ? 1 : 0;
    options.at = asked.at.empty() ? nullptr : asked.at.c_str();
    pc_states* states = nullptr;
    check(pc_explore(world_, &options, &states));
    return States(states);
  }

 private:
  explicit World(pc_world* world) : Files(world) {}

  void check(int result) const {
    if (result < 0) {
      throw std::system_error(-result, std::generic_category(),
                              pc_last_error(world_));
    }
  }
};

struct LogRecord {
  uint64_t lsn = PC_LSN_INVALID;
  bool is_restart = false;
  std::string data;
};

// One log of a world that has logs, or of a state of it, with a marshalling
// area of its own. Functions that return an int return what the C functions
// return.
class Log {
 public:
  using Where = std::source_location;

  // Opens the log, and makes it if it is not there. `files` must outlive this
  // object. Throws std::system_error if that fails.
  Log(Files& files, const std::string& name, Where where = Where::current())
      : files_(files),
        log_(check(pc_log_open(at(where), name.c_str()))),
        area_(check(pc_log_area(at(where), log_))) {}

  // Returns the LSN, or PC_LSN_INVALID if the record was not appended. With a
  // flag that fails, the record may be there.
  uint64_t append(std::string_view data, unsigned flags = 0,
                  Where where = Where::current()) {
    uint64_t lsn = PC_LSN_INVALID;
    pc_log_append(at(where), area_, data.data(), data.size(), flags, &lsn);
    return lsn;
  }
  int flush(Where where = Where::current()) {
    return pc_log_flush(at(where), area_);
  }
  int flush_to(uint64_t lsn, Where where = Where::current()) {
    return pc_log_flush_to(at(where), area_, lsn);
  }
  // Returns the LSN, as append() does.
  uint64_t restart(std::string_view data, uint64_t base = PC_LSN_INVALID,
                   Where where = Where::current()) {
    uint64_t lsn = PC_LSN_INVALID;
    pc_log_restart(at(where), area_, data.data(), data.size(), base, &lsn);
    return lsn;
  }
  int advance_base(uint64_t lsn, Where where = Where::current()) {
    return pc_log_advance_base(at(where), log_, lsn);
  }
  int archive_tail(uint64_t lsn, Where where = Where::current()) {
    return pc_log_archive_tail(at(where), log_, lsn);
  }
  int reset(Where where = Where::current()) {
    return pc_log_reset(at(where), log_);
  }

  // The first record at or after an LSN; `std::nullopt` if there is none.
  std::optional<LogRecord> read(uint64_t from = PC_LSN_NULL) {
    return given([&](std::string& data, pc_log_record& record) {
      return pc_log_read(files_.get(), log_, from, data.data(), data.size(),
                         &record);
    });
  }
  // The newest restart record; `std::nullopt` if there is none.
  std::optional<LogRecord> read_restart() {
    return given([&](std::string& data, pc_log_record& record) {
      return pc_log_read_restart(files_.get(), log_, data.data(), data.size(),
                                 &record);
    });
  }
  // All records, with those of restart areas, in their order.
  std::vector<LogRecord> records() {
    std::vector<LogRecord> all;
    auto record = read();
    while (record) {
      all.push_back(std::move(*record));
      record = read(all.back().lsn + 1);
    }
    return all;
  }
  pc_log_facts facts() {
    pc_log_facts facts = PC_LOG_FACTS;
    pc_log_stat(files_.get(), log_, &facts);
    return facts;
  }

 private:
  // Reads once to learn the size and once more with enough room.
  template <class Read>
  static std::optional<LogRecord> given(Read&& read) {
    std::string data;
    pc_log_record record = PC_LOG_RECORD;
    const int64_t bytes = read(data, record);
    if (bytes < 0) return std::nullopt;
    data.resize(static_cast<size_t>(bytes));
    read(data, record);
    return LogRecord{record.lsn, record.is_restart != 0, std::move(data)};
  }
  pc_world* at(const Where& where) {
    pc_at(files_.get(), where.file_name(), where.line());
    return files_.get();
  }
  int check(int result) const {
    if (result < 0) {
      throw std::system_error(-result, std::generic_category(),
                              pc_last_error(files_.get()));
    }
    return result;
  }

  Files& files_;
  int log_;
  int area_;
};

}  // namespace powercut::inline v0

#endif  // POWERCUT_POWERCUT_HPP_
