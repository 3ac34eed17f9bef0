// SQLite's VFS on a world. Bytes, names and syncs go to the C interface of
// powercut. Locks, and the memory that the connections of a WAL share, are kept
// here, since no crash leaves them: whether a connection gets a lock follows
// from what the other open files of the same path hold.
//
// Example: a commit in journal mode DELETE opens /a.db-journal with
// SQLITE_OPEN_CREATE. Its first xSync is fdatasync of the journal and of `/`;
// each later one is fdatasync of the journal alone. The pages are written to
// /a.db and synced, and xDelete of the journal commits.

#include <powercut/sqlite.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

namespace {

struct File;

// What the open files of one path share.
struct Inode {
  std::set<File*> files;
  std::vector<std::vector<char>> regions;
};

struct Vfs : sqlite3_vfs {
  std::string name{};
  pc_world* world = nullptr;
  std::map<std::string, std::weak_ptr<Inode>> inodes{};
  uint8_t seed = 0;
};

// SQLite owns the memory of this object.
struct File : sqlite3_file {
  std::string path;
  pc_world* world = nullptr;
  int handle = 0;
  std::shared_ptr<Inode> inode{};
  int lock = SQLITE_LOCK_NONE;
  // Bits of the locks on shared memory.
  unsigned shm_shared = 0;
  unsigned shm_exclusive = 0;
  // Whether the next sync is the first one of a new journal.
  bool sync_directory = false;
  bool powersafe_overwrite = false;
};

Vfs& Of(sqlite3_vfs* vfs) { return *static_cast<Vfs*>(vfs); }
File& Of(sqlite3_file* file) { return *static_cast<File*>(file); }

// Syncs the directory of a name.
int SyncDirectory(pc_world* world, const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  const int handle = pc_open(world, directory.c_str(), PC_READ);
  const int result = pc_sync(world, handle, PC_FDATASYNC);
  pc_close(world, handle);
  return result < 0 ? SQLITE_IOERR_DIR_FSYNC : SQLITE_OK;
}

// --- locks and shared memory ------------------------------------------------

int LockOfOthers(const File& file) {
  int lock = SQLITE_LOCK_NONE;
  for (const File* other : file.inode->files) {
    if (other != &file) lock = std::max(lock, other->lock);
  }
  return lock;
}

int Lock(sqlite3_file* of, int level) {
  File& file = Of(of);
  if (level <= file.lock) return SQLITE_OK;
  const int others = LockOfOthers(file);
  const bool reads = level == SQLITE_LOCK_SHARED;
  if (others > (reads ? SQLITE_LOCK_RESERVED : SQLITE_LOCK_SHARED)) {
    return SQLITE_BUSY;
  }
  // Readers may come to an end, and no new ones begin.
  const bool waits = level == SQLITE_LOCK_EXCLUSIVE && others > 0;
  file.lock = waits ? SQLITE_LOCK_PENDING : level;
  return waits ? SQLITE_BUSY : SQLITE_OK;
}

int Unlock(sqlite3_file* of, int level) {
  Of(of).lock = std::min(Of(of).lock, level);
  return SQLITE_OK;
}

int CheckReservedLock(sqlite3_file* of, int* result) {
  *result = std::max(Of(of).lock, LockOfOthers(Of(of))) > SQLITE_LOCK_SHARED;
  return SQLITE_OK;
}

int ShmLock(sqlite3_file* of, int first, int count, int flags) {
  File& file = Of(of);
  const unsigned mask = ((1u << count) - 1) << first;
  const bool shares = (flags & SQLITE_SHM_SHARED) != 0;
  unsigned& held = shares ? file.shm_shared : file.shm_exclusive;
  held &= ~mask;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) return SQLITE_OK;
  unsigned barred = 0;
  for (const File* other : file.inode->files) {
    if (other == &file) continue;
    barred |= other->shm_exclusive | (shares ? 0u : other->shm_shared);
  }
  if ((barred & mask) != 0) return SQLITE_BUSY;
  held |= mask;
  return SQLITE_OK;
}

int ShmMap(sqlite3_file* of, int index, int bytes, int extend,
           void volatile** region) {
  auto& regions = Of(of).inode->regions;
  const auto at = size_t(index);
  while (extend && regions.size() <= at) regions.emplace_back(bytes);
  *region = at < regions.size() ? regions[at].data() : nullptr;
  return SQLITE_OK;
}

void ShmBarrier(sqlite3_file*) {}

int ShmUnmap(sqlite3_file* of, int) {
  Of(of).shm_shared = Of(of).shm_exclusive = 0;
  return SQLITE_OK;
}

// --- files ------------------------------------------------------------------

int Close(sqlite3_file* of) {
  File& file = Of(of);
  pc_close(file.world, file.handle);
  file.inode->files.erase(&file);
  file.~File();
  return SQLITE_OK;
}

