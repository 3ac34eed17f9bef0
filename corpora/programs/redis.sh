# Keys in Redis with `appendfsync always`, each acknowledged when SET has
# returned. usage: redis.sh write COUNT | redis.sh check
# Needs Debian's redis-server. What comes before `powercut:start` is set-up.
# `check` fails if an acknowledged key is lost.
run=$(mktemp -d)
start() {
  redis-server --dir "$PWD" --port 0 --unixsocket "$run/socket" --save '' \
    --appendonly yes --appendfsync always --daemonize no >"$run/log" 2>&1 &
  server=$!
  for _ in $(seq 500); do
    [ "$(cli PING 2>&1)" = PONG ] && return
    kill -0 $server 2>/dev/null || break
    sleep 0.02
  done
  grep -m 1 '#' "$run/log" | sed 's/.*# //'
  kill -9 $server 2>/dev/null
  rm -rf "$run"
  exit 2
}
cli() { redis-cli -s "$run/socket" "$@"; }
stop() {
  kill -"$1" $server
  wait $server 2>/dev/null
  rm -rf "$run"
}

start
if [ "$1" = write ]; then
  # Redis syncs the folder of its files, but not the folder above.
  sync -f .
  echo powercut:start >"$POWERCUT_ACKS"
  for k in $(seq "$2"); do
    [ "$(cli SET "key$k" "$k")" = OK ] && echo "$k" >"$POWERCUT_ACKS"
  done
  stop TERM
  exit 0
fi
lost=
for k in $(cat "$POWERCUT_ACKED"); do
  [ "$(cli GET "key$k")" = "$k" ] || lost=$k
done
stop KILL
[ -z "$lost" ] || { echo "key$lost is lost"; exit 1; }
