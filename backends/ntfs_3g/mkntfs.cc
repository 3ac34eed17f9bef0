// SPDX-License-Identifier: GPL-2.0-or-later

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
  // -T: no time, serial number or id of its own, so that the bytes repeat.
  // -p -H -S: else asked of the device, which is a file.
  const std::vector<std::string> arguments = {
      "-F", "-Q",   "-q",
      "-T", "-s",   fmt::format("{}", geometry.sector_bytes),
      "-c", "4096", "-p",
      "0",  "-H",   "0",
      "-S", "0",    std::string(kImageArgument)};
  return RunFormatProgram(program, arguments, {}, geometry.size_bytes());
}

}  // namespace powercut::ntfs_3g
