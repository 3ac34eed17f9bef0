# Commits of Python's sqlite3 module, each acknowledged when commit() has
# returned. usage: python_sqlite.py write COUNT | python_sqlite.py check
# The defaults of the module: a rollback journal and synchronous=FULL. `check`
# fails if a commit is lost (exit status 1) or the database is corrupt (2).
import os
import sqlite3
import sys

db = sqlite3.connect('db')
if sys.argv[1] == 'write':
    db.execute('CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB)')
    for k in range(1, int(sys.argv[2]) + 1):
        with db:
            db.execute('INSERT INTO t VALUES(?, ?)', (k, b'%d ' % k * 200))
        with open(os.environ['POWERCUT_ACKS'], 'w') as acks:
            print(k, file=acks)
    sys.exit(0)

acks = open(os.environ['POWERCUT_ACKED']).read().split()
if not acks:
    sys.exit(0)
try:
    said = db.execute('PRAGMA integrity_check').fetchone()[0]
    held = db.execute('SELECT count(*) FROM t').fetchone()[0]
except sqlite3.DatabaseError as error:
    said = str(error)
if said != 'ok':
    print('corrupt:', said.split('\n')[0])
    sys.exit(2)
if held < int(acks[-1]):
    print('commits are lost')
    sys.exit(1)
