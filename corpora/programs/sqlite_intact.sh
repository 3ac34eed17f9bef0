# sqlite_intact.sh: a check for sqlite_commits.sh that asks for less than
# sqlite_holds.sh: the database need not have every commit, but it must be sound.
set -e
[ -s db ] || exit 0
said=$(sqlite3 db 'PRAGMA integrity_check' 2>&1) || true
[ "$said" = ok ] || { echo "the database is damaged"; exit 1; }
