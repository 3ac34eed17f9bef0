# Values in one gdbm file, each acknowledged when sync() has returned.
# usage: dbm_commits.py write gnu|shelve COUNT | dbm_commits.py check gnu|shelve
# Needs Debian's python3-gdbm and /usr/bin/python3. `check` fails if a value is
# lost (exit status 1) or the file cannot be read (2). The manual of gdbm says
# that a crash may damage the file unless crash tolerance is asked for.
import dbm.gnu
import os
import shelve
import sys


def value(k):
    return '%d ' % k * 100


def open_db(flag):
    if sys.argv[2] == 'gnu':
        return dbm.gnu.open('db', flag)
    return shelve.Shelf(dbm.gnu.open('db', flag))


def stored(text):
    return text.encode() if sys.argv[2] == 'gnu' else text


def key(k):
    return '%08d' % k


if sys.argv[1] == 'write':
    db = open_db('c')
    # The store syncs no folder in which it was made.
    os.sync()
    with open(os.environ['POWERCUT_ACKS'], 'w') as acks:
        print('powercut:start', file=acks)
    for k in range(1, int(sys.argv[3]) + 1):
        db[key(k)] = value(k)
        db.sync() if sys.argv[2] == 'gnu' else db.dict.sync()
        with open(os.environ['POWERCUT_ACKS'], 'w') as acks:
            print(k, file=acks)
    db.close()
    sys.exit(0)

acks = open(os.environ['POWERCUT_ACKED']).read().split()
if not acks:
    sys.exit(0)
try:
    db = open_db('r')
    for k in range(1, int(acks[-1]) + 1):
        if key(k) not in db:
            print('a value is lost')
            sys.exit(1)
        if db[key(k)] != stored(value(k)):
            print('a value is wrong')
            sys.exit(2)
except (dbm.gnu.error, KeyError, EOFError) as error:
    print('the file cannot be read')
    sys.exit(2)
