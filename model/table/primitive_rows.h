// The rows of the table of primitives, one list a family of documents, and the
// coverages that several rows share. Internal to the table:
// model/table/primitives.h is its face.

#ifndef POWERCUT_MODEL_TABLE_PRIMITIVE_ROWS_H_
#define POWERCUT_MODEL_TABLE_PRIMITIVE_ROWS_H_

#include <span>

#include "model/table/primitives.h"

namespace powercut {

// Each in the order of Primitive; one after the other they are the table.
std::span<const PrimitiveRow> NtRows();  // files, and views
std::span<const PrimitiveRow> LogRows();
std::span<const PrimitiveRow> PosixRows();
std::span<const PrimitiveRow> BlockRows();  // and stores, and any other op

inline constexpr Reach kNone = Reach::kNone;
inline constexpr Reach kHost = Reach::kHost;
inline constexpr Reach kDevice = Reach::kDevice;

// Everything of one file, to the media.
inline constexpr Coverage kFullFlush = {.scope = Scope::kFile,
                                        .data = kDevice,
                                        .size = kDevice,
                                        .times = kDevice,
                                        .device = DeviceFlush::kAll};
// The same without times.
inline constexpr Coverage kDataFlush = {.scope = Scope::kFile,
                                        .data = kDevice,
                                        .size = kDevice,
                                        .device = DeviceFlush::kAll};
inline constexpr Coverage kDirectoryFlush = {.scope = Scope::kDirectory,
                                             .times = kDevice,
                                             .names = kDevice,
                                             .device = DeviceFlush::kAll};
inline constexpr Coverage kVolumeFlush = {.scope = Scope::kVolume,
                                          .data = kDevice,
                                          .size = kDevice,
                                          .times = kDevice,
                                          .names = kDevice,
                                          .device = DeviceFlush::kAll};
// A write whose own data goes to the device, and no further.
inline constexpr Coverage kDataOfOwnWrite = {.data = kDevice,
                                             .placed_data_only = true};

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVE_ROWS_H_
