# Commits in one SQLite database, each acknowledged when COMMIT has returned.
# usage: sqlite_commits.sh JOURNAL_MODE SYNCHRONOUS COUNT
# For `powercut record`; sqlite_holds.sh checks what a crash left.
{
  echo "PRAGMA journal_mode=$1; PRAGMA synchronous=$2;"
  echo 'CREATE TABLE t(k INTEGER PRIMARY KEY, v BLOB);'
  for k in $(seq "$3"); do
    echo "INSERT INTO t VALUES($k, randomblob(500)); SELECT $k;"
  done
} | stdbuf -oL sqlite3 db | while read -r line; do
  case $line in [0-9]*) echo "$line" >"$POWERCUT_ACKS" ;; esac
done
