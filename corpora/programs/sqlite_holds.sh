# Exit status 0 if the database is sound and holds every acknowledged commit.
acked=$(tail -n 1 "$POWERCUT_ACKED")
[ -n "$acked" ] || exit 0
sqlite3 db 'PRAGMA integrity_check' | grep -qx ok || { echo corrupt; exit 1; }
held=$(sqlite3 db 'SELECT count(*) FROM t') || exit 1
[ "$held" -ge "$acked" ] || { echo "commits are lost"; exit 1; }
