// LevelDB's Env on a world: bytes, names and syncs go to the C interface of
// powercut. Work that LevelDB schedules waits in a queue.
//
// Example: a synced Put appends a header of 7 bytes and a payload to
// /db/000003.log; Flush writes both by one call, and Sync is fdatasync. If the
// write buffer was full before, LevelDB has begun a new log without syncing the
// old one, and has scheduled the work that makes a table of it.

#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <powercut/leveldb.hpp>

namespace powercut::inline v0 {
namespace {

using leveldb::RandomAccessFile, leveldb::SequentialFile, leveldb::WritableFile;
using leveldb::Slice, leveldb::Status;
using Path = const std::string&;

// `result` is 0 or more, or a negative errno number.
Status StatusOf(Path path, int64_t result) {
  if (result >= 0) return Status::OK();
  const char* const text = std::strerror(static_cast<int>(-result));
  return result == -ENOENT ? Status::NotFound(path, text)
                           : Status::IOError(path, text);
}

// An open file; `handle` is a negative errno number if it cannot be opened.
struct File {
  File(pc_world* in, Path name, unsigned flags)
      : world(in), path(name), handle(pc_open(in, name.c_str(), flags)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { pc_close(world, handle); }
  pc_world* world;
  std::string path;
  int handle;
};

struct Readable final : SequentialFile, RandomAccessFile, File {
  using File::File;
  Status Read(uint64_t from, size_t size, Slice* result,
              char* scratch) const override {
    const int64_t got = pc_read(world, handle, scratch, size, from);
    *result = Slice(scratch, got < 0 ? 0 : static_cast<size_t>(got));
    return StatusOf(path, got);
  }
  Status Read(size_t size, Slice* result, char* scratch) override {
    const Status status = Read(at, size, result, scratch);
    at += result->size();
    return status;
  }
  Status Skip(uint64_t bytes) override {
    at += bytes;
    return Status::OK();
  }
  uint64_t at = 0;
};

struct Writable final : WritableFile, File {
  using File::File;
  ~Writable() override { Writable::Flush(); }
  Status Append(const Slice& data) override {
    waiting.append(data.data(), data.size());
    return waiting.size() < 65536 ? Status::OK() : Flush();
  }
  Status Flush() override {
    if (waiting.empty()) return Status::OK();
    const std::string data = std::exchange(waiting, "");
    return StatusOf(path, pc_append(world, handle, data.data(), data.size()));
  }
  Status Close() override { return Flush(); }
  Status Sync() override {
    const size_t name = path.rfind('/') + 1;
    if (path.compare(name, 8, "MANIFEST") == 0) {
      const File directory(world, path.substr(0, name), PC_READ);
      const int named = pc_sync(world, directory.handle, PC_FDATASYNC);
      if (named < 0) return StatusOf(directory.path, named);
    }
    if (const Status flushed = Flush(); !flushed.ok()) return flushed;
    return StatusOf(path, pc_sync(world, handle, PC_FDATASYNC));
  }
  std::string waiting;
};

class WorldEnv final : public LevelDbEnv {
 public:
  explicit WorldEnv(pc_world* world) : world_(world) {}
  void RunBackground() override {
    while (!held_.empty()) {
      const auto [function, argument] = held_.front();
      held_.pop_front();
      function(argument);
    }
  }
  void Schedule(void (*function)(void*), void* argument) override {
    held_.emplace_back(function, argument);
  }
  void StartThread(void (*function)(void*), void* argument) override {
    Schedule(function, argument);
  }
  Status NewSequentialFile(Path path, SequentialFile** file) override {
    return New<Readable>(path, PC_READ, file);
  }
  Status NewRandomAccessFile(Path path, RandomAccessFile** file) override {
    return New<Readable>(path, PC_READ, file);
  }
  Status NewWritableFile(Path path, WritableFile** file) override {
    return New<Writable>(path, PC_WRITE | PC_CREATE | PC_TRUNCATE, file);
  }
  bool FileExists(Path path) override {
    uint64_t size = 0;
    return GetFileSize(path, &size).ok();
  }
  Status GetFileSize(Path path, uint64_t* size) override {
    pc_facts facts = PC_FACTS;
    const int result = pc_stat(world_, path.c_str(), &facts);
    *size = facts.file_bytes;
    return StatusOf(path, result);
  }
  Status GetChildren(Path path, std::vector<std::string>* names) override {
    const int64_t bytes = pc_list(world_, path.c_str(), nullptr, 0);
    std::string all(bytes < 0 ? 0 : static_cast<size_t>(bytes), '\0');
    pc_list(world_, path.c_str(), all.data(), all.size());
    names->clear();
    for (size_t at = 0; at < all.size(); at += names->back().size() + 1) {
      names->emplace_back(all.c_str() + at);
    }
    return StatusOf(path, bytes);
  }
  Status RemoveFile(Path path) override {
    return StatusOf(path, pc_unlink(world_, path.c_str()));
  }
  Status CreateDir(Path path) override {
    return StatusOf(path, pc_mkdir(world_, path.c_str()));
  }
  Status RemoveDir(Path path) override {
    return StatusOf(path, pc_rmdir(world_, path.c_str()));
  }
  Status RenameFile(Path from, Path to) override {
    return StatusOf(from, pc_rename(world_, from.c_str(), to.c_str()));
  }
  Status LockFile(Path, leveldb::FileLock** lock) override {
    *lock = nullptr;
    return Status::OK();
  }
  Status UnlockFile(leveldb::FileLock*) override { return Status::OK(); }
  Status GetTestDirectory(std::string* path) override {
    *path = "/test";
    return Status::OK();
  }
  // LevelDB then writes no log for people.
  Status NewLogger(Path path, leveldb::Logger**) override {
    return Status::NotSupported(path);
  }
  uint64_t NowMicros() override { return ++now_; }
  void SleepForMicroseconds(int) override {}

 private:
  template <typename Kind, typename Base>
  Status New(Path path, unsigned flags, Base** file) {
    auto opened = std::make_unique<Kind>(world_, path, flags);
    const int result = opened->handle;
    *file = result < 0 ? nullptr : opened.release();
    return StatusOf(path, result);
  }

  pc_world* world_;
  std::deque<std::pair<void (*)(void*), void*>> held_;
  uint64_t now_ = 0;
};

}  // namespace

std::unique_ptr<LevelDbEnv> NewLevelDbEnv(pc_world* world) {
  return std::make_unique<WorldEnv>(world);
}

}  // namespace powercut::inline v0
