// Finds and runs mkntfs, with the arguments that make its result repeat.

#include "backends/ntfs_3g/mkntfs.h"

#include <fmt/format.h>

#include <vector>

#include "backends/format_program.h"

namespace powercut::ntfs_3g {

std::string FindMkntfs() { return FindProgram("mkntfs"); }

Result<SparseImage> RunMkntfs(const DiskGeometry& geometry) {
  const std::string program = FindMkntfs();
  if (program.empty()) {
    return Error{ErrorCode::kMissing,
                 "the program mkntfs is missing: install the package ntfs-3g"};
  }
  // With -T mkntfs puts no time, serial number or id of its own on the disk, so
  // that the bytes repeat. It would ask the device for what -p, -H and -S say
  // (start of the partition, heads, sectors of a track); a file has no answer.
  const std::vector<std::string> arguments = {
      "-F", "-Q",   "-q",
      "-T", "-s",   fmt::format("{}", geometry.sector_bytes),
      "-c", "4096", "-p",
      "0",  "-H",   "0",
      "-S", "0",    std::string(kImageArgument)};
  return RunFormatProgram(program, arguments, {}, geometry.size_bytes());
}

}  // namespace powercut::ntfs_3g
