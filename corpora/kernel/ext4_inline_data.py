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
import subprocess
import sys


def run(*command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


def mounted(image, place, work):
    loop = run("losetup", "-f", "--show", image)
    try:
        # No commit by the clock comes in between.
        run("mount", "-o", "commit=600", loop, place)
        try:
            return work(place + "/i")
        finally:
            run("umount", place)
    finally:
        run("losetup", "-d", loop)


def left_after_crash(folder, sync):
    image, copy = folder + "/image", folder + "/copy"
    place = folder + "/mounted"
    os.makedirs(place, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(32 << 20)
    run("mkfs.ext4", "-q", "-F", "-O", "inline_data", "-I", "256", image)

    def overwrite(path):
        file = os.open(path, os.O_CREAT | os.O_RDWR)
        os.write(file, b"A" * 50)
        os.fsync(file)
        os.sync()
        os.pwrite(file, b"B" * 50, 0)
        sync(file)
        shutil.copyfile(image, copy)
        os.close(file)

    def first_byte(path):
        with open(path) as file:
            return file.read(1)

    mounted(image, place, overwrite)
    return mounted(copy, place, first_byte)


def main():
    for sync in (os.fdatasync, os.fsync):
        left = [left_after_crash(sys.argv[1], sync) for _ in range(5)]
        print(f"{sync.__name__} returned, then a crash: {' '.join(left)}")


main()
