// Profile: a named set of model switches. Each switch is one reading of one
// ambiguity of the sources; a profile is what one document or one system
// promises. `model/README.md` lists the switches with their sources.

#ifndef POWERCUT_MODEL_PROFILE_H_
#define POWERCUT_MODEL_PROFILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace powercut {

struct Profile {
  std::string name;

  // A flush of one file or directory covers everything on the volume, as
  // syncfs does.
  // Source: ntfs-3g: fsync of any file syncs the whole device.
  bool fsync_covers_volume = false;

  // A flush of a directory covers the names in it.
  // Source: Linux fsync(2): a directory needs an fsync of its own.
  bool fsync_directory_covers_names = false;

  // After a rename that was not flushed both names may be there.
  // Source: rename(2): there is a window in which both refer to the file; what
  // a crash leaves is not said.
  bool rename_leaves_both = false;

  // After a rename that was not flushed neither name may be there.
  // Source: POSIX rename speaks of processes, not of crashes.
  bool rename_leaves_neither = false;

  // Beside the target of an unflushed replacing rename, another name of one of
  // the two files may be left.
  // Source: ntfs-3g renames over a file through a temporary name.
  bool rename_leaves_temporary = false;

  // Of an unflushed write that extends a file, a part may have extended it:
  // sizes in between, at multiples of an atom.
  // Source: write(2) says nothing of crashes; measured on ext4 and ntfs-3g.
  bool partial_extend = false;

  // Bytes that this file never wrote, but that lie within its size, may hold
  // anything until they are written and flushed.
  // Source: SetEndOfFile: "not defined" (A-36, permissive); ext4
  // data=writeback.
  bool stale_data = false;

  bool operator==(const Profile&) const = default;
};

// A switch by name. Turning a switch on always admits more or promises more,
// as `widens` says.
struct ProfileSwitch {
  std::string_view name;
  bool Profile::* member;
  // True: on admits more states. False: on promises more.
  bool widens;
};

// In order of declaration.
std::span<const ProfileSwitch> ProfileSwitches();

// All profiles, in a fixed order.
std::span<const Profile> Profiles();

// Null if there is none of that name.
const Profile* FindProfile(std::string_view name);

}  // namespace powercut

#endif  // POWERCUT_MODEL_PROFILE_H_
