# Rows in one PostgreSQL table, each acknowledged when COMMIT has returned.
# usage: postgres.sh write COUNT | postgres.sh check
# Needs Debian's postgresql; root becomes the user `postgres`. The volume must have
# 200 MB (`--size 256M`), and simfs, which uses no sector twice, 400 MB. What comes
# before `powercut:start` is set-up. `check` fails if an acknowledged row is lost.
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
run=$(mktemp -d)
if [ "$(id -u)" = 0 ]; then
  chown postgres "$run"
  as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
else
  as() { "$@"; }
fi
start() {
  as "$bin/pg_ctl" -D "$PWD/data" -w -t 50 -l "$run/log" -o \
    "-c listen_addresses= -c unix_socket_directories=$run -c shared_buffers=1MB" \
    start >/dev/null || { tail -n 1 "$run/log"; rm -rf "$run"; exit 2; }
}
sql() { as "$bin/psql" -qAtX -h "$run" postgres -c "$1"; }
stop() { as "$bin/pg_ctl" -D "$PWD/data" -w -m "$1" stop >/dev/null; rm -rf "$run"; }

if [ "$1" = write ]; then
  mkdir -m 700 data
  [ "$(id -u)" != 0 ] || chown postgres data
  as "$bin/initdb" -A trust -D "$PWD/data" >/dev/null || exit 1
  start
  sql 'CREATE TABLE t(k INTEGER PRIMARY KEY)'
  sql CHECKPOINT
  # Nobody syncs the folder above that of the database.
  sync -f .
  echo powercut:start >"$POWERCUT_ACKS"
  for k in $(seq "$2"); do
    sql "INSERT INTO t VALUES($k)" && echo "$k" >"$POWERCUT_ACKS"
  done
  stop fast
  exit 0
fi
acked=$(tail -n 1 "$POWERCUT_ACKED")
start
held=$(sql 'SELECT count(*) FROM t')
stop immediate
[ "${held:-0}" -ge "${acked:-0}" ] || { echo "rows are lost"; exit 1; }
