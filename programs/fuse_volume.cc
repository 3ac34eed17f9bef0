// Answers the kernel's requests through the low-level interface of libfuse.
// Each function below takes a request apart, calls ProgramFiles, and replies.
//
// One request is answered before the next one is taken, so that the calls of
// all processes have an order.
//
// Only users and groups that the namespace of this process knows can own a
// file, or the kernel lets nobody write to it. Owners that are not known are
// shown as the user who runs powercut.

#include "programs/fuse_volume.h"

#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "harness/base/shortage.h"
#include "programs/raw_session.h"

namespace powercut::programs {

struct FuseVolume::Impl {
  fuse_session* session = nullptr;
  fuse_buf buffer{};
  bool mounted = false;
  uint64_t size_bytes = 0;
  ProgramFiles* files = nullptr;
  // Whether files of any owner can be shown. Root has a namespace in which all
  // owners exist.
  bool all_owners = false;
  // The names that a program is reading, by the number of its open directory.
  std::map<ProgramFiles::Handle, std::vector<ProgramFiles::Entry>> listings;
  RawSession raw;
  Bytes scratch;
};

namespace {

// How long the kernel may keep what it was told.
constexpr double kForeverS = 1e9;

FuseVolume::Impl& ImplOf(fuse_req_t request) {
  return *static_cast<FuseVolume::Impl*>(fuse_req_userdata(request));
}

// The files, for a call of the process that made the request.
ProgramFiles& FilesFor(fuse_req_t request) {
  ProgramFiles& files = *ImplOf(request).files;
  const fuse_ctx* const who = fuse_req_ctx(request);
  files.set_caller({who->pid, who->uid, who->gid});
  return files;
}

// Whether this process made the request (PageWriter), and no program.
bool IsOwn(fuse_req_t request) {
  const pid_t thread = fuse_req_ctx(request)->pid;
  return syscall(SYS_tgkill, getpid(), thread, 0) == 0;
}

// Whether the request asks that the file lose its set-ID bits.
bool ClearsSetIds(fuse_req_t request) {
  return ImplOf(request).raw.request().clears_set_ids;
}

ProgramFiles::Handle HandleOf(const fuse_file_info* info) {
  return info == nullptr ? 0 : static_cast<ProgramFiles::Handle>(info->fh);
}

int FactsOf(fuse_req_t request, fuse_ino_t node, struct stat& facts) {
  FuseVolume::Impl& volume = ImplOf(request);
  const int error = volume.files->Facts(node, facts);
  if (error == 0 && !volume.all_owners) {
    facts.st_uid = getuid();
    facts.st_gid = getgid();
  }
  return error;
}

void ReplyEntry(fuse_req_t request, int error, fuse_ino_t node) {
  fuse_entry_param entry{};
  if (error == 0) error = FactsOf(request, node, entry.attr);
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  entry.ino = node;
  entry.attr_timeout = entry.entry_timeout = kForeverS;
  fuse_reply_entry(request, &entry);
}

void Initialize(void*, fuse_conn_info* connection) {
  // Programs see each write through, in the order of the calls.
  connection->want &= ~unsigned{FUSE_CAP_WRITEBACK_CACHE};
  // Nobody else changes the files, so that what the kernel read stays true.
  connection->want &= ~unsigned{FUSE_CAP_AUTO_INVAL_DATA};
}

// Clears the set-ID bits of a file.
int TakeSetIds(fuse_req_t request, fuse_ino_t node,
               const fuse_file_info* info) {
  ProgramFiles::Wanted wanted;
  wanted.clears_set_ids = true;
  return FilesFor(request).Set(node, wanted, HandleOf(info));
}

// Opens a file, and notes in `info` what the kernel is to know of that. A file
// that was there before may lose its set-ID bits.
int OpenFile(fuse_req_t request, fuse_ino_t node, fuse_file_info* info,
             bool was_there) {
  ProgramFiles& files = FilesFor(request);
  ProgramFiles::Handle handle = 0;
  if (const int error = files.Open(node, info->flags, handle)) return error;
  info->fh = static_cast<uint64_t>(handle);
  info->keep_cache = 1;
  if (!was_there || !ClearsSetIds(request)) return 0;
  const int error = TakeSetIds(request, node, info);
  if (error != 0) files.Close(handle);
  return error;
}

// --- names -------------------------------------------------------------------

void LookUp(fuse_req_t request, fuse_ino_t parent, const char* name) {
  uint64_t node = 0;
  const int error = FilesFor(request).Lookup(parent, name, node);
  if (error == ENOENT) {
    // The kernel may remember that there is no such name, until it makes one.
    fuse_entry_param none{};
    none.entry_timeout = kForeverS;
    fuse_reply_entry(request, &none);
    return;
  }
  ReplyEntry(request, error, node);
}

void MakeNode(fuse_req_t request, fuse_ino_t parent, const char* name,
              mode_t mode, dev_t device) {
  uint64_t node = 0;
  const int error =
      FilesFor(request).Make(parent, name, mode, device, "", node);
  ReplyEntry(request, error, node);
}

void MakeDirectory(fuse_req_t request, fuse_ino_t parent, const char* name,
                   mode_t mode) {
  MakeNode(request, parent, name, mode | S_IFDIR, 0);
}

void MakeSymbolicLink(fuse_req_t request, const char* target, fuse_ino_t parent,
                      const char* name) {
  uint64_t node = 0;
  const int error =
      FilesFor(request).Make(parent, name, S_IFLNK | 0777, 0, target, node);
  ReplyEntry(request, error, node);
}

void Create(fuse_req_t request, fuse_ino_t parent, const char* name,
            mode_t mode, fuse_file_info* info) {
  ProgramFiles& files = FilesFor(request);
  uint64_t node = 0;
  int error = ImplOf(request).raw.request().unnamed
                  ? files.MakeUnnamed(parent, mode, node)
                  : files.Make(parent, name, mode, 0, "", node);
  const bool made = error == 0;
  // Another process may have made it since the kernel looked.
  if (error == EEXIST && (info->flags & O_EXCL) == 0) {
    error = files.Lookup(parent, name, node);
  }
  if (error == 0) error = OpenFile(request, node, info, !made);
  fuse_entry_param entry{};
  if (error == 0) error = FactsOf(request, node, entry.attr);
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  entry.ino = node;
  entry.attr_timeout = entry.entry_timeout = kForeverS;
  fuse_reply_create(request, &entry, info);
}

void Unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  fuse_reply_err(request, FilesFor(request).Unlink(parent, name));
}

void RemoveDirectory(fuse_req_t request, fuse_ino_t parent, const char* name) {
  fuse_reply_err(request, FilesFor(request).RemoveDirectory(parent, name));
}

void Rename(fuse_req_t request, fuse_ino_t parent, const char* name,
            fuse_ino_t new_parent, const char* new_name, unsigned flags) {
  fuse_reply_err(request, FilesFor(request).Rename(parent, name, new_parent,
                                                   new_name, flags));
}

void Link(fuse_req_t request, fuse_ino_t node, fuse_ino_t new_parent,
          const char* new_name) {
  const int error = FilesFor(request).Link(node, new_parent, new_name);
  ReplyEntry(request, error, node);
}

void ReadLink(fuse_req_t request, fuse_ino_t node) {
  std::string target;
  if (const int error = FilesFor(request).ReadLink(node, target)) {
    fuse_reply_err(request, error);
    return;
  }
  fuse_reply_readlink(request, target.c_str());
}

void OpenDirectory(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) {
  ProgramFiles::Handle handle = 0;
  // What this process opens is no call of the recording.
  const int error =
      IsOwn(request) ? 0 : FilesFor(request).Open(node, O_RDONLY, handle);
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  info->fh = static_cast<uint64_t>(handle);
  fuse_reply_open(request, info);
}

// The names are listed where a program begins to read, and stay as they were
// until it begins again.
void ReadDirectory(fuse_req_t request, fuse_ino_t node, size_t size,
                   off_t offset, fuse_file_info* info) {
  FuseVolume::Impl& volume = ImplOf(request);
  auto& entries = volume.listings[HandleOf(info)];
  if (offset == 0) {
    if (const int error = FilesFor(request).List(node, entries)) {
      fuse_reply_err(request, error);
      return;
    }
    // The kernel knows the numbers of these two; nobody else asks.
    constexpr uint64_t kUnknown = ~uint64_t{0};
    entries.insert(entries.begin(),
                   {{".", S_IFDIR, node}, {"..", S_IFDIR, kUnknown}});
  }
  volume.scratch.resize(size);
  auto* const bytes = reinterpret_cast<char*>(volume.scratch.data());
  size_t used = 0;
  for (auto at = static_cast<size_t>(offset); at < entries.size(); ++at) {
    struct stat facts{};
    facts.st_mode = entries[at].type;
    facts.st_ino = entries[at].node;
    const size_t needed = fuse_add_direntry(request, bytes + used, size - used,
                                            entries[at].name.c_str(), &facts,
                                            static_cast<off_t>(at + 1));
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, bytes, used);
}

void ReleaseDirectory(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  ImplOf(request).listings.erase(HandleOf(info));
  if (HandleOf(info) != 0) FilesFor(request).Close(HandleOf(info));
  fuse_reply_err(request, 0);
}

// --- attributes --------------------------------------------------------------

void ReplyFacts(fuse_req_t request, int error, fuse_ino_t node) {
  struct stat facts{};
  if (error == 0) error = FactsOf(request, node, facts);
  if (error != 0) {
    fuse_reply_err(request, error);
  } else {
    fuse_reply_attr(request, &facts, kForeverS);
  }
}

void GetFacts(fuse_req_t request, fuse_ino_t node, fuse_file_info*) {
  FilesFor(request);
  ReplyFacts(request, 0, node);
}

int64_t NanosecondsOf(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void SetFacts(fuse_req_t request, fuse_ino_t node, struct stat* facts,
              int to_set, fuse_file_info* info) {
  ProgramFiles::Wanted wanted;
  if ((to_set & FUSE_SET_ATTR_MODE) != 0) wanted.permissions = facts->st_mode;
  if ((to_set & FUSE_SET_ATTR_UID) != 0) wanted.owner = facts->st_uid;
  if ((to_set & FUSE_SET_ATTR_GID) != 0) wanted.group = facts->st_gid;
  if ((to_set & FUSE_SET_ATTR_SIZE) != 0) {
    wanted.size_bytes = static_cast<uint64_t>(facts->st_size);
  }
  const auto set = [to_set](int flag) { return (to_set & flag) != 0; };
  wanted.changed_now = set(FUSE_SET_ATTR_MTIME_NOW);
  if (set(FUSE_SET_ATTR_MTIME) && !wanted.changed_now) {
    wanted.changed_ns = NanosecondsOf(facts->st_mtim);
  }
  if (set(FUSE_SET_ATTR_ATIME_NOW)) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    wanted.accessed_ns = NanosecondsOf(now);
  } else if (set(FUSE_SET_ATTR_ATIME)) {
    wanted.accessed_ns = NanosecondsOf(facts->st_atim);
  }
  wanted.clears_set_ids = ClearsSetIds(request);
  const int error = FilesFor(request).Set(node, wanted, HandleOf(info));
  ReplyFacts(request, error, node);
}

void GetExtended(fuse_req_t request, fuse_ino_t node, const char* name,
                 size_t size) {
  std::string value;
  const int error = FilesFor(request).GetExtended(node, name, value);
  if (error != 0) {
    fuse_reply_err(request, error);
  } else if (size == 0) {
    fuse_reply_xattr(request, value.size());
  } else if (value.size() > size) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

void SetExtended(fuse_req_t request, fuse_ino_t node, const char* name,
                 const char* value, size_t size, int flags) {
  fuse_reply_err(
      request, FilesFor(request).SetExtended(node, name, {value, size}, flags));
}

void RemoveExtended(fuse_req_t request, fuse_ino_t node, const char* name) {
  fuse_reply_err(request, FilesFor(request).RemoveExtended(node, name));
}

void ListExtended(fuse_req_t request, fuse_ino_t node, size_t size) {
  std::vector<std::string> names;
  if (const int error = FilesFor(request).ListExtended(node, names)) {
    fuse_reply_err(request, error);
    return;
  }
  std::string text;
  for (const std::string& name : names) {
    text += name;
    text += '\0';
  }
  if (size == 0) {
    fuse_reply_xattr(request, text.size());
  } else if (text.size() > size) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, text.data(), text.size());
  }
}

