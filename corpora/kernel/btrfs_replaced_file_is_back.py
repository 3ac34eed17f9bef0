#!/usr/bin/env python3
"""Replaces a file, flushes the new one, moves it on, and crashes; no powercut.

Usage, as root: btrfs_replaced_file_is_back.py FOLDER [btrfs|ext4|xfs]

FOLDER should be in a tmpfs. The file `d/x` is there from the start. A new file
is renamed over it and flushed, and then renamed to `b` and flushed again. The
file below the loop device is copied as soon as each fsync has returned: no
write that was issued is lost. The copies are mounted, and what `d/x` holds
there is printed. It should be the new file, or nothing, in both.

Source: docs/bugs_found.md, row 30.
"""

import os
import shutil
import subprocess
import sys

MKFS = {
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
}


def run(*command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


class Mounted:
    """An image, mounted by a loop device of its own."""

    def __init__(self, image, place):
        self.place = place
        self.loop = run("losetup", "-f", "--show", image)
        try:
            run("mount", self.loop, place)
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


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def found(image, place):
    with Mounted(image, place):
        if not os.path.exists(place + "/d/x"):
            return "nothing"
        with open(place + "/d/x") as file:
            return f"the {file.read()} file"


def main():
    folder = sys.argv[1]
    file_system = sys.argv[2] if len(sys.argv) > 2 else "btrfs"
    image, place = folder + "/image", folder + "/mounted"
    os.makedirs(place, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(400 << 20)
    run(*MKFS[file_system], image)
    with Mounted(image, place):
        os.mkdir(place + "/d")
        write(place + "/d/x", "old")
        run("sync", "-f", place)
        write(place + "/n", "new")
        os.rename(place + "/n", place + "/d/x")
        fsync(place + "/d/x")
        shutil.copyfile(image, folder + "/first")
        os.rename(place + "/d/x", place + "/b")
        fsync(place + "/b")
        shutil.copyfile(image, folder + "/second")
    print(f"{file_system}, after the first fsync: d/x is",
          found(folder + "/first", place))
    print(f"{file_system}, after the second fsync: d/x is",
          found(folder + "/second", place))


main()
