#!/usr/bin/env python3
"""Replaces a file by rename without fsync on ext4, and crashes; no powercut.

Usage, as root: ext4_replace_unsynced.py FOLDER TRIES [MOUNT_OPTIONS [SIZE]]

FOLDER should be in a tmpfs. Each try makes an ext4 of 64 MiB in a file, mounts
it by a loop device, and syncs `config`, SIZE bytes of `A` (20000 by default).
Then `config.new` is written, SIZE bytes of `B`, and renamed over `config`. An
fsync of a file that has a new mode and no new data commits the journal, and the
file below the loop device is copied as soon as that has returned: no write that
was issued is lost. The copy is mounted, and what `config` holds there is
counted.

Each try is made a second time with `config.new` flushed as SIZE bytes of `C`
before it is overwritten in place by `B` (`flushed before`).

Source: docs/semantics.md 6.6.
"""

import collections
import os
import shutil
import sys

from loop_image import Mounted, make_image, run


def found_after_crash(folder, options, size, flushed_before):
    image, place = make_image(folder, "ext4", 64)
    copy = folder + "/copy"
    with Mounted(image, place, options):
        with open(place + "/config", "wb") as file:
            file.write(b"A" * size)
        other = os.open(place + "/other", os.O_CREAT | os.O_WRONLY)
        run("sync", "-f", place)
        with open(place + "/config.new", "wb", buffering=0) as file:
            if flushed_before:
                file.write(b"C" * size)
                os.fsync(file.fileno())
                file.seek(0)
            file.write(b"B" * size)
        os.rename(place + "/config.new", place + "/config")
        os.fchmod(other, 0o600)
        os.fsync(other)
        shutil.copyfile(image, copy)
        os.close(other)
    with Mounted(copy, place):
        with open(place + "/config", "rb") as file:
            content = file.read()
    if not content:
        return "empty"
    names = {b"A": "the old file", b"B": "the new file", b"C": "C alone"}
    for byte, name in names.items():
        if content == byte * size:
            return name
    zeros = content.count(b"\0")
    return "zeros alone" if zeros == size else "zeros in part"


def main():
    folder, tries = sys.argv[1], int(sys.argv[2])
    options = sys.argv[3] if len(sys.argv) > 3 else "defaults"
    size = int(sys.argv[4]) if len(sys.argv) > 4 else 20000
    for flushed_before in (False, True):
        counts = collections.Counter(
            found_after_crash(folder, options, size, flushed_before)
            for _ in range(tries))
        kind = "flushed before" if flushed_before else "never flushed"
        found = ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
        print(f"{options}, {size} bytes, {kind}: {found}", flush=True)


main()
