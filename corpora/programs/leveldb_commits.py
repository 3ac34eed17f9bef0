# Commits in one LevelDB, each acknowledged when put() has returned.
# usage: leveldb_commits.py write sync|nosync COUNT | leveldb_commits.py check
# Needs Debian's python3-plyvel and /usr/bin/python3. `check` fails if a commit
# is lost (exit status 1) or the database does not open (2).
import os
import sys

import plyvel


def value(k):
    return (b'%d ' % k) * 100


if sys.argv[1] == 'write':
    db = plyvel.DB('db', create_if_missing=True, write_buffer_size=1024)
    # The store syncs no folder in which it was made.
    os.sync()
    with open(os.environ['POWERCUT_ACKS'], 'w') as acks:
        print('powercut:start', file=acks)
    for k in range(1, int(sys.argv[3]) + 1):
        db.put(b'%08d' % k, value(k), sync=sys.argv[2] == 'sync')
        with open(os.environ['POWERCUT_ACKS'], 'w') as acks:
            print(k, file=acks)
    db.close()
    sys.exit(0)

acks = open(os.environ['POWERCUT_ACKED']).read().split()
if not acks:
    sys.exit(0)
try:
    db = plyvel.DB('db')
    found = dict(db.iterator(verify_checksums=True))
except plyvel.Error as error:
    print(type(error).__name__, str(error).split(':')[0])
    sys.exit(2)
for k in range(1, int(acks[-1]) + 1):
    if found.get(b'%08d' % k) != value(k):
        print('a commit is lost')
        sys.exit(1)
