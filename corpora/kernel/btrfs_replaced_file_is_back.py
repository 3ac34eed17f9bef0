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
import sys

from loop_image import Mounted, fsync, make_image, run


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
    image, place = make_image(folder, file_system, 400)
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
