// NtfsSession: the handles and views that a program holds on a mounted volume,
// and the mapping of ops that the driver does not know to calls that it does.
//
// Every flush becomes the driver's fsync, which syncs the whole device and so
// is at least as strong as each of them. A store through a view becomes a
// write, as when the kernel writes the page back at once.

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_SESSION_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_SESSION_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backends/ntfs_3g/ntfs_module.h"
#include "harness/backend.h"
#include "model/words/op.h"

namespace powercut::ntfs_3g {

class NtfsSession {
 public:
  // Both must outlive this object.
  NtfsSession(const NtfsCalls& calls, NtfsVolume* volume)
      : calls_(calls), volume_(volume) {}

  // Runs one op, as Mount::Apply() does. For a store, `offset_bytes` is the
  // place in the file.
  OpResult Apply(const Op& op, uint64_t offset_bytes, std::string_view content);

 private:
  struct Handle {
    // The path of the file now: a rename changes it.
    std::string path;
    std::vector<std::string> flags;
    bool Has(std::string_view flag) const;
  };
  // A mapped range of a file. Stores get their offset in the file from outside,
  // so that where the range begins is not kept.
  struct View {
    std::string path;
    uint64_t size_bytes = 0;
  };

  // These return 0 or an errno value.
  int Run(const Op& op, uint64_t offset_bytes, std::string_view content);
  int RunOnNames(const Op& op);
  int Write(const Op& op, uint64_t offset_bytes, std::string_view content);
  int Resize(const Op& op);
  int Rename(const std::string& from, const std::string& to);
  int Open(const Op& op);
  int Map(const Op& op);
  // Finds the kind and the size of a file.
  int Sizes(const std::string& path, NtfsFile& file);
  OpResult NtFlush(const Op& op);
  OpResult UseView(const Op& op, uint64_t offset_bytes,
                   std::string_view content);

  // `nullptr` if the name is not that of a handle.
  const Handle* HandleOf(const std::string& name) const;
  // Returns the path that an operand stands for: that of the handle of this
  // name, or the operand itself.
  std::string PathOf(const std::string& name) const;

  const NtfsCalls& calls_;
  NtfsVolume* volume_;
  std::map<std::string, Handle> handles_;
  std::map<std::string, View> views_;
};

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_NTFS_SESSION_H_
