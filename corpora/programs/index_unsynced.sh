# index_unsynced.sh COUNT: appends COUNT records to the file `data`, and after
# each of them its number to the file `index`, without any fsync in between. No
# promise is written: only that what `index` names is in `data`
# (index_intact.sh).
set -e
: >data
: >index
sync data index .
echo powercut:start >>"$POWERCUT_ACKS"
i=1
while [ $i -le "$1" ]; do
  yes "record $i" | head -n 500 >>data
  echo $i >>index
  i=$((i + 1))
done
