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
import sys

from loop_image import Mounted, fsync, make_image, run


def left_after_crash(folder, file_system, removed):
    image, place = make_image(folder, file_system, 400)
    copy = folder + "/copy"
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