int Read(sqlite3_file* of, void* out, int size, sqlite3_int64 offset) {
  const auto got = static_cast<int>(pc_read(Of(of).world, Of(of).handle, out,
                                            size_t(size), uint64_t(offset)));
  if (got < 0) return SQLITE_IOERR_READ;
  std::memset(static_cast<char*>(out) + got, 0, size_t(size - got));
  return got < size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

int Write(sqlite3_file* of, const void* data, int size, sqlite3_int64 offset) {
  const int64_t put = pc_write(Of(of).world, Of(of).handle, data, size_t(size),
                               uint64_t(offset));
  if (put == size) return SQLITE_OK;
  return put >= 0 || put == -ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int Truncate(sqlite3_file* of, sqlite3_int64 size) {
  const int result = pc_truncate(Of(of).world, Of(of).handle, uint64_t(size));
  return result < 0 ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

int Sync(sqlite3_file* of, int) {
  File& file = Of(of);
  const int result = pc_sync(file.world, file.handle, PC_FDATASYNC);
  if (result < 0) return SQLITE_IOERR_FSYNC;
  // SQLite's own VFS goes on if a directory cannot be synced here, too.
  if (file.sync_directory) SyncDirectory(file.world, file.path);
  file.sync_directory = false;
  return SQLITE_OK;
}

int FileSize(sqlite3_file* of, sqlite3_int64* size) {
  pc_facts facts = PC_FACTS;
  const int result = pc_fstat(Of(of).world, Of(of).handle, &facts);
  *size = sqlite3_int64(facts.file_bytes);
  return result < 0 ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file*) { return 512; }
int Characteristics(sqlite3_file* of) {
  return Of(of).powersafe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

constexpr sqlite3_io_methods kMethods(2, Close, Read, Write, Truncate, Sync,
                                      FileSize, Lock, Unlock, CheckReservedLock,
                                      FileControl, SectorSize, Characteristics,
                                      ShmMap, ShmLock, ShmBarrier, ShmUnmap,
                                      nullptr, nullptr);

// --- names ------------------------------------------------------------------

int Open(sqlite3_vfs* of, const char* name, sqlite3_file* out, int flags,
         int* out_flags) {
  Vfs& vfs = Of(of);
  out->pMethods = nullptr;  // SQLite then does not close the file.
  // A temporary file is unlinked below, so that one name is enough.
  const std::string path = name == nullptr ? "/.sqlite-temporary" : name;
  const auto has = [flags](int any) { return (flags & any) != 0; };
  const unsigned open = PC_READ | (has(SQLITE_OPEN_READWRITE) ? PC_WRITE : 0) |
                        (has(SQLITE_OPEN_CREATE) ? PC_CREATE : 0) |
                        (has(SQLITE_OPEN_EXCLUSIVE) ? PC_EXCLUSIVE : 0);
  const int handle = pc_open(vfs.world, path.c_str(), open);
  if (handle < 0) return SQLITE_CANTOPEN;
  if (has(SQLITE_OPEN_DELETEONCLOSE)) pc_unlink(vfs.world, path.c_str());
  File& file = *new (out) File{{&kMethods}, path, vfs.world, handle};
  file.inode = vfs.inodes[path].lock();
  if (file.inode == nullptr) file.inode = std::make_shared<Inode>();
  vfs.inodes[path] = file.inode;
  file.inode->files.insert(&file);
  file.sync_directory = has(SQLITE_OPEN_CREATE) &&
                        has(SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL |
                            SQLITE_OPEN_SUPER_JOURNAL);
  file.powersafe_overwrite =
      has(SQLITE_OPEN_URI) && sqlite3_uri_boolean(name, "psow", 0);
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* of, const char* path, int sync_directory) {
  const int result = pc_unlink(Of(of).world, path);
  if (result == -ENOENT) return SQLITE_IOERR_DELETE_NOENT;
  if (result < 0) return SQLITE_IOERR_DELETE;
  return sync_directory ? SyncDirectory(Of(of).world, path) : SQLITE_OK;
}

// An empty file counts as none, as in SQLite's own VFS.
int Access(sqlite3_vfs* of, const char* path, int, int* result) {
  pc_facts facts = PC_FACTS;
  *result = pc_stat(Of(of).world, path, &facts) == 0 &&
            (facts.is_directory != 0 || facts.file_bytes > 0);
  return SQLITE_OK;
}

int FullPathname(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s%s", name[0] == '/' ? "" : "/", name);
  return std::strlen(name) + 2 > size_t(size) ? SQLITE_CANTOPEN : SQLITE_OK;
}

// SQLite asks once, for the seed of its own generator.
int Randomness(sqlite3_vfs* of, int size, char* out) {
  std::memset(out, Of(of).seed, size_t(size));
  return size;
}

int Sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
int CurrentTime(sqlite3_vfs*, sqlite3_int64* out) {
  *out = sqlite3_int64{2451545} * 86'400'000;
  return SQLITE_OK;
}

// The VFS that was registered here under a name; `nullptr` if there is none.
Vfs* Find(const char* name) {
  sqlite3_vfs* const found = name == nullptr ? nullptr : sqlite3_vfs_find(name);
  return found != nullptr && found->xOpen == Open ? &Of(found) : nullptr;
}

}  // namespace

int pc_sqlite_register(pc_world* world, const char* name, uint8_t seed) {
  if (world == nullptr || name == nullptr) return SQLITE_MISUSE;
  Vfs* vfs = Find(name);
  if (vfs == nullptr) {
    if (sqlite3_vfs_find(name) != nullptr) return SQLITE_MISUSE;
    vfs = new Vfs{{}, name};
    static_cast<sqlite3_vfs&>(*vfs) = sqlite3_vfs(
        2, sizeof(File), 511, nullptr, vfs->name.c_str(), nullptr, Open, Delete,
        Access, FullPathname, nullptr, nullptr, nullptr, nullptr, Randomness,
        Sleep, nullptr, nullptr, CurrentTime, nullptr, nullptr, nullptr);
  }
  vfs->world = world;
  vfs->inodes.clear();
  vfs->seed = seed;
  sqlite3_vfs_register(vfs, 1);
  sqlite3_randomness(0, nullptr);
  return SQLITE_OK;
}

int pc_sqlite_unregister(const char* name) {
  Vfs* const vfs = Find(name);
  if (vfs == nullptr) return SQLITE_NOTFOUND;
  sqlite3_vfs_unregister(vfs);
  delete vfs;
  return SQLITE_OK;
}
