# A check that always holds and reads its files in no fixed order, as a program
# with threads or processes does.
#
#   powercut record --fs ext4 -o any.trace -- sh corpora/programs/reads_in_any_order.sh write
#   powercut explore any.trace --space prefix --doublecheck 1 --check "sh $PWD/corpora/programs/reads_in_any_order.sh read"
#
# Result: holds, although runs that are compared read in different orders.
# With `count FILE` in place of `read`, every third run of the check fails: the
# report is a violation `nondeterministic` that shows both results.
if [ "$1" = write ]; then
  for i in 1 2 3 4; do
    head -c 20000 /dev/zero | tr '\0' $i >f$i
  done
  sync -f .
  for i in 1 2 3; do
    echo $i >g
    sync -f .
  done
  exit 0
fi
for f in $(ls f? 2>/dev/null | shuf); do
  cat $f >/dev/null
done
if [ "$1" = count ]; then
  n=$(cat "$2")
  echo $((n + 1)) >"$2"
  [ $((n % 3)) -ne 2 ] || { echo "the third run"; exit 1; }
fi
