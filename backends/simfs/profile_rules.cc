#include "backends/simfs/profile_rules.h"

#include <array>

namespace powercut::simfs {
namespace {

// What is asked of NTFS by its documents, read strictly.
constexpr ProfileRules Strict(std::string_view profile) {
  return {.profile = profile,
          .directory_flush_has_names = true,
          .device_flush_is_global = true,
          .in_place_survives_os = true,
          .range_sync_writes = true,
          .view_flush_waits = true,
          .view_flush_all_views = true,
          .data_sync_has_size = true,
          .write_through_has_metadata = true,
          .unbuffered_write_through_is_fua = true};
}

constexpr ProfileRules MsFsa() {
  ProfileRules b = Strict("ms-fsa");
  b.full_flush_has_names = true;
  return b;
}

constexpr ProfileRules Ntfs() {
  ProfileRules b = Strict("ntfs");
  b.full_flush_has_names = true;
  b.metadata_journal = true;
  b.extends_in_parts = true;
  return b;
}

// ext4 but for what its data modes differ in.
constexpr ProfileRules Ext4(std::string_view profile) {
  return {.profile = profile,
          .directory_flush_has_names = true,
          .full_flush_has_names = true,
          .file_flush_has_stores = true,
          .device_flush_is_global = true,
          .in_place_survives_os = true,
          .range_sync_writes = true,
          .data_sync_has_size = true,
          .metadata_journal = true,
          .extends_in_parts = true,
          .truncation_zeroes_page = true};
}

constexpr ProfileRules Ext4Ordered() {
  ProfileRules b = Ext4("ext4-ordered");
  b.replace_brings_data = true;
  return b;
}

constexpr ProfileRules Ext4Writeback() {
  ProfileRules b = Ext4("ext4-writeback");
  b.new_space_is_stale = true;
  return b;
}

constexpr ProfileRules Ext4Journal() {
  ProfileRules b = Ext4("ext4-journal");
  b.data_journal = true;
  b.replace_brings_data = true;
  b.truncation_zeroes_page = false;
  return b;
}

constexpr ProfileRules kPermissive = {.profile = "spec-permissive",
                                      .in_place_survives_os = true,
                                      .rename_shows_both = true,
                                      .extends_in_parts = true,
                                      .set_size_is_stale = true};

constexpr ProfileRules kLinuxMan = {.profile = "linux-man",
                                    .directory_flush_has_names = true,
                                    .file_flush_has_stores = true,
                                    .device_flush_is_global = true,
                                    .data_sync_has_size = true,
                                    .rename_shows_both = true,
                                    .extends_in_parts = true,
                                    .new_space_is_stale = true,
                                    .truncation_zeroes_page = true};

constexpr ProfileRules kPosixMinimal = {.profile = "posix-minimal",
                                        .directory_flush_has_names = true,
                                        .rename_shows_both = true,
                                        .rename_shows_neither = true,
                                        .extends_in_parts = true,
                                        .new_space_is_stale = true,
                                        .set_size_is_stale = true,
                                        .truncation_zeroes_page = true};

constexpr ProfileRules kMacOs = {.profile = "macos",
                                 .directory_flush_has_names = true,
                                 .device_flush_is_global = true,
                                 .data_sync_has_size = true,
                                 .fsync_stops_at_device = true,
                                 .rename_shows_both = true,
                                 .extends_in_parts = true};

constexpr ProfileRules Exfat() {
  ProfileRules b = kPermissive;
  b.profile = "exfat";
  b.device_flush_is_global = true;
  b.rename_shows_neither = true;
  b.set_size_is_stale = false;
  b.refuses_data_sync = true;
  return b;
}

constexpr ProfileRules Fat() {
  ProfileRules b = kPermissive;
  b.profile = "fat";
  b.full_flush_has_names = true;
  b.device_flush_is_global = true;
  b.data_sync_has_size = true;
  b.data_only_has_metadata = true;
  b.data_sync_is_full = true;
  b.write_through_is_fua = true;
  b.unbuffered_write_through_is_fua = true;
  b.rename_shows_neither = true;
  b.new_space_is_stale = true;
  return b;
}

constexpr std::array kAllProfileRules = {Strict("spec-strict"),
                                         kPermissive,
                                         kLinuxMan,
                                         kPosixMinimal,
                                         Ext4Ordered(),
                                         Ext4Writeback(),
                                         Ext4Journal(),
                                         Ntfs(),
                                         MsFsa(),
                                         kMacOs,
                                         Fat(),
                                         Exfat()};

}  // namespace

std::span<const ProfileRules> AllProfileRules() { return kAllProfileRules; }

const ProfileRules* FindProfileRules(std::string_view profile) {
  for (const ProfileRules& rules : kAllProfileRules) {
    if (rules.profile == profile) return &rules;
  }
  return nullptr;
}

}  // namespace powercut::simfs