void TellRoom(fuse_req_t request, fuse_ino_t) {
  const FuseVolume::Impl& volume = ImplOf(request);
  struct statvfs room{};
  room.f_bsize = room.f_frsize = 4096;
  room.f_blocks = volume.size_bytes / 4096;
  // No sector is used twice, so that nobody can say how much is left.
  room.f_bfree = room.f_bavail = volume.files->full() ? 0 : room.f_blocks / 2;
  room.f_files = room.f_ffree = room.f_favail = 1'000'000;
  room.f_namemax = NAME_MAX;
  fuse_reply_statfs(request, &room);
}

// --- bytes -------------------------------------------------------------------

void Open(fuse_req_t request, fuse_ino_t node, fuse_file_info* info) {
  if (const int error = OpenFile(request, node, info, /*was_there=*/true)) {
    fuse_reply_err(request, error);
    return;
  }
  fuse_reply_open(request, info);
}

void Release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  FilesFor(request).Close(HandleOf(info));
  fuse_reply_err(request, 0);
}

void Read(fuse_req_t request, fuse_ino_t, size_t size, off_t offset,
          fuse_file_info* info) {
  FuseVolume::Impl& volume = ImplOf(request);
  volume.scratch.resize(size);
  size_t bytes = 0;
  const int error = FilesFor(request).Read(
      HandleOf(info), static_cast<uint64_t>(offset), volume.scratch, bytes);
  if (error != 0) {
    fuse_reply_err(request, error);
    return;
  }
  fuse_reply_buf(request, reinterpret_cast<const char*>(volume.scratch.data()),
                 bytes);
}

