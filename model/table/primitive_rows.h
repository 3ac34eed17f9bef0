// The rows of the table of primitives, one list for each family of documents,
// and the coverages that several rows share. Internal to the table; others use
// model/table/primitives.h.

#ifndef POWERCUT_MODEL_TABLE_PRIMITIVE_ROWS_H_
#define POWERCUT_MODEL_TABLE_PRIMITIVE_ROWS_H_

#include <span>

#include "model/table/primitives.h"

namespace powercut {

// Each list is in the order of Primitive. One after the other, in the order in
// which they are declared, they are the table.
std::span<const PrimitiveRow> NtRows();  // NT and Win32 files, mapped views
std::span<const PrimitiveRow> LogRows();
std::span<const PrimitiveRow> PosixRows();
std::span<const PrimitiveRow> BlockRows();  // also stores, and any other op

inline constexpr Reach kNone = Reach::kNone;
inline constexpr Reach kHost = Reach::kHost;
inline constexpr Reach kDevice = Reach::kDevice;

// Everything of one file goes to the media, but for its names.
inline constexpr Coverage kFullFlush = {.scope = Scope::kFile,
                                        .data = kDevice,
                                        .size = kDevice,
                                        .times = kDevice,
                                        .device = DeviceFlush::kAll};
// As kFullFlush, but without the times.
inline constexpr Coverage kDataFlush = {.scope = Scope::kFile,
                                        .data = kDevice,
                                        .size = kDevice,
                                        .device = DeviceFlush::kAll};
// The times of a directory and the names in it go to the media.
inline constexpr Coverage kDirectoryFlush = {.scope = Scope::kDirectory,
                                             .times = kDevice,
                                             .names = kDevice,
                                             .device = DeviceFlush::kAll};
// Everything of all files goes to the media; logs and stores are not covered.
inline constexpr Coverage kVolumeFlush = {.scope = Scope::kVolume,
                                          .data = kDevice,
                                          .size = kDevice,
                                          .times = kDevice,
                                          .names = kDevice,
                                          .device = DeviceFlush::kAll};
// A write takes its own data to the device, where it has its place, and no
// further.
inline constexpr Coverage kDataOfOwnWrite = {.data = kDevice,
                                             .placed_data_only = true};

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVE_ROWS_H_
