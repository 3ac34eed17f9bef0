// The table of file systems, and what each needs of the machine.
//
// A row is a function that fills a KernelFileSystem. Three rules decide what is
// in it. Formatting should give the same bytes each time, where mkfs can be
// made to do so: ids and times are fixed. The kernel must do nothing of itself
// after a mount that would be recorded as the work of the workload: mkfs leaves
// nothing to be zeroed later, and prefetching is off. And several workers mount
// states of one volume at once, which some file systems refuse for a fixed id.
//
// To add a file system, write its function, list it in KernelFileSystems(), and
// add its name to backends/registry.cc.

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "backends/format_program.h"
#include "backends/kernel/kernel_backend.h"
#include "backends/kernel/mounter_messages.h"

namespace powercut::kernel {
namespace {

constexpr uint64_t kMiB = 1u << 20;
// The id of the volume and the time at which it is made.
constexpr const char* kUuid = "706f7765-7263-4574-8000-000000000001";
constexpr const char* kTime = "1700000000";

// The rows of ext2, ext3 and ext4 have one driver and one mkfs in common.
KernelFileSystem Ext(const std::string& name) {
  KernelFileSystem fs;
  fs.name = name;
  fs.mkfs = "mkfs." + name;
  fs.package = "e2fsprogs";
  // With the two lazy_ options off, the kernel has nothing to zero after the
  // mount.
  fs.mkfs_arguments = {
      "-q",
      "-F",
      "-b",
      "4096",
      "-U",
      kUuid,
      "-E",
      fmt::format("hash_seed={},lazy_itable_init=0,lazy_journal_init=0,"
                  "nodiscard",
                  kUuid)};
  fs.mkfs_environment = {fmt::format("E2FSPROGS_FAKE_TIME={}", kTime),
                         "MKE2FS_SKIP_PROGRESS=1"};
  // Otherwise a thread of the kernel reads the block bitmaps within seconds of
  // the mount, so that what a run read would depend on how long it took.
  fs.mount_options = "no_prefetch_block_bitmaps";
  fs.checker = {"e2fsck",
                "e2fsprogs",
                {"-f", "-n", kDeviceWord},
                {"e2fsck ", "Pass ", "Fix? ",
                 "WARNING: Filesystem still has errors", "non-contiguous"},
                false};
  fs.default_disk_bytes = 32 * kMiB;
  fs.minimum_disk_bytes = 8 * kMiB;
  return fs;
}

// ext2 has no journal: what was not flushed may be in any state, and users run
// fsck to repair it.
KernelFileSystem Ext2() {
  KernelFileSystem fs = Ext("ext2");
  fs.profile = "posix-minimal";
  return fs;
}

KernelFileSystem Ext3() {
  KernelFileSystem fs = Ext("ext3");
  // The driver is that of ext4, and ext3 held under this profile (README.md).
  fs.profile = "ext4-ordered";
  return fs;
}

KernelFileSystem Ext4() {
  KernelFileSystem fs = Ext("ext4");
  fs.profile = "ext4-ordered";
  return fs;
}

KernelFileSystem Xfs() {
  KernelFileSystem fs;
  fs.name = "xfs";
  fs.mkfs = "mkfs.xfs";
  fs.package = "xfsprogs";
  fs.mkfs_arguments = {"-q", "-f", "-K", "-m", fmt::format("uuid={}", kUuid)};
  fs.mkfs_environment = {fmt::format("SOURCE_DATE_EPOCH={}", kTime),
                         "DETERMINISTIC_SEED=1"};
  // Several workers mount states of the same volume at once, which xfs refuses
  // for one id.
  fs.mount_options = "nouuid";
  fs.checker = {"xfs_repair",
                "xfsprogs",
                {"-n", kDeviceWord},
                {"Phase ", "- ", "No modify flag set"},
                true};
  fs.profile = "xfs";
  fs.default_disk_bytes = 320 * kMiB;
  fs.minimum_disk_bytes = 300 * kMiB;
  return fs;
}

KernelFileSystem Btrfs() {
  KernelFileSystem fs;
  fs.name = "btrfs";
  fs.mkfs = "mkfs.btrfs";
  fs.package = "btrfs-progs";
  // mkfs.btrfs refuses an id that is mounted, and workers may have it mounted.
  // Hence it chooses one.
  fs.mkfs_arguments = {"-q", "-f", "-K"};
  fs.checker = {
      "btrfs",
      "btrfs-progs",
      {"check", "--readonly", kDeviceWord},
      {"Opening filesystem to check", "Checking filesystem on",
       "UUID: ", "] checking ", "bytes used, ", "total ",
       "waste bytes: ", "file data blocks allocated: ", "referenced "},
      false};
  fs.profile = "btrfs";
  fs.default_disk_bytes = 128 * kMiB;
  fs.minimum_disk_bytes = 110 * kMiB;
  return fs;
}

KernelFileSystem F2fs() {
  KernelFileSystem fs;
  fs.name = "f2fs";
  fs.mkfs = "mkfs.f2fs";
  fs.package = "f2fs-tools";
  fs.mkfs_arguments = {"-q", "-f", "-t", "0", "-U", kUuid};
  fs.profile = "f2fs";
  fs.default_disk_bytes = 128 * kMiB;
  fs.minimum_disk_bytes = 64 * kMiB;
  return fs;
}

KernelFileSystem Exfat() {
  KernelFileSystem fs;
  fs.name = "exfat";
  fs.mkfs = "mkfs.exfat";
  fs.package = "exfatprogs";
  fs.profile = "exfat";
  fs.default_disk_bytes = 32 * kMiB;
  fs.minimum_disk_bytes = 8 * kMiB;
  return fs;
}

KernelFileSystem Ntfs3() {
  KernelFileSystem fs;
  fs.name = "ntfs3";
  fs.mkfs = "mkfs.ntfs";
  fs.package = "ntfs-3g";
  fs.mkfs_arguments = {"-q", "-Q", "-F", "-T"};
  fs.profile = "ntfs";
  fs.default_disk_bytes = 32 * kMiB;
  fs.minimum_disk_bytes = 8 * kMiB;
  return fs;
}

KernelFileSystem Vfat() {
  KernelFileSystem fs;
  fs.name = "vfat";
  fs.mkfs = "mkfs.vfat";
  fs.package = "dosfstools";
  fs.mkfs_arguments = {"--invariant"};
  fs.profile = "fat";
  fs.default_disk_bytes = 32 * kMiB;
  fs.minimum_disk_bytes = 8 * kMiB;
  return fs;
}

// /proc/filesystems has a line for each type, with the name after a tab.
bool KernelKnows(const std::string& name) {
  std::ifstream known("/proc/filesystems");
  for (std::string line; std::getline(known, line);) {
    const size_t word = line.find_last_of('\t');
    if (word != line.npos && line.substr(word + 1) == name) return true;
  }
  return false;
}

// Whether this process has the capability to mount.
bool MayMount() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &
          CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
}

}  // namespace

