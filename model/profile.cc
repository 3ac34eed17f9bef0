#include "model/profile.h"

#include <algorithm>
#include <array>
#include <vector>

namespace powercut {
namespace {

constexpr std::array kSwitches = {
    ProfileSwitch{"fsync_covers_volume", &Profile::fsync_covers_volume, false},
    ProfileSwitch{"fsync_directory_covers_names",
                  &Profile::fsync_directory_covers_names, false},
    ProfileSwitch{"rename_leaves_both", &Profile::rename_leaves_both, true},
    ProfileSwitch{"rename_leaves_neither", &Profile::rename_leaves_neither,
                  true},
    ProfileSwitch{"rename_leaves_temporary", &Profile::rename_leaves_temporary,
                  true},
    ProfileSwitch{"partial_extend", &Profile::partial_extend, true},
    ProfileSwitch{"stale_data", &Profile::stale_data, true},
};

// Source: research/semantics.md section 2.7, one row each.
std::vector<Profile> MakeProfiles() {
  Profile strict;
  strict.name = "spec-strict";
  strict.fsync_directory_covers_names = true;

  Profile permissive;
  permissive.name = "spec-permissive";
  permissive.rename_leaves_both = true;
  permissive.rename_leaves_temporary = true;
  permissive.partial_extend = true;
  permissive.stale_data = true;

  Profile posix = permissive;
  posix.name = "posix-minimal";
  posix.fsync_directory_covers_names = true;
  posix.rename_leaves_neither = true;

  Profile linux_man;
  linux_man.name = "linux-man";
  linux_man.fsync_directory_covers_names = true;
  linux_man.rename_leaves_both = true;
  linux_man.partial_extend = true;
  linux_man.stale_data = true;

  Profile ntfs_3g;
  ntfs_3g.name = "ntfs-3g";
  ntfs_3g.fsync_covers_volume = true;
  ntfs_3g.fsync_directory_covers_names = true;
  ntfs_3g.rename_leaves_both = true;
  ntfs_3g.rename_leaves_temporary = true;
  ntfs_3g.partial_extend = true;
  ntfs_3g.stale_data = true;

  return {strict, permissive, posix, linux_man, ntfs_3g};
}

}  // namespace

std::span<const ProfileSwitch> ProfileSwitches() { return kSwitches; }

std::span<const Profile> Profiles() {
  static const std::vector<Profile> profiles = MakeProfiles();
  return profiles;
}

const Profile* FindProfile(std::string_view name) {
  const auto profiles = Profiles();
  const auto found =
      std::find_if(profiles.begin(), profiles.end(),
                   [&](const Profile& p) { return p.name == name; });
  return found == profiles.end() ? nullptr : &*found;
}

}  // namespace powercut
