#!/usr/bin/env python3
"""Removes two names, flushes the two files, and crashes; no powercut.

Usage, as root: btrfs_second_removed_name.py FOLDER [btrfs|ext4|xfs]

FOLDER should be in a tmpfs. The files `a` and `b` have second names `n/a` and
`n/b`. After a sync the names `n/a` and `n/b` are removed, each with an fsync of
its file after it. The file below the loop device is copied as soon as the last
fsync has returned: no write that was issued is lost. The copy is mounted, and
what `n` holds there is printed. It should be nothing. A second line says the
same for `n/b` alone, where only `n/a` should be left.

Source: docs/bugs_found.md, row 28.
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


def left_after_crash(folder, file_system, removed):
    image, copy = folder + "/image", folder + "/copy"
    place = folder + "/mounted"
    os.makedirs(place, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(400 << 20)
    run(*MKFS[file_system], image)
    with Mounted(image, place):
        os.mkdir(place + "/n")
        for name in "ab":
            with open(f"{place}/{name}", "w") as file:
                file.write(name * 512)
            os.link(f"{place}/{name}", f"{place}/n/{name}")
        run("sync", "-f", place)
        for name in removed:
            os.unlink(f"{place}/n/{name}")
            fsync(f"{place}/{name}")
        shutil.copyfile(image, copy)
    with Mounted(copy, place):
        return ", ".join(sorted(os.listdir(place + "/n"))) or "nothing"


def main():
    file_system = sys.argv[2] if len(sys.argv) > 2 else "btrfs"
    for removed in ("ab", "b"):
        left = left_after_crash(sys.argv[1], file_system, removed)
        names = " and ".join("n/" + name for name in removed)
        print(f"{file_system}, {names} removed: n holds {left}")


main()
