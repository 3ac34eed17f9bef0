"""Makes random file system calls and prints what each returned.

usage: exerciser.py SEED COUNT [FOLDER]

Two runs with one seed make the same calls, so that the lines that they print
are equal if two file systems behave alike. Nothing that may differ between
file systems is printed: no times but those that were set, no numbers of
inodes, no sizes of directories.
"""
import ctypes
import errno
import fcntl
import mmap
import os
import random
import stat
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
AT_SYMLINK_FOLLOW = 0x400
FALLOC_KEEP_SIZE, FALLOC_PUNCH_HOLE, FALLOC_ZERO_RANGE = 1, 2, 16
NAMES = ['a', 'b', 'c', 'dir', 'dir/a', 'dir/b', 'dir/sub', 'dir/sub/a',
         'other', 'other/a', 'link', 'x' * 255, 'x' * 256, 'a/b']
ATTRIBUTES = ['user.one', 'user.two', 'user.' + 'n' * 200]


def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def fallocate(descriptor, mode, offset, size):
    checked(libc.fallocate(descriptor, mode, ctypes.c_long(offset),
                           ctypes.c_long(size)))


def renameat2(old, new, flags):
    checked(libc.renameat2(-100, old.encode(), -100, new.encode(), flags))


def link_descriptor(descriptor, new):
    # os.link() would make a link of the symbolic link in /proc.
    path = ('/proc/self/fd/%d' % descriptor).encode()
    checked(libc.linkat(-100, path, -100, new.encode(), AT_SYMLINK_FOLLOW))


