// A file system of two files, served through the low-level interface of
// libfuse: `disk`, which is the virtual disk, and `acks`, which takes lines of
// text.
//
// Serve() takes one request of the kernel, and one function below answers it
// before the next request is taken. Hence the requests have an order, and it is
// that of the disk events. The functions find their file through the user data
// of the session.
//
// Example: a file system on the loop device commits 8192 bytes and flushes. The
// loop device writes the bytes to `disk` and then calls fsync on it. Here a
// write request comes, which becomes a write event at the layer `device`, and
// then an fsync request, which becomes a persist of everything to the media.

#include "backends/kernel/fuse_file.h"

#define FUSE_USE_VERSION 314
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "harness/disk/byte_disk.h"

namespace powercut::kernel {

struct FuseFile::Impl {
  fuse_session* session = nullptr;
  fuse_buf buffer{};
  bool mounted = false;
  uint64_t size_bytes = 0;
  VirtualDisk* disk = nullptr;
  std::function<void(std::string_view)> text_sink;
  Bytes scratch;
};

namespace {

// The inode numbers of the two files.
constexpr fuse_ino_t kFileNode = 2;
constexpr fuse_ino_t kTextNode = 3;
// How long the kernel may keep attributes and names, which never change.
constexpr double kForeverS = 1e9;

FuseFile::Impl* ImplOf(fuse_req_t request);

// Whether a range is not empty and lies within the file.
bool Lies(uint64_t size_bytes, uint64_t offset_bytes, uint64_t length) {
  return length > 0 && offset_bytes <= size_bytes &&
         length <= size_bytes - offset_bytes;
}

struct stat AttributesOf(const FuseFile::Impl& file, fuse_ino_t node) {
  struct stat attributes{};
  attributes.st_ino = node;
  attributes.st_nlink = 1;
  // In a user namespace, a file of somebody who is not there cannot be written.
  attributes.st_uid = geteuid();
  attributes.st_gid = getegid();
  attributes.st_mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0600;
  // Programs that run as another user may write acks, too.
  if (node == kTextNode) attributes.st_mode = S_IFREG | 0666;
  if (node == kFileNode) {
    attributes.st_size = static_cast<off_t>(file.size_bytes);
    attributes.st_blocks = static_cast<blkcnt_t>(file.size_bytes / 512);
  }
  return attributes;
}

void LookUp(fuse_req_t request, fuse_ino_t parent, const char* name) {
  const bool text = std::string_view(name) == FuseFile::kTextName;
  const bool known = text || std::string_view(name) == FuseFile::kName;
  if (parent != FUSE_ROOT_ID || !known) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  fuse_entry_param entry{};
  entry.ino = text ? kTextNode : kFileNode;
  entry.attr = AttributesOf(*ImplOf(request), entry.ino);
  entry.attr_timeout = entry.entry_timeout = kForeverS;
  fuse_reply_entry(request, &entry);
}

void GetAttributes(fuse_req_t request, fuse_ino_t node, fuse_file_info*) {
  const struct stat attributes = AttributesOf(*ImplOf(request), node);
  fuse_reply_attr(request, &attributes, kForeverS);
}

// A shell truncates the file that it redirects to. The text file is always
// empty, so that there is nothing to do.
void SetAttributes(fuse_req_t request, fuse_ino_t node, struct stat*, int,
                   fuse_file_info* info) {
  GetAttributes(request, node, info);
}

void Open(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  // The page cache must not stand between the loop device and the disk.
  info->direct_io = 1;
  fuse_reply_open(request, info);
}

void Read(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset,
          fuse_file_info*) {
  FuseFile::Impl& file = *ImplOf(request);
  const auto offset_bytes = static_cast<uint64_t>(offset);
  if (node == kTextNode) {
    fuse_reply_buf(request, nullptr, 0);
    return;
  }
  if (file.disk == nullptr || !Lies(file.size_bytes, offset_bytes, size)) {
    fuse_reply_err(request, EIO);
    return;
  }
  file.scratch.resize(size);
  if (!ByteDisk(*file.disk).Read(offset_bytes, file.scratch)) {
    fuse_reply_err(request, EIO);
    return;
  }
  fuse_reply_buf(request, reinterpret_cast<const char*>(file.scratch.data()),
                 size);
}

void Write(fuse_req_t request, fuse_ino_t node, const char* data, size_t size,
           off_t offset, fuse_file_info*) {
  FuseFile::Impl& file = *ImplOf(request);
  const auto offset_bytes = static_cast<uint64_t>(offset);
  if (node == kTextNode) {
    // The sink gets the text before the writer goes on, so that an ack stands
    // after the writes that it tells of.
    if (file.text_sink) file.text_sink({data, size});
    fuse_reply_write(request, size);
    return;
  }
  const Status written =
      file.disk != nullptr && Lies(file.size_bytes, offset_bytes, size)
          ? ByteDisk(*file.disk)
                .Write(offset_bytes, AsBytes({data, size}), Layer::kDevice)
          : Error{ErrorCode::kIo, "no disk, or outside of it"};
  if (written) {
    fuse_reply_write(request, size);
  } else {
    const bool full = written.error().code == ErrorCode::kFull;
    fuse_reply_err(request, full ? ENOSPC : EIO);
  }
}

// A flush covers the writes that were answered before it. All that came before
// it were, since requests are answered one after the other.
void Flush(fuse_req_t request, fuse_ino_t node, int, fuse_file_info*) {
  FuseFile::Impl& file = *ImplOf(request);
  if (node == kTextNode) {
    fuse_reply_err(request, 0);
    return;
  }
  const bool flushed =
      file.disk != nullptr && file.disk->Persist(Layer::kMedia).has_value();
  fuse_reply_err(request, flushed ? 0 : EIO);
}

// The loop device turns discards and zeroing into punched holes. Both leave
// zeros on the virtual disk.
void Punch(fuse_req_t request, fuse_ino_t, int, off_t offset, off_t length,
           fuse_file_info*) {
  FuseFile::Impl& file = *ImplOf(request);
  const auto offset_bytes = static_cast<uint64_t>(offset);
  const auto size = static_cast<uint64_t>(length);
  if (file.disk == nullptr || !Lies(file.size_bytes, offset_bytes, size)) {
    fuse_reply_err(request, EIO);
    return;
  }
  const uint32_t sector_bytes = file.disk->geometry().sector_bytes;
  if (offset_bytes % sector_bytes != 0 || size % sector_bytes != 0) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  const bool done =
      file.disk->Discard({offset_bytes / sector_bytes, size / sector_bytes})
          .has_value();
  fuse_reply_err(request, done ? 0 : EIO);
}

constexpr fuse_lowlevel_ops Operations() {
  fuse_lowlevel_ops operations{};
  operations.lookup = LookUp;
  operations.getattr = GetAttributes;
  operations.setattr = SetAttributes;
  operations.open = Open;
  operations.read = Read;
  operations.write = Write;
  operations.fsync = Flush;
  operations.fallocate = Punch;
  return operations;
}

FuseFile::Impl* ImplOf(fuse_req_t request) {
  return static_cast<FuseFile::Impl*>(fuse_req_userdata(request));
}

}  // namespace

Result<std::unique_ptr<FuseFile>> FuseFile::Mount(const std::string& folder,
                                                  uint64_t size_bytes) {
  static constexpr fuse_lowlevel_ops kOperations = Operations();
  auto impl = std::make_unique<Impl>();
  impl->size_bytes = size_bytes;
  char name[] = "powercut";
  char* arguments[] = {name, nullptr};
  fuse_args args = FUSE_ARGS_INIT(1, arguments);
  impl->session =
      fuse_session_new(&args, &kOperations, sizeof(kOperations), impl.get());
  fuse_opt_free_args(&args);
  std::unique_ptr<FuseFile> file(new FuseFile(std::move(impl)));
  if (file->impl_->session == nullptr ||
      fuse_session_mount(file->impl_->session, folder.c_str()) != 0) {
    return Error{ErrorCode::kMissing,
                 "FUSE cannot be mounted: it takes root and /dev/fuse"};
  }
  file->impl_->mounted = true;
  fcntl(fuse_session_fd(file->impl_->session), F_SETFL, O_NONBLOCK);
  return file;
}

FuseFile::FuseFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

FuseFile::~FuseFile() {
  if (impl_->mounted) fuse_session_unmount(impl_->session);
  if (impl_->session != nullptr) fuse_session_destroy(impl_->session);
  std::free(impl_->buffer.mem);
}

void FuseFile::set_disk(VirtualDisk* disk) {
  POWERCUT_CHECK(disk == nullptr ||
                 disk->geometry().size_bytes() == impl_->size_bytes);
  impl_->disk = disk;
}

void FuseFile::set_text_sink(std::function<void(std::string_view)> sink) {
  impl_->text_sink = std::move(sink);
}

int FuseFile::fd() const { return fuse_session_fd(impl_->session); }

bool FuseFile::Serve() {
  // A text sink may call this function again. The request that it came from is
  // then still in this buffer, so that the inner call takes another one.
  fuse_buf buffer = std::exchange(impl_->buffer, {});
  const int received = fuse_session_receive_buf(impl_->session, &buffer);
  if (received > 0) fuse_session_process_buf(impl_->session, &buffer);
  std::free(std::exchange(impl_->buffer, buffer).mem);
  return received > 0 || received == -EINTR || received == -EAGAIN;
}

}  // namespace powercut::kernel