void Write(fuse_req_t request, fuse_ino_t node, const char* data, size_t size,
           off_t offset, fuse_file_info* info) {
  size_t written = 0;
  int error = 0;
  if (ClearsSetIds(request)) error = TakeSetIds(request, node, info);
  if (error == 0) {
    error = FilesFor(request).Write(node, HandleOf(info),
                                    static_cast<uint64_t>(offset),
                                    AsBytes({data, size}), written);
  }
  if (error != 0) {
    fuse_reply_err(request, error);
  } else {
    fuse_reply_write(request, written);
  }
}

void Sync(fuse_req_t request, fuse_ino_t, int data_only, fuse_file_info* info) {
  fuse_reply_err(request,
                 FilesFor(request).Sync(HandleOf(info), data_only != 0));
}

// The kernel does not say whether the set-ID bits are to go. They do, unless
// root makes the call.
void Allocate(fuse_req_t request, fuse_ino_t node, int mode, off_t offset,
              off_t length, fuse_file_info* info) {
  int error = FilesFor(request).Allocate(node, HandleOf(info), mode,
                                         static_cast<uint64_t>(offset),
                                         static_cast<uint64_t>(length));
  const bool root = fuse_req_ctx(request)->uid == 0;
  if (error == 0 && !root) error = TakeSetIds(request, node, info);
  fuse_reply_err(request, error);
}

