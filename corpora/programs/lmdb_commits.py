# Commits in one LMDB database, each acknowledged when commit() has returned.
# usage: lmdb_commits.py write safe|nosync|writemap COUNT | lmdb_commits.py check
# Needs Debian's python3-lmdb and /usr/bin/python3. `check` fails if a commit is
# lost (exit status 1) or the database is corrupt (2, or the signal of a crash).
# With `nosync` commits are lost, and larger databases get corrupt. `writemap`
# is safe, too, but maps the file for writing.
import os
import sys

import lmdb


def value(k):
    return (b'%d ' % k) * 300


def open_db(sync, writemap=False):
    return lmdb.open('db', map_size=1 << 20, sync=sync, metasync=sync,
                     writemap=writemap)


if sys.argv[1] == 'write':
    env = open_db(sys.argv[2] != 'nosync', sys.argv[2] == 'writemap')
    # The store syncs no folder in which it was made.
    os.sync()
    with open(os.environ['POWERCUT_ACKS'], 'w') as acks:
        print('powercut:start', file=acks)
    for k in range(1, int(sys.argv[3]) + 1):
        with env.begin(write=True) as txn:
            txn.put(b'%08d' % k, value(k))
            if k > 3:
                txn.delete(b'%08d' % (k - 3))
        with open(os.environ['POWERCUT_ACKS'], 'w') as acks:
            print(k, file=acks)
    env.close()
    sys.exit(0)

acks = open(os.environ['POWERCUT_ACKED']).read().split()
if not acks:
    sys.exit(0)
acked = int(acks[-1])
try:
    with open_db(True).begin() as txn:
        found = {int(k): v for k, v in txn.cursor()}
except (lmdb.Error, ValueError) as error:
    print(error)
    sys.exit(2)
for k, v in found.items():
    if v != value(k):
        print('a value is wrong')
        sys.exit(2)
if max(found, default=0) < acked:
    print('a commit is lost')
    sys.exit(1)
