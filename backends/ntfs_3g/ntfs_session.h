// NtfsSession: what a program holds open on a mounted volume, handles and
// views, and how ops that the driver does not know map to those it does.
//
// Every flush becomes the driver's fsync, which syncs the whole device: at
// least as strong as each of them. A store through a view becomes a write, as
// when the kernel writes the page back at once. README.md has the table.

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_SESSION_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_SESSION_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backends/ntfs_3g/ntfs_volume.h"
#include "harness/backend.h"
#include "model/words/op.h"

namespace powercut::ntfs_3g {

class NtfsSession {
 public:
  // `volume` must outlive this object.
  explicit NtfsSession(NtfsVolume* volume) : volume_(volume) {}

  // As Mount::Apply().
  OpResult Apply(const Op& op, uint64_t offset_bytes, std::string_view content);

 private:
  struct Handle {
    std::string path;  // where the file is now
    std::vector<std::string> flags;
    bool Has(std::string_view flag) const;
  };
  struct View {
    std::string path;
    uint64_t size_bytes = 0;
  };

  int Run(const Op& op, uint64_t offset_bytes, std::string_view content);
  int RunOnNames(const Op& op);
  int Write(const Op& op, uint64_t offset_bytes, std::string_view content);
  int Resize(const Op& op);
  int Rename(const std::string& from, const std::string& to);
  int Open(const Op& op);
  int Map(const Op& op);
  OpResult NtFlush(const Op& op);
  OpResult UseView(const Op& op, uint64_t offset_bytes,
                   std::string_view content);
  int Sizes(const std::string& path, NtfsFile& file);

  const Handle* HandleOf(const std::string& name) const;
  // The path that an operand stands for.
  std::string PathOf(const std::string& name) const;

  NtfsVolume* volume_;
  std::map<std::string, Handle> handles_;
  std::map<std::string, View> views_;
};

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_NTFS_SESSION_H_
