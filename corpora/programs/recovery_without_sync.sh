# A program whose own recovery is unsafe: it copies a committed journal over the
# data in place, and removes the journal before the data is synced. A second
# power cut during that recovery loses the commit. usage: recovery_without_sync.sh
# write | recover | recover-safely. `recover` recovers, which writes, and then
# checks that an acknowledged commit is there.
#
#   powercut record --fs ext4 -o twice.trace -- sh corpora/programs/recovery_without_sync.sh write
#   powercut explore twice.trace --nested 1 --space prefix \
#     --check "sh $PWD/corpora/programs/recovery_without_sync.sh recover"
fill() { head -c 8192 /dev/zero | tr '\0' "$1"; }
if [ "$1" = write ]; then
  fill o >data
  sync -f .
  fill n >journal
  sync -f .
  echo committed >"$POWERCUT_ACKS"
  exit 0
fi
if [ -e journal ]; then
  dd if=journal of=data conv=notrunc status=none
  [ "$1" = recover ] || sync data
  rm journal
  : >recovered
  sync recovered
fi
acked=$(tail -n 1 "$POWERCUT_ACKED")
[ -z "$acked" ] || ! grep -q o data || { echo "the commit is lost"; exit 1; }