constexpr fuse_lowlevel_ops Operations() {
  fuse_lowlevel_ops operations{};
  operations.init = Initialize;
  operations.lookup = LookUp;
  operations.getattr = GetFacts;
  operations.setattr = SetFacts;
  operations.readlink = ReadLink;
  operations.mknod = MakeNode;
  operations.mkdir = MakeDirectory;
  operations.unlink = Unlink;
  operations.rmdir = RemoveDirectory;
  operations.symlink = MakeSymbolicLink;
  operations.rename = Rename;
  operations.link = Link;
  operations.open = Open;
  operations.read = Read;
  operations.write = Write;
  operations.release = Release;
  operations.fsync = Sync;
  operations.opendir = OpenDirectory;
  operations.readdir = ReadDirectory;
  operations.releasedir = ReleaseDirectory;
  operations.fsyncdir = Sync;
  operations.statfs = TellRoom;
  operations.setxattr = SetExtended;
  operations.getxattr = GetExtended;
  operations.listxattr = ListExtended;
  operations.removexattr = RemoveExtended;
  operations.create = Create;
  operations.fallocate = Allocate;
  return operations;
}

ssize_t ReadRequest(int device, void* bytes, size_t size, void* volume) {
  return static_cast<FuseVolume::Impl*>(volume)->raw.Read(device, bytes, size);
}