const std::vector<KernelFileSystem>& KernelFileSystems() {
  static const std::vector<KernelFileSystem> kFileSystems = {
      Btrfs(), Exfat(), Ext2(), Ext3(), Ext4(), F2fs(), Ntfs3(), Vfat(), Xfs()};
  return kFileSystems;
}

std::string KernelCannotMount(const KernelFileSystem& fs) {
  if (geteuid() != 0) return "kernel file systems take root";
  // Root in a container often may not mount.
  if (!MayMount()) {
    return "kernel file systems take the capability CAP_SYS_ADMIN; give a "
           "container --privileged";
  }
  if (KernelKnows(fs.name)) return {};
  return fmt::format(
      "this kernel does not know {} (/proc/filesystems); try "
      "modprobe {}",
      fs.name, fs.name);
}

std::string KernelFileSystemLacks(const KernelFileSystem& fs) {
  if (std::string cannot = KernelCannotMount(fs); !cannot.empty()) {
    return cannot;
  }
  for (const char* device : {"/dev/fuse", "/dev/loop-control"}) {
    if (access(device, R_OK | W_OK) != 0) {
      return fmt::format("{} is missing", device);
    }
  }
  if (FindProgram(fs.mkfs).empty()) {
    return fmt::format("{} is missing: install {}", fs.mkfs, fs.package);
  }
  return {};
}

}  // namespace powercut::kernel
