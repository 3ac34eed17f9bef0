#!/usr/bin/env python3
"""Overwrites a small file, syncs it, and crashes; no powercut.

Usage, as root: ext4_inline_data.py FOLDER

FOLDER should be in a tmpfs. The volume is ext4 with the option inline_data, so
that the file of 50 bytes lies in its inode. Its bytes are `A` and durable; then
they become `B`, and fdatasync or fsync returns. The file below the loop device
is copied at once: no write that was issued is lost. The copy is mounted, and
the bytes there are printed. They should be `B`.

Source: docs/bugs_found.md, row 29.
"""

import os
import shutil
import sys

from loop_image import Mounted, make_image


def left_after_crash(folder, sync):
    image, place = make_image(folder, "ext4", 32, "-O", "inline_data", "-I",
                              "256")
    copy = folder + "/copy"
    # No commit by the clock comes in between.
    with Mounted(image, place, "commit=600"):
        file = os.open(place + "/i", os.O_CREAT | os.O_RDWR)
        os.write(file, b"A" * 50)
        os.fsync(file)
        os.sync()
        os.pwrite(file, b"B" * 50, 0)
        sync(file)
        shutil.copyfile(image, copy)
        os.close(file)
    with Mounted(copy, place):
        with open(place + "/i") as file:
            return file.read(1)


def main():
    for sync in (os.fdatasync, os.fsync):
        left = [left_after_crash(sys.argv[1], sync) for _ in range(5)]
        print(f"{sync.__name__} returned, then a crash: {' '.join(left)}")


main()