class Exerciser:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.open = []

    def name(self):
        return self.random.choice(NAMES)

    def data(self):
        return bytes([self.random.randrange(256)]) * self.random.choice(
            [0, 1, 7, 512, 4095, 4096, 4097, 70000, 300000])

    def offset(self):
        return self.random.choice([0, 1, 511, 4096, 5000, 65536, 250000])

    def descriptor(self):
        if not self.open:
            raise OSError(errno.EBADF, 'none is open')
        return self.random.choice(self.open)

    # --- names ---
    def do_open(self):
        flags = self.random.choice([os.O_RDONLY, os.O_WRONLY, os.O_RDWR,
                                    os.O_RDWR])
        for flag in (os.O_CREAT, os.O_CREAT, os.O_EXCL, os.O_TRUNC,
                     os.O_APPEND, os.O_SYNC, os.O_DSYNC, os.O_NOFOLLOW):
            if self.random.random() < 0.25:
                flags |= flag
        # Linux leaves it open what O_EXCL means alone.
        if not flags & os.O_CREAT:
            flags &= ~os.O_EXCL
        mode = self.random.choice([0o644, 0o600, 0o666, 0o755])
        name = self.name()
        if len(self.open) > 12:
            self.do_close()
        self.open.append(os.open(name, flags, mode))
        return oct(flags), name

    def do_close(self):
        descriptor = self.descriptor()
        self.open.remove(descriptor)
        os.close(descriptor)

    def do_reopen(self):
        path = '/proc/self/fd/%d' % self.descriptor()
        self.open.append(os.open(path, self.random.choice(
            [os.O_RDONLY, os.O_RDWR, os.O_RDWR | os.O_TRUNC])))

    def do_rename(self):
        os.rename(self.name(), self.name())

    def do_rename_noreplace(self):
        renameat2(self.name(), self.name(), RENAME_NOREPLACE)

    def do_exchange(self):
        renameat2(self.name(), self.name(), RENAME_EXCHANGE)

    def do_link(self):
        os.link(self.name(), self.name(), follow_symlinks=False)

    def do_unlink(self):
        os.unlink(self.name())

    def do_mkdir(self):
        os.mkdir(self.name(), self.random.choice([0o755, 0o700]))

    def do_rmdir(self):
        os.rmdir(self.name())

    def do_symlink(self):
        target = self.random.choice(['a', 'dir', 'dir/a', 'nowhere', 'link'])
        os.symlink(target, self.name())

    def do_readlink(self):
        return os.readlink(self.name())

    def do_fifo(self):
        os.mkfifo(self.random.choice(['fifo', 'dir/fifo']), 0o600)

    def do_unlink_fifo(self):
        os.unlink(self.random.choice(['fifo', 'dir/fifo']))

    def do_list(self):
        name = self.random.choice(['.', 'dir', 'dir/sub', 'other', 'a'])
        found = []
        with os.scandir(name) as entries:
            for entry in entries:
                # The number in the directory is the number of the file.
                number = entry.stat(follow_symlinks=False).st_ino
                found.append((entry.name, entry.is_dir(follow_symlinks=False),
                              entry.is_symlink(), entry.inode() == number))
        return sorted(found)

    # --- attributes ---
    def facts(self, facts):
        kind = stat.S_IFMT(facts.st_mode)
        size = 0 if kind == stat.S_IFDIR else facts.st_size
        links = 0 if kind == stat.S_IFDIR else facts.st_nlink
        return oct(facts.st_mode), size, links, facts.st_uid == os.getuid()

    def do_stat(self):
        return self.facts(os.stat(self.name()))

    def do_lstat(self):
        return self.facts(os.lstat(self.name()))

    def do_fstat(self):
        return self.facts(os.fstat(self.descriptor()))

    def do_chmod(self):
        os.chmod(self.name(), self.random.choice([0o600, 0o644, 0o755, 0o4755,
                                                  0o1777]))

    def do_fchmod(self):
        os.fchmod(self.descriptor(), self.random.choice([0o600, 0o644]))

    def refused(self, descriptor):
        """A call that fails takes no bits: a range that lies nowhere."""
        try:
            fallocate(descriptor, 0, -1, 10)
        except OSError:
            pass

    def do_set_ids(self):
        """Whoever changes a file takes its set-ID bits and capabilities."""
        def mapped(file):
            with mmap.mmap(file.fileno(), 100) as view:
                view[0:4] = b'view'
        changes = [
            lambda file: os.write(file.fileno(), b'x'),
            lambda file: os.pwrite(file.fileno(), b'x', 9000),
            lambda file: os.ftruncate(file.fileno(), 10),
            lambda file: os.truncate('ids', 10),
            lambda file: os.close(os.open('ids', os.O_RDWR | os.O_TRUNC)),
            lambda file: os.close(os.open('ids', os.O_RDWR | os.O_CREAT |
                                          os.O_TRUNC)),
            lambda file: fallocate(file.fileno(), 0, 0, 20000),
            lambda file: fallocate(file.fileno(), FALLOC_KEEP_SIZE |
                                   FALLOC_PUNCH_HOLE, 0, 50),
            lambda file: os.chown('ids', -1, os.getgid()),
            lambda file: os.fchown(file.fileno(), os.getuid(), -1),
            lambda file: os.copy_file_range(file.fileno(), file.fileno(), 10,
                                            0, 50),
            lambda file: self.refused(file.fileno()),
            lambda file: os.utime('ids', ns=(1, 1)),
            lambda file: os.setxattr('ids', 'user.one', b'1'),
            mapped,
        ]
        # The capability to bind to every port, as version 2 writes it.
        capability = struct.pack('<5I', 0x02000001, 1 << 10, 0, 0, 0)
        mode = self.random.choice([0o4755, 0o2755, 0o2745, 0o6777, 0o2644])
        found = [oct(mode)]
        for change in changes:
            with open('ids', 'w+b') as file:
                file.write(bytes(100))
                file.flush()
                os.fchmod(file.fileno(), mode)
                try:
                    os.setxattr('ids', 'security.capability', capability)
                except PermissionError:
                    pass
                change(file)
                found.append(oct(os.stat('ids').st_mode))
                # A second change finds nothing to take.
                change(file)
                found.append((oct(os.stat('ids').st_mode),
                              'security.capability' in os.listxattr('ids')))
            os.unlink('ids')
        # A new file has the bits that it is made with.
        os.close(os.open('ids', os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode))
        found.append(oct(os.stat('ids').st_mode))
        os.unlink('ids')
        return found

    def do_utime(self):
        name = self.name()
        when = self.random.randrange(1, 10**18)
        os.utime(name, ns=(when + 1, when))
        facts = os.stat(name)
        return facts.st_mtime_ns, facts.st_atime_ns

    def changes(self, what, change):
        """Whether the times of a file change with it."""
        before = os.stat(what)
        change()
        after = os.stat(what)
        return (after.st_mtime_ns > before.st_mtime_ns,
                after.st_ctime_ns > before.st_ctime_ns)

    def do_touch(self):
        name = self.name()
        os.utime(name, ns=(1, 1))
        return self.changes(name, lambda: os.utime(name))

    def do_times_of_folder(self):
        os.utime('other', ns=(1, 1))

        def change():
            with open('other/new', 'w'):
                pass
            os.unlink('other/new')
        return self.changes('other', change)

    def do_time_of_write(self):
        descriptor = os.open('a', os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.utime(descriptor, ns=(1, 1))
            return self.changes(descriptor, lambda: os.write(descriptor, b'x'))
        finally:
            os.close(descriptor)

    def do_set_attribute(self):
        flags = self.random.choice([0, os.XATTR_CREATE, os.XATTR_REPLACE])
        os.setxattr(self.name(), self.random.choice(ATTRIBUTES),
                    self.data()[:50], flags)

    def do_get_attribute(self):
        return len(os.getxattr(self.name(), self.random.choice(ATTRIBUTES)))

    def do_list_attributes(self):
        return sorted(name for name in os.listxattr(self.name())
                      if name.startswith('user.'))

    def do_remove_attribute(self):
        os.removexattr(self.name(), self.random.choice(ATTRIBUTES))

    def do_access(self):
        return os.access(self.name(), self.random.choice([os.R_OK, os.W_OK,
                                                          os.X_OK]))

    # --- bytes ---
    def digest(self, data):
        return len(data), hash_of(data)

    def do_write(self):
        return os.write(self.descriptor(), self.data())

    def do_pwrite(self):
        return os.pwrite(self.descriptor(), self.data(), self.offset())

    def do_pwritev(self):
        flags = self.random.choice([0, os.RWF_DSYNC, os.RWF_SYNC,
                                    os.RWF_APPEND])
        return os.pwritev(self.descriptor(), [self.data(), b'end'],
                          self.offset(), flags)

    def do_read(self):
        return self.digest(os.read(self.descriptor(), 100000))

    def do_pread(self):
        return self.digest(os.pread(self.descriptor(), 400000, self.offset()))

    def do_seek(self):
        whence = self.random.choice([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END])
        descriptor = self.descriptor()
        # Where the end of a folder is is up to the file system.
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            whence = os.SEEK_SET
        return os.lseek(descriptor, self.random.choice([-5, 0, 9000]), whence)

    def do_seek_hole(self):
        # Where holes are is up to the file system, but none lies at the end.
        descriptor = self.descriptor()
        facts = os.fstat(descriptor)
        if stat.S_ISDIR(facts.st_mode):
            return 'of a folder'
        return os.lseek(descriptor, facts.st_size, self.random.choice(
            [os.SEEK_HOLE, os.SEEK_DATA]))

    def do_truncate(self):
        os.truncate(self.name(), self.offset())

    def do_ftruncate(self):
        os.ftruncate(self.descriptor(), self.offset())

    def do_fallocate(self):
        mode = self.random.choice([
            0, FALLOC_KEEP_SIZE, FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE,
            FALLOC_PUNCH_HOLE])
        fallocate(self.descriptor(), mode, self.offset(),
                  self.random.choice([0, 1, 5000, 100000]))
        return mode

    def do_direct(self):
        """Bytes that passed the cache by are seen by those who read it."""
        pages = mmap.mmap(-1, 8192)
        pages.write(bytes([self.random.randrange(256)]) * 8192)
        with open('direct', 'w+b') as file, mmap.mmap(-1, 8192) as seen:
            file.write(b'old' * 10000)
            file.flush()
            file.seek(0)
            found = [self.digest(file.read())]
            direct = os.open('direct', os.O_RDWR | os.O_DIRECT)
            try:
                os.pwrite(direct, pages, 4096)
                file.seek(0)
                found.append(self.digest(file.read()))
                os.pwrite(file.fileno(), b'new', 5000)
                os.preadv(direct, [seen], 4096)
                found.append(self.digest(seen[:]))
            finally:
                os.close(direct)
        return found

    def do_copy_range(self):
        return os.copy_file_range(self.descriptor(), self.descriptor(), 6000,
                                  self.offset(), self.offset() + 100000)

    def do_sync(self):
        self.random.choice([os.fsync, os.fdatasync])(self.descriptor())

    def do_sync_folder(self):
        descriptor = os.open('.', os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def do_map(self):
        descriptor = self.descriptor()
        with mmap.mmap(descriptor, 0) as view:
            at = self.random.randrange(len(view))
            view[at:at + 5000] = view[0:len(view[at:at + 5000])]
            if self.random.random() < 0.5:
                view.flush()
            return self.digest(view[:])

    def do_private_map(self):
        with mmap.mmap(self.descriptor(), 0, mmap.MAP_PRIVATE) as view:
            return self.digest(view[:])

    def do_lock(self):
        kind = self.random.choice([fcntl.LOCK_SH, fcntl.LOCK_EX,
                                   fcntl.LOCK_UN])
        fcntl.flock(self.descriptor(), kind | fcntl.LOCK_NB)

    def do_record_lock(self):
        kind = self.random.choice([fcntl.F_RDLCK, fcntl.F_WRLCK,
                                   fcntl.F_UNLCK])
        command = self.random.choice([fcntl.F_SETLK, 37])  # F_OFD_SETLK
        fcntl.fcntl(self.descriptor(), command, struct.pack(
            'hhqqi4x', kind, 0, self.random.randrange(100), 10, 0))

    def do_append_in_place(self):
        with open('a', 'ab') as out:
            out.write(self.data())

    def do_read_whole(self):
        with open(self.random.choice(['a', 'b', 'dir/a']), 'rb') as file:
            return self.digest(file.read())

    def do_unlink_and_use(self):
        """A file without a name still works."""
        with open('gone', 'w+b') as file:
            os.unlink('gone')
            file.write(self.data())
            file.flush()
            os.fchmod(file.fileno(), 0o600)
            os.ftruncate(file.fileno(), 100)
            os.fsync(file.fileno())
            file.seek(0)
            return self.digest(file.read()), self.facts(
                os.fstat(file.fileno()))

    def do_unnamed(self):
        """A file that begins without a name, and may get one."""
        folder = self.random.choice(['.', 'dir', 'other', 'a'])
        exclusive = os.O_EXCL if self.random.random() < 0.25 else 0
        descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR | exclusive,
                             0o640)
        self.open.append(descriptor)
        os.write(descriptor, self.data())
        found = [self.facts(os.fstat(descriptor)), sorted(os.listdir(folder))]
        if self.random.random() < 0.7:
            name = self.name()
            try:
                link_descriptor(descriptor, name)
            except OSError as error:
                found.append(errno.errorcode[error.errno])
            else:
                found.append(self.facts(os.stat(name)))
            found.append(self.facts(os.fstat(descriptor)))
        return found

    def do_replace_and_use(self):
        """A file whose name another file took still works."""
        with open('gone', 'w+b') as file:
            with open('new', 'wb') as new:
                new.write(self.data())
            os.rename('new', 'gone')
            file.write(self.data())
            file.flush()
            os.ftruncate(file.fileno(), 100)
            file.seek(0)
            return self.digest(file.read()), self.facts(
                os.fstat(file.fileno())), self.facts(os.stat('gone'))

    def run(self, count):
        calls = sorted(name for name in dir(self) if name.startswith('do_'))
        for number in range(count):
            name = self.random.choice(calls)
            try:
                result = getattr(self, name)()
            except OSError as error:
                result = errno.errorcode[error.errno]
            except ValueError as error:
                result = 'ValueError'
            print(number, name[3:], result, flush=False)
            # Whatever a call did to a file shows in those who have it open.
            print(number, *[self.facts(os.fstat(descriptor))
                            for descriptor in self.open])
        for root, folders, files in os.walk('.'):
            folders.sort()
            for name in sorted(folders + files):
                path = os.path.join(root, name)
                facts = os.lstat(path)
                line = [path, self.facts(facts)]
                if stat.S_ISREG(facts.st_mode):
                    os.chmod(path, 0o600)
                    with open(path, 'rb') as file:
                        line.append(self.digest(file.read()))
                elif stat.S_ISDIR(facts.st_mode):
                    os.chmod(path, 0o755)
                elif stat.S_ISLNK(facts.st_mode):
                    line.append(os.readlink(path))
                print(*line)


def hash_of(data):
    import zlib
    return zlib.crc32(data)


if len(sys.argv) > 3:
    os.chdir(sys.argv[3])
os.umask(0o022)
Exerciser(int(sys.argv[1])).run(int(sys.argv[2]))