ssize_t WriteAnswer(int device, iovec* parts, int count, void* volume) {
  return static_cast<FuseVolume::Impl*>(volume)->raw.Write(device, parts,
                                                           count);
}

constexpr fuse_custom_io RawIo() {
  fuse_custom_io io{};
  io.read = ReadRequest;
  io.writev = WriteAnswer;
  return io;
}

}  // namespace

Result<std::unique_ptr<FuseVolume>> FuseVolume::Mount(const std::string& folder,
                                                      ProgramFiles& files,
                                                      uint64_t size_bytes) {
  static constexpr fuse_lowlevel_ops kOperations = Operations();
  static constexpr fuse_custom_io kIo = RawIo();
  auto impl = std::make_unique<Impl>();
  impl->files = &files;
  impl->size_bytes = size_bytes;
  impl->all_owners = getuid() == 0;
  char name[] = "powercut";
  // The kernel checks permissions, and lets other users in.
  char options[] = "-oallow_other,default_permissions,fsname=simfs";
  char* arguments[] = {name, options, nullptr};
  fuse_args args = FUSE_ARGS_INIT(2, arguments);
  impl->session =
      fuse_session_new(&args, &kOperations, sizeof(kOperations), impl.get());
  fuse_opt_free_args(&args);
  std::unique_ptr<FuseVolume> volume(new FuseVolume(std::move(impl)));
  fuse_session* const session = volume->impl_->session;
  if (session == nullptr || fuse_session_mount(session, folder.c_str()) != 0) {
    return Error{ErrorCode::kMissing,
                 "simfs cannot be mounted: FUSE takes /dev/fuse that this user "
                 "may open (chmod 666 /dev/fuse); or say --fs ext4 as root"};
  }
  volume->impl_->mounted = true;
  fcntl(fuse_session_fd(session), F_SETFL, O_NONBLOCK);
  POWERCUT_CHECK(
      fuse_session_custom_io(session, &kIo, fuse_session_fd(session)) == 0);
  return volume;
}

FuseVolume::FuseVolume(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

FuseVolume::~FuseVolume() {
  if (impl_->mounted) fuse_session_unmount(impl_->session);
  if (impl_->session != nullptr) fuse_session_destroy(impl_->session);
  std::free(impl_->buffer.mem);
}

int FuseVolume::fd() const { return fuse_session_fd(impl_->session); }

bool FuseVolume::Serve() {
  fuse_buf& buffer = impl_->buffer;
  const int received = fuse_session_receive_buf(impl_->session, &buffer);
  if (received > 0) fuse_session_process_buf(impl_->session, &buffer);
  return received > 0 || received == -EINTR || received == -EAGAIN;
}

}  // namespace powercut::programs
