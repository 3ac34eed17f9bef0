"""What the scripts of this folder share: file systems in files, without powercut.

A script makes a file system in a file, mounts it by a loop device, copies the file
as soon as a call has returned, and mounts the copy. No write that was issued is lost.
"""

import os
import subprocess

MKFS = {
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
}


def run(*command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


def make_image(folder, file_system, mebibytes, *options):
    """Returns the paths of a new image, and of a folder to mount images at."""
    image, place = folder + "/image", folder + "/mounted"
    os.makedirs(place, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(mebibytes << 20)
    run(*MKFS[file_system], *options, image)
    return image, place


class Mounted:
    """An image, mounted by a loop device of its own."""

    def __init__(self, image, place, options="defaults"):
        self.place = place
        self.loop = run("losetup", "-f", "--show", image)
        try:
            run("mount", "-o", options, self.loop, place)
        except subprocess.CalledProcessError:
            run("losetup", "-d", self.loop)
            raise

    def __enter__(self):
        return self.place

    def __exit__(self, *_):
        run("umount", self.place)
        run("losetup", "-d", self.loop)


def fsync(path):
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
